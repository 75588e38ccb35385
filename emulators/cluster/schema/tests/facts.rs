//! Checks the bundle, and with it every table in `facts/`, against the definitions that real
//! servers of Kubernetes 1.25 to 1.37 publish.
//!
//! Those come from the wheel `kubernetes-validate` 1.37.0, unpacked into the folder that
//! `BRUME_KUBERNETES_VALIDATE_DIR` names, or among the test tools (`BRUME_TEST_TOOLS`, or brume's
//! cache). Nothing is fetched here.
//!
//! The wheel edits the definitions for its own purpose, which is undone: `null` is taken from the
//! types, the `enum` of `apiVersion` and `kind` is ignored, and so are the two scalars
//! (`IntOrString` and `Quantity`) that it rewrites.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use brume_schema::{Definition, Field, KubernetesVersion, Schema, bundle};
use serde_json::{Map, Value};

/// Environment variable with the folder of the unpacked wheel.
const FOLDER_VARIABLE: &str = "BRUME_KUBERNETES_VALIDATE_DIR";
/// Types that the wheel rewrites.
const REWRITTEN: [&str; 2] = [
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
];
/// A type whose descriptions the dependency wrote itself.
const DESCRIBED_OTHERWISE: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent";
/// Kinds that are no resource of their own: bodies of subresources, and what discovery answers.
const NO_RESOURCES: [&str; 7] =
    ["APIGroup", "APIVersions", "DeleteOptions", "Scale", "Status", "TokenRequest", "WatchEvent"];

/// Definitions by full name.
type Definitions = BTreeMap<String, Value>;

fn folder() -> PathBuf {
    let cache = || {
        if let Some(tools) = env::var_os("BRUME_TEST_TOOLS") {
            return PathBuf::from(tools).join("kubernetes-validate");
        }
        let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
        cache.unwrap_or_default().join("brume/test-tools/kubernetes-validate")
    };
    let folder = env::var_os(FOLDER_VARIABLE).map_or_else(cache, PathBuf::from);
    let schemas = folder.join("kubernetes_validate/kubernetes-json-schema");
    assert!(
        schemas.is_dir(),
        "the wheel kubernetes-validate 1.37.0 is not unpacked in {}: run `make test-tools`, or \
         set {FOLDER_VARIABLE} to where it is",
        folder.display()
    );
    schemas
}

fn read(folder: &Path, version: KubernetesVersion) -> Definitions {
    let file = folder.join(format!("v{version}.0-local/_definitions.json"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let key = if document.get("$defs").is_some() { "$defs" } else { "definitions" };
    let Value::Object(definitions) = document[key].take() else { panic!("{file:?}: no {key}") };
    definitions.into_iter().collect()
}

/// Everything that differs; the first ones are shown.
#[derive(Default)]
struct Differences {
    lines: Vec<String>,
}

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, place: &str, ours: T, theirs: T) {
        if ours != theirs {
            self.lines.push(format!("{place}: ours {ours:?}, theirs {theirs:?}"));
        }
    }

    fn assert_none(self) {
        let shown = self.lines.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
        assert!(self.lines.is_empty(), "{} differences:\n{shown}", self.lines.len());
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}"))
}

fn texts<'a>(value: &'a Value, key: &str) -> BTreeSet<&'a str> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn properties(value: &Value) -> Map<String, Value> {
    value.get("properties").map(|value| object(value).clone()).unwrap_or_default()
}

/// The shape of a schema in one line, ours.
fn our_shape(schema: Schema) -> String {
    if let Some(name) = schema.reference() {
        return format!("ref:{name}");
    }
    if let Some(items) = schema.items() {
        return format!("[]{}", our_shape(items));
    }
    if let Some(values) = schema.additional_properties() {
        return format!("map:{}", our_shape(values));
    }
    format!("{}:{}", schema.kind().unwrap_or("any"), schema.format().unwrap_or_default())
}

/// The shape of a schema in one line, theirs.
fn their_shape(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return format!("ref:{}", reference.rsplit('/').next().unwrap_or_default());
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("any")
        }
        _ => "any",
    };
    if kind == "array" {
        return format!("[]{}", their_shape(&schema["items"]));
    }
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        return format!("map:{}", their_shape(values));
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    format!("{kind}:{format}")
}

fn compare_field(place: &str, field: Field, theirs: &Value, differences: &mut Differences) {
    let ours = field.schema();
    let text = |key: &str| theirs.get(key).and_then(Value::as_str);
    differences.compare(place, our_shape(ours), their_shape(theirs));
    let list_type = ours.list_type().map(|each| each.as_str());
    differences.compare(place, list_type, text("x-kubernetes-list-type"));
    let keys = ours.list_map_keys().collect();
    differences.compare(place, keys, texts(theirs, "x-kubernetes-list-map-keys"));
    let map_type = ours.map_type().map(|each| each.as_str());
    differences.compare(place, map_type, text("x-kubernetes-map-type"));
    differences.compare(place, ours.patch_merge_key(), text("x-kubernetes-patch-merge-key"));
    differences.compare(place, ours.patch_strategy(), text("x-kubernetes-patch-strategy"));
}

#[test]
fn every_version_has_the_types_fields_and_required_fields_that_it_has() {
    let folder = folder();
    let mut differences = Differences::default();
    for version in KubernetesVersion::all() {
        let theirs = read(&folder, version);
        let ours: BTreeMap<_, _> = bundle()
            .definitions()
            .filter(|definition| definition.presence().contains(version))
            .map(|definition| (definition.name(), definition))
            .collect();
        let names = ours.keys().copied().collect::<BTreeSet<_>>();
        differences.compare(
            &format!("types of {version}"),
            names.symmetric_difference(&theirs.keys().map(String::as_str).collect()).collect(),
            Vec::new(),
        );
        for (name, definition) in ours {
            let Some(theirs) = theirs.get(name) else { continue };
            let fields = properties(theirs);
            let place = format!("{name} in {version}");
            let ours: BTreeSet<_> = definition.fields_in(version).map(Field::name).collect();
            differences.compare(&place, ours, fields.keys().map(String::as_str).collect());
            let required = definition.fields().filter(|field| field.required_in(version));
            let required: BTreeSet<_> = required.map(Field::name).collect();
            differences.compare(&place, required, texts(theirs, "required"));
        }
    }
    differences.assert_none();
}

#[test]
fn every_field_has_the_schema_of_the_last_version_that_has_it() {
    let folder = folder();
    let mut differences = Differences::default();
    for version in KubernetesVersion::all() {
        let theirs = read(&folder, version);
        for definition in bundle().definitions() {
            let name = definition.name();
            let Some(theirs) = theirs.get(name).filter(|_| !REWRITTEN.contains(&name)) else {
                continue;
            };
            let fields = properties(theirs);
            for field in definition.fields() {
                if field.presence().last() == Some(version) {
                    let place = format!("{name}.{} in {version}", field.name());
                    compare_field(&place, field, &fields[field.name()], &mut differences);
                }
            }
            if definition.presence().last() == Some(version) {
                let schema = definition.schema();
                differences.compare(name, our_shape(schema), their_shape(theirs));
                let map_type = theirs.get("x-kubernetes-map-type").and_then(Value::as_str);
                let ours = schema.map_type().map(|each| each.as_str());
                differences.compare(name, ours, map_type);
            }
        }
    }
    differences.assert_none();
}

#[test]
fn every_version_has_its_kinds() {
    let folder = folder();
    let mut differences = Differences::default();
    for version in KubernetesVersion::all() {
        let served: BTreeSet<_> = bundle()
            .resources()
            .present_in(version)
            .map(|resource| resource.group_version_kind())
            .collect();
        for (name, theirs) in read(&folder, version) {
            let Some(definition) = bundle().definition(&name) else { continue };
            let place = format!("{name} in {version}");
            let ours: BTreeSet<_> = definition
                .group_version_kinds_in(version)
                .map(|kind| [kind.group, kind.version, kind.kind])
                .collect();
            let kinds = theirs.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
            let theirs: BTreeSet<_> = kinds
                .into_iter()
                .flatten()
                .map(|kind| ["group", "version", "kind"].map(|key| kind[key].as_str().unwrap()))
                .collect();
            differences.compare(&place, ours, theirs);
            for kind in definition.group_version_kinds_in(version) {
                let is_resource = !kind.kind.ends_with("List")
                    && !NO_RESOURCES.contains(&kind.kind)
                    && (kind.group, kind.kind) != ("policy", "Eviction");
                if is_resource {
                    differences.compare(&place, served.contains(&kind), true);
                }
            }
        }
    }
    differences.assert_none();
}

#[test]
fn the_newest_versions_descriptions_are_the_real_ones() {
    let newest = KubernetesVersion::NEWEST;
    let theirs = read(&folder(), newest);
    let mut differences = Differences::default();
    let is_compared = |definition: &Definition| {
        let name = definition.name();
        // Lists are described in our own words: the dependency leaves them out.
        let is_list = definition.short_name().ends_with("List")
            && definition.field("items").is_some_and(|field| field.required_in(newest))
            && definition.field("metadata").is_some();
        !is_list && !REWRITTEN.contains(&name) && name != DESCRIBED_OTHERWISE
    };
    for definition in bundle().definitions().filter(is_compared) {
        let name = definition.name();
        let Some(theirs) = theirs.get(name) else { continue };
        let text = |value: &Value| {
            value.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        differences.compare(name, definition.description().to_owned(), text(theirs));
        let fields = properties(theirs);
        for field in definition.fields_in(newest) {
            let place = format!("{name}.{}", field.name());
            let prose = field.schema().prose().to_owned();
            differences.compare(
                &place,
                prose,
                fields.get(field.name()).map_or_else(String::new, text),
            );
        }
    }
    differences.assert_none();
}

#[test]
fn tables_are_sorted_and_say_what_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("facts");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{path:?} does not say what it is");
        let facts: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        // The groups have an order of their own, which is the fact.
        if !path.ends_with("groups.txt") {
            let unsorted = facts.windows(2).find(|pair| pair[0] >= pair[1]);
            assert_eq!(unsorted, None, "{path:?} is not sorted");
        }
    }
}
