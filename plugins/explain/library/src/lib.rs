//! `brume explain` as a library that the core loads; everything is in `brume-explain`.

brume_plugin::export_plugin!(brume_explain::Explain);
