//! Lanes: the messages of one group, and which lane is served next.
//!
//! Every queue has a lane for messages without a group. On a FIFO queue a lane serves in the order
//! of sending and only while none of its messages is out. On a standard queue lanes take turns, and
//! noisy ones come after quiet ones: a group is noisy while 30 or more of its messages are in
//! flight and they are more than a tenth of all (the developer guide, "How fair queues work").

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use super::slab::{Links, NONE, Placement, Slab};

/// The lane of messages without a group; each of them counts as a group of its own, a quiet one.
pub(super) const COMMON: u32 = 0;

/// Messages in flight from which on a group may be noisy.
const NOISY_IN_FLIGHT_MIN: u32 = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ring {
    None,
    Quiet,
    Noisy,
}

#[derive(Debug)]
pub(super) struct Lane {
    name: Option<Arc<str>>,
    head: u32,
    tail: u32,
    /// Messages that belong to it, wherever they are.
    members: u32,
    pub(super) in_flight: u32,
    /// Messages that keep a FIFO lane from serving.
    busy: u32,
    ring: Ring,
}

impl Lane {
    const fn new(name: Option<Arc<str>>) -> Self {
        let ring = Ring::None;
        Self { name, head: NONE, tail: NONE, members: 0, in_flight: 0, busy: 0, ring }
    }
}

/// The lanes of one queue.
#[derive(Debug)]
pub(crate) struct Lanes {
    is_fifo: bool,
    lanes: Vec<Lane>,
    free: Vec<u32>,
    by_name: HashMap<Arc<str>, u32>,
    quiet: VecDeque<u32>,
    noisy: Vec<u32>,
    /// All messages in flight.
    in_flight: u32,
    /// FIFO lanes with a message out.
    busy_lanes: u32,
}

impl Lanes {
    pub(super) fn new(is_fifo: bool) -> Self {
        Self {
            is_fifo,
            lanes: vec![Lane::new(None)],
            free: Vec::new(),
            by_name: HashMap::new(),
            quiet: VecDeque::new(),
            noisy: Vec::new(),
            in_flight: 0,
            busy_lanes: 0,
        }
    }

    /// Only while nothing is listed.
    pub(super) const fn set_fifo(&mut self, is_fifo: bool) {
        self.is_fifo = is_fifo;
    }

    /// The lane of a group, with one message more.
    pub(super) fn join(&mut self, group: Option<&str>) -> u32 {
        let lane = match group {
            None => COMMON,
            Some(name) => match self.by_name.get(name) {
                Some(&lane) => lane,
                None => self.add(Arc::from(name)),
            },
        };
        self.lanes[lane as usize].members += 1;
        lane
    }

    fn add(&mut self, name: Arc<str>) -> u32 {
        let made = Lane::new(Some(Arc::clone(&name)));
        let lane = match self.free.pop() {
            Some(lane) => {
                self.lanes[lane as usize] = made;
                lane
            }
            None => {
                self.lanes.push(made);
                // There are no more lanes than messages.
                u32::try_from(self.lanes.len() - 1).unwrap_or(COMMON)
            }
        };
        self.by_name.insert(name, lane);
        lane
    }

    /// One message less; the last one takes the lane with it.
    pub(super) fn leave(&mut self, lane: u32) {
        let place = &mut self.lanes[lane as usize];
        place.members -= 1;
        if place.members > 0 || lane == COMMON {
            return;
        }
        if let Some(name) = place.name.take() {
            self.by_name.remove(&name);
        }
        if place.ring == Ring::None {
            self.free.push(lane);
        }
        // Otherwise it is free when its turn comes: looking for it in the ring would cost more.
    }

    /// The group of a lane.
    pub(crate) fn name(&self, lane: u32) -> Option<&Arc<str>> {
        self.lanes[lane as usize].name.as_ref()
    }

    pub(super) fn count_in_flight(&mut self, lane: u32, is_more: bool) {
        let place = &mut self.lanes[lane as usize];
        if is_more {
            place.in_flight += 1;
            self.in_flight += 1;
        } else {
            place.in_flight -= 1;
            self.in_flight -= 1;
        }
    }

    /// Marks whether a message of a FIFO lane is out; tells whether the lane may serve again.
    pub(super) fn count_busy(&mut self, slab: &Slab, lane: u32, is_more: bool) -> bool {
        let place = &mut self.lanes[lane as usize];
        if is_more {
            place.busy += 1;
            self.busy_lanes += u32::from(place.busy == 1);
            return false;
        }
        place.busy -= 1;
        if place.busy > 0 {
            return false;
        }
        self.busy_lanes -= 1;
        self.offer(slab, lane)
    }

    /// Groups with messages in flight.
    pub(crate) const fn busy_lanes(&self) -> u32 {
        self.busy_lanes
    }

    /// Puts a message into the list of its lane: at the end, at the beginning, or on a FIFO queue
    /// where its order says.
    pub(super) fn list(&mut self, slab: &mut Slab, slot: u32, is_first: bool) {
        let Some(message) = slab.get(slot) else { return };
        let (lane, order) = (message.lane, message.order);
        let place = &self.lanes[lane as usize];
        let next = if self.is_fifo {
            let is_last = slab.get(place.tail).is_none_or(|tail| tail.order < order);
            // Messages come back in front of those that were never out, so the way is short.
            let mut next = if is_last { NONE } else { place.head };
            while let Some(other) = slab.get(next).filter(|other| other.order < order) {
                next = other.links.next;
            }
            next
        } else if is_first {
            place.head
        } else {
            NONE
        };
        let previous = slab.get(next).map_or(place.tail, |next| next.links.previous);
        let place = &mut self.lanes[lane as usize];
        match slab.get_mut(previous) {
            Some(message) => message.links.next = slot,
            None => place.head = slot,
        }
        match slab.get_mut(next) {
            Some(message) => message.links.previous = slot,
            None => place.tail = slot,
        }
        if let Some(message) = slab.get_mut(slot) {
            message.links = Links { previous, next };
            message.is_listed = true;
        }
    }

    /// Takes a message out of the list of its lane, if it is in it.
    pub(super) fn unlist(&mut self, slab: &mut Slab, slot: u32) {
        let Some(message) = slab.get_mut(slot).filter(|message| message.is_listed) else { return };
        message.is_listed = false;
        let Links { previous, next } = std::mem::take(&mut message.links);
        let lane = &mut self.lanes[message.lane as usize];
        match slab.get_mut(previous) {
            Some(message) => message.links.next = next,
            None => lane.head = next,
        }
        match slab.get_mut(next) {
            Some(message) => message.links.previous = previous,
            None => lane.tail = previous,
        }
    }

    /// Whether the lane has a message for a receiver now.
    fn can_serve(&self, slab: &Slab, lane: u32) -> bool {
        let place = &self.lanes[lane as usize];
        let is_blocked = self.is_fifo && place.busy > 0;
        !is_blocked && slab.get(place.head).is_some_and(|it| it.placement == Placement::Visible)
    }

    /// Lets the lane take its turn if it can serve; tells whether it can.
    pub(super) fn offer(&mut self, slab: &Slab, lane: u32) -> bool {
        if !self.can_serve(slab, lane) {
            return false;
        }
        if self.lanes[lane as usize].ring == Ring::None {
            self.lanes[lane as usize].ring = Ring::Quiet;
            self.quiet.push_back(lane);
        }
        true
    }

    /// A lane has left its ring.
    fn set_out(&mut self, lane: u32) {
        let place = &mut self.lanes[lane as usize];
        place.ring = Ring::None;
        if place.members == 0 && lane != COMMON {
            self.free.push(lane);
        }
    }

    /// The message that is served next, and nothing changes but the order of turns.
    pub(super) fn next(&mut self, slab: &Slab) -> Option<u32> {
        self.look_at_a_noisy_one();
        while let Some(&lane) = self.quiet.front() {
            if !self.can_serve(slab, lane) {
                self.quiet.pop_front();
                self.set_out(lane);
            } else if self.is_noisy(lane) {
                self.quiet.pop_front();
                self.lanes[lane as usize].ring = Ring::Noisy;
                self.noisy.push(lane);
            } else {
                if !self.is_fifo && self.quiet.len() > 1 {
                    // A FIFO lane is blocked by what is taken from it: it gives as much as it can.
                    self.quiet.rotate_left(1);
                }
                return Some(self.lanes[lane as usize].head);
            }
        }
        // Among the noisy ones the least noisy; more than nine cannot have a tenth each for long.
        loop {
            let (at, &lane) = self
                .noisy
                .iter()
                .enumerate()
                .min_by_key(|(_, lane)| self.lanes[**lane as usize].in_flight)?;
            if self.can_serve(slab, lane) {
                return Some(self.lanes[lane as usize].head);
            }
            self.noisy.swap_remove(at);
            self.set_out(lane);
        }
    }

    fn is_noisy(&self, lane: u32) -> bool {
        let in_flight = self.lanes[lane as usize].in_flight;
        !self.is_fifo
            && lane != COMMON
            && in_flight >= NOISY_IN_FLIGHT_MIN
            && in_flight.saturating_mul(10) > self.in_flight
    }

    /// Lets one noisy lane return to the quiet ones if it has become quiet: all get their chance in
    /// turn, and no receive has to look at many.
    fn look_at_a_noisy_one(&mut self) {
        let Some(&lane) = self.noisy.first() else { return };
        if self.is_noisy(lane) {
            self.noisy.rotate_left(1);
        } else {
            self.noisy.swap_remove(0);
            self.lanes[lane as usize].ring = Ring::Quiet;
            self.quiet.push_back(lane);
        }
    }

    /// The groups that are served last now.
    pub(crate) fn noisy(&self) -> impl Iterator<Item = u32> + '_ {
        self.noisy.iter().copied().filter(|&lane| self.is_noisy(lane))
    }

    pub(crate) fn in_flight_of(&self, lane: u32) -> u32 {
        self.lanes[lane as usize].in_flight
    }

    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.lanes.len()
    }
}
