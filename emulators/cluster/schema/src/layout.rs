//! The layout of the embedded blob: what the build script writes and the reader reads.
//!
//! Everything is an unsigned 32-bit little-endian number, called a word. The blob starts with
//! [`SECTION_COUNT`] pairs of words, the byte offset and the record count of each section. A
//! section is an array of records of fixed size. Indexes that may be absent are stored plus one,
//! so that zero means "none"; string 0 is the empty string.

/// Number of sections.
pub const SECTION_COUNT: usize = 9;

/// Byte offsets into the text section, one word each; string N spans offset N to offset N + 1.
pub const STRINGS: usize = 0;
/// The bytes of all strings; its record count is a byte count.
pub const TEXT: usize = 1;
/// Word lists: a count word, then that many words. List 0 is the empty list.
pub const LISTS: usize = 2;
/// Schema records, see [`schema`].
pub const SCHEMAS: usize = 3;
/// Definition records in byte order of their names, see [`definition`].
pub const DEFINITIONS: usize = 4;
/// Field records, those of one definition side by side in byte order, see [`field`].
pub const FIELDS: usize = 5;
/// Group, version and kind records, see [`gvk`].
pub const GVKS: usize = 6;
/// Resource records in discovery order, see [`resource`].
pub const RESOURCES: usize = 7;
/// Subresource records, see [`subresource`].
pub const SUBRESOURCES: usize = 8;

/// Words of a schema record.
pub mod schema {
    /// Words in a record.
    pub const SIZE: usize = 12;
    /// String: the description as a server publishes it.
    pub const DESCRIPTION: usize = 0;
    /// Four bytes: type, list type, map type, flags.
    pub const KIND: usize = 1;
    /// String: the format.
    pub const FORMAT: usize = 2;
    /// Definition index plus one.
    pub const REFERENCE: usize = 3;
    /// Schema index plus one.
    pub const ITEMS: usize = 4;
    /// Schema index plus one.
    pub const ADDITIONAL: usize = 5;
    /// List of (value, meaning) string pairs.
    pub const ENUM: usize = 6;
    /// String: the published default, as JSON.
    pub const DEFAULT: usize = 7;
    /// List of strings.
    pub const LIST_MAP_KEYS: usize = 8;
    /// String.
    pub const PATCH_MERGE_KEY: usize = 9;
    /// String: comma-separated strategies.
    pub const PATCH_STRATEGY: usize = 10;
    /// String: the description without the list of enum values, if there is one.
    pub const PROSE: usize = 11;

    /// The types, by their number in the kind word's lowest byte.
    pub const TYPES: [&str; 7] = ["", "object", "string", "integer", "number", "boolean", "array"];
    /// The list types, by their number in the second byte.
    pub const LIST_TYPES: [&str; 4] = ["", "atomic", "set", "map"];
    /// The map types, by their number in the third byte.
    pub const MAP_TYPES: [&str; 3] = ["", "atomic", "granular"];
    /// Flag in the highest byte: a value is a number or a string.
    pub const INT_OR_STRING: u8 = 1;
    /// Flag in the highest byte: unknown fields are kept.
    pub const PRESERVE_UNKNOWN: u8 = 2;
    /// Flag in the highest byte: a value may be a quantity written as a number.
    pub const QUANTITY: u8 = 4;
}

/// Words of a definition record.
pub mod definition {
    /// Words in a record.
    pub const SIZE: usize = 6;
    /// String: the full name.
    pub const NAME: usize = 0;
    /// Schema index.
    pub const SCHEMA: usize = 1;
    /// Index of the first field.
    pub const FIRST_FIELD: usize = 2;
    /// Number of fields.
    pub const FIELD_COUNT: usize = 3;
    /// Index of the first group, version and kind.
    pub const FIRST_GVK: usize = 4;
    /// Low half: number of group, version and kind records; high half: presence bits.
    pub const GVK_COUNT_AND_PRESENCE: usize = 5;
}

/// Words of a field record.
pub mod field {
    /// Words in a record.
    pub const SIZE: usize = 4;
    /// String: the name.
    pub const NAME: usize = 0;
    /// Schema index.
    pub const SCHEMA: usize = 1;
    /// Low half: presence bits; high half: required bits.
    pub const PRESENCE_AND_REQUIRED: usize = 2;
    /// String: what the server really fills in, as JSON or a sentence.
    pub const REAL_DEFAULT: usize = 3;
}

/// Words of a group, version and kind record.
pub mod gvk {
    /// Words in a record.
    pub const SIZE: usize = 4;
    /// String.
    pub const GROUP: usize = 0;
    /// String.
    pub const VERSION: usize = 1;
    /// String.
    pub const KIND: usize = 2;
    /// Presence bits.
    pub const PRESENCE: usize = 3;
}

/// Words of a resource record.
pub mod resource {
    /// Words in a record.
    pub const SIZE: usize = 13;
    /// String.
    pub const GROUP: usize = 0;
    /// String.
    pub const VERSION: usize = 1;
    /// String.
    pub const KIND: usize = 2;
    /// String.
    pub const PLURAL: usize = 3;
    /// String.
    pub const SINGULAR: usize = 4;
    /// List of strings.
    pub const SHORT_NAMES: usize = 5;
    /// List of strings.
    pub const CATEGORIES: usize = 6;
    /// List of strings.
    pub const VERBS: usize = 7;
    /// Index of the first subresource.
    pub const FIRST_SUBRESOURCE: usize = 8;
    /// Number of subresources.
    pub const SUBRESOURCE_COUNT: usize = 9;
    /// Definition index plus one.
    pub const DEFINITION: usize = 10;
    /// Low half: presence bits; bit 16: namespaced.
    pub const PRESENCE_AND_SCOPE: usize = 11;
    /// String: the API version that the server stores it in, empty for what is not stored.
    pub const STORAGE_API_VERSION: usize = 12;

    /// Bit of a namespaced resource.
    pub const NAMESPACED: u32 = 1 << 16;
}

/// Words of a subresource record.
pub mod subresource {
    /// Words in a record.
    pub const SIZE: usize = 6;
    /// String: the name after the slash.
    pub const NAME: usize = 0;
    /// String: the kind's group.
    pub const GROUP: usize = 1;
    /// String: the kind's version.
    pub const VERSION: usize = 2;
    /// String: the kind that is read or written.
    pub const KIND: usize = 3;
    /// List of strings.
    pub const VERBS: usize = 4;
    /// Presence bits.
    pub const PRESENCE: usize = 5;
}
