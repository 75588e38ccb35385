//! What the journal keeps of topics and everything that hangs on them, in their stored form.
//!
//! Attributes stay the text that the user set, so that it is given back as it came; what the engine
//! needs of them is compiled beside them (see [`crate::directory`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use brume_foundation::clock::Moment;
use brume_policy::{Account, Region};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::key::TopicKey;
use crate::protocol::Protocol;

/// Attributes by name.
pub type Attributes = BTreeMap<String, String>;

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Its name.
    pub key: TopicKey,
    /// When it was made.
    pub created_at: Moment,
    /// The attributes that were set; defaults are not in here.
    pub attributes: Attributes,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The data protection policy, as it was put.
    pub data_protection: Option<String>,
    /// How many subscriptions were deleted.
    pub subscriptions_deleted: u64,
}

impl Topic {
    /// Whether it keeps order.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.is_true("FifoTopic")
    }

    /// Whether an attribute is set to true.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.attributes.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The topic's ARN, a colon, and an identifier.
    pub arn: Arc<str>,
    /// The topic.
    pub topic: TopicKey,
    /// Counts subscriptions in the order in which they were made.
    pub serial: u64,
    /// How it is delivered to.
    pub protocol: Protocol,
    /// Where it is delivered to.
    pub endpoint: Arc<str>,
    /// Whose it is: the account that subscribed.
    #[serde(with = "account")]
    pub owner: Account,
    /// When it was made.
    pub created_at: Moment,
    /// The attributes that were set; defaults are not in here.
    pub attributes: Attributes,
    /// What has to come back before anything is delivered.
    pub pending: Option<Token>,
    /// The token that confirmed it; confirming again with it is no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<Arc<str>>,
    /// Whether only the owner may unsubscribe.
    pub authenticates_unsubscribe: bool,
    /// Whether it was confirmed by its owner, signed or by subscribing in the same account.
    pub was_authenticated: bool,
}

/// What a pending subscription waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The secret.
    pub value: Arc<str>,
    /// When it is worth nothing any more.
    pub expires_at: Moment,
}

/// A platform application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// `arn:aws:sns:REGION:ACCOUNT:app/PLATFORM/NAME`.
    pub arn: Arc<str>,
    /// `GCM`, `APNS`.
    pub platform: String,
    /// The attributes; credentials are kept and never given back.
    pub attributes: Attributes,
}

/// One installation of an application on one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformEndpoint {
    /// `arn:aws:sns:REGION:ACCOUNT:endpoint/PLATFORM/NAME/ID`.
    pub arn: Arc<str>,
    /// The application.
    pub application: Arc<str>,
    /// Counts endpoints in the order in which they were made.
    pub serial: u64,
    /// `Enabled`, `Token`, `CustomUserData`.
    pub attributes: Attributes,
}

impl PlatformEndpoint {
    /// Whether push notifications go there.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.attributes.get("Enabled").is_none_or(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// What an account has set for text messages in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sms {
    /// `DefaultSenderID`, `MonthlySpendLimit` and the like.
    pub attributes: Attributes,
    /// Numbers that may be sent to from the sandbox, with the password that verifies them; nothing
    /// once verified.
    pub sandbox: BTreeMap<String, Option<String>>,
    /// Numbers that want nothing.
    pub opted_out: BTreeMap<String, Moment>,
    /// Whether the account has left the sandbox.
    pub has_left_sandbox: bool,
}

/// Account and region, which together own what has no topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The account.
    #[serde(with = "account")]
    pub account: Account,
    /// The region.
    #[serde(with = "region")]
    pub region: Region,
}

/// One change of the configuration: whole records, so that applying twice is applying once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", content = "record", rename_all = "kebab-case")]
pub enum Change {
    /// A topic is as given.
    PutTopic(Topic),
    /// A topic and its subscriptions are gone.
    DeleteTopic(TopicKey),
    /// A subscription is as given.
    PutSubscription(Subscription),
    /// A subscription is gone.
    DeleteSubscription(Arc<str>),
    /// An application is as given.
    PutApplication(Application),
    /// An application and its endpoints are gone.
    DeleteApplication(Arc<str>),
    /// An endpoint is as given.
    PutEndpoint(PlatformEndpoint),
    /// An endpoint is gone.
    DeleteEndpoint(Arc<str>),
    /// Text message settings are as given.
    PutSms(Scope, Sms),
}

/// Accounts in stored form: their digits.
pub mod account {
    use super::{Account, Deserialize, Deserializer, Serializer};

    /// Writes the digits.
    ///
    /// # Errors
    /// What the serializer says.
    pub fn serialize<S: Serializer>(account: &Account, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(account.as_str())
    }

    /// Reads twelve digits.
    ///
    /// # Errors
    /// It is something else.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Account, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Regions in stored form: their name.
pub mod region {
    use super::{Deserialize, Deserializer, Region, Serializer};

    /// Writes the name.
    ///
    /// # Errors
    /// What the serializer says.
    pub fn serialize<S: Serializer>(region: &Region, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(region.as_str())
    }

    /// Reads a name.
    ///
    /// # Errors
    /// It is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Region, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
