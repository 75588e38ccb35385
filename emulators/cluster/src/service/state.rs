//! What the cluster holds, in memory and on disk.

use std::fs;
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use brume_foundation::clock::Moment;
use brume_foundation::service::ServiceContext;
use brume_foundation::{Error, Result, files};
use serde_json::{Value, json};

use crate::catalogue::Catalogue;
use crate::custom::{self, Stamp};
use crate::respond::answer;
use crate::wire::{Reason, Request, Response, Status};

/// File with the custom resource definitions and the revision.
const FILE: &str = "cluster.json";
/// Form of that file.
const FORM: u64 = 1;

/// The catalogue of the moment and where its changes are kept.
#[derive(Debug)]
pub(super) struct State {
    /// What a fresh cluster has.
    fresh: Arc<Catalogue>,
    current: RwLock<Arc<Catalogue>>,
    /// The revision of the last write. Held while one is made: writes come one at a time.
    revision: Mutex<u64>,
    /// Absent when nothing is kept.
    file: Option<PathBuf>,
}

impl State {
    /// Reads what was kept. If that is damaged and may be repaired, it is moved aside and the
    /// cluster is fresh.
    pub(super) fn open(context: &ServiceContext, fresh: &Arc<Catalogue>) -> Result<Self> {
        let storage = &context.storage;
        let file = (!storage.is_ephemeral()).then(|| storage.folder().join(FILE));
        let kept = match &file {
            Some(file) => match read(file)? {
                Some(bytes) => match decode(file, &bytes, fresh) {
                    Err(error) if context.repair => {
                        let aside = move_aside(file)?;
                        context.log.warn(format_args!("{error}; moved to {}", aside.display()));
                        None
                    }
                    result => Some(result?),
                },
                None => None,
            },
            None => None,
        };
        let (catalogue, revision) = kept.unwrap_or_else(|| (Arc::clone(fresh), 1));
        Ok(Self {
            fresh: Arc::clone(fresh),
            current: RwLock::new(catalogue),
            revision: Mutex::new(revision),
            file,
        })
    }

    /// The catalogue of this moment.
    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers a request that only reads.
    pub(super) fn read(&self, request: &Request<'_>, mut stamp: Stamp) -> Response {
        stamp.revision = *self.lock();
        answer(&self.catalogue(), request, &stamp).response
    }

    /// Answers a request that may write. The answer is given once the change is kept.
    pub(super) fn write(&self, request: &Request<'_>, mut stamp: Stamp) -> Response {
        let mut revision = self.lock();
        stamp.revision = *revision + 1;
        let answer = answer(&self.catalogue(), request, &stamp);
        let Some(changed) = answer.changed else { return answer.response };
        match self.keep(Arc::new(changed), stamp.revision) {
            Ok(()) => {
                *revision = stamp.revision;
                answer.response
            }
            Err(error) => Status::new(Reason::InternalError, error.to_string()).response(),
        }
    }

    /// Adds a custom resource definition.
    pub(super) fn install(&self, definition: Value, mut stamp: Stamp) -> Result<()> {
        let mut revision = self.lock();
        stamp.revision = *revision + 1;
        let changed = custom::install(&self.catalogue(), definition, &stamp)
            .map_err(|status| Error::failed(status.message))?;
        self.keep(Arc::new(changed), stamp.revision)?;
        *revision = stamp.revision;
        Ok(())
    }

    /// Forgets everything.
    pub(super) fn reset(&self) -> Result<()> {
        let mut revision = self.lock();
        self.keep(Arc::clone(&self.fresh), 1)?;
        *revision = 1;
        Ok(())
    }

    /// Writes the state of this moment into `folder`.
    pub(super) fn save(&self, folder: &Path) -> Result<()> {
        let revision = self.lock();
        files::write_private(&folder.join(FILE), &encode(&self.catalogue(), *revision))
    }

    /// Replaces the state by what [`State::save`] wrote into `folder`.
    pub(super) fn load(&self, folder: &Path) -> Result<()> {
        let file = folder.join(FILE);
        let bytes =
            read(&file)?.ok_or_else(|| Error::failed(format!("{} is missing", file.display())))?;
        let (catalogue, saved) = decode(&file, &bytes, &self.fresh)?;
        let mut revision = self.lock();
        // Revisions never go back: a client that watches must not see the same one twice.
        let next = saved.max(*revision) + 1;
        self.keep(catalogue, next)?;
        *revision = next;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.revision.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a catalogue down, then lets requests see it.
    fn keep(&self, catalogue: Arc<Catalogue>, revision: u64) -> Result<()> {
        if let Some(file) = &self.file {
            files::write_private(file, &encode(&catalogue, revision))?;
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = catalogue;
        Ok(())
    }
}

fn encode(catalogue: &Catalogue, revision: u64) -> Vec<u8> {
    let objects: Vec<&Value> = catalogue.custom().values().map(|each| each.object()).collect();
    let document =
        json!({"form": FORM, "revision": revision, "customResourceDefinitions": objects});
    document.to_string().into_bytes()
}

/// Reads a file; nothing if there is none.
fn read(file: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == IoErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(file).source(&error)),
    }
}

fn decode(file: &Path, bytes: &[u8], fresh: &Catalogue) -> Result<(Arc<Catalogue>, u64)> {
    let damaged = || {
        refused(file).hint("brume up --repair    # moves the damaged file aside and begins afresh")
    };
    let mut document: Value =
        serde_json::from_slice(bytes).map_err(|error| damaged().source(&error))?;
    if document.get("form") != Some(&json!(FORM)) {
        return Err(damaged().cause("another version of brume wrote it"));
    }
    let revision = document.get("revision").and_then(Value::as_u64).unwrap_or(1);
    let objects = match document.get_mut("customResourceDefinitions").map(Value::take) {
        Some(Value::Array(objects)) => objects,
        _ => return Err(damaged().cause("it holds no list of definitions")),
    };
    let catalogue =
        custom::restore(fresh, objects).map_err(|status| damaged().cause(status.message))?;
    Ok((Arc::new(catalogue), revision))
}

fn refused(file: &Path) -> Error {
    Error::failed(format!("cannot read the cluster's state in {}", file.display()))
}

/// Renames a damaged file, so that nothing is lost for whoever wants to look into it.
fn move_aside(file: &Path) -> Result<PathBuf> {
    let name = format!("corrupt-{}-{FILE}", Moment::system().unix_millis());
    let aside = file.with_file_name(name);
    fs::rename(file, &aside).map_err(|error| {
        let (file, aside) = (file.display(), aside.display());
        Error::failed(format!("cannot move {file} to {aside}")).source(&error)
    })?;
    Ok(aside)
}
