//! JSON bodies: the scanner first where there is one, then `serde_json`.

use std::fmt;
use std::marker::PhantomData;

use brume_edge::AwsError;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};

use super::{
    Batch, CancelMove, CreateQueue, GetQueueAttributes, GetQueueUrl, HandleInput, ListMoves,
    ListQueues, MessageInput, Permission, QueueOnly, ReceiveMessage, SendMessage,
    SetQueueAttributes, StartMove, TagQueue, Text, UntagQueue, scan,
};
use crate::errors;

/// A request that can be read from a JSON body.
pub trait FromJson<'a>: Sized {
    /// Reads a body of the usual shape; `None` when it is not, which is no verdict.
    fn scan(_body: &'a [u8]) -> Option<Self> {
        None
    }

    /// Reads any body.
    ///
    /// # Errors
    /// `serde_json`'s.
    fn parse(body: &'a [u8]) -> serde_json::Result<Self>;

    /// Reads a body; an empty one stands for `{}`.
    ///
    /// # Errors
    /// `SerializationException`.
    fn from_json(body: &'a [u8]) -> Result<Self, AwsError> {
        if let Some(request) = Self::scan(body) {
            return Ok(request);
        }
        let body = if body.is_empty() { b"{}" } else { body };
        Self::parse(body).map_err(|error| errors::serialization(error.to_string()))
    }
}

impl<'a> FromJson<'a> for SendMessage<'a> {
    fn scan(body: &'a [u8]) -> Option<Self> {
        scan::send_message(body)
    }

    fn parse(body: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(body)
    }
}

impl<'a> FromJson<'a> for Batch<'a, MessageInput<'a>> {
    fn scan(body: &'a [u8]) -> Option<Self> {
        scan::send_message_batch(body)
    }

    fn parse(body: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(body)
    }
}

impl<'a> FromJson<'a> for HandleInput<'a> {
    fn scan(body: &'a [u8]) -> Option<Self> {
        scan::handle(body)
    }

    fn parse(body: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(body)
    }
}

impl<'a> FromJson<'a> for Batch<'a, HandleInput<'a>> {
    fn scan(body: &'a [u8]) -> Option<Self> {
        scan::handle_batch(body)
    }

    fn parse(body: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(body)
    }
}

impl<'a> FromJson<'a> for ReceiveMessage<'a> {
    fn scan(body: &'a [u8]) -> Option<Self> {
        scan::receive_message(body)
    }

    fn parse(body: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(body)
    }
}

macro_rules! read_by_serde {
    ($($request:ty),* $(,)?) => {
        $(impl FromJson<'_> for $request {
            fn parse(body: &[u8]) -> serde_json::Result<Self> {
                serde_json::from_slice(body)
            }
        })*
    };
}

read_by_serde!(
    CreateQueue,
    GetQueueUrl,
    ListQueues,
    QueueOnly,
    GetQueueAttributes,
    SetQueueAttributes,
    TagQueue,
    UntagQueue,
    Permission,
    StartMove,
    ListMoves,
    CancelMove,
);

/// `flatten` would buffer every value, so the two levels are read by hand.
impl<'de: 'a, 'a> Deserialize<'de> for SendMessage<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        #[derive(Default)]
        struct Flat<'a> {
            #[serde(borrow)]
            queue_url: Option<Text<'a>>,
            #[serde(borrow)]
            message_body: Option<Text<'a>>,
            delay_seconds: Option<i64>,
            #[serde(borrow, deserialize_with = "pairs")]
            message_attributes: super::AttributeInputs<'a>,
            #[serde(borrow, deserialize_with = "pairs")]
            message_system_attributes: super::AttributeInputs<'a>,
            #[serde(borrow)]
            message_deduplication_id: Option<Text<'a>>,
            #[serde(borrow)]
            message_group_id: Option<Text<'a>>,
        }
        let flat = Flat::deserialize(deserializer)?;
        let message = MessageInput {
            id: None,
            message_body: flat.message_body,
            delay_seconds: flat.delay_seconds,
            message_attributes: flat.message_attributes,
            message_system_attributes: flat.message_system_attributes,
            message_deduplication_id: flat.message_deduplication_id,
            message_group_id: flat.message_group_id,
        };
        Ok(Self { queue_url: flat.queue_url, message })
    }
}

/// `null` counts as absent.
pub(super) fn nullable<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A map as a list of pairs in the order in which they came; `null` counts as absent.
pub(super) fn pairs<'de, D, K, V>(deserializer: D) -> Result<Vec<(K, V)>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de>,
    V: Deserialize<'de>,
{
    struct Pairs<K, V>(PhantomData<(K, V)>);

    impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Pairs<K, V> {
        type Value = Vec<(K, V)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a map")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = Vec::new();
            while let Some(pair) = map.next_entry()? {
                found.push(pair);
            }
            Ok(found)
        }
    }

    deserializer.deserialize_any(Pairs(PhantomData))
}
