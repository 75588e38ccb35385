//! From a request to its response, without any IO.

use http::{Method, StatusCode, header};

use crate::catalogue::{ApiResource, Catalogue};
use crate::custom::{self, Answer, Stamp};
use crate::wire::{JsonWriter, Reason, Request, Response, Route, Status, route};
use crate::{discovery, health, openapi, version};

/// Answers a request that changes nothing.
///
/// A request that would change the cluster is answered as if it were a dry run; the server uses
/// the form that keeps changes.
pub fn respond(catalogue: &Catalogue, request: &Request<'_>, stamp: &Stamp) -> Response {
    answer(catalogue, request, stamp).response
}

/// Answers a request, and says what it changed.
pub(crate) fn answer(catalogue: &Catalogue, request: &Request<'_>, stamp: &Stamp) -> Answer {
    let route = route(request.path);
    if let Some(refusal) = refuse(request, &route) {
        return refusal.into();
    }
    let custom_name = match route {
        Route::Resource {
            group: custom::GROUP,
            version: "v1",
            namespace: None,
            plural: custom::PLURAL,
            name,
            subresource: None,
        } => Some(name),
        _ => None,
    };
    if let Some(name) = custom_name {
        return custom::respond(catalogue, request, name, stamp);
    }
    Answer { response: read(catalogue, request, route), changed: None }
}

/// Who may do what: everybody may ask for version and health, every known user may do all.
fn refuse(request: &Request<'_>, route: &Route<'_>) -> Option<Status> {
    if request.user.is_some() || matches!(route, Route::Version | Route::Health { .. }) {
        return None;
    }
    if !request.header(header::AUTHORIZATION.as_str()).is_empty() {
        return Some(Status::new(Reason::Unauthorized, "Unauthorized"));
    }
    let verb = if request.method == Method::GET { "get" } else { request.method.as_str() };
    let message = format!(
        "forbidden: User \"system:anonymous\" cannot {} path {:?}",
        verb.to_lowercase(),
        request.path
    );
    Some(Status::new(Reason::Forbidden, message))
}

fn read(catalogue: &Catalogue, request: &Request<'_>, route: Route<'_>) -> Response {
    if let Route::Resource { group, version, plural, subresource, .. } = route {
        return resource(catalogue, request, (group, version), plural, subresource);
    }
    if !matches!(*request.method, Method::GET | Method::HEAD) {
        let message = "the server does not allow this method on the requested resource";
        return Status::new(Reason::MethodNotAllowed, message).response();
    }
    match route {
        Route::Root => root(catalogue),
        Route::Version => version::respond(catalogue.version()),
        Route::Health { endpoint, check } => health::respond(request, endpoint, check),
        Route::CoreVersions => discovery::roots(catalogue, request, true),
        Route::Groups => discovery::roots(catalogue, request, false),
        Route::Group { group } => discovery::group(catalogue, request, group),
        Route::GroupVersion { group, version } => {
            discovery::group_version(catalogue, request, group, version)
        }
        Route::OpenApiV2 => openapi::v2(catalogue, request),
        Route::OpenApiV3Index => openapi::v3_index(catalogue, request),
        Route::OpenApiV3 { group, version } => openapi::v3(catalogue, request, group, version),
        Route::Resource { .. } | Route::Unknown => discovery::not_found(),
    }
}

/// Answers `/`, the list of all paths.
fn root(catalogue: &Catalogue) -> Response {
    let mut paths: Vec<String> = [
        "/api",
        "/apis",
        "/healthz",
        "/livez",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/version",
    ]
    .map(str::to_owned)
    .to_vec();
    for group in catalogue.groups() {
        if !group.name.is_empty() {
            paths.push(format!("/apis/{}", group.name));
        }
        paths.extend(group.versions.iter().map(|version| format!("/{}", version.path())));
        paths
            .extend(group.versions.iter().map(|version| format!("/openapi/v3/{}", version.path())));
    }
    paths.sort();
    let mut json = JsonWriter::default();
    json.object(|json| json.key("paths").strings(paths.iter().map(String::as_str)));
    Response::json(json.finish())
}

/// Says why nothing can be done with a resource: it does not exist, or has no store yet.
fn resource(
    catalogue: &Catalogue,
    request: &Request<'_>,
    (group, version): (&str, &str),
    plural: &str,
    subresource: Option<&str>,
) -> Response {
    let Some(group_version) = catalogue.group_version(group, version) else {
        return discovery::not_found();
    };
    let known = group_version.resource(plural).filter(|resource| {
        subresource.is_none_or(|name| resource.subresources.iter().any(|each| each.name == name))
    });
    let Some(resource) = known else { return Status::unknown_resource().response() };
    let message = format!(
        "brume's mini-cluster does not support {} {} yet: it serves discovery, OpenAPI and \
         customresourcedefinitions",
        request.method,
        full_name(resource, group, subresource)
    );
    let mut response =
        Status::new(Reason::NotImplemented, message).about(group, plural, "").response();
    response.status = StatusCode::NOT_IMPLEMENTED;
    response
}

/// Writes `deployments.apps/scale`.
fn full_name(resource: &ApiResource, group: &str, subresource: Option<&str>) -> String {
    let mut name = resource.plural.to_string();
    if !group.is_empty() {
        name = format!("{name}.{group}");
    }
    match subresource {
        Some(subresource) => format!("{name}/{subresource}"),
        None => name,
    }
}
