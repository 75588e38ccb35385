//! Runs a command once, and says what it cost.

use std::io;
use std::mem::MaybeUninit;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// User and system time, its children included.
    pub cpu: Duration,
    /// Peak of resident memory, in KiB. Never less than what this runner itself had when it forked:
    /// the kernel counts that moment too.
    pub memory_kib: u64,
}

/// Runs `command` to its end with its output thrown away.
///
/// # Errors
/// When it cannot be started, or does not exit with 0.
pub fn run(command: &mut Command) -> io::Result<Cost> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let child = command.spawn()?;
    let id = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to memory of the right type that outlives the call, and `id` is a
    // child of ours that nobody else reaps: `child` is dropped without a wait.
    let reaped = unsafe { libc::wait4(id, &raw mut status, 0, usage.as_mut_ptr()) };
    let wall = start.elapsed();
    if reaped != id {
        return Err(io::Error::last_os_error());
    }
    if !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != 0 {
        return Err(io::Error::other(format!("{command:?} ended with status {status:#x}")));
    }
    // SAFETY: all zeroes is a valid value, and wait4 has filled it besides.
    let usage = unsafe { usage.assume_init() };
    Ok(Cost {
        wall,
        cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
        memory_kib: u64::try_from(usage.ru_maxrss).unwrap_or_default(),
    })
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let microseconds = u64::try_from(time.tv_usec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_micros(microseconds)
}
