//! Writes JSON straight into a buffer.
//!
//! The OpenAPI documents are megabytes that nobody edits: building a tree of them first would cost
//! several times what writing them does.

use serde_json::Value;

/// A JSON text that grows.
#[derive(Debug, Default)]
pub(crate) struct JsonWriter {
    text: Vec<u8>,
    needs_comma: bool,
}

impl JsonWriter {
    /// The text.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.text
    }

    /// Writes an object, whose members `body` writes.
    pub(crate) fn object(&mut self, body: impl FnOnce(&mut Self)) {
        self.enclose(b'{', b'}', body);
    }

    /// Writes an array, whose items `body` writes.
    pub(crate) fn array(&mut self, body: impl FnOnce(&mut Self)) {
        self.enclose(b'[', b']', body);
    }

    fn enclose(&mut self, open: u8, close: u8, body: impl FnOnce(&mut Self)) {
        self.separate();
        self.text.push(open);
        self.needs_comma = false;
        body(self);
        self.text.push(close);
        self.needs_comma = true;
    }

    /// Writes the name of a member; its value must follow.
    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.string(key);
        self.text.push(b':');
        self.needs_comma = false;
        self
    }

    /// Writes a string.
    pub(crate) fn string(&mut self, text: &str) {
        self.separate();
        self.text.push(b'"');
        let bytes = text.as_bytes();
        let mut written = 0;
        for (index, &byte) in bytes.iter().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.text.extend_from_slice(bytes.get(written..index).unwrap_or_default());
            written = index + 1;
            match byte {
                b'"' => self.text.extend_from_slice(b"\\\""),
                b'\\' => self.text.extend_from_slice(b"\\\\"),
                b'\n' => self.text.extend_from_slice(b"\\n"),
                b'\t' => self.text.extend_from_slice(b"\\t"),
                b'\r' => self.text.extend_from_slice(b"\\r"),
                _ => self.text.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            }
        }
        self.text.extend_from_slice(bytes.get(written..).unwrap_or_default());
        self.text.push(b'"');
        self.needs_comma = true;
    }

    /// Writes what is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.separate();
        self.text.extend_from_slice(json.as_bytes());
        self.needs_comma = true;
    }

    /// Writes `true` or `false`.
    pub(crate) fn boolean(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// Writes an array of strings.
    pub(crate) fn strings<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        self.array(|json| {
            for text in texts {
                json.string(text);
            }
        });
    }

    /// Writes a value.
    pub(crate) fn value(&mut self, value: &Value) {
        self.raw(&value.to_string());
    }

    fn separate(&mut self) {
        if self.needs_comma {
            self.text.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::JsonWriter;

    #[test]
    fn what_is_written_reads_back() {
        let nasty = "quote \" back \\ line\nreturn\r tab\t bell\u{7} é 😀";
        let mut json = JsonWriter::default();
        json.object(|json| {
            json.key("text").string(nasty);
            json.key("list").array(|json| {
                json.object(|_| {});
                json.strings(["a", ""]);
                json.boolean(true);
            });
            json.key("raw").raw("12");
            json.key("tree").value(&json!({"a": [1, null]}));
        });
        let read: Value = serde_json::from_slice(&json.finish()).unwrap();
        let wanted = json!({
            "text": nasty, "list": [{}, ["a", ""], true], "raw": 12, "tree": {"a": [1, null]},
        });
        assert_eq!(read, wanted);
    }
}
