//! Settings, tags and purges.

use std::sync::Arc;

use brume_foundation::journal::Ticket;

use super::{Queue, Work};
use crate::hub::Chain;
use crate::record::{self, QueueRecord};
use crate::redrive::check_redrive;
use crate::{QueueError, Settings};

/// Milliseconds between two purges.
const PURGE_MS: u64 = 60_000;

/// Tags of a queue at most.
pub(crate) const TAGS_MAX: usize = 50;

impl Queue {
    /// Replaces the settings.
    ///
    /// # Errors
    /// It was deleted; the redrive policy names a queue that does not allow it; the disk refuses; a
    /// FIFO queue cannot become a standard one, nor the reverse.
    pub async fn configure(&self, settings: Settings) -> Result<(), QueueError> {
        let _alone = self.configuring.lock().await;
        check_redrive(&self.hub, &self.key, &settings)?;
        let now_ms = self.hub.now_ms();
        let before = self.settings();
        if *before == settings {
            return Ok(());
        }
        let settings = Arc::new(settings);
        let modified_at_ms = self.lock().facts.modified_at_ms;
        self.apply(&settings, now_ms);
        let result = self.record().await;
        if result.is_err() {
            self.apply(&before, modified_at_ms);
        }
        result
    }

    /// Changes settings as one step of its own: nothing comes between reading and writing.
    ///
    /// # Errors
    /// As [`Queue::configure`], or what `change` says.
    pub async fn reconfigure(
        &self,
        change: impl FnOnce(&mut Settings) -> Result<(), QueueError>,
    ) -> Result<(), QueueError> {
        let mut settings = Settings::clone(&self.settings());
        change(&mut settings)?;
        self.configure(settings).await
    }

    fn apply(&self, settings: &Arc<Settings>, modified_at_ms: u64) {
        let mut work = Work::begin(self);
        let now_ms = work.now_ms;
        let retention_ms = u64::from(settings.retention_seconds) * 1_000;
        work.engine_mut().set_retention(retention_ms, now_ms);
        let before = std::mem::replace(&mut work.state.settings, Arc::clone(settings));
        work.state.facts.modified_at_ms = modified_at_ms;
        drop(work);
        let target = |settings: &Settings| settings.redrive.as_ref().map(|it| it.target.clone());
        let (before, after) = (target(&before), target(settings));
        if before != after
            && let Some(this) = self.this.upgrade()
        {
            let mut registry = self.hub.registry_mut();
            before.inspect(|target| registry.remove_source(target, &self.key));
            after.inspect(|target| registry.add_source(target, &this));
        }
    }

    /// Adds or replaces tags.
    ///
    /// # Errors
    /// More than 50 in all; it was deleted; the disk refuses.
    pub async fn tag(&self, tags: Vec<(String, String)>) -> Result<(), QueueError> {
        self.retag(|all| {
            for (key, value) in tags {
                all.retain(|(known, _)| *known != key);
                all.push((key, value));
            }
            all.sort_unstable();
        })
        .await
    }

    /// Removes tags; those that are not there do not matter.
    ///
    /// # Errors
    /// It was deleted; the disk refuses.
    pub async fn untag(&self, keys: &[String]) -> Result<(), QueueError> {
        self.retag(|all| all.retain(|(key, _)| !keys.contains(key))).await
    }

    async fn retag(
        &self,
        change: impl FnOnce(&mut Vec<(String, String)>),
    ) -> Result<(), QueueError> {
        let _alone = self.configuring.lock().await;
        let before = self.tags();
        let mut tags = before.clone();
        change(&mut tags);
        if tags.len() > TAGS_MAX {
            return Err(QueueError::TooManyTags);
        }
        self.lock().facts.tags = tags;
        let result = self.record().await;
        if result.is_err() {
            self.lock().facts.tags = before;
        }
        result
    }

    /// Records settings and tags as they are now.
    pub(crate) async fn record(&self) -> Result<(), QueueError> {
        let ticket = self.work()?.append_queue(&mut self.hub.chain())?;
        let home = ticket.as_ref().map(Ticket::sequence);
        self.durable(ticket).await?;
        home.inspect(|&home| self.set_home(home));
        Ok(())
    }

    /// Removes every message that is in the queue now, in constant time.
    ///
    /// # Errors
    /// It was purged less than 60 seconds ago; it was deleted; the disk refuses.
    pub async fn purge(&self) -> Result<(), QueueError> {
        let _alone = self.configuring.lock().await;
        let (ticket, before) = {
            let mut work = self.work()?;
            let now_ms = work.now_ms;
            let before = work.state.facts.purged_at_ms;
            if before.is_some_and(|at_ms| at_ms + PURGE_MS > now_ms) {
                return Err(QueueError::PurgeQueueInProgress);
            }
            work.engine_mut().purge();
            let id = self.id;
            let (ticket, _) = work.append(|engine, output| {
                record::purge(output, id, engine.horizon(), now_ms);
            })?;
            work.state.facts.purged_at_ms = Some(now_ms);
            (ticket, before)
        };
        let result = self.durable(ticket).await;
        if result.is_err() {
            self.lock().facts.purged_at_ms = before;
        }
        result
    }
}

impl Work<'_> {
    /// Settings and tags as they are now.
    pub(crate) fn queue_record(&self) -> QueueRecord {
        let mut facts = self.facts.clone();
        facts.horizon = self.engine().horizon();
        facts.floor_ms = self.engine().floor_ms();
        facts.last_order = self.engine().last_order();
        QueueRecord::new(&self.queue.key, &self.settings, facts)
    }

    /// Appends the record of settings and tags as they are now.
    pub(crate) fn append_queue(&self, chain: &mut Chain<'_>) -> Result<Option<Ticket>, QueueError> {
        let record = self.queue_record();
        let id = self.queue.id;
        let before = self.last_ticket();
        let write = |output: &mut Vec<u8>| record::queue(output, id, &record);
        let before = before.iter().collect::<Vec<_>>();
        Ok(chain.append(&before, write)?.0)
    }
}
