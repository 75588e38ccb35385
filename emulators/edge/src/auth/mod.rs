//! Who calls: keys, and SigV4 verification where it is switched on.

mod canonical;
pub mod keys;
mod problem;
mod signature;
mod time;
mod verify;

pub use keys::{Identity, Keys, TemporaryKey};
pub(crate) use verify::{Signed, verify};

/// Whether signatures are verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// Any key and any signature will do, also none.
    #[default]
    Off,
    /// As AWS does.
    Verify,
}
