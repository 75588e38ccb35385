//! Any access policy: an error, or a document that is written as it was read and judges requests.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| brume_policy::document::exercise(bytes));
