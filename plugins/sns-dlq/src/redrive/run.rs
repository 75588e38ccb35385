//! The engine's hands: actions become requests, answers become events.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brume_plugin::host::Host;
use brume_plugin::progress::Progress;
use brume_plugin::{Error, ExitCode, Result};
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::courier;
use super::engine::{Action, Engine, Event, LaneId, Left, Outcome, Settings, Totals};
use super::journal::{Journal, Reply};
use super::ledger::Ledger;
use super::parcel::Parcel;
use super::planner::Planner;
use super::record::Id;
use super::route::Address;
use crate::cloud::Cloud;
use crate::cloud::queues::Queue;
use crate::cloud::quick::{EntryResult, QuickFailure, QuickQueue};
use crate::cloud::transfer::Receive;
use crate::message::DeadLetter;
use crate::reason::Investigator;

/// Seconds that a receive waits: long polling asks every server of a queue.
const WAIT_SECONDS: u32 = 1;

/// How often a wish to stop is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// Numbers.
    pub totals: Totals,
    /// Messages sent, by destination.
    pub sent_to: BTreeMap<Address, u64>,
    /// Messages that are meant and still there.
    pub left: Vec<(Id, Left)>,
    /// Why it ended before its time.
    pub failure: Option<String>,
    /// The user asked to stop.
    pub was_stopped: bool,
}

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What a run is surrounded by.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Says when the user wants it to end.
    pub host: &'a dyn Host,
    /// Shows how far it is.
    pub progress: &'a Progress,
}

/// The user's wishes to stop.
struct Stops<'a> {
    host: &'a dyn Host,
    was_cancelled: bool,
    /// SIGINT and SIGTERM, where this process gets them itself and would end by them.
    own: Option<(Signal, Signal)>,
}

impl<'a> Stops<'a> {
    fn new(host: &'a dyn Host) -> Result<Self> {
        let own = match host.cancel_fd() {
            Some(_) => None,
            None => Some((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)),
        };
        Ok(Self { host, was_cancelled: false, own })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        match &mut self.own {
            Some((interrupt, terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            None => {
                while self.was_cancelled || !self.host.is_cancelled() {
                    // Looked at again after every event: whoever waits here waits for an event.
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                self.was_cancelled = true;
            }
        }
    }
}

/// Where the messages come from.
#[derive(Debug)]
pub enum Feed<'a> {
    /// A dead-letter queue, and how it is reached.
    Queue(&'a Queue, Box<QuickQueue>),
    /// A file: there is nothing to hold and nothing to delete.
    Letters(RefCell<VecDeque<DeadLetter>>),
}

impl Feed<'_> {
    /// About how many messages there are.
    fn depth(&self) -> u64 {
        match self {
            Self::Queue(queue, _) => queue.depth(),
            Self::Letters(letters) => letters.borrow().len() as u64,
        }
    }

    async fn take(
        &self,
        receive: Receive,
        investigator: Option<&Investigator<'_>>,
    ) -> Result<(Vec<DeadLetter>, Vec<&'static str>)> {
        let letters = match self {
            Self::Queue(queue, quick) => quick.receive(receive).await.map_err(|failure| {
                Error::failed(format!("cannot receive from '{}'", queue.name())).cause(failure)
            })?,
            Self::Letters(letters) => {
                let mut letters = letters.borrow_mut();
                let count = receive.max.min(letters.len());
                letters.drain(..count).collect()
            }
        };
        let reasons = match investigator {
            Some(investigator) => investigator.reasons(&letters, &Progress::silent()).await?,
            None => Vec::new(),
        };
        Ok((letters, reasons))
    }

    async fn delete(&self, handles: &[&str]) -> Vec<bool> {
        match self {
            Self::Queue(_, quick) => successes(handles.len(), quick.delete(handles).await),
            Self::Letters(_) => vec![true; handles.len()],
        }
    }

    async fn hold(&self, handles: &[&str], seconds: u32) -> Vec<bool> {
        match self {
            Self::Queue(_, quick) => successes(handles.len(), quick.hold(handles, seconds).await),
            Self::Letters(_) => vec![true; handles.len()],
        }
    }
}

/// What comes back from a request.
enum Done {
    Received(Result<(Vec<DeadLetter>, Vec<&'static str>)>),
    Sent(u64, LaneId, Vec<Outcome>),
    Deleted(u64, Vec<bool>),
    Held(u64, Vec<bool>),
}

/// Runs the engine to its end.
///
/// # Errors
/// What planning says; a failure of queue or journal is told in [`Outcomes::failure`].
pub async fn run(
    cloud: &Cloud,
    feed: &Feed<'_>,
    planner: &mut Planner<'_>,
    settings: Settings,
    ledger: &Ledger,
    mut journal: Journal,
    surroundings: Surroundings<'_>,
) -> Result<Outcomes> {
    let lease_seconds = u32::try_from(settings.lease_ms / 1000).unwrap_or(30).max(1);
    let asks_reason = planner.choice().filter.as_ref().is_some_and(|filter| filter.asks_reason());
    let investigator = match feed {
        Feed::Queue(queue, _) if asks_reason => Some(Investigator::new(cloud, queue, None)),
        _ => None,
    };
    let investigator = investigator.as_ref();
    let mut engine: Engine<Parcel> = Engine::new(settings, ledger, now_ms());
    for lane in planner.lanes() {
        engine.add_lane(lane.settings);
    }
    let mut outcomes = Outcomes::default();
    let mut requests: FuturesUnordered<LocalBoxFuture<'_, Done>> = FuturesUnordered::new();
    let total = feed.depth();
    let mut shown_at = now_ms();
    let mut stops = Stops::new(surroundings.host)?;
    engine.handle(now_ms(), Event::Tick);
    while !engine.is_finished() || engine.has_actions() {
        while let Some(action) = engine.next_action() {
            match action {
                Action::Record(ticket, line) => journal.append(ticket, line),
                Action::Finish => {}
                Action::Receive(max) => requests.push(Box::pin(async move {
                    let receive = Receive {
                        max,
                        visibility_seconds: Some(lease_seconds),
                        wait_seconds: WAIT_SECONDS,
                    };
                    Done::Received(feed.take(receive, investigator).await)
                })),
                Action::Send(number, lane_id, messages) => {
                    let Some(lane) = planner.lanes().get(lane_id) else { continue };
                    let door = Rc::clone(&lane.door);
                    requests.push(Box::pin(async move {
                        let parcels: Vec<Parcel> =
                            messages.into_iter().map(|(_, parcel)| parcel).collect();
                        let outcomes = courier::deliver(cloud, &door, &parcels).await;
                        Done::Sent(number, lane_id, outcomes)
                    }));
                }
                Action::Delete(number, handles) => requests.push(Box::pin(async move {
                    let handles: Vec<&str> = handles.iter().map(|handle| &**handle).collect();
                    Done::Deleted(number, feed.delete(&handles).await)
                })),
                Action::Hold(number, handles, seconds) => requests.push(Box::pin(async move {
                    let handles: Vec<&str> = handles.iter().map(|handle| &**handle).collect();
                    Done::Held(number, feed.hold(&handles, seconds).await)
                })),
            }
        }
        if engine.is_finished() {
            break;
        }
        let wake_ms = engine.wake_at_ms().map(|at_ms| at_ms.saturating_sub(now_ms()));
        let pause = wake_ms.map_or(LOOK_EVERY, Duration::from_millis).min(LOOK_EVERY);
        tokio::select! {
            Some(done) = requests.next() => {
                let event = event(done, planner, &mut engine, &mut outcomes).await?;
                engine.handle(now_ms(), event);
            }
            Some(reply) = journal.replies.recv() => {
                let event = match reply {
                    Reply::Recorded(ticket) => Event::Recorded(ticket),
                    Reply::Failed(why) => Event::RecordFailed(why),
                };
                engine.handle(now_ms(), event);
            }
            () = stops.next() => {
                if outcomes.was_stopped {
                    // Asked twice: the journal is consistent at every moment.
                    return Err(Error::silent(ExitCode::Interrupted));
                }
                outcomes.was_stopped = true;
                engine.handle(now_ms(), Event::Stop);
            }
            () = tokio::time::sleep(pause.max(Duration::from_millis(1))) => {
                engine.handle(now_ms(), Event::Tick);
            }
        }
        if now_ms() - shown_at >= 100 {
            shown_at = now_ms();
            show(surroundings.progress, &engine, total, outcomes.was_stopped);
        }
    }
    outcomes.totals = engine.totals();
    outcomes.left = engine.left();
    outcomes.failure = engine.failure().map(str::to_owned);
    if let Err(error) = journal.close() {
        outcomes.failure.get_or_insert_with(|| error.to_string());
    }
    Ok(outcomes)
}

async fn event(
    done: Done,
    planner: &mut Planner<'_>,
    engine: &mut Engine<Parcel>,
    outcomes: &mut Outcomes,
) -> Result<Event<Parcel>> {
    Ok(match done {
        Done::Received(Ok((letters, reasons))) => {
            Event::Received(planner.arrivals(letters, &reasons, engine).await?)
        }
        Done::Received(Err(error)) => {
            let causes: Vec<&str> = error.causes.iter().map(String::as_str).collect();
            Event::ReceiveFailed(format!("{}: {}", error.message, causes.join(": ")))
        }
        Done::Sent(number, lane, results) => {
            let accepted = results.iter().filter(|one| matches!(one, Outcome::Accepted(_)));
            let count = accepted.count() as u64;
            if let Some(lane) = planner.lanes().get(lane) {
                *outcomes.sent_to.entry(lane.address.clone()).or_default() += count;
            }
            Event::Sent(number, results)
        }
        Done::Deleted(number, results) => Event::Deleted(number, results),
        Done::Held(number, results) => Event::Held(number, results),
    })
}

/// One answer for each entry of a batch.
fn successes(count: usize, answer: Result<Vec<EntryResult>, QuickFailure>) -> Vec<bool> {
    let Ok(results) = answer else { return vec![false; count] };
    results.iter().map(|result| matches!(result, EntryResult::Done(_))).collect()
}

fn show(progress: &Progress, engine: &Engine<Parcel>, total: u64, was_stopped: bool) {
    let totals = engine.totals();
    let what = if was_stopped { "stopping: " } else { "" };
    let done = totals.deleted.max(totals.sent);
    let share = (done * 20).checked_div(total.max(done)).unwrap_or_default();
    let bar: String = (0..20).map(|place| if place < share { '█' } else { '░' }).collect();
    progress.update(format_args!(
        "{what}{bar} {done} of about {} redriven, {} looked at",
        total.max(done),
        totals.received
    ));
}
