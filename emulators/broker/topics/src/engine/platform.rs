//! Platform applications and the devices that are registered with them.

use std::sync::Arc;

use brume_policy::{Account, Arn, Region};

use super::Topics;
use crate::directory::{PAGE, Token, page};
use crate::error::{Result, TopicError};
use crate::record::{Application, Attributes, Change, PlatformEndpoint};
use crate::requests::{Described, Page, Pairs};

/// Attributes that are never given back.
const SECRETS: [&str; 2] = ["PlatformCredential", "PlatformPrincipal"];
/// Bytes of the data that a user keeps with an endpoint.
const USER_DATA_BYTES_MAX: usize = 2_048;
/// Attributes of an endpoint.
const ENDPOINT_ATTRIBUTES: [&str; 3] = ["CustomUserData", "Enabled", "Token"];

impl Topics {
    /// Makes an application; returns its ARN. One with the same name gets the new attributes.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn create_platform_application(
        &self,
        account: Account,
        region: Region,
        name: &str,
        platform: &str,
        attributes: Pairs,
    ) -> Result<String> {
        let arn = Arn::new("sns", region, account, &format!("app/{platform}/{name}")).to_string();
        let mut attributes = attributes.into_iter().collect::<Attributes>();
        attributes.entry("Enabled".to_owned()).or_insert_with(|| "true".to_owned());
        let platform = platform.to_owned();
        let application = Application { arn: Arc::from(&*arn), platform, attributes };
        self.change(|_| Ok((vec![Change::PutApplication(application)], arn))).await
    }

    /// Deletes an application with its endpoints; one that is not there is no error.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn delete_platform_application(&self, arn: &str) -> Result<()> {
        self.change(|core| {
            let is_there = core.directory.application(arn).is_some();
            let gone = is_there.then(|| Change::DeleteApplication(Arc::from(arn)));
            Ok((gone.into_iter().collect(), ()))
        })
        .await
    }

    /// An application's attributes.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn platform_application_attributes(&self, arn: &str) -> Result<Pairs> {
        let core = self.shared.core();
        let entry = core.directory.application(arn).ok_or_else(no_application)?;
        Ok(shown(&entry.record.attributes))
    }

    /// Sets attributes of an application.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn set_platform_application_attributes(
        &self,
        arn: &str,
        attributes: Pairs,
    ) -> Result<()> {
        self.change(|core| {
            let entry = core.directory.application(arn).ok_or_else(no_application)?;
            let mut record = entry.record.clone();
            record.attributes.extend(attributes);
            Ok((vec![Change::PutApplication(record)], ()))
        })
        .await
    }

    /// The applications of an account, 100 a page.
    ///
    /// # Errors
    /// `InvalidParameter` for a token that is not ours.
    pub fn list_platform_applications(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> Result<Page<Described>> {
        let after = after.map(Token::read).transpose()?;
        let prefix = Arn::new("sns", region, account, "app/").to_string();
        let core = self.shared.core();
        let found = core.directory.applications(&prefix, after.as_ref().map(|token| &*token.0));
        let page = page(found, PAGE, |record| record.arn.to_string());
        Ok(page.map(|record| described(&record.arn, &record.attributes)))
    }

    /// Makes an endpoint, or finds it with equal attributes; returns its ARN.
    ///
    /// # Errors
    /// `NotFound` without the application; `InvalidParameter` for an endpoint with this token and
    /// other attributes.
    pub async fn create_platform_endpoint(
        &self,
        application_arn: &str,
        token: &str,
        custom_user_data: Option<&str>,
        attributes: Pairs,
    ) -> Result<String> {
        let mut wanted = attributes.into_iter().collect::<Attributes>();
        check(&wanted)?;
        if let Some(data) = custom_user_data {
            check_user_data(data)?;
            wanted.insert("CustomUserData".to_owned(), data.to_owned());
        }
        wanted.insert("Token".to_owned(), token.to_owned());
        wanted.entry("Enabled".to_owned()).or_insert_with(|| "true".to_owned());
        let id = self.shared.uuid();
        self.change(|core| {
            let entry = core.directory.application(application_arn).ok_or_else(no_application)?;
            if let Some(found) = entry.endpoint_with(token) {
                if found.attributes == wanted {
                    return Ok((Vec::new(), found.arn.to_string()));
                }
                return Err(taken(&found.arn));
            }
            let arn = format!("{}/{id}", application_arn.replacen(":app/", ":endpoint/", 1));
            let endpoint = PlatformEndpoint {
                arn: Arc::from(&*arn),
                application: Arc::clone(&entry.record.arn),
                serial: core.directory.next_serial(),
                attributes: wanted,
            };
            Ok((vec![Change::PutEndpoint(endpoint)], arn))
        })
        .await
    }

    /// Deletes an endpoint; one that is not there is no error.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn delete_endpoint(&self, arn: &str) -> Result<()> {
        self.change(|core| {
            let is_there = core.directory.endpoint(arn).is_some();
            let gone = is_there.then(|| Change::DeleteEndpoint(Arc::from(arn)));
            Ok((gone.into_iter().collect(), ()))
        })
        .await
    }

    /// An endpoint's attributes.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn endpoint_attributes(&self, arn: &str) -> Result<Pairs> {
        let core = self.shared.core();
        let endpoint = core.directory.endpoint(arn).ok_or_else(no_endpoint)?;
        Ok(shown(&endpoint.attributes))
    }

    /// Sets attributes of an endpoint.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` for a token that another endpoint has.
    pub async fn set_endpoint_attributes(&self, arn: &str, attributes: Pairs) -> Result<()> {
        let attributes = attributes.into_iter().collect::<Attributes>();
        check(&attributes)?;
        self.change(|core| {
            let mut endpoint = core.directory.endpoint(arn).ok_or_else(no_endpoint)?.clone();
            let application = core.directory.application(&endpoint.application);
            let other = application
                .zip(attributes.get("Token"))
                .and_then(|(application, token)| application.endpoint_with(token));
            if let Some(other) = other.filter(|other| *other.arn != *arn) {
                return Err(taken(&other.arn));
            }
            endpoint.attributes.extend(attributes);
            Ok((vec![Change::PutEndpoint(endpoint)], ()))
        })
        .await
    }

    /// The endpoints of an application, 100 a page.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` for a token that is not ours.
    pub fn list_endpoints(
        &self,
        application_arn: &str,
        after: Option<&str>,
    ) -> Result<Page<Described>> {
        let after = Token::read_number(after)?;
        let core = self.shared.core();
        let entry = core.directory.application(application_arn).ok_or_else(no_application)?;
        let page = page(entry.endpoints(after), PAGE, |endpoint| endpoint.serial.to_string());
        Ok(page.map(|endpoint| described(&endpoint.arn, &endpoint.attributes)))
    }
}

fn no_application() -> TopicError {
    TopicError::NotFound("PlatformApplication does not exist".to_owned())
}

fn no_endpoint() -> TopicError {
    TopicError::NotFound("Endpoint does not exist".to_owned())
}

fn taken(arn: &str) -> TopicError {
    TopicError::invalid(format_args!(
        "Token Reason: Endpoint {arn} already exists with the same Token, but different attributes."
    ))
}

fn described(arn: &Arc<str>, attributes: &Attributes) -> Described {
    Described { arn: Arc::clone(arn), attributes: shown(attributes) }
}

fn shown(attributes: &Attributes) -> Pairs {
    let mut shown = attributes.clone();
    shown.retain(|name, _| !SECRETS.contains(&name.as_str()));
    shown.into_iter().collect()
}

fn check(attributes: &Attributes) -> Result<()> {
    let wrong = |what: &str| {
        TopicError::invalid(format_args!("Attributes Reason: Invalid value for attribute: {what}"))
    };
    for (name, value) in attributes {
        if !ENDPOINT_ATTRIBUTES.contains(&name.as_str()) {
            return Err(wrong(name));
        }
        let is_switch = ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word));
        if name == "Enabled" && !is_switch {
            return Err(wrong("Enabled: must be true or false"));
        }
        if name == "CustomUserData" {
            check_user_data(value)?;
        }
    }
    Ok(())
}

fn check_user_data(data: &str) -> Result<()> {
    if data.len() <= USER_DATA_BYTES_MAX {
        return Ok(());
    }
    Err(TopicError::invalid(
        "CustomUserData Reason: Invalid value for attribute: CustomUserData: must be at most \
         2048 bytes long in UTF-8 encoding",
    ))
}
