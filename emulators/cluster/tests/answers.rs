//! What the core answers, request by request, without a socket.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::Read;

use brume_cluster::custom::{Stamp, install};
use brume_cluster::wire::{Request, Response, User};
use brume_cluster::{ApiSelection, Catalogue, respond};
use brume_schema::KubernetesVersion;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const V2_BETA_1: &str = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

fn catalogue() -> Catalogue {
    Catalogue::new(KubernetesVersion::NEWEST, ApiSelection::Stable)
}

fn stamp() -> Stamp {
    Stamp { now: "2026-01-01T00:00:00Z".to_owned(), uid: "u".to_owned(), revision: 7 }
}

/// Asks as the administrator.
fn ask(catalogue: &Catalogue, method: Method, url: &str, headers: &[(&str, &str)]) -> Response {
    let user = User { name: "kubernetes-admin".to_owned() };
    ask_as(catalogue, Some(&user), (method, url), headers, b"")
}

fn ask_as(
    catalogue: &Catalogue,
    user: Option<&User>,
    (method, url): (Method, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.insert(name, HeaderValue::from_str(value).unwrap());
    }
    let request = Request {
        method: &method,
        path,
        query,
        headers: &map,
        body,
        user,
        server_address: "127.0.0.1:6443",
        unix_seconds: 0,
    };
    respond(catalogue, &request, &stamp())
}

fn get(catalogue: &Catalogue, url: &str) -> Value {
    let response = ask(catalogue, Method::GET, url, &[]);
    assert_eq!(response.status, 200, "{url}: {:?}", response.body);
    serde_json::from_slice(&response.body).unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

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
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "required": ["size", "tag"], "properties": {
                        "size": {"type": "integer", "minimum": 1},
                        "tag": {"type": "string", "nullable": true},
                        "port": {"x-kubernetes-int-or-string": true},
                    }},
                }}},
                "subresources": {"status": {}, "scale": {}},
            }],
        },
    })
}

#[test]
fn discovery_comes_in_the_form_that_was_asked_for() {
    let catalogue = catalogue();
    for (accept, kind, content_type) in [
        ("application/json", "APIGroupList", "application/json"),
        (V2, "APIGroupDiscoveryList", V2),
        (V2_BETA_1, "APIGroupDiscoveryList", V2_BETA_1),
    ] {
        let response = ask(&catalogue, Method::GET, "/apis", &[("accept", accept)]);
        assert_eq!(header(&response, "content-type"), content_type);
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(body["kind"], kind);
    }
    let both = format!("{V2},{V2_BETA_1},application/json");
    let response = ask(&catalogue, Method::GET, "/apis", &[("accept", &both)]);
    assert_eq!(header(&response, "content-type"), V2);
    let refused = ask(&catalogue, Method::GET, "/apis", &[("accept", "text/html")]);
    assert_eq!(refused.status, 406);
}

#[test]
fn the_two_forms_of_discovery_tell_the_same() {
    let catalogue = catalogue();
    for root in ["/api", "/apis"] {
        let response = ask(&catalogue, Method::GET, root, &[("accept", V2)]);
        let aggregated: Value = serde_json::from_slice(&response.body).unwrap();
        for group in aggregated["items"].as_array().unwrap() {
            for version in group["versions"].as_array().unwrap() {
                let name = group["metadata"]["name"].as_str();
                let path = [Some(root.trim_start_matches('/')), name, version["version"].as_str()];
                let path = path.into_iter().flatten().collect::<Vec<_>>().join("/");
                let legacy = get(&catalogue, &format!("/{path}"));
                let names = legacy["resources"].as_array().unwrap().iter();
                let names: Vec<_> = names.map(|each| each["name"].as_str().unwrap()).collect();
                let mut wanted = Vec::new();
                for resource in version["resources"].as_array().unwrap() {
                    let plural = resource["resource"].as_str().unwrap();
                    wanted.push(plural.to_owned());
                    for subresource in resource["subresources"].as_array().into_iter().flatten() {
                        let name = subresource["subresource"].as_str().unwrap();
                        wanted.push(format!("{plural}/{name}"));
                    }
                }
                assert_eq!(names, wanted, "{path}");
            }
        }
    }
}

#[test]
fn every_document_of_the_index_is_whole() {
    let catalogue = catalogue();
    let index = get(&catalogue, "/openapi/v3");
    for (path, entry) in index["paths"].as_object().unwrap() {
        let url = entry["serverRelativeURL"].as_str().unwrap();
        let response = ask(&catalogue, Method::GET, url, &[]);
        assert_eq!(header(&response, "cache-control"), "public, immutable");
        assert_eq!(header(&response, "expires"), "Fri, 01 Jan 1971 00:00:00 GMT");
        let document: Value = serde_json::from_slice(&response.body).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for reference in references(&document, "#/components/schemas/") {
            assert!(schemas.contains_key(&reference), "{path} lacks {reference}");
        }
        let kinds = document["paths"].as_object().unwrap().values().flat_map(|path| {
            let methods = path.as_object().unwrap().values();
            methods.filter_map(|each| each.get("x-kubernetes-group-version-kind"))
        });
        for kind in kinds.filter(|kind| !kind["kind"].as_str().unwrap().ends_with("Options")) {
            let is_described = schemas.values().any(|schema| {
                let kinds = schema.get("x-kubernetes-group-version-kind");
                kinds.and_then(Value::as_array).is_some_and(|kinds| kinds.contains(kind))
            });
            assert!(is_described, "{path} has no schema of {kind}");
        }
    }
}

fn references(value: &Value, prefix: &str) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str);
            let own = own.map(|name| name.strip_prefix(prefix).unwrap().to_owned());
            let nested = object.values().flat_map(|value| references(value, prefix));
            own.into_iter().chain(nested).collect()
        }
        Value::Array(items) => items.iter().flat_map(|each| references(each, prefix)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_document_names_itself_by_its_hash() {
    let catalogue = catalogue();
    let index = get(&catalogue, "/openapi/v3");
    let url = index["paths"]["apis/apps/v1"]["serverRelativeURL"].as_str().unwrap();
    let (path, hash) = url.split_once("?hash=").unwrap();
    assert!(hash.len() == 128 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')));

    let tag = format!("\"{hash}\"");
    let known = ask(&catalogue, Method::GET, path, &[("if-none-match", &tag)]);
    assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
    let stale = ask(&catalogue, Method::GET, &format!("{path}?hash=0"), &[]);
    assert_eq!((stale.status.as_u16(), header(&stale, "location")), (301, url));

    let gzip = [("accept-encoding", "deflate, gzip")];
    let compressed = ask(&catalogue, Method::GET, path, &gzip);
    assert_eq!(header(&compressed, "content-encoding"), "gzip");
    let mut plain = Vec::new();
    GzDecoder::new(compressed.body.as_ref()).read_to_end(&mut plain).unwrap();
    assert_eq!(plain, ask(&catalogue, Method::GET, path, &[]).body);
}

#[test]
fn a_patch_operation_has_the_parameters_that_kubectl_looks_for() {
    let document = get(&catalogue(), "/openapi/v3/apis/apps/v1");
    let path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}";
    let patch = &document["paths"][path]["patch"];
    let names: Vec<_> =
        patch["parameters"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(names, ["dryRun", "fieldManager", "fieldValidation", "force"]);
    assert_eq!(patch["operationId"], "patchAppsV1NamespacedDeployment");
    assert_eq!(
        patch["x-kubernetes-group-version-kind"],
        json!({"group": "apps", "kind": "Deployment", "version": "v1"})
    );
}

#[test]
fn version_2_is_whole_in_both_forms() {
    let catalogue = catalogue();
    let document = get(&catalogue, "/openapi/v2");
    let definitions = document["definitions"].as_object().unwrap();
    for reference in references(&document, "#/definitions/") {
        assert!(definitions.contains_key(&reference), "{reference}");
    }
    let port = &definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"];
    assert_eq!((&port["type"], &port["format"]), (&json!("string"), &json!("int-or-string")));

    let response = ask(&catalogue, Method::GET, "/openapi/v2", &[("accept", PROTOBUF)]);
    assert_eq!(
        header(&response, "content-type"),
        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    );
    assert!(response.body.starts_with(b"\x0a\x032.0"));
}

#[test]
fn a_custom_resource_shows_up_everywhere() {
    let catalogue = install(&catalogue(), widget(), &stamp()).unwrap();
    let groups = get(&catalogue, "/apis");
    let last = groups["groups"].as_array().unwrap().last().unwrap();
    assert_eq!(last["name"], "example.com");
    let resources = get(&catalogue, "/apis/example.com/v1");
    let names: Vec<_> =
        resources["resources"].as_array().unwrap().iter().map(|each| &each["name"]).collect();
    assert_eq!(names, ["widgets", "widgets/scale", "widgets/status"]);
    assert_eq!(resources["resources"][0]["shortNames"], json!(["wd"]));

    let document = get(&catalogue, "/openapi/v3/apis/example.com/v1");
    let schema = &document["components"]["schemas"]["com.example.v1.Widget"];
    assert_eq!(schema["properties"]["spec"]["properties"]["size"]["minimum"], 1);
    assert!(schema["properties"]["metadata"]["allOf"].is_array());
    for reference in references(&document, "#/components/schemas/") {
        assert!(document["components"]["schemas"].get(&reference).is_some(), "{reference}");
    }

    let document = get(&catalogue, "/openapi/v2");
    let spec = &document["definitions"]["com.example.v1.Widget"]["properties"]["spec"];
    assert_eq!(spec["required"], json!(["size"]), "a nullable field is not required");
    assert_eq!(spec["properties"]["tag"].get("type"), None);
}

#[test]
fn another_schema_gives_another_hash() {
    let one = install(&catalogue(), widget(), &stamp()).unwrap();
    let mut changed = widget();
    changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = json!("new");
    let other = install(&catalogue(), changed, &stamp()).unwrap();
    let url = |catalogue: &Catalogue, path: &str| {
        get(catalogue, "/openapi/v3")["paths"][path]["serverRelativeURL"].clone()
    };
    assert_ne!(url(&one, "apis/example.com/v1"), url(&other, "apis/example.com/v1"));
    assert_eq!(url(&one, "apis/apps/v1"), url(&other, "apis/apps/v1"));
}

#[test]
fn definitions_are_read_as_objects_lists_and_tables() {
    let catalogue = install(&catalogue(), widget(), &stamp()).unwrap();
    let url = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let one = get(&catalogue, &format!("{url}/widgets.example.com"));
    assert_eq!(one["metadata"]["resourceVersion"], "7");
    assert_eq!(one["status"]["conditions"][1]["type"], "Established");
    let items = |url: &str| get(&catalogue, url)["items"].as_array().unwrap().len();
    assert_eq!(items(url), 1);
    assert_eq!(items(&format!("{url}?fieldSelector=metadata.name%3Dwidgets.example.com")), 1);
    assert_eq!(items(&format!("{url}?fieldSelector=metadata.name=other")), 0);

    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let response = ask(&catalogue, Method::GET, url, &[("accept", accept)]);
    let table: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(table["rows"][0]["cells"], json!(["widgets.example.com", "2026-01-01T00:00:00Z"]));

    let missing = ask(&catalogue, Method::GET, &format!("{url}/no.example.com"), &[]);
    assert_eq!(missing.status, 404);
    let watch = ask(&catalogue, Method::GET, &format!("{url}?watch=true"), &[]);
    assert_eq!(watch.status, 501);
    let list = ask(&catalogue, Method::GET, &format!("{url}?watch=1&sendInitialEvents=1"), &[]);
    assert_eq!(list.status, 422);
}

#[test]
fn a_definition_is_created_from_json_and_yaml_only() {
    let catalogue = catalogue();
    let url = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let user = User { name: "kubernetes-admin".to_owned() };
    let post = |content_type: &str, body: &[u8]| {
        let headers = [("content-type", content_type)];
        ask_as(&catalogue, Some(&user), (Method::POST, url), &headers, body).status.as_u16()
    };
    let text = widget().to_string();
    assert_eq!(post("application/json", text.as_bytes()), 201);
    assert_eq!(post("application/yaml", text.as_bytes()), 201);
    assert_eq!(post("application/json", b"{"), 400);
    assert_eq!(post("application/yaml", b"a: [\xff"), 400);
    assert_eq!(post("application/vnd.kubernetes.protobuf", b"k8s\0"), 415);
    assert_eq!(post("application/json", &[b'['; 100_000]), 400);
}

#[test]
fn strangers_learn_version_and_health_only() {
    let catalogue = catalogue();
    for (url, status) in
        [("/version", 200), ("/healthz", 200), ("/livez?verbose", 200), ("/api", 403), ("/", 403)]
    {
        let response = ask_as(&catalogue, None, (Method::GET, url), &[], b"");
        assert_eq!(response.status, status, "{url}");
    }
    let headers = [("authorization", "Bearer x")];
    let response = ask_as(&catalogue, None, (Method::GET, "/api"), &headers, b"");
    assert_eq!(response.status, 401);
}

#[test]
fn what_is_not_there_and_what_is_not_yet_are_told_apart() {
    let catalogue = catalogue();
    for (method, url, status) in [
        (Method::GET, "/nope", 404),
        (Method::GET, "/apis/nope/v1", 404),
        (Method::GET, "/apis/apps/v1/nope", 404),
        (Method::GET, "/apis/apps/v1/namespaces/a/deployments/b/nope", 404),
        (Method::GET, "/apis/apps/v1/deployments", 501),
        (Method::POST, "/api/v1/namespaces/a/pods", 501),
        (Method::POST, "/version", 405),
        (Method::PUT, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", 405),
    ] {
        let response = ask(&catalogue, method.clone(), url, &[]);
        assert_eq!(response.status, status, "{method} {url}");
    }
}
