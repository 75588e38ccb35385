//! Pages of listings and the tokens that continue them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Result, TopicError};
use crate::requests::Page;

/// Items of a page.
pub const PAGE: usize = 100;
/// Bytes of the longest token that is read.
const TOKEN_BYTES_MAX: usize = 4_096;

/// Where a listing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(pub String);

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    /// It is not one of ours.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = || TopicError::invalid("NextToken");
        if text.len() > TOKEN_BYTES_MAX {
            return Err(wrong());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        String::from_utf8(bytes).map(Self).map_err(|_| wrong())
    }

    /// Reads a token that holds a number; 0 when there is none.
    ///
    /// # Errors
    /// It is not one of ours.
    pub fn read_number(text: Option<&str>) -> Result<u64> {
        let Some(text) = text else { return Ok(0) };
        Self::read(text)?.0.parse().map_err(|_| TopicError::invalid("NextToken"))
    }

    /// Writes it.
    #[must_use]
    pub fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }
}

/// Takes a page of at most `limit` items; `token` tells what the next page comes behind.
pub fn page<T>(
    mut items: impl Iterator<Item = T>,
    limit: usize,
    token: impl Fn(&T) -> String,
) -> Page<T> {
    let taken = items.by_ref().take(limit).collect::<Vec<_>>();
    let has_more = items.next().is_some();
    let next = taken.last().filter(|_| has_more).map(|last| Token(token(last)).write());
    Page { items: taken, next }
}
