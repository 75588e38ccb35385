//! What the emulators share: journal, clock, faults, HTTP server.
