//! Finds the resource that a word means: plural, singular, kind or short name.

use std::fmt;

/// One resource of one group version, as discovery lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiResource {
    /// API group; empty for the core group.
    pub group: String,
    /// API version, `v1` for instance.
    pub version: String,
    /// Kind of one object.
    pub kind: String,
    /// Plural name, as in URLs.
    pub plural: String,
    /// Singular name, in lower case; may be empty.
    pub singular: String,
    /// Short names; matched case by case, unlike the others.
    pub short_names: Vec<String>,
}

impl ApiResource {
    /// `plural.group`, or `plural` in the core group.
    #[must_use]
    pub fn group_resource(&self) -> String {
        if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

/// A resource in a group version that may not exist: what `--api-version` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupVersionResource {
    /// API group; empty for the core group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Plural name.
    pub resource: String,
}

impl From<&ApiResource> for GroupVersionResource {
    fn from(resource: &ApiResource) -> Self {
        Self {
            group: resource.group.clone(),
            version: resource.version.clone(),
            resource: resource.plural.clone(),
        }
    }
}

/// `apps/v1, Resource=deployments`: the form in which kubectl's errors name it.
impl fmt::Display for GroupVersionResource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}, Resource={}", self.group, self.version, self.resource)
    }
}

/// Returns every resource that `word` means, in the order of `resources` (discovery's priority).
///
/// A short name is replaced by the plural of the first resource that has it; plural and singular
/// are compared without case.
#[must_use]
pub fn candidates<'r>(resources: &'r [ApiResource], word: &str) -> Vec<&'r ApiResource> {
    let by_name = |name: &str| {
        resources
            .iter()
            .filter(|resource| {
                resource.plural.eq_ignore_ascii_case(name)
                    || (!resource.singular.is_empty()
                        && resource.singular.eq_ignore_ascii_case(name))
            })
            .collect::<Vec<_>>()
    };
    let found = by_name(word);
    if !found.is_empty() {
        return found;
    }
    resources
        .iter()
        .find(|resource| resource.short_names.iter().any(|short| short == word))
        .map(|owner| {
            resources
                .iter()
                .filter(|other| other.plural == owner.plural && other.group == owner.group)
                .collect()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(
        group: &str,
        version: &str,
        kind: &str,
        plural: &str,
        short: &[&str],
    ) -> ApiResource {
        ApiResource {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            plural: plural.into(),
            singular: kind.to_lowercase(),
            short_names: short.iter().map(|&name| name.into()).collect(),
        }
    }

    #[test]
    fn finds_by_any_name_in_priority_order() {
        let resources = [
            resource("", "v1", "Event", "events", &["ev"]),
            resource("events.k8s.io", "v1", "Event", "events", &["ev"]),
            resource(
                "autoscaling",
                "v2",
                "HorizontalPodAutoscaler",
                "horizontalpodautoscalers",
                &["hpa"],
            ),
            resource(
                "autoscaling",
                "v1",
                "HorizontalPodAutoscaler",
                "horizontalpodautoscalers",
                &["hpa"],
            ),
        ];
        let found = |word: &str| {
            candidates(&resources, word)
                .iter()
                .map(|resource| format!("{}/{}", resource.group, resource.version))
                .collect::<Vec<_>>()
        };
        assert_eq!(found("events"), ["/v1", "events.k8s.io/v1"]);
        assert_eq!(found("EVENT"), ["/v1", "events.k8s.io/v1"]);
        assert_eq!(found("ev"), ["/v1"]);
        assert_eq!(found("hpa"), ["autoscaling/v2", "autoscaling/v1"]);
        assert_eq!(found("HPA"), [""; 0]);
    }

    #[test]
    fn names_itself_as_kubectl_does() {
        let core = GroupVersionResource {
            group: String::new(),
            version: "v1".into(),
            resource: "pods".into(),
        };
        assert_eq!(core.to_string(), "/v1, Resource=pods");
    }
}
