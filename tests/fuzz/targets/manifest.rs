//! What a plugin says of itself is checked, never believed.
#![no_main]

use brume_cli::plugins::metadata;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = metadata::check(bytes, "explain");
});
