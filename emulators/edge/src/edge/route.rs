//! Which service a request is for, in which protocol, with which action.

use std::sync::Arc;

use brume_policy::Region;
use http::request::Parts;
use http::{Method, StatusCode};

use super::head::Head;
use super::respond::Protocol;
use crate::credential::Credential;
use crate::form::{self, FormError};
use crate::{AwsError, AwsService, Parameters};

/// Bytes of the longest name of an action.
const ACTION_BYTES_MAX: usize = 128;

/// What was found out.
pub(super) struct Routed<'a> {
    pub(super) service: Option<&'a Arc<dyn AwsService>>,
    pub(super) protocol: Protocol,
    pub(super) action: String,
    /// Of the query string and of a form body.
    pub(super) parameters: Parameters,
    pub(super) access_key_id: Option<String>,
    /// Of the credential's scope.
    pub(super) region: Option<Region>,
    /// Why it cannot be answered in any case.
    pub(super) error: Option<AwsError>,
}

/// Makes out what a request is; looks at its body only when that is a form.
pub(super) fn route<'a>(
    services: &'a [Arc<dyn AwsService>],
    parts: &Parts,
    head: &Head<'_>,
    body: &[u8],
) -> Routed<'a> {
    let mut routed = Routed {
        service: None,
        protocol: Protocol::Query,
        action: String::new(),
        parameters: Parameters::default(),
        access_key_id: None,
        region: None,
        error: None,
    };
    let form = if is_form(parts, head) { body } else { &[] };
    let query = parts.uri.query().unwrap_or_default();
    if !query.is_empty() || !form.is_empty() {
        match form::parse(query.as_bytes(), form) {
            Ok(parameters) => routed.parameters = parameters,
            Err(error) => routed.error = Some(form_error(&error)),
        }
    }
    let scope = routed.note_credential(head);
    let scoped = scope
        .as_deref()
        .and_then(|name| services.iter().find(|service| service.signing_name() == name));
    if let Some(target) = head.target {
        routed.by_target(services, scoped, target);
    } else if let Some((name, action)) = cbor_path(parts.uri.path()) {
        routed.by_cbor_path(services, scoped, name, action);
    } else {
        routed.by_parameters(services, scoped, parts);
    }
    if routed.service.is_none()
        && let Some(name) = scope
    {
        let shown = name.chars().take(64).collect::<String>().escape_debug().to_string();
        let message = format!("brume does not emulate the service '{shown}'.");
        let error = AwsError::new("NotImplemented", message);
        routed.error = Some(error.status(StatusCode::NOT_IMPLEMENTED));
    }
    routed
}

/// Whether the body is a form. JSON without a target is not; nor is what some other service takes.
fn is_form(parts: &Parts, head: &Head<'_>) -> bool {
    let is_named = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    };
    head.target.is_none() && parts.method == Method::POST && head.content_type.is_none_or(is_named)
}

/// Service and action of `/service/NAME/operation/ACTION`.
fn cbor_path(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/service/")?.split_once("/operation/")
}

fn form_error(error: &FormError) -> AwsError {
    match error {
        // The status is that of the page "Common Errors".
        FormError::Encoding => {
            AwsError::new("MalformedQueryString", error.to_string()).status(StatusCode::NOT_FOUND)
        }
        _ => AwsError::new("MalformedInput", error.to_string()),
    }
}

impl<'a> Routed<'a> {
    /// Reads the credential of header or query string; returns the name of its service.
    fn note_credential(&mut self, head: &Head<'_>) -> Option<String> {
        let in_query = || Credential::parse(self.parameters.get("X-Amz-Credential")?);
        let credential = head.authorization.and_then(Credential::of_header).or_else(in_query)?;
        let (key, region) = (credential.access_key_id.to_owned(), credential.region.parse().ok());
        let service = credential.service.to_owned();
        (self.access_key_id, self.region) = (Some(key), region);
        Some(service)
    }

    fn by_target(
        &mut self,
        services: &'a [Arc<dyn AwsService>],
        scoped: Option<&'a Arc<dyn AwsService>>,
        target: &str,
    ) {
        self.protocol = Protocol::Json;
        let (prefix, action) = target.rsplit_once('.').unwrap_or(("", target));
        let is_meant =
            |service: &&Arc<dyn AwsService>| !prefix.is_empty() && service.json_target() == prefix;
        self.service = scoped.or_else(|| services.iter().find(is_meant));
        self.set_action(action);
        if self.service.is_some_and(|service| !is_meant(&service)) {
            self.error.get_or_insert_with(|| AwsError::unknown_action(target));
        }
    }

    fn by_cbor_path(
        &mut self,
        services: &'a [Arc<dyn AwsService>],
        scoped: Option<&'a Arc<dyn AwsService>>,
        name: &str,
        action: &str,
    ) {
        self.protocol = Protocol::Cbor;
        let is_meant =
            |service: &&Arc<dyn AwsService>| !name.is_empty() && service.cbor_name() == name;
        self.service = scoped.or_else(|| services.iter().find(is_meant));
        self.set_action(action);
        if self.service.is_some_and(|service| !is_meant(&service)) {
            self.error.get_or_insert_with(|| AwsError::unknown_action(action));
        }
    }

    fn by_parameters(
        &mut self,
        services: &'a [Arc<dyn AwsService>],
        scoped: Option<&'a Arc<dyn AwsService>>,
        parts: &Parts,
    ) {
        let path = parts.uri.path();
        let action = self.parameters.get("Action").unwrap_or_default().to_owned();
        let version = self.parameters.get("Version").unwrap_or_default();
        let by_version = || {
            let has = |service: &&Arc<dyn AwsService>| {
                !version.is_empty() && service.query_version() == version
            };
            services.iter().find(has)
        };
        let by_claim = || services.iter().find(|service| service.claims(&action, path));
        self.service = scoped.or_else(by_version).or_else(by_claim);
        let is_missing =
            action.is_empty() && !self.service.is_some_and(|service| service.claims("", path));
        self.set_action(&action);
        if is_missing {
            self.error.get_or_insert_with(|| AwsError::new("MissingAction", "Missing Action"));
        }
    }

    fn set_action(&mut self, action: &str) {
        if action.len() > ACTION_BYTES_MAX {
            self.error.get_or_insert_with(|| AwsError::unknown_action(action));
        } else {
            self.action = action.to_owned();
        }
    }
}
