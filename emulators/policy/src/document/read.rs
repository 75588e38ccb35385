//! From JSON to a document; each refusal names the place.

use std::fmt;

use super::{
    Condition, DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX, Document, Effect, Operator, Patterns,
    Principal, Principals, Statement, Version,
};
use crate::json::{Member, Node, Position, Problem, Value, read};

/// Why a text is no policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// The element: `Statement[1].Action`; empty for the document as a whole.
    pub element: String,
    /// One sentence without a full stop.
    pub what: String,
    /// Where in the text.
    pub at: Position,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.element.is_empty() {
            write!(formatter, "{}: ", self.element)?;
        }
        write!(formatter, "{} ({})", self.what, self.at)
    }
}

impl std::error::Error for DocumentError {}

impl From<Problem> for DocumentError {
    fn from(problem: Problem) -> Self {
        Self { element: String::new(), what: problem.what, at: problem.at }
    }
}

/// What is read, and which element of it.
struct Place<'a> {
    text: &'a str,
    element: String,
}

impl<'a> Place<'a> {
    fn below(&self, name: &str) -> Place<'a> {
        let dot = if self.element.is_empty() { "" } else { "." };
        Place { text: self.text, element: format!("{}{dot}{name}", self.element) }
    }

    fn error(&self, at: usize, what: impl Into<String>) -> DocumentError {
        let at = Position::of(self.text, at);
        DocumentError { element: self.element.clone(), what: what.into(), at }
    }

    fn text(&self, node: &Node<'_>) -> Result<String, DocumentError> {
        match &node.value {
            Value::String(text) => Ok(text.to_string()),
            _ => Err(self.error(node.at, format!("must be a string, not {}", node.kind()))),
        }
    }

    /// A text or a list of texts; the list has at least one.
    fn texts(&self, node: &Node<'_>) -> Result<Vec<String>, DocumentError> {
        match &node.value {
            Value::Array(nodes) if nodes.is_empty() => {
                Err(self.error(node.at, "must not be an empty list"))
            }
            Value::Array(nodes) => nodes.iter().map(|node| self.text(node)).collect(),
            _ => Ok(vec![self.text(node)?]),
        }
    }
}

/// Reads a document.
pub(super) fn document(text: &str) -> Result<Document, DocumentError> {
    let place = Place { text, element: String::new() };
    if text.len() > DOCUMENT_BYTES_MAX {
        let what = format!("the document has more than {DOCUMENT_BYTES_MAX} bytes");
        return Err(place.error(0, what));
    }
    let root = read(text, DOCUMENT_DEPTH_MAX)?;
    let Value::Object(members) = root.value else {
        return Err(place.error(root.at, format!("must be an object, not {}", root.kind())));
    };
    let mut document = Document { version: Version::default(), id: None, statements: Vec::new() };
    let mut has_statement = false;
    for member in &members {
        let place = place.below(&member.name);
        match member.name.as_ref() {
            "Version" => document.version = version(&place, &member.node)?,
            "Id" => document.id = Some(place.text(&member.node)?),
            "Statement" => {
                has_statement = true;
                document.statements = statements(&place, &member.node)?;
            }
            _ => return Err(place.error(member.at, "is no element of a policy")),
        }
    }
    if !has_statement {
        return Err(place.error(root.at, "a policy needs a Statement"));
    }
    repeated_sid(&place, &document)?;
    Ok(document)
}

fn version(place: &Place<'_>, node: &Node<'_>) -> Result<Version, DocumentError> {
    match place.text(node)?.as_str() {
        "2008-10-17" => Ok(Version::V2008),
        "2012-10-17" => Ok(Version::V2012),
        _ => Err(place.error(node.at, "must be 2008-10-17 or 2012-10-17")),
    }
}

/// A list of statements, or the one statement itself.
fn statements(place: &Place<'_>, node: &Node<'_>) -> Result<Vec<Statement>, DocumentError> {
    let Value::Array(nodes) = &node.value else {
        return Ok(vec![statement(place, node)?]);
    };
    let numbered = nodes.iter().enumerate();
    numbered
        .map(|(index, node)| {
            let element = format!("{}[{index}]", place.element);
            statement(&Place { text: place.text, element }, node)
        })
        .collect()
}

fn repeated_sid(place: &Place<'_>, document: &Document) -> Result<(), DocumentError> {
    let mut seen = std::collections::HashSet::new();
    for sid in document.statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.is_empty() && !seen.insert(sid) {
            let what = format!("two statements have the Sid \"{}\"", sid.escape_debug());
            return Err(place.error(0, what));
        }
    }
    Ok(())
}

/// The elements of a statement before it is known that none is missing.
#[derive(Default)]
struct Parts {
    sid: Option<String>,
    effect: Option<Effect>,
    principals: Option<Principals>,
    actions: Option<Patterns>,
    resources: Option<Patterns>,
    conditions: Vec<Condition>,
}

fn statement(place: &Place<'_>, node: &Node<'_>) -> Result<Statement, DocumentError> {
    let Value::Object(members) = &node.value else {
        return Err(place.error(node.at, format!("must be an object, not {}", node.kind())));
    };
    let mut parts = Parts::default();
    for member in members {
        element(&place.below(&member.name), member, &mut parts)?;
    }
    let missing = |name: &str| place.error(node.at, format!("a statement needs {name}"));
    Ok(Statement {
        sid: parts.sid,
        effect: parts.effect.ok_or_else(|| missing("an Effect"))?,
        principals: parts.principals,
        actions: parts.actions.ok_or_else(|| missing("an Action"))?,
        resources: parts.resources,
        conditions: parts.conditions,
    })
}

fn element(place: &Place<'_>, member: &Member<'_>, parts: &mut Parts) -> Result<(), DocumentError> {
    let node = &member.node;
    let name = member.name.as_ref();
    let negated = name.starts_with("Not");
    let twice =
        |rest: &str| place.error(member.at, format!("a statement has either {rest} or Not{rest}"));
    match name {
        "Sid" => parts.sid = Some(place.text(node)?),
        "Effect" => {
            parts.effect = Some(match place.text(node)?.as_str() {
                "Allow" => Effect::Allow,
                "Deny" => Effect::Deny,
                _ => return Err(place.error(node.at, "must be Allow or Deny")),
            });
        }
        "Principal" | "NotPrincipal" => {
            if parts.principals.replace(principals(place, node, negated)?).is_some() {
                return Err(twice("Principal"));
            }
        }
        "Action" | "NotAction" => {
            let patterns = Patterns { negated, patterns: actions(place, node)? };
            if parts.actions.replace(patterns).is_some() {
                return Err(twice("Action"));
            }
        }
        "Resource" | "NotResource" => {
            let patterns = Patterns { negated, patterns: place.texts(node)? };
            if parts.resources.replace(patterns).is_some() {
                return Err(twice("Resource"));
            }
        }
        "Condition" => parts.conditions = conditions(place, node)?,
        _ => return Err(place.error(member.at, "is no element of a statement")),
    }
    Ok(())
}

/// `*`, or `service:Action` with wildcards.
fn actions(place: &Place<'_>, node: &Node<'_>) -> Result<Vec<String>, DocumentError> {
    let actions = place.texts(node)?;
    for action in &actions {
        let named = action.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty() && !name.is_empty() && !service.contains(['*', '?'])
        });
        if !named && action != "*" {
            let what = format!("\"{}\" has not the form service:Action", action.escape_debug());
            return Err(place.error(node.at, what));
        }
    }
    Ok(actions)
}

fn principals(
    place: &Place<'_>,
    node: &Node<'_>,
    negated: bool,
) -> Result<Principals, DocumentError> {
    let members = match &node.value {
        Value::String(text) if text == "*" => {
            return Ok(Principals { negated, principals: vec![Principal::Anyone], is_bare: true });
        }
        Value::Object(members) if !members.is_empty() => members,
        Value::Object(_) => return Err(place.error(node.at, "must not be empty")),
        _ => return Err(place.error(node.at, "must be \"*\" or an object such as {\"AWS\": …}")),
    };
    let mut principals = Vec::new();
    for member in members {
        let place = place.below(&member.name);
        for text in place.texts(&member.node)? {
            principals.push(principal(&place, member, text)?);
        }
    }
    Ok(Principals { negated, principals, is_bare: false })
}

fn principal(
    place: &Place<'_>,
    member: &Member<'_>,
    text: String,
) -> Result<Principal, DocumentError> {
    let at = member.node.at;
    if text.is_empty() {
        return Err(place.error(at, "must not be empty"));
    }
    match member.name.as_ref() {
        "AWS" => Principal::aws(&text)
            .map_err(|error| place.error(at, format!("\"{}\": {error}", text.escape_debug()))),
        "Service" if text.contains('*') => {
            Err(place.error(at, "the name of a service has no wildcards"))
        }
        "Service" => Ok(Principal::Service(text)),
        "Federated" => Ok(Principal::Federated(text)),
        "CanonicalUser" => Ok(Principal::Canonical(text)),
        _ => Err(place.error(member.at, "must be AWS, Service, Federated or CanonicalUser")),
    }
}

fn conditions(place: &Place<'_>, node: &Node<'_>) -> Result<Vec<Condition>, DocumentError> {
    let Value::Object(operators) = &node.value else {
        return Err(place.error(node.at, format!("must be an object, not {}", node.kind())));
    };
    let mut conditions: Vec<Condition> = Vec::new();
    for member in operators {
        let place = place.below(&member.name);
        let operator: Operator =
            member.name.parse().map_err(|()| place.error(member.at, "is no condition operator"))?;
        if conditions.iter().any(|other| other.operator == operator) {
            return Err(place.error(member.at, "is there twice, in another spelling"));
        }
        let Value::Object(keys) = &member.node.value else {
            let what = format!("must be an object, not {}", member.node.kind());
            return Err(place.error(member.node.at, what));
        };
        for member in keys {
            let place = place.below(&member.name);
            if member.name.is_empty() {
                return Err(place.error(member.at, "a condition key has a name"));
            }
            let values = condition_values(&place, &member.node)?;
            conditions.push(Condition { operator, key: member.name.to_string(), values });
        }
    }
    Ok(conditions)
}

/// Texts, numbers or booleans, alone or in a list; AWS compares them all as texts.
fn condition_values(place: &Place<'_>, node: &Node<'_>) -> Result<Vec<String>, DocumentError> {
    let one = |node: &Node<'_>| match &node.value {
        Value::String(text) => Ok(text.to_string()),
        Value::Number(text) => Ok((*text).to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => {
            let what = format!("must be a string, a number or a boolean, not {}", node.kind());
            Err(place.error(node.at, what))
        }
    };
    match &node.value {
        Value::Array(nodes) if nodes.is_empty() => {
            Err(place.error(node.at, "must not be an empty list"))
        }
        Value::Array(nodes) => nodes.iter().map(one).collect(),
        _ => Ok(vec![one(node)?]),
    }
}
