//! Judges requests by policy documents.
//!
//! Comes in: a [`Document`], compiled once into a [`Policy`], and a [`Request`]. Goes out: a
//! [`Decision`] without any allocation where no policy variable is involved, and on demand an
//! [`Explanation`] that says of each statement why it did not apply.
//!
//! Never inside: policies of identities. Callers who are not services are assumed to be allowed by
//! their own account; [`access`] says where that assumption was needed.

mod access;
mod compile;
mod condition;
mod explain;
mod request;
mod text;

pub(crate) use compile::is_meant;

pub use access::{Access, Relation, access, relation};
pub use explain::{Element, Explanation, Mismatch, Step};
pub use request::{Caller, Context, ContextValue, Kind, NotACaller, Request};

use crate::document::{Document, DocumentError, Effect};

/// What a policy says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows it and none denies it.
    Allow,
    /// A statement denies it, whatever others say.
    ExplicitDeny,
    /// No statement is about it.
    ImplicitDeny,
}

/// A verdict and the statement that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// The statement, from 0; absent for an implicit deny.
    pub statement: Option<usize>,
}

/// A document made ready to judge requests; cheap to share, never changes.
#[derive(Clone, Debug)]
pub struct Policy {
    document: Document,
    statements: Box<[compile::Compiled]>,
}

impl Policy {
    /// Makes a document ready.
    #[must_use]
    pub fn new(document: Document) -> Self {
        let statements = compile::statements(&document);
        Self { document, statements }
    }

    /// Reads a document and makes it ready.
    ///
    /// # Errors
    /// See [`Document::read`].
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        Document::read(text).map(Self::new)
    }

    /// The document.
    #[must_use]
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// The `Sid` of a statement, from 0.
    #[must_use]
    pub fn sid(&self, statement: usize) -> Option<&str> {
        self.document.statements.get(statement)?.sid.as_deref()
    }

    /// Judges a request.
    #[must_use]
    pub fn evaluate(&self, request: &Request<'_>) -> Decision {
        let mut allowed = None;
        for (index, statement) in self.statements.iter().enumerate() {
            // One allow is enough, but a deny may still follow.
            if statement.effect == Effect::Allow && allowed.is_some() {
                continue;
            }
            if !statement.applies(request) {
                continue;
            }
            match statement.effect {
                Effect::Deny => {
                    return Decision { verdict: Verdict::ExplicitDeny, statement: Some(index) };
                }
                Effect::Allow => allowed = Some(index),
            }
        }
        match allowed {
            Some(_) => Decision { verdict: Verdict::Allow, statement: allowed },
            None => Decision { verdict: Verdict::ImplicitDeny, statement: None },
        }
    }

    /// Judges a request and says why.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        explain::explain(self, request)
    }
}

/// Judges a few fixed requests by a document; for fuzzing.
pub(crate) fn exercise(document: &Document) {
    let policy = Policy::new(document.clone());
    let entries = [
        ("aws:SourceArn", ContextValue::One("arn:aws:sns:us-east-1:123456789012:topic")),
        ("aws:SecureTransport", ContextValue::One("true")),
        ("aws:SourceIp", ContextValue::One("10.1.2.3")),
        ("aws:CurrentTime", ContextValue::One("2026-01-02T03:04:05Z")),
        ("aws:TagKeys", ContextValue::Many(&["a", "b"])),
    ];
    let callers =
        [Caller::Anonymous, Caller::Service("sns.amazonaws.com"), Caller::root(Default::default())];
    for caller in &callers {
        let request = Request {
            caller,
            action: "sqs:SendMessage",
            resource: "arn:aws:sqs:us-east-1:123456789012:orders",
            context: Context::new(&entries),
        };
        let explanation = policy.explain(&request);
        assert_eq!(explanation.decision, policy.evaluate(&request), "two answers to one question");
        let _ = explanation.to_string();
    }
}

#[cfg(test)]
mod tests;
