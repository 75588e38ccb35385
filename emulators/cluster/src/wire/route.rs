//! What a path asks for.

/// A path, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `/`
    Root,
    /// `/version`
    Version,
    /// `/healthz`, `/livez`, `/readyz`, with the name of one check or nothing.
    Health { endpoint: &'a str, check: &'a str },
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/GROUP`
    Group { group: &'a str },
    /// `/api/VERSION` or `/apis/GROUP/VERSION`
    GroupVersion { group: &'a str, version: &'a str },
    /// `/openapi/v2`
    OpenApiV2,
    /// `/openapi/v3`
    OpenApiV3Index,
    /// `/openapi/v3/api/VERSION` or `/openapi/v3/apis/GROUP/VERSION`
    OpenApiV3 { group: &'a str, version: &'a str },
    /// A resource, one of its objects, or a subresource.
    Resource {
        group: &'a str,
        version: &'a str,
        namespace: Option<&'a str>,
        plural: &'a str,
        name: Option<&'a str>,
        subresource: Option<&'a str>,
    },
    /// Nothing that an API server has.
    Unknown,
}

/// Segments of a path beyond this number make it unknown (proxy subresources excepted, whose rest
/// is not looked at).
const SEGMENTS_MAX: usize = 16;

/// Understands a path.
pub(crate) fn route(path: &str) -> Route<'_> {
    let trimmed = path.trim_matches('/');
    if trimmed.is_empty() {
        return Route::Root;
    }
    let segments: Vec<&str> = trimmed.splitn(SEGMENTS_MAX, '/').collect();
    match segments.as_slice() {
        ["version"] => Route::Version,
        [endpoint @ ("healthz" | "livez" | "readyz")] => Route::Health { endpoint, check: "" },
        [endpoint @ ("healthz" | "livez" | "readyz"), check] => Route::Health { endpoint, check },
        ["api"] => Route::CoreVersions,
        ["apis"] => Route::Groups,
        ["openapi", "v2"] => Route::OpenApiV2,
        ["openapi", "v3"] => Route::OpenApiV3Index,
        ["openapi", "v3", "api", version] => Route::OpenApiV3 { group: "", version },
        ["openapi", "v3", "apis", group, version] => Route::OpenApiV3 { group, version },
        ["api", version] => Route::GroupVersion { group: "", version },
        ["apis", group] => Route::Group { group },
        ["apis", group, version] => Route::GroupVersion { group, version },
        ["api", version, rest @ ..] => resource("", version, rest),
        ["apis", group, version, rest @ ..] => resource(group, version, rest),
        _ => Route::Unknown,
    }
}

fn resource<'a>(group: &'a str, version: &'a str, rest: &[&'a str]) -> Route<'a> {
    let (namespace, rest) = match rest {
        // `namespaces/NAME/status` and `namespaces/NAME/finalize` are about the namespace itself.
        ["namespaces", _, "status" | "finalize"] => (None, rest),
        ["namespaces", namespace, tail @ ..] if !tail.is_empty() => (Some(*namespace), tail),
        _ => (None, rest),
    };
    let (plural, name, subresource) = match rest {
        [plural] => (*plural, None, None),
        [plural, name] => (*plural, Some(*name), None),
        [plural, name, subresource, ..] => (*plural, Some(*name), Some(*subresource)),
        [] => return Route::Unknown,
    };
    Route::Resource { group, version, namespace, plural, name, subresource }
}

#[cfg(test)]
mod tests {
    use super::{Route, route};

    fn parts(path: &str) -> (Option<&str>, &str, Option<&str>, Option<&str>) {
        match route(path) {
            Route::Resource { namespace, plural, name, subresource, .. } => {
                (namespace, plural, name, subresource)
            }
            other => panic!("{path} is {other:?}"),
        }
    }

    #[test]
    fn resources_are_told_from_namespaces() {
        assert_eq!(parts("/api/v1/pods"), (None, "pods", None, None));
        assert_eq!(parts("/api/v1/namespaces"), (None, "namespaces", None, None));
        assert_eq!(parts("/api/v1/namespaces/a"), (None, "namespaces", Some("a"), None));
        assert_eq!(
            parts("/api/v1/namespaces/a/finalize"),
            (None, "namespaces", Some("a"), Some("finalize"))
        );
        assert_eq!(parts("/api/v1/namespaces/a/pods/"), (Some("a"), "pods", None, None));
        assert_eq!(
            parts("/apis/apps/v1/namespaces/a/deployments/b/scale"),
            (Some("a"), "deployments", Some("b"), Some("scale"))
        );
        assert_eq!(
            parts("/api/v1/namespaces/a/pods/b/proxy/x/y/z"),
            (Some("a"), "pods", Some("b"), Some("proxy"))
        );
    }

    #[test]
    fn other_paths_have_routes_of_their_own() {
        assert_eq!(route("/"), Route::Root);
        assert_eq!(route("/livez/ping"), Route::Health { endpoint: "livez", check: "ping" });
        assert_eq!(route("/api/v1"), Route::GroupVersion { group: "", version: "v1" });
        assert_eq!(
            route("/openapi/v3/apis/apps/v1"),
            Route::OpenApiV3 { group: "apps", version: "v1" }
        );
        for path in ["/nope", "/openapi", "/openapi/v4", "/version/x", "//", "/%00"] {
            assert!(matches!(route(path), Route::Unknown | Route::Root), "{path}");
        }
    }
}
