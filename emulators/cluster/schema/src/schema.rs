//! One schema: a definition's own, a field's, a list item's or a map value's.

use crate::blob::Record;
use crate::definition::Definition;
use crate::layout::{self, schema};
use crate::list::{EnumValues, Strings};

/// How a list merges: what `x-kubernetes-list-type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListType {
    /// The list is replaced as a whole.
    Atomic,
    /// Items are unique scalars and merge one by one.
    Set,
    /// Items are objects, told apart by [`Schema::list_map_keys`].
    Map,
}

impl ListType {
    /// The text of `x-kubernetes-list-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Atomic => "atomic",
            Self::Set => "set",
            Self::Map => "map",
        }
    }
}

/// How an object merges: what `x-kubernetes-map-type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapType {
    /// The object is replaced as a whole.
    Atomic,
    /// Fields merge one by one, which is also the default.
    Granular,
}

impl MapType {
    /// The text of `x-kubernetes-map-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Atomic => "atomic",
            Self::Granular => "granular",
        }
    }
}

/// A schema of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schema {
    record: Record,
}

impl Schema {
    pub(crate) fn at(index: u32) -> Self {
        Self { record: Record::at(layout::SCHEMAS, index, schema::SIZE) }
    }

    /// The schema whose index plus one is in word `word`; zero stands for none.
    fn optional(self, word: usize) -> Option<Self> {
        self.record.word(word).checked_sub(1).map(Self::at)
    }

    fn kind_byte(self, position: usize) -> u8 {
        self.record.word(schema::KIND).to_le_bytes().get(position).copied().unwrap_or_default()
    }

    /// The description as a server publishes it, without those of what it refers to.
    ///
    /// For an enum it ends in the list of possible values. Empty if there is none.
    pub fn description(self) -> &'static str {
        self.record.string(schema::DESCRIPTION)
    }

    /// The description without the list of possible enum values.
    pub fn prose(self) -> &'static str {
        self.record.optional_string(schema::PROSE).unwrap_or_else(|| self.description())
    }

    /// The type: `object`, `string`, `integer`, `number`, `boolean` or `array`.
    ///
    /// None for a reference, and for what takes several types (`IntOrString`, `Quantity`, JSON).
    pub fn kind(self) -> Option<&'static str> {
        let kind = schema::TYPES.get(usize::from(self.kind_byte(0))).copied().unwrap_or_default();
        Some(kind).filter(|kind| !kind.is_empty())
    }

    /// The format, for example `int32` or `date-time`.
    pub fn format(self) -> Option<&'static str> {
        self.record.optional_string(schema::FORMAT)
    }

    /// The full name of the definition that this schema refers to.
    pub fn reference(self) -> Option<&'static str> {
        self.referenced().map(Definition::name)
    }

    /// The definition that this schema refers to.
    pub fn referenced(self) -> Option<Definition> {
        self.record.word(schema::REFERENCE).checked_sub(1).map(Definition::at)
    }

    /// Whether a published OpenAPI v3 document wraps the reference in `allOf`.
    ///
    /// It does so when a description or a default stands beside it.
    pub fn wraps_reference(self) -> bool {
        self.record.word(schema::REFERENCE) != 0
            && (!self.description().is_empty() || self.default_json().is_some())
    }

    /// The schema of a list's items.
    pub fn items(self) -> Option<Self> {
        self.optional(schema::ITEMS)
    }

    /// The schema of a map's values.
    pub fn additional_properties(self) -> Option<Self> {
        self.optional(schema::ADDITIONAL)
    }

    /// The values of an enum, sorted; empty for everything else.
    pub fn enum_values(self) -> EnumValues {
        EnumValues::of(self.record.word(schema::ENUM))
    }

    /// The default that a server publishes, as JSON. Mostly a zero value: see
    /// [`crate::Field::real_default`] for what is really filled in.
    pub fn default_json(self) -> Option<&'static str> {
        self.record.optional_string(schema::DEFAULT)
    }

    /// How the list merges.
    pub fn list_type(self) -> Option<ListType> {
        match self.kind_byte(1) {
            1 => Some(ListType::Atomic),
            2 => Some(ListType::Set),
            3 => Some(ListType::Map),
            _ => None,
        }
    }

    /// The fields that tell the items of a list of type `map` apart.
    pub fn list_map_keys(self) -> Strings {
        Strings::of(self.record.word(schema::LIST_MAP_KEYS))
    }

    /// How the object merges.
    pub fn map_type(self) -> Option<MapType> {
        match self.kind_byte(2) {
            1 => Some(MapType::Atomic),
            2 => Some(MapType::Granular),
            _ => None,
        }
    }

    /// The key by which strategic merge patch joins list items.
    pub fn patch_merge_key(self) -> Option<&'static str> {
        self.record.optional_string(schema::PATCH_MERGE_KEY)
    }

    /// The strategy of strategic merge patch: `merge`, `retainKeys`, or both with a comma.
    pub fn patch_strategy(self) -> Option<&'static str> {
        self.record.optional_string(schema::PATCH_STRATEGY)
    }

    /// Whether a value is an integer or a string, as `IntOrString` is.
    pub fn is_int_or_string(self) -> bool {
        self.kind_byte(3) & schema::INT_OR_STRING != 0
    }

    /// Whether a value is a quantity: a string or a number.
    pub fn is_quantity(self) -> bool {
        self.kind_byte(3) & schema::QUANTITY != 0
    }

    /// Whether unknown fields are kept.
    pub fn preserves_unknown_fields(self) -> bool {
        self.kind_byte(3) & schema::PRESERVE_UNKNOWN != 0
    }
}
