//! Definitions (types such as `io.k8s.api.apps.v1.Deployment`) and their fields.

use std::iter::FusedIterator;

use crate::blob::{self, Record};
use crate::layout::{self, definition, field, gvk};
use crate::schema::Schema;
use crate::version::{KubernetesVersion, Versions};

/// A group, version and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersionKind {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version, for example `v1`.
    pub version: &'static str,
    /// The kind, for example `Pod`.
    pub kind: &'static str,
}

/// A named type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Definition {
    index: u32,
}

impl Definition {
    pub(crate) fn at(index: u32) -> Self {
        Self { index }
    }

    /// The definition with the full name `name`.
    pub(crate) fn find(name: &str) -> Option<Self> {
        blob::search(Self::count(), name, |index| Self { index }.name()).map(Self::at)
    }

    pub(crate) fn count() -> u32 {
        blob::count(layout::DEFINITIONS)
    }

    fn record(self) -> Record {
        Record::at(layout::DEFINITIONS, self.index, definition::SIZE)
    }

    /// The full name, for example `io.k8s.api.apps.v1.Deployment`.
    pub fn name(self) -> &'static str {
        self.record().string(definition::NAME)
    }

    /// The last part of the name, for example `Deployment`.
    pub fn short_name(self) -> &'static str {
        let name = self.name();
        name.rsplit_once('.').map_or(name, |(_, last)| last)
    }

    /// The description; empty if there is none.
    pub fn description(self) -> &'static str {
        self.schema().description()
    }

    /// The schema of the type itself; its fields are in [`Definition::fields`].
    pub fn schema(self) -> Schema {
        Schema::at(self.record().word(definition::SCHEMA))
    }

    /// The fields in byte order of their names, those of every version.
    pub fn fields(self) -> Fields {
        let record = self.record();
        let start = record.word(definition::FIRST_FIELD);
        Fields { next: start, end: start + record.word(definition::FIELD_COUNT) }
    }

    /// The fields that `version` has, in byte order of their names.
    pub fn fields_in(self, version: KubernetesVersion) -> impl Iterator<Item = Field> + Clone {
        self.fields().filter(move |field| field.presence().contains(version))
    }

    /// The field `name`, whichever version has it. Names are case-sensitive.
    pub fn field(self, name: &str) -> Option<Field> {
        let Fields { next, end } = self.fields();
        blob::search(end - next, name, |index| Field { index: next + index }.name())
            .map(|index| Field { index: next + index })
    }

    /// The kinds that this type is the schema of, in the newest version.
    ///
    /// Most types are none; a few, such as `DeleteOptions`, are one in every group.
    pub fn group_version_kinds(self) -> impl Iterator<Item = GroupVersionKind> + Clone {
        self.group_version_kinds_in(KubernetesVersion::NEWEST)
    }

    /// The kinds that this type is the schema of in `version`.
    pub fn group_version_kinds_in(
        self,
        version: KubernetesVersion,
    ) -> impl Iterator<Item = GroupVersionKind> + Clone {
        let record = self.record();
        let start = record.word(definition::FIRST_GVK);
        let count = record.word(definition::GVK_COUNT_AND_PRESENCE) & 0xffff;
        (start..start + count)
            .map(|index| Record::at(layout::GVKS, index, gvk::SIZE))
            .filter(move |record| {
                Versions::from_bits(record.word(gvk::PRESENCE) as u16).contains(version)
            })
            .map(|record| GroupVersionKind {
                group: record.string(gvk::GROUP),
                version: record.string(gvk::VERSION),
                kind: record.string(gvk::KIND),
            })
    }

    /// The Kubernetes versions that have this type.
    pub fn presence(self) -> Versions {
        let word = self.record().word(definition::GVK_COUNT_AND_PRESENCE);
        Versions::from_bits((word >> 16) as u16)
    }
}

/// A field of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    index: u32,
}

impl Field {
    fn record(self) -> Record {
        Record::at(layout::FIELDS, self.index, field::SIZE)
    }

    /// The name, as it stands in YAML.
    pub fn name(self) -> &'static str {
        self.record().string(field::NAME)
    }

    /// The schema of the field's value.
    pub fn schema(self) -> Schema {
        Schema::at(self.record().word(field::SCHEMA))
    }

    /// The Kubernetes versions whose schema has this field.
    pub fn presence(self) -> Versions {
        Versions::from_bits(self.record().word(field::PRESENCE_AND_REQUIRED) as u16)
    }

    /// The Kubernetes versions whose schema lists this field as required.
    pub fn required(self) -> Versions {
        let word = self.record().word(field::PRESENCE_AND_REQUIRED);
        Versions::from_bits((word >> 16) as u16)
    }

    /// Whether `version` lists this field as required.
    pub fn required_in(self, version: KubernetesVersion) -> bool {
        self.required().contains(version)
    }

    /// What a server fills in when the field is left out: JSON, or a short sentence if it depends.
    ///
    /// Unlike [`Schema::default_json`] this is what really happens, and not published as data.
    pub fn real_default(self) -> Option<&'static str> {
        self.record().optional_string(field::REAL_DEFAULT)
    }
}

/// An iterator over fields.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    next: u32,
    end: u32,
}

impl Iterator for Fields {
    type Item = Field;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let field = Field { index: self.next };
        self.next += 1;
        Some(field)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Fields {}
impl FusedIterator for Fields {}

/// An iterator over all definitions, in byte order of their names.
#[derive(Clone, Copy, Debug)]
pub struct Definitions {
    next: u32,
}

impl Definitions {
    pub(crate) fn all() -> Self {
        Self { next: 0 }
    }
}

impl Iterator for Definitions {
    type Item = Definition;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= Definition::count() {
            return None;
        }
        let definition = Definition::at(self.next);
        self.next += 1;
        Some(definition)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = Definition::count().saturating_sub(self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Definitions {}
impl FusedIterator for Definitions {}
