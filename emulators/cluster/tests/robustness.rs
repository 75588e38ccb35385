//! No request brings the core down, and every answer is one that a client can read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use brume_cluster::custom::{Stamp, install};
use brume_cluster::wire::{Accept, Request, User};
use brume_cluster::{ApiSelection, Catalogue, respond};
use brume_schema::KubernetesVersion;
use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;
use serde_json::{Value, json};

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::new(KubernetesVersion::NEWEST, ApiSelection::Stable));

fn stamp() -> Stamp {
    Stamp { now: "2026-01-01T00:00:00Z".to_owned(), uid: "u".to_owned(), revision: 7 }
}

/// Segments that lead somewhere, mixed with some that do not.
fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        prop::sample::select(vec![
            "api",
            "apis",
            "v1",
            "apps",
            "openapi",
            "v2",
            "v3",
            "namespaces",
            "pods",
            "status",
            "apiextensions.k8s.io",
            "customresourcedefinitions",
            "healthz",
            "version",
            "",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,8}",
    ];
    prop::collection::vec(segment, 0..8).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ])
}

/// A JSON value of a few levels, whose members have names that definitions use.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z.]{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["object", "array", "Namespaced", "v1"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let name = prop::sample::select(vec![
            "type",
            "properties",
            "items",
            "additionalProperties",
            "nullable",
            "required",
            "a",
            "x-kubernetes-int-or-string",
            "x-kubernetes-preserve-unknown-fields",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6).prop_map(|map| map
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_request_is_answered(
        method in method(),
        path in path(),
        query in "[ -~]{0,24}",
        accept in "[ -~]{0,40}",
        kind in prop::sample::select(vec!["", "application/json", "application/yaml",
                                          "application/merge-patch+json", "text/plain"]),
        body in prop::collection::vec(any::<u8>(), 0..64),
        known in any::<bool>(),
    ) {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_str(&accept).unwrap());
        headers.insert("content-type", HeaderValue::from_static(kind));
        let user = User { name: "a".to_owned() };
        let request = Request {
            method: &method,
            path: &path,
            query: &query,
            headers: &headers,
            body: &body,
            user: known.then_some(&user),
            server_address: "127.0.0.1:6443",
            unix_seconds: 0,
        };
        let response = respond(&CATALOGUE, &request, &stamp());
        if response.headers.get("content-type").is_some_and(|kind| kind == "application/json") {
            serde_json::from_slice::<Value>(&response.body).unwrap();
        }
    }

    #[test]
    fn any_accept_header_is_read(header in "\\PC{0,64}") {
        let offers = ["application/json", "application/json;as=Table;v=v1;g=meta.k8s.io"];
        let chosen = Accept::of(&header).choose(&offers);
        prop_assert!(chosen.is_none_or(|chosen| offers.contains(&chosen)));
    }

    /// A definition with any schema is refused, or is served in every document.
    #[test]
    fn any_schema_is_refused_or_served(schema in value(), spec in value()) {
        let mut schema = schema;
        if let Some(object) = schema.as_object_mut() {
            object.insert("type".to_owned(), json!("object"));
        }
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com", "labels": spec},
            "spec": {
                "group": "example.com",
                "names": {"plural": "widgets", "kind": "Widget"},
                "scope": "Cluster",
                "versions": [{
                    "name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": schema},
                }],
            },
        });
        let Ok(catalogue) = install(&CATALOGUE, definition, &stamp()) else { return Ok(()) };
        let user = User { name: "a".to_owned() };
        let headers = HeaderMap::new();
        let request = Request {
            method: &Method::GET,
            path: "/openapi/v3/apis/example.com/v1",
            query: "",
            headers: &headers,
            body: b"",
            user: Some(&user),
            server_address: "127.0.0.1:6443",
            unix_seconds: 0,
        };
        let response = respond(&catalogue, &request, &stamp());
        prop_assert_eq!(response.status, 200);
        serde_json::from_slice::<Value>(&response.body).unwrap();
    }
}
