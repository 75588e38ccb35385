//! `brume snapshot`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use brume_instance::archive::{self, Limits, Manifest};
use brume_instance::protocol::Request;
use brume_instance::{InstancePaths, make_private_folder};
use brume_plugin::error::{Error, ExitCode, Result};
use clap::{Arg, ArgMatches, Command, value_parser};

use super::instance::{self, shown};
use crate::session::Session;

/// Large states take their time.
const SNAPSHOT_MAX: Duration = Duration::from_secs(600);

/// Describes the command.
pub fn command() -> Command {
    let file = || {
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .value_hint(clap::ValueHint::FilePath)
    };
    Command::new("snapshot")
        .about("Keep the emulators' state in a file, and bring it back")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("save")
                .about("Write the state of every emulator into a file")
                .long_about(
                    "Writes the state of every emulator of an instance, and what its clock shows, \
                     into one file. The file appears whole or not at all; it is a tar archive with \
                     checksums.",
                )
                .arg(file().help("File to write"))
                .arg(instance::argument()),
        )
        .subcommand(
            Command::new("load")
                .about("Replace the state of every emulator by that in a file")
                .long_about(
                    "Replaces the state of every emulator of an instance by that in a file. The \
                     file is checked first; either every emulator takes its part, or none does.",
                )
                .arg(file().help("File to read"))
                .arg(instance::argument()),
        )
}

/// Saves or loads.
///
/// # Errors
/// The instance is not running; the file cannot be written, or is no snapshot.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(0) };
    let paths = instance::chosen(session, matches)?;
    let Some(file) = matches.get_one::<PathBuf>("file") else { return Ok(0) };
    let (manifest, done) = match name {
        "save" => (save(&paths, file)?, "saved to"),
        _ => (load(session, &paths, file)?, "loaded from"),
    };
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    session.notice(&format!(
        "Instance {}: {} {done} {} ({} files, {bytes} bytes).",
        paths.name,
        manifest.services.join(", "),
        file.display(),
        manifest.files.len(),
    ));
    Ok(0)
}

fn save(paths: &InstancePaths, file: &Path) -> Result<Manifest> {
    let parent = std::path::absolute(file).ok().and_then(|file| Some(file.parent()?.to_owned()));
    if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
        let message = format!("there is no folder {}", parent.display());
        let hint = format!("mkdir -p '{}'", parent.display());
        return Err(Error::new(ExitCode::NotFound, message).hint(hint));
    }
    // Beside the target: there is room for the one where there is room for the other.
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.parts", std::process::id()));
    let parts = Parts::new(file.with_file_name(name))?;
    let directory = parts.text()?;
    instance::ask_for(paths, &Request::SnapshotSave { directory }, SNAPSHOT_MAX)?;
    archive::pack(&parts.0, file).map_err(shown)
}

fn load(session: &Session, paths: &InstancePaths, file: &Path) -> Result<Manifest> {
    // The file may be on a disk that cannot be written to.
    let name = format!(".snapshot-{}", std::process::id());
    let parts = Parts::new(session.directories().state.join(name))?;
    let manifest = archive::unpack(file, &parts.0, &Limits::default()).map_err(shown)?;
    let directory = parts.text()?;
    instance::ask_for(paths, &Request::SnapshotLoad { directory }, SNAPSHOT_MAX)?;
    Ok(manifest)
}

/// A folder for the files of a snapshot, gone when it is no longer needed.
struct Parts(PathBuf);

impl Parts {
    fn new(folder: PathBuf) -> Result<Self> {
        let folder = std::path::absolute(&folder).map_err(|error| {
            Error::failed(format!("cannot find {}", folder.display())).source(&error)
        })?;
        // A leftover of a process with our number is nobody's.
        let _ = fs::remove_dir_all(&folder);
        make_private_folder(&folder).map_err(shown)?;
        Ok(Self(folder))
    }

    fn text(&self) -> Result<String> {
        let text = self.0.to_str().map(str::to_owned);
        text.ok_or_else(|| Error::failed(format!("{} is not UTF-8", self.0.display())))
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
