//! Any template against any document: an answer or an error, in bounded time and memory.
#![no_main]

use brume_plugin::output::jsonpath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The template ends at the first newline; the rest is the document.
    let split = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let (template, document) = bytes.split_at(split);
    jsonpath::exercise(template, document.get(1..).unwrap_or_default());
});
