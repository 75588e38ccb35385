//! A request, as a service sees it.

use std::net::IpAddr;

use brume_foundation::clock::Moment;
use brume_policy::{Account, Region};
use bytes::Bytes;

use crate::Parameters;

/// One request to one service.
#[derive(Clone, Debug)]
pub struct Call {
    /// `SendMessage`.
    pub action: String,
    /// The parameters.
    pub input: Input,
    /// Who calls, and for which account and region.
    pub caller: Caller,
    /// Scheme and authority that the client used, for URLs in answers: `http://localhost:4566`.
    pub base_url: String,
    /// Path of the request: `/`, or that of a queue.
    pub path: String,
    /// Goes into the answer.
    pub request_id: String,
    /// When it came, on the instance's clock.
    pub now: Moment,
    /// `X-Amzn-Trace-Id` of the request, which services pass on.
    pub trace_header: Option<String>,
}

/// The parameters of a call, in the form in which they came.
#[derive(Clone, Debug)]
pub enum Input {
    /// A JSON document.
    Json(Bytes),
    /// Names and values of a form or a query string.
    Query(Parameters),
    /// A CBOR document; only for services that name a [`crate::AwsService::cbor_name`].
    Cbor(Bytes),
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account that the request is for and that the caller belongs to.
    pub account: Account,
    /// The region that the request is for.
    pub region: Region,
    /// The key that signed; absent for an unsigned request.
    pub access_key_id: Option<String>,
    /// ARN of the caller: `arn:aws:iam::000000000000:root`.
    pub principal_arn: String,
    /// Address of the client.
    pub source_ip: IpAddr,
    /// Whether the connection is encrypted.
    pub is_tls: bool,
}
