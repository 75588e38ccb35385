//! Checked reads of the embedded blob.
//!
//! The blob is made by our own build script, so a read outside of it cannot happen; should it, the
//! answer is zero or an empty string rather than a panic.

use crate::layout;

/// The blob, as the build script wrote it.
static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schema.bin"));

/// The word at a byte offset; zero outside of the blob.
fn word_at(offset: usize) -> u32 {
    match BYTES.get(offset..).and_then(|rest| rest.first_chunk::<4>()) {
        Some(bytes) => u32::from_le_bytes(*bytes),
        None => 0,
    }
}

/// The byte offset of a section.
fn start(section: usize) -> usize {
    word_at(section * 8) as usize
}

/// The number of records in a section.
pub(crate) fn count(section: usize) -> u32 {
    word_at(section * 8 + 4)
}

/// One fixed-size record of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Record {
    offset: usize,
}

impl Record {
    /// Record `index` of `section`, whose records have `size` words.
    pub(crate) fn at(section: usize, index: u32, size: usize) -> Self {
        Self { offset: start(section) + index as usize * size * 4 }
    }

    /// Word `index` of the record.
    pub(crate) fn word(self, index: usize) -> u32 {
        word_at(self.offset + index * 4)
    }

    /// The string that word `index` names.
    pub(crate) fn string(self, index: usize) -> &'static str {
        string(self.word(index))
    }

    /// The string that word `index` names, or nothing if it is empty.
    pub(crate) fn optional_string(self, index: usize) -> Option<&'static str> {
        Some(self.string(index)).filter(|text| !text.is_empty())
    }
}

/// String `id`.
pub(crate) fn string(id: u32) -> &'static str {
    let entry = start(layout::STRINGS) + id as usize * 4;
    let text = start(layout::TEXT);
    let span = text + word_at(entry) as usize..text + word_at(entry + 4) as usize;
    BYTES.get(span).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The number of words in list `id`.
pub(crate) fn list_length(id: u32) -> u32 {
    word_at(start(layout::LISTS) + id as usize * 4)
}

/// Word `index` of list `id`.
pub(crate) fn list_word(id: u32, index: u32) -> u32 {
    word_at(start(layout::LISTS) + (id as usize + 1 + index as usize) * 4)
}

/// The index in `0..count` whose key is `wanted`, where keys ascend.
pub(crate) fn search(count: u32, wanted: &str, key: impl Fn(u32) -> &'static str) -> Option<u32> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        match key(middle).cmp(wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}
