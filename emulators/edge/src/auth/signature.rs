//! The signature itself (steps 2 to 4 of the same page).

use ring::{digest, hmac};

use crate::credential::Credential;
use crate::form::hex_digit;

/// The first line of the string to sign, and the algorithm in headers.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// SHA-256, hexadecimal.
pub(super) fn hash(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Whether `signature`, hexadecimal, is that of the canonical request; takes as long either way.
pub(super) fn is_valid(
    secret: &str,
    credential: &Credential<'_>,
    date: &str,
    canonical_request: &[u8],
    signature: &str,
) -> bool {
    let Some(signature) = unhex(signature) else { return false };
    let to_sign = string_to_sign(credential, date, canonical_request);
    hmac::verify(&signing_key(secret, credential), to_sign.as_bytes(), &signature).is_ok()
}

/// Signs, for tests that need a valid signature of a request of their own.
#[cfg(test)]
pub(crate) fn sign(
    secret: &str,
    credential: &Credential<'_>,
    date: &str,
    canonical_request: &[u8],
) -> String {
    let to_sign = string_to_sign(credential, date, canonical_request);
    hex(hmac::sign(&signing_key(secret, credential), to_sign.as_bytes()).as_ref())
}

fn string_to_sign(credential: &Credential<'_>, date: &str, canonical_request: &[u8]) -> String {
    let Credential { date: day, region, service, .. } = credential;
    let request_hash = hash(canonical_request);
    format!("{ALGORITHM}\n{date}\n{day}/{region}/{service}/aws4_request\n{request_hash}")
}

fn signing_key(secret: &str, credential: &Credential<'_>) -> hmac::Key {
    let first = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    let parts = [credential.date, credential.region, credential.service, "aws4_request"];
    parts.iter().fold(first, |key, part| {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
    })
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    digits.chunks(2).map(|two| Some(hex_digit(two[0])? << 4 | hex_digit(two[1])?)).collect()
}
