//! Writes the XML of Query answers.

use std::fmt::{Display, Write};

/// Elements and text, one after the other; nothing is checked but what is escaped.
#[derive(Clone, Debug, Default)]
pub struct Xml {
    out: String,
}

impl Xml {
    /// Makes an empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty one with room.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes) }
    }

    /// Writes `<name>`.
    pub fn open(&mut self, name: &str) -> &mut Self {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
        self
    }

    /// Writes `</name>`.
    pub fn close(&mut self, name: &str) -> &mut Self {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self
    }

    /// Writes text, escaped.
    pub fn text(&mut self, text: &str) -> &mut Self {
        escape(&mut self.out, text);
        self
    }

    /// Writes `<name>text</name>`, the text escaped.
    pub fn element(&mut self, name: &str, text: &str) -> &mut Self {
        self.open(name).text(text).close(name)
    }

    /// Writes an element if there is a text for it.
    pub fn optional(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.element(name, text),
            None => self,
        }
    }

    /// Writes an element whose text needs no escaping: a number, a truth value, an id.
    pub fn plain(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.open(name);
        // Writing to a string does not fail.
        let _ = write!(self.out, "{value}");
        self.close(name)
    }

    /// Writes what is XML already.
    pub fn raw(&mut self, xml: &str) -> &mut Self {
        self.out.push_str(xml);
        self
    }

    /// Writes `<name>`, what `inside` writes, `</name>`.
    pub fn nest(&mut self, name: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.open(name);
        inside(self);
        self.close(name)
    }

    /// What was written, taken out.
    #[must_use]
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.out)
    }
}

/// Appends text so that a parser gives back exactly this text.
///
/// A carriage return must be a reference, or the parser makes a line feed of it (XML 1.0, section
/// 2.11); so must other control characters, which no parser takes otherwise.
pub fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_special) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'&' => out.push_str("&amp;"),
            b'<' => out.push_str("&lt;"),
            b'>' => out.push_str("&gt;"),
            b'"' => out.push_str("&quot;"),
            control => {
                let _ = write!(out, "&#x{control:X};");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | 0..=8 | 0xB..=0x1F | 0x7F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_nest() {
        let mut xml = Xml::new();
        xml.nest("List", |xml| {
            xml.element("Name", "a<b").plain("Size", 3).optional("None", None);
        });
        assert_eq!(xml.finish(), "<List><Name>a&lt;b</Name><Size>3</Size></List>");
    }

    #[test]
    fn text_is_escaped() {
        for (text, expected) in [
            ("", ""),
            ("plain \u{e9} \u{1f600}", "plain \u{e9} \u{1f600}"),
            ("a&b<c>\"d\"'e'", "a&amp;b&lt;c&gt;&quot;d&quot;'e'"),
            ("line\r\nnext\tcell", "line&#xD;\nnext\tcell"),
            ("\u{1}\u{7f}", "&#x1;&#x7F;"),
        ] {
            let mut out = String::new();
            escape(&mut out, text);
            assert_eq!(out, expected, "{text:?}");
        }
    }
}
