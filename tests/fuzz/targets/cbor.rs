//! Any CBOR: an error, or a value that is written and read again as the same.
#![no_main]

use brume_edge::cbor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = cbor::decode(bytes) {
        let written = cbor::encode(&value);
        let again = cbor::decode(&written).map(|value| cbor::encode(&value));
        assert_eq!(again, Ok(written), "a value changed when it was written");
    }
});
