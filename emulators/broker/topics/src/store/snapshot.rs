//! The whole state as one JSON document: checkpoints and `brume snapshot`.

use std::sync::Arc;

use brume_foundation::clock::Moment;
use brume_foundation::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::cause::{Attempt, Cause};
use crate::fifo::Seen;
use crate::key::TopicKey;
use crate::mailbox::Letter;
use crate::message::Message;
use crate::record::Change;

/// What this version writes and reads.
const VERSION: u32 = 1;

/// The state of one moment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Of this form.
    pub version: u32,
    /// The configuration, as changes of an empty one.
    pub changes: Vec<Change>,
    /// What FIFO topics remember.
    pub fifos: Vec<SavedFifo>,
    /// Messages that deliveries wait with.
    pub messages: Vec<Arc<Message>>,
    /// Deliveries that wait, oldest first.
    pub deliveries: Vec<SavedDelivery>,
    /// Causes, oldest first.
    pub causes: Vec<Cause>,
    /// Letters, oldest first.
    pub letters: Vec<Letter>,
}

/// What a FIFO topic remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedFifo {
    /// The topic.
    pub topic: TopicKey,
    /// The last place.
    pub last: u64,
    /// Messages of the last five minutes.
    pub seen: Vec<Seen>,
    /// Archived messages.
    pub archive: Vec<Arc<Message>>,
}

/// A delivery that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedDelivery {
    /// Which of the messages.
    pub message: usize,
    /// The subscription.
    pub subscription: Arc<str>,
    /// How often it was tried.
    pub tries: u32,
    /// Tries that failed.
    pub attempts: Vec<Attempt>,
    /// When it is tried next.
    pub due: Moment,
    /// Whether it is sent again from the archive.
    pub is_replay: bool,
}

impl Snapshot {
    /// Writes it.
    ///
    /// # Errors
    /// None in practice: every part has a JSON form.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self)
            .map_err(|error| Error::failed("cannot write the state of topics").source(&error))
    }

    /// Reads it.
    ///
    /// # Errors
    /// It is damaged, or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let cannot = || Error::failed("cannot read the saved state of topics");
        let read: Self = serde_json::from_slice(bytes).map_err(|error| cannot().source(&error))?;
        if read.version == VERSION {
            Ok(read)
        } else {
            let version = read.version;
            Err(cannot().cause(format_args!("it has version {version}, not {VERSION}")))
        }
    }

    /// An empty one of this version.
    #[must_use]
    pub fn new() -> Self {
        Self { version: VERSION, ..Self::default() }
    }
}
