//! A strict JSON reader that can say where it was.
//!
//! Comes in: text from outside. Goes out: tokens or a tree, and for what is wrong a line and a
//! column counted as Jackson counts them, because AWS's own messages carry those numbers.
//!
//! Never inside: recursion without a limit, a guess at what a broken document meant.

mod reader;
mod tree;
mod write;

pub use reader::{Position, Problem, Reader, Token};
pub use tree::{Member, Node, Value, read};
pub use write::write_string;
