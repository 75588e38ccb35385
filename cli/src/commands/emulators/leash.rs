//! A command that runs while signals are passed on to it.

use std::io::{self, IsTerminal};
use std::os::fd::BorrowedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::signals;

/// Waits for the end of `child`, passing on what we are told meanwhile.
///
/// The handlers of [`signals::install`] must be in place.
///
/// # Errors
/// What the system says.
pub(super) fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let Some(pid) = pid else { return child.wait() };
    let ended = pidfd_open(pid, PidfdFlags::empty())?;
    let cancel = signals::cancel_fd();
    if cancel < 0 {
        return child.wait();
    }
    // SAFETY: the descriptor is never closed once it is made.
    let cancel = unsafe { BorrowedFd::borrow_raw(cancel) };
    let mut waits = vec![PollFd::new(&ended, PollFlags::IN), PollFd::new(&cancel, PollFlags::IN)];
    loop {
        match poll(&mut waits, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if !waits[0].revents().is_empty() {
            return child.wait();
        }
        if waits.len() > 1 && !waits[1].revents().is_empty() {
            pass_on(pid);
            // The descriptor stays readable: once is enough.
            waits.truncate(1);
        }
    }
}

fn pass_on(pid: Pid) {
    let is_interrupt = signals::exit_code(130) == 130;
    if is_interrupt && has_terminal() {
        // The terminal has told the whole process group already.
        return;
    }
    let signal = if is_interrupt { Signal::INT } else { Signal::TERM };
    // It may have ended this instant.
    let _ = kill_process(pid, signal);
}

fn has_terminal() -> bool {
    let group = rustix::process::getpgrp();
    io::stdin().is_terminal()
        && rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|foreground| foreground == group)
}

/// The exit code that a shell would give: 128 and the signal for a command that a signal ended.
pub(super) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
