//! Which attributes a receiver wants to see.

use brume_edge::AwsError;

use crate::errors;
use crate::request::{ReceiveMessage, Text};

/// Names of one request; more cannot be meant seriously.
const NAMES_MAX: usize = 1_000;

/// A set of the service's own attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct System(u16);

impl System {
    /// `SenderId`
    pub const SENDER: Self = Self(1);
    /// `SentTimestamp`
    pub const SENT: Self = Self(1 << 1);
    /// `ApproximateReceiveCount`
    pub const RECEIVE_COUNT: Self = Self(1 << 2);
    /// `ApproximateFirstReceiveTimestamp`
    pub const FIRST_RECEIVED: Self = Self(1 << 3);
    /// `SequenceNumber`
    pub const SEQUENCE: Self = Self(1 << 4);
    /// `MessageDeduplicationId`
    pub const DEDUPLICATION: Self = Self(1 << 5);
    /// `MessageGroupId`
    pub const GROUP: Self = Self(1 << 6);
    /// `AWSTraceHeader`
    pub const TRACE_HEADER: Self = Self(1 << 7);
    /// `DeadLetterQueueSourceArn`
    pub const DEAD_LETTER_SOURCE: Self = Self(1 << 8);
    /// `All`
    pub const ALL: Self = Self((1 << 9) - 1);

    const EACH: [(Self, &'static str); 9] = [
        (Self::SENDER, "SenderId"),
        (Self::SENT, "SentTimestamp"),
        (Self::RECEIVE_COUNT, "ApproximateReceiveCount"),
        (Self::FIRST_RECEIVED, "ApproximateFirstReceiveTimestamp"),
        (Self::SEQUENCE, "SequenceNumber"),
        (Self::DEDUPLICATION, "MessageDeduplicationId"),
        (Self::GROUP, "MessageGroupId"),
        (Self::TRACE_HEADER, "AWSTraceHeader"),
        (Self::DEAD_LETTER_SOURCE, "DeadLetterQueueSourceArn"),
    ];

    /// Whether it has all of `other`.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The name of a set of one.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::EACH.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    fn read(names: &[Text<'_>]) -> Result<Self, AwsError> {
        let mut found = Self::default();
        for name in names {
            let known = Self::EACH.iter().find(|(_, known)| known == name);
            found.0 |= match (known, name.as_ref()) {
                (Some((one, _)), _) => one.0,
                (None, "All") => Self::ALL.0,
                (None, _) => return Err(errors::unknown_attribute(name)),
            };
        }
        Ok(found)
    }
}

/// Which of the sender's attributes are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub enum Names<'a> {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// These: whole names, and beginnings followed by `.*`.
    Some(&'a [Text<'a>]),
}

impl Names<'_> {
    /// Whether the attribute is wanted. Names that no attribute can have just match none.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(patterns) => patterns.iter().any(|pattern| {
                pattern == name
                    || pattern.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
            }),
        }
    }
}

/// What a receiver wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Of the service's own attributes.
    pub system: System,
    /// Of the sender's attributes.
    pub attributes: Names<'a>,
}

impl<'a> Wanted<'a> {
    /// Reads the wishes of a request. `AttributeNames` is the older name of
    /// `MessageSystemAttributeNames`; both together mean both.
    ///
    /// # Errors
    /// `InvalidAttributeName`.
    pub fn read(request: &'a ReceiveMessage<'_>) -> Result<Self, AwsError> {
        let names = &request.message_attribute_names;
        if names.len() > NAMES_MAX {
            return Err(errors::attribute_name("There are too many attribute names."));
        }
        let System(older) = System::read(&request.attribute_names)?;
        let System(newer) = System::read(&request.message_system_attribute_names)?;
        let is_all = |name: &Text<'_>| matches!(name.as_ref(), "All" | ".*" | "*");
        let attributes = match names.as_slice() {
            [] => Names::None,
            names if names.iter().any(is_all) => Names::All,
            names => Names::Some(names),
        };
        Ok(Self { system: System(older | newer), attributes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(names: &[&'a str]) -> Vec<Text<'a>> {
        names.iter().map(|name| Text::Borrowed(*name)).collect()
    }

    #[test]
    fn older_and_newer_names_add_up() {
        let request = ReceiveMessage {
            attribute_names: texts(&["SenderId"]),
            message_system_attribute_names: texts(&["SentTimestamp"]),
            ..ReceiveMessage::default()
        };
        let wanted = Wanted::read(&request).unwrap();
        assert!(wanted.system.has(System::SENDER) && wanted.system.has(System::SENT));
        assert!(!wanted.system.has(System::GROUP));
        assert!(matches!(wanted.attributes, Names::None));
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let request =
            ReceiveMessage { attribute_names: texts(&["Sender"]), ..ReceiveMessage::default() };
        let error = Wanted::read(&request).unwrap_err();
        assert_eq!(
            (error.code, &*error.message),
            ("InvalidAttributeName", "Unknown Attribute Sender.")
        );
    }

    #[test]
    fn attributes_are_chosen_by_name_and_by_beginning() {
        let cases: [(&[&str], [bool; 3]); 7] = [
            (&["All"], [true; 3]),
            (&[".*"], [true; 3]),
            (&["*"], [true; 3]),
            (&["Hello", "Nobody"], [true, false, false]),
            (&["Hel.*"], [true, true, false]),
            (&["AWS.x", "..foo"], [false; 3]),
            (&[], [false; 3]),
        ];
        for (names, expected) in cases {
            let request = ReceiveMessage {
                message_attribute_names: texts(names),
                ..ReceiveMessage::default()
            };
            let wanted = Wanted::read(&request).unwrap();
            let found = ["Hello", "Help.Me", "General"].map(|name| wanted.attributes.matches(name));
            assert_eq!(found, expected, "{names:?}");
        }
    }
}
