//! CBOR (RFC 8949) as far as smithy-rpc-v2-cbor needs it.
//!
//! Comes in: bytes from anybody. Goes out: a [`Value`], or why there is none. Depth and number of
//! values are limited, nothing is allocated on the word of a length that was not seen arriving.

mod decode;
mod encode;

#[cfg(test)]
mod tests;

pub use decode::{DEPTH_MAX, DecodeError, VALUES_MAX, decode};
pub use encode::encode;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing; also what CBOR calls undefined.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Seconds since the epoch: tag 1.
    Timestamp(f64),
    /// Values in order.
    List(Vec<Self>),
    /// Names and values, each name once.
    Map(Vec<(String, Self)>),
}
