//! What the journal holds: every change of every queue, in little-endian binary form.
//!
//! | kind | what it says | form behind the kind |
//! |---|---|---|
//! | 1 | a queue is there, with these settings and tags | id, JSON |
//! | 2 | a queue was deleted | id, JSON |
//! | 3 | messages are in a queue | id, count, messages with contents |
//! | 4 | one content is in many queues | content, count, messages with ids of queues |
//! | 5 | a receiver has messages | id, now, until, attempt, count, slots and orders |
//! | 6 | the visibility of messages is another | id, count, slots, orders and moments |
//! | 7 | messages are deleted | id, count, slots and orders |
//! | 8 | messages went into another queue | ids, count, slots, orders and messages |
//! | 9 | a queue was purged | id, horizon, moment |
//! | 10 | deduplication ids were used | id, count, hashes and messages |
//! | 11 | how a move task stands | JSON |
//! | 12 | queues of these numbers do not count yet | first number, number behind the last |
//! | 13 | everything is gone but the queues of these numbers | as above |
//!
//! A message that is recorded again (because its first record is given up) is recorded whole, as it
//! is then. What a record says about a message that is not there concerns one that has gone.

mod read;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use brume_policy::{Account, Region};
use serde::{Deserialize, Serialize};

pub(crate) use read::{MessageRecord, Reader, Record};
pub(crate) use write::{
    Put, changes, deduplications, deletions, fan_out, lease, loading, moves, purge, puts, queue,
    queue_deleted, replaced, target, task,
};

use crate::settings::{Fifo, Redrive, RedriveAllow};
use crate::{QueueKey, Settings};

const QUEUE: u8 = 1;
const QUEUE_DELETED: u8 = 2;
const PUT: u8 = 3;
const FAN_OUT: u8 = 4;
const LEASE: u8 = 5;
const CHANGE: u8 = 6;
const DELETE: u8 = 7;
const MOVE: u8 = 8;
const PURGE: u8 = 9;
const DEDUPLICATION: u8 = 10;
const TASK: u8 = 11;
const LOADING: u8 = 12;
const REPLACED: u8 = 13;

/// What follows the fixed part of a message.
mod flag {
    pub(super) const UNTIL: u8 = 1;
    pub(super) const IN_FLIGHT: u8 = 2;
    pub(super) const RECEIVED: u8 = 4;
    pub(super) const GROUP: u8 = 8;
    pub(super) const DEDUPLICATION: u8 = 16;
    pub(super) const TRACE: u8 = 32;
    pub(super) const SOURCE: u8 = 64;
    /// It has a content of its own; otherwise it has that of the record.
    pub(super) const CONTENT: u8 = 128;
}

/// A queue without its messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct QueueRecord {
    account: String,
    region: String,
    name: String,
    #[serde(flatten)]
    settings: SettingsRecord,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) created_at_ms: u64,
    pub(crate) modified_at_ms: u64,
    pub(crate) purged_at_ms: Option<u64>,
    pub(crate) horizon: u64,
    pub(crate) floor_ms: u64,
    pub(crate) last_order: u64,
    /// What receipt handles name it by: its first number, whatever was loaded since.
    pub(crate) handle_id: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SettingsRecord {
    delay_seconds: u32,
    maximum_message_bytes: u32,
    retention_seconds: u32,
    receive_wait_seconds: u32,
    visibility_timeout_seconds: u32,
    policy: Option<String>,
    redrive: Option<Redrive>,
    redrive_allow: Option<RedriveAllow>,
    fifo: Option<Fifo>,
    kms_master_key_id: Option<String>,
    kms_data_key_reuse_seconds: u32,
    sqs_managed_sse: bool,
}

/// What a queue has beside key and settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueueFacts {
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) created_at_ms: u64,
    pub(crate) modified_at_ms: u64,
    pub(crate) purged_at_ms: Option<u64>,
    pub(crate) horizon: u64,
    pub(crate) floor_ms: u64,
    pub(crate) last_order: u64,
    /// What receipt handles name it by: its first number, whatever was loaded since.
    pub(crate) handle_id: u32,
}

impl QueueRecord {
    pub(crate) fn new(key: &QueueKey, settings: &Settings, facts: QueueFacts) -> Self {
        let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        Self {
            account: key.account.to_string(),
            region: key.region.to_string(),
            name: key.name.to_string(),
            settings: SettingsRecord {
                delay_seconds: settings.delay_seconds,
                maximum_message_bytes: settings.maximum_message_bytes,
                retention_seconds: settings.retention_seconds,
                receive_wait_seconds: settings.receive_wait_seconds,
                visibility_timeout_seconds: settings.visibility_timeout_seconds,
                policy: text(&settings.policy),
                redrive: settings.redrive.clone(),
                redrive_allow: settings.redrive_allow.clone(),
                fifo: settings.fifo,
                kms_master_key_id: text(&settings.kms_master_key_id),
                kms_data_key_reuse_seconds: settings.kms_data_key_reuse_seconds,
                sqs_managed_sse: settings.sqs_managed_sse,
            },
            tags: facts.tags,
            created_at_ms: facts.created_at_ms,
            modified_at_ms: facts.modified_at_ms,
            purged_at_ms: facts.purged_at_ms,
            horizon: facts.horizon,
            floor_ms: facts.floor_ms,
            last_order: facts.last_order,
            handle_id: facts.handle_id,
        }
    }

    pub(crate) fn key(&self) -> Option<QueueKey> {
        key(&self.account, &self.region, &self.name)
    }

    pub(crate) fn facts(&self) -> QueueFacts {
        QueueFacts {
            tags: self.tags.clone(),
            created_at_ms: self.created_at_ms,
            modified_at_ms: self.modified_at_ms,
            purged_at_ms: self.purged_at_ms,
            horizon: self.horizon,
            floor_ms: self.floor_ms,
            last_order: self.last_order,
            handle_id: self.handle_id,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let text = |text: &Option<String>| text.as_deref().map(Arc::from);
        let settings = &self.settings;
        Settings {
            delay_seconds: settings.delay_seconds,
            maximum_message_bytes: settings.maximum_message_bytes,
            retention_seconds: settings.retention_seconds,
            receive_wait_seconds: settings.receive_wait_seconds,
            visibility_timeout_seconds: settings.visibility_timeout_seconds,
            policy: text(&settings.policy),
            redrive: settings.redrive.clone(),
            redrive_allow: settings.redrive_allow.clone(),
            fifo: settings.fifo,
            kms_master_key_id: text(&settings.kms_master_key_id),
            kms_data_key_reuse_seconds: settings.kms_data_key_reuse_seconds,
            sqs_managed_sse: settings.sqs_managed_sse,
        }
    }
}

/// A queue that was deleted, while its name is not free yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletedRecord {
    account: String,
    region: String,
    name: String,
    pub(crate) at_ms: u64,
}

impl DeletedRecord {
    pub(crate) fn new(key: &QueueKey, at_ms: u64) -> Self {
        Self {
            account: key.account.to_string(),
            region: key.region.to_string(),
            name: key.name.to_string(),
            at_ms,
        }
    }

    pub(crate) fn key(&self) -> Option<QueueKey> {
        key(&self.account, &self.region, &self.name)
    }
}

fn key(account: &str, region: &str, name: &str) -> Option<QueueKey> {
    let account = account.parse::<Account>().ok()?;
    let region = region.parse::<Region>().ok()?;
    Some(QueueKey::new(account, region, name))
}

/// How a move task stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskRecord {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) destination: Option<String>,
    pub(crate) max_per_second: Option<u32>,
    pub(crate) status: String,
    pub(crate) moved: u64,
    pub(crate) to_move: u64,
    pub(crate) failure: Option<String>,
    pub(crate) started_at_ms: u64,
    /// Messages that came later stay.
    pub(crate) horizon: u64,
}
