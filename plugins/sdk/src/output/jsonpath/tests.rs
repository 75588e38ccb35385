//! What a path finds, and that no text can make it panic.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn columns_take_relaxed_paths() {
    for path in [".a.b", "a.b", "{.a.b}", "{a.b}", " .a.b "] {
        let found = JsonPath::parse_relaxed(path).unwrap().find(&json!({"a": {"b": 1}}));
        assert_eq!(found.unwrap(), [json!(1)], "{path}");
    }
    for path in ["{.a", ".a}", "{.a}{.b}"] {
        assert!(JsonPath::parse_relaxed(path).is_err(), "{path}");
    }
}

#[test]
fn limits_hold() {
    let deep = (0..300).fold(json!(1), |inner, _| json!({"a": [inner]}));
    let stars = "*.".repeat(12);
    let wide = (0..12).fold(json!(1), |inner, _| json!([inner, inner, inner, inner]));
    let template = format!("{{.{}}}", stars.trim_end_matches('.'));
    let error = JsonPath::parse(&template).unwrap().print(&wide).unwrap_err();
    assert!(error.message.contains("four million"), "{}", error.message);
    let error = JsonPath::parse("{..a}").unwrap().print(&deep).unwrap_err();
    assert!(error.message.contains("too deeply"), "{}", error.message);
    assert!(JsonPath::parse(&"x".repeat(TEMPLATE_BYTES_MAX + 1)).is_err());
    assert!(JsonPath::parse(&"{range .a}".repeat(40)).is_err());
    // Every range without an end doubles the work: the budget ends it.
    let error = JsonPath::parse(&"{range}".repeat(30)).unwrap().print(&json!(1)).unwrap_err();
    assert!(error.message.contains("four million"), "{}", error.message);
}

#[test]
fn extreme_indices_do_not_overflow() {
    for index in [i64::MAX.to_string(), i64::MIN.to_string()] {
        for template in [format!("{{[{index}]}}"), format!("{{[0:{index}:{index}]}}")] {
            let _ = JsonPath::parse(&template).unwrap().print(&json!([1]));
        }
    }
}

fn template() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        ".",
        "..",
        "[",
        "]",
        "[?(",
        ")]",
        "@",
        "$",
        "*",
        ":",
        ",",
        "'",
        "\"",
        "\\",
        "-1",
        "0",
        "9",
        "1.5",
        "a",
        "b",
        "range ",
        "end",
        "==",
        ">=",
        "!",
        " ",
        "\n",
        "é",
        "true",
        "{.a}",
        "{range .b[*]}",
        "{end}",
        "[*]",
        "['a']",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-c]", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_panics(template in template(), document in document()) {
        exercise(template.as_bytes(), document.to_string().as_bytes());
    }

    #[test]
    fn any_text_is_parsed_or_refused(template in any::<String>()) {
        let _ = JsonPath::parse(&template);
        let _ = JsonPath::parse_relaxed(&template);
    }

    #[test]
    fn a_field_is_found_where_it_is(document in document()) {
        let wrapped = json!({"a.b": document.clone()});
        let found = JsonPath::parse(r"{.a\.b}").unwrap().find(&wrapped).unwrap();
        prop_assert_eq!(found, [document]);
    }
}
