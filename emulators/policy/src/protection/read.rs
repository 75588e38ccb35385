//! From JSON to a data protection policy.

use std::fmt;
use std::sync::Arc;

use super::detect::Detector;
use super::managed::{UNSUPPORTED, managed};
use super::{
    Audit, CUSTOM_IDENTIFIERS_MAX, Destinations, Direction, Operation, PROTECTION_BYTES_MAX,
    ProtectionPolicy, Statement,
};
use crate::document::Principal;
use crate::json::{Member, Node, Position, Problem, Value, read};

/// Objects and lists inside each other; a policy needs eight.
const DEPTH_MAX: usize = 16;

/// Statements of a policy, and identifiers of a statement. Ours.
const STATEMENTS_MAX: usize = 20;
const IDENTIFIERS_MAX: usize = 120;

/// What the names of managed identifiers begin with.
const ARN_PREFIX: &str = "arn:aws:dataprotection::aws:data-identifier/";

/// What the names of log groups for findings begin with.
const LOG_GROUP_PREFIX: &str = "/aws/vendedlogs/";

/// Why a text is no data protection policy that works here. The code is `InvalidParameter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionError {
    /// The element: `Statement[0].DataIdentifier`; empty for the policy as a whole.
    pub element: String,
    /// One sentence without a full stop.
    pub what: String,
    /// Where in the text.
    pub at: Position,
    /// Whether AWS would take it, but not this emulator.
    pub is_unsupported: bool,
}

impl ProtectionError {
    /// The message on the wire. AWS's own words are not known; the reason is ours.
    #[must_use]
    pub fn wire(&self) -> String {
        format!("Invalid parameter: DataProtectionPolicy Reason: {self}")
    }
}

impl fmt::Display for ProtectionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.element.is_empty() {
            write!(formatter, "{}: ", self.element)?;
        }
        write!(formatter, "{} ({})", self.what, self.at)
    }
}

impl std::error::Error for ProtectionError {}

/// An element of the text.
struct Place<'a> {
    text: &'a str,
    element: String,
}

type Result<T> = std::result::Result<T, ProtectionError>;

impl<'a> Place<'a> {
    fn below(&self, name: &str) -> Place<'a> {
        let dot = if self.element.is_empty() { "" } else { "." };
        Place { text: self.text, element: format!("{}{dot}{name}", self.element) }
    }

    fn error(&self, at: usize, what: impl Into<String>) -> ProtectionError {
        let at = Position::of(self.text, at);
        let element = self.element.clone();
        ProtectionError { element, what: what.into(), at, is_unsupported: false }
    }

    fn text(&self, node: &Node<'_>) -> Result<String> {
        match &node.value {
            Value::String(text) => Ok(text.to_string()),
            _ => Err(self.error(node.at, format!("must be a string, not {}", node.kind()))),
        }
    }

    fn members<'n, 't>(&self, node: &'n Node<'t>) -> Result<&'n [Member<'t>]> {
        match &node.value {
            Value::Object(members) => Ok(members),
            _ => Err(self.error(node.at, format!("must be an object, not {}", node.kind()))),
        }
    }

    /// A list that is not empty.
    fn list<'n, 't>(&self, node: &'n Node<'t>) -> Result<&'n [Node<'t>]> {
        match &node.value {
            Value::Array(nodes) if !nodes.is_empty() => Ok(nodes),
            Value::Array(_) => Err(self.error(node.at, "must not be an empty list")),
            _ => Err(self.error(node.at, format!("must be a list, not {}", node.kind()))),
        }
    }

    fn unknown(&self, member: &Member<'_>) -> ProtectionError {
        self.below(&member.name).error(member.at, "is not known here")
    }
}

/// Reads a policy.
pub(super) fn policy(text: &str) -> Result<ProtectionPolicy> {
    let place = Place { text, element: String::new() };
    if text.len() > PROTECTION_BYTES_MAX {
        let what = format!("the policy has more than {PROTECTION_BYTES_MAX} bytes");
        return Err(place.error(0, what));
    }
    let root = read(text, DEPTH_MAX).map_err(|Problem { what, at }| ProtectionError {
        element: String::new(),
        what,
        at,
        is_unsupported: false,
    })?;
    let members = place.members(&root)?;
    let (mut name, mut description, mut has_version) = (None, None, false);
    let mut custom = Vec::new();
    let mut listed = None;
    for member in members {
        let below = place.below(&member.name);
        match member.name.as_ref() {
            "Name" => name = Some(below.text(&member.node)?),
            "Description" => description = Some(below.text(&member.node)?),
            "Version" => {
                has_version = true;
                if below.text(&member.node)? != "2021-06-01" {
                    return Err(below.error(member.node.at, "must be 2021-06-01"));
                }
            }
            "Configuration" => custom = configuration(&below, &member.node)?,
            "Statement" => listed = Some((below, &member.node)),
            _ => return Err(place.unknown(member)),
        }
    }
    let missing = |name: &str| place.error(root.at, format!("the policy needs a {name}"));
    let name = name.ok_or_else(|| missing("Name"))?;
    if !has_version {
        return Err(missing("Version"));
    }
    let (below, node) = listed.ok_or_else(|| missing("Statement"))?;
    let statements = statements(&below, node, &custom)?;
    Ok(ProtectionPolicy { name, description, statements })
}

/// Identifiers that the policy defines itself.
fn configuration(place: &Place<'_>, node: &Node<'_>) -> Result<Vec<Arc<Detector>>> {
    let mut custom = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for member in place.members(node)? {
        if member.name != "CustomDataIdentifier" {
            return Err(place.unknown(member));
        }
        let place = place.below(&member.name);
        let nodes = place.list(&member.node)?;
        if nodes.len() > CUSTOM_IDENTIFIERS_MAX {
            let what = format!("a policy has at most {CUSTOM_IDENTIFIERS_MAX}");
            return Err(place.error(member.node.at, what));
        }
        for node in nodes {
            let (name, pattern) = custom_identifier(&place, node)?;
            if names.contains(&name) {
                return Err(place.error(node.at, format!("{name} is there twice")));
            }
            let detector = Detector::custom(&name, &pattern).ok_or_else(|| {
                place.error(node.at, format!("the Regex of {name} is wrong or too complicated"))
            })?;
            names.push(name);
            custom.push(Arc::new(detector));
        }
    }
    Ok(custom)
}

/// Name and expression; developer guide, "custom data identifier constraints".
fn custom_identifier(place: &Place<'_>, node: &Node<'_>) -> Result<(String, String)> {
    let (mut name, mut pattern) = (None, None);
    for member in place.members(node)? {
        let below = place.below(&member.name);
        match member.name.as_ref() {
            "Name" => name = Some(below.text(&member.node)?),
            "Regex" => pattern = Some(below.text(&member.node)?),
            _ => return Err(place.unknown(member)),
        }
    }
    let (Some(name), Some(pattern)) = (name, pattern) else {
        return Err(place.error(node.at, "needs a Name and a Regex"));
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.is_empty() || name.len() > 128 || !name.bytes().all(is_plain) {
        let what = "a Name has 1 to 128 letters, digits, underscores or hyphens";
        return Err(place.error(node.at, what));
    }
    if managed(&name).is_some() || UNSUPPORTED.contains(&name.as_str()) {
        return Err(place.error(node.at, format!("{name} is the name of a managed identifier")));
    }
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"_#=@/;,- ^$?[]{}|\\*+.".contains(&byte);
    if pattern.is_empty() || pattern.len() > 200 || !pattern.bytes().all(is_allowed) {
        let what =
            "a Regex has 1 to 200 characters of a-z A-Z 0-9 _#=@/;,- ^$?[]{}|\\*+. and space";
        return Err(place.error(node.at, what));
    }
    Ok((name, pattern))
}

fn statements(
    place: &Place<'_>,
    node: &Node<'_>,
    custom: &[Arc<Detector>],
) -> Result<Vec<Statement>> {
    let nodes = place.list(node)?;
    if nodes.len() > STATEMENTS_MAX {
        return Err(place.error(node.at, format!("more than {STATEMENTS_MAX} statements")));
    }
    let mut statements = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let element = format!("{}[{index}]", place.element);
        statements.push(statement(&Place { text: place.text, element }, node, custom)?);
    }
    let audits = statements.iter().filter(|one| matches!(one.operation, Operation::Audit(_)));
    if audits.count() > 1 {
        return Err(place.error(node.at, "a policy has only one Audit statement"));
    }
    Ok(statements)
}

fn statement(place: &Place<'_>, node: &Node<'_>, custom: &[Arc<Detector>]) -> Result<Statement> {
    let mut sid = None;
    let mut direction = None;
    let mut principals: Option<(Vec<Principal>, bool)> = None;
    let mut detectors = None;
    let mut operation = None;
    for member in place.members(node)? {
        let below = place.below(&member.name);
        match member.name.as_ref() {
            "Sid" => sid = Some(below.text(&member.node)?),
            "DataDirection" => {
                direction = Some(match below.text(&member.node)?.as_str() {
                    "Inbound" => Direction::Inbound,
                    "Outbound" => Direction::Outbound,
                    _ => return Err(below.error(member.node.at, "must be Inbound or Outbound")),
                });
            }
            "Principal" | "NoPrincipal" => {
                let is_except = member.name == "NoPrincipal";
                let found = (who(&below, &member.node)?, is_except);
                if principals.replace(found).is_some() {
                    let what = "a statement has either Principal or NoPrincipal";
                    return Err(below.error(member.at, what));
                }
            }
            "DataIdentifier" => detectors = Some(identifiers(&below, &member.node, custom)?),
            "Operation" => operation = Some(self::operation(&below, &member.node)?),
            _ => return Err(place.unknown(member)),
        }
    }
    let missing = |name: &str| place.error(node.at, format!("a statement needs {name}"));
    let direction = direction.ok_or_else(|| missing("a DataDirection"))?;
    let (principals, is_except) = principals.ok_or_else(|| missing("a Principal"))?;
    let detectors = detectors.ok_or_else(|| missing("a DataIdentifier"))?;
    let operation = operation.ok_or_else(|| missing("an Operation"))?;
    if direction == Direction::Outbound && operation != Operation::Deny {
        return Err(place.error(node.at, "of messages that go out only Deny is possible"));
    }
    Ok(Statement { sid, direction, principals, is_except, detectors, operation })
}

fn who(place: &Place<'_>, node: &Node<'_>) -> Result<Vec<Principal>> {
    let one = |node: &Node<'_>| {
        let text = place.text(node)?;
        Principal::aws(&text).map_err(|error| place.error(node.at, format!("{:?}: {error}", text)))
    };
    place.list(node)?.iter().map(one).collect()
}

fn identifiers(
    place: &Place<'_>,
    node: &Node<'_>,
    custom: &[Arc<Detector>],
) -> Result<Vec<Arc<Detector>>> {
    let nodes = place.list(node)?;
    if nodes.len() > IDENTIFIERS_MAX {
        return Err(place.error(node.at, format!("more than {IDENTIFIERS_MAX} identifiers")));
    }
    let one = |node: &Node<'_>| {
        let text = place.text(node)?;
        let unknown = || place.error(node.at, format!("{text:?} is no data identifier"));
        let Some(name) = text.strip_prefix(ARN_PREFIX) else {
            return custom.iter().find(|one| one.is_named(&text)).cloned().ok_or_else(unknown);
        };
        if UNSUPPORTED.contains(&name) {
            let what = format!("{name} is not supported here: AWS finds it by machine learning");
            let error = place.error(node.at, what);
            return Err(ProtectionError { is_unsupported: true, ..error });
        }
        let found = managed(name).ok_or_else(unknown)?;
        Detector::managed(found).map(Arc::new).ok_or_else(unknown)
    };
    nodes.iter().map(one).collect()
}

fn operation(place: &Place<'_>, node: &Node<'_>) -> Result<Operation> {
    let [member] = place.members(node)? else {
        return Err(place.error(node.at, "must be one of Audit, Deidentify and Deny"));
    };
    let below = place.below(&member.name);
    match member.name.as_ref() {
        "Deny" => match below.members(&member.node)? {
            [] => Ok(Operation::Deny),
            _ => Err(below.error(member.node.at, "must be empty")),
        },
        "Deidentify" => deidentify(&below, &member.node),
        "Audit" => audit(&below, &member.node).map(Operation::Audit),
        _ => Err(place.unknown(member)),
    }
}

fn deidentify(place: &Place<'_>, node: &Node<'_>) -> Result<Operation> {
    let [member] = place.members(node)? else {
        return Err(place.error(node.at, "must be one of MaskConfig and RedactConfig"));
    };
    let below = place.below(&member.name);
    let inner = below.members(&member.node)?;
    match (member.name.as_ref(), inner) {
        ("RedactConfig", []) => Ok(Operation::Redact),
        ("RedactConfig", _) => Err(below.error(member.node.at, "must be empty")),
        ("MaskConfig", [mask]) if mask.name == "MaskWithCharacter" => {
            let text = below.text(&mask.node)?;
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(mask), None) if mask.is_ascii_graphic() || mask == ' ' => {
                    Ok(Operation::Mask(mask))
                }
                _ => Err(below.error(mask.node.at, "must be one printable ASCII character")),
            }
        }
        ("MaskConfig", _) => Err(below.error(member.node.at, "needs a MaskWithCharacter")),
        _ => Err(place.unknown(member)),
    }
}

fn audit(place: &Place<'_>, node: &Node<'_>) -> Result<Audit> {
    let mut rate = None;
    let (mut findings, mut no_findings) = (None, None);
    for member in place.members(node)? {
        let below = place.below(&member.name);
        match member.name.as_ref() {
            "SampleRate" => {
                let found = match &member.node.value {
                    Value::String(text) => text.parse().ok(),
                    Value::Number(text) => text.parse().ok(),
                    _ => None,
                };
                let found = found.filter(|rate| *rate <= 99);
                let error = || below.error(member.node.at, "must be a whole number from 0 to 99");
                rate = Some(found.ok_or_else(error)?);
            }
            "FindingsDestination" => findings = Some(destinations(&below, &member.node)?),
            "NoFindingsDestination" => no_findings = Some(destinations(&below, &member.node)?),
            _ => return Err(place.unknown(member)),
        }
    }
    let sample_rate = rate.ok_or_else(|| place.error(node.at, "an audit needs a SampleRate"))?;
    if findings.is_none() && no_findings.is_none() {
        let what = "an audit needs a FindingsDestination or a NoFindingsDestination";
        return Err(place.error(node.at, what));
    }
    Ok(Audit { sample_rate, findings, no_findings })
}

fn destinations(place: &Place<'_>, node: &Node<'_>) -> Result<Destinations> {
    let mut found = Destinations::default();
    for member in place.members(node)? {
        let below = place.below(&member.name);
        let (key, slot) = match member.name.as_ref() {
            "CloudWatchLogs" => ("LogGroup", &mut found.log_group),
            "Firehose" => ("DeliveryStream", &mut found.delivery_stream),
            "S3" => ("Bucket", &mut found.bucket),
            _ => return Err(place.unknown(member)),
        };
        let [inner] = below.members(&member.node)? else {
            return Err(below.error(member.node.at, format!("needs a {key}")));
        };
        if inner.name != key {
            return Err(below.error(inner.at, format!("needs a {key}")));
        }
        let name = below.text(&inner.node)?;
        if key == "LogGroup" && !name.starts_with(LOG_GROUP_PREFIX) {
            let what = format!("a LogGroup begins with {LOG_GROUP_PREFIX}");
            return Err(below.error(inner.node.at, what));
        }
        *slot = Some(name);
    }
    Ok(found)
}
