//! `brume plugin list`.

use brume_plugin::error::{ExitCode, Result};
use serde::Serialize;

use super::super::table::table;
use crate::plugins::inventory::{self, Listed, Status};
use crate::plugins::{Form, Place};
use crate::session::Session;

#[derive(Serialize)]
struct Row {
    name: String,
    version: String,
    kind: &'static str,
    abi: String,
    place: Place,
    path: String,
    status: String,
}

impl Row {
    fn new(listed: &Listed) -> Self {
        let manifest = listed.manifest.as_ref();
        Self {
            name: listed.candidate.name.clone(),
            version: manifest.map_or_else(String::new, |manifest| manifest.version.clone()),
            kind: kind(listed.candidate.form),
            abi: manifest.map_or_else(String::new, |manifest| manifest.abi.clone()),
            place: listed.candidate.place,
            path: listed.candidate.path.display().to_string(),
            status: listed.status.text(),
        }
    }
}

/// The KIND column.
pub(super) const fn kind(form: Form) -> &'static str {
    match form {
        Form::Library => "dylib",
        Form::Executable => "exe",
    }
}

/// Lists all plugins; with `strict`, says no when one is not run.
pub(super) fn run(session: &Session, strict: bool) -> Result<u8> {
    let listed = inventory::all(session);
    let rows: Vec<Row> = listed.iter().map(Row::new).collect();
    session.print(&rows, |rows| {
        if rows.is_empty() {
            session.notice("No plugins found.");
            return String::new();
        }
        let header = ["NAME", "VERSION", "KIND", "ABI", "PATH", "STATUS"];
        let cells = rows.iter().map(|row| {
            let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
            vec![
                row.name.clone(),
                dash(&row.version),
                row.kind.to_owned(),
                dash(&row.abi),
                row.path.clone(),
                row.status.clone(),
            ]
        });
        table(&header, cells)
    })?;
    let all_run = listed.iter().all(|listed| listed.status == Status::Ok);
    Ok(if strict && !all_run { ExitCode::CheckFailed.number() } else { 0 })
}
