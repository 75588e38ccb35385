//! One message on its way.

use std::sync::Arc;

use super::lane::LaneId;

/// Why a message stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is not meant.
    Unmeant,
    /// The limit was reached before it.
    BeyondLimit,
    /// The destination refused it, or there is none.
    Refused(String),
    /// An earlier message of its group stays.
    BehindGroup,
    /// It may have been sent.
    Ambiguous(String),
    /// It was sent, and stays by wish.
    Copied,
    /// It was sent, and cannot be deleted.
    Undeleted,
}

/// Why a message that is meant is still in the dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// It was not its turn before the end.
    Waiting,
    /// See [`Kept::Refused`].
    Refused(String),
    /// See [`Kept::BehindGroup`].
    BehindGroup,
    /// See [`Kept::Ambiguous`].
    Ambiguous(String),
    /// It may have been sent, and did not come this time.
    AmbiguousUnseen,
    /// It was sent, and could not be deleted.
    Undeleted,
    /// The same, and it did not come this time.
    UndeletedUnseen,
}

/// Where a message is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// In the queue of its lane.
    Waiting,
    /// *Sending* is on its way to the disk.
    Announced,
    /// On its way to the destination.
    Sending,
    /// *Sent* is on its way to the disk.
    Noting,
    /// To be deleted, or being deleted.
    Deleting,
    /// Gone.
    Deleted,
    /// Stays.
    Kept(Kept),
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Entry<P> {
    pub(super) state: State,
    /// The latest one.
    pub(super) handle: Arc<str>,
    /// Until when it is hidden.
    pub(super) lease_until_ms: u64,
    /// What is sent; gone when it was.
    pub(super) parcel: Option<P>,
    pub(super) lane: LaneId,
    pub(super) bytes: usize,
    pub(super) group: Option<Arc<str>>,
    pub(super) attempts: u32,
    /// When *sending* was last noted.
    pub(super) announced_ms: u64,
    /// When an attempt whose outcome nobody knows began.
    pub(super) unsure_since_ms: Option<u64>,
    /// An earlier run sent it.
    pub(super) was_sent_before: bool,
}

impl<P> Entry<P> {
    /// Says whether it was chosen, whatever became of it.
    pub(super) fn is_meant(&self) -> bool {
        !matches!(self.state, State::Kept(Kept::Unmeant))
    }

    pub(super) fn left(&self) -> Option<Left> {
        Some(match &self.state {
            // After a failure of the journal a message may rest in any of these.
            State::Announced | State::Waiting => match self.unsure_since_ms {
                None => Left::Waiting,
                Some(_) => Left::Ambiguous("an earlier attempt had no answer".to_owned()),
            },
            State::Sending => Left::Ambiguous("the attempt had no answer".to_owned()),
            State::Noting => Left::Ambiguous("sent, but the journal does not know".to_owned()),
            State::Deleting | State::Kept(Kept::Undeleted) => Left::Undeleted,
            State::Deleted => return None,
            State::Kept(kept) => match kept {
                Kept::Unmeant | Kept::BeyondLimit | Kept::Copied | Kept::Undeleted => return None,
                Kept::Refused(why) => Left::Refused(why.clone()),
                Kept::BehindGroup => Left::BehindGroup,
                Kept::Ambiguous(why) => Left::Ambiguous(why.clone()),
            },
        })
    }
}
