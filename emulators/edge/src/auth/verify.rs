//! Verifies a signature, in a header or in a presigned URL.

use std::time::Duration;

use brume_foundation::clock::Moment;
use http::{HeaderMap, Method};

use super::canonical::{Request, canonical_request};
use super::keys::Keys;
use super::problem::{
    expired_token, incomplete, mismatch, missing_token, request_expired, unknown_key,
    wrong_signature,
};
use super::signature::{ALGORITHM, hash, is_valid};
use super::time;
use crate::credential::Credential;
use crate::{AwsError, Parameters};

/// How far the signer's clock may be from ours.
const SKEW_MINUTES: u64 = 5;
/// Seconds that a presigned URL may live: a week.
const EXPIRES_MAX: u64 = 604_800;

/// A request whose signature is to be verified.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// The query string, decoded; of it come the parts of a presigned URL.
    pub(crate) parameters: Option<&'a Parameters>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) host: &'a str,
    pub(crate) body: &'a [u8],
    /// The signing name of the service that the request goes to.
    pub(crate) service: &'a str,
}

/// The parts of a signature.
struct Parts<'a> {
    credential: Credential<'a>,
    signed_headers: &'a str,
    signature: &'a str,
    date: &'a str,
    token: Option<&'a str>,
    /// Seconds that a presigned URL lives.
    expires: Option<u64>,
}

/// Verifies a request; the keys tell who it is.
///
/// # Errors
/// As AWS words it.
pub(crate) fn verify(signed: &Signed<'_>, keys: &Keys, now: Moment) -> Result<(), AwsError> {
    let parts = match header(signed.headers, "authorization") {
        Some(authorization) => of_header(signed, authorization)?,
        None => match signed.parameters.filter(|given| given.get("X-Amz-Signature").is_some()) {
            Some(parameters) => of_query(parameters)?,
            None => return Err(missing_token()),
        },
    };
    check_scope(signed, &parts)?;
    check_signed_headers(signed, &parts)?;
    let secret = keys.secret_of(parts.credential.access_key_id).ok_or_else(unknown_key)?;
    match &secret.session {
        Some((token, _)) if parts.token != Some(token) => return Err(unknown_key()),
        Some((_, expires_at)) if now >= *expires_at => return Err(expired_token()),
        _ => {}
    }
    check_date(&parts, now)?;
    let payload_hash = hash(signed.body);
    let named = header(signed.headers, "x-amz-content-sha256");
    if named.is_some_and(|named| named != payload_hash) {
        return Err(mismatch());
    }
    let canonical = canonical_request(&Request {
        method: signed.method,
        path: signed.path,
        query: signed.query,
        headers: signed.headers,
        host: signed.host,
        signed_headers: parts.signed_headers,
        payload_hash: &payload_hash,
    });
    let is_valid =
        is_valid(&secret.secret, &parts.credential, parts.date, &canonical, parts.signature);
    if is_valid { Ok(()) } else { Err(mismatch()) }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn of_header<'a>(signed: &Signed<'a>, authorization: &'a str) -> Result<Parts<'a>, AwsError> {
    let Some(fields) = authorization.strip_prefix(ALGORITHM) else {
        let word = authorization.split(' ').next().unwrap_or_default();
        return Err(incomplete(format!("Unsupported AWS 'algorithm': '{}'", word.escape_debug())));
    };
    let field = |name: &str| {
        let mut fields = fields.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    let credential = field("Credential");
    let signature = field("Signature");
    let signed_headers = field("SignedHeaders");
    let date = header(signed.headers, "x-amz-date");
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        let mut message = String::new();
        for (name, found) in [
            ("Credential", credential),
            ("Signature", signature),
            ("SignedHeaders", signed_headers),
        ] {
            if found.is_none() {
                message.push_str(&format!("Authorization header requires '{name}' parameter. "));
            }
        }
        if date.is_none() {
            message.push_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' \
                 header. ",
            );
        }
        return Err(incomplete(message.trim_end()));
    };
    Ok(Parts {
        credential: parse_credential(credential)?,
        signed_headers,
        signature,
        date,
        token: header(signed.headers, "x-amz-security-token"),
        expires: None,
    })
}

fn of_query(parameters: &Parameters) -> Result<Parts<'_>, AwsError> {
    let get = |name: &str| {
        parameters.get(name).ok_or_else(|| {
            incomplete(format!("AWS query-string parameters must include '{name}'."))
        })
    };
    let algorithm = get("X-Amz-Algorithm")?;
    if algorithm != ALGORITHM {
        let shown = algorithm.escape_debug();
        return Err(incomplete(format!("Unsupported AWS 'algorithm': '{shown}'")));
    }
    let expires = get("X-Amz-Expires")?.parse::<u64>().ok();
    let Some(expires) = expires.filter(|seconds| (1..=EXPIRES_MAX).contains(seconds)) else {
        return Err(incomplete("X-Amz-Expires must be between 1 and 604800 seconds"));
    };
    Ok(Parts {
        credential: parse_credential(get("X-Amz-Credential")?)?,
        signed_headers: get("X-Amz-SignedHeaders")?,
        signature: get("X-Amz-Signature")?,
        date: get("X-Amz-Date")?,
        token: parameters.get("X-Amz-Security-Token"),
        expires: Some(expires),
    })
}

fn parse_credential(text: &str) -> Result<Credential<'_>, AwsError> {
    let found = Credential::parse(text).filter(|found| !found.region.is_empty());
    found.ok_or_else(|| {
        incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. \
             keyid/date/region/service/term, got '{}'",
            text.chars().take(256).collect::<String>().escape_debug()
        ))
    })
}

fn check_scope(signed: &Signed<'_>, parts: &Parts<'_>) -> Result<(), AwsError> {
    let Credential { service, date: day, .. } = parts.credential;
    if service != signed.service {
        let wanted = signed.service;
        let message = format!("Credential should be scoped to correct service: '{wanted}'. ");
        return Err(wrong_signature(message));
    }
    if !parts.date.starts_with(day) {
        return Err(wrong_signature(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
             HTTP: '{day}' != '{}', from '{}'.",
            parts.date.get(..8).unwrap_or_default().escape_debug(),
            parts.date.escape_debug()
        )));
    }
    Ok(())
}

/// What decides about the request must be under the signature.
fn check_signed_headers(signed: &Signed<'_>, parts: &Parts<'_>) -> Result<(), AwsError> {
    let is_signed = |name: &str| parts.signed_headers.split(';').any(|other| other == name);
    if !is_signed("host") {
        return Err(wrong_signature(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS \
                                    Authorization.",
        ));
    }
    for name in ["x-amz-target", "x-amz-date", "x-amz-security-token"] {
        if signed.headers.contains_key(name) && !is_signed(name) {
            let message = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
            return Err(wrong_signature(message));
        }
    }
    Ok(())
}

fn check_date(parts: &Parts<'_>, now: Moment) -> Result<(), AwsError> {
    let date = parts.date;
    let signed_at = time::parse(date).ok_or_else(|| {
        incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{}'. See \
             http://en.wikipedia.org/wiki/ISO_8601",
            date.escape_debug()
        ))
    })?;
    let skew = Duration::from_secs(SKEW_MINUTES * 60);
    if signed_at > now.after(skew) {
        return Err(wrong_signature(format!(
            "Signature not yet current: {date} is still later than {} ({} + {SKEW_MINUTES} min.)",
            time::format(now.after(skew)),
            time::format(now)
        )));
    }
    match parts.expires {
        Some(seconds) if now > signed_at.after(Duration::from_secs(seconds)) => {
            Err(request_expired())
        }
        None if now > signed_at.after(skew) => {
            let limit = Moment::from_unix_nanos(
                now.unix_nanos().saturating_sub(SKEW_MINUTES * 60 * 1_000_000_000),
            );
            Err(wrong_signature(format!(
                "Signature expired: {date} is now earlier than {} ({} - {SKEW_MINUTES} min.)",
                time::format(limit),
                time::format(now)
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
