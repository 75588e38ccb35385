//! Reads and checks a custom resource definition.

use serde_json::{Value, json};

use super::structural::{check_schema, drop_nulls};
use super::{Definition, Version};
use crate::wire::{Cause, Reason, Status};

/// Versions of one definition.
const VERSIONS_MAX: usize = 64;
/// Bytes of a DNS subdomain.
const SUBDOMAIN_BYTES_MAX: usize = 253;
/// Bytes of a DNS label.
const LABEL_BYTES_MAX: usize = 63;

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Problems {
    causes: Vec<Cause>,
}

impl Problems {
    pub(super) fn add(&mut self, reason: &'static str, field: impl Into<String>, message: String) {
        self.causes.push(Cause { reason, message, field: field.into() });
    }

    pub(super) fn required(&mut self, field: impl Into<String>) {
        self.add("FieldValueRequired", field, "Required value".to_owned());
    }

    pub(super) fn invalid(&mut self, field: impl Into<String>, value: &str, why: &str) {
        self.add("FieldValueInvalid", field, format!("Invalid value: {value:?}: {why}"));
    }
}

/// Reads an object, fills in what a server fills in, and checks it.
///
/// # Errors
/// A `Status` that says what is wrong: a bad request if it is no definition at all, otherwise
/// everything that is invalid at once.
pub(super) fn read(mut object: Value) -> Result<Definition, Status> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("/apiVersion"), text("/kind"));
    if api_version != "apiextensions.k8s.io/v1" || kind != "CustomResourceDefinition" {
        let message = format!(
            "the object provided is unrecognized: apiVersion {api_version:?} and kind {kind:?} \
             are not those of a CustomResourceDefinition in apiextensions.k8s.io/v1"
        );
        return Err(Status::new(Reason::BadRequest, message));
    }
    let mut problems = Problems::default();
    let name = text("/metadata/name").to_owned();
    if !object.get("spec").is_some_and(Value::is_object) {
        problems.required("spec");
        return Err(invalid(&name, problems));
    }
    fill_defaults(&mut object);
    let text = |pointer: &str| {
        object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let list = |pointer: &str| -> Vec<String> {
        let items = object.pointer(pointer).and_then(Value::as_array);
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let definition = Definition {
        group: text("/spec/group"),
        kind: text("/spec/names/kind"),
        list_kind: text("/spec/names/listKind"),
        plural: text("/spec/names/plural"),
        singular: text("/spec/names/singular"),
        short_names: list("/spec/names/shortNames"),
        categories: list("/spec/names/categories"),
        namespaced: text("/spec/scope") == "Namespaced",
        versions: read_versions(&object, &mut problems),
        name,
        object: Value::Null,
    };
    check_names(&definition, &text("/spec/scope"), &mut problems);
    if problems.causes.is_empty() {
        Ok(Definition { object, ..definition })
    } else {
        Err(invalid(&definition.name, problems))
    }
}

fn invalid(name: &str, problems: Problems) -> Status {
    let told: Vec<_> =
        problems.causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    let told = match told.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    let message =
        format!("CustomResourceDefinition.apiextensions.k8s.io {name:?} is invalid: {told}");
    let mut status =
        Status::new(Reason::Invalid, message).about(super::GROUP, "CustomResourceDefinition", name);
    status.causes = problems.causes;
    status
}

fn fill_defaults(object: &mut Value) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    spec.entry("conversion").or_insert_with(|| json!({"strategy": "None"}));
    let versions = spec.get_mut("versions").and_then(Value::as_array_mut);
    for version in versions.into_iter().flatten() {
        version.pointer_mut("/schema/openAPIV3Schema").map(drop_nulls);
    }
    let Some(names) = spec.get_mut("names").and_then(Value::as_object_mut) else { return };
    if let Some(kind) = names.get("kind").and_then(Value::as_str).map(str::to_owned) {
        names.entry("singular").or_insert_with(|| kind.to_lowercase().into());
        names.entry("listKind").or_insert_with(|| format!("{kind}List").into());
    }
}

fn check_names(definition: &Definition, scope: &str, problems: &mut Problems) {
    let Definition { name, group, kind, list_kind, plural, singular, .. } = definition;
    if name.is_empty() {
        problems.required("metadata.name");
    } else if *name != format!("{plural}.{group}") {
        let why = "must be spec.names.plural+\".\"+spec.group";
        problems.invalid("metadata.name", name, why);
    }
    if group.is_empty() {
        problems.required("spec.group");
    } else if !is_subdomain(group) || !group.contains('.') {
        problems.invalid("spec.group", group, "should be a domain with at least one dot");
    }
    match scope {
        "Namespaced" | "Cluster" => {}
        "" => problems.required("spec.scope"),
        other => problems.add(
            "FieldValueNotSupported",
            "spec.scope",
            format!("Unsupported value: {other:?}: supported values: \"Cluster\", \"Namespaced\""),
        ),
    }
    for (field, value) in [("plural", plural), ("singular", singular)] {
        check_label(&format!("spec.names.{field}"), value, problems);
    }
    for (field, value) in [("kind", kind), ("listKind", list_kind)] {
        check_label(&format!("spec.names.{field}"), &value.to_lowercase(), problems);
    }
    for (field, values) in
        [("shortNames", &definition.short_names), ("categories", &definition.categories)]
    {
        for (index, value) in values.iter().enumerate() {
            check_label(&format!("spec.names.{field}[{index}]"), value, problems);
        }
    }
    if !kind.is_empty() && kind == list_kind {
        problems.invalid("spec.names.listKind", list_kind, "kind and listKind may not be the same");
    }
}

fn check_label(field: &str, value: &str, problems: &mut Problems) {
    if value.is_empty() {
        problems.required(field);
    } else if !is_label(value) {
        let why = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', \
                   start with an alphabetic character, and end with an alphanumeric character";
        problems.invalid(field, value, why);
    }
}

fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= LABEL_BYTES_MAX
        && text.bytes().all(is_inner)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
}

fn is_subdomain(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_inner =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !part.is_empty()
            && part.bytes().all(is_inner)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= SUBDOMAIN_BYTES_MAX && text.split('.').all(is_part)
}

fn read_versions(object: &Value, problems: &mut Problems) -> Vec<Version> {
    let entries = object.pointer("/spec/versions").and_then(Value::as_array);
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() {
        problems.required("spec.versions");
    }
    if entries.len() > VERSIONS_MAX {
        let message =
            format!("Too many: {}: must have at most {VERSIONS_MAX} items", entries.len());
        problems.add("FieldValueTooMany", "spec.versions", message);
        return Vec::new();
    }
    let mut versions: Vec<Version> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let version = read_version(entry, &format!("spec.versions[{index}]"), problems);
        if versions.iter().any(|each| each.name == version.name) {
            let message = format!("Duplicate value: {:?}", version.name);
            problems.add("FieldValueDuplicate", format!("spec.versions[{index}].name"), message);
        }
        versions.push(version);
    }
    if !versions.is_empty() && versions.iter().filter(|version| version.storage).count() != 1 {
        let why = "must have exactly one version marked as storage version";
        problems.add("FieldValueInvalid", "spec.versions", format!("Invalid value: {why}"));
    }
    versions
}

fn read_version(entry: &Value, path: &str, problems: &mut Problems) -> Version {
    let flag = |name: &str| entry.get(name).and_then(Value::as_bool).unwrap_or_default();
    let name = entry.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    check_label(&format!("{path}.name"), &name, problems);
    let field = format!("{path}.schema.openAPIV3Schema");
    let schema = entry.pointer("/schema/openAPIV3Schema").unwrap_or(&Value::Null);
    if schema.is_null() {
        problems.required(field.clone());
    } else {
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            problems.invalid(format!("{field}.type"), "", "must be object at the root");
        }
        check_schema(schema, &field, 0, problems);
    }
    let has = |name: &str| entry.pointer(&format!("/subresources/{name}")).is_some();
    Version {
        served: flag("served"),
        storage: flag("storage"),
        has_status: has("status"),
        has_scale: has("scale"),
        name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn widget() -> Value {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com",
                "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
                "scope": "Namespaced",
                "versions": [{
                    "name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                    "subresources": {"status": {}},
                }],
            },
        })
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut object = widget();
        change(&mut object);
        let status = read(object).expect_err("it is invalid");
        assert_eq!(status.reason, Reason::Invalid, "{}", status.message);
        status.causes.into_iter().map(|cause| cause.field).collect()
    }

    #[test]
    fn a_definition_gets_its_defaults() {
        let read = read(widget()).unwrap();
        assert_eq!((read.singular.as_str(), read.list_kind.as_str()), ("widget", "WidgetList"));
        assert_eq!(read.type_name("v1", "Widget"), "com.example.v1.Widget");
        assert_eq!(read.object.pointer("/spec/conversion/strategy"), Some(&json!("None")));
        assert_eq!(read.schema(&read.versions[0]), &json!({"type": "object"}));
        let resource = read.resource(&read.versions[0]);
        assert_eq!(resource.subresources[0].name, "status");
    }

    #[test]
    fn null_members_of_a_schema_are_dropped_and_data_is_not() {
        let mut object = widget();
        let schema = json!({"type": "object", "description": null, "default": {"a": null}});
        object["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema;
        let read = read(object).unwrap();
        let wanted = json!({"type": "object", "default": {"a": null}});
        assert_eq!(read.schema(&read.versions[0]), &wanted);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(refusal(|crd| crd["metadata"]["name"] = json!("x")), ["metadata.name"]);
        assert_eq!(refusal(|crd| crd["spec"]["scope"] = json!("Galaxy")), ["spec.scope"]);
        assert_eq!(refusal(|crd| crd["spec"]["versions"] = json!([])), ["spec.versions"]);
        assert_eq!(
            refusal(|crd| crd["spec"]["versions"][0]["storage"] = json!(false)),
            ["spec.versions"]
        );
        assert_eq!(
            refusal(|crd| crd["spec"]["names"]["shortNames"] = json!(["Bad_Name"])),
            ["spec.names.shortNames[0]"]
        );
        assert_eq!(
            refusal(|crd| {
                crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"] =
                    json!({"a": {"type": "array"}});
            }),
            ["spec.versions[0].schema.openAPIV3Schema.properties[a].items"]
        );
        assert_eq!(refusal(|crd| crd["spec"] = json!(3)), ["spec"]);
        for (wrong, field) in [
            (json!({"type": ["object"]}), ".type"),
            (json!({"description": 5}), ".description"),
            (json!({"required": {"a": 1}}), ".required"),
            (json!({"required": [1]}), ".required"),
            (json!({"maxLength": "long"}), ".maxLength"),
            (json!({"nullable": "yes"}), ".nullable"),
            (json!({"externalDocs": true}), ".externalDocs"),
            (json!({"items": 5}), ".items"),
            (json!({"additionalProperties": []}), ".additionalProperties"),
            (json!({"anyOf": [{"not": {"$ref": "#/x"}}]}), ".anyOf[0].not.$ref"),
        ] {
            let fields = refusal(|crd| {
                crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"] =
                    json!({"a": wrong});
            });
            let base = "spec.versions[0].schema.openAPIV3Schema.properties[a]";
            assert_eq!(fields, [format!("{base}{field}")]);
        }
    }

    #[test]
    fn a_deep_schema_is_refused_without_recursing_on() {
        let mut schema = json!({"type": "object"});
        for _ in 0..100 {
            schema = json!({"type": "object", "properties": {"a": schema}});
        }
        let fields =
            refusal(|crd| crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema);
        assert_eq!(fields.len(), 1);
    }

    #[test]
    fn another_kind_is_a_bad_request() {
        let status = read(json!({"apiVersion": "v1", "kind": "Pod"})).expect_err("no definition");
        assert_eq!(status.reason, Reason::BadRequest);
        assert_eq!(read(json!([])).expect_err("no object").reason, Reason::BadRequest);
    }
}
