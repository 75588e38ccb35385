//! JSON for programs: kubectl's indentation, the document's own order of keys.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

/// A document over several lines, four spaces a level, with a line end.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer =
        Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    "));
    // A `Value` has nothing that JSON lacks, and memory does not fail.
    let _ = value.serialize(&mut serializer);
    bytes.push(b'\n');
    String::from_utf8(bytes).unwrap_or_default()
}

/// Every value on a line of its own (JSON Lines).
#[must_use]
pub fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_keep_their_order() {
        let value = json!({"b": 1, "a": [], "c": [{"x": "<é>"}]});
        let expected = "{\n    \"b\": 1,\n    \"a\": [],\n    \"c\": [\n        {\n            \
                        \"x\": \"<é>\"\n        }\n    ]\n}\n";
        assert_eq!(pretty(&value), expected);
        assert_eq!(lines(&[json!({"a": 1}), json!("x\ny")]), "{\"a\":1}\n\"x\\ny\"\n");
    }
}
