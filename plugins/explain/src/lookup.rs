//! From an argument to a resource and the fields after it.

use brume_plugin::Error;
use brume_plugin::render::suggest;

use crate::path::ParsedPath;
use crate::resources::{ApiResource, GroupVersionResource, candidates};
use crate::source::Source;

/// A resource, and the fields to follow from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The resource; it may not exist when `--api-version` says where it is.
    pub resource: GroupVersionResource,
    /// The kind of the resource that was found, whatever group and version are asked for.
    pub kind: String,
    /// Names of fields; an empty list stands for the resource itself.
    pub fields: Vec<String>,
}

/// Looks up what `argument` names.
///
/// Without `api_version` the first candidate wins whose `resource.group` the argument starts with,
/// else the first of all; with it, group and version are taken from there.
///
/// # Errors
/// kubectl's texts: what is no path, or names no resource.
pub fn look_up(
    source: &mut dyn Source,
    argument: &str,
    api_version: Option<&str>,
) -> Result<Lookup, Error> {
    let path = ParsedPath::parse(argument).map_err(Error::failed)?;
    let word = path.resource();
    if word.is_empty() {
        return Err(Error::failed("a resource must be present, got: /, Resource=")
            .hint("brume explain deployment"));
    }
    let mut resources = source.resources()?;
    if candidates(&resources, word).is_empty() && source.refresh()? {
        resources = source.resources()?;
    }
    let found = candidates(&resources, word);
    let Some(&first) = found.first() else {
        return Err(unknown_resource(&resources, word));
    };
    if let Some(text) = api_version {
        let (group, version) = parse_api_version(text)?;
        let resource = GroupVersionResource { group, version, resource: first.plural.clone() };
        return Ok(Lookup {
            resource,
            kind: first.kind.clone(),
            fields: path.fields().map_err(Error::failed)?,
        });
    }
    for &candidate in &found {
        if let Some(fields) = path.fields_after_prefix(&candidate.group_resource()) {
            return Ok(Lookup {
                resource: candidate.into(),
                kind: candidate.kind.clone(),
                fields: fields.map_err(Error::failed)?,
            });
        }
    }
    Ok(Lookup {
        resource: first.into(),
        kind: first.kind.clone(),
        fields: path.fields().map_err(Error::failed)?,
    })
}

fn unknown_resource(resources: &[ApiResource], word: &str) -> Error {
    let names = resources.iter().flat_map(|resource| {
        [resource.plural.as_str(), resource.singular.as_str()]
            .into_iter()
            .chain(resource.short_names.iter().map(String::as_str))
    });
    let mut error =
        Error::failed(format!("the server doesn't have a resource type {}", go_quote(word)))
            .verbatim();
    for near in suggest::nearest(&word.to_lowercase(), names) {
        error = error.hint(format!("brume explain {near}"));
    }
    error
}

/// Quotes as Go's `%q` does, which stands in kubectl's text.
fn go_quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ if character.is_control() => {
                quoted.push_str(&format!("\\x{:02x}", u32::from(character)));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn parse_api_version(text: &str) -> Result<(String, String), Error> {
    match text.split('/').collect::<Vec<_>>().as_slice() {
        // An empty text and a lone slash both mean nothing at all.
        [""] | ["", ""] => Ok((String::new(), String::new())),
        [version] => Ok((String::new(), (*version).to_owned())),
        [group, version] => Ok(((*group).to_owned(), (*version).to_owned())),
        _ => Err(Error::failed(format!("unexpected GroupVersion string: {text}"))
            .hint("--api-version=apps/v1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::bundled::Bundled;
    use brume_schema::KubernetesVersion;

    fn found(argument: &str, api_version: Option<&str>) -> Result<String, String> {
        let mut source = Bundled::new(KubernetesVersion::NEWEST);
        look_up(&mut source, argument, api_version)
            .map(|lookup| format!("{} [{}]", lookup.resource, lookup.fields.join(" ")))
            .map_err(|error| error.message)
    }

    #[test]
    fn prefers_the_group_that_is_spelled_out() {
        for (argument, expected) in [
            ("deploy.spec", "apps/v1, Resource=deployments [spec]"),
            ("deployments.apps.spec.replicas", "apps/v1, Resource=deployments [spec replicas]"),
            ("deployment.apps.spec", "apps/v1, Resource=deployments [apps spec]"),
            ("Pod", "/v1, Resource=pods []"),
            ("events", "/v1, Resource=events []"),
            ("hpa", "autoscaling/v2, Resource=horizontalpodautoscalers []"),
        ] {
            assert_eq!(found(argument, None).as_deref(), Ok(expected), "{argument}");
        }
        assert_eq!(
            found("hpa.spec", Some("autoscaling/v1")).as_deref(),
            Ok("autoscaling/v1, Resource=horizontalpodautoscalers [spec]")
        );
    }

    #[test]
    fn fails_in_kubectls_words() {
        for (argument, api_version, expected) in [
            ("nope.spec", None, "the server doesn't have a resource type \"nope\""),
            ("po\"d", None, "the server doesn't have a resource type \"po\\\"d\""),
            ("", None, "a resource must be present, got: /, Resource="),
            ("deploy", Some("a/b/c"), "unexpected GroupVersion string: a/b/c"),
        ] {
            assert_eq!(found(argument, api_version), Err(expected.to_owned()), "{argument}");
        }
    }
}
