//! Writes completions/ and man/ from the command trees.
fn main() {}
