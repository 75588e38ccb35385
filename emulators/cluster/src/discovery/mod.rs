//! Discovery: which groups, versions and resources there are, in the three forms that clients ask
//! for. A client that does not name the aggregated form gets the legacy one: kubectl before 1.28
//! fails on a version of the aggregated form that it did not ask for.

mod aggregated;
mod legacy;

use crate::catalogue::Catalogue;
use crate::wire::{Reason, Request, Response, Status};

const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const V2_BETA_1: &str = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
const PLAIN: &str = "application/json";

/// Answers `/api` (`core`) or `/apis`.
pub(crate) fn roots(catalogue: &Catalogue, request: &Request<'_>, core: bool) -> Response {
    let Some(form) = request.accept().choose(&[V2, V2_BETA_1, PLAIN]) else {
        return not_acceptable(&[PLAIN, V2, V2_BETA_1]);
    };
    let groups = catalogue.groups().iter().filter(|group| group.name.is_empty() == core);
    let body = match form {
        V2 => aggregated::groups(groups, "apidiscovery.k8s.io/v2"),
        V2_BETA_1 => aggregated::groups(groups, "apidiscovery.k8s.io/v2beta1"),
        _ if core => legacy::core_versions(groups, request.server_address),
        _ => legacy::groups(groups),
    };
    let mut response = Response::json(body).with_header(http::header::VARY, "Accept");
    response.headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(form));
    response
}

/// Answers `/apis/GROUP`.
pub(crate) fn group(catalogue: &Catalogue, request: &Request<'_>, name: &str) -> Response {
    match catalogue.group(name).filter(|group| !group.name.is_empty()) {
        Some(group) => plain(request, || legacy::group(group)),
        None => not_found(),
    }
}

/// Answers `/api/VERSION` and `/apis/GROUP/VERSION`.
pub(crate) fn group_version(
    catalogue: &Catalogue,
    request: &Request<'_>,
    group: &str,
    version: &str,
) -> Response {
    match catalogue.group_version(group, version) {
        Some(group_version) => plain(request, || legacy::resources(group_version)),
        None => not_found(),
    }
}

fn plain(request: &Request<'_>, body: impl FnOnce() -> Vec<u8>) -> Response {
    match request.accept().choose(&[PLAIN]) {
        Some(_) => Response::json(body()),
        None => not_acceptable(&[PLAIN]),
    }
}

/// What a server says of a path that it has never heard of.
pub(crate) fn not_found() -> Response {
    Response::text(http::StatusCode::NOT_FOUND, "404 page not found\n")
}

/// The failure of a request that takes none of the media types on offer.
pub(crate) fn not_acceptable(offers: &[&str]) -> Response {
    let message = format!("only the following media types are accepted: {}", offers.join(", "));
    Status::new(Reason::NotAcceptable, message).response()
}
