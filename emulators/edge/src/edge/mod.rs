//! The server behind the port: one request in, one answer out.

mod builtin;
mod encoding;
pub(crate) mod fault;
mod head;
mod origin;
mod respond;
mod route;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use brume_foundation::BoxFuture;
use brume_foundation::clock::{Clock, Moment};
use brume_foundation::faults::Faults;
use brume_foundation::http::body::BodyError;
use brume_foundation::http::{Handler, Hosts, Limits, Peer, Request, Response, vanish};
use brume_foundation::log::Log;
use brume_foundation::metrics::Metrics;
use brume_foundation::random::Random;
use brume_foundation::service::ServiceContext;
use brume_policy::Region;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};

use crate::admin::{ADMIN_PREFIX, AdminTable, Found};
use crate::auth::{Signed, verify};
use crate::form;
use crate::request_id::request_id;
use crate::{
    AdminAnswer, AdminCall, AdminError, AdminRoute, Auth, AwsError, AwsService, Call, Caller,
    Input, Keys, Parameters,
};

use fault::Faulty;
use head::Head;
use respond::{Protocol, Reply};
use route::{Routed, route};

/// Bytes of a request's body: a message of 1 MiB in which JSON or a form has to escape every
/// single byte, and what surrounds it.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The edge: services, keys, and the admin interface.
pub struct Edge {
    services: Vec<Arc<dyn AwsService>>,
    admin: AdminTable,
    auth: Auth,
    keys: Arc<Keys>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    random: Random,
    log: Log,
}

impl fmt::Debug for Edge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.services.iter().map(|service| service.name());
        formatter.debug_list().entries(names).finish()
    }
}

impl Edge {
    /// Makes an edge without services, with `/_brume/health`.
    #[must_use]
    pub fn new(context: &ServiceContext, auth: Auth, keys: Arc<Keys>) -> Self {
        let mut admin = AdminTable::default();
        admin.add(builtin::health(&context.instance));
        Self {
            services: Vec::new(),
            admin,
            auth,
            keys,
            clock: Arc::clone(&context.clock),
            faults: Arc::clone(&context.faults),
            random: context.random.fork("requests"),
            log: context.log.clone(),
        }
    }

    /// Adds a service. Where several claim an unsigned request, the first one gets it.
    #[must_use]
    pub fn service(mut self, service: Arc<dyn AwsService>) -> Self {
        self.services.push(service);
        self
    }

    /// Adds admin routes.
    #[must_use]
    pub fn routes(mut self, routes: impl IntoIterator<Item = AdminRoute>) -> Self {
        routes.into_iter().for_each(|route| self.admin.add(route));
        self
    }

    /// Adds `/_brume/metrics`, in the text form that Prometheus scrapes.
    #[must_use]
    pub fn metrics(self, metrics: Arc<Metrics>) -> Self {
        self.routes([builtin::metrics(metrics)])
    }

    /// The limits that a server in front of the edge should have.
    #[must_use]
    pub fn limits() -> Limits {
        Limits { body_bytes_max: BODY_BYTES_MAX, ..Limits::default() }
    }

    /// The host names that a server in front of the edge should answer to.
    ///
    /// The defence is against a web page whose name is made to resolve to 127.0.0.1. Nobody but
    /// AWS can make a name below `amazonaws.com` resolve to anything, and the container names are
    /// no public names at all (`.internal` is reserved, the others have no top-level domain of
    /// their own): so these let in what containers and tools with rewritten names send, and no
    /// page of a stranger.
    #[must_use]
    pub fn hosts() -> Hosts {
        Hosts::new([
            ".amazonaws.com",
            ".amazonaws.com.cn",
            "host.docker.internal",
            "gateway.docker.internal",
            "host.containers.internal",
        ])
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let head = Head::of(&parts);
        if origin::is_foreign(&head) {
            self.log.warn("refused a request that a web page of another origin made");
            return respond::admin_error(&AdminError::new(
                StatusCode::FORBIDDEN,
                "this emulator does not answer to web pages of another origin",
            ));
        }
        let body = body.collect().await;
        if parts.uri.path().starts_with(ADMIN_PREFIX) {
            return match body {
                Ok(body) => self.administer(&parts, body).await,
                Err(error) => {
                    respond::admin_error(&AdminError::new(error.status(), error.to_string()))
                }
            };
        }
        let peer = parts.extensions.get::<Peer>();
        let id = request_id(&self.random);
        self.serve(&parts, &head, body, peer, id).await
    }

    /// Finds the service, asks it, and puts its answer into the caller's protocol.
    async fn serve(
        &self,
        parts: &Parts,
        head: &Head<'_>,
        body: Result<Bytes, BodyError>,
        peer: Option<&Peer>,
        id: String,
    ) -> Response {
        let (sent, mut refused) = match body {
            Ok(body) => (body, None),
            Err(error) => (Bytes::new(), Some(body_error(&error))),
        };
        // The signature covers what was sent, the service reads what was meant.
        let body = encoding::decode(head.content_encoding, sent.clone()).unwrap_or_else(|error| {
            refused.get_or_insert(error);
            Bytes::new()
        });
        let Routed { service, protocol, action, parameters, access_key_id, region, error } =
            route(&self.services, parts, head, &body);
        let Some(service) = service else {
            let error = refused.or(error).unwrap_or_else(|| AwsError::unknown_action(&action));
            return respond::error(None, protocol, &id, &error);
        };
        // The envelope of Query answers repeats the action.
        let name = if protocol == Protocol::Query { action.clone() } else { String::new() };
        let reply = Reply { service: &**service, action: &name, request_id: &id };
        if let Some(error) = refused.or(error) {
            return respond::error(Some(reply.service), protocol, &id, &error);
        }
        let now = self.clock.now();
        if self.auth == Auth::Verify
            && !service.is_public(&action, parts.uri.path(), &parts.method)
            && let Err(error) = self.verify(parts, head, &parameters, &sent, &**service, now)
        {
            return respond::error(Some(reply.service), protocol, &id, &error);
        }
        match fault::apply(&self.faults, &**service, &action, now).await {
            Faulty::No => {}
            Faulty::Vanish => return vanish(),
            Faulty::Error(fault) => {
                return respond::error(Some(reply.service), protocol, &id, &fault);
            }
        }
        let caller = self.caller(access_key_id, region, peer);
        let call = Call {
            base_url: base_url(head.host, caller.is_tls),
            action,
            input: match protocol {
                Protocol::Json => Input::Json(body),
                Protocol::Cbor => Input::Cbor(body),
                Protocol::Query => Input::Query(parameters),
            },
            caller,
            path: parts.uri.path().to_owned(),
            request_id: id.clone(),
            now,
            trace_header: head.trace.map(str::to_owned),
        };
        let result = service.call(call).await;
        if let Err(error) = &result
            && error.status.is_server_error()
        {
            let service = service.name();
            self.log.error(format_args!("{service} failed: {}: {}", error.code, error.message));
        }
        match result {
            Ok(answer) => reply.success(answer),
            Err(error) => respond::error(Some(reply.service), protocol, &id, &error),
        }
    }

    fn verify(
        &self,
        parts: &Parts,
        head: &Head<'_>,
        parameters: &Parameters,
        body: &[u8],
        service: &dyn AwsService,
        now: Moment,
    ) -> Result<(), AwsError> {
        let signed = Signed {
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            parameters: Some(parameters),
            headers: &parts.headers,
            host: head.host,
            body,
            service: service.signing_name(),
        };
        verify(&signed, &self.keys, now)
    }

    fn caller(&self, key: Option<String>, region: Option<Region>, peer: Option<&Peer>) -> Caller {
        let (account, principal_arn) = self.keys.caller(key.as_deref());
        Caller {
            account,
            region: region.unwrap_or_default(),
            access_key_id: key,
            principal_arn,
            source_ip: peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.remote.ip()),
            is_tls: peer.is_some_and(|peer| peer.is_tls),
        }
    }

    async fn administer(&self, parts: &Parts, body: Bytes) -> Response {
        let path = match form::decode_path(parts.uri.path()) {
            Some(path) => path,
            None => {
                let message = "the path is not properly encoded";
                return respond::admin_error(&AdminError::new(StatusCode::BAD_REQUEST, message));
            }
        };
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let query = match form::parse(query, b"") {
            Ok(query) => query,
            Err(error) => {
                let error = AdminError::new(StatusCode::BAD_REQUEST, error.to_string());
                return respond::admin_error(&error);
            }
        };
        let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
        match self.admin.find(method, &path) {
            Found::Route(handler, rest) => {
                let now = self.clock.now();
                match handler(AdminCall { rest, query, body, now }).await {
                    Ok(AdminAnswer { content_type, body }) => respond::file(content_type, body),
                    Err(error) => respond::admin_error(&error),
                }
            }
            Found::OtherMethods(methods) => {
                let names = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
                respond::admin_error(&AdminError::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    format!("this path is for {names}"),
                ))
            }
            Found::Nothing => respond::admin_error(&AdminError::not_found("such admin path")),
        }
    }
}

impl Handler for Edge {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move { self.answer(request).await })
    }
}

/// The client names the host that it reached us by: answers must name the same one, or a client
/// in a container could not follow them.
fn base_url(host: &str, is_tls: bool) -> String {
    let scheme = if is_tls { "https://" } else { "http://" };
    let mut url = String::with_capacity(scheme.len() + host.len());
    url.push_str(scheme);
    url.push_str(host);
    url
}

fn too_large(bytes_max: usize) -> AwsError {
    let message = format!("The request body exceeds {bytes_max} bytes.");
    AwsError::new("RequestEntityTooLarge", message).status(StatusCode::PAYLOAD_TOO_LARGE)
}

fn body_error(error: &BodyError) -> AwsError {
    match error {
        BodyError::TooLarge { bytes_max } => too_large(*bytes_max),
        BodyError::TimedOut => {
            AwsError::new("RequestTimeout", "The request body did not arrive in time.")
                .status(StatusCode::REQUEST_TIMEOUT)
        }
        BodyError::Broken(_) => {
            AwsError::new("IncompleteBody", "The request body was not received completely.")
        }
    }
}
