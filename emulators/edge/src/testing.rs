//! Calls made by hand, for the tests of the services in this crate.

use std::net::{IpAddr, Ipv4Addr};

use brume_foundation::clock::Moment;
use brume_policy::Region;

use crate::{Call, Caller, Input, form};

/// A call in Query form, signed by `key`, at the epoch.
pub(crate) fn query_call(key: &str, query: &str) -> Call {
    let parameters = form::parse(query.as_bytes(), b"").unwrap();
    let action = parameters.get("Action").unwrap_or_default().to_owned();
    call(key, &action, Input::Query(parameters), Moment::default())
}

/// A call in any form.
pub(crate) fn call(key: &str, action: &str, input: Input, now: Moment) -> Call {
    let account = key.parse().unwrap_or_default();
    Call {
        action: action.to_owned(),
        input,
        caller: Caller {
            account,
            region: Region::default(),
            access_key_id: Some(key.to_owned()),
            principal_arn: format!("arn:aws:iam::{account}:root"),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            is_tls: false,
        },
        base_url: "http://localhost:4566".to_owned(),
        path: "/".to_owned(),
        request_id: "request".to_owned(),
        now,
        trace_header: None,
    }
}
