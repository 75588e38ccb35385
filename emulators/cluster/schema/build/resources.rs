//! The resources of discovery, in its order.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::error::Error;

use crate::facts::{Fact, Facts};
use crate::model::{Model, split_api_version};

/// The verbs of a resource with storage.
const ALL_VERBS: [&str; 8] =
    ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A subresource.
pub struct Subresource {
    pub name: String,
    pub group: String,
    pub version: String,
    pub kind: String,
    pub verbs: Vec<String>,
    pub presence: u16,
}

/// A resource in one version of its group.
pub struct Resource {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    pub namespaced: bool,
    pub verbs: Vec<String>,
    pub subresources: Vec<Subresource>,
    pub definition: String,
    pub presence: u16,
    pub storage_api_version: String,
}

/// Reads the tables of resources and puts them in order.
pub fn read(facts: &Facts, model: &Model) -> Result<Vec<Resource>, Box<dyn Error>> {
    let mut kinds = BTreeMap::new();
    for (name, definition) in &model.definitions {
        for kind in &definition.kinds {
            let key = (kind.group.as_str(), kind.version.as_str(), kind.kind.as_str());
            kinds.insert(key, (name.as_str(), kind.presence));
        }
    }
    let mut groups = BTreeMap::new();
    for (position, fact) in facts.table("groups")?.iter().enumerate() {
        groups.insert(fact.dashed(0)?, position);
    }

    let mut resources = Vec::new();
    for fact in facts.table("resources")? {
        let (group, version) = split_api_version(fact.column(0)?);
        let kind = fact.column(2)?.to_owned();
        let &(definition, presence) = kinds
            .get(&(group.as_str(), version.as_str(), kind.as_str()))
            .ok_or_else(|| fact.error("there is no such kind"))?;
        if !groups.contains_key(group.as_str()) {
            return Err(fact.error("its group is not in groups.txt"));
        }
        resources.push(Resource {
            plural: fact.column(1)?.to_owned(),
            singular: kind.to_lowercase(),
            short_names: fact.list(4)?,
            categories: fact.list(5)?,
            namespaced: fact.column(3)? == "namespaced",
            verbs: verbs(fact, 6)?,
            subresources: Vec::new(),
            definition: definition.to_owned(),
            presence,
            storage_api_version: fact.dashed(7)?.to_owned(),
            group,
            version,
            kind,
        });
    }
    for fact in facts.table("subresources")? {
        add_subresource(fact, &mut resources)?;
    }
    for resource in &mut resources {
        resource.subresources.sort_by(|left, right| left.name.cmp(&right.name));
    }
    resources.sort_by_cached_key(|resource| {
        (
            groups.get(resource.group.as_str()).copied(),
            Reverse(version_rank(&resource.version)),
            resource.plural.clone(),
        )
    });
    Ok(resources)
}

fn verbs(fact: &Fact, column: usize) -> Result<Vec<String>, Box<dyn Error>> {
    match fact.column(column)? {
        "all" => Ok(ALL_VERBS.map(str::to_owned).to_vec()),
        _ => fact.list(column),
    }
}

fn add_subresource(fact: &Fact, resources: &mut [Resource]) -> Result<(), Box<dyn Error>> {
    let (group, version) = split_api_version(fact.column(0)?);
    let plural = fact.column(1)?;
    let resource = resources
        .iter_mut()
        .find(|each| each.group == group && each.version == version && each.plural == plural)
        .ok_or_else(|| fact.error("there is no such resource"))?;
    let (kind_group, kind_version) = split_api_version(fact.column(3)?);
    let presence = match fact.optional(6) {
        Some(_) => fact.versions(6)? & resource.presence,
        None => resource.presence,
    };
    resource.subresources.push(Subresource {
        name: fact.column(2)?.to_owned(),
        group: kind_group,
        version: kind_version,
        kind: fact.column(4)?.to_owned(),
        verbs: verbs(fact, 5)?,
        presence,
    });
    Ok(())
}

/// How preferred a version is: stable before beta before alpha, then the higher numbers.
fn version_rank(version: &str) -> (u8, u32, u32) {
    let digits = version.trim_start_matches('v');
    let (major, rest) =
        digits.split_at(digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()));
    let number = |text: &str| text.parse().unwrap_or_default();
    if let Some(minor) = rest.strip_prefix("beta") {
        (1, number(major), number(minor))
    } else if let Some(minor) = rest.strip_prefix("alpha") {
        (0, number(major), number(minor))
    } else {
        (2, number(major), 0)
    }
}
