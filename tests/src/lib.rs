//! End to end: the built binaries and the real clients.
