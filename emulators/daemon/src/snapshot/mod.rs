//! The state of every service in one folder, and back: all services or none.

use std::fs;
use std::path::{Path, PathBuf};

use brume_foundation::clock::ClockState;
use brume_foundation::files;
use brume_instance::{Error, Result};

use crate::failure::to_wire;
use crate::host::{Host, is_possible};

/// The clock's file in a snapshot; no service has a name with a dot.
const CLOCK_FILE: &str = "clock.json";

/// Writes the state of every service into `folder`, each into a folder of its name.
///
/// # Errors
/// The folder is not an empty one, or a service fails.
pub(crate) async fn save(host: &Host, folder: &Path) -> Result<()> {
    let _alone = host.exclusively().await;
    save_services(host, folder).await?;
    let clock = serde_json::to_vec(&host.clock_state())
        .map_err(|error| Error::failed("cannot save the clock").cause(error))?;
    files::write_private(&folder.join(CLOCK_FILE), &clock).map_err(to_wire)
}

/// Replaces the state of every service by what [`save`] wrote into `folder`.
///
/// # Errors
/// The snapshot lacks a service that runs here, or has one that does not; a service refuses it. The
/// services that had taken it by then get their state back.
pub(crate) async fn load(host: &Host, folder: &Path) -> Result<()> {
    let _alone = host.exclusively().await;
    check_services(host, folder)?;
    let clock = read_clock(&folder.join(CLOCK_FILE))?;
    let backup = Backup::new(host.scratch().join("before-load"))?;
    save_services(host, &backup.folder).await?;
    for (index, one) in host.hosted().iter().enumerate() {
        let name = one.service.name();
        let Err(error) = one.service.load(&folder.join(name)).await else { continue };
        let mut failure = to_wire(error);
        failure.message = format!("{name} does not take the snapshot: {}", failure.message);
        for earlier in &host.hosted()[..index] {
            let name = earlier.service.name();
            if let Err(error) = earlier.service.load(&backup.folder.join(name)).await {
                failure = failure.cause(format_args!("{name} lost its state meanwhile: {error}"));
            }
        }
        return Err(failure);
    }
    host.restore_clock(&clock)
}

async fn save_services(host: &Host, folder: &Path) -> Result<()> {
    for one in host.hosted() {
        let name = one.service.name();
        let target = folder.join(name);
        fs::create_dir(&target).map_err(|error| {
            Error::failed(format!("cannot save {name} into {}", folder.display())).cause(error)
        })?;
        one.service.save(&target).await.map_err(to_wire)?;
    }
    Ok(())
}

fn check_services(host: &Host, folder: &Path) -> Result<()> {
    let refused = |reason: String| {
        Err(Error::failed("the snapshot does not fit this instance").cause(reason))
    };
    for one in host.hosted() {
        let name = one.service.name();
        if !folder.join(name).is_dir() {
            return refused(format!("it has nothing for {name}"));
        }
    }
    let entries = fs::read_dir(folder)
        .map_err(|error| Error::failed("cannot read the snapshot").cause(error))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_known = host.hosted().iter().any(|one| name == one.service.name());
        if name != CLOCK_FILE && !is_known {
            return refused(format!("it has state for {}, which does not run", name.display()));
        }
    }
    Ok(())
}

fn read_clock(path: &Path) -> Result<ClockState> {
    let failed = || Error::failed("cannot read the clock of the snapshot");
    let bytes = fs::read(path).map_err(|error| failed().cause(error))?;
    let state = serde_json::from_slice(&bytes).map_err(|error| failed().cause(error))?;
    if !is_possible(&state) {
        return Err(failed().cause("it leads beyond the year 2500"));
    }
    Ok(state)
}

/// A folder that is gone when it is no longer needed.
struct Backup {
    folder: PathBuf,
}

impl Backup {
    fn new(folder: PathBuf) -> Result<Self> {
        let _ = fs::remove_dir_all(&folder);
        files::make_private_folder(&folder).map_err(to_wire)?;
        Ok(Self { folder })
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests;
