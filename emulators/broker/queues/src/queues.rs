//! All queues.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use brume_foundation::journal::{self, Disk, Durability, FolderDisk, Journal, Replayed};
use brume_foundation::metrics::Metrics;
use brume_foundation::service::ServiceContext;
use brume_foundation::{Error, Result, files};
use brume_policy::{Account, Arn, Region};

use crate::engine::Engine;
use crate::hub::Hub;
use crate::queue::{TAGS_MAX, deliver};
use crate::record::{self, DeletedRecord, QueueFacts};
use crate::recover::Recovery;
use crate::redrive::check_redrive;
use crate::registry::Registry;
use crate::snapshot::{self, Document};
use crate::{
    Content, Delivery, MessageId, MoveTask, Queue, QueueError, QueueKey, Settings, driver, moves,
    relocate,
};

/// The folder of the queues in that of the service.
const FOLDER: &str = "queues";

/// Bytes of a segment of the journal.
const SEGMENT_BYTES: u64 = 32 * 1024 * 1024;

/// Queues of an instance at most.
const QUEUES_MAX: usize = 1_000_000;

/// How queues are kept.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What an answer promises; without meaning for an ephemeral instance.
    pub durability: Durability,
    /// Where the series of namespace `AWS/SQS` go.
    pub metrics: Arc<Metrics>,
}

/// The answer to a creation.
#[derive(Clone, Debug)]
pub struct Created {
    /// The queue.
    pub queue: Arc<Queue>,
    /// Whether it was not there before.
    pub is_new: bool,
}

/// All queues of an instance.
#[derive(Debug)]
pub struct Queues {
    hub: Arc<Hub>,
    /// Absent for an ephemeral instance.
    folder: Option<PathBuf>,
    document: tokio::sync::Mutex<Document>,
}

impl Queues {
    /// Opens the queues in the service's folder. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The disk refuses; the journal is damaged and repair was not asked for; another version wrote
    /// it.
    pub fn open(context: &ServiceContext, options: Options) -> Result<Arc<Self>> {
        if context.storage.is_ephemeral() {
            return Self::begin(context, options, None, None);
        }
        let folder = context.storage.folder().join(FOLDER);
        let journal = folder.join(snapshot::JOURNAL);
        files::make_private_folder(&journal)?;
        Self::begin(context, options, Some(folder), Some(Arc::new(FolderDisk::new(journal))))
    }

    /// Opens the queues on a disk of the caller's choice, for tests that let it fail.
    ///
    /// # Errors
    /// As [`Queues::open`].
    pub fn open_on(
        context: &ServiceContext,
        options: Options,
        disk: Arc<dyn Disk>,
        segment_bytes: u64,
    ) -> Result<Arc<Self>> {
        let document = Document::fixed();
        Self::start(context, options, None, document, Some((disk, segment_bytes)))
    }

    fn begin(
        context: &ServiceContext,
        options: Options,
        folder: Option<PathBuf>,
        disk: Option<Arc<dyn Disk>>,
    ) -> Result<Arc<Self>> {
        let known = folder.as_deref().map(Document::read).transpose()?.flatten();
        let document = match known {
            Some(document) => document,
            None => {
                let document = Document::generate()?;
                folder.as_deref().map_or(Ok(()), |folder| document.write(folder))?;
                document
            }
        };
        let disk = disk.map(|disk| (disk, SEGMENT_BYTES));
        Self::start(context, options, folder, document, disk)
    }

    fn start(
        context: &ServiceContext,
        options: Options,
        folder: Option<PathBuf>,
        document: Document,
        disk: Option<(Arc<dyn Disk>, u64)>,
    ) -> Result<Arc<Self>> {
        let mut recovery = Recovery::default();
        let segment_bytes = disk.as_ref().map_or(SEGMENT_BYTES, |(_, bytes)| *bytes);
        let journal = match disk {
            None => None,
            Some((disk, segment_bytes_max)) => {
                let options = journal::Options {
                    durability: options.durability,
                    segment_bytes_max,
                    repair: context.repair,
                    ..journal::Options::default()
                };
                let (journal, warnings) =
                    Journal::replay(disk, options, &mut |replayed| match replayed {
                        // It only says from where on there are segments.
                        Replayed::Checkpoint { .. } => Ok(()),
                        Replayed::Record { sequence, payload } => recovery.apply(sequence, payload),
                    })?;
                warnings.iter().for_each(|warning| context.log.warn(warning));
                Some(journal)
            }
        };
        let hub = Hub::new(
            Arc::clone(&context.clock),
            context.random.clone(),
            context.log.clone(),
            options.metrics,
            journal,
            document.seal(),
        );
        let queues = recovery.build(&hub, None)?;
        recovery.install(&hub, &queues);
        tokio::spawn(driver::drive(Arc::clone(&hub)));
        tokio::spawn(relocate::keep_up(Arc::clone(&hub), segment_bytes));
        for task in hub.registry().tasks.active() {
            tokio::spawn(moves::run(Arc::clone(&hub), task));
        }
        let document = tokio::sync::Mutex::new(document);
        Ok(Arc::new(Self { hub, folder, document }))
    }

    /// Creates a queue, or finds the one that has the same name and the same settings. Tags are
    /// set on a new queue only.
    ///
    /// # Errors
    /// [`QueueError::QueueNameExists`], [`QueueError::QueueDeletedRecently`], and
    /// [`QueueError::InvalidAttributeValue`] for a redrive policy that its target does not allow;
    /// the disk refuses.
    pub async fn create(
        &self,
        key: QueueKey,
        settings: Settings,
        tags: Vec<(String, String)>,
    ) -> Result<Created, QueueError> {
        let hub = &self.hub;
        let _alone = hub.changing.lock().await;
        if let Some(queue) = self.get(&key) {
            return match settings.difference(&queue.settings()) {
                None => Ok(Created { queue, is_new: false }),
                Some(attribute) => Err(QueueError::QueueNameExists { attribute }),
            };
        }
        check_redrive(hub, &key, &settings)?;
        let now_ms = hub.now_ms();
        if hub.registry().is_name_locked(&key, now_ms) {
            return Err(QueueError::QueueDeletedRecently);
        }
        if tags.len() > TAGS_MAX {
            return Err(QueueError::TooManyTags);
        }
        if hub.registry().len() >= QUEUES_MAX {
            return Err(QueueError::TooMany("queues"));
        }
        let id = hub.next_id.fetch_add(1, Ordering::Relaxed);
        let facts = QueueFacts {
            tags,
            created_at_ms: now_ms,
            modified_at_ms: now_ms,
            handle_id: id,
            ..QueueFacts::default()
        };
        let retention_ms = u64::from(settings.retention_seconds) * 1_000;
        let engine = Engine::new(key.is_fifo(), retention_ms);
        let queue = Queue::new(hub, id, key, settings, facts, engine);
        // Its record must be found alive from now on.
        hub.registry_mut().announce(&queue);
        if let Err(error) = queue.record().await {
            hub.registry_mut().remove(&queue);
            return Err(error);
        }
        hub.registry_mut().insert(&queue);
        Ok(Created { queue, is_new: true })
    }

    /// The queue of that name.
    #[must_use]
    pub fn get(&self, key: &QueueKey) -> Option<Arc<Queue>> {
        self.hub.registry().get(key).cloned()
    }

    /// The queue that an ARN names.
    #[must_use]
    pub fn by_arn(&self, arn: &Arn) -> Option<Arc<Queue>> {
        self.get(&QueueKey::of(arn)?)
    }

    /// Queues of an account and region in the order of their names, behind `after`.
    #[must_use]
    pub fn list(
        &self,
        account: Account,
        region: Region,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<Arc<Queue>> {
        self.hub.registry().list(account, region, prefix, after, limit)
    }

    /// Every queue there is, in the order of keys; for the admin API.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Queue>> {
        self.hub.registry().all().cloned().collect()
    }

    /// Deletes a queue with its messages. Its name is free again after 60 seconds.
    ///
    /// # Errors
    /// [`QueueError::QueueDoesNotExist`]; the disk refuses.
    pub async fn delete(&self, key: &QueueKey) -> Result<(), QueueError> {
        let hub = &self.hub;
        let _alone = hub.changing.lock().await;
        let queue = self.get(key).ok_or(QueueError::QueueDoesNotExist)?;
        let now_ms = hub.now_ms();
        queue.set_deleted(true);
        let deleted = DeletedRecord::new(key, now_ms);
        let id = queue.id();
        if let Err(error) = hub.record(|output| record::queue_deleted(output, id, &deleted)).await {
            queue.set_deleted(false);
            return Err(error.into());
        }
        let mut registry = hub.registry_mut();
        registry.remove(&queue);
        registry.lock_name(key.clone(), id, now_ms);
        drop(registry);
        give_back(vec![queue]);
        hub.upkeep.notify_one();
        Ok(())
    }

    /// The queues whose redrive policy names `target`, in the order of keys.
    #[must_use]
    pub fn dead_letter_sources(&self, target: &Arn) -> Vec<Arc<Queue>> {
        self.hub.registry().sources(target)
    }

    /// Puts one content into many queues with one record (for each 1,024 of them): all have it
    /// after a crash, or none. The answers stand in the order of the deliveries; a queue that
    /// refuses (it is deleted, the group is missing) does not keep the others from it.
    pub async fn deliver(
        &self,
        content: Arc<Content>,
        deliveries: Vec<Delivery>,
    ) -> Vec<Result<MessageId, QueueError>> {
        deliver(&self.hub, &content, &deliveries).await
    }

    /// Begins to move all messages of a dead-letter queue; returns the task's handle.
    ///
    /// Without a destination every message goes back to the queue whose redrive policy moved it.
    /// A rate outside of 1 to 500 messages per second is brought into it; without one the task is
    /// as fast as it can be.
    ///
    /// # Errors
    /// [`QueueError::ResourceNotFound`], [`QueueError::InvalidMove`]; the disk refuses.
    pub async fn start_move(
        &self,
        source: &Arn,
        destination: Option<&Arn>,
        max_per_second: Option<u32>,
    ) -> Result<String, QueueError> {
        moves::start(&self.hub, source, destination, max_per_second).await
    }

    /// The last tasks of a source, the newest first.
    ///
    /// # Errors
    /// [`QueueError::ResourceNotFound`]: there is no such queue.
    pub fn list_moves(&self, source: &Arn, limit: usize) -> Result<Vec<MoveTask>, QueueError> {
        moves::list(&self.hub, source, limit)
    }

    /// Cancels a task; returns how many messages it has moved.
    ///
    /// # Errors
    /// [`QueueError::ResourceNotFound`]: no such task runs; the disk refuses.
    pub async fn cancel_move(&self, handle: &str) -> Result<u64, QueueError> {
        moves::cancel(&self.hub, handle).await
    }

    /// Forgets all queues.
    ///
    /// # Errors
    /// The disk refuses; everything is as before.
    pub async fn reset(&self) -> Result<()> {
        let hub = &self.hub;
        let _alone = hub.changing.lock().await;
        let queues = hub.registry().in_order_of_ids();
        queues.iter().for_each(|queue| queue.set_deleted(true));
        if let Err(error) = hub.record(|output| record::replaced(output, &(0..0))).await {
            queues.iter().for_each(|queue| queue.set_deleted(false));
            return Err(error);
        }
        *hub.registry_mut() = Registry::default();
        give_back(queues);
        hub.upkeep.notify_one();
        Ok(())
    }

    /// Writes one moment's state into `folder`, which exists. Requests wait meanwhile.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn save(&self, folder: &Path) -> Result<()> {
        let _alone = self.hub.changing.lock().await;
        let document = self.document.lock().await.clone();
        let (hub, folder) = (Arc::clone(&self.hub), folder.to_owned());
        blocking(move || snapshot::save(&hub, &folder, &document)).await
    }

    /// Replaces all state by what [`Queues::save`] wrote into `folder`.
    ///
    /// # Errors
    /// It is not what a compatible version wrote; the present state then stays.
    pub async fn load(&self, folder: &Path) -> Result<()> {
        let from = folder.to_owned();
        let loaded = blocking(move || snapshot::read(&from)).await?;
        let _alone = self.hub.changing.lock().await;
        let _still = self.hub.relocating.lock().await;
        let mut kept = self.document.lock().await;
        let (document, before) = snapshot::install(&self.hub, loaded).await?;
        give_back(before);
        if let Some(folder) = &self.folder {
            document.write(folder)?;
        }
        *kept = document;
        for task in self.hub.registry().tasks.active() {
            tokio::spawn(moves::run(Arc::clone(&self.hub), task));
        }
        self.hub.upkeep.notify_one();
        Ok(())
    }

    /// Makes everything durable and ends waits; to be called once, at the end.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn close(&self) -> Result<()> {
        self.hub.close();
        match &self.hub.journal {
            Some(journal) => journal.barrier().await.map(drop),
            None => Ok(()),
        }
    }

    /// Gives up the oldest part of the journal at once; for tests. Tells how many segments there
    /// are.
    ///
    /// # Errors
    /// The disk refuses.
    #[doc(hidden)]
    pub async fn relocate(&self) -> Result<usize> {
        relocate::step(&self.hub).await?;
        Ok(self.hub.journal.as_ref().map_or(0, |journal| journal.segments().len()))
    }
}

impl Drop for Queues {
    fn drop(&mut self) {
        self.hub.close();
        // Queues and hub hold each other.
        *self.hub.registry_mut() = Registry::default();
    }
}

/// Frees the memory of queues where nobody waits for it.
fn give_back(queues: Vec<Arc<Queue>>) {
    tokio::task::spawn_blocking(move || {
        for queue in queues {
            drop(queue.take_engine());
        }
    });
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Error::failed("the work was stopped").source(&error)))
}
