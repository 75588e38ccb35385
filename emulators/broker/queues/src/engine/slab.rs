//! Where messages lie: numbered slots that never move, so that a receipt handle can name one.
//!
//! Memory comes in blocks of doubling size, so that an empty queue costs nothing and a full one is
//! never copied to make room.

use std::sync::Arc;

use brume_policy::Arn;

use crate::{Content, MessageId};

/// No slot.
pub(crate) const NONE: u32 = u32::MAX;

/// Slots of a queue at most: 67 million messages.
pub(crate) const SLOTS_MAX: u32 = 1 << 26;

/// Slots of the first block.
const FIRST_BLOCK: u32 = 8;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    Visible,
    Delayed,
    InFlight,
    /// Deleted, moved or taken back; the slot is free as soon as that is durable.
    Gone,
}

/// What few messages of a standard queue have, and all of a FIFO queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extra {
    pub(crate) deduplication: Option<Arc<str>>,
    /// What stands for it in the table of deduplication ids.
    pub(crate) key: Option<super::dedup::Key>,
    pub(crate) trace_header: Option<Arc<str>>,
    pub(crate) dead_letter_source: Option<Arc<Arn>>,
}

impl Extra {
    /// Nothing at all needs no memory.
    pub(crate) fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// A message in its slot.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) content: Arc<Content>,
    pub(crate) id: MessageId,
    /// Its place in the queue: increasing, and never used again.
    pub(crate) order: u64,
    pub(crate) sent_at_ms: u64,
    /// 0 before the first receive.
    pub(crate) first_received_at_ms: u64,
    pub(crate) leased_at_ms: u64,
    /// End of the delay or of the visibility timeout.
    pub(crate) until_ms: u64,
    /// Number of the newest journal record that holds all of it.
    pub(crate) home: u64,
    /// Its share of that record.
    pub(crate) disk_bytes: u32,
    /// Receives in all queues that it was in.
    pub(crate) receive_count: u32,
    /// Receives in this queue; the number of the newest receipt handle.
    pub(crate) leases: u32,
    pub(crate) lane: u32,
    pub(crate) sender: Arc<str>,
    pub(crate) extra: Option<Box<Extra>>,
    pub(crate) placement: Placement,
    /// Changes that are not durable yet. Meanwhile it is in no list and has no timer.
    pub(crate) holds: u16,
    /// Whether it was never in a list yet: nobody has seen it.
    pub(crate) is_new: bool,
    /// Whether it is in the list of its lane, and whether it keeps a FIFO lane from serving.
    pub(super) is_listed: bool,
    pub(super) is_busy: bool,
    pub(super) links: Links,
    /// Neighbours among all messages of the queue, by age.
    pub(super) ages: Links,
    pub(super) timer: Timer,
}

/// Neighbours in a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    pub(super) previous: u32,
    pub(super) next: u32,
}

impl Default for Links {
    fn default() -> Self {
        Self { previous: NONE, next: NONE }
    }
}

/// Neighbours in a bucket of the timing wheel, and which bucket that is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    pub(super) previous: u32,
    pub(super) next: u32,
    /// Level and slot, or [`Timer::UNSET`].
    pub(super) bucket: u16,
}

impl Timer {
    pub(super) const UNSET: u16 = u16::MAX;
}

impl Default for Timer {
    fn default() -> Self {
        Self { previous: NONE, next: NONE, bucket: Self::UNSET }
    }
}

impl Message {
    pub(crate) fn new(content: Arc<Content>, id: MessageId, sender: Arc<str>) -> Self {
        Self {
            content,
            id,
            order: 0,
            sent_at_ms: 0,
            first_received_at_ms: 0,
            leased_at_ms: 0,
            until_ms: 0,
            home: 0,
            disk_bytes: 0,
            receive_count: 0,
            leases: 0,
            lane: 0,
            sender,
            extra: None,
            placement: Placement::Visible,
            holds: 0,
            is_new: true,
            is_listed: false,
            is_busy: false,
            links: Links::default(),
            ages: Links::default(),
            timer: Timer::default(),
        }
    }
}

#[derive(Debug)]
enum Slot {
    /// The next free slot, or [`NONE`].
    Free(u32),
    Full(Message),
}

/// The slots of one queue.
#[derive(Debug)]
pub(crate) struct Slab {
    blocks: Vec<Vec<Slot>>,
    /// Slots that were ever used.
    end: u32,
    free: u32,
    len: u32,
}

impl Default for Slab {
    fn default() -> Self {
        Self { blocks: Vec::new(), end: 0, free: NONE, len: 0 }
    }
}

/// Block and place in it.
const fn locate(slot: u32) -> (usize, usize) {
    let number = slot / FIRST_BLOCK + 1;
    let block = number.ilog2();
    let first = FIRST_BLOCK * ((1 << block) - 1);
    (block as usize, (slot - first) as usize)
}

impl Slab {
    #[cfg(test)]
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// Slots that were ever used: the end of a walk over all.
    pub(crate) const fn end(&self) -> u32 {
        self.end
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&Message> {
        let (block, at) = locate(slot.min(SLOTS_MAX));
        match self.blocks.get(block)?.get(at)? {
            Slot::Full(message) => Some(message),
            Slot::Free(_) => None,
        }
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut Message> {
        let (block, at) = locate(slot.min(SLOTS_MAX));
        match self.blocks.get_mut(block)?.get_mut(at)? {
            Slot::Full(message) => Some(message),
            Slot::Free(_) => None,
        }
    }

    /// Takes a free slot, if there is one.
    pub(crate) fn insert(&mut self, message: Message) -> Option<u32> {
        if self.free != NONE {
            let slot = self.free;
            let (block, at) = locate(slot);
            if let Slot::Free(next) = self.blocks[block][at] {
                self.free = next;
            }
            self.blocks[block][at] = Slot::Full(message);
            self.len += 1;
            return Some(slot);
        }
        if self.end >= SLOTS_MAX {
            return None;
        }
        let slot = self.end;
        self.push(Slot::Full(message));
        self.len += 1;
        Some(slot)
    }

    /// Puts a message where a journal says it was; returns what was there. Free slots are known
    /// again after [`Slab::rebuild`].
    pub(crate) fn insert_at(&mut self, slot: u32, message: Message) -> Option<Message> {
        while self.end <= slot {
            self.push(Slot::Free(NONE));
        }
        let (block, at) = locate(slot);
        let before = std::mem::replace(&mut self.blocks[block][at], Slot::Full(message));
        match before {
            Slot::Full(message) => Some(message),
            Slot::Free(_) => {
                self.len += 1;
                None
            }
        }
    }

    pub(crate) fn remove(&mut self, slot: u32) -> Option<Message> {
        let (block, at) = locate(slot.min(SLOTS_MAX));
        let place = self.blocks.get_mut(block)?.get_mut(at)?;
        if let Slot::Free(_) = place {
            return None;
        }
        let Slot::Full(message) = std::mem::replace(place, Slot::Free(self.free)) else {
            return None;
        };
        self.free = slot;
        self.len -= 1;
        if self.len == 0 {
            // Nothing is named by its slot alone, so numbers may begin anew.
            *self = Self::default();
        }
        Some(message)
    }

    /// Finds the free slots again.
    pub(crate) fn rebuild(&mut self) {
        self.free = NONE;
        for slot in (0..self.end).rev() {
            let (block, at) = locate(slot);
            if let Slot::Free(next) = &mut self.blocks[block][at] {
                *next = self.free;
                self.free = slot;
            }
        }
    }

    fn push(&mut self, slot: Slot) {
        let (block, _) = locate(self.end);
        if block == self.blocks.len() {
            self.blocks.push(Vec::with_capacity((FIRST_BLOCK << block) as usize));
        }
        self.blocks[block].push(slot);
        self.end += 1;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn message(order: u64) -> Message {
        let content = Arc::new(Content::new(b"x", Vec::new()));
        let message = Message::new(content, MessageId([0; 16]), Arc::from("me"));
        Message { order, ..message }
    }

    #[test]
    fn blocks_follow_each_other() {
        let mut expected = (0, 0);
        for slot in 0..10_000 {
            assert_eq!(locate(slot), expected, "{slot}");
            expected.1 += 1;
            if expected.1 == 8 << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
    }

    #[test]
    fn slots_are_used_again() {
        let mut slab = Slab::default();
        let slots = (0..100).map(|order| slab.insert(message(order)).unwrap()).collect::<Vec<_>>();
        assert_eq!(slots, (0..100).collect::<Vec<_>>());
        assert_eq!(slab.remove(40).unwrap().order, 40);
        assert!(slab.remove(40).is_none());
        assert!(slab.get(40).is_none());
        assert_eq!(slab.insert(message(100)).unwrap(), 40);
        assert_eq!(slab.get(40).unwrap().order, 100);
        assert!(slab.get(NONE).is_none() && slab.remove(NONE).is_none());
        for slot in 0..100 {
            slab.remove(slot);
        }
        assert_eq!((slab.len(), slab.end()), (0, 0));
    }

    #[test]
    fn recovered_slots_keep_their_numbers() {
        let mut slab = Slab::default();
        assert!(slab.insert_at(20, message(1)).is_none());
        assert!(slab.insert_at(3, message(2)).is_none());
        assert_eq!(slab.insert_at(3, message(3)).unwrap().order, 2);
        slab.rebuild();
        assert_eq!((slab.len(), slab.end()), (2, 21));
        let taken = (0..19).map(|order| slab.insert(message(order)).unwrap()).collect::<Vec<_>>();
        assert!(taken.iter().all(|slot| ![3, 20].contains(slot)));
        assert_eq!(slab.insert(message(9)).unwrap(), 21);
    }
}
