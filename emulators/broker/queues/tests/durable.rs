//! What is there again after a restart, and what moves between queues.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use brume_foundation::clock::Clock;
use brume_foundation::journal::simulated::{Faults, SimulatedDisk};
use brume_foundation::random::Random;
use brume_queues::{
    AttributeValue, Content, Counts, Delivery, MessageAttribute, MoveStatus, NewMessage, Queue,
    QueueError, Queues, Settings,
};
use common::*;

const SECOND: Duration = Duration::from_secs(1);

/// Stops the machine, and starts on what is left of the disk.
async fn reopen(queues: Arc<Queues>, clock: &Arc<Clock>, disk: &mut SimulatedDisk) -> Arc<Queues> {
    *disk = disk.after_crash(&Random::seeded(1));
    drop(queues);
    simulated(clock, Arc::new(disk.clone()))
}

fn get(queues: &Queues, name: &str) -> Arc<Queue> {
    queues.get(&key(name)).expect("there")
}

/// Waits for a move task to end.
async fn ended(queues: &Queues, source: &Queue) -> brume_queues::MoveTask {
    loop {
        let task = queues.list_moves(source.arn(), 10).unwrap().remove(0);
        if !matches!(task.status, MoveStatus::Running | MoveStatus::Cancelling) {
            return task;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn everything_about_messages_survives() {
    let clock = frozen();
    let mut disk = SimulatedDisk::new();
    let queues = simulated(&clock, Arc::new(disk.clone()));
    create(&queues, "dead", settings()).await;
    let changed =
        Settings { visibility_timeout_seconds: 7, ..with_dead_letters(settings(), "dead", 3) };
    let queue = create(&queues, "q", changed.clone()).await;
    queue.tag(vec![("team".into(), "a".into()), ("x".into(), "y".into())]).await.unwrap();
    queue.untag(&["x".into()]).await.unwrap();
    let attributes = vec![
        MessageAttribute {
            name: "bytes".into(),
            data_type: "Binary.gif".into(),
            value: AttributeValue::Binary(vec![0, 255, 7].into()),
        },
        MessageAttribute {
            name: "n".into(),
            data_type: "Number".into(),
            value: AttributeValue::Text("5".into()),
        },
    ];
    let content = Arc::new(Content::new("héllo".as_bytes(), attributes));
    let sent = NewMessage {
        trace_header: Some("Root=1".into()),
        group: Some("tenant".into()),
        ..NewMessage::new(Arc::clone(&content), "me".into())
    };
    let sent = queue.send(sent).await.unwrap();
    let before = receive(&queue, 1).await.remove(0);
    queue.send(NewMessage { delay_seconds: Some(60), ..message("late") }).await.unwrap();
    queue.send(message("plain")).await.unwrap();
    let queues = reopen(queues, &clock, &mut disk).await;
    let queue = get(&queues, "q");
    assert_eq!(*queue.settings(), changed);
    assert_eq!(queue.tags(), [("team".to_owned(), "a".to_owned())]);
    assert_eq!(queue.counts(), Counts { visible: 1, in_flight: 1, delayed: 1 });
    assert_eq!(receive_bodies(&queue, 10).await, ["plain"]);
    clock.advance(7 * SECOND).await;
    let after = receive(&queue, 1).await.remove(0);
    assert_eq!((after.id, &*after.content), (sent.id, &*content));
    let mut expected = before.attributes;
    expected.receive_count = 2;
    assert_eq!(after.attributes, expected);
    // Handles of before the restart are read, and known to be old.
    assert_ne!(after.handle, before.handle);
    queue.delete(&[&before.handle]).await.remove(0).unwrap();
    assert_eq!(queue.counts().in_flight, 1);
    queue.delete(&[&after.handle]).await.remove(0).unwrap();
    assert_eq!(queue.counts().in_flight, 0);
    assert_eq!(queues.dead_letter_sources(&key("dead").arn()).len(), 1);
}

#[tokio::test]
async fn a_handle_deletes_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = frozen();
    let queues = durable(&clock, folder.path());
    let queue = create(&queues, "q.fifo", fifo()).await;
    queue.send(ordered("1", "g")).await.unwrap();
    queue.send(ordered("2", "g")).await.unwrap();
    let received = receive(&queue, 1).await.remove(0);
    drop((queue, queues));
    let queues = durable(&clock, folder.path());
    let queue = get(&queues, "q.fifo");
    assert_eq!(receive(&queue, 1).await.len(), 0, "the group waits for what is out");
    delete(&queue, &received).await;
    assert_eq!(receive_bodies(&queue, 10).await, ["2"]);
    assert!(queue.send(ordered("1", "g")).await.unwrap().is_duplicate);
}

#[tokio::test]
async fn deletions_purges_and_cool_downs_survive() {
    let clock = frozen();
    let mut disk = SimulatedDisk::new();
    let queues = simulated(&clock, Arc::new(disk.clone()));
    let queue = create(&queues, "q", settings()).await;
    create(&queues, "gone", settings()).await;
    queue.send(message("purged")).await.unwrap();
    queue.purge().await.unwrap();
    queue.send(message("kept")).await.unwrap();
    queues.delete(&key("gone")).await.unwrap();
    let queues = reopen(queues, &clock, &mut disk).await;
    let queue = get(&queues, "q");
    assert_eq!(queue.counts().visible, 1);
    assert!(matches!(queue.purge().await, Err(QueueError::PurgeQueueInProgress)));
    let again = queues.create(key("gone"), settings(), Vec::new()).await;
    assert!(matches!(again, Err(QueueError::QueueDeletedRecently)));
    clock.advance(60 * SECOND).await;
    create(&queues, "gone", settings()).await;
    queue.purge().await.unwrap();
}

#[tokio::test]
async fn creation_is_idempotent_with_equal_settings_only() {
    let queues = ephemeral(&frozen());
    let first = create(&queues, "q", settings()).await;
    let same = queues.create(key("q"), settings(), Vec::new()).await.unwrap();
    assert!(!same.is_new && Arc::ptr_eq(&first, &same.queue));
    let other = Settings { visibility_timeout_seconds: 1, ..settings() };
    let other = queues.create(key("q"), other, Vec::new()).await;
    let expected = "VisibilityTimeout";
    assert!(
        matches!(other, Err(QueueError::QueueNameExists { attribute }) if attribute == expected)
    );
    let names = ["a1", "a2", "b"];
    for name in names {
        create(&queues, name, settings()).await;
    }
    let list = |prefix: &str, after: Option<&str>, limit| {
        let key = key("");
        let found = queues.list(key.account, key.region, prefix, after, limit);
        found.iter().map(|queue| queue.key().name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list("a", None, 10), ["a1", "a2"]);
    assert_eq!(list("", Some("a1"), 2), ["a2", "b"]);
}

#[tokio::test]
async fn old_segments_go_and_nothing_that_is_alive_with_them() {
    let clock = frozen();
    let mut disk = SimulatedDisk::new();
    let mut queues = simulated(&clock, Arc::new(disk.clone()));
    let queue = create(&queues, "q", settings()).await;
    let ordered_queue = create(&queues, "q.fifo", fifo()).await;
    let fan = [create(&queues, "f1", settings()).await, create(&queues, "f2", settings()).await];
    let deliveries = fan.iter().map(|queue| Delivery {
        queue: Arc::clone(queue),
        group: None,
        deduplication: None,
        trace_header: None,
        sender: "topic".into(),
        body_override: None,
    });
    let content = Arc::new(Content::new(b"shared", Vec::new()));
    let sent = queues.deliver(content, deliveries.collect()).await;
    assert!(sent.iter().all(Result::is_ok));
    ordered_queue.send(ordered("once", "g")).await.unwrap();
    let once = receive(&ordered_queue, 1).await;
    delete(&ordered_queue, &once[0]).await;
    queue.send(message("cold")).await.unwrap();
    let hidden = queue.receive(for_seconds(1, 43_200)).await.unwrap();
    drop((queue, ordered_queue, fan));
    for round in 0..4 {
        let queue = get(&queues, "q");
        for number in 0..150 {
            queue.send(message(&number.to_string())).await.unwrap();
            let received = receive(&queue, 1).await;
            delete(&queue, &received[0]).await;
        }
        let mut segments = queues.relocate().await.unwrap();
        assert!(segments > 3, "{segments}");
        while segments > 1 {
            segments = queues.relocate().await.unwrap();
        }
        drop(queue);
        queues = reopen(queues, &clock, &mut disk).await;
        let queue = get(&queues, "q");
        assert_eq!(queue.counts(), Counts { in_flight: 1, ..Counts::default() }, "{round}");
        assert_eq!(get(&queues, "f1").counts().visible, 1);
        assert_eq!(get(&queues, "f2").peek(0, 9)[0].content.body(), "shared");
        assert!(get(&queues, "q.fifo").send(ordered("once", "g")).await.unwrap().is_duplicate);
        if round == 3 {
            delete(&queue, &hidden[0]).await;
            assert_eq!(queue.counts(), Counts::default());
        } else {
            let folder = tempfile::tempdir().unwrap();
            queues.save(folder.path()).await.unwrap();
            queues.load(folder.path()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let clock = frozen();
    let mut disk = SimulatedDisk::new();
    let queues = simulated(&clock, Arc::new(disk.clone()));
    let queue = create(&queues, "q", settings()).await;
    let dead = create(&queues, "dead", settings()).await;
    queue.configure(with_dead_letters(settings(), "dead", 1)).await.unwrap();
    queue.send(message("out")).await.unwrap();
    queue.send(message("kept")).await.unwrap();
    let out = receive(&queue, 1).await;
    disk.set_faults(Faults { capacity: Some(0), ..Faults::default() });
    let full = |result: Result<(), QueueError>| matches!(result, Err(QueueError::StorageFailed(_)));
    assert!(full(queue.send(message("refused")).await.map(drop)));
    assert!(full(queue.receive(up_to(10)).await.map(drop)));
    assert!(full(queue.delete(&[&out[0].handle]).await.remove(0)));
    assert!(full(queue.change_visibility(&[(&out[0].handle, 0)]).await.remove(0)));
    assert!(full(queue.purge().await));
    assert!(full(queue.configure(settings()).await));
    assert!(full(queue.tag(vec![("a".into(), "b".into())]).await));
    assert!(full(queues.create(key("new"), settings(), Vec::new()).await.map(drop)));
    assert!(full(queues.delete(&key("q")).await));
    assert!(queues.reset().await.is_err());
    clock.advance(30 * SECOND).await;
    assert!(full(queue.receive(up_to(10)).await.map(drop)), "a dead letter cannot be moved");
    assert_eq!(queue.counts(), Counts { visible: 2, ..Counts::default() });
    assert_eq!(dead.counts(), Counts::default());
    disk.set_faults(Faults::default());
    assert_eq!(receive_bodies(&queue, 10).await, ["kept"]);
    assert_eq!(receive_bodies(&queue, 10).await, [""; 0]);
    assert_eq!(receive_bodies(&dead, 10).await, ["out"]);
    queue.send(message("new")).await.unwrap();
    drop((queue, dead));
    let queues = reopen(queues, &clock, &mut disk).await;
    assert_eq!(receive_bodies(&get(&queues, "q"), 10).await, ["new"]);
    assert_eq!(get(&queues, "q").counts(), Counts { in_flight: 2, ..Counts::default() });
    assert_eq!(get(&queues, "q").tags(), []);
    assert!(queues.get(&key("new")).is_none());
}

#[tokio::test]
async fn dead_letters_go_back_to_the_queues_that_they_came_from() {
    let clock = frozen();
    let mut disk = SimulatedDisk::new();
    let queues = simulated(&clock, Arc::new(disk.clone()));
    let dead = create(&queues, "dead", settings()).await;
    let names = ["q1", "q2"];
    for name in names {
        let queue = create(&queues, name, with_dead_letters(settings(), "dead", 1)).await;
        for number in 0..50 {
            queue.send(message(&format!("{name} {number}"))).await.unwrap();
        }
    }
    for _ in 0..2 {
        for name in names {
            while !receive(&get(&queues, name), 10).await.is_empty() {}
        }
        clock.advance(30 * SECOND).await;
    }
    assert_eq!(dead.counts().visible, 100);
    queues.start_move(dead.arn(), None, None).await.unwrap();
    let task = ended(&queues, &dead).await;
    assert_eq!((task.status, task.moved, task.to_move), (MoveStatus::Completed, 100, 100));
    assert_eq!((task.handle, task.failure), (None, None));
    drop(dead);
    let queues = reopen(queues, &clock, &mut disk).await;
    assert_eq!(get(&queues, "dead").counts(), Counts::default());
    for name in names {
        let queue = get(&queues, name);
        assert_eq!(queue.counts().visible, 50);
        let received = receive(&queue, 10).await;
        assert!(bodies(&received).iter().all(|body| body.starts_with(name)));
        let attributes = &received[0].attributes;
        assert_eq!((attributes.receive_count, &attributes.dead_letter_source), (1, &None));
        assert_eq!(attributes.sent_at_ms, START_MS + 60_000);
    }
    let task = queues.list_moves(&key("dead").arn(), 10).unwrap().remove(0);
    assert_eq!((task.status, task.moved), (MoveStatus::Completed, 100));
}

#[tokio::test]
async fn a_move_task_is_refused_limited_and_cancelled() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let dead = create(&queues, "dead", settings()).await;
    let other = create(&queues, "other", settings()).await;
    let start = |rate| queues.start_move(dead.arn(), Some(other.arn()), rate);
    assert!(matches!(start(None).await, Err(QueueError::InvalidMove(_))), "nobody's dead letters");
    create(&queues, "q", with_dead_letters(settings(), "dead", 1)).await;
    let unknown = queues.start_move(&key("x").arn(), None, None).await;
    assert!(matches!(unknown, Err(QueueError::ResourceNotFound(_))));
    for number in 0..300 {
        dead.send(message(&number.to_string())).await.unwrap();
    }
    let handle = start(Some(100)).await.unwrap();
    assert!(matches!(start(None).await, Err(QueueError::InvalidMove(_))), "one runs");
    clock.advance(SECOND).await;
    let moved = other.counts().visible;
    assert!((90..=120).contains(&moved), "{moved}");
    assert_eq!(queues.cancel_move(&handle).await.unwrap(), moved);
    clock.advance(SECOND).await;
    let task = ended(&queues, &dead).await;
    assert_eq!((task.status, task.moved), (MoveStatus::Cancelled, moved));
    assert!(matches!(queues.cancel_move(&handle).await, Err(QueueError::ResourceNotFound(_))));
    assert_eq!(dead.counts().visible + other.counts().visible, 300);
    // What has no source cannot go back to it.
    queues.start_move(dead.arn(), None, None).await.unwrap();
    let failure = ended(&queues, &dead).await.failure;
    assert_eq!(failure.as_deref(), Some("CouldNotDetermineMessageSource"));
}

#[tokio::test]
async fn a_destination_that_disappears_ends_a_move_and_loses_nothing() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let dead = create(&queues, "dead", settings()).await;
    create(&queues, "q", with_dead_letters(settings(), "dead", 1)).await;
    let other = create(&queues, "other", settings()).await;
    for number in 0..100 {
        dead.send(message(&number.to_string())).await.unwrap();
    }
    queues.start_move(dead.arn(), Some(other.arn()), Some(10)).await.unwrap();
    clock.advance(SECOND).await;
    let moved = other.counts().visible;
    queues.delete(&key("other")).await.unwrap();
    clock.advance(SECOND).await;
    let task = ended(&queues, &dead).await;
    let reason = "AWS.SimpleQueueService.NonExistentQueue";
    assert_eq!((task.status, task.failure.as_deref()), (MoveStatus::Failed, Some(reason)));
    assert_eq!(dead.counts().visible, 100 - moved);
}

#[tokio::test]
async fn a_move_task_goes_on_after_a_restart() {
    let clock = frozen();
    let mut disk = SimulatedDisk::new();
    let queues = simulated(&clock, Arc::new(disk.clone()));
    let dead = create(&queues, "dead", settings()).await;
    create(&queues, "q", with_dead_letters(settings(), "dead", 1)).await;
    let other = create(&queues, "other", settings()).await;
    for number in 0..50 {
        dead.send(message(&number.to_string())).await.unwrap();
    }
    queues.start_move(dead.arn(), Some(other.arn()), Some(1)).await.unwrap();
    drop((dead, other));
    let queues = reopen(queues, &clock, &mut disk).await;
    let other = get(&queues, "other");
    while other.counts().visible < 50 {
        clock.advance(SECOND).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(get(&queues, "dead").counts(), Counts::default());
}

#[tokio::test]
async fn a_snapshot_replaces_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, mut disk) = (frozen(), SimulatedDisk::new());
    let queues = simulated(&clock, Arc::new(disk.clone()));
    let queue = create(&queues, "q", settings()).await;
    queue.send(message("saved")).await.unwrap();
    queue.send(message("out")).await.unwrap();
    let received = receive(&queue, 1).await;
    queues.save(folder.path()).await.unwrap();
    queue.send(message("later")).await.unwrap();
    create(&queues, "later", settings()).await;
    queues.load(folder.path()).await.unwrap();
    assert!(queues.get(&key("later")).is_none());
    assert!(matches!(queue.send(message("x")).await, Err(QueueError::QueueDoesNotExist)));
    drop(queue);
    let queues = reopen(queues, &clock, &mut disk).await;
    let queue = get(&queues, "q");
    assert_eq!(queue.counts(), Counts { visible: 1, in_flight: 1, delayed: 0 });
    delete(&queue, &received[0]).await;
    assert_eq!(receive_bodies(&queue, 10).await, ["out"]);
    let empty = tempfile::tempdir().unwrap();
    assert!(queues.load(empty.path()).await.is_err());
    assert_eq!(queue.counts().in_flight, 1, "a snapshot that is none changes nothing");
    queues.reset().await.unwrap();
    assert_eq!(queues.all().len(), 0);
    create(&queues, "new", settings()).await;
    drop(queue);
    let queues = reopen(queues, &clock, &mut disk).await;
    assert_eq!(queues.all().iter().map(|it| it.key().clone()).collect::<Vec<_>>(), [key("new")]);
}
