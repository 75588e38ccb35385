//! The language as its users see it.

use std::collections::BTreeMap;

use brume_plugin::ExitCode;
use proptest::prelude::*;

use super::*;
use crate::message::{Attribute, AttributeValue, DeadLetter};
use jiff::Timestamp;

const NOW_MS: i64 = 1_800_000_000_000;

fn letter() -> DeadLetter {
    let body = serde_json::json!({
        "Type": "Notification",
        "MessageId": "dc1e94d9",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:orders",
        "Subject": "hello",
        "Message": "{\"order\":{\"id\":\"x-17\",\"rows\":[{\"sku\":\"a\"}],\"total\":12.50,\
            \"number\":9007199254740993,\"gone\":null,\"tags\":[\"red\",\"blue\"],\"a/b\":1}}",
        "UnsubscribeURL":
            "http://x/?SubscriptionArn=arn:aws:sns:us-east-1:000000000000:orders:6b0e71bd",
        "MessageAttributes": {
            "kind": {"Type": "String", "Value": "order.created"},
            "weight": {"Type": "Number", "Value": "7"},
            "tags": {"Type": "String.Array", "Value": "[\"x\",\"y\"]"},
            "two words": {"Type": "String", "Value": "yes"}
        }
    });
    let blob = Attribute { data_type: "Binary".into(), value: AttributeValue::Binary(vec![1]) };
    let system = [
        ("SentTimestamp", (NOW_MS - 3 * 3_600_000).to_string()),
        ("ApproximateReceiveCount", "3".to_owned()),
        ("SenderId", "AIDA".to_owned()),
        ("MessageGroupId", "g1".to_owned()),
    ];
    DeadLetter::new(
        "0b1c7d1e-0000-4000-8000-000000000001".to_owned(),
        body.to_string(),
        BTreeMap::from([("blob".to_owned(), blob)]),
        system.map(|(name, value)| (name.to_owned(), value)).into(),
        None,
    )
}

fn holds(text: &str) -> bool {
    let letter = letter();
    let now = Timestamp::from_millisecond(NOW_MS).unwrap();
    let mut subject = Subject::new(&letter, now);
    subject.reason = Some("policy");
    match Expression::parse(text) {
        Ok(expression) => expression.matches(&subject),
        Err(error) => panic!("{text}: {error} {:?}", error.causes),
    }
}

#[test]
fn fields_and_operators() {
    for text in [
        r#"body./order/id == "x-17""#,
        r#"body./order/id = x-17"#,
        r#"body./order/rows/0/sku == 'a'"#,
        r#"body./order/a~1b == 1"#,
        "body./order/total >= 12.5",
        "body./order/total == 12.5",
        "body./order/number == 9007199254740993",
        "body./order/number != 9007199254740992",
        "body./order/gone == null",
        "not body./order/gone",
        "body./order",
        r#"body./order/tags == "blue""#,
        "body./order/tags ~ LU",
        r#"body ~ "x-17""#,
        r#"envelope./Subject == "hello""#,
        "subject == hello",
        r#"attr.kind in ("a", "order.created")"#,
        r#"attr.kind not in ("a", "b")"#,
        "attr.kind ~ ORDER*ated",
        "attr.kind !~ deleted",
        "attr.weight > 6.5 and attr.weight < 10",
        "attr.tags == y",
        r#"attr."two words" == yes"#,
        "attr.blob",
        "not attr.nothing",
        "attr.nothing != x",
        r#"subscription ~ "orders""#,
        "subscription == arn:aws:sns:us-east-1:000000000000:orders:6b0e71bd",
        "topic ~ orders",
        "age > 2h",
        "age > 2h59m and age < 3h1s",
        "age<1d",
        "receives >= 3",
        "receives in (1, 3)",
        "reason == policy",
        "reason=policy",
        "id == 0b1c7d1e-0000-4000-8000-000000000001",
        "system.SenderId == AIDA",
        "group == g1",
        "size > 100",
        "not (attr.a or attr.b)",
        "attr.a or attr.kind and attr.weight",
        "!attr.a && attr.kind || attr.b",
        "NOT attr.a AND attr.kind",
        "attr.kind contains order",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "body./order/id == y",
        "body./nothing == null",
        "body./order/total == twelve",
        "attr.nothing == x",
        "attr.nothing < 5",
        "attr.blob == x",
        "age > 4h",
        "source",
        "attr.kind == true",
        "body./order/id < 5",
        "attr.a or attr.b and attr.kind",
        "not attr.kind or attr.a",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn mistakes_are_marked() {
    for (text, message, marked) in [
        ("", "a field is missing at the end", ""),
        ("attr.kind ==", "a value is missing at the end", ""),
        ("attr.kind == \"a", "this text has no closing \"", "\"a"),
        ("atr.kind == 1", "there is no field 'atr.kind'", "atr.kind"),
        ("recieves > 1", "there is no field 'recieves'", "recieves"),
        ("body.order.id == 1", "a JSON pointer begins with /", "order.id"),
        ("age > 5", "age needs a time span", "5"),
        ("receives > 2h", "only age is a time span", "2h"),
        ("receives > x", "a number was expected here", "x"),
        ("(attr.a", "this parenthesis is never closed", "("),
        ("attr.a)", "nothing is open that this could close", ")"),
        ("attr.a attr.b", "and, or, or the end was expected here", "attr.b"),
        ("\"x\" == attr.a", "a comparison begins with a field", "\"x\""),
        ("attr.a in b", "( behind 'in' was expected here", "b"),
        ("attr.a in (b c)", ", or ) was expected here", "c"),
        ("attr.a in (b", ", or ) is missing at the end", ""),
        ("attr.a == %", "'%' has no meaning here", "%"),
        ("attr. == 1", "attr. needs a name", "attr."),
    ] {
        let error = Expression::parse(text).unwrap_err();
        assert_eq!(error.code, ExitCode::Usage, "{text}");
        assert_eq!(error.message, format!("--where: {message}"), "{text}");
        let column = error.causes[1].find('^').unwrap();
        assert!(error.causes[0][column.min(text.len())..].starts_with(marked), "{text}: {error:?}");
    }
    let error = Expression::parse("recieves > 1").unwrap_err();
    assert_eq!(error.hints, ["did you mean 'receives'?"]);
}

#[test]
fn limits_hold() {
    for text in [
        format!("{}attr.a{}", "(".repeat(40), ")".repeat(40)),
        format!("{} attr.a", "not ".repeat(40)),
        vec!["attr.a"; 300].join(" or "),
        format!("attr.a in ({})", vec!["1"; 300].join(",")),
        format!("attr.a == \"{}\"", "x".repeat(5000)),
    ] {
        assert!(Expression::parse(&text).is_err());
    }
    assert!(Expression::parse(&format!("{}attr.a{}", "(".repeat(30), ")".repeat(30))).is_ok());
}

#[test]
fn what_costs_requests_is_known() {
    assert!(Expression::parse("attr.a or not (reason == x)").unwrap().asks_reason());
    assert!(!Expression::parse("attr.reason == x").unwrap().asks_reason());
    assert!(Expression::parse("subscription ~ x").unwrap().asks_subscription());
}

proptest! {
    #[test]
    fn no_text_hangs_or_breaks_it(text in "\\PC{0,60}") {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn no_soup_of_tokens_breaks_it(words in prop::collection::vec(prop::sample::select(vec![
        "and", "or", "not", "in", "(", ")", ",", "==", "~", "attr.a", "body./x", "age", "2h",
        "\"t\"", "5", "é", "\"", "'", "\\", "body", "null",
    ]), 0..40)) {
        if let Ok(expression) = Expression::parse(&words.join(" ")) {
            let letter = letter();
            let now = Timestamp::from_millisecond(NOW_MS).unwrap();
            let _ = expression.matches(&Subject::new(&letter, now));
        }
    }

    #[test]
    fn quoted_texts_come_through(text in "\\PC{0,40}") {
        let letter = DeadLetter {
            body: text.clone(),
            ..DeadLetter::default()
        };
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let expression = Expression::parse(&format!("body == \"{quoted}\"")).unwrap();
        prop_assert!(expression.matches(&Subject::new(&letter, Timestamp::UNIX_EPOCH)));
    }

    #[test]
    fn not_and_or_obey_logic(a: bool, b: bool) {
        let word = |value: bool| if value { "attr.kind" } else { "attr.none" };
        let (x, y) = (word(a), word(b));
        prop_assert_eq!(holds(&format!("not ({x} and {y})")), !(a && b));
        prop_assert_eq!(holds(&format!("not {x} or not {y}")), !a || !b);
        prop_assert_eq!(holds(&format!("({x} or {y}) and not ({x} and {y})")), a ^ b);
    }
}
