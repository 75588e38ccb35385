//! Which definitions a document needs.

use std::collections::BTreeMap;

use brume_schema::{Definition, KubernetesVersion, Schema, bundle};

use super::schema::{Dialect, write_definition};
use crate::catalogue::GroupVersion;
use crate::custom;
use crate::wire::JsonWriter;

/// Types that every document mentions, since every resource's operations do.
const COMMON: [&str; 5] = [
    "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList",
    "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
    "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent",
];
/// Types that custom resources refer to.
const CUSTOM: [&str; 2] = [
    "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
];

/// Built-in definitions by name, with all that they refer to.
pub(super) struct Closure {
    version: KubernetesVersion,
    definitions: BTreeMap<&'static str, Definition>,
}

impl Closure {
    /// The definitions that are mentioned everywhere.
    pub(super) fn common(version: KubernetesVersion) -> Self {
        let mut closure = Self { version, definitions: BTreeMap::new() };
        for name in COMMON {
            closure.add_name(name);
        }
        closure
    }

    /// Adds what the operations of a group version mention.
    pub(super) fn add_group_version(&mut self, group_version: &GroupVersion) {
        if !group_version.custom.is_empty() {
            CUSTOM.into_iter().for_each(|name| self.add_name(name));
        }
        for resource in &group_version.resources {
            self.add_name(&resource.definition);
            if let Some(list) = &resource.list_definition {
                self.add_name(list);
            }
            for subresource in &resource.subresources {
                let own = subresource.kind == resource.kind;
                if let Some(definition) = (!own)
                    .then(|| {
                        kind_definition(&subresource.group, &subresource.version, &subresource.kind)
                    })
                    .flatten()
                {
                    self.add(definition);
                }
            }
        }
    }

    fn add_name(&mut self, name: &str) {
        // Custom types are not in the bundle: they are written on their own.
        if let Some(definition) = bundle().definition(name) {
            self.add(definition);
        }
    }

    fn add(&mut self, definition: Definition) {
        let mut pending = vec![definition];
        while let Some(definition) = pending.pop() {
            let present = definition.presence().contains(self.version);
            if !present || self.definitions.insert(definition.name(), definition).is_some() {
                continue;
            }
            let fields = definition.fields_in(self.version).map(|field| field.schema());
            for schema in fields.chain([definition.schema()]) {
                add_references(schema, &mut pending);
            }
        }
    }

    /// Writes the members of `components.schemas` or `definitions`: the built-in definitions, and
    /// the custom ones of `group_versions`.
    pub(super) fn write<'a>(
        &self,
        json: &mut JsonWriter,
        dialect: Dialect,
        group_versions: impl Iterator<Item = &'a GroupVersion>,
    ) {
        for definition in self.definitions.values() {
            json.key(definition.name())
                .object(|json| write_definition(json, dialect, *definition, self.version));
        }
        for group_version in group_versions {
            for definition in &group_version.custom {
                let Some(version) = definition.version(&group_version.version) else { continue };
                let schemas = match dialect {
                    Dialect::V2 => custom::published_v2(definition, version),
                    Dialect::V3 => custom::published(definition, version),
                };
                for (name, schema) in schemas {
                    json.key(&name).value(&schema);
                }
            }
        }
    }
}

fn add_references(schema: Schema, pending: &mut Vec<Definition>) {
    let mut next = Some(schema);
    while let Some(schema) = next {
        pending.extend(schema.referenced());
        // A schema has either items or additional properties, never both.
        next = schema.items().or_else(|| schema.additional_properties());
    }
}

/// The built-in definition of a kind that subresources use.
pub(super) fn kind_definition(group: &str, version: &str, kind: &str) -> Option<Definition> {
    let package = match group {
        "" => "core",
        // The package of a group is named after its first part.
        group => group.split('.').next().unwrap_or_default(),
    };
    bundle().definition(&format!("io.k8s.api.{package}.{version}.{kind}"))
}
