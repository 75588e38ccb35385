//! Request ids: unique, cheap, and the same again with the same seed.

use brume_foundation::random::Random;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Makes an id in the form of a UUID from the shared sequence.
pub(crate) fn request_id(random: &Random) -> String {
    // The marks of version 4, as SDKs and log tools expect them.
    let high = random.next_u64() & !0xf000 | 0x4000;
    let low = random.next_u64() & !(0xc << 60) | (0x8 << 60);
    let (high, low) = (high.to_be_bytes(), low.to_be_bytes());
    let mut text = [b'-'; 36];
    let mut at = 0;
    for byte in high.into_iter().chain(low) {
        if matches!(at, 8 | 13 | 18 | 23) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    // Digits and dashes are UTF-8.
    String::from_utf8(text.to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_uuids_and_differ() {
        let random = Random::seeded(1);
        let (one, other) = (request_id(&random), request_id(&random));
        assert_ne!(one, other);
        for id in [&one, &other] {
            let parts = id.split('-').map(str::len).collect::<Vec<_>>();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(&id[14..15], "4", "{id}");
            assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        }
        assert_eq!(request_id(&Random::seeded(1)), one);
    }
}
