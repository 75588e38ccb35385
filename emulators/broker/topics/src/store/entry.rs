//! What the journal holds.

use std::sync::Arc;

use brume_foundation::clock::Moment;
use serde::{Deserialize, Serialize};

use crate::cause::{Attempt, Cause};
use crate::fifo::Seen;
use crate::mailbox::Letter;
use crate::message::Message;
use crate::record::Change;

/// One record of the journal, JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// The configuration changed.
    Changed(Vec<Change>),
    /// A message was accepted.
    Accepted {
        /// The message.
        message: Arc<Message>,
        /// ARNs of the subscriptions that it still has to go to.
        targets: Vec<Arc<str>>,
        /// What a FIFO topic remembers of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seen>,
        /// Whether it is kept in the archive.
        #[serde(default)]
        is_archived: bool,
    },
    /// Archived messages go to a subscription again.
    Replayed {
        /// The subscription.
        subscription: Arc<str>,
        /// Places of the messages.
        sequences: Vec<u64>,
    },
    /// A delivery failed and is tried again; not every try is written down.
    Tried {
        /// The message.
        message: Arc<str>,
        /// The subscription.
        subscription: Arc<str>,
        /// How often it was tried.
        tries: u32,
        /// When it is tried next.
        due: Moment,
        /// The last try.
        attempt: Attempt,
    },
    /// A delivery is over.
    Over {
        /// The message.
        message: Arc<str>,
        /// The subscription.
        subscription: Arc<str>,
        /// What happened, if anything worth telling did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Box<Cause>>,
    },
    /// A letter came into the mailbox.
    Letter(Letter),
    /// Nothing happened; the place of a checkpoint.
    Mark,
    /// Everything was forgotten.
    Reset,
}
