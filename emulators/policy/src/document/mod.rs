//! Access policy documents of queues and topics.
//!
//! Comes in: the JSON text of a `Policy` attribute, or the pieces of an AddPermission call. Goes
//! out: a [`Document`] with every element made out, or what is wrong and where; and the text that
//! AWS would store.
//!
//! Never inside: a decision about a request; see [`crate::evaluate`].

mod edit;
mod operator;
mod principal;
mod read;
mod service;
mod write;

pub use edit::{LabelProblem, default_topic_policy};
pub use operator::{Comparison, Operator, Quantifier};
pub use principal::{NotAPrincipal, Principal, Principals};
pub use read::DocumentError;
pub use service::{Rejection, Service, validate};

/// Bytes of the largest document that is read at all; services have limits of their own.
pub const DOCUMENT_BYTES_MAX: usize = 30 * 1024;

/// Objects and lists inside each other; a document needs five.
pub const DOCUMENT_DEPTH_MAX: usize = 16;

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Version of the language. A document that names none is of 2008.
    pub version: Version,
    /// `Id`.
    pub id: Option<String>,
    /// In their order.
    pub statements: Vec<Statement>,
}

/// Version of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Version {
    /// `2008-10-17`: policy variables are plain text.
    #[default]
    V2008,
    /// `2012-10-17`: with policy variables.
    V2012,
}

impl Version {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `Sid`; SQS and SNS call it the label.
    pub sid: Option<String>,
    /// `Effect`.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; absent in policies of identities.
    pub principals: Option<Principals>,
    /// `Action` or `NotAction`.
    pub actions: Patterns,
    /// `Resource` or `NotResource`.
    pub resources: Option<Patterns>,
    /// `Condition`: all must hold.
    pub conditions: Vec<Condition>,
}

/// What a statement does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

/// Actions or resources, of which one must fit, or none when negated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    /// Whether it is the `Not…` form.
    pub negated: bool,
    /// Texts with `*` and `?`.
    pub patterns: Vec<String>,
}

/// One key of a condition block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `ArnEquals`, `ForAnyValue:StringLikeIfExists`.
    pub operator: Operator,
    /// `aws:SourceArn`, as written; keys are compared without regard to case.
    pub key: String,
    /// Of which one must fit.
    pub values: Vec<String>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// The text is larger than [`DOCUMENT_BYTES_MAX`], is not JSON, or is no policy.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        read::document(text)
    }

    /// Finds a statement by its `Sid`.
    #[must_use]
    pub fn statement(&self, sid: &str) -> Option<&Statement> {
        self.statements.iter().find(|statement| statement.sid.as_deref() == Some(sid))
    }
}

/// Reads any bytes as a document and everything that can be done with one; for fuzzing.
///
/// # Panics
/// When a document that was read cannot be written and read again as the same.
pub fn exercise(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(document) = Document::read(text) else { return };
    let again = Document::read(&document.to_json());
    // What is written may be longer than what was read; only then may it be refused.
    assert!(
        again.as_ref() == Ok(&document) || document.to_json().len() > DOCUMENT_BYTES_MAX,
        "a document changed when it was written"
    );
    for service in [Service::Queue, Service::Topic] {
        let _ = validate(service, text);
    }
    crate::evaluate::exercise(&document);
}

#[cfg(test)]
mod tests;
