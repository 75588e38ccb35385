//! A child process that answers one question before a deadline, or is ended.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

/// A child that writes its answer to standard output; ended when dropped.
#[derive(Debug)]
pub struct Asked(Child);

impl Asked {
    /// Starts `command` in a process group of its own, without input and without a voice.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(command: &mut Command) -> io::Result<Self> {
        // A group of its own, so that the children of a script go with it.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map(Self)
    }

    /// Reads the answer to its end, or to `bytes_max` and a little more.
    ///
    /// # Errors
    /// `TimedOut` at the deadline, else what the system says.
    pub fn answer(mut self, deadline: Instant, bytes_max: usize) -> io::Result<Vec<u8>> {
        match self.0.stdout.take() {
            Some(stdout) => read(stdout, deadline, bytes_max),
            None => Ok(Vec::new()),
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.0.id())
            && let Some(group) = Pid::from_raw(group)
        {
            // It may be gone already, and its number is ours until `wait`.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

fn read(mut stdout: ChildStdout, deadline: Instant, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        let mut wait = [PollFd::new(&stdout, PollFlags::IN)];
        match poll(&mut wait, Some(&left)) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let count = stdout.read(&mut buffer)?;
        if count == 0 || text.len() > bytes_max {
            return Ok(text);
        }
        text.extend_from_slice(&buffer[..count]);
    }
}
