//! Which messages may be sent.

use brume_queues::Fifo;
use proptest::prelude::*;

use super::*;
use crate::request::Text;

fn text(text: &str) -> Option<Text<'_>> {
    Some(Text::Borrowed(text))
}

fn message(body: &str) -> MessageInput<'_> {
    MessageInput { message_body: text(body), ..MessageInput::default() }
}

fn attribute<'a>(name: &'a str, data_type: &'a str, value: &'a str) -> MessageInput<'a> {
    let input = if data_type.starts_with("Binary") {
        AttributeInput {
            data_type: text(data_type),
            binary_value: text(value),
            ..Default::default()
        }
    } else {
        AttributeInput {
            data_type: text(data_type),
            string_value: text(value),
            ..Default::default()
        }
    };
    MessageInput { message_attributes: vec![(Text::Borrowed(name), input)], ..message("body") }
}

fn checked(input: MessageInput<'_>, settings: &Settings) -> Result<Checked, AwsError> {
    check(input, settings, &Arc::from("000000000000"), false)
}

fn refusal(input: MessageInput<'_>) -> String {
    refusal_of(input, &Settings::default())
}

fn refusal_of(input: MessageInput<'_>, settings: &Settings) -> String {
    let error = checked(input, settings).unwrap_err();
    format!("{}: {}", error.query_code.unwrap_or(error.code), error.message)
}

#[test]
fn bodies_hold_only_what_xml_can_hold() {
    for fine in ["a", "\t\r\n", "ä€😀", "\u{D7FF}\u{E000}\u{FFFD}\u{10FFFF}", "\u{7F}\u{FF}"] {
        assert!(checked(message(fine), &Settings::default()).is_ok(), "{fine:?}");
    }
    for (body, shown) in
        [("a\u{7}", "#x7"), ("\0", "#x0"), ("a\u{FFFE}", "#xFFFE"), ("\u{FFFF}b", "#xFFFF")]
    {
        assert_eq!(
            refusal(message(body)),
            format!(
                "InvalidMessageContents: Invalid binary character '{shown}' was found in the \
                 message body, the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | \
                 [#xE000-#xFFFD] | [#x10000-#x10FFFF]."
            )
        );
    }
    assert_eq!(
        refusal(message("")),
        "MissingParameter: The request must contain the parameter MessageBody."
    );
}

#[test]
fn the_size_counts_body_and_attributes() {
    let settings = Settings { maximum_message_bytes: 1_024, ..Settings::default() };
    let exact = "x".repeat(1_024);
    assert!(checked(message(&exact), &settings).is_ok());
    let long = "x".repeat(1_025);
    let expected = "InvalidParameterValue: One or more parameters are invalid. Reason: Message \
                    must be shorter than 1024 bytes.";
    assert_eq!(refusal_of(message(&long), &settings), expected);
    let with_attribute =
        MessageInput { message_body: text(&exact), ..attribute("n", "String", "v") };
    assert_eq!(refusal_of(with_attribute, &settings), expected);
    let in_batch = check(message(&long), &settings, &Arc::from("x"), true).unwrap_err();
    assert!(in_batch.message.starts_with("One or more parameters cannot be validated."));
}

#[test]
fn delays_have_a_range() {
    for delay in [0, 900] {
        let input = MessageInput { delay_seconds: Some(delay), ..message("a") };
        assert!(checked(input, &Settings::default()).is_ok());
    }
    for delay in [-1, 901, i64::MAX, i64::MIN] {
        let input = MessageInput { delay_seconds: Some(delay), ..message("a") };
        assert_eq!(
            refusal(input),
            format!(
                "InvalidParameterValue: Value {delay} for parameter DelaySeconds is invalid. \
                 Reason: DelaySeconds must be >= 0 and <= 900."
            )
        );
    }
}

#[test]
fn fifo_queues_want_a_group_and_a_deduplication_id() {
    let fifo = Settings { fifo: Some(Fifo::default()), ..Settings::default() };
    let by_content = Fifo { content_based_deduplication: true, ..Fifo::default() };
    let by_content = Settings { fifo: Some(by_content), ..Settings::default() };
    let grouped = || MessageInput { message_group_id: text("g"), ..message("a") };
    assert!(checked(grouped(), &by_content).is_ok());
    assert_eq!(
        refusal_of(message("a"), &by_content),
        "MissingParameter: The request must contain the parameter MessageGroupId."
    );
    assert_eq!(
        refusal_of(grouped(), &fifo),
        "InvalidParameterValue: The queue should either have ContentBasedDeduplication enabled or \
         MessageDeduplicationId provided explicitly"
    );
    let delayed = |seconds| MessageInput { delay_seconds: Some(seconds), ..grouped() };
    assert!(checked(delayed(0), &by_content).unwrap().message.delay_seconds.is_none());
    assert_eq!(
        refusal_of(delayed(2), &by_content),
        "InvalidParameterValue: Value 2 for parameter DelaySeconds is invalid. Reason: The \
         request include parameter that is not valid for this queue type."
    );
    let deduplicated = MessageInput { message_deduplication_id: text("d"), ..message("a") };
    assert!(refusal(deduplicated).contains("not valid for this queue type"));
    assert!(checked(grouped(), &Settings::default()).is_ok(), "fair queues take groups");
}

#[test]
fn ids_are_printable() {
    for id in ["", "group 123", "ä", &"a".repeat(129)] {
        let input = MessageInput { message_group_id: text(id), ..message("a") };
        assert_eq!(
            refusal(input),
            format!(
                "InvalidParameterValue: Value {id} for parameter MessageGroupId is invalid. \
                 Reason: MessageGroupId can only include alphanumeric and punctuation characters. \
                 1 to 128 in length."
            )
        );
    }
    let all = (b'!'..=b'~').map(char::from).collect::<String>();
    let input = MessageInput { message_group_id: text(&all), ..message("a") };
    assert!(checked(input, &Settings::default()).is_ok());
}

#[test]
fn attributes_have_names_types_and_values() {
    for (name, data_type, value) in [
        ("a", "String", "x"),
        ("a.b-c_1", "String.own", "x"),
        ("n", "Number", "-1.5e3"),
        ("n", "Number.int", "12345678901234567890123456789012345678"),
        ("b", "Binary.png", "AAEC"),
        ("b", "Binary", "AAE="),
        ("b", "Binary", "AAE"),
        ("awsome", "String", "x"),
    ] {
        let input = attribute(name, data_type, value);
        assert!(checked(input, &Settings::default()).is_ok(), "{name} {data_type} {value}");
    }
    let long = "a".repeat(257);
    for (name, data_type, value, reason) in [
        ("", "String", "x", "non-empty message attribute name"),
        ("a b", "String", "x", "is invalid. Attribute name can contain"),
        (".a", "String", "x", "cannot start or end with '.'"),
        ("a.", "String", "x", "cannot start or end with '.'"),
        ("a..b", "String", "x", "cannot start or end with '.'"),
        ("AWS.x", "String", "x", "beginning with 'AWS.' or 'Amazon.'"),
        ("amazon.x", "String", "x", "beginning with 'AWS.' or 'Amazon.'"),
        (&long, "String", "x", "names must be shorter than 256 Bytes"),
        ("a", "", "x", "must contain non-empty message attribute type"),
        ("a", "Text", "x", "supported type prefixes: Binary, Number, String"),
        ("a", "Strings", "x", "supported type prefixes: Binary, Number, String"),
        ("a", &format!("String.{long}"), "x", "types must be shorter than 256 Bytes"),
        (
            "a",
            "String",
            "",
            "Message (user) attribute 'a' must contain a non-empty value of type 'String'.",
        ),
        ("a", "String", "\u{1}", "Invalid binary character '#x1'"),
        ("a", "Number", "one", "Can't cast the value of message (user) attribute 'a' to a number."),
        ("a", "Number", "NaN", "to a number"),
        ("a", "Binary", "!", "is not base64"),
        ("a", "Binary", "", "must contain a non-empty value of type 'Binary'."),
    ] {
        let found = refusal(attribute(name, data_type, value));
        assert!(found.contains(reason), "{name} {data_type} {value}: {found}");
    }
}

#[test]
fn there_are_ten_attributes_at_most() {
    let names = (0..11).map(|index| format!("a{index}")).collect::<Vec<_>>();
    let with = |count: usize| {
        let input = AttributeInput {
            data_type: text("String"),
            string_value: text("v"),
            ..Default::default()
        };
        let attributes = names[..count].iter().map(|name| (Text::Borrowed(&**name), input.clone()));
        MessageInput { message_attributes: attributes.collect(), ..message("a") }
    };
    assert!(checked(with(10), &Settings::default()).is_ok());
    assert_eq!(
        refusal(with(11)),
        "InvalidParameterValue: Number of message attributes [11] exceeds the allowed maximum [10]."
    );
}

#[test]
fn the_trace_header_is_the_only_system_attribute() {
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let input = |name, data_type| {
        let MessageInput { message_attributes, .. } = attribute(name, data_type, header);
        MessageInput { message_system_attributes: message_attributes, ..message("a") }
    };
    let fine = checked(input("AWSTraceHeader", "String"), &Settings::default()).unwrap();
    assert_eq!(fine.message.trace_header.as_deref(), Some(header));
    assert_eq!(fine.system_md5, Some(md5_of_trace_header(header)));
    assert!(refusal(input("Other", "String")).contains("is invalid"));
    assert!(refusal(input("AWSTraceHeader", "Binary")).contains("type 'String'"));
}

/// Recorded by others on AWS itself.
#[test]
fn digests_are_those_of_aws() {
    let md5 = |input: MessageInput<'_>| {
        let checked = checked(input, &Settings::default()).unwrap();
        let content = checked.message.content;
        (content.body_md5().to_string(), content.attributes_md5().map(|md5| md5.to_string()))
    };
    let kenobi = [("Hello", "There"), ("General", "Kenobi"), ("Help.Me", "Me")];
    let attributes = |names: &[usize]| {
        let one = |&index: &usize| {
            let (name, value) = kenobi[index];
            attribute(name, "String", value).message_attributes.remove(0)
        };
        MessageInput { message_attributes: names.iter().map(one).collect(), ..message("msg") }
    };
    let body = "6e2baaf3b97dbeef01c0043275f9a0e7";
    for (names, expected) in [
        (&[0, 1, 2][..], "4c360f3fdafd970e05fae2f149d997f5"),
        (&[2, 1, 0], "4c360f3fdafd970e05fae2f149d997f5"),
        (&[0, 1], "fca026605781cb4126a1e9044df24232"),
        (&[0], "a311262e065454b75da111d535b8dacd"),
        (&[0, 2], "83fee93c1bcd8b9a5a923ffacdc636c7"),
    ] {
        assert_eq!(md5(attributes(names)), (body.to_owned(), Some(expected.to_owned())));
    }
    let binary =
        BASE64.encode("traceparent\u{1e}00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01");
    let (_, found) = md5(attribute("attr1", "Binary", &binary));
    assert_eq!(found.as_deref(), Some("8cbe4db156db8a94db8b801b7addb984"));
}

proptest! {
    #[test]
    fn the_quick_look_finds_what_a_slow_one_finds(body in any::<String>()) {
        let slow = body.chars().find(|character| {
            let code = u32::from(*character);
            !matches!(code, 9 | 10 | 13 | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x1_0000..=0x10_FFFF)
        });
        prop_assert_eq!(first_invalid(&body), slow);
    }

    #[test]
    fn no_message_is_too_odd(
        body in any::<String>(),
        name in any::<String>(),
        data_type in "(String|Number|Binary|)(\\.?\\PC{0,3})",
        value in any::<String>(),
        delay in any::<Option<i64>>(),
    ) {
        let MessageInput { message_attributes, .. } = attribute(&name, &data_type, &value);
        let input = MessageInput {
            message_body: text(&body),
            delay_seconds: delay,
            message_attributes,
            ..MessageInput::default()
        };
        let _ = input_bytes(&input);
        if let Ok(checked) = checked(input, &Settings::default()) {
            prop_assert_eq!(checked.message.content.body(), body.as_bytes());
        }
    }
}
