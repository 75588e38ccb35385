//! Any filter policy against any message: an error or a judgement, and one explanation of it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The policy ends at the first newline; the rest is the message.
    brume_policy::filter::exercise(bytes);
});
