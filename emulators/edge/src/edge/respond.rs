//! Puts answers and errors into the caller's protocol.

use brume_foundation::http::{Response, body};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};

use crate::xml::escape;
use crate::{AdminError, Answer, AwsError, AwsService, cbor};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
static QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
static SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

const TEXT_XML: HeaderValue = HeaderValue::from_static("text/xml");
const JSON_1_0: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");
const JSON_1_1: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const CBOR: HeaderValue = HeaderValue::from_static("application/cbor");

/// How the caller speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Json,
    Query,
    /// smithy-rpc-v2-cbor.
    Cbor,
}

/// What is known when a service has answered.
pub(super) struct Reply<'a> {
    pub(super) service: &'a dyn AwsService,
    /// For the envelope of Query answers.
    pub(super) action: &'a str,
    pub(super) request_id: &'a str,
}

/// An error in words of any origin: a service's, or a fault rule's.
#[derive(Clone, Debug)]
pub(super) struct WireError<'a> {
    pub(super) code: &'a str,
    pub(super) query_code: &'a str,
    pub(super) status: StatusCode,
    pub(super) message: &'a str,
    pub(super) is_sender: bool,
}

impl<'a> From<&'a AwsError> for WireError<'a> {
    fn from(error: &'a AwsError) -> Self {
        Self {
            code: error.code,
            query_code: error.code_for_query(),
            status: error.status,
            message: &error.message,
            is_sender: error.is_sender,
        }
    }
}

impl WireError<'_> {
    const fn fault(&self) -> &'static str {
        if self.is_sender { "Sender" } else { "Receiver" }
    }
}

impl Reply<'_> {
    pub(super) fn success(&self, answer: Answer) -> Response {
        match answer {
            Answer::Json(bytes) => {
                let content_type = json_content_type(Some(self.service));
                respond(StatusCode::OK, content_type, self.request_id, bytes)
            }
            Answer::Xml(result) => {
                let bytes = self.envelope(result.as_deref()).into();
                respond(StatusCode::OK, TEXT_XML, self.request_id, bytes)
            }
            Answer::Cbor(bytes) => {
                let mut response = respond(StatusCode::OK, CBOR, self.request_id, bytes);
                mark_cbor(&mut response);
                response
            }
            Answer::Plain { content_type, body } => {
                let content_type = HeaderValue::from_static(content_type);
                respond(StatusCode::OK, content_type, self.request_id, body)
            }
        }
    }

    fn envelope(&self, result: Option<&str>) -> String {
        let Self { service, action, request_id, .. } = self;
        let namespace = service.xml_namespace();
        let inside = result.map_or(0, str::len);
        let mut xml = String::with_capacity(inside + 4 * action.len() + namespace.len() + 200);
        for part in ["<?xml version=\"1.0\"?><", action, "Response xmlns=\"", namespace, "\">"] {
            xml.push_str(part);
        }
        if let Some(result) = result {
            for part in ["<", action, "Result>", result, "</", action, "Result>"] {
                xml.push_str(part);
            }
        }
        for part in [
            "<ResponseMetadata><RequestId>",
            request_id,
            "</RequestId></ResponseMetadata></",
            action,
            "Response>",
        ] {
            xml.push_str(part);
        }
        xml
    }
}

/// Answers an error; without a service, in the bare form of the protocol.
pub(super) fn error<'a>(
    service: Option<&dyn AwsService>,
    protocol: Protocol,
    request_id: &str,
    error: impl Into<WireError<'a>>,
) -> Response {
    let error = error.into();
    let mut response = match protocol {
        Protocol::Json => {
            let (kind, message) = (json_string(&kind(service, error.code)), error.message);
            let message = json_string(message);
            let body = format!("{{\"__type\":{kind},\"message\":{message}}}");
            respond(error.status, json_content_type(service), request_id, body.into())
        }
        Protocol::Cbor => {
            let text = |text: &str| cbor::Value::Text(text.to_owned());
            let body = cbor::Value::Map(vec![
                ("__type".to_owned(), text(&kind(service, error.code))),
                ("message".to_owned(), text(error.message)),
            ]);
            let bytes = cbor::encode(&body).into();
            let mut response = respond(error.status, CBOR, request_id, bytes);
            mark_cbor(&mut response);
            response
        }
        Protocol::Query => {
            let body = error_document(service, request_id, &error);
            respond(error.status, TEXT_XML, request_id, body.into())
        }
    };
    let is_compatible = service.is_some_and(|service| {
        !service.json_target().is_empty() && !service.query_version().is_empty()
    });
    if protocol != Protocol::Query && is_compatible {
        let value = format!("{};{}", error.query_code, error.fault());
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(&QUERY_ERROR, value);
        }
    }
    response
}

fn error_document(
    service: Option<&dyn AwsService>,
    request_id: &str,
    error: &WireError<'_>,
) -> String {
    let mut xml = String::with_capacity(400);
    xml.push_str("<?xml version=\"1.0\"?><ErrorResponse");
    if let Some(service) = service {
        for part in [" xmlns=\"", service.xml_namespace(), "\""] {
            xml.push_str(part);
        }
    }
    for part in ["><Error><Type>", error.fault(), "</Type><Code>"] {
        xml.push_str(part);
    }
    escape(&mut xml, error.query_code);
    xml.push_str("</Code><Message>");
    escape(&mut xml, error.message);
    xml.push_str("</Message></Error><RequestId>");
    xml.push_str(request_id);
    xml.push_str("</RequestId></ErrorResponse>");
    xml
}

/// An error's type with its namespace.
fn kind(service: Option<&dyn AwsService>, code: &str) -> String {
    match service.map(AwsService::json_namespace) {
        Some(namespace) if !namespace.is_empty() && !code.contains('#') => {
            format!("{namespace}#{code}")
        }
        _ => code.to_owned(),
    }
}

fn json_string(text: &str) -> String {
    // A string can always be written.
    serde_json::to_string(text).unwrap_or_default()
}

fn json_content_type(service: Option<&dyn AwsService>) -> HeaderValue {
    match service.map(AwsService::json_version) {
        Some("1.1") => JSON_1_1,
        _ => JSON_1_0,
    }
}

fn mark_cbor(response: &mut Response) {
    response.headers_mut().insert(&SMITHY_PROTOCOL, HeaderValue::from_static("rpc-v2-cbor"));
}

fn respond(
    status: StatusCode,
    content_type: HeaderValue,
    request_id: &str,
    bytes: Bytes,
) -> Response {
    let mut response = http::Response::new(body::full(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(4);
    headers.insert(CONTENT_TYPE, content_type);
    // Request ids are hexadecimal.
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(&REQUEST_ID, value);
    }
    response
}

/// An answer of the admin interface: no sign of AWS in it.
pub(super) fn file(content_type: &'static str, bytes: Bytes) -> Response {
    let mut response = http::Response::new(body::full(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An error of the admin interface.
pub(super) fn admin_error(error: &AdminError) -> Response {
    let body = format!("{{\"error\":{}}}\n", json_string(&error.message));
    let mut response = file("application/json", body.into());
    *response.status_mut() = error.status;
    response
}
