//! The SDK: what a plugin is, what it is given, how it prints and fails.
