//! The engine against a cloud that fails, a disk that forgets and a process that dies anywhere.
//!
//! A run is a loop: carry out any of the actions that are open, in any order, and tell the engine;
//! now and then everything in memory is lost, together with a part of what was not synced. What is
//! checked is what a user would notice: nothing lost, duplicates within the bound, order, content.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::redrive::record::{Chain, decode, encode};

/// A small generator, so that a failing case is one number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    messages: u64,
    groups: u64,
    kills: u32,
    faults: u64,
    fifo_source: bool,
    fifo_destination: bool,
    copy: bool,
    limit: Option<u64>,
    resend: bool,
    parallel: usize,
    filtered: bool,
    rate: Option<f64>,
}

#[derive(Clone, Debug)]
struct Stored {
    number: u64,
    group: u64,
    visible_at_ms: u64,
    receipt: u64,
    deleted: bool,
}

/// Queue, destination, disk and time.
struct World {
    plan: Plan,
    dice: Dice,
    now_ms: u64,
    queue: Vec<Stored>,
    receipts: u64,
    /// Content in order of arrival.
    destination: Vec<String>,
    /// Deduplication id and when it was first taken.
    taken: BTreeMap<String, u64>,
    synced: Vec<u8>,
    unsynced: Vec<u8>,
    chain: Chain,
    /// Sends without an answer, over all runs: each may become a duplicate.
    unanswered: u64,
}

const LEASE_MS: u64 = 30_000;
const GROUP: usize = 5;

fn id(number: u64) -> Id {
    format!("message-{number}").into()
}

fn content(number: u64) -> String {
    format!("content {number} \u{1F980}")
}

impl World {
    fn new(plan: Plan) -> Self {
        let queue = (0..plan.messages).map(|number| Stored {
            number,
            group: number % plan.groups,
            visible_at_ms: 0,
            receipt: 0,
            deleted: false,
        });
        Self {
            dice: Dice(plan.seed | 1),
            queue: queue.collect(),
            plan,
            now_ms: 1_000_000,
            receipts: 0,
            destination: Vec::new(),
            taken: BTreeMap::new(),
            synced: Vec::new(),
            unsynced: Vec::new(),
            chain: Chain::default(),
            unanswered: 0,
        }
    }

    fn receive(&mut self, count: usize) -> Vec<Arrival<String>> {
        let mut blocked: BTreeSet<u64> = BTreeSet::new();
        if self.plan.fifo_source {
            let hidden = self.queue.iter().filter(|m| !m.deleted && m.visible_at_ms > self.now_ms);
            blocked.extend(hidden.map(|message| message.group));
        }
        let mut found = Vec::new();
        let stutter = !self.plan.fifo_source && self.dice.chance(self.plan.faults / 4);
        for message in &mut self.queue {
            // A standard queue may give out a message twice, even after its deletion.
            let again = stutter && self.dice.roll(20) == 0;
            let visible = !message.deleted && message.visible_at_ms <= self.now_ms;
            if found.len() == count || !(visible || again) || blocked.contains(&message.group) {
                continue;
            }
            self.receipts += 1;
            message.receipt = self.receipts;
            message.visible_at_ms = self.now_ms + LEASE_MS;
            let meant = !self.plan.filtered || message.number.is_multiple_of(3);
            let decision = if meant {
                Decision::Send {
                    lane: 0,
                    bytes: 10,
                    group: Some(format!("g{}", message.group).into()),
                    digest: String::new(),
                }
            } else {
                Decision::Keep
            };
            found.push(Arrival {
                id: id(message.number),
                handle: format!("{}/{}", message.number, message.receipt).into(),
                decision,
                parcel: content(message.number),
            });
        }
        found
    }

    fn by_handle(&mut self, handle: &str) -> Option<&mut Stored> {
        let (number, receipt) = handle.split_once('/').unwrap();
        let number: u64 = number.parse().unwrap();
        let receipt: u64 = receipt.parse().unwrap();
        let fifo = self.plan.fifo_source;
        let now_ms = self.now_ms;
        let message = self.queue.iter_mut().find(|message| message.number == number)?;
        let current = message.receipt == receipt && (!fifo || message.visible_at_ms > now_ms);
        (current || !fifo).then_some(message)
    }

    fn put(&mut self, id: &Id, content: &str) {
        if self.plan.fifo_destination {
            let first = self.taken.get(&**id).copied();
            if first.is_some_and(|at_ms| self.now_ms - at_ms < 300_000) {
                return;
            }
            self.taken.insert(id.to_string(), self.now_ms);
        }
        self.destination.push(content.to_owned());
    }

    fn send(&mut self, messages: &[(Id, String)]) -> Vec<Outcome> {
        let faults = self.plan.faults;
        if self.dice.chance(faults / 2) {
            // No answer: it was carried out, or it was not.
            self.unanswered += messages.len() as u64;
            if self.dice.chance(50) {
                messages.iter().for_each(|(id, content)| self.put(id, content));
            }
            return messages.iter().map(|_| Outcome::Unknown("no answer".into())).collect();
        }
        messages
            .iter()
            .map(|(id, content)| {
                if self.dice.chance(faults / 8) {
                    return Outcome::Busy("slow down".into());
                }
                if self.dice.chance(faults / 10) {
                    return Outcome::Refused("no".into());
                }
                self.put(id, content);
                Outcome::Accepted(format!("new-{id}"))
            })
            .collect()
    }

    /// Carries an action out; `None` when there is nothing to tell.
    fn carry_out(&mut self, action: Action<String>) -> Option<Event<String>> {
        let faults = self.plan.faults;
        match action {
            Action::Receive(count) => {
                if self.dice.chance(faults / 10) {
                    return Some(Event::ReceiveFailed("gone".into()));
                }
                Some(Event::Received(self.receive(count)))
            }
            Action::Record(ticket, line) => {
                encode(&line, &mut self.chain, &mut self.unsynced).unwrap();
                let ticket = ticket?;
                self.synced.append(&mut self.unsynced);
                Some(Event::Recorded(ticket))
            }
            Action::Send(number, _, messages) => {
                let outcomes = self.send(&messages);
                Some(Event::Sent(number, outcomes))
            }
            Action::Delete(number, handles) => {
                let results = handles.iter().map(|handle| {
                    if self.dice.chance(faults / 3) {
                        return false;
                    }
                    let fifo = self.plan.fifo_source;
                    match self.by_handle(handle) {
                        Some(message) => message.deleted = true,
                        None => return !fifo,
                    }
                    true
                });
                let results = results.collect();
                Some(Event::Deleted(number, results))
            }
            Action::Hold(number, handles, seconds) => {
                let now_ms = self.now_ms;
                let results = handles.iter().map(|handle| {
                    if self.dice.chance(faults / 4) {
                        return false;
                    }
                    self.by_handle(handle).is_some_and(|message| {
                        let hidden = message.visible_at_ms > now_ms;
                        if hidden {
                            message.visible_at_ms = now_ms + u64::from(seconds) * 1000;
                        }
                        hidden
                    })
                });
                let results = results.collect();
                Some(Event::Held(number, results))
            }
            Action::Finish => None,
        }
    }

    /// What is on the disk after a crash, and after the recovery of it.
    fn crash(&mut self) -> Ledger {
        let keep = self.dice.roll(self.unsynced.len() as u64 + 1) as usize;
        self.unsynced.truncate(keep);
        if !self.unsynced.is_empty() && self.dice.chance(30) {
            let place = self.dice.roll(self.unsynced.len() as u64) as usize;
            self.unsynced[place] ^= 1;
        }
        let mut disk = std::mem::take(&mut self.synced);
        disk.append(&mut self.unsynced);
        let mut chain = Chain::default();
        let mut ledger = Ledger::default();
        let mut length = 0;
        for line in disk.split_inclusive(|byte| *byte == b'\n') {
            let Some(whole) = line.strip_suffix(b"\n") else { break };
            let Some(line) = decode(whole, &mut chain) else { break };
            length += whole.len() + 1;
            ledger.apply(line);
        }
        disk.truncate(length);
        self.synced = disk;
        self.chain = chain;
        ledger
    }

    fn settings(&self) -> Settings {
        Settings {
            hidden_until_ms: 0,
            copy: self.plan.copy,
            limit: self.plan.limit,
            rate: self.plan.rate,
            on_ambiguous: if self.plan.resend { OnAmbiguous::Resend } else { OnAmbiguous::Skip },
            lease_ms: LEASE_MS,
            parallel: self.plan.parallel,
            receivers: 3,
            is_fifo: self.plan.fifo_source,
            is_filtered: self.plan.filtered,
            stop_when_closed: false,
        }
    }

    /// One run to its end, or to a kill after so many steps.
    fn run(&mut self, ledger: &Ledger, kill_after: Option<u64>) -> (Engine<String>, bool) {
        let is_resumed = !ledger.entries.is_empty();
        let hidden_until_ms = if is_resumed { self.now_ms + LEASE_MS } else { 0 };
        let settings = Settings { hidden_until_ms, ..self.settings() };
        let mut engine = Engine::new(settings, ledger, self.now_ms);
        let is_ordered = self.plan.fifo_destination;
        engine.add_lane(LaneSettings { batch_max: 10, bytes_max: 60, is_ordered });
        engine.handle(self.now_ms, Event::Tick);
        let mut open: Vec<Action<String>> = Vec::new();
        let mut records: VecDeque<Action<String>> = VecDeque::new();
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps < 200_000, "the engine goes round in circles: {:?}", self.plan);
            while let Some(action) = engine.next_action() {
                match action {
                    Action::Finish => {
                        // What is finished is synced, and so is what came before.
                        for action in records.drain(..) {
                            self.carry_out(action);
                        }
                        self.synced.append(&mut self.unsynced);
                        return (engine, true);
                    }
                    // The journal keeps its order; everything else has none.
                    Action::Record(..) => records.push_back(action),
                    other => open.push(other),
                }
            }
            if kill_after.is_some_and(|kill_after| steps > kill_after) {
                // Requests that were on their way may still be carried out.
                for action in open {
                    if !matches!(action, Action::Send(..)) || !self.dice.chance(50) {
                        continue;
                    }
                    self.carry_out(action);
                }
                for action in records {
                    if let Action::Record(_, line) = action {
                        encode(&line, &mut self.chain, &mut self.unsynced).unwrap();
                    }
                }
                return (engine, false);
            }
            self.now_ms += self.dice.roll(40);
            let event = if !records.is_empty() && (open.is_empty() || self.dice.chance(40)) {
                let action = records.pop_front().unwrap();
                self.carry_out(action)
            } else if open.is_empty() {
                let wake = engine.wake_at_ms().unwrap_or(self.now_ms);
                self.now_ms = self.now_ms.max(wake);
                Some(Event::Tick)
            } else {
                let place = self.dice.roll(open.len() as u64) as usize;
                let action = open.swap_remove(place);
                self.carry_out(action)
            };
            engine.handle(self.now_ms, event.unwrap_or(Event::Tick));
        }
    }

    fn count(&self, number: u64) -> usize {
        let wanted = content(number);
        self.destination.iter().filter(|content| **content == wanted).count()
    }
}

/// What is deleted was sent by what the journal on disk says, and not by a guess.
fn journal_leads(world: &World, ledger: &Ledger) -> Result<(), TestCaseError> {
    for message in world.queue.iter().filter(|message| message.deleted) {
        let entry = ledger.entries.get(&id(message.number));
        let is_sent = matches!(
            entry,
            Some(ledger::Entry::Sent | ledger::Entry::Deleted | ledger::Entry::Undeleted)
        );
        prop_assert!(is_sent, "{} is deleted, and the journal says {entry:?}", message.number);
    }
    Ok(())
}

fn check(plan: Plan) -> Result<(), TestCaseError> {
    let mut world = World::new(plan.clone());
    let mut ledger = Ledger::default();
    for _ in 0..plan.kills {
        let steps = world.dice.roll(3 * plan.messages + 20);
        world.run(&ledger, Some(steps));
        // The user comes back: soon, or when the leases have run out.
        world.now_ms += world.dice.roll(2 * LEASE_MS);
        ledger = world.crash();
        journal_leads(&world, &ledger)?;
    }
    let (engine, finished) = world.run(&ledger, None);
    prop_assert!(finished);
    let ledger = world.crash();
    journal_leads(&world, &ledger)?;
    let left: BTreeMap<Id, Left> = engine.left().into_iter().collect();

    let mut extra = 0;
    for message in &world.queue {
        let id = id(message.number);
        let copies = world.count(message.number);
        extra += copies.saturating_sub(1) as u64;
        prop_assert!(copies > 0 || !message.deleted, "lost {id}");
        let meant = !plan.filtered || message.number % 3 == 0;
        if !meant {
            prop_assert_eq!((copies, message.deleted), (0, false), "not meant: {}", id);
        }
        if plan.copy {
            prop_assert!(!message.deleted, "a copy leaves {id}");
        }
        // What is still there and was sent is named in the report.
        if copies > 0 && !message.deleted && !plan.copy {
            prop_assert!(left.contains_key(&id), "{id} is there twice and nobody says so");
        }
        if let Some(ledger::Entry::Deleted) = ledger.entries.get(&id) {
            prop_assert!(message.deleted);
        }
    }
    if plan.fifo_destination || !plan.resend {
        prop_assert_eq!(extra, 0, "duplicates without need");
    } else {
        let window = u64::from(plan.kills) * plan.parallel as u64 * 10;
        prop_assert!(extra <= window + world.unanswered, "{} duplicates", extra);
    }
    if plan.fifo_destination && plan.fifo_source {
        let mut last: BTreeMap<u64, u64> = BTreeMap::new();
        for text in &world.destination {
            let number: u64 = text.split(' ').nth(1).unwrap().parse().unwrap();
            let before = last.insert(number % plan.groups, number);
            prop_assert!(before.is_none_or(|before| before < number), "order: {text}");
        }
    }
    let sent = world.queue.iter().filter(|message| world.count(message.number) > 0).count();
    if let Some(limit) = plan.limit {
        prop_assert!(sent as u64 <= limit, "{sent} of {limit}");
    }
    if plan.faults == 0 && plan.kills == 0 {
        let meant = world.queue.iter().filter(|m| !plan.filtered || m.number % 3 == 0).count();
        let expected = plan.limit.map_or(meant, |limit| meant.min(limit as usize));
        // A FIFO queue does not show what is behind messages that stay.
        if !plan.fifo_source || (!plan.filtered && !plan.copy) {
            prop_assert_eq!(sent, expected);
        }
        prop_assert!(left.is_empty());
        // Nothing stays hidden.
        let hidden = world.queue.iter().filter(|m| !m.deleted && m.visible_at_ms > world.now_ms);
        prop_assert_eq!(hidden.count(), 0);
    }
    Ok(())
}

fn plans() -> impl Strategy<Value = Plan> {
    let shape = (any::<u64>(), 0..120_u64, 1..6_u64, 0..6_u32, 0..40_u64);
    let kinds = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let limits = (prop::option::of(0..60_u64), 1..6_usize, prop::option::of(5.0..500.0_f64));
    (shape, kinds, limits).prop_map(|(shape, kinds, limits)| Plan {
        seed: shape.0,
        messages: shape.1,
        groups: shape.2.min(GROUP as u64),
        kills: shape.3,
        // Half of the cases know kills only.
        faults: shape.4.saturating_sub(20),
        fifo_source: kinds.0,
        fifo_destination: kinds.1,
        copy: kinds.2,
        resend: kinds.3,
        filtered: kinds.4,
        limit: limits.0.filter(|limit| limit % 2 == 0),
        parallel: limits.1,
        rate: limits.2.filter(|rate| *rate < 150.0),
    })
}

proptest! {
    #[test]
    fn no_crash_loses_or_multiplies_a_message(plan in plans()) {
        check(plan)?;
    }
}

fn quiet() -> Plan {
    Plan {
        seed: 7,
        messages: 100,
        groups: 3,
        kills: 0,
        faults: 0,
        fifo_source: false,
        fifo_destination: false,
        copy: false,
        limit: None,
        resend: false,
        parallel: 4,
        filtered: false,
        rate: None,
    }
}

#[test]
fn a_quiet_day_moves_everything() {
    let mut world = World::new(quiet());
    let (engine, _) = world.run(&Ledger::default(), None);
    let totals = engine.totals();
    assert_eq!((totals.received, totals.sent, totals.deleted), (100, 100, 100));
    assert!(world.crash().is_finished);
}

#[test]
fn a_stop_leaves_nothing_between() {
    for steps in 0..60 {
        let mut world = World::new(quiet());
        let mut engine = Engine::new(world.settings(), &Ledger::default(), world.now_ms);
        engine.add_lane(LaneSettings { batch_max: 10, bytes_max: 1000, is_ordered: false });
        engine.handle(world.now_ms, Event::Tick);
        let mut step = 0;
        while let Some(action) = engine.next_action() {
            step += 1;
            if step == steps {
                engine.handle(world.now_ms, Event::Stop);
            }
            if let Some(event) = world.carry_out(action) {
                engine.handle(world.now_ms, event);
            }
        }
        assert!(engine.is_finished());
        let sent = world.destination.len();
        let deleted = world.queue.iter().filter(|message| message.deleted).count();
        assert_eq!(sent, deleted, "{steps}");
        let hidden = world.queue.iter().filter(|m| !m.deleted && m.visible_at_ms > world.now_ms);
        assert_eq!(hidden.count(), 0, "{steps}");
    }
}

#[test]
fn a_closed_destination_is_asked_once() {
    let mut world = World::new(quiet());
    let mut engine =
        Engine::new(Settings { parallel: 1, ..world.settings() }, &Ledger::default(), world.now_ms);
    engine.add_lane(LaneSettings { batch_max: 10, bytes_max: 1000, is_ordered: false });
    engine.handle(world.now_ms, Event::Tick);
    let mut sends = 0;
    while let Some(action) = engine.next_action() {
        let event = match action {
            Action::Send(number, _, messages) => {
                sends += 1;
                let closed = |_| Outcome::Closed("no such queue".to_owned());
                Some(Event::Sent(number, messages.iter().map(closed).collect()))
            }
            other => world.carry_out(other),
        };
        engine.handle(world.now_ms, event.unwrap_or(Event::Tick));
    }
    assert_eq!((sends, engine.left().len()), (1, 100));
    assert!(world.queue.iter().all(|message| !message.deleted));
}

#[test]
fn a_full_disk_stops_before_anything_is_sent() {
    let mut world = World::new(quiet());
    let mut engine = Engine::new(world.settings(), &Ledger::default(), world.now_ms);
    engine.add_lane(LaneSettings { batch_max: 10, bytes_max: 1000, is_ordered: false });
    engine.handle(world.now_ms, Event::Tick);
    while let Some(action) = engine.next_action() {
        let event = match action {
            Action::Record(Some(_), _) => Some(Event::RecordFailed("disk full".into())),
            other => world.carry_out(other),
        };
        engine.handle(world.now_ms, event.unwrap_or(Event::Tick));
    }
    assert!(engine.failure().is_some_and(|why| why.contains("disk full")));
    assert_eq!(world.destination.len(), 0);
    assert!(world.queue.iter().all(|m| !m.deleted && m.visible_at_ms <= world.now_ms));
}
