//! The redrive engine: a pure state machine between a dead-letter queue and destinations.
//!
//! In: [`Event`]s with the time. Out: [`Action`]s for somebody to carry out, in any order and at
//! the same time. The order that everything else rests on: *sending* is on disk before a message
//! is sent, *sent* is on disk before it is deleted, and a message whose fate is unknown is never
//! sent again unless the destination drops duplicates or the user said so. Never here: a clock, a
//! disk, a network.

mod dispatch;
mod entry;
mod lane;
mod outcome;
mod receive;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::ledger::{self, Ledger};
use super::record::{Id, Line};
pub use entry::Left;
use entry::{Entry, State};
use lane::Lane;
pub use lane::{LaneId, LaneSettings};

/// For this long SQS and SNS drop a second message with the same deduplication id: 5 minutes, less
/// what clocks and requests may take.
pub const DEDUPLICATION_MS: u64 = 280_000;

/// Entries of a batch of deletes or of changes of visibility.
const BATCH_MAX: usize = 10;

/// Messages beyond this number are not held: SQS allows 120,000 in flight.
const HELD_MAX: usize = 100_000;

/// Attempts at one message before it is left where it is.
const ATTEMPTS_MAX: u32 = 5;

/// Failures in a row after which receiving is given up.
const RECEIVE_FAILURES_MAX: u32 = 5;

/// Wait before a repeated attempt; doubled by each further one.
const BACKOFF_MS: u64 = 200;

/// What to do with a message that may have been sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAmbiguous {
    /// Leave it in the queue and say so.
    #[default]
    Skip,
    /// Send it again.
    Resend,
}

/// How a redrive goes about it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Leave the messages in the dead-letter queue.
    pub copy: bool,
    /// Most messages to send.
    pub limit: Option<u64>,
    /// Most messages a second.
    pub rate: Option<f64>,
    /// What to do with a message that may have been sent.
    pub on_ambiguous: OnAmbiguous,
    /// How long a received message stays hidden, in milliseconds.
    pub lease_ms: u64,
    /// Batches on their way to a destination at the same time: with [`OnAmbiguous::Resend`] this
    /// many times ten is the bound of duplicates.
    pub parallel: usize,
    /// Receives waiting at the same time.
    pub receivers: usize,
    /// The dead-letter queue is FIFO: its groups come piece by piece.
    pub is_fifo: bool,
    /// Not every message that comes is meant.
    pub is_filtered: bool,
    /// An earlier run was killed and may hide messages until then: the queue is not taken for
    /// empty before.
    pub hidden_until_ms: u64,
    /// Stop when a destination closes, because there is no other.
    pub stop_when_closed: bool,
}

/// What was decided about a message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is to be sent.
    Send {
        /// Where to.
        lane: LaneId,
        /// Its size as the destination counts it.
        bytes: usize,
        /// Its order counts within this group, where the lane keeps order.
        group: Option<Arc<str>>,
        /// Of its content, for the journal.
        digest: String,
    },
    /// It is not meant.
    Keep,
    /// It is meant, and there is nowhere to send it.
    Refuse(String),
}

/// A message that came, and what was decided.
#[derive(Clone, Debug)]
pub struct Arrival<P> {
    /// Its id.
    pub id: Id,
    /// Deletes or holds it.
    pub handle: Arc<str>,
    /// What was decided; not looked at when the journal knows the message.
    pub decision: Decision,
    /// What is to be sent.
    pub parcel: P,
}

/// What became of a message that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The destination has it, under this id.
    Accepted(String),
    /// The destination will not have it.
    Refused(String),
    /// The destination will have none of them.
    Closed(String),
    /// The destination was busy and did not take it.
    Busy(String),
    /// Nobody knows.
    Unknown(String),
}

/// What happened.
#[derive(Debug)]
pub enum Event<P> {
    /// Something may be due.
    Tick,
    /// A receive came back.
    Received(Vec<Arrival<P>>),
    /// A receive failed.
    ReceiveFailed(String),
    /// The lines of a ticket, and all before, are on disk.
    Recorded(u64),
    /// The journal cannot be written any more.
    RecordFailed(String),
    /// A batch came back; one outcome for each message, in order.
    Sent(u64, Vec<Outcome>),
    /// Deletes came back; one for each, `false` where it failed.
    Deleted(u64, Vec<bool>),
    /// Changes of visibility came back; one for each, `false` where it failed.
    Held(u64, Vec<bool>),
    /// The user wants it to end.
    Stop,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Action<P> {
    /// Receive up to so many, hidden for the lease.
    Receive(usize),
    /// Append a line; with a ticket, say when it is on disk.
    Record(Option<u64>, Line),
    /// Send these messages to a lane.
    Send(u64, LaneId, Vec<(Id, P)>),
    /// Delete by receipt handle.
    Delete(u64, Vec<Arc<str>>),
    /// Hide for so many seconds; 0 gives back.
    Hold(u64, Vec<Arc<str>>, u32),
    /// Nothing is left to do.
    Finish,
}

/// Numbers for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Different messages that came.
    pub received: u64,
    /// Those that are meant.
    pub matched: u64,
    /// Sent by this run.
    pub sent: u64,
    /// Deleted by this run.
    pub deleted: u64,
    /// Sent by an earlier run: deleted without sending, or left alone when copying.
    pub settled: u64,
}

/// The state machine; `P` is what is sent.
#[derive(Debug)]
pub struct Engine<P> {
    settings: Settings,
    now_ms: u64,
    entries: HashMap<Id, Entry<P>>,
    lanes: Vec<Lane>,
    /// What earlier runs left, until the message itself comes.
    known: HashMap<Id, ledger::Entry>,
    /// Those of `known` that are sent or perhaps sent, and not known to be gone.
    unsettled: usize,
    /// Messages that are hidden on our behalf.
    held: HashSet<Id>,
    to_delete: VecDeque<Id>,
    /// Deletes that failed, and when to repeat them.
    to_repeat: Vec<(u64, Id)>,
    sends: HashMap<u64, Batch>,
    deletes: HashMap<u64, Vec<Id>>,
    holds: HashMap<u64, Vec<Id>>,
    to_hold: VecDeque<Id>,
    tickets: HashMap<u64, Ticket>,
    actions: VecDeque<Action<P>>,
    next_number: u64,
    totals: Totals,
    taken: u64,
    receives: usize,
    empty_in_a_row: usize,
    deleted_since_empty: bool,
    receive_failures: u32,
    receive_not_before_ms: u64,
    next_heartbeat_ms: u64,
    tokens: f64,
    tokens_at_ms: u64,
    phase: Phase,
    failure: Option<String>,
}

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Messages are taken.
    Running,
    /// No more are taken; what is on its way is ended.
    Draining,
    /// What is left is given back.
    Releasing,
    /// Over.
    Finished,
}

/// A batch on its way.
#[derive(Clone, Debug)]
struct Batch {
    lane: LaneId,
    ids: Vec<Id>,
}

/// What waits for the disk.
#[derive(Clone, Debug)]
enum Ticket {
    /// This batch may be sent then.
    Sending(u64),
    /// These may be deleted then.
    Sent(Vec<Id>),
}

impl<P: Clone> Engine<P> {
    /// Begins, or goes on where a journal ends.
    #[must_use]
    pub fn new(settings: Settings, ledger: &Ledger, now_ms: u64) -> Self {
        let next_heartbeat_ms = now_ms + settings.lease_ms / 3;
        Self {
            settings,
            now_ms,
            entries: HashMap::new(),
            lanes: Vec::new(),
            known: ledger.entries.clone(),
            unsettled: ledger.entries.values().filter(|entry| entry.is_unsettled()).count(),
            held: HashSet::new(),
            to_delete: VecDeque::new(),
            to_repeat: Vec::new(),
            sends: HashMap::new(),
            deletes: HashMap::new(),
            holds: HashMap::new(),
            to_hold: VecDeque::new(),
            tickets: HashMap::new(),
            actions: VecDeque::new(),
            next_number: 0,
            totals: Totals::default(),
            taken: ledger.taken(),
            receives: 0,
            empty_in_a_row: 0,
            deleted_since_empty: false,
            receive_failures: 0,
            receive_not_before_ms: 0,
            next_heartbeat_ms,
            tokens: 0.0,
            tokens_at_ms: now_ms,
            phase: Phase::Running,
            failure: None,
        }
    }

    /// Adds a destination.
    pub fn add_lane(&mut self, settings: LaneSettings) -> LaneId {
        self.lanes.push(Lane::new(settings));
        self.lanes.len() - 1
    }

    /// Says whether a message was meant by an earlier run, so that no filter is asked again.
    #[must_use]
    pub fn was_meant(&self, id: &str) -> bool {
        self.known.contains_key(id) || self.entries.get(id).is_some_and(Entry::is_meant)
    }

    /// Takes an event; [`Engine::next_action`] says what follows from it.
    pub fn handle(&mut self, now_ms: u64, event: Event<P>) {
        self.now_ms = self.now_ms.max(now_ms);
        match event {
            Event::Tick => {}
            Event::Received(arrivals) => self.received(arrivals),
            Event::ReceiveFailed(why) => self.receive_failed(why),
            Event::Recorded(ticket) => self.recorded(ticket),
            Event::RecordFailed(why) => {
                self.forsake_tickets();
                self.fail(format!("the journal cannot be written: {why}"));
            }
            Event::Sent(batch, outcomes) => self.sent(batch, outcomes),
            Event::Deleted(batch, results) => self.deleted(batch, &results),
            Event::Held(batch, results) => self.was_held(batch, &results),
            Event::Stop => self.drain(),
        }
        self.dispatch();
    }

    /// The next thing to do; `None` until something happens.
    pub fn next_action(&mut self) -> Option<Action<P>> {
        self.actions.pop_front()
    }

    /// Says whether something is to be done at once.
    #[must_use]
    pub fn has_actions(&self) -> bool {
        !self.actions.is_empty()
    }

    /// What it came to so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Why the run ended before its time.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Says whether nothing is left to do.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// Messages that are meant and are still in the dead-letter queue, and why, by id; and those
    /// that only the journal knows.
    #[must_use]
    pub fn left(&self) -> Vec<(Id, Left)> {
        let came = self.entries.iter();
        let mut left: Vec<(Id, Left)> =
            came.filter_map(|(id, entry)| Some((id.clone(), entry.left()?))).collect();
        // Behind a message that stays, a FIFO queue shows nothing of the same group.
        let is_hidden = self.settings.is_fifo
            && self.entries.values().any(|entry| matches!(entry.state, State::Kept(_)));
        let unseen = self.known.iter().filter_map(|(id, entry)| match entry {
            ledger::Entry::Sent if is_hidden => Some((id.clone(), Left::UndeletedUnseen)),
            ledger::Entry::Sending { .. } => Some((id.clone(), Left::AmbiguousUnseen)),
            ledger::Entry::Undeleted => Some((id.clone(), Left::UndeletedUnseen)),
            _ => None,
        });
        left.extend(unseen);
        left.sort_by(|a, b| a.0.cmp(&b.0));
        left
    }

    /// Takes no more messages; what is on its way is ended.
    fn drain(&mut self) {
        if self.phase == Phase::Running {
            self.phase = Phase::Draining;
        }
    }

    fn fail(&mut self, why: String) {
        self.failure.get_or_insert(why);
        self.drain();
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn record(&mut self, line: Line) {
        self.actions.push_back(Action::Record(None, line));
    }

    fn record_then(&mut self, line: Line, then: Ticket) {
        let ticket = self.number();
        self.tickets.insert(ticket, then);
        self.actions.push_back(Action::Record(Some(ticket), line));
    }

    fn state(&self, id: &str) -> Option<&State> {
        self.entries.get(id).map(|entry| &entry.state)
    }
}
