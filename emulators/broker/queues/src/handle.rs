//! Receipt handles: which queue, which slot, which message, which receive, and a seal.
//!
//! Reading one costs the same however many messages there are. The seal is a keyed hash: nobody can
//! make a handle, or alter one, without the instance's key, which is kept over restarts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

const BODY_BYTES: usize = 20;
const SEAL_BYTES: usize = 16;
const BYTES: usize = BODY_BYTES + SEAL_BYTES;

/// Bytes of the key in its file.
pub(crate) const KEY_BYTES: usize = 32;

/// What a receipt handle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) queue: u32,
    pub(crate) slot: u32,
    pub(crate) order: u64,
    pub(crate) lease: u32,
}

/// Seals and opens handles.
pub(crate) struct Seal(hmac::Key);

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seal")
    }
}

impl Seal {
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Makes the text of a handle: 48 characters.
    pub(crate) fn seal(&self, handle: &Handle) -> String {
        let mut bytes = [0; BYTES];
        bytes[..4].copy_from_slice(&handle.queue.to_le_bytes());
        bytes[4..8].copy_from_slice(&handle.slot.to_le_bytes());
        bytes[8..16].copy_from_slice(&handle.order.to_le_bytes());
        bytes[16..BODY_BYTES].copy_from_slice(&handle.lease.to_le_bytes());
        let tag = hmac::sign(&self.0, &bytes[..BODY_BYTES]);
        bytes[BODY_BYTES..].copy_from_slice(&tag.as_ref()[..SEAL_BYTES]);
        STANDARD.encode(bytes)
    }

    /// Reads a handle; `None` when this key did not seal it.
    pub(crate) fn open(&self, text: &str) -> Option<Handle> {
        let mut bytes = [0; BYTES];
        let length = STANDARD.decode_slice(text, &mut bytes).ok()?;
        let (body, seal) = bytes.split_at(BODY_BYTES);
        let tag = hmac::sign(&self.0, body);
        // Every bit is looked at, whatever the first difference is.
        let differing = tag.as_ref().iter().zip(seal).fold(0, |bits, (a, b)| bits | (a ^ b));
        if length != BYTES || differing != 0 {
            return None;
        }
        Some(Handle {
            queue: u32::from_le_bytes(body[..4].try_into().ok()?),
            slot: u32::from_le_bytes(body[4..8].try_into().ok()?),
            order: u64::from_le_bytes(body[8..16].try_into().ok()?),
            lease: u32::from_le_bytes(body[16..].try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HANDLE: Handle = Handle { queue: 1, slot: 2, order: 3, lease: 4 };

    #[test]
    fn what_is_sealed_is_opened() {
        let seal = Seal::new(&[7; KEY_BYTES]);
        let text = seal.seal(&HANDLE);
        assert_eq!((text.len(), seal.open(&text)), (48, Some(HANDLE)));
        assert_eq!(Seal::new(&[8; KEY_BYTES]).open(&text), None);
    }

    proptest! {
        /// No change of a handle gives a handle, and no text does harm.
        #[test]
        fn nothing_else_is_opened(at in 0_usize..48, with in any::<u8>(), other in ".{0,80}") {
            let seal = Seal::new(&[7; KEY_BYTES]);
            let text = seal.seal(&HANDLE);
            prop_assert_eq!(seal.open(&other), None);
            let mut bytes = text.clone().into_bytes();
            bytes[at] = with;
            if let Ok(changed) = String::from_utf8(bytes) {
                prop_assert!(changed == text || seal.open(&changed).is_none());
            }
            prop_assert_eq!(seal.open(&text[..at]), None);
        }
    }
}
