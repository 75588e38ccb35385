//! Beginning and end: recovery, checkpoints, reset, snapshots.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use brume_foundation::journal::{Disk, Options as JournalOptions, Recovered};
use brume_foundation::service::{ServiceContext, Storage};
use brume_foundation::{Error, Result, files};

use super::Topics;
use crate::core::{Core, Recovery};
use crate::deliver::{Parts, Shared, blocking, run};
use crate::mailbox::Mailbox;
use crate::options::Options;
use crate::signing::Signer;
use crate::store::{Entry, Snapshot, Store};

/// File of a saved state.
const SAVED: &str = "topics.json";

impl Topics {
    /// Opens the engine, goes on where it stopped, and delivers. Must be called inside a tokio
    /// runtime.
    ///
    /// # Errors
    /// The disk refuses, or the state is damaged and repair was not asked for.
    pub fn open(context: &ServiceContext, options: Options) -> Result<Arc<Self>> {
        let disk = match &context.storage {
            Storage::Durable(folder) => Some(Store::disk(folder)?),
            Storage::Ephemeral(_) => None,
        };
        Self::open_on(context, options, disk)
    }

    /// Opens the engine on a disk of the caller's; without one, nothing is kept.
    ///
    /// # Errors
    /// As [`Topics::open`].
    pub fn open_on(
        context: &ServiceContext,
        options: Options,
        disk: Option<Arc<dyn Disk>>,
    ) -> Result<Arc<Self>> {
        let mailbox = Mailbox::default();
        let log = context.log.for_service("sns");
        let (store, core) = match disk {
            None => (Store::ephemeral(), Core::default()),
            Some(disk) => {
                let durability = options.durability;
                let repair = context.repair;
                let options = JournalOptions { durability, repair, ..JournalOptions::default() };
                let (store, recovered) = Store::open(disk, options)?;
                recovered.warnings.iter().for_each(|warning| log.warn(warning));
                (store, recover(recovered, &mailbox)?)
            }
        };
        let folder = match &context.storage {
            Storage::Durable(folder) => Some(folder.clone()),
            Storage::Ephemeral(_) => None,
        };
        let parts = Parts {
            core,
            store,
            clock: Arc::clone(&context.clock),
            faults: Arc::clone(&context.faults),
            random: context.random.fork("topics"),
            log,
            signer: Signer::new(folder),
            mailbox,
        };
        let shared = Shared::new(parts, options);
        let courier = tokio::spawn(run(Arc::clone(&shared)));
        Ok(Arc::new(Self { shared, courier: Mutex::new(Some(courier)) }))
    }

    /// Forgets everything. The signing key stays: what was signed can still be verified.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn reset(&self) -> Result<()> {
        let written = {
            let mut core = self.shared.core();
            *core = Core::default();
            self.shared.mailbox.clear();
            self.shared.meters.clear();
            self.shared.store.append(&Entry::Reset)
        };
        self.shared.wake.notify_one();
        self.shared.store.wait(written).await.map(drop)
    }

    /// Writes the present state into an empty folder.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn save(&self, folder: &Path) -> Result<()> {
        let snapshot = self.shared.core().snapshot(&self.shared.mailbox);
        let path = folder.join(SAVED);
        blocking(move || files::write_private(&path, &snapshot.to_bytes()?)).await
    }

    /// Replaces the state by what [`Topics::save`] wrote.
    ///
    /// # Errors
    /// The file is not what a compatible version wrote; the present state then stays.
    pub async fn load(&self, folder: &Path) -> Result<()> {
        let path = folder.join(SAVED);
        let snapshot = blocking(move || {
            let bytes = std::fs::read(&path).map_err(|error| {
                Error::failed(format!("cannot read {}", path.display())).source(&error)
            })?;
            Snapshot::from_bytes(&bytes)
        })
        .await?;
        let mailbox = Mailbox::default();
        let core = Core::restored(snapshot, &mailbox);
        {
            let mut present = self.shared.core();
            *present = core;
            self.shared.mailbox.clear();
            mailbox.all().into_iter().for_each(|letter| self.shared.mailbox.restore(letter));
            self.shared.meters.clear();
        }
        self.shared.wake.notify_one();
        // The journal tells of another state until this is done.
        self.shared.checkpoint().await
    }

    /// Stops delivering and makes everything durable.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn close(&self) -> Result<()> {
        self.shared.close();
        let courier = self.courier.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(courier) = courier {
            // A courier that panicked has stopped as well.
            let _ = courier.await;
        }
        let written = self.shared.store.append(&Entry::Mark);
        self.shared.store.wait(written).await.map(drop)
    }
}

fn recover(recovered: Recovered, mailbox: &Mailbox) -> Result<Core> {
    let core = match recovered.checkpoint {
        Some(checkpoint) => Core::restored(Snapshot::from_bytes(&checkpoint.payload)?, mailbox),
        None => Core::default(),
    };
    let mut recovery = Recovery::new(core, mailbox);
    for record in recovered.records {
        let entry = serde_json::from_slice::<Entry>(&record.payload).map_err(|error| {
            let number = record.sequence;
            Error::failed(format!("record {number} of the topics cannot be read")).source(&error)
        })?;
        recovery.apply(entry);
    }
    Ok(recovery.core)
}

impl Shared {
    /// Writes a checkpoint if the journal has grown enough.
    pub(crate) async fn checkpoint_if_grown(&self) {
        if self.store.has_grown()
            && let Err(error) = self.checkpoint().await
        {
            self.log.warn(format_args!("the journal could not be shortened: {error}"));
        }
    }

    /// Writes a checkpoint of the present state.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        let (written, snapshot, refused) = {
            let core = self.core();
            let refused = self.store.refused();
            let written = self.store.append(&Entry::Mark);
            if written.is_nothing() {
                return Ok(());
            }
            (written, core.snapshot(&self.mailbox), refused)
        };
        let mark = self.store.wait(written).await?;
        self.store.checkpoint(mark, snapshot, refused).await
    }

    /// After the disk has refused something: nothing more is accepted before a checkpoint holds it.
    pub(crate) async fn make_good(&self) -> Result<()> {
        if self.store.is_behind() { self.checkpoint().await } else { Ok(()) }
    }
}
