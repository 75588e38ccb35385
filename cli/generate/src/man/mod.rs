//! The manual: one page for brume, one for each command and plugin, and three of prose.

mod command;
mod fill;
mod markup;
mod overview;

use std::path::PathBuf;

use brume_cli::commands::BUILT_INS;
use brume_plugin::command_tree::command_tree;
use brume_plugin::manifest::Manifest;

/// The prose: name, section, text.
const PROSE: [(&str, &str, &str); 3] = [
    ("brume-config", "5", include_str!("../pages/brume-config.5.md")),
    ("brume-plugin", "7", include_str!("../pages/brume-plugin.7.md")),
    ("brume-exit-codes", "7", include_str!("../pages/brume-exit-codes.7.md")),
];

/// Version that the pages of the core carry.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All pages by path.
pub fn pages(manifests: &[Manifest]) -> Vec<(PathBuf, String)> {
    let mut pages = vec![(path("brume", "1"), overview::page(manifests))];
    for built_in in BUILT_INS {
        let tree = command_tree(&(built_in.command)().name(built_in.name));
        let name = format!("brume-{}", built_in.name);
        pages.push((path(&name, "1"), command::page(&tree, VERSION)));
    }
    for manifest in manifests {
        let name = format!("brume-{}", manifest.name);
        pages.push((path(&name, "1"), command::page(&manifest.command, &manifest.version)));
    }
    for (name, section, text) in PROSE {
        let text = fill::fill(text);
        pages.push((path(name, section), markup::page(name, section, &text)));
    }
    pages
}

/// A finished page: title line and text, in ASCII.
///
/// No date in the title, because a page must not change by itself.
fn finish(name: &str, section: &str, version: &str, roff: &roff::Roff) -> String {
    let upper = name.to_uppercase();
    let title =
        format!(".TH \"{upper}\" \"{section}\" \"\" \"brume {version}\" \"brume manual\"\n");
    let mut page = title;
    for c in roff.to_roff().chars() {
        if c.is_ascii() {
            page.push(c);
        } else {
            // Not every man reads UTF-8.
            page.push_str(&format!("\\[u{:04X}]", u32::from(c)));
        }
    }
    page
}

fn path(name: &str, section: &str) -> PathBuf {
    PathBuf::from("man").join(format!("{name}.{section}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_has_a_page_and_no_page_has_odd_lines() {
        let pages = pages(&[]);
        assert_eq!(pages.len(), 1 + BUILT_INS.len() + PROSE.len());
        for (path, text) in pages {
            assert!(text.contains(".SH NAME"), "{}", path.display());
            assert!(!text.contains("{{"), "{}: an unfilled place", path.display());
            assert!(text.ends_with('\n') && text.is_ascii(), "{}", path.display());
        }
    }
}
