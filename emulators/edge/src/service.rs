//! What a service behind the edge is.

use std::fmt;

use brume_foundation::BoxFuture;
use http::Method;

use crate::edge::fault::throttled;
use crate::{Answer, AwsError, Call};

/// One AWS service.
pub trait AwsService: fmt::Debug + Send + Sync {
    /// The name in SigV4 scopes, fault rules and logs: `sqs`.
    fn name(&self) -> &'static str;

    /// The name in SigV4 scopes where that is another one: `monitoring` for CloudWatch.
    fn signing_name(&self) -> &'static str {
        self.name()
    }

    /// What `X-Amz-Target` begins with, without the dot: `AmazonSQS`; empty without JSON.
    fn json_target(&self) -> &'static str {
        ""
    }

    /// The version in the content type of JSON answers.
    fn json_version(&self) -> &'static str {
        "1.0"
    }

    /// Name of the service in `/service/NAME/operation/…` of the protocol smithy-rpc-v2-cbor;
    /// empty without CBOR.
    fn cbor_name(&self) -> &'static str {
        ""
    }

    /// Prefix of JSON error types: `com.amazonaws.sqs`.
    fn json_namespace(&self) -> &'static str {
        ""
    }

    /// `Version` of the Query form; empty without Query.
    fn query_version(&self) -> &'static str {
        ""
    }

    /// Namespace of XML answers.
    fn xml_namespace(&self) -> &'static str {
        ""
    }

    /// Whether an unsigned request with this action, or at this path, is for this service.
    fn claims(&self, action: &str, path: &str) -> bool;

    /// Whether a request needs no signature even where signatures are verified: files, and links
    /// that people click on.
    fn is_public(&self, action: &str, path: &str, method: &Method) -> bool {
        let is_link = matches!(action, "" | "ConfirmSubscription" | "Unsubscribe");
        is_link && method == Method::GET && self.claims(action, path)
    }

    /// What the service says when it is called too often.
    fn throttled(&self) -> AwsError {
        throttled(self.name())
    }

    /// Answers one call.
    ///
    /// # Errors
    /// What the service says; the edge puts it into the caller's protocol.
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, AwsError>>;
}
