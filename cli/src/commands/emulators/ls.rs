//! `brume ls`.

use std::collections::BTreeSet;

use brume_instance::client::is_alive;
use brume_instance::paths::instances;
use brume_instance::{EndpointDocument, InstancePaths};
use brume_plugin::error::Result;
use clap::{ArgMatches, Command};
use serde::Serialize;

use super::super::table::table;
use crate::session::Session;

#[derive(Serialize)]
struct Row {
    name: String,
    status: &'static str,
    pid: Option<u32>,
    services: Vec<String>,
    ephemeral: bool,
    state: String,
}

/// Describes the command.
pub fn command() -> Command {
    Command::new("ls").about("List the instances of the emulators")
}

/// Lists instances that run or have state.
///
/// # Errors
/// When `-o` asks for a form that does not fit.
pub fn run(_: &ArgMatches, session: &Session) -> Result<u8> {
    let directories = session.directories();
    let names: BTreeSet<_> =
        instances(&directories.state).into_iter().chain(instances(&directories.runtime)).collect();
    let rows: Vec<Row> = names
        .iter()
        .filter_map(|name| row(&InstancePaths::new(&directories.state, &directories.runtime, name)))
        .collect();
    session.print(&rows, |rows| {
        if rows.is_empty() {
            session.notice("No instances. Start one: brume up");
            return String::new();
        }
        let cells = rows.iter().map(|row| {
            vec![
                row.name.clone(),
                row.status.to_owned(),
                row.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
                if row.services.is_empty() { "-".to_owned() } else { row.services.join(",") },
                row.state.clone(),
            ]
        });
        table(&["NAME", "STATUS", "PID", "SERVICES", "STATE"], cells)
    })?;
    Ok(0)
}

fn row(paths: &InstancePaths) -> Option<Row> {
    let name = paths.name.to_string();
    if !is_alive(paths) {
        let has_state = paths.state_lock().exists();
        return has_state.then(|| Row {
            name,
            status: "stopped",
            pid: None,
            services: Vec::new(),
            ephemeral: false,
            state: paths.state.display().to_string(),
        });
    }
    // A document that cannot be read is that of another version, or not written yet.
    let document = EndpointDocument::read(&paths.endpoint()).ok().flatten();
    let status = if document.is_some() { "running" } else { "unknown" };
    let document = document.unwrap_or_default();
    Some(Row {
        name,
        status,
        pid: Some(document.pid).filter(|&pid| pid != 0),
        services: document.services.into_iter().map(|service| service.name).collect(),
        ephemeral: document.ephemeral,
        state: if document.ephemeral {
            "in memory".to_owned()
        } else {
            document.state_dir.display().to_string()
        },
    })
}
