//! Keeps one executable running until it is told to stop.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use brume_foundation::log::Log;
use brume_foundation::{Error, ErrorKind, Result};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::child::Child;
use super::message::{Ready, ToService};

/// The pause before the first restart; doubles up to the second value while starts keep failing.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A process that ran so long has not failed at starting.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// What to start, and where its noise goes.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) name: String,
    pub(super) executable: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) log: Log,
}

/// A request for the executable, and where its answer goes.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) message: ToService,
    pub(super) reply: oneshot::Sender<Result<()>>,
}

impl Keeper {
    pub(super) async fn spawn(&self) -> Result<(Child, Ready)> {
        Child::spawn(self).await
    }

    /// Serves orders and restarts the process, until the order to stop.
    pub(super) async fn keep(self, first: Child, mut orders: mpsc::Receiver<Order>) {
        let mut child = first;
        let mut pause = PAUSE_MIN;
        let mut started_at = Instant::now();
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some(Order { message, reply }) = order else { return };
                    if message == ToService::Stop {
                        // Nobody may wait for the answer any more; that is theirs to decide.
                        let _ = reply.send(child.stop().await);
                        return;
                    }
                    let _ = reply.send(child.request(&message).await);
                    continue;
                }
                status = child.ended() => {
                    let status = status.map_or_else(|error| error.to_string(), |status| {
                        status.to_string()
                    });
                    self.log.warn(format_args!("{} ended by itself: {status}", self.name));
                }
            }
            if started_at.elapsed() >= HEALTHY_AFTER {
                pause = PAUSE_MIN;
            }
            child = loop {
                if !self.rest(pause, &mut orders).await {
                    return;
                }
                pause = (pause * 2).min(PAUSE_MAX);
                match self.spawn().await {
                    Ok((child, _)) => break child,
                    Err(error) => self.log.error(format_args!("{error}")),
                }
            };
            started_at = Instant::now();
            self.log.info(format_args!("{} runs again", self.name));
        }
    }

    /// Waits, refusing orders meanwhile; false when the order was to stop.
    async fn rest(&self, pause: Duration, orders: &mut mpsc::Receiver<Order>) -> bool {
        let end = sleep(pause);
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return true,
                order = orders.recv() => {
                    let Some(Order { message, reply }) = order else { return false };
                    if message == ToService::Stop {
                        let _ = reply.send(Ok(()));
                        return false;
                    }
                    let message = format!("{} is being restarted", self.name);
                    let _ = reply.send(Err(Error::new(ErrorKind::Unreachable, message)));
                }
            }
        }
    }
}
