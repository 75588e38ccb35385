//! What the core and the emulator daemon share: paths, lock, endpoints, control protocol.
