//! The scanner against `serde_json`: what it accepts means the same there.

use proptest::prelude::*;

use super::super::exercise_json;
use super::*;

#[test]
fn usual_bodies_are_scanned() {
    let url = r#""QueueUrl": "http://localhost:4566/000000000000/q""#;
    let attributes = r#"{"a.b": {"DataType": "Number", "StringValue": "1"},
        "b": {"BinaryValue": "AAE=", "DataType": "Binary"}}"#;
    let send = format!(
        r#"{{{url}, "MessageBody": "{{\"a\":\u00e4\ud83d\ude00 ü}}", "DelaySeconds": 5,
        "MessageAttributes": {attributes}, "MessageGroupId": "g"}}"#
    );
    let scanned = send_message(send.as_bytes()).unwrap();
    assert_eq!(scanned.message.message_body.as_deref(), Some("{\"a\":ä😀 ü}"));
    assert_eq!(scanned.message.delay_seconds, Some(5));
    assert_eq!(scanned.message.message_attributes.len(), 2);
    exercise_json(send.as_bytes());

    let batch = format!(
        r#"{{{url},"Entries":[{{"Id":"1","MessageBody":"a"}},{{"Id":"2","MessageBody":"b"}}]}}"#
    );
    assert_eq!(send_message_batch(batch.as_bytes()).unwrap().entries.len(), 2);
    let delete = format!(r#"{{{url}, "ReceiptHandle": "AQEB+/="}}"#);
    assert_eq!(handle(delete.as_bytes()).unwrap().receipt_handle.as_deref(), Some("AQEB+/="));
    let deletes = format!(r#"{{{url}, "Entries": [{{"Id": "x", "ReceiptHandle": "y"}}]}}"#);
    assert_eq!(handle_batch(deletes.as_bytes()).unwrap().entries.len(), 1);
    let receive = format!(
        r#"{{{url}, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
        "MessageAttributeNames": ["All"], "AttributeNames": []}}"#
    );
    assert_eq!(receive_message(receive.as_bytes()).unwrap().max_number_of_messages, Some(10));
    for body in [batch, delete, deletes, receive] {
        exercise_json(body.as_bytes());
    }
}

#[test]
fn unusual_bodies_are_left_to_the_parser() {
    let unusual = [
        r#"{"MessageBody": null}"#,
        r#"{"MessageBody": "a", "MessageBody": "b"}"#,
        r#"{"Other": 1}"#,
        r#"{"DelaySeconds": 1.0}"#,
        r#"{"DelaySeconds": -0}"#,
        r#"{"DelaySeconds": 01}"#,
        r#"{"DelaySeconds": 9223372036854775807}"#,
        r#"{"DelaySeconds": }"#,
        r#"{"MessageBody": "\ud83d"}"#,
        r#"{"MessageBody": "\udc00"}"#,
        r#"{"MessageBody": "\ud83dx"}"#,
        r#"{"MessageBody": "\x"}"#,
        "{\"MessageBody\": \"a\nb\"}",
        r#"{"MessageBody": "a"} x"#,
        r#"{"MessageBody": "a",}"#,
        r#"{"MessageBody": "a""#,
        r#"{"MessageBody": "a"#,
        "[]",
        "",
    ];
    for body in unusual {
        assert_eq!(send_message(body.as_bytes()), None, "{body}");
        exercise_json(body.as_bytes());
    }
    assert_eq!(send_message(b"{\"MessageBody\": \"\xFF\"}"), None);
}

fn text() -> impl Strategy<Value = String> {
    let escapes = prop_oneof![
        Just(r#"\""#.to_owned()),
        Just(r"\\".to_owned()),
        Just(r"\n".to_owned()),
        Just(r"\u00E9".to_owned()),
        Just(r"\ud83d\ude00".to_owned()),
        Just(r"\ud83d".to_owned()),
        Just(r"\q".to_owned()),
    ];
    let part = prop_oneof![6 => "[ -!#-\\[\\]-~äß€😀]{0,6}", 1 => escapes, 1 => "\\PC{0,2}"];
    prop::collection::vec(part, 0..4).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => text(),
        3 => any::<i64>().prop_map(|number| number.to_string()),
        1 => Just("null".to_owned()),
        1 => Just("1.5".to_owned()),
        1 => Just("true".to_owned()),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let member = (name(), inner.clone()).prop_map(|(name, value)| format!("{name}:{value}"));
        prop_oneof![
            prop::collection::vec(member, 0..5)
                .prop_map(|members| format!("{{ {} }}", members.join(","))),
            prop::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(" , "))),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "QueueUrl",
        "MessageBody",
        "DelaySeconds",
        "MessageAttributes",
        "MessageSystemAttributes",
        "MessageGroupId",
        "Entries",
        "Id",
        "ReceiptHandle",
        "VisibilityTimeout",
        "AttributeNames",
        "MaxNumberOfMessages",
        "WaitTimeSeconds",
        "DataType",
        "StringValue",
        "BinaryValue",
    ]);
    prop_oneof![8 => known.prop_map(|name| format!("\"{name}\"")), 1 => text()]
}

/// Objects whose members have values of the kind that belongs to them, most of the time.
fn plausible() -> impl Strategy<Value = String> {
    let attribute = (text(), text(), text()).prop_map(|(name, data_type, value)| {
        format!(r#"{name}: {{"DataType":{data_type},"StringValue" : {value}}}"#)
    });
    let attributes = prop::collection::vec(attribute, 0..3).prop_map(|them| them.join(","));
    let member = prop_oneof![
        text().prop_map(|value| format!("\"MessageBody\":{value}")),
        text().prop_map(|value| format!("\"QueueUrl\" :{value}")),
        text().prop_map(|value| format!("\"Id\":{value}")),
        text().prop_map(|value| format!("\"ReceiptHandle\": {value}")),
        any::<i32>().prop_map(|value| format!("\"DelaySeconds\":{value}")),
        any::<i32>().prop_map(|value| format!("\"VisibilityTimeout\": {value} ")),
        attributes.prop_map(|value| format!("\"MessageAttributes\":{{{value}}}")),
    ];
    let object = prop::collection::vec(member, 0..5)
        .prop_map(|members| format!("{{{}}}", members.join(" ,\n")));
    let entries =
        (prop::collection::vec(object.clone(), 0..3), text()).prop_map(|(entries, url)| {
            format!(r#"{{"Entries":[{}],"QueueUrl":{url}}}"#, entries.join(","))
        });
    prop_oneof![object, entries]
}

proptest! {
    #[test]
    fn scanner_and_parser_agree_on_plausible_bodies(body in plausible()) {
        exercise_json(body.as_bytes());
    }

    #[test]
    fn scanner_and_parser_agree_on_any_json(body in value()) {
        exercise_json(body.as_bytes());
    }

    #[test]
    fn scanner_and_parser_agree_on_damaged_bodies(
        body in plausible(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut body = body.into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        exercise_json(&body);
        exercise_json(&body[..at]);
    }

    #[test]
    fn no_bytes_are_too_odd(body in prop::collection::vec(any::<u8>(), 0..64)) {
        exercise_json(&body);
    }
}
