//! From arguments to a process that may host services: session, folders, locks, log.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use brume_foundation::log::Log;
use brume_instance::{Code, Error, InstanceLock, InstancePaths, Result, make_private_folder};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::arguments::{Mode, Options};
use crate::log_file::LogFile;

/// What a process holds that owns an instance.
#[derive(Debug)]
pub(crate) struct Boot {
    pub(crate) log_file: Arc<LogFile>,
    pub(crate) log: Log,
    // Held for the life of the daemon: the locks are how others know that it lives.
    _locks: Vec<InstanceLock>,
}

/// Takes possession of the instance. Must run before any thread is started.
///
/// # Errors
/// Another daemon has the instance or the state; the disk refuses.
pub(crate) fn boot(options: &Options) -> Result<Boot> {
    // Whatever is made from here on is the user's alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    if options.mode == Mode::Detached {
        // Fails only for the leader of a process group, which a launched daemon is not.
        let _ = rustix::process::setsid();
    }
    raise_file_limit();
    let paths = &options.paths;
    make_private_folder(&paths.runtime)?;
    let mut locks = vec![lock_instance(paths)?];
    if !options.is_ephemeral {
        make_private_folder(&paths.state)?;
        locks.push(lock_state(paths)?);
    }
    remove_leftovers(paths);
    let log_path = paths.log(options.is_ephemeral);
    let log_file = LogFile::open(&log_path, options.mode == Mode::Foreground).map_err(|error| {
        Error::failed(format!("cannot write the log {}", log_path.display()))
            .cause(error)
            .hint("brume up --state DIR    # with a folder that you can write to")
    })?;
    // The folder that we were started in may be unmounted; ours stay.
    let _ = std::env::set_current_dir("/");
    let log_file = Arc::new(log_file);
    let log = Log::new(Arc::<LogFile>::clone(&log_file), "daemon");
    note_panics(&log);
    Ok(Boot { log_file, log, _locks: locks })
}

#[cfg(test)]
impl Boot {
    /// What a host needs, without the process-wide part.
    pub(crate) fn for_tests(options: &Options) -> Self {
        make_private_folder(&options.paths.runtime).expect("made");
        let log_file = LogFile::open(&options.paths.log(true), false).expect("opened");
        let log_file = Arc::new(log_file);
        let log = Log::new(Arc::<LogFile>::clone(&log_file), "daemon");
        Self { log_file, log, _locks: Vec::new() }
    }
}

fn lock_instance(paths: &InstancePaths) -> Result<InstanceLock> {
    let name = &paths.name;
    InstanceLock::acquire(&paths.lock()).map_err(|error| match error.code {
        Code::Conflict => Error::new(Code::Conflict, format!("instance {name} is running already"))
            .hint(format!("brume status --instance {name}"))
            .hint(format!("brume down --instance {name}")),
        _ => error,
    })
}

fn lock_state(paths: &InstancePaths) -> Result<InstanceLock> {
    InstanceLock::acquire(&paths.state_lock()).map_err(|error| match error.code {
        Code::Conflict => {
            let state = paths.state.display();
            let message = format!("another daemon uses the state in {state}");
            Error::new(Code::Conflict, message)
                .hint("brume ls    # shows which instance it is")
                .hint("brume up --state DIR    # with a folder of its own")
        }
        _ => error,
    })
}

/// The lock is ours, so whatever a predecessor left belongs to nobody.
fn remove_leftovers(paths: &InstancePaths) {
    for file in [paths.endpoint(), paths.socket()] {
        let _ = fs::remove_file(file);
    }
    remove_folder(&paths.scratch());
}

/// Removes what is there only while the daemon lives; everything, when it keeps no state.
pub(crate) fn clean(options: &Options) {
    remove_leftovers(&options.paths);
    if options.is_ephemeral {
        remove_folder(&options.paths.runtime);
    }
}

fn remove_folder(folder: &Path) {
    // A folder that stays is cleaned by the next start.
    let _ = fs::remove_dir_all(folder);
}

/// Every pod and every client may need descriptors; the soft limit is often 1024.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

fn note_panics(log: &Log) {
    let log = log.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let backtrace = std::backtrace::Backtrace::force_capture();
        log.error(format_args!("panic: {panic}\n{backtrace}"));
    }));
}

/// Lets go of the streams that came from whoever started us: they may wait for the end of them.
pub(crate) fn let_streams_go() -> io::Result<()> {
    let null = fs::OpenOptions::new().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}
