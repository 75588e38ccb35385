//! The life of the process, from arguments to exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::Arc;

use brume_instance::protocol::Readiness;
use brume_instance::{Code, Error, Result};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{self, Mode, Options};
use crate::boot::{self, Boot};
use crate::control::Control;
use crate::failure::render;
use crate::host::Host;
use crate::launch::launch;
use crate::registry::Registry;

/// Threads that serve requests: enough for two cores' worth of clients, few enough to stay small.
const WORKERS: usize = 2;

/// Runs the executable: parses, starts, serves, ends.
#[must_use]
pub fn run(arguments: Vec<OsString>, registry: &Registry) -> ExitCode {
    let matches = match arguments::command().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // A closed stream changes nothing.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let options = match Options::from_matches(&matches, |name| std::env::var_os(name)) {
        Ok(options) => options,
        Err(error) => return fail(&error),
    };
    match options.mode {
        Mode::Launch => match launch(arguments.get(1..).unwrap_or_default()) {
            Ok(Readiness::Ready(document)) => {
                for service in &document.services {
                    let _ = writeln!(io::stdout(), "{}\t{}", service.name, service.url);
                }
                ExitCode::SUCCESS
            }
            Ok(Readiness::Failed(error)) | Err(error) => fail(&error),
        },
        Mode::Detached => match serve(&options, registry) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                announce(&Readiness::Failed(error.clone()));
                ExitCode::from(exit_number(error.code))
            }
        },
        Mode::Foreground => {
            serve(&options, registry).map_or_else(|error| fail(&error), |()| ExitCode::SUCCESS)
        }
    }
}

fn serve(options: &Options, registry: &Registry) -> Result<()> {
    // A wrong name should be said even while another daemon runs.
    let services = registry.make(options)?;
    let boot = boot::boot(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start the runtime").cause(error))?;
    let result = runtime.block_on(live(options, &boot, services));
    if let Err(error) = &result {
        boot.log.error(render(error));
    }
    // Tasks of clients that still wait must not hold up the end.
    runtime.shutdown_background();
    boot::clean(options);
    result
}

async fn live(
    options: &Options,
    boot: &Boot,
    services: Vec<Arc<dyn brume_foundation::service::Service>>,
) -> Result<()> {
    let mut signals = Signals::new()?;
    let host = Arc::new(Host::new(options, boot));
    if let Err(error) = host.start(services).await {
        host.stop().await;
        return Err(error);
    }
    let control = match Control::listen(&options.paths, Arc::clone(&host)) {
        Ok(control) => control,
        Err(error) => {
            host.stop().await;
            return Err(error);
        }
    };
    let document = host.endpoint();
    if let Err(error) = document.write(&options.paths.endpoint()) {
        host.stop().await;
        return Err(error);
    }
    boot.log.info(format_args!("instance {} is ready", options.paths.name));
    match options.mode {
        Mode::Detached => {
            announce(&Readiness::Ready(document));
            if let Err(error) = boot::let_streams_go() {
                boot.log.warn(format_args!("cannot let the starter's streams go: {error}"));
            }
        }
        _ => {
            for service in &document.services {
                let _ = writeln!(io::stderr(), "{} is ready at {}", service.name, service.url);
            }
        }
    }
    tokio::select! {
        name = signals.received() => boot.log.info(format_args!("stopping: {name}")),
        () = host.stop_asked() => boot.log.info("stopping: asked to"),
        () = leash_ended(options.is_leashed) => boot.log.info("stopping: our starter is gone"),
    }
    // First nobody finds us any more, then the services end; the last thing to go is the socket's
    // connections, for which `brume down` waits.
    let _ = std::fs::remove_file(options.paths.endpoint());
    host.stop().await;
    boot.log.info("stopped");
    control.close().await;
    Ok(())
}

/// Returns when standard input ends, if we go by that at all.
async fn leash_ended(is_leashed: bool) {
    if !is_leashed {
        return std::future::pending().await;
    }
    let pipe = io::stdin().as_fd().try_clone_to_owned().and_then(pipe::Receiver::from_owned_fd);
    // What is not a pipe cannot tell: better to end at once than never.
    let Ok(mut pipe) = pipe else { return };
    let mut buffer = [0; 64];
    while matches!(pipe.read(&mut buffer).await, Ok(1..)) {}
}

/// The signals that mean: stop.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let listen = |kind| {
            signal(kind).map_err(|error| Error::failed("cannot listen for signals").cause(error))
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    async fn received(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.hang_up.recv() => "SIGHUP",
        }
    }
}

fn announce(readiness: &Readiness) {
    if let Ok(mut line) = serde_json::to_vec(readiness) {
        line.push(b'\n');
        // Nobody may be waiting any more.
        let _ = io::stdout().write_all(&line);
        let _ = io::stdout().flush();
    }
}

fn fail(error: &Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "{}", render(error));
    ExitCode::from(exit_number(error.code))
}

/// The numbers of the exit-code table.
const fn exit_number(code: Code) -> u8 {
    match code {
        Code::Failed => 1,
        Code::Usage => 2,
        Code::NotFound => 5,
        Code::Unreachable => 6,
        Code::Timeout => 7,
        Code::Conflict => 8,
        Code::Internal => 70,
    }
}
