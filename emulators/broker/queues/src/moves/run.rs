//! What a move task does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use brume_policy::Arn;

use super::Task;
use crate::hub::Hub;
use crate::queue::{Moved, Work};
use crate::{MoveStatus, Queue, QueueError, QueueKey};

/// Messages that one record moves.
const BATCH_MAX: usize = 100;

/// Batches that are on their way to the disk together.
const BATCHES_MAX: usize = 16;

/// Messages after which the progress is recorded.
const PROGRESS: u64 = 10_000;

/// How often a limited task moves something, per second.
const ROUNDS_PER_SECOND: u32 = 10;

/// How long a task waits when the disk refuses.
const RETRY: Duration = Duration::from_secs(1);

/// Why a task ends.
enum End {
    Done(MoveStatus),
    Failed(&'static str),
    /// The process ends; the task goes on at the next start.
    Interrupted,
}

/// Runs a task to its end.
pub(crate) async fn run(hub: Arc<Hub>, task: Arc<Task>) {
    let (status, failure) = match work(&hub, &task).await {
        End::Interrupted => return,
        End::Done(status) => (status, None),
        End::Failed(reason) => (MoveStatus::Failed, Some(reason.to_owned())),
    };
    *task.end() = Some((status, failure));
    if let Err(error) = task.keep(&hub).await {
        // After a restart it runs again, and finds nothing more to do.
        hub.log.warn(format_args!("the end of a move task could not be recorded: {error}"));
    }
}

async fn work(hub: &Hub, task: &Task) -> End {
    let mut recorded = task.moved();
    let started_at = hub.now();
    let moved_before = task.moved();
    loop {
        if hub.is_closed() {
            return End::Interrupted;
        }
        if task.is_cancelled() {
            return End::Done(MoveStatus::Cancelled);
        }
        let found = QueueKey::of(&task.source).and_then(|key| hub.registry().get(&key).cloned());
        let Some(source) = found else { return End::Failed(NO_QUEUE) };
        let limit = match task.max_per_second {
            Some(rate) => rate.div_ceil(ROUNDS_PER_SECOND) as usize,
            None => BATCH_MAX * BATCHES_MAX,
        };
        let round = round(hub, task, &source, limit).await;
        task.moved.fetch_add(round.moved, Ordering::Relaxed);
        match round.end {
            Some(Ok(end)) => return end,
            Some(Err(error)) => {
                hub.log.warn(format_args!("a move task waits: {error}"));
                drop(hub.clock.sleep(RETRY).await);
            }
            None => {}
        }
        if task.moved() >= recorded + PROGRESS {
            recorded = task.moved();
            // Progress is for people; the next record tells it again.
            let _ = task.keep(hub).await;
        }
        match task.max_per_second {
            Some(rate) => {
                let micros = (task.moved() - moved_before) * 1_000_000 / u64::from(rate);
                let next = started_at.after(Duration::from_micros(micros));
                drop(hub.clock.sleep_until(next).await);
            }
            None => tokio::task::yield_now().await,
        }
    }
}

const NO_QUEUE: &str = "AWS.SimpleQueueService.NonExistentQueue";
const NO_SOURCE: &str = "CouldNotDetermineMessageSource";

struct Round {
    moved: u64,
    end: Option<Result<End, QueueError>>,
}

/// Moves up to `limit` messages and waits until that is durable.
async fn round(hub: &Hub, task: &Task, source: &Queue, limit: usize) -> Round {
    let (mut taken, mut end) = (0, None);
    let mut batches = Vec::new();
    while taken < limit && end.is_none() {
        match batch(hub, task, source, (limit - taken).min(BATCH_MAX)) {
            Ok(Batch::Moved { count, ticket, target }) => {
                taken += count;
                batches.push((count, ticket, target));
            }
            Ok(Batch::Blocked) => break,
            Ok(Batch::End(why)) => end = Some(Ok(why)),
            Err(error) => end = Some(Err(error)),
        }
    }
    let mut moved = 0;
    for (count, ticket, target) in batches {
        let durable = match ticket {
            Some(ticket) => ticket.await.map(drop),
            None => Ok(()),
        };
        match durable {
            Ok(()) => moved += count as u64,
            Err(error) => end = Some(Err(error.into())),
        }
        drop(Work::begin(&target));
    }
    drop(Work::begin(source));
    Round { moved, end }
}

enum Batch {
    Moved {
        count: usize,
        ticket: Option<brume_foundation::journal::Ticket>,
        target: Arc<Queue>,
    },
    /// What comes next waits for what is on its way.
    Blocked,
    End(End),
}

/// Moves messages that come first and go to the same queue.
fn batch(hub: &Hub, task: &Task, source: &Queue, limit: usize) -> Result<Batch, QueueError> {
    let (first, to) = match destination(task, source) {
        Ok(Some(next)) => next,
        Ok(None) => return Ok(Batch::Blocked),
        Err(end) => return Ok(Batch::End(end)),
    };
    let found = QueueKey::of(&to).and_then(|key| hub.registry().get(&key).cloned());
    let Some(target) = found.filter(|queue| queue.id() != source.id()) else {
        return Ok(Batch::End(End::Failed(NO_QUEUE)));
    };
    let (mut work, mut into) = Work::begin_both(source, &target);
    if source.is_deleted() || target.is_deleted() {
        return Ok(Batch::End(End::Failed(NO_QUEUE)));
    }
    let now_ms = work.now_ms;
    let goes_there = |from: Option<&Arn>| task.destination.is_some() || from == Some(&to);
    let window = (now_ms, task.horizon);
    let slots = work.engine_mut().take_for_move(first, limit, window, goes_there);
    if slots.is_empty() {
        return Ok(Batch::Blocked);
    }
    let ticket = work.move_to(&mut into, &slots, Moved::ByTask)?;
    drop((work, into));
    Ok(Batch::Moved { count: slots.len(), ticket, target })
}

/// The slot of the next message and where it goes; nothing while it waits for others.
fn destination(task: &Task, source: &Queue) -> Result<Option<(u32, Arn)>, End> {
    let mut work = Work::begin(source);
    if source.is_deleted() {
        return Err(End::Failed(NO_QUEUE));
    }
    let now_ms = work.now_ms;
    let Some((slot, from)) = work.engine_mut().next_for_move(now_ms, task.horizon) else {
        let is_on_its_way = !work.engine().pending().is_empty();
        return if is_on_its_way { Ok(None) } else { Err(End::Done(MoveStatus::Completed)) };
    };
    match (&task.destination, from) {
        (Some(destination), _) => Ok(Some((slot, destination.clone()))),
        (None, Some(from)) => Ok(Some((slot, Arn::clone(&from)))),
        (None, None) => Err(End::Failed(NO_SOURCE)),
    }
}
