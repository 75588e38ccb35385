//! One running process of a supervised executable.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use brume_foundation::log::Log;
use brume_foundation::{Error, ErrorKind, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::keeper::Keeper;
use super::message::{FromService, Ready, ToService};
use crate::lines::read_line;

/// How long it may take until it is ready, and over one request.
const READY_MAX: Duration = Duration::from_secs(10);
const REQUEST_MAX: Duration = Duration::from_secs(60);
/// How long it may take to end after it was asked, and after it was told.
const STOP_MAX: Duration = Duration::from_secs(5);

/// A process and the lines to it; ends with its process group when dropped.
#[derive(Debug)]
pub(super) struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Child {
    pub(super) async fn spawn(keeper: &Keeper) -> Result<(Self, Ready)> {
        let failed = |error: io::Error| {
            let shown = keeper.executable.display();
            Error::failed(format!("cannot start {} ({shown})", keeper.name)).source(&error)
        };
        let mut process = Command::new(&keeper.executable)
            .args(&keeper.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: it may start processes, and a Ctrl-C is for us to handle.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        tokio::spawn(copy_to_log(errors, keeper.log.clone()));
        let mut child = Self { process, input, output: BufReader::new(output) };
        match child.receive(READY_MAX).await? {
            FromService::Ready(ready) => Ok((child, ready)),
            FromService::Failed { message } => Err(Error::failed(message)),
            FromService::Done => Err(Error::failed("its first line is not `ready`")),
        }
    }

    /// Returns when the process has ended.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Sends a request and waits for the answer.
    pub(super) async fn request(&mut self, message: &ToService) -> Result<()> {
        self.send(message).await?;
        match self.receive(REQUEST_MAX).await? {
            FromService::Done => Ok(()),
            FromService::Failed { message } => Err(Error::failed(message)),
            FromService::Ready(_) => Err(Error::failed("an answer that fits no question")),
        }
    }

    /// Asks it to end, then tells it, then makes it.
    pub(super) async fn stop(mut self) -> Result<()> {
        let asked = match self.send(&ToService::Stop).await {
            Ok(()) => self.receive(STOP_MAX).await.map(drop),
            Err(error) => Err(error),
        };
        drop(self.input);
        let group = self.process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        for signal in [None, Some(Signal::TERM), Some(Signal::KILL)] {
            if let (Some(group), Some(signal)) = (group, signal) {
                // It may have ended this instant.
                let _ = kill_process_group(group, signal);
            }
            if timeout(STOP_MAX, self.process.wait()).await.is_ok() {
                break;
            }
        }
        asked
    }

    async fn send(&mut self, message: &ToService) -> Result<()> {
        let mut line = serde_json::to_vec(message)
            .map_err(|error| Error::failed("a request that is not JSON").source(&error))?;
        line.push(b'\n');
        self.input.write_all(&line).await.map_err(|error| broken(&error))
    }

    async fn receive(&mut self, time_max: Duration) -> Result<FromService> {
        let line = timeout(time_max, read_line(&mut self.output)).await.map_err(|_| {
            let seconds = time_max.as_secs();
            Error::new(ErrorKind::Timeout, format!("no answer within {seconds} s"))
        })?;
        let line = line.map_err(|error| broken(&error))?;
        serde_json::from_str(&line).map_err(|error| broken(&error))
    }
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Error {
    Error::failed("its process broke off").source(error)
}

async fn copy_to_log(errors: ChildStderr, log: Log) {
    let mut errors = BufReader::new(errors);
    while let Ok(line) = read_line(&mut errors).await {
        log.info(line);
    }
}
