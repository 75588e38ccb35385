//! Any data protection policy against any message: an error, or something is masked or not.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The policy ends at the first newline; the rest is the message.
    brume_policy::protection::exercise(bytes);
});
