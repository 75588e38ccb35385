//! Ctrl-C while a plugin library runs: a flag, a descriptor, and a way out for the impatient.
//!
//! The first SIGINT, SIGTERM or SIGHUP (the terminal went away) asks the plugin to stop. A second
//! one within two seconds ends the process at once. Executables need none of this: they take the
//! place of the process.

use std::os::fd::{IntoRawFd, RawFd};
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};

use rustix::event::{EventfdFlags, eventfd};

/// Within this time a second signal ends the process, in milliseconds.
const IMPATIENCE_MS: i64 = 2000;

/// The signal that asked to stop; 0 while none did.
static STOPPED_BY: AtomicI32 = AtomicI32::new(0);
/// When it did, in milliseconds of the monotonic clock.
static STOPPED_AT_MS: AtomicI64 = AtomicI64::new(0);
/// Becomes readable at that moment; -1 before [`install`].
static CANCEL_FD: AtomicI32 = AtomicI32::new(-1);

/// Installs the handlers; a signal that was ignored when we started stays ignored (`nohup`).
pub fn install() {
    // Without a descriptor the flag alone has to do.
    if let Ok(descriptor) = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK) {
        CANCEL_FD.store(descriptor.into_raw_fd(), Ordering::Relaxed);
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: both structs are plain data for which zero bytes are valid, and the handler
        // calls nothing but functions that are safe inside a signal handler.
        unsafe {
            let mut before: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &raw mut before) == 0
                && before.sa_sigaction == libc::SIG_IGN
            {
                continue;
            }
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
    }
}

/// Says whether the user asked to stop.
#[must_use]
pub fn is_cancelled() -> bool {
    STOPPED_BY.load(Ordering::Relaxed) != 0
}

/// The descriptor that becomes readable when the user asks to stop, or -1.
#[must_use]
pub fn cancel_fd() -> RawFd {
    CANCEL_FD.load(Ordering::Relaxed)
}

/// The exit code of a plugin that stopped because it was asked to: 143 unless by SIGINT.
#[must_use]
pub fn exit_code(code: i32) -> i32 {
    let terminated = matches!(STOPPED_BY.load(Ordering::Relaxed), libc::SIGTERM | libc::SIGHUP);
    if terminated && code == 128 + libc::SIGINT { 128 + libc::SIGTERM } else { code }
}

/// Runs inside a signal handler: atomics, `clock_gettime`, `write` and `_exit` only.
extern "C" fn on_signal(signal: libc::c_int) {
    let now_ms = now_ms();
    let earlier = STOPPED_BY.swap(signal, Ordering::Relaxed);
    let before_ms = STOPPED_AT_MS.swap(now_ms, Ordering::Relaxed);
    if earlier != 0 && now_ms - before_ms < IMPATIENCE_MS {
        // SAFETY: `_exit` runs no destructors and is safe inside a signal handler.
        unsafe { libc::_exit(128 + signal) }
    }
    let one = 1u64.to_ne_bytes();
    // SAFETY: eight readable bytes, which is what an eventfd takes; on -1 it fails harmlessly.
    unsafe { libc::write(cancel_fd(), one.as_ptr().cast(), one.len()) };
}

fn now_ms() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a valid place for the result.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
