//! Any form: an error, or parameters that can be asked for in every shape that Query has.
#![no_main]

use brume_edge::Fields;
use brume_edge::form::parse;
use libfuzzer_sys::fuzz_target;

/// Names that occur in the corpus, so that the shapes below meet something.
const NAMES: [&str; 4] = ["Attributes", "MessageAttributes.entry", "Tag", "a"];

fuzz_target!(|bytes: &[u8]| {
    // The query string ends at the first newline; the rest is the body.
    let split = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let (query, body) = bytes.split_at(split);
    let Ok(parameters) = parse(query, body.get(1..).unwrap_or_default()) else { return };
    for (name, value) in parameters.iter() {
        assert_eq!(parameters.get(name), Some(value), "a pair is found by its name");
    }
    assert!(parameters.iter().map(|(name, _)| name).is_sorted());
    ask(&parameters.fields(), 3);
});

/// Asks for texts, numbers, lists, maps and structures, and in them for the same.
fn ask(fields: &Fields<'_>, depth: usize) {
    for name in NAMES {
        let list = fields.list(name);
        assert!(list.len() <= 4_096);
        let _ = fields.map(name, "Name", "Value");
        let _ = fields.number::<u32>(name);
        let _ = fields.boolean(name);
        if depth > 0 {
            ask(&fields.structure(name), depth - 1);
            for member in fields.members(name).iter().take(3) {
                ask(member, depth - 1);
            }
        }
    }
}
