//! Move tasks: messages of a dead-letter queue go back to where they came from.
//!
//! A task moves the messages that are visible and were there when it began. Each goes by a record
//! that takes it out of one queue and puts it into the other: it is never in both, nor in none. A
//! task that runs when the process ends goes on at the next start: its messages know their source.

mod run;
mod start;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brume_foundation::Result;
use brume_policy::Arn;
use hashbrown::HashMap;

pub(crate) use run::run;
pub(crate) use start::{cancel, list, start};

use crate::hub::{Chain, Hub};
use crate::record::{self, TaskRecord};

/// Tasks of one source that are remembered.
const TASKS_KEPT: usize = 10;

/// How far a move task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveStatus {
    /// It moves messages.
    Running,
    /// Everything that was there is moved.
    Completed,
    /// It was cancelled and finishes what it has begun.
    Cancelling,
    /// It was cancelled.
    Cancelled,
    /// It cannot go on.
    Failed,
}

impl MoveStatus {
    const ALL: [Self; 5] =
        [Self::Running, Self::Completed, Self::Cancelling, Self::Cancelled, Self::Failed];

    /// The name on the wire: `RUNNING`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }

    const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

/// A move task as `ListMessageMoveTasks` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveTask {
    /// What it is cancelled with; told only while it runs.
    pub handle: Option<String>,
    /// How far it is.
    pub status: MoveStatus,
    /// The queue that is emptied.
    pub source: Arn,
    /// Where everything goes; each message's own source when absent.
    pub destination: Option<Arn>,
    /// Messages per second at most, 1 to 500, if the caller set a limit.
    pub max_per_second: Option<u32>,
    /// `ApproximateNumberOfMessagesMoved`.
    pub moved: u64,
    /// `ApproximateNumberOfMessagesToMove` when it began.
    pub to_move: u64,
    /// Why it failed: `AWS.SimpleQueueService.NonExistentQueue`.
    pub failure: Option<String>,
    /// When it began, milliseconds since the epoch.
    pub started_at_ms: u64,
}

/// A task that runs or has run.
#[derive(Debug)]
pub(crate) struct Task {
    id: String,
    source: Arn,
    destination: Option<Arn>,
    max_per_second: Option<u32>,
    to_move: u64,
    started_at_ms: u64,
    /// Messages that came later stay.
    horizon: u64,
    moved: AtomicU64,
    is_cancelled: AtomicBool,
    end: Mutex<Option<(MoveStatus, Option<String>)>>,
    /// Held while it is recorded, so that the newest record tells the newest state.
    recording: Mutex<()>,
}

impl Task {
    pub(crate) fn of(record: &TaskRecord) -> Option<Self> {
        let status = MoveStatus::ALL.into_iter().find(|status| status.name() == record.status)?;
        let end = (!status.is_active()).then(|| (status, record.failure.clone()));
        let destination = match &record.destination {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        Some(Self {
            id: record.id.clone(),
            source: record.source.parse().ok()?,
            destination,
            max_per_second: record.max_per_second,
            to_move: record.to_move,
            started_at_ms: record.started_at_ms,
            horizon: record.horizon,
            moved: AtomicU64::new(record.moved),
            is_cancelled: AtomicBool::new(status == MoveStatus::Cancelling),
            end: Mutex::new(end),
            recording: Mutex::new(()),
        })
    }

    pub(crate) fn record(&self) -> TaskRecord {
        TaskRecord {
            id: self.id.clone(),
            source: self.source.to_string(),
            destination: self.destination.as_ref().map(ToString::to_string),
            max_per_second: self.max_per_second,
            status: self.status().name().to_owned(),
            moved: self.moved(),
            to_move: self.to_move,
            failure: self.end().as_ref().and_then(|(_, failure)| failure.clone()),
            started_at_ms: self.started_at_ms,
            horizon: self.horizon,
        }
    }

    /// Appends the record of how it stands now.
    pub(crate) fn append(&self, chain: &mut Chain<'_>) -> Result<()> {
        let _alone = self.recording.lock().unwrap_or_else(PoisonError::into_inner);
        chain.append(&[], |output| record::task(output, &self.record())).map(drop)
    }

    /// Records how it stands now.
    async fn keep(&self, hub: &Hub) -> Result<()> {
        let mut chain = hub.chain();
        self.append(&mut chain)?;
        chain.durable().await
    }

    fn told(&self) -> MoveTask {
        let status = self.status();
        MoveTask {
            handle: status.is_active().then(|| self.handle()),
            status,
            source: self.source.clone(),
            destination: self.destination.clone(),
            max_per_second: self.max_per_second,
            moved: self.moved(),
            to_move: self.to_move,
            failure: self.end().as_ref().and_then(|(_, failure)| failure.clone()),
            started_at_ms: self.started_at_ms,
        }
    }

    fn status(&self) -> MoveStatus {
        match *self.end() {
            Some((status, _)) => status,
            None if self.is_cancelled() => MoveStatus::Cancelling,
            None => MoveStatus::Running,
        }
    }

    fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    fn end(&self) -> MutexGuard<'_, Option<(MoveStatus, Option<String>)>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handle on the wire: as on AWS, an encoded document that names task and source.
    fn handle(&self) -> String {
        let Self { id, source, .. } = self;
        STANDARD.encode(format!("{{\"taskId\":\"{id}\",\"sourceArn\":\"{source}\"}}"))
    }
}

/// The tasks by their source, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    by_source: HashMap<Arn, Vec<Arc<Task>>>,
}

impl Tasks {
    /// Adds a task, or puts it in place of an older state of the same one.
    pub(crate) fn put(&mut self, task: Arc<Task>) {
        let tasks = self.by_source.entry(task.source.clone()).or_default();
        match tasks.iter_mut().find(|it| it.id == task.id) {
            Some(known) => *known = task,
            None => tasks.push(task),
        }
        if tasks.len() > TASKS_KEPT {
            tasks.remove(0);
        }
    }

    fn remove(&mut self, task: &Task) {
        if let Some(tasks) = self.by_source.get_mut(&task.source) {
            tasks.retain(|it| it.id != task.id);
        }
    }

    fn of(&self, source: &Arn) -> &[Arc<Task>] {
        self.by_source.get(source).map_or(&[], Vec::as_slice)
    }

    /// The task of that number, if it is still remembered.
    pub(crate) fn get(&self, source: &str, id: &str) -> Option<&Arc<Task>> {
        let source = source.parse::<Arn>().ok()?;
        self.of(&source).iter().find(|task| task.id == id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.by_source.values().flatten()
    }

    /// Those that a restart has interrupted.
    pub(crate) fn active(&self) -> Vec<Arc<Task>> {
        self.all().filter(|task| task.status().is_active()).cloned().collect()
    }
}
