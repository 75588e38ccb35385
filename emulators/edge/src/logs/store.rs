//! Where the events are.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use brume_foundation::clock::Moment;
use brume_policy::{Account, Region};

/// Bytes of all events together.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes that an event counts besides its message, as on AWS.
pub const EVENT_OVERHEAD: usize = 26;
/// Bytes of one message; longer ones that the emulators write are cut.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Groups of one account and region.
pub const GROUPS_MAX: usize = 10_000;
/// Streams of one group.
pub const STREAMS_MAX: usize = 10_000;

/// All logs of an instance.
#[derive(Debug, Default)]
pub struct Logs {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    places: HashMap<(Account, Region), BTreeMap<String, Group>>,
    /// For each event the stream that it went to, oldest first; streams that are gone are skipped.
    order: VecDeque<u64>,
    by_id: HashMap<u64, ((Account, Region), String, String)>,
    bytes: usize,
    next_id: u64,
}

/// A log group.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) created_ms: u64,
    pub(super) retention_days: Option<u32>,
    pub(super) streams: BTreeMap<String, Stream>,
}

/// A log stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    id: u64,
    pub(super) created_ms: u64,
    /// In the order in which they came.
    pub(super) events: VecDeque<Event>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) timestamp_ms: u64,
    pub(super) ingested_ms: u64,
    /// Larger than that of every event before it.
    pub(super) id: u64,
    pub(super) message: String,
}

impl Event {
    fn bytes(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD
    }
}

impl Group {
    /// The events before this moment have expired, whether they are still there or not.
    pub(super) fn expired_before(&self, now: Moment) -> u64 {
        let kept = self.retention_days.map(|days| u64::from(days) * 86_400_000);
        kept.map_or(0, |kept| now.unix_millis().saturating_sub(kept))
    }
}

impl Logs {
    /// Makes an empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event; makes group and stream when they are not there. What is beyond a limit is
    /// dropped silently: no emulator fails because of its log.
    pub fn put(
        &self,
        account: Account,
        region: Region,
        group: &str,
        stream: &str,
        now: Moment,
        mut message: String,
    ) {
        let mut state = self.lock();
        let place = (account, region);
        if state.create_group(place, group, now) == Created::TooMany
            || state.create_stream(place, group, stream, now) == Created::TooMany
        {
            return;
        }
        if message.len() > MESSAGE_BYTES_MAX {
            let end = (0..=MESSAGE_BYTES_MAX).rev().find(|at| message.is_char_boundary(*at));
            message.truncate(end.unwrap_or_default());
        }
        state.append(place, group, stream, now.unix_millis(), now, message);
    }

    /// Forgets everything.
    pub fn reset(&self) {
        *self.lock() = State::default();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of the wish for a group or a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Created {
    New,
    Exists,
    TooMany,
    /// The group is not there.
    NoGroup,
}

impl State {
    pub(super) fn groups(&self, place: (Account, Region)) -> Option<&BTreeMap<String, Group>> {
        self.places.get(&place)
    }

    pub(super) fn group(&self, place: (Account, Region), name: &str) -> Option<&Group> {
        self.places.get(&place)?.get(name)
    }

    pub(super) fn group_mut(&mut self, place: (Account, Region), name: &str) -> Option<&mut Group> {
        self.places.get_mut(&place)?.get_mut(name)
    }

    pub(super) fn create_group(
        &mut self,
        place: (Account, Region),
        name: &str,
        now: Moment,
    ) -> Created {
        let groups = self.places.entry(place).or_default();
        if groups.contains_key(name) {
            return Created::Exists;
        }
        if groups.len() >= GROUPS_MAX {
            return Created::TooMany;
        }
        let group = Group { created_ms: now.unix_millis(), ..Group::default() };
        groups.insert(name.to_owned(), group);
        Created::New
    }

    pub(super) fn create_stream(
        &mut self,
        place: (Account, Region),
        group: &str,
        name: &str,
        now: Moment,
    ) -> Created {
        let id = self.next_id;
        let Some(found) = self.group_mut(place, group) else { return Created::NoGroup };
        if found.streams.contains_key(name) {
            return Created::Exists;
        }
        if found.streams.len() >= STREAMS_MAX {
            return Created::TooMany;
        }
        let stream = Stream { id, created_ms: now.unix_millis(), events: VecDeque::new() };
        found.streams.insert(name.to_owned(), stream);
        self.next_id += 1;
        self.by_id.insert(id, (place, group.to_owned(), name.to_owned()));
        Created::New
    }

    /// Adds an event to a stream that is there, and drops the oldest ones beyond the limit.
    pub(super) fn append(
        &mut self,
        place: (Account, Region),
        group: &str,
        stream: &str,
        timestamp_ms: u64,
        now: Moment,
        message: String,
    ) {
        let id = self.next_id;
        let found = self.group_mut(place, group).and_then(|group| group.streams.get_mut(stream));
        let Some(stream) = found else { return };
        let event = Event { timestamp_ms, ingested_ms: now.unix_millis(), id, message };
        let bytes = event.bytes();
        stream.events.push_back(event);
        let stream = stream.id;
        self.next_id += 1;
        self.bytes += bytes;
        self.order.push_back(stream);
        while self.bytes > BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { break };
            let Some((place, group, stream)) = self.by_id.get(&oldest) else { continue };
            let stream = self
                .places
                .get_mut(place)
                .and_then(|groups| groups.get_mut(group)?.streams.get_mut(stream));
            if let Some(dropped) = stream.and_then(|stream| stream.events.pop_front()) {
                self.bytes -= dropped.bytes();
            }
        }
    }

    pub(super) fn delete_group(&mut self, place: (Account, Region), name: &str) -> bool {
        let removed = self.places.get_mut(&place).and_then(|groups| groups.remove(name));
        let Some(group) = removed else { return false };
        group.streams.values().for_each(|stream| self.forget(stream));
        true
    }

    pub(super) fn delete_stream(
        &mut self,
        place: (Account, Region),
        group: &str,
        name: &str,
    ) -> bool {
        let removed = self.group_mut(place, group).and_then(|group| group.streams.remove(name));
        let Some(stream) = removed else { return false };
        self.forget(&stream);
        true
    }

    fn forget(&mut self, stream: &Stream) {
        self.by_id.remove(&stream.id);
        self.bytes -= stream.events.iter().map(Event::bytes).sum::<usize>();
        if self.by_id.is_empty() {
            self.order.clear();
        }
    }
}
