//! What comes into a queue.

use std::sync::Arc;

use super::dedup::{First, Key};
use super::slab::{Extra, Message, Placement};
use super::{Engine, Step};
use crate::{Content, MessageId};

/// Orders of one millisecond: the clock's time in front keeps them increasing over restarts.
pub(super) const ORDER_BITS: u32 = 20;

/// A message that comes in.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) content: Arc<Content>,
    pub(crate) id: MessageId,
    pub(crate) sender: Arc<str>,
    pub(crate) group: Option<&'a str>,
    pub(crate) extra: Extra,
    pub(crate) sent_at_ms: u64,
    /// End of the delay; 0 without.
    pub(crate) until_ms: u64,
    /// Receives in other queues.
    pub(crate) receive_count: u32,
}

impl Engine {
    /// The message that was sent before with this deduplication id.
    pub(crate) fn duplicate(&self, key: &Key, now_ms: u64) -> Option<First> {
        self.deduplication.get(key, now_ms).copied()
    }

    /// Takes a message in; returns its slot and order, or nothing when the queue is full.
    pub(crate) fn put(&mut self, arrival: Arrival<'_>, now_ms: u64) -> Option<(u32, u64)> {
        let order = self.next_order(now_ms);
        let is_delayed = arrival.until_ms > now_ms;
        let placement = if is_delayed { Placement::Delayed } else { Placement::Visible };
        let key = arrival.extra.key;
        let message = Message {
            order,
            sent_at_ms: arrival.sent_at_ms,
            until_ms: arrival.until_ms,
            receive_count: arrival.receive_count,
            lane: self.lanes.join(arrival.group),
            extra: arrival.extra.boxed(),
            placement,
            holds: 1,
            ..Message::new(arrival.content, arrival.id, arrival.sender)
        };
        let id = message.id;
        let lane = message.lane;
        let Some(slot) = self.slab.insert(message) else {
            self.lanes.leave(lane);
            return None;
        };
        self.count(placement, true);
        self.link_age(slot);
        if let Some(key) = key {
            self.deduplication.insert(key, First { id, order, at_ms: now_ms });
        }
        self.open.push(Step::Put { slot });
        Some((slot, order))
    }

    /// The order of the next message: increasing, and not below those of before a restart.
    fn next_order(&mut self, now_ms: u64) -> u64 {
        self.last_order = (self.last_order + 1).max(now_ms << ORDER_BITS);
        self.last_order
    }

    pub(super) fn forget_deduplication(&mut self, slot: u32) {
        let Some(message) = self.slab.get(slot) else { return };
        if let Some(key) = message.extra.as_ref().and_then(|extra| extra.key) {
            self.deduplication.take_back(&key, message.order);
        }
    }
}
