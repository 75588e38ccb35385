//! One conversation: greeting, then requests and replies, one JSON document a line.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use brume_instance::protocol::{Hello, PROTOCOL, Reply, Request, Welcome};
use brume_instance::{Code, Error};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::timeout;

use super::answer::answer;
use crate::host::Host;
use crate::lines::read_line;
use crate::log_file::Line;

/// How long a client may take for its greeting: until then it only takes a place.
const GREETING_MAX: Duration = Duration::from_secs(5);
/// How long a client may say nothing afterwards.
const SILENCE_MAX: Duration = Duration::from_secs(600);

/// Talks with one client until either side ends it.
pub(super) async fn serve(stream: UnixStream, host: &Arc<Host>) {
    let (reader, writer) = stream.into_split();
    // A client that breaks off is none of our business.
    let _ = Session { reader: BufReader::new(reader), writer }.talk(host).await;
}

struct Session {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Session {
    async fn talk(&mut self, host: &Arc<Host>) -> io::Result<()> {
        let greeting = timeout(GREETING_MAX, read_line(&mut self.reader)).await??;
        let endpoint = host.endpoint();
        let welcome = Welcome {
            protocol: PROTOCOL,
            version: endpoint.version,
            instance: endpoint.instance,
            pid: endpoint.pid,
        };
        if serde_json::from_str::<Hello>(&greeting).is_err() {
            return self.send(&malformed("that is not a greeting")).await;
        }
        self.send(&welcome).await?;
        loop {
            let line = self.read_line().await?;
            let request = match serde_json::from_str::<Request>(&line) {
                Ok(request) => request,
                Err(error) => {
                    self.send(&malformed(&error.to_string())).await?;
                    continue;
                }
            };
            if let Request::Logs { service, follow, lines_max } = request {
                self.send_logs(host, service.as_deref(), follow, lines_max).await?;
                continue;
            }
            let is_stop = request == Request::Stop;
            // In a task of its own: a client that leaves must not cut a change in half.
            let task = {
                let host = Arc::clone(host);
                tokio::spawn(async move { answer(&host, request).await })
            };
            let reply = task.await.unwrap_or_else(|error| {
                let message = "the daemon failed at this request";
                Reply::Failed(Error::new(Code::Internal, message).cause(error))
            });
            self.send(&reply).await?;
            if is_stop {
                // The client waits for the end of the connection, which comes with our own.
                host.ask_to_stop();
                std::future::pending::<()>().await;
            }
        }
    }

    async fn send_logs(
        &mut self,
        host: &Host,
        service: Option<&str>,
        follow: bool,
        lines_max: usize,
    ) -> io::Result<()> {
        let wanted = |line: &Line| service.is_none_or(|service| *line.service == *service);
        let (recent, mut coming) = host.log_file().follow();
        let recent = recent.into_iter().filter(wanted).collect::<Vec<_>>();
        for line in &recent[recent.len().saturating_sub(lines_max)..] {
            self.send(&Reply::Log { line: line.text.to_string() }).await?;
        }
        if follow {
            self.follow_logs(&mut coming, wanted).await?;
        }
        self.send(&Reply::Done).await
    }

    /// Sends lines as they come, until the client says anything or leaves.
    async fn follow_logs(
        &mut self,
        coming: &mut broadcast::Receiver<Line>,
        wanted: impl Fn(&Line) -> bool,
    ) -> io::Result<()> {
        loop {
            let line = tokio::select! {
                line = coming.recv() => line,
                _ = self.reader.fill_buf() => return Ok(()),
            };
            let line = match line {
                Ok(line) if wanted(&line) => line.text.to_string(),
                Ok(_) => continue,
                Err(RecvError::Lagged(count)) => format!("… {count} lines were too many at once …"),
                Err(RecvError::Closed) => return Ok(()),
            };
            self.send(&Reply::Log { line }).await?;
        }
    }

    async fn read_line(&mut self) -> io::Result<String> {
        timeout(SILENCE_MAX, read_line(&mut self.reader)).await?
    }

    async fn send(&mut self, document: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(document)?;
        line.push(b'\n');
        self.writer.write_all(&line).await
    }
}

fn malformed(reason: &str) -> Reply {
    let error = Error::new(Code::Usage, "the daemon does not understand the request").cause(reason);
    Reply::Failed(error.hint("brume down && brume up"))
}
