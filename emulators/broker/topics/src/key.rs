//! Names of topics: what an ARN says in a form that is cheap to copy and to look up.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use brume_policy::{Account, Arn, Region};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Account, region and name of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicKey {
    /// The account that owns it.
    pub account: Account,
    /// The region it is in.
    pub region: Region,
    /// Its name, with `.fifo` if it has that.
    pub name: Arc<str>,
}

impl TopicKey {
    /// Makes the key of a topic.
    #[must_use]
    pub fn new(account: Account, region: Region, name: &str) -> Self {
        Self { account, region, name: Arc::from(name) }
    }

    /// The topic's ARN.
    #[must_use]
    pub fn arn(&self) -> Arn {
        Arn::topic(self.region, self.account, &self.name)
    }

    /// Whether the name is one of a FIFO topic.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    /// The topic that a subscription's ARN belongs to: everything before the last colon.
    #[must_use]
    pub fn of_subscription(arn: &str) -> Option<Self> {
        arn.rsplit_once(':')?.0.parse().ok()
    }
}

impl fmt::Display for TopicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arn().fmt(formatter)
    }
}

impl FromStr for TopicKey {
    type Err = NotATopic;

    fn from_str(text: &str) -> Result<Self, NotATopic> {
        let arn = text.parse::<Arn>().map_err(|_| NotATopic)?;
        let (account, region) = (arn.account().ok_or(NotATopic)?, arn.region().ok_or(NotATopic)?);
        if arn.service != "sns" || arn.resource.contains([':', '/']) {
            return Err(NotATopic);
        }
        Ok(Self::new(account, region, &arn.resource))
    }
}

impl Serialize for TopicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TopicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The text is not the ARN of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATopic;

impl fmt::Display for NotATopic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a topic's ARN has the form arn:aws:sns:REGION:ACCOUNT:NAME")
    }
}

impl std::error::Error for NotATopic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_found_in_the_arn_of_its_subscription() {
        let arn = "arn:aws:sns:eu-west-3:123456789012:orders:0b1f";
        let key = TopicKey::of_subscription(arn).unwrap();
        assert_eq!(key.to_string(), "arn:aws:sns:eu-west-3:123456789012:orders");
        assert_eq!(TopicKey::of_subscription("nothing"), None);
    }

    #[test]
    fn only_topics_are_topics() {
        for wrong in [
            "orders",
            "arn:aws:sqs:eu-west-3:123456789012:orders",
            "arn:aws:sns:eu-west-3:123456789012:orders:0b1f",
            "arn:aws:sns:eu-west-3:123456789012:endpoint/GCM/app/1",
            "arn:aws:sns::123456789012:orders",
        ] {
            assert_eq!(wrong.parse::<TopicKey>(), Err(NotATopic), "{wrong}");
        }
    }
}
