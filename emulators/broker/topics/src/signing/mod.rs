//! Signatures over messages, as receivers check them with the certificate at `SigningCertURL`.
//!
//! Comes in: the text that AWS defines as signed, and a version. Goes out: RSA signatures in
//! base64. The key is made once, when the first signature is wanted, and kept in the state folder;
//! making it and signing take milliseconds, so callers do both off the runtime's threads.

mod canonical;
mod key;

pub use canonical::{confirmation, notification};
pub use key::{Signer, SigningKey};

use serde::{Deserialize, Serialize};

/// Which hash is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SignatureVersion {
    /// SHA-1, the default of topics.
    #[default]
    V1,
    /// SHA-256.
    V2,
}

impl SignatureVersion {
    /// What stands in envelopes and in the topic's attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1",
            Self::V2 => "2",
        }
    }
}
