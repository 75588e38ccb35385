//! The engine under test: what happens between a change and its durability.

use std::sync::Arc;

use super::slab::Extra;
use super::*;
use crate::{Content, MessageId};

const NOW_MS: u64 = 1_767_225_600_000;

fn put(engine: &mut Engine, group: Option<&str>) -> (u32, u64) {
    let arrival = Arrival {
        content: Arc::new(Content::new(b"x", Vec::new())),
        id: MessageId([0; 16]),
        sender: Arc::from("me"),
        group,
        extra: Extra::default(),
        sent_at_ms: NOW_MS,
        until_ms: 0,
        receive_count: 0,
    };
    engine.put(arrival, NOW_MS).unwrap()
}

fn sent(engine: &mut Engine, group: Option<&str>) -> (u32, u64) {
    let place = put(engine, group);
    engine.commit();
    place
}

fn take(engine: &mut Engine, max: usize) -> Vec<u32> {
    let mut leased = Vec::new();
    engine.take(max, (NOW_MS, NOW_MS + 30_000), None, &mut leased);
    leased
}

fn engine(is_fifo: bool) -> Engine {
    Engine::new(is_fifo, 345_600_000)
}

#[test]
fn what_is_not_durable_is_not_received() {
    let mut engine = engine(false);
    put(&mut engine, None);
    assert_eq!(take(&mut engine, 1), Vec::<u32>::new());
    engine.commit();
    assert_eq!(engine.take_available(), 1);
    assert_eq!(take(&mut engine, 1).len(), 1);
}

#[test]
fn what_is_undone_was_never_there() {
    let mut engine = engine(false);
    put(&mut engine, None);
    engine.undo();
    assert_eq!((engine.counts(), engine.slab().len()), (Counts::default(), 0));
    let (slot, order) = sent(&mut engine, None);
    // A lease that is undone gives the message to the next one, as if nothing had been.
    assert_eq!(take(&mut engine, 1), [slot]);
    assert_eq!(engine.counts().in_flight, 1);
    engine.undo();
    assert_eq!(engine.counts().visible, 1);
    assert_eq!(take(&mut engine, 1), [slot]);
    engine.commit();
    assert_eq!(engine.message(slot, order).unwrap().leases, 1);
    // So does a deletion.
    assert_eq!(engine.delete(slot, order, 1, NOW_MS), Ok(Deletion::Done));
    assert_eq!(engine.delete(slot, order, 1, NOW_MS), Ok(Deletion::Nothing));
    engine.undo();
    assert_eq!(engine.counts().in_flight, 1);
    assert!(!engine.advance(NOW_MS + 30_000, 10));
    assert_eq!(engine.counts().visible, 1);
}

#[test]
fn changes_of_one_message_lie_upon_each_other() {
    let mut engine = engine(false);
    let (slot, order) = sent(&mut engine, None);
    take(&mut engine, 1);
    engine.commit();
    engine.hide(slot, order, 1, NOW_MS, NOW_MS + 1_000).unwrap();
    engine.hide(slot, order, 1, NOW_MS, NOW_MS + 2_000).unwrap();
    assert_eq!(engine.delete(slot, order, 1, NOW_MS), Ok(Deletion::Done));
    engine.undo();
    assert!(!engine.advance(NOW_MS + 29_999, 10));
    assert_eq!(engine.counts().in_flight, 1);
    engine.hide(slot, order, 1, NOW_MS, NOW_MS + 1_000).unwrap();
    assert_eq!(engine.delete(slot, order, 1, NOW_MS), Ok(Deletion::Done));
    engine.commit();
    assert_eq!((engine.slab().len(), engine.live_bytes()), (0, 0));
}

#[test]
fn a_purge_that_is_undone_gives_everything_back() {
    let mut engine = engine(false);
    for _ in 0..3 {
        sent(&mut engine, None);
    }
    take(&mut engine, 1);
    engine.commit();
    engine.purge();
    assert_eq!((engine.counts(), take(&mut engine, 9)), (Counts::default(), vec![]));
    assert!(!engine.must_walk() && !engine.walk(9));
    engine.undo();
    assert_eq!((engine.counts().visible, engine.counts().in_flight), (2, 1));
    engine.purge();
    engine.commit();
    let (slot, _) = sent(&mut engine, None);
    assert!(engine.must_walk());
    while engine.walk(2) {}
    assert_eq!((engine.slab().len(), engine.counts().visible), (1, 1));
    assert_eq!(take(&mut engine, 9), [slot]);
}

#[test]
fn a_group_is_blocked_by_whatever_is_out() {
    let mut engine = engine(true);
    let (first, order) = sent(&mut engine, Some("g"));
    let (second, _) = sent(&mut engine, Some("g"));
    assert_eq!(take(&mut engine, 1), [first]);
    engine.commit();
    engine.take_available();
    engine.hide(first, order, 1, NOW_MS, NOW_MS).unwrap();
    // It is visible as soon as that is durable; until then nobody passes it.
    assert_eq!(take(&mut engine, 9), Vec::<u32>::new());
    engine.commit();
    assert_eq!(engine.take_available(), 1);
    assert_eq!(take(&mut engine, 9), [first, second]);
}

#[test]
fn a_group_of_a_standard_queue_is_noisy_by_the_tenth_and_the_thirty() {
    let mut engine = engine(false);
    for _ in 0..40 {
        sent(&mut engine, Some("noisy"));
    }
    assert_eq!(take(&mut engine, 29).len(), 29);
    engine.commit();
    let (quiet, _) = sent(&mut engine, Some("quiet"));
    // With 29 in flight it is not noisy: it comes first, because it came first.
    assert_ne!(take(&mut engine, 1), [quiet]);
    engine.commit();
    assert_eq!(take(&mut engine, 1), [quiet]);
    engine.commit();
    assert_eq!(take(&mut engine, 20).len(), 10);
    engine.commit();
    sent(&mut engine, Some("noisy"));
    assert_eq!(take(&mut engine, 0), Vec::<u32>::new());
    engine.lanes.next(&engine.slab);
    assert_eq!(engine.lanes().noisy().count(), 1);
}

#[test]
fn lanes_of_many_groups_do_not_pile_up() {
    let mut engine = engine(true);
    for number in 0..1_000 {
        let group = number.to_string();
        let (slot, order) = sent(&mut engine, Some(&group));
        assert_eq!(take(&mut engine, 1), [slot]);
        engine.commit();
        assert_eq!(engine.delete(slot, order, 1, NOW_MS), Ok(Deletion::Done));
        engine.commit();
    }
    assert!(engine.lanes.len() < 5, "{}", engine.lanes.len());
}
