//! Follows a field path through a schema.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::document::resolved;
use super::{Document, Schema};

/// Where a field path ends.
#[derive(Clone, Debug)]
pub struct Found {
    /// The field's own schema, before any `$ref` is followed; the root when the path is empty.
    pub schema: Rc<Schema>,
    /// The object that holds the field; `None` when the path is empty.
    pub parent: Option<Rc<Schema>>,
}

/// Follows `path` from `root`: lists and maps are entered by themselves, of several `allOf`
/// members the first that has the field wins. `None` when there is no such field.
#[must_use]
pub fn follow(document: &dyn Document, root: &Rc<Schema>, path: &[String]) -> Option<Found> {
    let mut found = Found { schema: Rc::clone(root), parent: None };
    for name in path {
        found = step(document, &found.schema, name, &BTreeSet::new())?;
    }
    Some(found)
}

/// Finds one field; `seen` holds the references on the way, so that a cycle ends.
fn step(
    document: &dyn Document,
    schema: &Rc<Schema>,
    name: &str,
    seen: &BTreeSet<String>,
) -> Option<Found> {
    let mut seen = seen.clone();
    if let Some(reference) = &schema.reference
        && !seen.insert(reference.clone())
    {
        return None;
    }
    let object = resolved(document, schema);
    if let Some(field) = object.properties.get(name) {
        return Some(Found { schema: Rc::clone(field), parent: Some(object) });
    }
    if let Some(element) = object.element() {
        return step(document, element, name, &seen);
    }
    object.all_of.iter().find_map(|member| step(document, member, name, &seen))
}

/// One field below a schema.
#[derive(Clone, Debug)]
pub struct Child {
    /// Its name.
    pub name: String,
    /// Its own schema, before any `$ref` is followed.
    pub schema: Rc<Schema>,
    /// It must be there.
    pub required: bool,
}

/// Lists the fields that may follow a schema in a path, through lists, maps and `allOf`.
#[must_use]
pub fn children(document: &dyn Document, schema: &Rc<Schema>) -> Vec<Child> {
    let mut found = Vec::new();
    collect(document, schema, &mut BTreeSet::new(), &mut found);
    found
}

fn collect(
    document: &dyn Document,
    schema: &Rc<Schema>,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<Child>,
) {
    if let Some(reference) = &schema.reference
        && !seen.insert(reference.clone())
    {
        return;
    }
    let object = resolved(document, schema);
    found.extend(object.properties.iter().map(|(name, field)| Child {
        name: name.clone(),
        schema: Rc::clone(field),
        required: object.required.contains(name),
    }));
    for part in object.all_of.iter().chain(object.element()) {
        collect(document, part, seen, found);
    }
}

/// The definition that a schema stands for, through lists, maps and `allOf`: it tells whether
/// one has been here before.
#[must_use]
pub fn definition(document: &dyn Document, schema: &Rc<Schema>) -> Option<String> {
    if let Some(reference) = &schema.reference {
        let target = resolved(document, schema);
        return match target.element() {
            Some(element) => definition(document, element),
            None => Some(reference.clone()),
        };
    }
    match (schema.element(), schema.all_of.as_slice()) {
        (Some(element), _) => definition(document, element),
        (None, [only]) => definition(document, only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_document::TestDocument;

    fn description(path: &str) -> Option<String> {
        let document = TestDocument::new();
        let path: Vec<_> =
            path.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        follow(&document, &document.widget(), &path).map(|found| found.schema.description.clone())
    }

    #[test]
    fn enters_lists_maps_references_and_all_of() {
        for (path, expected) in [
            ("", Some("A widget.")),
            ("spec", Some("What is wanted.")),
            ("spec.parts.name", Some("Name of the part.")),
            ("spec.byName.name", Some("Name of the part.")),
            ("spec.parts.parts.parts.name", Some("Name of the part.")),
            ("spec.nope", None),
            ("spec.size.x", None),
            ("Spec", None),
        ] {
            assert_eq!(description(path).as_deref(), expected, "{path}");
        }
    }
}
