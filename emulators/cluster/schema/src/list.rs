//! Short lists in the blob: strings, and enum values with their meanings.

use std::iter::FusedIterator;

use crate::blob;

/// A list of strings, in the order in which a server gives them.
#[derive(Clone, Copy, Debug)]
pub struct Strings {
    list: u32,
    next: u32,
}

impl Strings {
    pub(crate) fn of(list: u32) -> Self {
        Self { list, next: 0 }
    }

    /// Whether `wanted` is one of the strings not yet taken.
    pub fn contains(mut self, wanted: &str) -> bool {
        self.any(|text| text == wanted)
    }

    /// Whether no string is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Iterator for Strings {
    type Item = &'static str;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= blob::list_length(self.list) {
            return None;
        }
        let text = blob::string(blob::list_word(self.list, self.next));
        self.next += 1;
        Some(text)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = blob::list_length(self.list).saturating_sub(self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Strings {}
impl FusedIterator for Strings {}

/// One value that an enum field can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// The value; it may be empty.
    pub value: &'static str,
    /// What it means, in one line; it may be empty.
    pub meaning: &'static str,
}

/// The values of an enum field, sorted.
#[derive(Clone, Copy, Debug)]
pub struct EnumValues {
    list: u32,
    next: u32,
}

impl EnumValues {
    pub(crate) fn of(list: u32) -> Self {
        Self { list, next: 0 }
    }

    /// Whether no value is left, which is so from the start for a field that is no enum.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Iterator for EnumValues {
    type Item = EnumValue;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next + 1 >= blob::list_length(self.list) {
            return None;
        }
        let value = blob::string(blob::list_word(self.list, self.next));
        let meaning = blob::string(blob::list_word(self.list, self.next + 1));
        self.next += 2;
        Some(EnumValue { value, meaning })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (blob::list_length(self.list).saturating_sub(self.next) / 2) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for EnumValues {}
impl FusedIterator for EnumValues {}
