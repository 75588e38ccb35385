//! What the cluster holds, in memory and on disk.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use brume_foundation::clock::Moment;
use brume_foundation::log::Log;
use brume_foundation::service::ServiceContext;
use brume_foundation::{Error, Result, files};
use serde_json::Value;

use super::store::{Change, Document, Store};
use crate::catalogue::Catalogue;
use crate::custom::{self, Stamp};
use crate::respond::answer;
use crate::wire::{Reason, Request, Response, Status};

/// Folder with the journal.
const FOLDER: &str = "journal";
/// File of a snapshot, with the custom resource definitions and the revision.
const FILE: &str = "cluster.json";

/// The catalogue of the moment and where its changes are kept.
#[derive(Debug)]
pub(super) struct State {
    /// What a fresh cluster has.
    fresh: Arc<Catalogue>,
    current: RwLock<Arc<Current>>,
    /// Held while a write is made: they come one at a time. Readers do not wait for it.
    writer: Mutex<Writer>,
    log: Log,
}

/// What readers see, one moment's.
#[derive(Debug)]
struct Current {
    catalogue: Arc<Catalogue>,
    /// The revision of the last write.
    revision: u64,
}

#[derive(Debug)]
struct Writer {
    /// Absent when nothing is kept.
    store: Option<Store>,
}

impl State {
    /// Reads what was kept. If that is damaged and may be repaired, the damaged part is moved
    /// aside.
    pub(super) fn open(context: &ServiceContext, fresh: &Arc<Catalogue>) -> Result<Self> {
        let storage = &context.storage;
        let mut current = Current { catalogue: Arc::clone(fresh), revision: 1 };
        let mut store = None;
        if !storage.is_ephemeral() {
            let folder = storage.folder().join(FOLDER);
            let opened = match open_store(&folder, fresh, context) {
                Err(error) if context.repair => {
                    // The journal is whole and what it says cannot be used.
                    let aside = move_aside(&folder)?;
                    context.log.warn(format_args!("{error}; moved to {}", aside.display()));
                    open_store(&folder, fresh, context)?
                }
                opened => opened?,
            };
            store = Some(opened.0);
            current = opened.1;
        }
        Ok(Self {
            fresh: Arc::clone(fresh),
            current: RwLock::new(Arc::new(current)),
            writer: Mutex::new(Writer { store }),
            log: context.log.clone(),
        })
    }

    /// Answers a request that only reads.
    pub(super) fn read(&self, request: &Request<'_>, mut stamp: Stamp) -> Response {
        let current = self.current();
        stamp.revision = current.revision;
        answer(&current.catalogue, request, &stamp).response
    }

    /// Answers a request that may write. The answer is given once the change is kept.
    pub(super) fn write(&self, request: &Request<'_>, mut stamp: Stamp) -> Response {
        let mut writer = self.lock();
        let current = self.current();
        stamp.revision = current.revision + 1;
        let answer = answer(&current.catalogue, request, &stamp);
        let Some(changed) = answer.changed else { return answer.response };
        let changed = Arc::new(changed);
        let changes = changes(&current.catalogue, &changed);
        match self.keep(&mut writer, changes, &changed, stamp.revision) {
            Ok(()) => answer.response,
            Err(error) => {
                self.log.error(format_args!("a change was refused: {error}"));
                Status::new(Reason::InternalError, error.to_string()).response()
            }
        }
    }

    /// Adds a custom resource definition.
    pub(super) fn install(&self, definition: Value, mut stamp: Stamp) -> Result<()> {
        let mut writer = self.lock();
        let current = self.current();
        stamp.revision = current.revision + 1;
        let changed = custom::install(&current.catalogue, definition, &stamp)
            .map_err(|status| Error::failed(status.message))?;
        let changed = Arc::new(changed);
        let changes = changes(&current.catalogue, &changed);
        self.keep(&mut writer, changes, &changed, stamp.revision)
    }

    /// Forgets everything.
    pub(super) fn reset(&self) -> Result<()> {
        self.keep(&mut self.lock(), vec![Change::Replace(0)], &self.fresh, 1)
    }

    /// Writes the state of this moment into `folder`.
    pub(super) fn save(&self, folder: &Path) -> Result<()> {
        let current = self.current();
        files::write_private(&folder.join(FILE), &current.document().encode()?)
    }

    /// Replaces the state by what [`State::save`] wrote into `folder`.
    pub(super) fn load(&self, folder: &Path) -> Result<()> {
        let file = folder.join(FILE);
        let refused = || Error::failed(format!("cannot use {} of the snapshot", file.display()));
        let bytes = fs::read(&file).map_err(|error| refused().source(&error))?;
        let document = Document::decode(&bytes).map_err(|reason| refused().cause(reason))?;
        let saved = document.revision;
        let catalogue = custom::restore(&self.fresh, document.into_objects())
            .map_err(|status| refused().cause(status.message))?;
        let catalogue = Arc::new(catalogue);
        let mut writer = self.lock();
        // Revisions never go back: a client that watches must not see the same one twice.
        let next = saved.max(self.current().revision).saturating_add(1);
        let objects = catalogue.custom().values().map(|each| each.object());
        let mut changes = vec![Change::Replace(catalogue.custom().len())];
        changes.extend(objects.map(|object| Change::Part(Cow::Borrowed(object))));
        self.keep(&mut writer, changes, &catalogue, next)
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes changes down, then lets requests see what they lead to.
    fn keep(
        &self,
        writer: &mut Writer,
        changes: Vec<Change<'_>>,
        catalogue: &Arc<Catalogue>,
        revision: u64,
    ) -> Result<()> {
        if let Some(store) = &mut writer.store {
            store.append(revision, changes)?;
        }
        let current = Arc::new(Current { catalogue: Arc::clone(catalogue), revision });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&current);
        if let Some(store) = writer.store.as_mut().filter(|store| store.is_checkpoint_due())
            && let Err(error) = store.checkpoint(&current.document())
        {
            // The change itself is kept, and the next one tries again.
            self.log.warn(error);
        }
        Ok(())
    }
}

impl Current {
    fn document(&self) -> Document<'_> {
        Document::new(self.revision, self.catalogue.custom().values().map(|each| each.object()))
    }
}

/// What leads from one catalogue to the next, which shares with it what did not change.
fn changes<'a>(old: &'a Catalogue, new: &'a Catalogue) -> Vec<Change<'a>> {
    let is_kept = |name: &String, definition| {
        old.custom().get(name).is_some_and(|before| Arc::ptr_eq(before, definition))
    };
    let put = new.custom().iter().filter(|(name, definition)| !is_kept(name, definition));
    let removed = old.custom().keys().filter(|name| !new.custom().contains_key(*name));
    put.map(|(_, definition)| Change::Put(Cow::Borrowed(definition.object())))
        .chain(removed.map(|name| Change::Remove(name.into())))
        .collect()
}

fn open_store(
    folder: &Path,
    fresh: &Catalogue,
    context: &ServiceContext,
) -> Result<(Store, Current)> {
    let (store, kept, warnings) = Store::open(folder, context.repair)?;
    for warning in warnings {
        context.log.warn(warning);
    }
    let catalogue =
        custom::restore(fresh, kept.objects.into_values().collect()).map_err(|status| {
            Error::failed(format!("cannot use the cluster's state in {}", folder.display()))
                .cause(status.message)
                .hint("brume up --repair    # moves it aside and begins afresh")
        })?;
    Ok((store, Current { catalogue: Arc::new(catalogue), revision: kept.revision }))
}

/// Renames a folder, so that nothing is lost for whoever wants to look into it.
fn move_aside(folder: &Path) -> Result<PathBuf> {
    let name = format!("corrupt-{}-{FOLDER}", Moment::system().unix_millis());
    let aside = folder.with_file_name(name);
    fs::rename(folder, &aside).map_err(|error| {
        let (folder, aside) = (folder.display(), aside.display());
        Error::failed(format!("cannot move {folder} to {aside}")).source(&error)
    })?;
    Ok(aside)
}
