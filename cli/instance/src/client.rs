//! A blocking client of the control protocol.

use std::io::{self, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Code, Error, Result};
use crate::lines::{LineError, read_line};
use crate::paths::InstancePaths;
use crate::protocol::{Hello, PROTOCOL, Reply, Request, Welcome, mismatch};
use crate::{lock, socket};

/// How long the greeting may take.
const GREETING_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a short request may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A conversation with the daemon of one instance.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<UnixStream>,
    welcome: Welcome,
}

impl Client {
    /// Connects to the daemon of an instance; `None` when none is there.
    ///
    /// A daemon that is still starting has its lock but no socket yet: that, too, is `None`;
    /// [`is_alive`] tells it apart.
    ///
    /// # Errors
    /// Something is there and does not speak the protocol, or does not answer.
    pub fn connect(paths: &InstancePaths) -> Result<Option<Self>> {
        let stream = match socket::connect(&paths.socket()) {
            Ok(stream) => stream,
            Err(error) if is_nobody(&error) => return Ok(None),
            Err(error) => {
                let message = format!("cannot reach the daemon of instance {}", paths.name);
                return Err(Error::new(Code::Unreachable, message).cause(error));
            }
        };
        let mut client = Self {
            reader: BufReader::new(stream),
            welcome: Welcome {
                protocol: 0,
                version: String::new(),
                instance: paths.name.to_string(),
                pid: 0,
            },
        };
        client.set_timeout(Some(GREETING_TIMEOUT))?;
        client.send(&Hello::default())?;
        client.welcome = client.receive()?;
        Ok(Some(client))
    }

    /// What the daemon said of itself.
    #[must_use]
    pub const fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// The daemon's own error; another protocol (except for `stop`); no answer within `timeout`.
    pub fn request(&mut self, request: &Request, timeout: Duration) -> Result<Reply> {
        self.begin(request, Some(timeout))?;
        self.next_reply()
    }

    /// Sends a request whose answer is a stream; read it with [`Client::next_reply`].
    ///
    /// # Errors
    /// As [`Client::request`].
    pub fn begin(&mut self, request: &Request, timeout: Option<Duration>) -> Result<()> {
        if self.welcome.protocol != PROTOCOL && *request != Request::Stop {
            return Err(mismatch(&self.welcome.version, self.welcome.protocol));
        }
        self.set_timeout(timeout)?;
        self.send(request)
    }

    /// Waits for the next answer.
    ///
    /// # Errors
    /// As [`Client::request`].
    pub fn next_reply(&mut self) -> Result<Reply> {
        match self.receive()? {
            Reply::Failed(error) => Err(error),
            reply => Ok(reply),
        }
    }

    /// Waits until the daemon closes the connection, which it does when it ends.
    ///
    /// # Errors
    /// It has not ended within `timeout`.
    pub fn wait_for_end(mut self, timeout: Duration) -> Result<()> {
        self.set_timeout(Some(timeout))?;
        match read_line(&mut self.reader) {
            Err(LineError::Io(error)) if is_timeout(&error) => Err(self.timed_out()),
            _ => Ok(()),
        }
    }

    fn set_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let stream = self.reader.get_ref();
        stream
            .set_read_timeout(timeout)
            .and_then(|()| stream.set_write_timeout(timeout))
            .map_err(|error| self.broken(&error))
    }

    fn send(&mut self, document: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(document).map_err(|error| self.broken(&error))?;
        line.push(b'\n');
        let sent = self.reader.get_mut().write_all(&line);
        sent.map_err(|error| self.broken(&error))
    }

    fn receive<T: DeserializeOwned>(&mut self) -> Result<T> {
        let line = match read_line(&mut self.reader) {
            Ok(line) => line,
            Err(LineError::Io(error)) if is_timeout(&error) => return Err(self.timed_out()),
            Err(error) => return Err(self.broken(&error)),
        };
        serde_json::from_str(&line).map_err(|error| self.broken(&error))
    }

    fn timed_out(&self) -> Error {
        let message = format!("the daemon of instance {} does not answer", self.welcome.instance);
        Error::new(Code::Timeout, message)
            .hint(format!("brume logs --instance {}", self.welcome.instance))
    }

    fn broken(&self, cause: &dyn std::fmt::Display) -> Error {
        let message =
            format!("the daemon of instance {} broke off the talk", self.welcome.instance);
        Error::new(Code::Unreachable, message)
            .cause(cause)
            .hint(format!("brume logs --instance {}", self.welcome.instance))
    }
}

/// Whether a daemon of the instance lives: it serves, or is just starting or ending.
#[must_use]
pub fn is_alive(paths: &InstancePaths) -> bool {
    lock::is_held(&paths.lock())
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
