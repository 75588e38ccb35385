//! brume explain as a library that the core loads.
