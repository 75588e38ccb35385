//! The plugins that ship with brume: linked in, so that no page is ever that of an old build.

use brume_explain::Explain;
use brume_plugin::command_tree::manifest;
use brume_plugin::manifest::Manifest;
use brume_sns_dlq::SnsDlq;

/// Their manifests, by name.
pub fn manifests() -> Vec<Manifest> {
    vec![manifest::<Explain>(), manifest::<SnsDlq>()]
}
