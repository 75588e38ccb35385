//! `brume plugin info`.

use std::fmt::Write as _;

use brume_plugin::error::Result;
use brume_plugin::manifest::Manifest;
use serde::Serialize;

use super::list::kind;
use crate::plugins::inventory::Status;
use crate::plugins::{Place, trust};
use crate::session::Session;

#[derive(Serialize)]
struct Info {
    name: String,
    kind: &'static str,
    place: Place,
    path: String,
    status: String,
    sha256: Option<String>,
    manifest: Option<Manifest>,
}

/// Prints what is known of one plugin; a refused one with the reason.
pub(super) fn run(session: &Session, name: &str) -> Result<u8> {
    let listed = super::find(session, name)?;
    let candidate = &listed.candidate;
    let info = Info {
        name: candidate.name.clone(),
        kind: kind(candidate.form),
        place: candidate.place,
        path: candidate.path.display().to_string(),
        status: listed.status.text(),
        sha256: trust::sha256(&candidate.path).ok(),
        manifest: listed.manifest,
    };
    session.print(&info, text)?;
    match listed.status {
        Status::Refused(problem) => Err(problem.error(name, &candidate.path)),
        Status::Ok | Status::ShadowedBy(_) => Ok(0),
    }
}

fn text(info: &Info) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:10}{value}");
        }
    };
    line("Name:", &info.name);
    if let Some(manifest) = &info.manifest {
        line("Version:", &manifest.version);
        line("About:", &manifest.about);
        line("ABI:", &manifest.abi);
        line("Needs:", &format!("brume {}", manifest.min_core));
        line("Touches:", &manifest.touches.join(", "));
        let commands: Vec<&str> =
            manifest.command.subcommands.iter().map(|command| command.name.as_str()).collect();
        line("Commands:", &commands.join(", "));
    }
    line("Kind:", info.kind);
    line("Path:", &info.path);
    line("SHA-256:", info.sha256.as_deref().unwrap_or_default());
    line("Status:", &info.status);
    text
}
