//! What a server adds to the schemas when it publishes them: enums and defaults.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;

use crate::facts::{Facts, NEWEST_VERSION};
use crate::model::{Model, Schema};

/// Types that have no zero value of their own in JSON, so that no default is published for them.
const NO_ZERO_VALUE: [&str; 8] = [
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
    "io.k8s.apimachinery.pkg.runtime.RawExtension",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
];

/// Adds the values of enum fields, and to their descriptions the list of values as a server with
/// the `OpenAPIEnums` feature (on by default) writes it.
pub fn add_enums(model: &mut Model, facts: &Facts) -> Result<(), Box<dyn Error>> {
    let mut enums: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for fact in facts.table("enum-values")? {
        let value = fact.column(1)?.replace("\"\"", "").replace('_', " ");
        let entry = (value, fact.rest(2).to_owned());
        enums.entry(fact.column(0)?).or_default().push(entry);
    }
    for values in enums.values_mut() {
        values.sort();
    }
    for fact in facts.table("enum-fields")? {
        let values =
            enums.get(fact.column(2)?).ok_or_else(|| fact.error("there is no such enum"))?;
        let schema = &mut model.field_of(fact)?.schema;
        // The values of a list or a map are told on its members, without a word in the prose.
        if let Some(member) = schema.items.as_mut().or(schema.additional.as_mut()) {
            member.enum_values = values.clone();
        } else {
            schema.enum_values = values.clone();
            schema.prose = std::mem::take(&mut schema.description);
            schema.description = with_values(&schema.prose, values)?;
        }
    }
    Ok(())
}

fn with_values(prose: &str, values: &[(String, String)]) -> Result<String, std::fmt::Error> {
    let mut text = prose.to_owned();
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str("Possible enum values:");
    for (value, meaning) in values {
        write!(text, "\n - `\"{value}\"`")?;
        if !meaning.is_empty() {
            write!(text, " {meaning}")?;
        }
    }
    Ok(text)
}

/// Adds the defaults of the published documents.
///
/// They are made from the Go types: what a Go struct always writes has its zero value as default.
/// The table lists what deviates from that rule.
pub fn add_defaults(model: &mut Model, facts: &Facts) -> Result<(), Box<dyn Error>> {
    for definition in model.definitions.values_mut() {
        let is_object = definition.fields.contains_key("apiVersion");
        for (name, field) in &mut definition.fields {
            let always_written = field.required & NEWEST_VERSION != 0
                || (is_object && matches!(name.as_str(), "metadata" | "spec" | "status"));
            if always_written {
                field.schema.default = zero_value(&field.schema);
            }
            add_member_defaults(&mut field.schema);
        }
    }
    for fact in facts.table("published-defaults")? {
        model.field_of(fact)?.schema.default = fact.rest(2).to_owned();
    }
    Ok(())
}

/// Members of lists and maps are Go values, not pointers: they always have a zero value.
fn add_member_defaults(schema: &mut Schema) {
    for member in [schema.items.as_mut(), schema.additional.as_mut()].into_iter().flatten() {
        member.default = zero_value(member);
        add_member_defaults(member);
    }
}

fn zero_value(schema: &Schema) -> String {
    let zero = match (&schema.reference, schema.kind.as_str()) {
        (Some(name), _) if NO_ZERO_VALUE.contains(&name.as_str()) => "",
        (Some(_), _) => "{}",
        (None, "string") if schema.format.is_empty() => "\"\"",
        (None, "integer" | "number") => "0",
        (None, "boolean") => "false",
        _ => "",
    };
    zero.to_owned()
}
