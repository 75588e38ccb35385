//! What changed between two Kubernetes versions: `--diff A..B`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, OutputFormat};
use brume_plugin::render::palette;
use brume_plugin::{Context, Result};
use brume_schema::{Definition, KubernetesVersion, Resource, Schema, Versions, bundle};
use serde_json::{Value, json};

use crate::command::{subject, unknown_field};
use crate::lookup::look_up;
use crate::render::structured;
use crate::schema::{definition, follow};
use crate::source::bundled::Bundled;

/// What happened to a resource or a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Added,
    Removed,
    Required,
    Optional,
}

impl Change {
    fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Required => "required",
            Self::Optional => "optional",
        }
    }

    fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Required | Self::Optional => '!',
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    change: Change,
    resource: String,
    path: String,
    kind: String,
    version: KubernetesVersion,
}

impl Entry {
    fn to_json(&self) -> Value {
        json!({"change": self.change.name(), "resource": self.resource, "path": self.path,
               "type": self.kind, "version": self.version.to_string()})
    }
}

const COLUMNS: [Column; 5] = [
    Column::new("CHANGE", |entry| structured::text(entry, "change")),
    Column::new("RESOURCE", |entry| structured::text(entry, "resource")),
    Column::new("PATH", |entry| structured::text(entry, "path")),
    Column::new("TYPE", |entry| structured::text(entry, "type")),
    Column::new("VERSION", |entry| structured::text(entry, "version")),
];

/// The versions that are compared; the first may be the newer one.
#[derive(Clone, Copy)]
struct Range {
    from: KubernetesVersion,
    to: KubernetesVersion,
}

impl Range {
    /// Tells what happened to something between the two, and which version brought or dropped it.
    fn change(self, versions: Versions) -> Option<(Change, KubernetesVersion)> {
        let change = match (versions.contains(self.from), versions.contains(self.to)) {
            (false, true) => Change::Added,
            (true, false) => Change::Removed,
            _ => return None,
        };
        let (older, newer) = (self.from.min(self.to), self.from.max(self.to));
        let turning = KubernetesVersion::all()
            .filter(|&version| version > older && version <= newer)
            .find(|&version| versions.contains(version) == versions.contains(newer));
        Some((change, turning.unwrap_or(newer)))
    }
}

/// Prints the differences of one type, or of all.
pub fn run(
    path: Option<&str>,
    from: KubernetesVersion,
    to: KubernetesVersion,
    context: &mut Context<'_>,
) -> Result<()> {
    let range = Range { from, to };
    let entries = match path {
        Some(path) => differences_below(path, range)?,
        None => all_differences(range),
    };
    match context.format() {
        None | Some("plaintext") => {
            let text = plaintext(&entries, range, context.output().stdout_color);
            Ok(context.stdout().write_all(text.as_bytes())?)
        }
        Some(format) => {
            let listed: Vec<_> = entries.iter().map(Entry::to_json).collect();
            let format = OutputFormat::parse(format, &STANDARD)?;
            let name = |item: &Value| structured::text(item, "path");
            let document = Value::from(listed.clone());
            structured::print_items(&document, &listed, &COLUMNS, name, &format, context)
        }
    }
}

fn differences_below(path: &str, range: Range) -> Result<Vec<Entry>> {
    // What went away is only in the older version, what came only in the newer one.
    let mut newer = Bundled::new(range.from.max(range.to));
    let mut older = Bundled::new(range.from.min(range.to));
    let found =
        look_up(&mut newer, path, None).and_then(|lookup| subject(&mut newer, &lookup)).or_else(
            |_| look_up(&mut older, path, None).and_then(|lookup| subject(&mut older, &lookup)),
        )?;
    let field = follow(found.document.as_ref(), &found.root, &found.fields)
        .ok_or_else(|| unknown_field(&found))?;
    let resource = format!("{} {}", found.kind.api_version(), found.kind.kind);
    let mut walk = Walk { range, resource, seen: BTreeSet::new(), entries: Vec::new() };
    let root = if found.fields.is_empty() {
        let kind = &found.kind;
        bundle().resources().find(|resource| {
            resource.group() == kind.group
                && resource.version() == kind.version
                && resource.kind() == kind.kind
        })
    } else {
        None
    };
    if let Some(resource) = root {
        walk.resource(resource);
    } else if let Some(target) = definition(found.document.as_ref(), &field.schema)
        .and_then(|name| bundle().definition(&name))
    {
        walk.fields(target, &found.fields.join("."));
    }
    Ok(walk.entries)
}

fn all_differences(range: Range) -> Vec<Entry> {
    let mut walk =
        Walk { range, resource: String::new(), seen: BTreeSet::new(), entries: Vec::new() };
    for resource in bundle().resources() {
        walk.resource = format!(
            "{} {}",
            match resource.group() {
                "" => resource.version().to_owned(),
                group => format!("{group}/{}", resource.version()),
            },
            resource.kind()
        );
        walk.resource(resource);
    }
    walk.entries
}

struct Walk {
    range: Range,
    resource: String,
    seen: BTreeSet<&'static str>,
    entries: Vec<Entry>,
}

impl Walk {
    fn resource(&mut self, resource: Resource) {
        if let Some((change, version)) = self.range.change(resource.presence()) {
            self.push(change, "", "", version);
        } else if let Some(definition) = resource.definition()
            && resource.presence().contains(self.range.to)
        {
            self.fields(definition, "");
        }
    }

    /// Compares one type; a type that several share is reported where it is met first.
    fn fields(&mut self, definition: Definition, path: &str) {
        if !self.seen.insert(definition.name()) {
            return;
        }
        for field in definition.fields() {
            let path = if path.is_empty() {
                field.name().to_owned()
            } else {
                format!("{path}.{}", field.name())
            };
            if let Some((change, version)) = self.range.change(field.presence()) {
                self.push(change, &path, &short_type(field.schema()), version);
                continue;
            }
            if !field.presence().contains(self.range.to) {
                continue;
            }
            if let Some((change, version)) = self.range.change(field.required()) {
                let change =
                    if change == Change::Added { Change::Required } else { Change::Optional };
                self.push(change, &path, &short_type(field.schema()), version);
            }
            if let Some(target) = element(field.schema()) {
                self.fields(target, &path);
            }
        }
    }

    fn push(&mut self, change: Change, path: &str, kind: &str, version: KubernetesVersion) {
        self.entries.push(Entry {
            change,
            resource: self.resource.clone(),
            path: path.to_owned(),
            kind: kind.to_owned(),
            version,
        });
    }
}

/// The type that a field, its elements or its values have.
fn element(schema: Schema) -> Option<Definition> {
    schema
        .referenced()
        .or_else(|| schema.items().and_then(element))
        .or_else(|| schema.additional_properties().and_then(element))
}

fn short_type(schema: Schema) -> String {
    if let Some(items) = schema.items() {
        return format!("[]{}", short_type(items));
    }
    if let Some(values) = schema.additional_properties() {
        return format!("map[string]{}", short_type(values));
    }
    match schema.referenced() {
        Some(target) => {
            target.schema().kind().filter(|&kind| kind != "object").unwrap_or(target.short_name())
        }
        None => schema.kind().filter(|&kind| kind != "object").unwrap_or("Object"),
    }
    .to_owned()
}

fn plaintext(entries: &[Entry], range: Range, color: bool) -> String {
    let mut text = format!("Kubernetes {} → {}\n", range.from, range.to);
    if entries.is_empty() {
        text.push_str("\nNothing changed.\n");
    }
    let mut resource = "";
    for entry in entries {
        if resource != entry.resource {
            resource = &entry.resource;
            // Writing to a String cannot fail.
            let _ = writeln!(text, "\n{resource}");
        }
        let what = match (entry.change, entry.path.is_empty()) {
            (_, true) => format!("the whole kind, {} in {}", entry.change.name(), entry.version),
            (Change::Required | Change::Optional, _) => {
                format!(
                    "{} <{}>  {} since {}",
                    entry.path,
                    entry.kind,
                    entry.change.name(),
                    entry.version
                )
            }
            _ => format!("{} <{}>  {}", entry.path, entry.kind, entry.version),
        };
        let line = format!("  {} {what}", entry.change.sign());
        let style = match entry.change {
            Change::Added => palette::GOOD,
            Change::Removed => palette::ERROR,
            Change::Required | Change::Optional => palette::WARNING,
        };
        let _ = writeln!(text, "{}", palette::paint(&line, style, color));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> KubernetesVersion {
        text.parse().expect("a bundled version")
    }

    fn lines(path: &str, from: &str, to: &str) -> Vec<String> {
        let range = Range { from: version(from), to: version(to) };
        let entries = differences_below(path, range).expect("the path exists");
        entries
            .iter()
            .map(|entry| format!("{}{} {}", entry.change.sign(), entry.path, entry.version))
            .collect()
    }

    #[test]
    fn reports_fields_that_came_and_the_version() {
        let forwards = lines("pod.spec", "1.25", "1.26");
        assert!(forwards.contains(&"+spec.resourceClaims 1.26".to_owned()), "{forwards:?}");
        let backwards = lines("pod.spec", "1.26", "1.25");
        assert!(backwards.contains(&"-spec.resourceClaims 1.26".to_owned()), "{backwards:?}");
        assert!(lines("pod.spec", "1.30", "1.30").is_empty());
    }
}
