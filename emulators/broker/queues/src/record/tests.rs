//! Records under test.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::content::{AttributeValue, Content, MessageAttribute};
use crate::engine::dedup::First;
use crate::engine::slab::{Extra, Message, Placement};
use crate::{DeduplicationScope, MessageId, ThroughputLimit};

fn message(body: &[u8]) -> Message {
    let attributes = vec![
        MessageAttribute {
            name: "a".into(),
            data_type: "Binary".into(),
            value: AttributeValue::Binary(vec![0, 200].into()),
        },
        MessageAttribute {
            name: "b".into(),
            data_type: "String.x".into(),
            value: AttributeValue::Text("é".into()),
        },
    ];
    let content = Arc::new(Content::new(body, attributes));
    let mut message = Message::new(content, MessageId([3; 16]), Arc::from("sender"));
    message.order = 77;
    message.sent_at_ms = 78;
    message.until_ms = 79;
    message.receive_count = 5;
    message.leases = 4;
    message.first_received_at_ms = 80;
    message.leased_at_ms = 81;
    message.placement = Placement::InFlight;
    let source = "arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap();
    let extra = Extra {
        deduplication: Some(Arc::from("id")),
        key: Some([9; 16]),
        trace_header: Some(Arc::from("Root=1")),
        dead_letter_source: Some(Arc::new(source)),
    };
    message.extra = extra.boxed();
    message
}

fn assert_same(found: &Message, expected: &Message) {
    assert_eq!((&found.content, found.id), (&expected.content, expected.id));
    assert_eq!((found.order, found.sent_at_ms), (expected.order, expected.sent_at_ms));
    assert_eq!((found.placement, found.until_ms), (expected.placement, expected.until_ms));
    assert_eq!((found.receive_count, found.leases), (expected.receive_count, expected.leases));
    assert_eq!(found.first_received_at_ms, expected.first_received_at_ms);
    assert_eq!(found.leased_at_ms, expected.leased_at_ms);
    assert_eq!((&found.sender, &found.extra), (&expected.sender, &expected.extra));
}

#[test]
fn messages_are_read_as_they_were_written() {
    let plain = Message::new(Arc::new(Content::new(b"", vec![])), MessageId([1; 16]), "me".into());
    let rich = message(b"body");
    let mut output = Vec::new();
    let put = |slot, message, group| Put { slot, message, group };
    puts(&mut output, 6, [put(1, &plain, None), put(2, &rich, Some("g"))].into_iter());
    let Ok(Record::Puts(found)) = Reader::default().read(&output) else { panic!("puts") };
    assert_eq!((found[0].0, found[0].1.slot, found[0].1.group), (6, 1, None));
    assert_same(&found[0].1.message, &plain);
    assert_eq!((found[1].1.slot, found[1].1.group), (2, Some("g")));
    assert_same(&found[1].1.message, &rich);
}

#[test]
fn a_fan_out_holds_its_content_once() {
    let (shared, other) = (message(b"shared body"), message(b"own"));
    let copy = Message::new(Arc::clone(&shared.content), MessageId([2; 16]), "me".into());
    let (mut targets, mut output) = (Vec::new(), Vec::new());
    for (id, message) in [(1, &shared), (2, &other), (3, &copy)] {
        let put = Put { slot: 0, message, group: None };
        target(&mut targets, id, &put, &shared.content);
    }
    fan_out(&mut output, &shared.content, 3, &targets);
    let text = String::from_utf8_lossy(&output);
    assert_eq!(text.matches("shared body").count(), 1);
    let Ok(Record::Puts(found)) = Reader::default().read(&output) else { panic!("puts") };
    assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_same(&found[1].1.message, &other);
    assert!(Arc::ptr_eq(&found[0].1.message.content, &found[2].1.message.content));
}

#[test]
fn a_queue_is_read_as_it_was_written() {
    let key = QueueKey::new(Account::default(), Region::default(), "q.fifo");
    let settings = Settings {
        policy: Some(Arc::from("{}")),
        redrive: Some(Redrive { target: key.arn(), max_receive_count: 3 }),
        redrive_allow: Some(RedriveAllow::Queues(vec![key.arn()])),
        fifo: Some(Fifo {
            content_based_deduplication: true,
            deduplication_scope: DeduplicationScope::MessageGroup,
            throughput_limit: ThroughputLimit::PerMessageGroupId,
        }),
        kms_master_key_id: Some(Arc::from("alias/aws/sqs")),
        ..Settings::default()
    };
    let facts = QueueFacts {
        tags: vec![("a".into(), "b".into())],
        created_at_ms: 1,
        modified_at_ms: 2,
        purged_at_ms: Some(3),
        horizon: 4,
        floor_ms: 5,
        last_order: 6,
        handle_id: 7,
    };
    let record = QueueRecord::new(&key, &settings, facts);
    let mut output = Vec::new();
    queue(&mut output, 8, &record);
    let Ok(Record::Queue(8, found)) = Reader::default().read(&output) else { panic!("a queue") };
    assert_eq!((*found).clone(), record);
    assert_eq!((found.key(), found.settings()), (Some(key), settings));
}

#[test]
fn small_records_are_read_as_they_were_written() {
    let mut reader = Reader::default();
    let mut output = Vec::new();
    lease(&mut output, 1, (2, 3), Some("try"), [(4, 5)].into_iter());
    assert!(matches!(
        reader.read(&output),
        Ok(Record::Lease { queue: 1, now_ms: 2, until_ms: 3, attempt: "try", leases })
            if leases == [(4, 5)]
    ));
    output.clear();
    changes(&mut output, 1, [(2, 3, 4)].into_iter());
    assert!(matches!(reader.read(&output), Ok(Record::Changes(1, it)) if it == [(2, 3, 4)]));
    output.clear();
    deletions(&mut output, 1, [(2, 3)].into_iter());
    assert!(matches!(reader.read(&output), Ok(Record::Deletions(1, it)) if it == [(2, 3)]));
    output.clear();
    purge(&mut output, 1, 2, 3);
    assert!(matches!(reader.read(&output), Ok(Record::Purge { queue: 1, horizon: 2, at_ms: 3 })));
    output.clear();
    let first = First { id: MessageId([1; 16]), order: 2, at_ms: 3 };
    deduplications(&mut output, 1, [([4; 16], first)].into_iter());
    let expected = [([4; 16], first)];
    assert!(matches!(reader.read(&output), Ok(Record::Deduplications(1, it)) if it == expected));
    output.clear();
    replaced(&mut output, &(3..9));
    assert!(matches!(reader.read(&output), Ok(Record::Replaced(3, 9))));
}

proptest! {
    /// Whatever the bytes are, reading them does no harm, and half a record is none.
    #[test]
    fn rubbish_is_refused(rubbish in prop::collection::vec(any::<u8>(), 0..300), cut in 0.0..1.0) {
        let _ = Reader::default().read(&rubbish);
        let mut output = Vec::new();
        let message = message(b"body");
        let put = Put { slot: 1, message: &message, group: Some("g") };
        puts(&mut output, 1, [put].into_iter());
        let cut = (output.len() as f64 * cut) as usize;
        prop_assert!(Reader::default().read(&output[..cut]).is_err());
        let mut longer = output.clone();
        longer.push(0);
        prop_assert!(Reader::default().read(&longer).is_err());
        for (byte, other) in output[1..].iter_mut().zip(&rubbish) {
            *byte ^= other;
        }
        let _ = Reader::default().read(&output);
    }
}
