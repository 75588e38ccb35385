//! Writes JSON into a buffer: texts are escaped, names are ours and are not.

/// Writes a text in quotes.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    while let Some(found) = bytes[plain..].iter().position(|byte| is_special(*byte)) {
        let at = plain + found;
        out.extend_from_slice(&bytes[plain..at]);
        escape(out, bytes[at]);
        plain = at + 1;
    }
    out.extend_from_slice(&bytes[plain..]);
    out.push(b'"');
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Writes a list.
pub(crate) fn list<Item>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = Item>,
    mut write: impl FnMut(&mut Vec<u8>, Item),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// An object that is being written.
pub(crate) struct Object<'a> {
    pub(crate) out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
    }

    /// Writes a name of ours; the value is to follow.
    pub(crate) fn name(&mut self, name: &str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Writes a member with a text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        text(self.out, value);
    }

    /// Writes a member whose value is made of digits, letters and dashes.
    pub(crate) fn plain(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(value);
        self.out.push(b'"');
    }

    /// Writes a member whose name is not ours.
    pub(crate) fn any_text(&mut self, name: &str, value: &str) {
        self.any_name(name);
        text(self.out, value);
    }

    /// Writes a name that is not ours; the value is to follow.
    pub(crate) fn any_name(&mut self, name: &str) {
        self.comma();
        text(self.out, name);
        self.out.push(b':');
    }

    /// Whether it has no members so far.
    pub(crate) const fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// A place to come back to.
    pub(crate) const fn mark(&self) -> Mark {
        Mark { length: self.out.len(), is_empty: self.is_empty }
    }

    /// Takes back what was written since.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        self.out.truncate(mark.length);
        self.is_empty = mark.is_empty;
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

/// A place in an object.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    length: usize,
    is_empty: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_can_be_read_back(value in any::<String>()) {
            let mut out = Vec::new();
            text(&mut out, &value);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), value);
        }
    }
}
