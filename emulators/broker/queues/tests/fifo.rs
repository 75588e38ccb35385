//! What users of FIFO queues see.

mod common;

use std::time::Duration;

use brume_queues::{
    Content, DeduplicationScope, Delivery, Fifo, NewMessage, QueueError, Receive, Settings,
};
use common::*;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_group_is_served_in_order_and_waits_for_what_is_out() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q.fifo", fifo()).await;
    for (body, group) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")] {
        queue.send(ordered(body, group)).await.unwrap();
    }
    let first = receive(&queue, 2).await;
    assert_eq!(bodies(&first), ["a1", "a2"]);
    assert_eq!(receive_bodies(&queue, 10).await, ["b1"]);
    assert_eq!(receive(&queue, 10).await.len(), 0);
    delete(&queue, &first[0]).await;
    assert_eq!(receive(&queue, 10).await.len(), 0, "a2 is still out");
    clock.advance(30 * SECOND).await;
    assert_eq!(receive_bodies(&queue, 10).await, ["a2", "a3", "b1"]);
}

#[tokio::test]
async fn messages_come_back_to_their_places() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q.fifo", fifo()).await;
    for body in ["1", "2", "3", "4"] {
        queue.send(ordered(body, "g")).await.unwrap();
    }
    let out = receive(&queue, 3).await;
    for at in [1, 2, 0] {
        queue.change_visibility(&[(&out[at].handle, 0)]).await.remove(0).unwrap();
    }
    assert_eq!(receive_bodies(&queue, 10).await, ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn the_same_id_is_the_same_message_for_five_minutes() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q.fifo", fifo()).await;
    let first = queue.send(ordered("x", "a")).await.unwrap();
    let received = receive(&queue, 1).await;
    delete(&queue, &received[0]).await;
    clock.advance(299 * SECOND).await;
    let again = queue.send(ordered("x", "b")).await.unwrap();
    assert_eq!((again.id, again.sequence, again.is_duplicate), (first.id, first.sequence, true));
    assert_eq!(receive(&queue, 1).await.len(), 0);
    clock.advance(SECOND).await;
    let new = queue.send(ordered("x", "b")).await.unwrap();
    assert!(!new.is_duplicate && new.sequence > first.sequence);
    assert_eq!(new.sequence.unwrap().to_string().len(), 20);
}

#[tokio::test]
async fn ids_are_compared_within_a_group_if_that_is_the_scope() {
    let queues = ephemeral(&frozen());
    let scope = DeduplicationScope::MessageGroup;
    let kind =
        Fifo { deduplication_scope: scope, content_based_deduplication: true, ..Fifo::default() };
    let queue = create(&queues, "q.fifo", Settings { fifo: Some(kind), ..settings() }).await;
    for (body, group, is_duplicate) in
        [("x", "a", false), ("x", "b", false), ("x", "a", true), ("y", "a", false)]
    {
        let sent = queue.send(in_group(body, group)).await.unwrap();
        assert_eq!(sent.is_duplicate, is_duplicate, "{body} {group}");
    }
}

#[tokio::test]
async fn what_a_fifo_queue_needs_and_refuses() {
    let queues = ephemeral(&frozen());
    let queue = create(&queues, "q.fifo", fifo()).await;
    assert!(matches!(queue.send(message("a")).await, Err(QueueError::MissingGroup)));
    let without_id = queue.send(in_group("a", "g")).await;
    assert!(matches!(without_id, Err(QueueError::MissingDeduplication)));
    let delayed = NewMessage { delay_seconds: Some(1), ..ordered("a", "g") };
    assert!(matches!(queue.send(delayed).await, Err(QueueError::NotForThisKind { .. })));
    let standard = queues.create(key("q"), fifo(), Vec::new()).await;
    assert!(matches!(standard, Err(QueueError::InvalidAttributeValue { .. })));
}

#[tokio::test]
async fn a_receive_that_is_tried_again_gets_the_same_messages() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q.fifo", fifo()).await;
    for body in ["1", "2", "3"] {
        queue.send(ordered(body, "g")).await.unwrap();
    }
    let request = || Receive { attempt_id: Some("try".into()), ..up_to(2) };
    let first = queue.receive(request()).await.unwrap();
    clock.advance(20 * SECOND).await;
    let second = queue.receive(request()).await.unwrap();
    let handles = |received: &[brume_queues::Received]| {
        received.iter().map(|it| it.handle.clone()).collect::<Vec<_>>()
    };
    assert_eq!(handles(&first), handles(&second));
    // The visibility began anew.
    clock.advance(20 * SECOND).await;
    delete(&queue, &first[0]).await;
    assert_eq!(queue.receive(request()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn an_expired_handle_is_refused() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q.fifo", fifo()).await;
    queue.send(ordered("x", "a")).await.unwrap();
    let received = receive(&queue, 1).await;
    clock.advance(30 * SECOND).await;
    let deleted = queue.delete(&[&received[0].handle]).await.remove(0);
    assert!(matches!(deleted, Err(QueueError::ReceiptHandleExpired)), "{deleted:?}");
}

#[tokio::test]
async fn dead_letters_keep_their_group_and_free_it() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let dead = create(&queues, "dead.fifo", fifo()).await;
    let queue = create(&queues, "q.fifo", with_dead_letters(fifo(), "dead.fifo", 1)).await;
    let sent = queue.send(ordered("poison", "g")).await.unwrap();
    queue.send(ordered("good", "g")).await.unwrap();
    assert_eq!(receive_bodies(&queue, 1).await, ["poison"]);
    clock.advance(30 * SECOND).await;
    assert_eq!(receive_bodies(&queue, 10).await, ["good"]);
    let letter = receive(&dead, 10).await.remove(0);
    assert_eq!((letter.id, letter.attributes.group.as_deref()), (sent.id, Some("g")));
    // The id of the message takes the place of the deduplication id; retention begins anew.
    assert_eq!(letter.attributes.deduplication.as_deref(), Some(&*sent.id.to_string()));
    assert_eq!(letter.attributes.sent_at_ms, START_MS + 30_000);
}

#[tokio::test]
async fn a_delay_of_the_queue_keeps_the_order() {
    let clock = frozen();
    let queues = ephemeral(&clock);
    let queue = create(&queues, "q.fifo", Settings { delay_seconds: 10, ..fifo() }).await;
    queue.send(ordered("1", "g")).await.unwrap();
    queue.configure(fifo()).await.unwrap();
    queue.send(ordered("2", "g")).await.unwrap();
    assert_eq!(receive(&queue, 10).await.len(), 0, "2 must not pass 1");
    clock.advance(10 * SECOND).await;
    assert_eq!(receive_bodies(&queue, 10).await, ["1", "2"]);
}

#[tokio::test]
async fn a_fan_out_keeps_order_and_refuses_for_one_only() {
    let queues = ephemeral(&frozen());
    let first = create(&queues, "1.fifo", fifo()).await;
    let second = create(&queues, "2", settings()).await;
    let third = create(&queues, "3.fifo", fifo()).await;
    let delivery = |queue: &std::sync::Arc<brume_queues::Queue>, id: Option<&str>| Delivery {
        queue: queue.clone(),
        group: id.map(|_| "g".into()),
        deduplication: id.map(Into::into),
        trace_header: None,
        sender: "topic".into(),
        body_override: None,
    };
    for id in ["1", "2", "1"] {
        let content = std::sync::Arc::new(Content::new(id.as_bytes(), Vec::new()));
        let other = Delivery { body_override: Some("own".into()), ..delivery(&second, None) };
        let deliveries = vec![delivery(&first, Some(id)), other, delivery(&third, None)];
        let results = queues.deliver(content, deliveries).await;
        assert!(results[0].is_ok() && results[1].is_ok());
        assert!(matches!(results[2], Err(QueueError::MissingGroup)));
    }
    assert_eq!(receive_bodies(&first, 10).await, ["1", "2"]);
    assert_eq!(receive_bodies(&second, 10).await, ["own"; 3]);
}
