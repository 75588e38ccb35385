//! What an expression can ask of a message.

use brume_plugin::render::suggest::did_you_mean;

use super::problem::Problem;

/// A field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// What the publisher sent; the pointer is empty for the whole text.
    Body(String),
    /// The body as the queue holds it, at a JSON pointer.
    Envelope(String),
    /// A message attribute.
    Attribute(String),
    /// A system attribute of SQS.
    System(String),
    Subscription,
    Topic,
    Source,
    Subject,
    Group,
    Id,
    SnsId,
    Reason,
    Fingerprint,
    /// Milliseconds since it was sent.
    Age,
    Receives,
    /// Bytes of the body.
    Size,
}

/// Names without a part behind a dot.
static NAMES: [(&str, Field); 14] = [
    ("subscription", Field::Subscription),
    ("topic", Field::Topic),
    ("source", Field::Source),
    ("subject", Field::Subject),
    ("group", Field::Group),
    ("id", Field::Id),
    ("sns-id", Field::SnsId),
    ("reason", Field::Reason),
    ("fingerprint", Field::Fingerprint),
    ("age", Field::Age),
    ("receives", Field::Receives),
    ("size", Field::Size),
    ("body", Field::Body(String::new())),
    ("envelope", Field::Envelope(String::new())),
];

impl Field {
    /// Reads a field's name that stands at `at`.
    pub(super) fn parse(name: &str, at: usize) -> Result<Self, Problem> {
        if let Some((_, field)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(field.clone());
        }
        let unknown = || {
            let known = NAMES.iter().map(|(name, _)| *name).chain(["attr.NAME", "system.NAME"]);
            let problem = Problem::new(at, name.len(), format!("there is no field '{name}'"));
            let hint = did_you_mean(name, known);
            problem.hint(hint.unwrap_or_else(|| {
                "a text needs quotes, and stands behind the operator: body./kind == \"x\"".into()
            }))
        };
        let (head, rest) = name.split_once('.').ok_or_else(unknown)?;
        let place = at + head.len() + 1;
        match head {
            "body" | "envelope" if !rest.is_empty() && !rest.starts_with('/') => {
                Err(Problem::new(place, rest.len(), "a JSON pointer begins with /")
                    .hint(format!("{head}./{}", rest.replace('.', "/"))))
            }
            "body" => Ok(Self::Body(rest.to_owned())),
            "envelope" => Ok(Self::Envelope(rest.to_owned())),
            "attr" | "system" if rest.is_empty() => {
                Err(Problem::new(at, name.len(), format!("{head}. needs a name"))
                    .hint(format!("{head}.NAME, or {head}.\"a name with spaces\"")))
            }
            "attr" => Ok(Self::Attribute(rest.to_owned())),
            "system" => Ok(Self::System(rest.to_owned())),
            _ => Err(unknown()),
        }
    }
}
