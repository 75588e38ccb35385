//! How brume looks: errors, colours, suggestions.

pub mod error;
pub mod palette;
pub mod suggest;
