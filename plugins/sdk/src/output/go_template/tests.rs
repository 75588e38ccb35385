//! What a template prints, and what is refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn what_is_not_supported_is_named() {
    for (template, word) in [
        ("{{define \"x\"}}a{{end}}", "{{define}} is not supported"),
        ("{{html .}}", "function \"html\" is not supported"),
        ("{{'a'}}", "character literals are not supported"),
    ] {
        let error = GoTemplate::parse(template).unwrap_err();
        assert!(error.message.ends_with(word), "{}", error.message);
    }
}

#[test]
fn a_fault_has_its_line() {
    let error = GoTemplate::parse("a\nb\n{{end}}").unwrap_err();
    assert!(error.message.ends_with("template: output:3: unexpected {{end}}"), "{}", error.message);
}

#[test]
fn limits_hold() {
    let nested = "{{range .}}".repeat(40) + &"{{end}}".repeat(40);
    assert!(GoTemplate::parse(&nested).is_err());
    assert!(GoTemplate::parse(&format!("{{{{{}1{}}}}}", "(".repeat(99), ")".repeat(99))).is_err());
    let slow = "{{range $}}".repeat(10) + "x" + &"{{end}}".repeat(10);
    let error = GoTemplate::parse(&slow).unwrap().print(&json!([1, 2, 3, 4, 5, 6])).unwrap_err();
    assert!(error.causes.iter().any(|cause| cause.contains("four million")), "{error:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nothing_panics(pieces in prop::collection::vec(prop::sample::select(vec![
        "{{", "}}", "{{-", "-}}", " ", ".", ".a", "$", "$x", ":=", "=", ",", "|", "(", ")", "if",
        "else", "end", "range", "with", "break", "eq", "index", "printf", "\"%5.2f %d\"", "\"", "`",
        "1", "-2", "1.5", "0x", "nil", "true", "/*", "*/", "é", "\n", "len", "and",
        "{{range $i, $e := .a}}", "{{end}}", "{{.a}}", "{{printf \"%v %s %d\" .a 1 .b}}",
    ]), 0..24)) {
        let document = br#"{"a": [1, "x", {"a": null}], "b": 2.5}"#;
        exercise(pieces.concat().as_bytes(), document);
    }
}
