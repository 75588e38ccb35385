//! A hierarchical timing wheel over the messages' own links: setting, changing and clearing a
//! timer costs the same with ten timers and with a million.
//!
//! Seven levels of 64 buckets; a bucket of level `n` spans 64^n milliseconds, all of them 139
//! years. A timer lies on the level of the highest digit (base 64) in which it differs from the
//! present, and comes down as the present comes closer.

use super::slab::{NONE, Slab, Timer};

const BITS: u32 = 6;
const BUCKETS: usize = 1 << BITS;
const LEVELS: usize = 7;
/// The latest moment that the levels reach.
const SPAN_MS: u64 = (1 << (BITS * LEVELS as u32)) - 1;

/// The timers of one queue.
#[derive(Debug, Default)]
pub(super) struct Wheel {
    /// The present of the wheel: no timer is set before it.
    elapsed_ms: u64,
    /// One bit for each bucket that is not empty.
    occupied: [u64; LEVELS],
    /// The first message of each bucket; memory comes with the first timer of a level.
    heads: [Option<Box<[u32; BUCKETS]>>; LEVELS],
}

impl Wheel {
    /// Sets the timer of a message that has none. A moment that has passed is due at once.
    pub(super) fn set(&mut self, slab: &mut Slab, slot: u32, due_ms: u64) {
        let due_ms = self.clamp(due_ms);
        let differing = due_ms ^ self.elapsed_ms;
        let level = (63 - (differing | 1).leading_zeros()) / BITS;
        let bucket = (due_ms >> (level * BITS)) as usize % BUCKETS;
        let heads = self.heads[level as usize].get_or_insert_with(|| Box::new([NONE; BUCKETS]));
        self.occupied[level as usize] |= 1 << bucket;
        let head = heads[bucket];
        let number = (level as usize * BUCKETS + bucket) as u16;
        // A ring: the head's previous one is the tail.
        let tail = match slab.get_mut(head) {
            Some(first) => std::mem::replace(&mut first.timer.previous, slot),
            None => {
                heads[bucket] = slot;
                slot
            }
        };
        if let Some(last) = slab.get_mut(tail) {
            last.timer.next = slot;
        }
        let next = if head == NONE { slot } else { head };
        if let Some(message) = slab.get_mut(slot) {
            message.timer = Timer { previous: tail, next, bucket: number };
        }
    }

    /// Clears the timer of a message, if it has one.
    pub(super) fn clear(&mut self, slab: &mut Slab, slot: u32) {
        let Some(message) = slab.get_mut(slot) else { return };
        let timer = std::mem::take(&mut message.timer);
        if timer.bucket == Timer::UNSET {
            return;
        }
        let (level, bucket) =
            (usize::from(timer.bucket) / BUCKETS, usize::from(timer.bucket) % BUCKETS);
        let Some(heads) = &mut self.heads[level] else { return };
        if timer.next == slot {
            heads[bucket] = NONE;
            self.occupied[level] &= !(1 << bucket);
            return;
        }
        if heads[bucket] == slot {
            heads[bucket] = timer.next;
        }
        if let Some(previous) = slab.get_mut(timer.previous) {
            previous.timer.next = timer.next;
        }
        if let Some(next) = slab.get_mut(timer.next) {
            next.timer.previous = timer.previous;
        }
    }

    /// When to look again: no timer is due before it. It may be earlier than the first one.
    pub(super) fn next_ms(&self) -> Option<u64> {
        self.first_bucket().map(|(_, _, start_ms)| start_ms)
    }

    /// Takes one message out whose timer is due. `due_ms` tells the moment that was set for it,
    /// which the messages know better than the wheel.
    pub(super) fn pop(
        &mut self,
        slab: &mut Slab,
        now_ms: u64,
        due_ms: impl Fn(&Slab, u32) -> u64,
    ) -> Option<u32> {
        loop {
            let Some((level, bucket, start_ms)) = self.first_bucket() else {
                self.elapsed_ms = self.elapsed_ms.max(now_ms.min(SPAN_MS));
                return None;
            };
            if start_ms > now_ms {
                self.elapsed_ms = self.elapsed_ms.max(now_ms);
                return None;
            }
            self.elapsed_ms = self.elapsed_ms.max(start_ms);
            let slot = self.heads[level].as_ref().map_or(NONE, |heads| heads[bucket]);
            let due_ms = due_ms(slab, slot);
            self.clear(slab, slot);
            if level == 0 || due_ms <= self.elapsed_ms {
                return Some(slot);
            }
            self.set(slab, slot, due_ms);
        }
    }

    /// Level, bucket and first moment of the bucket that comes first.
    fn first_bucket(&self) -> Option<(usize, usize, u64)> {
        let present = |level: usize| self.elapsed_ms >> (level as u32 * BITS);
        let bucket = |level: usize| present(level) as usize % BUCKETS;
        // Those that the present has reached are emptied before anything below them fires.
        for level in (1..LEVELS).rev() {
            if self.occupied[level] & (1 << bucket(level)) != 0 {
                return Some((level, bucket(level), self.elapsed_ms));
            }
        }
        let level = self.occupied.iter().position(|&occupied| occupied != 0)?;
        let ahead = self.occupied[level].rotate_right(bucket(level) as u32).trailing_zeros();
        let start = present(level) + u64::from(ahead);
        let start_ms = (start << (level as u32 * BITS)).max(self.elapsed_ms);
        Some((level, start as usize % BUCKETS, start_ms))
    }

    fn clamp(&self, due_ms: u64) -> u64 {
        due_ms.clamp(self.elapsed_ms, SPAN_MS.max(self.elapsed_ms))
    }
}

#[cfg(test)]
mod tests {
    use brume_foundation::random::Random;

    use super::super::slab::tests::message;
    use super::*;

    struct Timers {
        wheel: Wheel,
        slab: Slab,
    }

    impl Timers {
        fn new() -> Self {
            Self { wheel: Wheel::default(), slab: Slab::default() }
        }

        fn add(&mut self, due_ms: u64) -> u32 {
            let slot = self.slab.insert(message(0)).unwrap();
            self.slab.get_mut(slot).unwrap().until_ms = due_ms;
            self.wheel.set(&mut self.slab, slot, due_ms);
            slot
        }

        fn pop(&mut self, now_ms: u64) -> Option<u64> {
            let due = |slab: &Slab, slot| slab.get(slot).unwrap().until_ms;
            let slot = self.wheel.pop(&mut self.slab, now_ms, due)?;
            self.slab.remove(slot).map(|message| message.until_ms)
        }
    }

    #[test]
    fn timers_fire_in_order_and_not_early() {
        let mut timers = Timers::new();
        let mut dues = vec![5, 5, 1, 63, 64, 65, 4_095, 4_096, 1_209_600_000, 43_200_000, 0];
        for &due in &dues {
            timers.add(due);
        }
        dues.sort_unstable();
        for due in dues {
            if due > 0 {
                assert_eq!(timers.pop(due - 1), None, "{due}");
            }
            assert!(timers.wheel.next_ms().unwrap() <= due);
            assert_eq!(timers.pop(due), Some(due));
        }
        assert_eq!(timers.wheel.next_ms(), None);
    }

    #[test]
    fn the_past_is_due_at_once() {
        let mut timers = Timers::new();
        timers.add(1_000);
        assert_eq!(timers.pop(5_000), Some(1_000));
        assert_eq!(timers.pop(5_000), None);
        timers.add(70);
        assert_eq!(timers.wheel.next_ms(), Some(5_000));
        assert_eq!(timers.pop(5_000), Some(70));
        timers.add(u64::MAX);
        assert_eq!(timers.pop(5_000_000_000), None);
    }

    #[test]
    fn random_timers_agree_with_a_sorted_list() {
        for seed in 0..200 {
            let random = Random::seeded(seed);
            let mut timers = Timers::new();
            let mut now = 1_790_000_000_000 + random.below(1 << 30);
            assert_eq!(timers.pop(now), None);
            let mut expected = Vec::new();
            for _ in 0..300 {
                match random.below(4) {
                    0 | 1 => {
                        let due = now + random.below(1 << random.below(32));
                        expected.push((due, timers.add(due)));
                    }
                    2 if !expected.is_empty() => {
                        let at = random.below(expected.len() as u64) as usize;
                        let (_, slot) = expected.swap_remove(at);
                        timers.wheel.clear(&mut timers.slab, slot);
                        timers.slab.remove(slot);
                    }
                    _ => {
                        now += random.below(1 << random.below(32));
                        let mut due = expected.clone();
                        due.retain(|(due, _)| *due <= now);
                        expected.retain(|(due, _)| *due > now);
                        due.sort_by_key(|(due, _)| *due);
                        for (due, _) in due {
                            assert_eq!(timers.pop(now), Some(due), "seed {seed}");
                        }
                        assert_eq!(timers.pop(now), None, "seed {seed}");
                    }
                }
                let first = expected.iter().map(|(due, _)| *due).min();
                let next = timers.wheel.next_ms();
                assert_eq!(first.is_some(), next.is_some(), "seed {seed}");
                assert!(next <= first, "seed {seed}");
            }
        }
    }
}
