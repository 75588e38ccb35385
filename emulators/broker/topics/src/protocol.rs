//! The kinds of endpoint that a topic delivers to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a subscription is delivered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// POST without TLS.
    Http,
    /// POST with TLS.
    Https,
    /// Mail for people.
    Email,
    /// Mail with the JSON envelope.
    EmailJson,
    /// Text message.
    Sms,
    /// Queue.
    Sqs,
    /// Push notification through a platform endpoint.
    Application,
    /// Function.
    Lambda,
    /// Delivery stream.
    Firehose,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Http,
        Self::Https,
        Self::Email,
        Self::EmailJson,
        Self::Sms,
        Self::Sqs,
        Self::Application,
        Self::Lambda,
        Self::Firehose,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Email => "email",
            Self::EmailJson => "email-json",
            Self::Sms => "sms",
            Self::Sqs => "sqs",
            Self::Application => "application",
            Self::Lambda => "lambda",
            Self::Firehose => "firehose",
        }
    }

    /// Whether the endpoint's owner has to say yes before anything is delivered.
    #[must_use]
    pub const fn needs_handshake(self) -> bool {
        matches!(self, Self::Http | Self::Https | Self::Email | Self::EmailJson)
    }

    /// Whether messages may be delivered without the envelope.
    #[must_use]
    pub const fn can_be_raw(self) -> bool {
        matches!(self, Self::Http | Self::Https | Self::Sqs | Self::Firehose)
    }

    /// What names of delivery status attributes begin with; nothing where there are none.
    #[must_use]
    pub const fn feedback_prefix(self) -> Option<&'static str> {
        match self {
            Self::Http | Self::Https => Some("HTTP"),
            Self::Sqs => Some("SQS"),
            Self::Application => Some("Application"),
            Self::Lambda => Some("Lambda"),
            Self::Firehose => Some("Firehose"),
            Self::Email | Self::EmailJson | Self::Sms => None,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// There is no such protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAProtocol;

impl FromStr for Protocol {
    type Err = NotAProtocol;

    fn from_str(text: &str) -> Result<Self, NotAProtocol> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str() == text).ok_or(NotAProtocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_read_back() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.as_str().parse(), Ok(protocol));
            let json = serde_json::to_string(&protocol).unwrap();
            assert_eq!(json, format!("\"{protocol}\""));
        }
        assert_eq!("SQS".parse::<Protocol>(), Err(NotAProtocol));
    }
}
