//! Deliveries that wait: which one is tried next, and when. A pure state machine.
//!
//! A delivery is one message for one subscription. Those of one message group of a FIFO topic for
//! one subscription are a lane: only its head is tried, and the next one when the head is over.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use brume_foundation::clock::Moment;
use brume_foundation::random::Random;

use crate::cause::{ATTEMPTS_KEPT, Attempt};
use crate::message::Message;
use crate::retry::{Ladder, jittered};

/// A subscription and a message group.
pub type Lane = (Arc<str>, Arc<str>);

/// One message on its way to one subscription.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its number.
    pub id: u64,
    /// The message.
    pub message: Arc<Message>,
    /// ARN of the subscription.
    pub subscription: Arc<str>,
    /// How often it was tried.
    pub tries: u32,
    /// The first and the last tries that failed.
    pub attempts: Vec<Attempt>,
    /// When it is tried next.
    pub due: Moment,
    /// Whether it is sent again from the archive.
    pub is_replay: bool,
}

impl Delivery {
    /// The lane it has to keep to.
    #[must_use]
    pub fn lane(&self) -> Option<Lane> {
        let group = self.message.sequence.and(self.message.group.as_ref())?;
        Some((Arc::clone(&self.subscription), Arc::clone(group)))
    }

    /// Keeps an attempt: the first ones and the last ones.
    pub fn note(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
        if self.attempts.len() > 2 * ATTEMPTS_KEPT {
            self.attempts.remove(ATTEMPTS_KEPT);
        }
    }
}

/// What becomes of a delivery after a try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again.
    At(Moment),
    /// It was tried as often as the ladder says.
    Exhausted,
}

/// All deliveries that wait or are being tried.
#[derive(Debug, Default)]
pub struct Schedule {
    deliveries: HashMap<u64, Delivery>,
    /// Those that may be tried, by moment. What is being tried is not in here.
    due: BTreeSet<(Moment, u64)>,
    lanes: HashMap<Lane, VecDeque<u64>>,
    by_subscription: HashMap<Arc<str>, BTreeSet<u64>>,
    /// Those that have failed at least once.
    failing: BTreeSet<u64>,
    /// When a throttled subscription may get its next message.
    open_at: HashMap<Arc<str>, Moment>,
    last_id: u64,
}

impl Schedule {
    /// How many deliveries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.deliveries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.deliveries.is_empty()
    }

    /// Whether earlier messages of a lane are not over yet.
    #[must_use]
    pub fn is_busy(&self, lane: &Lane) -> bool {
        self.lanes.contains_key(lane)
    }

    /// Takes a delivery in; its id is set here and returned.
    pub fn add(&mut self, mut delivery: Delivery) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        delivery.id = id;
        let waits = match delivery.lane() {
            Some(lane) => {
                let lane = self.lanes.entry(lane).or_default();
                lane.push_back(id);
                lane.len() > 1
            }
            None => false,
        };
        if !waits {
            self.due.insert((delivery.due, id));
        }
        self.by_subscription.entry(Arc::clone(&delivery.subscription)).or_default().insert(id);
        if !delivery.attempts.is_empty() {
            self.failing.insert(id);
        }
        self.deliveries.insert(id, delivery);
        id
    }

    /// When the next delivery is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Moment> {
        self.due.first().map(|&(moment, _)| moment)
    }

    /// Takes up to `limit` deliveries that are due; they are not given out again until
    /// [`Schedule::failed`] or [`Schedule::over`] was said about them.
    pub fn take_due(&mut self, now: Moment, limit: usize) -> Vec<Delivery> {
        let mut taken = Vec::new();
        while taken.len() < limit {
            let Some(&(moment, id)) = self.due.first() else { break };
            if moment > now {
                break;
            }
            self.due.pop_first();
            taken.extend(self.deliveries.get(&id).cloned());
        }
        taken
    }

    /// Puts a delivery off without a try: its subscription is throttled.
    pub fn put_off(&mut self, id: u64, until: Moment) {
        if let Some(delivery) = self.deliveries.get_mut(&id) {
            delivery.due = until;
            self.due.insert((until, id));
        }
    }

    /// When a subscription that takes so many messages a second takes the next one. When that is
    /// not after `now`, the place is taken.
    pub fn reserve(&mut self, subscription: &Arc<str>, per_second: u32, now: Moment) -> Moment {
        let gap = Duration::from_secs(1) / per_second.max(1);
        let open_at = self.open_at.get(subscription).copied().unwrap_or(now).max(now);
        if open_at <= now {
            self.open_at.insert(Arc::clone(subscription), now.after(gap));
        }
        open_at
    }

    /// A try failed in a way that another try may mend.
    pub fn failed(
        &mut self,
        id: u64,
        attempt: Attempt,
        ladder: &Ladder,
        random: &Random,
    ) -> Option<Next> {
        let delivery = self.deliveries.get_mut(&id)?;
        delivery.tries += 1;
        let at = attempt.at;
        delivery.note(attempt);
        self.failing.insert(id);
        let Some(delay) = ladder.delay_before(delivery.tries + 1) else {
            return Some(Next::Exhausted);
        };
        delivery.due = at.after(jittered(delay, random));
        self.due.insert((delivery.due, id));
        Some(Next::At(delivery.due))
    }

    /// Goes on where a delivery stood before a restart.
    pub fn resume(&mut self, id: u64, tries: u32, due: Moment, attempt: Attempt) {
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        let was_waiting = self.due.remove(&(delivery.due, id));
        delivery.tries = tries;
        delivery.due = due;
        delivery.note(attempt);
        self.failing.insert(id);
        if was_waiting {
            self.due.insert((due, id));
        }
    }

    /// A delivery is over, whatever became of it; the next one of its lane may be tried.
    pub fn over(&mut self, id: u64) -> Option<Delivery> {
        let gone = self.deliveries.remove(&id)?;
        self.due.remove(&(gone.due, id));
        self.failing.remove(&id);
        if let Some(ids) = self.by_subscription.get_mut(&gone.subscription) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_subscription.remove(&gone.subscription);
                self.open_at.remove(&gone.subscription);
            }
        }
        if let Some(lane) = gone.lane() {
            self.leave(&lane, id);
        }
        Some(gone)
    }

    fn leave(&mut self, lane: &Lane, id: u64) {
        let Some(queue) = self.lanes.get_mut(lane) else { return };
        let was_head = queue.front() == Some(&id);
        queue.retain(|&other| other != id);
        match queue.front() {
            None => drop(self.lanes.remove(lane)),
            Some(&head) if was_head => {
                if let Some(delivery) = self.deliveries.get(&head) {
                    self.due.insert((delivery.due, head));
                }
            }
            Some(_) => {}
        }
    }

    /// Forgets what was to go to a subscription that is gone; returns what that was.
    pub fn forget(&mut self, subscription: &str) -> Vec<Delivery> {
        let ids = self.by_subscription.get(subscription).cloned().unwrap_or_default();
        ids.into_iter().filter_map(|id| self.over(id)).collect()
    }

    /// One delivery.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Delivery> {
        self.deliveries.get(&id)
    }

    /// Deliveries that have failed at least once, newest first.
    pub fn failing(&self) -> impl Iterator<Item = &Delivery> {
        self.failing.iter().rev().filter_map(|id| self.deliveries.get(id))
    }

    /// Every delivery, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<&Delivery> {
        let mut all = self.deliveries.values().collect::<Vec<_>>();
        all.sort_unstable_by_key(|delivery| delivery.id);
        all
    }

    /// Deliveries to one subscription, oldest first.
    pub fn of_subscription(&self, subscription: &str) -> impl Iterator<Item = &Delivery> {
        let ids = self.by_subscription.get(subscription);
        ids.into_iter().flatten().filter_map(|id| self.deliveries.get(id))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::tests::message;

    fn delivery(subscription: &str, group: Option<&str>, sequence: u64) -> Delivery {
        let mut message = message("x");
        message.group = group.map(Arc::from);
        message.sequence = group.map(|_| sequence);
        Delivery {
            id: 0,
            message: Arc::new(message),
            subscription: Arc::from(subscription),
            tries: 0,
            attempts: Vec::new(),
            due: Moment::default(),
            is_replay: false,
        }
    }

    fn attempt(number: u32, at: Moment) -> Attempt {
        let code = "Timeout".to_owned();
        Attempt { number, at, status: 0, is_client_side: false, code, detail: String::new() }
    }

    #[test]
    fn a_whole_ladder_runs_and_ends() {
        let (mut schedule, random) = (Schedule::default(), Random::seeded(1));
        let id = schedule.add(delivery("s", None, 0));
        let mut tries = 0;
        let mut now = Moment::default();
        loop {
            now = now.max(schedule.next_due().expect("something waits"));
            assert_eq!(schedule.take_due(now, 8).len(), 1);
            tries += 1;
            let next = schedule.failed(id, attempt(tries, now), &Ladder::AWS_MANAGED, &random);
            if next == Some(Next::Exhausted) {
                break;
            }
        }
        assert_eq!(tries, 100_015);
        assert!(now.since(Moment::default()) < Duration::from_secs(23 * 86_400));
        let over = schedule.over(id).unwrap();
        assert_eq!(over.attempts.len(), 2 * ATTEMPTS_KEPT);
        assert_eq!(over.attempts[ATTEMPTS_KEPT - 1].number, ATTEMPTS_KEPT as u32);
        assert_eq!(over.attempts.last().unwrap().number, 100_015);
        assert!(schedule.is_empty());
        assert_eq!(schedule.next_due(), None);
    }

    #[test]
    fn a_throttled_subscription_gets_its_messages_one_after_the_other() {
        let mut schedule = Schedule::default();
        let (name, now) = (Arc::from("s"), Moment::from_unix_millis(1_000));
        assert_eq!(schedule.reserve(&name, 4, now), now);
        let next = schedule.reserve(&name, 4, now);
        assert_eq!(next, Moment::from_unix_millis(1_250));
        assert_eq!(schedule.reserve(&name, 4, next), next);
    }

    #[test]
    fn what_was_for_a_deleted_subscription_is_forgotten() {
        let mut schedule = Schedule::default();
        schedule.add(delivery("s", Some("g"), 1));
        schedule.add(delivery("s", Some("g"), 2));
        schedule.add(delivery("t", Some("g"), 2));
        assert_eq!(schedule.forget("s").len(), 2);
        assert_eq!(schedule.len(), 1);
        assert!(!schedule.is_busy(&(Arc::from("s"), Arc::from("g"))));
    }

    proptest! {
        /// Whatever fails in between: each lane is delivered in its order, and nothing is lost.
        #[test]
        fn lanes_keep_their_order(
            deliveries in proptest::collection::vec((0_u8..3, 0_u8..3), 1..60),
            seed in any::<u64>(),
        ) {
            let (mut schedule, random) = (Schedule::default(), Random::seeded(seed));
            for (sequence, (subscription, group)) in deliveries.iter().enumerate() {
                let (name, group) = (format!("s{subscription}"), format!("g{group}"));
                schedule.add(delivery(&name, Some(&group), sequence as u64 + 1));
            }
            let mut last: HashMap<Lane, u64> = HashMap::new();
            let mut over = 0;
            while let Some(now) = schedule.next_due() {
                for taken in schedule.take_due(now, 3) {
                    let lane = taken.lane().unwrap();
                    if random.chance(0.3) {
                        let attempt = attempt(taken.tries + 1, now);
                        let ladder = Ladder::HTTP;
                        let next = schedule.failed(taken.id, attempt, &ladder, &random);
                        if next != Some(Next::Exhausted) {
                            continue;
                        }
                    }
                    let sequence = taken.message.sequence.unwrap();
                    prop_assert!(last.insert(lane, sequence).is_none_or(|last| last < sequence));
                    schedule.over(taken.id);
                    over += 1;
                }
            }
            prop_assert_eq!(over, deliveries.len());
            prop_assert!(schedule.is_empty());
        }
    }
}
