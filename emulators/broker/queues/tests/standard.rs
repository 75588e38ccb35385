//! What users of standard queues see.

mod common;

use std::sync::Arc;
use std::time::Duration;

use brume_queues::{Counts, NewMessage, QueueError, Receive, Settings, State};
use common::*;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_message_is_sent_received_and_deleted() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q", settings()).await;
    let sent = queue.send(message("hello")).await.unwrap();
    let received = receive(&queue, 10).await;
    assert_eq!(bodies(&received), ["hello"]);
    assert_eq!((received[0].id, received[0].attributes.receive_count), (sent.id, 1));
    assert_eq!(received[0].attributes.first_received_at_ms, Some(START_MS));
    assert_eq!(queue.counts(), Counts { visible: 0, in_flight: 1, delayed: 0 });
    delete(&queue, &received[0]).await;
    delete(&queue, &received[0]).await;
    assert_eq!(queue.counts(), Counts::default());
}

#[tokio::test]
async fn a_message_comes_back_when_its_visibility_ends() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q", settings()).await;
    queue.send(message("a")).await.unwrap();
    let first = receive(&queue, 1).await;
    clock.advance(29 * SECOND).await;
    assert_eq!(receive(&queue, 1).await.len(), 0);
    clock.advance(SECOND).await;
    let second = receive(&queue, 1).await;
    assert_eq!(second[0].attributes.receive_count, 2);
    assert_eq!(second[0].attributes.first_received_at_ms, Some(START_MS));
    // The handle of the earlier receive is good for nothing any more.
    delete(&queue, &first[0]).await;
    assert_eq!(queue.counts().in_flight, 1);
    let changed = queue.change_visibility(&[(&first[0].handle, 0)]).await.remove(0);
    assert!(matches!(changed, Err(QueueError::MessageNotInflight)), "{changed:?}");
    delete(&queue, &second[0]).await;
    assert_eq!(queue.counts(), Counts::default());
}

#[tokio::test]
async fn visibility_is_changed_up_to_twelve_hours() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q", settings()).await;
    queue.send(message("a")).await.unwrap();
    let received = receive(&queue, 1).await;
    let handle = received[0].handle.as_str();
    clock.advance(10 * SECOND).await;
    let longest = queue.change_visibility(&[(handle, 43_191)]).await.remove(0);
    assert!(matches!(longest, Err(QueueError::VisibilityTooLong)), "{longest:?}");
    queue.change_visibility(&[(handle, 43_190)]).await.remove(0).unwrap();
    clock.advance(43_189 * SECOND).await;
    assert_eq!(queue.counts().in_flight, 1);
    queue.change_visibility(&[(handle, 0)]).await.remove(0).unwrap();
    assert_eq!(queue.counts().visible, 1);
    let again = queue.change_visibility(&[(handle, 0)]).await.remove(0);
    assert!(matches!(again, Err(QueueError::MessageNotInflight)), "{again:?}");
    // It may still be deleted by it: nobody has received it since.
    queue.delete(&[handle]).await.remove(0).unwrap();
    assert_eq!(queue.counts(), Counts::default());
    let gone = queue.change_visibility(&[(handle, 5)]).await.remove(0);
    assert!(matches!(gone, Err(QueueError::MessageNotAvailable)), "{gone:?}");
}

#[tokio::test]
async fn delays_and_retention_follow_the_clock() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q", Settings { delay_seconds: 900, ..settings() }).await;
    queue.send(message("late")).await.unwrap();
    let soon = NewMessage { delay_seconds: Some(5), ..message("soon") };
    queue.send(soon).await.unwrap();
    queue.send(NewMessage { delay_seconds: Some(0), ..message("now") }).await.unwrap();
    assert_eq!(queue.counts(), Counts { visible: 1, in_flight: 0, delayed: 2 });
    clock.advance(5 * SECOND).await;
    assert_eq!(queue.counts().delayed, 1);
    clock.advance(895 * SECOND).await;
    assert_eq!(queue.counts().visible, 3);
    clock.advance(Duration::from_secs(345_600 - 901)).await;
    assert_eq!(queue.counts().visible, 3);
    // Retention counts from the send, also for what is in flight.
    let received = receive(&queue, 1).await;
    clock.advance(SECOND).await;
    assert_eq!(queue.counts(), Counts::default());
    queue.delete(&[&received[0].handle]).await.remove(0).unwrap();
}

#[tokio::test]
async fn retention_can_be_changed() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q", settings()).await;
    let set = |seconds| queue.configure(Settings { retention_seconds: seconds, ..settings() });
    queue.send(message("a")).await.unwrap();
    clock.advance(50 * SECOND).await;
    queue.send(message("b")).await.unwrap();
    set(60).await.unwrap();
    clock.advance(10 * SECOND).await;
    assert_eq!(receive_bodies(&queue, 10).await, ["b"]);
    set(1_209_600).await.unwrap();
    clock.advance(Duration::from_secs(1_209_600 - 11)).await;
    assert_eq!(receive_bodies(&queue, 10).await, ["b"]);
    clock.advance(Duration::from_secs(2)).await;
    assert_eq!(queue.counts(), Counts::default());
}

#[tokio::test]
async fn a_long_poll_ends_with_a_message_or_with_its_time() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q", settings()).await;
    let wait = |queue: &Arc<brume_queues::Queue>| {
        let queue = Arc::clone(queue);
        tokio::spawn(async move {
            let request = Receive { wait_seconds: Some(20), ..up_to(10) };
            queue.receive(request).await.map(|received| bodies(&received))
        })
    };
    let (one, other) = (wait(&queue), wait(&queue));
    tokio::task::yield_now().await;
    queue.send(message("a")).await.unwrap();
    assert_eq!(one.await.unwrap().unwrap(), ["a"]);
    clock.advance(19 * SECOND).await;
    assert!(!other.is_finished());
    clock.advance(SECOND).await;
    assert_eq!(other.await.unwrap().unwrap(), [""; 0]);
    let (deleted, _) = (wait(&queue), tokio::task::yield_now().await);
    queues.delete(&key("q")).await.unwrap();
    assert!(matches!(deleted.await.unwrap(), Err(QueueError::QueueDoesNotExist)));
}

#[tokio::test]
async fn every_waiter_gets_a_message_of_a_batch() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q", settings()).await;
    let waiting = (0..5).map(|_| {
        let queue = Arc::clone(&queue);
        let request = Receive { wait_seconds: Some(20), ..up_to(1) };
        tokio::spawn(async move { queue.receive(request).await.unwrap().len() })
    });
    let waiting = waiting.collect::<Vec<_>>();
    tokio::task::yield_now().await;
    let batch = (0..5).map(|number| message(&number.to_string())).collect();
    assert!(queue.send_batch(batch).await.iter().all(Result::is_ok));
    for waiter in waiting {
        assert_eq!(waiter.await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_waiter_that_goes_away_takes_no_message_along() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q", settings()).await;
    let request = || Receive { wait_seconds: Some(20), ..up_to(1) };
    let mut gone = Box::pin(queue.receive(request()));
    let mut stays = Box::pin(queue.receive(request()));
    let now = |future: &mut _| {
        let polled = futures_poll(future);
        polled.map(|received: Result<Vec<brume_queues::Received>, QueueError>| received.unwrap())
    };
    assert!(now(&mut gone).is_none() && now(&mut stays).is_none());
    queue.send(message("a")).await.unwrap();
    // The first one was woken, and nobody polls it any more.
    drop(gone);
    assert_eq!(bodies(&now(&mut stays).expect("woken")), ["a"]);
}

/// Polls once.
fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn dead_letters_are_moved_at_the_receive_that_is_one_too_many() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let dead = create(&queues, "dead", settings()).await;
    let queue = create(&queues, "q", with_dead_letters(settings(), "dead", 2)).await;
    let sent = queue.send(message("poison")).await.unwrap();
    for count in 1..=2 {
        assert_eq!(receive(&queue, 1).await[0].attributes.receive_count, count);
        clock.advance(30 * SECOND).await;
    }
    queue.send(message("good")).await.unwrap();
    assert_eq!(dead.counts().visible, 0);
    assert_eq!(receive_bodies(&queue, 10).await, ["good"]);
    let letters = receive(&dead, 10).await;
    assert_eq!((bodies(&letters), letters[0].id), (vec!["poison".to_owned()], sent.id));
    let attributes = &letters[0].attributes;
    assert_eq!(attributes.dead_letter_source.as_deref(), Some(&**queue.arn()));
    assert_eq!((attributes.sent_at_ms, attributes.receive_count), (START_MS, 3));
    let sources = queues.dead_letter_sources(dead.arn());
    assert_eq!(sources.iter().map(|it| it.key().clone()).collect::<Vec<_>>(), [key("q")]);
    // Without the dead-letter queue, messages stay.
    queues.delete(&key("dead")).await.unwrap();
    for _ in 0..3 {
        clock.advance(30 * SECOND).await;
        assert_eq!(receive_bodies(&queue, 10).await, ["good"]);
    }
}

#[tokio::test]
async fn a_purge_takes_what_is_there_and_has_to_cool_down() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q", settings()).await;
    for body in ["a", "b", "c"] {
        queue.send(message(body)).await.unwrap();
    }
    let received = receive(&queue, 1).await;
    queue.purge().await.unwrap();
    assert_eq!(queue.counts(), Counts::default());
    assert_eq!(receive(&queue, 10).await.len(), 0);
    assert_eq!(queue.peek(0, 10).len(), 0);
    delete(&queue, &received[0]).await;
    assert!(matches!(queue.purge().await, Err(QueueError::PurgeQueueInProgress)));
    queue.send(message("new")).await.unwrap();
    clock.advance(60 * SECOND).await;
    assert_eq!(receive_bodies(&queue, 10).await, ["new"]);
    queue.purge().await.unwrap();
}

#[tokio::test]
async fn a_peek_changes_nothing() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q", settings()).await;
    for number in 0..5 {
        queue.send(message(&number.to_string())).await.unwrap();
    }
    queue.send(NewMessage { delay_seconds: Some(9), ..message("late") }).await.unwrap();
    receive(&queue, 1).await;
    let page = queue.peek(0, 4);
    let rest = queue.peek(page[3].cursor, 4);
    let states = page.iter().chain(&rest).map(|it| it.state).collect::<Vec<_>>();
    assert_eq!(states[0], State::InFlight { until_ms: START_MS + 30_000 });
    assert_eq!(states[1..5], [State::Visible; 4]);
    assert_eq!(states[5], State::Delayed { until_ms: START_MS + 9_000 });
    assert_eq!(queue.counts(), Counts { visible: 4, in_flight: 1, delayed: 1 });
}

#[tokio::test]
async fn handles_of_others_are_refused() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q", settings()).await;
    let other = create(&queues, "other", settings()).await;
    queue.send(message("a")).await.unwrap();
    let received = receive(&queue, 1).await;
    for (queue, handle) in [(&other, received[0].handle.as_str()), (&queue, "AQEBwJnKyrHigUMZj6r")]
    {
        let refused = queue.delete(&[handle]).await.remove(0);
        assert!(matches!(refused, Err(QueueError::ReceiptHandleIsInvalid(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn limits_on_messages_and_in_flight() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q", Settings { maximum_message_bytes: 1_024, ..settings() }).await;
    let large = queue.send(message(&"x".repeat(1_025))).await;
    assert!(matches!(large, Err(QueueError::MessageTooLong { bytes_max: 1_024 })));
    let with_id = NewMessage { deduplication: Some("1".into()), ..message("a") };
    assert!(matches!(queue.send(with_id).await, Err(QueueError::NotForThisKind { .. })));
    for _ in 0..12_001 {
        queue.send_batch((0..10).map(|_| message("a")).collect()).await;
    }
    for _ in 0..12_000 {
        assert_eq!(receive(&queue, 10).await.len(), 10);
    }
    assert!(matches!(queue.receive(up_to(1)).await, Err(QueueError::OverLimit)));
}

#[tokio::test]
async fn groups_share_a_standard_queue_fairly() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q", settings()).await;
    for number in 0..200 {
        queue.send(in_group(&format!("noisy {number}"), "noisy")).await.unwrap();
    }
    for _ in 0..10 {
        assert_eq!(receive(&queue, 10).await.len(), 10);
    }
    // One group has everything in flight: the others come first, however late they are.
    for number in 0..20 {
        queue.send(in_group(&format!("quiet {number}"), "quiet")).await.unwrap();
    }
    queue.send(message("alone")).await.unwrap();
    let mut received = receive_bodies(&queue, 10).await;
    received.extend(receive_bodies(&queue, 11).await);
    assert!(received.iter().all(|body| !body.starts_with("noisy")), "{received:?}");
    assert!(receive_bodies(&queue, 1).await[0].starts_with("noisy"));
}

/// Servers spawn these futures.
#[test]
fn futures_can_be_sent_to_other_threads() {
    fn check<T: Send>(_: T) {}
    fn all(queues: &brume_queues::Queues, queue: &brume_queues::Queue) {
        check(queue.send(message("")));
        check(queue.send_batch(Vec::new()));
        check(queue.receive(up_to(1)));
        check(queue.delete(&[]));
        check(queue.change_visibility(&[]));
        check(queue.purge());
        check(queue.configure(settings()));
        check(queue.tag(Vec::new()));
        check(queue.untag(&[]));
        check(queues.create(key("q"), settings(), Vec::new()));
        check(queues.delete(queue.key()));
        check(queues.deliver(message("").content, Vec::new()));
        check(queues.start_move(queue.arn(), None, None));
        check(queues.cancel_move(""));
        check(queues.save(std::path::Path::new("")));
        check(queues.load(std::path::Path::new("")));
        check(queues.reset());
        check(queues.close());
    }
    let _ = all;
}
