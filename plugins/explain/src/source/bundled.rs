//! The schemas that brume carries, for any Kubernetes version that they describe.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use brume_plugin::Error;
use brume_schema::{Bundle, Definition, Field, KubernetesVersion, bundle};
use serde_json::Value;

use super::Source;
use crate::resources::{ApiResource, GroupVersionResource};
use crate::schema::{Document, Kind, Rules, Schema};

/// The bundled schemas as of one Kubernetes version; cheap to make and to clone.
#[derive(Clone)]
pub struct Bundled {
    version: KubernetesVersion,
    document: Rc<BundledDocument>,
}

impl Bundled {
    /// The schemas as of `version`.
    #[must_use]
    pub fn new(version: KubernetesVersion) -> Self {
        let document = BundledDocument { bundle: bundle(), version, converted: RefCell::default() };
        Self { version, document: Rc::new(document) }
    }
}

impl Source for Bundled {
    fn resources(&mut self) -> Result<Rc<[ApiResource]>, Error> {
        let text = str::to_owned;
        Ok(bundle()
            .resources()
            .present_in(self.version)
            .map(|resource| ApiResource {
                group: text(resource.group()),
                version: text(resource.version()),
                kind: text(resource.kind()),
                plural: text(resource.plural()),
                singular: text(resource.singular()),
                short_names: resource.short_names().map(text).collect(),
            })
            .collect())
    }

    fn refresh(&mut self) -> Result<bool, Error> {
        Ok(false)
    }

    fn document(
        &mut self,
        wanted: &GroupVersionResource,
    ) -> Result<Option<Rc<dyn Document>>, Error> {
        let served = bundle().resources().present_in(self.version).any(|resource| {
            resource.group() == wanted.group && resource.version() == wanted.version
        });
        Ok(served.then(|| Rc::clone(&self.document) as Rc<dyn Document>))
    }
}

struct BundledDocument {
    bundle: Bundle,
    version: KubernetesVersion,
    converted: RefCell<HashMap<String, Option<Rc<Schema>>>>,
}

impl Document for BundledDocument {
    fn resolve(&self, reference: &str) -> Option<Rc<Schema>> {
        if let Some(known) = self.converted.borrow().get(reference) {
            return known.clone();
        }
        let schema = self
            .bundle
            .definition(reference)
            .filter(|definition| definition.presence().contains(self.version))
            .map(|definition| Rc::new(self.object(definition)));
        self.converted.borrow_mut().insert(reference.to_owned(), schema.clone());
        schema
    }

    fn root(&self, wanted: &GroupVersionResource) -> Result<(Kind, Rc<Schema>), String> {
        let missing = || format!("GVR ({wanted}) not found in OpenAPI schema");
        let resource = self
            .bundle
            .resource(&wanted.group, &wanted.version, &wanted.resource)
            .filter(|resource| resource.presence().contains(self.version))
            .ok_or_else(missing)?;
        let schema = resource
            .definition()
            .and_then(|definition| self.resolve(definition.name()))
            .ok_or_else(missing)?;
        let kind = Kind {
            group: resource.group().to_owned(),
            version: resource.version().to_owned(),
            kind: resource.kind().to_owned(),
        };
        Ok((kind, schema))
    }
}

impl BundledDocument {
    fn object(&self, definition: Definition) -> Schema {
        let mut properties = BTreeMap::new();
        let mut required = Vec::new();
        for field in definition.fields_in(self.version) {
            properties.insert(field.name().to_owned(), Rc::new(field_schema(field)));
            if field.required_in(self.version) {
                required.push(field.name().to_owned());
            }
        }
        Schema { properties, required, ..plain(definition.schema()) }
    }
}

fn field_schema(field: Field) -> Schema {
    let mut schema = plain(field.schema());
    schema.rules.effective_default = field
        .real_default()
        .map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)));
    schema
}

/// Converts everything but the fields, which only definitions have.
fn plain(schema: brume_schema::Schema) -> Schema {
    let text = str::to_owned;
    let (reference, all_of) = match schema.reference() {
        Some(name) if schema.wraps_reference() => {
            (None, vec![Rc::new(Schema { reference: Some(text(name)), ..Schema::default() })])
        }
        name => (name.map(text), Vec::new()),
    };
    Schema {
        reference,
        all_of,
        description: text(schema.description()),
        kind: schema.kind().map(text),
        format: schema.format().map(text),
        items: schema.items().map(|items| Rc::new(plain(items))),
        additional_properties: schema.additional_properties().map(|values| Rc::new(plain(values))),
        enum_values: schema.enum_values().map(|entry| Value::from(entry.value)).collect(),
        default: schema.default_json().and_then(|json| serde_json::from_str(json).ok()),
        rules: Rules {
            list_type: schema.list_type().map(|list_type| text(list_type.as_str())),
            list_map_keys: schema.list_map_keys().map(text).collect(),
            map_type: schema.map_type().map(|map_type| text(map_type.as_str())),
            patch_merge_key: schema.patch_merge_key().map(text),
            patch_strategy: schema.patch_strategy().map(text),
            int_or_string: schema.is_int_or_string(),
            preserve_unknown_fields: schema.preserves_unknown_fields(),
            ..Rules::default()
        },
        ..Schema::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_each_version_as_it_was() {
        for (version, expected) in [("1.25", false), ("1.37", true)] {
            let bundled = Bundled::new(version.parse().expect("a bundled version"));
            let pod = bundled.document.resolve("io.k8s.api.core.v1.PodSpec").expect("pods exist");
            assert_eq!(pod.properties.contains_key("resourceClaims"), expected, "{version}");
        }
    }
}
