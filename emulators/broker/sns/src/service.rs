//! SNS as a service behind the edge.

use std::sync::Arc;

use brume_edge::{Answer, AwsError, AwsService, Call, Input};
use brume_foundation::BoxFuture;
use brume_foundation::log::Log;
use brume_topics::{PolicyMode, Topics};
use bytes::Bytes;
use http::StatusCode;

use crate::access::Access;
use crate::error::from_engine;
use crate::operations;
use crate::request::Request;

/// What the path of the signing certificate begins and ends with.
const CERTIFICATE_PREFIX: &str = "/SimpleNotificationService-";
const CERTIFICATE_SUFFIX: &str = ".pem";

/// SNS on the wire.
#[derive(Debug)]
pub struct Sns {
    topics: Arc<Topics>,
    access: Access,
}

impl Sns {
    /// Makes the service over an engine. What a policy would refuse goes into `log` when `mode`
    /// is to warn.
    #[must_use]
    pub const fn new(topics: Arc<Topics>, mode: PolicyMode, log: Log) -> Self {
        Self { topics, access: Access::new(mode, log) }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, AwsError> {
        if is_certificate(&call.path) {
            return self.certificate(&call.path).await;
        }
        let Input::Query(parameters) = &call.input else {
            return Err(AwsError::unknown_action(&call.action));
        };
        let request = Request {
            topics: &self.topics,
            access: &self.access,
            caller: &call.caller,
            form: parameters.fields(),
            now: call.now,
            trace_header: call.trace_header.as_deref(),
        };
        operations::answer(&call.action, &request).await
    }

    /// The certificate that proves signatures, under its own name only.
    async fn certificate(&self, path: &str) -> Result<Answer, AwsError> {
        let known = self.topics.certificate_path().map_err(|error| from_engine(&error))?;
        if known != path {
            return Err(AwsError::new("NoSuchKey", "The specified key does not exist.")
                .status(StatusCode::NOT_FOUND));
        }
        let pem = self.topics.certificate_pem().await.map_err(|error| from_engine(&error))?;
        Ok(Answer::Plain { content_type: "application/x-x509-ca-cert", body: Bytes::from(pem) })
    }
}

impl AwsService for Sns {
    fn name(&self) -> &'static str {
        "sns"
    }

    fn query_version(&self) -> &'static str {
        "2010-03-31"
    }

    fn xml_namespace(&self) -> &'static str {
        "http://sns.amazonaws.com/doc/2010-03-31/"
    }

    fn claims(&self, action: &str, path: &str) -> bool {
        is_certificate(path) || operations::is_only_ours(action)
    }

    fn throttled(&self) -> AwsError {
        AwsError::new("Throttled", "Rate exceeded").status(StatusCode::TOO_MANY_REQUESTS)
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, AwsError>> {
        Box::pin(async move { self.answer(&call).await })
    }
}

fn is_certificate(path: &str) -> bool {
    path.starts_with(CERTIFICATE_PREFIX) && path.ends_with(CERTIFICATE_SUFFIX)
}
