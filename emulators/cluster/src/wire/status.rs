//! `Status` objects: how an API server says what went wrong.

use http::StatusCode;

use super::{JsonWriter, Response};

/// Why a request failed; clients branch on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An object of that name exists.
    AlreadyExists,
    /// The body or a parameter is malformed.
    BadRequest,
    /// The user may not do that.
    Forbidden,
    /// The object breaks rules.
    Invalid,
    /// The server failed.
    InternalError,
    /// The resource has no such verb.
    MethodNotAllowed,
    /// No representation that the client takes.
    NotAcceptable,
    /// There is no such resource or object.
    NotFound,
    /// This emulator cannot do that yet.
    NotImplemented,
    /// The body has a media type that is not understood.
    UnsupportedMediaType,
    /// Credentials are missing or wrong.
    Unauthorized,
}

impl Reason {
    /// The word on the wire and the status code.
    const fn wire(self) -> (&'static str, StatusCode) {
        match self {
            Self::AlreadyExists => ("AlreadyExists", StatusCode::CONFLICT),
            Self::BadRequest => ("BadRequest", StatusCode::BAD_REQUEST),
            Self::Forbidden => ("Forbidden", StatusCode::FORBIDDEN),
            Self::Invalid => ("Invalid", StatusCode::UNPROCESSABLE_ENTITY),
            Self::InternalError => ("InternalError", StatusCode::INTERNAL_SERVER_ERROR),
            Self::MethodNotAllowed => ("MethodNotAllowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::NotAcceptable => ("NotAcceptable", StatusCode::NOT_ACCEPTABLE),
            Self::NotFound => ("NotFound", StatusCode::NOT_FOUND),
            Self::NotImplemented => ("NotImplemented", StatusCode::NOT_IMPLEMENTED),
            Self::UnsupportedMediaType => {
                ("UnsupportedMediaType", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::Unauthorized => ("Unauthorized", StatusCode::UNAUTHORIZED),
        }
    }
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// A word such as `FieldValueInvalid`.
    pub reason: &'static str,
    /// What is wrong, without the field.
    pub message: String,
    /// The path of the field.
    pub field: String,
}

/// The object or the resource that a failure is about. Each part may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The object's name.
    pub name: String,
    /// The group of the resource.
    pub group: String,
    /// The kind or the plural name of the resource.
    pub kind: String,
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Why.
    pub reason: Reason,
    /// Why, in a sentence.
    pub message: String,
    /// What it is about. Boxed to keep results small.
    pub subject: Box<Subject>,
    /// What is wrong with the object.
    pub causes: Vec<Cause>,
}

impl Status {
    /// A failure that concerns no particular object.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), subject: Box::default(), causes: Vec::new() }
    }

    /// Names the object that it is about.
    pub fn about(mut self, group: &str, kind: &str, name: &str) -> Self {
        *self.subject =
            Subject { name: name.to_owned(), group: group.to_owned(), kind: kind.to_owned() };
        self
    }

    /// What a server says of a path that leads to no resource.
    pub fn unknown_resource() -> Self {
        Self::new(Reason::NotFound, "the server could not find the requested resource")
    }

    /// The response.
    pub fn response(&self) -> Response {
        let (reason, code) = self.reason.wire();
        self.response_as(code, reason)
    }

    /// The response with another status code and reason, for failures that are made on purpose.
    pub fn response_as(&self, code: StatusCode, reason: &str) -> Response {
        let mut json = JsonWriter::default();
        json.object(|json| {
            json.key("kind").string("Status");
            json.key("apiVersion").string("v1");
            json.key("metadata").object(|_| {});
            json.key("status").string("Failure");
            json.key("message").string(&self.message);
            json.key("reason").string(reason);
            json.key("details").object(|json| self.details(json));
            json.key("code").raw(code.as_str());
        });
        let mut response = Response::json(json.finish());
        response.status = code;
        response
    }

    fn details(&self, json: &mut JsonWriter) {
        let Subject { name, group, kind } = self.subject.as_ref();
        for (key, text) in [("name", name), ("group", group), ("kind", kind)] {
            if !text.is_empty() {
                json.key(key).string(text);
            }
        }
        if self.causes.is_empty() {
            return;
        }
        json.key("causes").array(|json| {
            for cause in &self.causes {
                json.object(|json| {
                    json.key("reason").string(cause.reason);
                    json.key("message").string(&cause.message);
                    json.key("field").string(&cause.field);
                });
            }
        });
    }
}
