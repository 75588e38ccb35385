//! A queue as a journal tells it: first what was written, in its order, then the lists.

use super::Engine;
use super::dedup::{First, Key};
use super::slab::{Message, Placement, SLOTS_MAX};

/// A message as a record tells it.
#[derive(Debug)]
pub(crate) struct Restored<'a> {
    pub(crate) slot: u32,
    pub(crate) message: Message,
    pub(crate) group: Option<&'a str>,
}

impl Engine {
    /// A message was there, as this says, when the record was written.
    pub(crate) fn restore_put(&mut self, restored: Restored<'_>) {
        let Restored { slot, mut message, group } = restored;
        if slot >= SLOTS_MAX {
            return;
        }
        self.last_order = self.last_order.max(message.order);
        if let Some(key) = message.extra.as_ref().and_then(|extra| extra.key) {
            let at_ms = message.order >> super::send::ORDER_BITS;
            let (id, order) = (message.id, message.order);
            self.restore_deduplication(key, First { id, order, at_ms });
        }
        message.lane = self.lanes.join(group);
        if let Some(before) = self.slab.insert_at(slot, message) {
            // The same one, recorded again; or one that has gone without a record: it expired.
            self.lanes.leave(before.lane);
        }
    }

    pub(crate) fn restore_deduplication(&mut self, key: Key, first: First) {
        let is_newer = self.deduplication.get(&key, 0).is_none_or(|it| it.order <= first.order);
        if is_newer {
            self.deduplication.insert(key, first);
        }
    }

    /// A message was given to a receiver.
    pub(crate) fn restore_lease(&mut self, slot: u32, order: u64, now_ms: u64, until_ms: u64) {
        let Some(message) = self.slab.get_mut(slot).filter(|it| it.order == order) else { return };
        message.leases += 1;
        message.receive_count += 1;
        message.leased_at_ms = now_ms;
        if message.first_received_at_ms == 0 {
            message.first_received_at_ms = now_ms;
        }
        message.placement = Placement::InFlight;
        message.until_ms = until_ms;
    }

    /// The visibility of a message was changed.
    pub(crate) fn restore_change(&mut self, slot: u32, order: u64, until_ms: u64) {
        let Some(message) = self.slab.get_mut(slot).filter(|it| it.order == order) else { return };
        message.placement = Placement::InFlight;
        message.until_ms = until_ms;
    }

    /// A message has gone.
    pub(crate) fn restore_removal(&mut self, slot: u32, order: u64) {
        if self.message(slot, order).is_none() {
            return;
        }
        if let Some(message) = self.slab.remove(slot) {
            self.lanes.leave(message.lane);
        }
    }

    pub(crate) fn restore_attempt(&mut self, id: &str, now_ms: u64, slots: &[u32]) {
        self.remember_attempt(id.into(), now_ms, slots);
    }

    /// Everything before these was declared dead.
    pub(crate) fn restore_horizon(&mut self, horizon: u64, floor_ms: u64, last_order: u64) {
        self.horizon = self.horizon.max(horizon);
        self.floor_ms = self.floor_ms.max(floor_ms);
        // What comes must not fall behind the horizon, though the clock may stand still.
        self.last_order = self.last_order.max(last_order).max(self.horizon.saturating_sub(1));
    }

    /// What the queue's own record says, which may come late.
    pub(crate) const fn restore_kind(&mut self, is_fifo: bool, retention_ms: u64) {
        self.is_fifo = is_fifo;
        self.lanes.set_fifo(is_fifo);
        self.retention_ms = retention_ms;
    }

    /// Builds the lists and the timers, after the last record.
    pub(crate) fn restored(&mut self, now_ms: u64) {
        self.slab.rebuild();
        self.deduplication.sort();
        let slots = 0..self.slab.end();
        let order = |slot| self.slab.get(slot).map(|message| (message.order, slot));
        let mut orders = slots.filter_map(order).collect::<Vec<_>>();
        orders.sort_unstable();
        let mut alive = Vec::with_capacity(orders.len());
        for (_, slot) in orders {
            let Some(message) = self.slab.get(slot) else { continue };
            if self.has_expired(message, now_ms) {
                let lane = message.lane;
                self.slab.remove(slot);
                self.lanes.leave(lane);
            } else {
                alive.push(slot);
            }
        }
        for &slot in &alive {
            self.link_age(slot);
            let Some(message) = self.slab.get_mut(slot) else { continue };
            message.holds = 0;
            message.is_new = false;
            if message.placement != Placement::Visible && message.until_ms <= now_ms {
                message.placement = Placement::Visible;
            }
            let (lane, placement) = (message.lane, message.placement);
            let is_in_flight = placement == Placement::InFlight;
            message.is_busy = self.is_fifo && is_in_flight;
            let is_busy = message.is_busy;
            self.message_bytes += u64::from(message.disk_bytes);
            self.count(placement, true);
            if is_in_flight {
                self.lanes.count_in_flight(lane, true);
            }
            if is_busy {
                self.lanes.count_busy(&self.slab, lane, true);
            }
        }
        alive.into_iter().for_each(|slot| self.attach(slot, false));
        self.deduplication.expire(now_ms);
        self.available = 0;
    }
}
