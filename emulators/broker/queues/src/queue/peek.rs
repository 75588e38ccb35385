//! Looking at messages without receiving them.

use std::sync::Arc;

use super::Queue;
use super::receive::attributes;
use crate::Peeked;
use crate::engine::slab::{Message, Placement};
use crate::message::State;

/// Messages that are passed over under one lock.
const STEPS_MAX: usize = 4_096;

impl Queue {
    /// Messages in the order in which they came, behind the cursor of an earlier page (0 at first).
    /// Nothing is received by this.
    #[must_use]
    pub fn peek(&self, after: u64, limit: usize) -> Vec<Peeked> {
        let mut peeked = Vec::new();
        let mut passed: Option<(u32, u64)> = None;
        loop {
            let Ok(work) = self.work() else { return peeked };
            let engine = work.engine();
            // Where the last lock ended, if that message is still there; else from the oldest.
            let start = passed.filter(|&(slot, order)| engine.message(slot, order).is_some());
            let mut steps = 0;
            let mut last = start;
            for (slot, message) in engine.by_age_from(start.map(|(slot, _)| slot)) {
                last = Some((slot, message.order));
                steps += 1;
                let behind = peeked.last().map_or(after, |it: &Peeked| it.cursor);
                if message.order > behind && !message.is_new && engine.is_alive(message) {
                    peeked.push(Peeked {
                        cursor: message.order,
                        id: message.id,
                        state: state_of(message),
                        content: Arc::clone(&message.content),
                        attributes: attributes(engine, message),
                    });
                }
                if peeked.len() >= limit || steps >= STEPS_MAX {
                    break;
                }
            }
            if peeked.len() >= limit || steps < STEPS_MAX {
                return peeked;
            }
            passed = last;
        }
    }
}

const fn state_of(message: &Message) -> State {
    match message.placement {
        Placement::Visible | Placement::Gone => State::Visible,
        Placement::Delayed => State::Delayed { until_ms: message.until_ms },
        Placement::InFlight => State::InFlight { until_ms: message.until_ms },
    }
}
