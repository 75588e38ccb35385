//! The verbs on `customresourcedefinitions`.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::table::{TABLE, table};
use super::{Definition, GROUP, PLURAL, read};
use crate::catalogue::Catalogue;
use crate::wire::{Reason, Request, Response, Status};

/// How many definitions a cluster holds.
const DEFINITIONS_MAX: usize = 2_000;
/// The media type of objects and lists.
const PLAIN: &str = "application/json";
/// Media types of a JSON merge patch; the strategic form is treated alike, since these objects
/// are sent whole by the clients that use it.
const MERGE_PATCHES: [&str; 2] =
    ["application/merge-patch+json", "application/strategic-merge-patch+json"];

/// What time, chance and order give to an object that is written.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The present time as RFC 3339, in whole seconds.
    pub now: String,
    /// A fresh unique identifier.
    pub uid: String,
    /// The revision of this write.
    pub revision: u64,
}

/// The answer to a request, and the catalogue from now on if the request changed it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) changed: Option<Catalogue>,
}

impl Answer {
    fn unchanged(response: Response) -> Self {
        Self { response, changed: None }
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self::unchanged(status.response())
    }
}

/// Adds a definition to a catalogue.
///
/// # Errors
/// The `Status` that a client would get: malformed, invalid, or a name that exists.
pub fn install(catalogue: &Catalogue, object: Value, stamp: &Stamp) -> Result<Catalogue, Status> {
    create(catalogue, object, stamp).map(|(catalogue, _)| catalogue)
}

/// A catalogue with exactly these definitions, as they were stored.
///
/// # Errors
/// What is wrong with one of them.
pub(crate) fn restore(catalogue: &Catalogue, objects: Vec<Value>) -> Result<Catalogue, Status> {
    let mut custom = BTreeMap::new();
    for object in objects {
        let definition = read::read(object)?;
        custom.insert(definition.name.clone(), Arc::new(definition));
    }
    Ok(catalogue.replace_custom(custom))
}

/// Answers a request about the definitions, or about the one called `name`.
pub(crate) fn respond(
    catalogue: &Catalogue,
    request: &Request<'_>,
    name: Option<&str>,
    stamp: &Stamp,
) -> Answer {
    let Some(form) = request.accept().choose(&[TABLE, PLAIN]) else {
        return Answer::unchanged(crate::discovery::not_acceptable(&[PLAIN, TABLE]));
    };
    let result = match (request.method, name) {
        (&Method::GET, _) if is_set(request, "watch") => Err(refuse_watch(request)),
        (&Method::GET | &Method::HEAD, _) => get(catalogue, request, name, form, stamp.revision),
        (&Method::POST, None) => post(catalogue, request, stamp),
        (&Method::PUT, Some(name)) => put(catalogue, request, name, stamp),
        (&Method::PATCH, Some(name)) => patch(catalogue, request, name, stamp),
        (&Method::DELETE, Some(name)) => delete(catalogue, request, name),
        _ => Err(Status::new(
            Reason::MethodNotAllowed,
            "the server does not allow this method on the requested resource",
        )),
    };
    result.unwrap_or_else(Answer::from)
}

fn object_response(status: StatusCode, object: &Value) -> Answer {
    let mut response = Response::json(object.to_string());
    response.status = status;
    Answer::unchanged(response)
}

fn find<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a Arc<Definition>, Status> {
    catalogue.custom().get(name).ok_or_else(|| {
        let message = format!("{PLURAL}.{GROUP} {name:?} not found");
        Status::new(Reason::NotFound, message).about(GROUP, PLURAL, name)
    })
}

fn is_set(request: &Request<'_>, parameter: &str) -> bool {
    matches!(request.parameter(parameter).as_deref(), Some("true" | "1" | ""))
}

/// Refuses to watch. A client that wants its list by a watch lists instead after this failure.
fn refuse_watch(request: &Request<'_>) -> Status {
    if is_set(request, "sendInitialEvents") {
        let message = "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: \
                       sendInitialEvents is forbidden for watch unless the WatchList feature gate \
                       is enabled";
        return Status::new(Reason::Invalid, message).about("meta.k8s.io", "ListOptions", "");
    }
    Status::new(Reason::NotImplemented, "brume's mini-cluster does not support watching yet")
}

/// Reads one definition, or all that the field selector lets through.
fn get(
    catalogue: &Catalogue,
    request: &Request<'_>,
    name: Option<&str>,
    form: &'static str,
    revision: u64,
) -> Result<Answer, Status> {
    let selected: Vec<&Definition> = match name {
        Some(name) => vec![find(catalogue, name)?],
        None => {
            let selector = request.parameter("fieldSelector").unwrap_or_default();
            let wanted = selected_name(&selector)?;
            let all = catalogue.custom().values().map(AsRef::as_ref);
            all.filter(|each| wanted.is_none_or(|wanted| each.name == wanted)).collect()
        }
    };
    let revision = revision.to_string();
    let body = match name {
        _ if form == TABLE => {
            let include = request.parameter("includeObject").unwrap_or_default();
            table(selected.into_iter(), &revision, &include)
        }
        Some(_) => selected.first().map(|each| each.object.clone()).unwrap_or_default(),
        None => json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinitionList",
            "metadata": {"resourceVersion": revision},
            "items": selected.iter().map(|each| &each.object).collect::<Vec<_>>(),
        }),
    };
    Ok(Answer::unchanged(Response::new(StatusCode::OK, form, body.to_string())))
}

/// The name that a field selector asks for; nothing if the selector is empty.
fn selected_name(selector: &str) -> Result<Option<&str>, Status> {
    if selector.is_empty() {
        return Ok(None);
    }
    let name = selector.strip_prefix("metadata.name=");
    name.map(|name| Some(name.trim_start_matches('='))).ok_or_else(|| {
        Status::new(Reason::BadRequest, format!("field label not supported: {selector}"))
    })
}

/// Reads a body that is JSON or YAML.
fn body(request: &Request<'_>) -> Result<Value, Status> {
    let content_type = request.header(header::CONTENT_TYPE.as_str());
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let malformed = |error: String| {
        Status::new(Reason::BadRequest, format!("the object provided cannot be read: {error}"))
    };
    match media_type {
        "" | "application/json" => {
            serde_json::from_slice(request.body).map_err(|error| malformed(error.to_string()))
        }
        "application/yaml" => {
            let text =
                str::from_utf8(request.body).map_err(|error| malformed(error.to_string()))?;
            serde_saphyr::from_str(text).map_err(|error| malformed(error.to_string()))
        }
        other => Err(Status::new(
            Reason::UnsupportedMediaType,
            format!(
                "the body of the request was in an unknown format - accepted media types \
                 include: application/json, application/yaml (got {other:?})"
            ),
        )),
    }
}

fn post(catalogue: &Catalogue, request: &Request<'_>, stamp: &Stamp) -> Result<Answer, Status> {
    let (changed, created) = create(catalogue, body(request)?, stamp)?;
    let answer = object_response(StatusCode::CREATED, &created);
    Ok(commit(request, answer, changed))
}

/// Keeps the change, unless the request is a dry run.
fn commit(request: &Request<'_>, answer: Answer, changed: Catalogue) -> Answer {
    let is_dry_run = request.parameter("dryRun").is_some_and(|value| !value.is_empty());
    Answer { changed: (!is_dry_run).then_some(changed), ..answer }
}

fn create(
    catalogue: &Catalogue,
    object: Value,
    stamp: &Stamp,
) -> Result<(Catalogue, Value), Status> {
    let definition = read::read(object)?;
    let name = definition.name.clone();
    if catalogue.custom().contains_key(&name) {
        let message = format!("{PLURAL}.{GROUP} {name:?} already exists");
        return Err(Status::new(Reason::AlreadyExists, message).about(GROUP, PLURAL, &name));
    }
    if catalogue.is_built_in(&definition.group) {
        let message = format!(
            "{PLURAL}.{GROUP} {name:?} is forbidden: the group {:?} is built in",
            definition.group
        );
        return Err(Status::new(Reason::Forbidden, message).about(GROUP, PLURAL, &name));
    }
    if catalogue.custom().len() >= DEFINITIONS_MAX {
        let message = format!("the cluster holds no more than {DEFINITIONS_MAX} definitions");
        return Err(Status::new(Reason::Forbidden, message).about(GROUP, PLURAL, &name));
    }
    let born = json!({
        "uid": stamp.uid, "creationTimestamp": stamp.now, "generation": 1,
    });
    Ok(store(catalogue, definition, born, stamp))
}

/// Puts a definition into the catalogue. `identity` is what its metadata keeps from its birth.
fn store(
    catalogue: &Catalogue,
    mut definition: Definition,
    identity: Value,
    stamp: &Stamp,
) -> (Catalogue, Value) {
    let status = status(&definition, stamp);
    if let Some(object) = definition.object.as_object_mut() {
        let metadata = object.entry("metadata").or_insert_with(|| json!({}));
        if let (Some(metadata), Value::Object(identity)) = (metadata.as_object_mut(), identity) {
            metadata.extend(identity);
            metadata.insert("resourceVersion".to_owned(), json!(stamp.revision.to_string()));
        }
        object.insert("status".to_owned(), status);
    }
    let object = definition.object.clone();
    let mut custom: BTreeMap<_, _> = catalogue.custom().clone();
    custom.insert(definition.name.clone(), Arc::new(definition));
    (catalogue.replace_custom(custom), object)
}

/// The status of a definition whose names are free, which it is ready to serve at once.
fn status(definition: &Definition, stamp: &Stamp) -> Value {
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "lastTransitionTime": stamp.now, "message": message, "reason": reason,
            "status": "True", "type": kind,
        })
    };
    let stored: Vec<_> =
        definition.versions.iter().filter(|each| each.storage).map(|each| &each.name).collect();
    json!({
        "acceptedNames": definition.object.pointer("/spec/names"),
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition(
                "Established",
                "InitialNamesAccepted",
                "the initial names have been accepted",
            ),
        ],
        "storedVersions": stored,
    })
}

fn put(
    catalogue: &Catalogue,
    request: &Request<'_>,
    name: &str,
    stamp: &Stamp,
) -> Result<Answer, Status> {
    let object = body(request)?;
    replace(catalogue, request, name, object, stamp)
}

fn patch(
    catalogue: &Catalogue,
    request: &Request<'_>,
    name: &str,
    stamp: &Stamp,
) -> Result<Answer, Status> {
    let content_type = request.header(header::CONTENT_TYPE.as_str());
    if !MERGE_PATCHES.contains(&content_type) {
        let message = format!("brume's mini-cluster does not support {content_type} yet");
        return Err(Status::new(Reason::UnsupportedMediaType, message));
    }
    let patch: Value = serde_json::from_slice(request.body)
        .map_err(|error| Status::new(Reason::BadRequest, format!("no JSON patch: {error}")))?;
    let mut object = find(catalogue, name)?.object.clone();
    merge(&mut object, patch);
    replace(catalogue, request, name, object, stamp)
}

/// JSON merge patch, RFC 7396. The depth of both is limited by the JSON parser.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(object) = target.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            object.shift_remove(&key);
        } else {
            merge(object.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn replace(
    catalogue: &Catalogue,
    request: &Request<'_>,
    name: &str,
    object: Value,
    stamp: &Stamp,
) -> Result<Answer, Status> {
    let old = find(catalogue, name)?;
    let definition = read::read(object)?;
    if definition.name != name {
        let message = format!(
            "the name of the object ({}) does not match the name on the URL ({name})",
            definition.name
        );
        return Err(Status::new(Reason::BadRequest, message));
    }
    let generation = old.object.pointer("/metadata/generation").and_then(Value::as_u64);
    let is_same = old.object.get("spec") == definition.object.get("spec");
    let identity = json!({
        "uid": old.object.pointer("/metadata/uid"),
        "creationTimestamp": old.object.pointer("/metadata/creationTimestamp"),
        "generation": generation.unwrap_or(1) + u64::from(!is_same),
    });
    let (changed, stored) = store(catalogue, definition, identity, stamp);
    Ok(commit(request, object_response(StatusCode::OK, &stored), changed))
}

fn delete(catalogue: &Catalogue, request: &Request<'_>, name: &str) -> Result<Answer, Status> {
    let found = find(catalogue, name)?;
    let status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {
            "name": name,
            "group": GROUP,
            "kind": PLURAL,
            "uid": found.object.pointer("/metadata/uid"),
        },
    });
    let mut custom = catalogue.custom().clone();
    custom.remove(name);
    let answer = object_response(StatusCode::OK, &status);
    Ok(commit(request, answer, catalogue.replace_custom(custom)))
}
