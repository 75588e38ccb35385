//! `brume sns-dlq` as a library that the core loads; everything is in `brume-sns-dlq`.

brume_plugin::export_plugin!(brume_sns_dlq::SnsDlq);
