//! The thin core: resolves a target, finds a plugin, hands over.
fn main() {}
