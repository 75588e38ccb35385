//! The services of the instance, and everything that can be asked of them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use brume_foundation::clock::{Clock, ClockState, Moment};
use brume_foundation::faults::Faults;
use brume_foundation::files;
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{Service, ServiceContext, Started, Storage};
use brume_instance::endpoint::MOVED_FROM_PORT;
use brume_instance::protocol::{ClockView, PROTOCOL, ServiceStatus, Status};
use brume_instance::{Code, EndpointDocument, Error, InstancePaths, Result, ServiceEndpoint};
use tokio::sync::{Mutex, Notify};
use tokio::time::{sleep, timeout};

use crate::arguments::Options;
use crate::boot::Boot;
use crate::failure::to_wire;
use crate::log_file::LogFile;

/// How long a service may take to answer its first real request.
const FIRST_ANSWER_MAX: Duration = Duration::from_secs(10);
/// How long each attempt at it may take, and the pause after a failed one.
const PROBE_MAX: Duration = Duration::from_secs(2);
const PROBE_PAUSE: Duration = Duration::from_millis(2);
/// How long a service may take to stop.
const STOP_MAX: Duration = Duration::from_secs(10);
/// The longest single advance of the clock: a hundred years.
const ADVANCE_MAX: Duration = Duration::from_secs(100 * 366 * 86_400);
/// What the clock shows at most, the year 2500: at the end of what a [`Moment`] can hold, every
/// timer would be due at once and for ever.
const CLOCK_END: Moment = Moment::from_unix_millis(16_725_225_600_000);

/// The services of one instance.
pub(crate) struct Host {
    paths: InstancePaths,
    is_ephemeral: bool,
    repair: bool,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    random: Random,
    ports: Arc<Ports>,
    log: Log,
    log_file: Arc<LogFile>,
    started_at: Instant,
    started_ms: u64,
    hosted: OnceLock<Vec<Hosted>>,
    // Held while services are reset, saved, loaded or stopped: they are asked one thing at a time.
    exclusive: Mutex<()>,
    stop_asked: Notify,
}

/// One service that runs.
#[derive(Clone)]
pub(crate) struct Hosted {
    pub(crate) service: Arc<dyn Service>,
    started: Started,
}

impl Host {
    pub(crate) fn new(options: &Options, boot: &Boot) -> Self {
        let clock_path = options.paths.state.join("clock.json");
        let clock = match std::fs::read(&clock_path) {
            Ok(bytes) if !options.is_ephemeral => restore_clock(&bytes, &boot.log),
            _ => Clock::real(),
        };
        let random = options.seed.map_or_else(Random::from_system, Random::seeded);
        let ports = Ports::new(options.port_policy, options.ports.clone(), boot.log.clone());
        Self {
            paths: options.paths.clone(),
            is_ephemeral: options.is_ephemeral,
            repair: options.repair,
            clock,
            faults: Arc::new(Faults::new()),
            random,
            ports: Arc::new(ports),
            log: boot.log.clone(),
            log_file: Arc::clone(&boot.log_file),
            started_at: Instant::now(),
            started_ms: Moment::system().unix_millis(),
            hosted: OnceLock::new(),
            exclusive: Mutex::new(()),
            stop_asked: Notify::new(),
        }
    }

    /// Starts the services and waits until each has answered a real request.
    ///
    /// # Errors
    /// The first failure; what was started by then is known to [`Host::stop`].
    pub(crate) async fn start(&self, services: Vec<Arc<dyn Service>>) -> Result<()> {
        let mut hosted = Vec::new();
        let result = self.start_each(services, &mut hosted).await;
        // Set also after a failure: what did start must be stopped.
        let _ = self.hosted.set(hosted);
        result
    }

    async fn start_each(
        &self,
        services: Vec<Arc<dyn Service>>,
        hosted: &mut Vec<Hosted>,
    ) -> Result<()> {
        for service in services {
            let name = service.name().to_owned();
            let context = self.context(&name)?;
            let mut started = service.start(context).await.map_err(|error| {
                let error = to_wire(error);
                let log = self.log_file.path().display();
                Error { message: format!("{name} cannot start: {}", error.message), ..error }
                    .hint(format!("less {log}"))
            })?;
            if let Some(port) = self.ports.moved_from(&name) {
                let extra = &mut started.endpoint.extra;
                extra.insert(MOVED_FROM_PORT.to_owned(), port.to_string());
            }
            hosted.push(Hosted { service, started });
        }
        for one in &*hosted {
            one.wait_until_ready().await?;
        }
        Ok(())
    }

    fn context(&self, name: &str) -> Result<ServiceContext> {
        let folder =
            if self.is_ephemeral { self.paths.scratch() } else { self.paths.state.clone() };
        let folder = folder.join(name);
        files::make_private_folder(&folder).map_err(to_wire)?;
        Ok(ServiceContext {
            instance: self.paths.name.to_string(),
            storage: if self.is_ephemeral {
                Storage::Ephemeral(folder)
            } else {
                Storage::Durable(folder)
            },
            repair: self.repair,
            clock: Arc::clone(&self.clock),
            faults: Arc::clone(&self.faults),
            random: self.random.fork(name),
            ports: Arc::clone(&self.ports),
            log: self.log.for_service(name),
        })
    }

    /// The running services.
    pub(crate) fn hosted(&self) -> &[Hosted] {
        self.hosted.get().map_or(&[], Vec::as_slice)
    }

    /// Whoever holds this may change services.
    pub(crate) async fn exclusively(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.exclusive.lock().await
    }

    /// Stops every service, the last one first, and keeps the clock.
    pub(crate) async fn stop(&self) {
        let _alone = self.exclusively().await;
        for one in self.hosted().iter().rev() {
            let name = one.service.name();
            match timeout(STOP_MAX, one.service.stop()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.log.error(format_args!("{name} did not stop: {error}")),
                Err(_) => self.log.error(format_args!("{name} took too long to stop")),
            }
        }
        if let Err(error) = self.keep_clock(&self.clock.state()) {
            self.log.error(error);
        }
    }

    /// Asks the daemon to end.
    pub(crate) fn ask_to_stop(&self) {
        self.stop_asked.notify_one();
    }

    /// Returns when somebody asked.
    pub(crate) async fn stop_asked(&self) {
        self.stop_asked.notified().await;
    }

    /// The endpoint document.
    pub(crate) fn endpoint(&self) -> EndpointDocument {
        EndpointDocument {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            instance: self.paths.name.to_string(),
            pid: std::process::id(),
            started_ms: self.started_ms,
            ephemeral: self.is_ephemeral,
            state_dir: if self.is_ephemeral { PathBuf::new() } else { self.paths.state.clone() },
            services: self.hosted().iter().map(Hosted::endpoint).collect(),
        }
    }

    /// How everything is; asks every service a real request.
    pub(crate) async fn status(&self) -> Status {
        let mut services = Vec::new();
        for one in self.hosted() {
            let problem = one.started.probe.run(PROBE_MAX).await.err();
            services.push(ServiceStatus {
                name: one.service.name().to_owned(),
                url: one.started.endpoint.url.clone(),
                healthy: problem.is_none(),
                problem: problem.map(|error| error.to_string()),
            });
        }
        Status {
            endpoint: self.endpoint(),
            uptime_ms: u64::try_from(self.started_at.elapsed().as_millis()).unwrap_or(u64::MAX),
            memory_kib: resident_kib(),
            clock: self.clock_view(0),
            faults: self.faults.list().len(),
            log: self.log_file.path().display().to_string(),
            services,
        }
    }

    /// Forgets the state of one service, or of all.
    ///
    /// # Errors
    /// There is no such service, or it fails.
    pub(crate) async fn reset(&self, name: Option<&str>) -> Result<()> {
        let _alone = self.exclusively().await;
        let chosen =
            self.hosted().iter().filter(|one| name.is_none_or(|name| one.service.name() == name));
        let mut count = 0;
        for one in chosen {
            one.service.reset().await.map_err(to_wire)?;
            self.log.for_service(one.service.name()).info("reset");
            count += 1;
        }
        match name {
            Some(name) if count == 0 => Err(self.unknown_service(name)),
            _ => Ok(()),
        }
    }

    pub(crate) fn unknown_service(&self, name: &str) -> Error {
        let names = self.hosted().iter().map(|one| one.service.name()).collect::<Vec<_>>();
        let message = format!("service `{}` does not run here", name.escape_debug());
        Error::new(Code::NotFound, message).hint(format!("running: {}", names.join(", ")))
    }

    pub(crate) const fn faults(&self) -> &Arc<Faults> {
        &self.faults
    }

    pub(crate) const fn log_file(&self) -> &Arc<LogFile> {
        &self.log_file
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.paths.scratch()
    }

    /// What the clock shows, after an advance that fired so many timers.
    pub(crate) fn clock_view(&self, fired: u64) -> ClockView {
        let now = self.clock.now();
        let nanos = i128::from(now.unix_nanos()) - i128::from(Moment::system().unix_nanos());
        ClockView {
            now: now.to_string(),
            now_ms: now.unix_millis(),
            frozen: self.clock.state().frozen_at.is_some(),
            // To the nearest: the two clocks are read one after the other.
            ahead_ms: i64::try_from((nanos + 500_000).div_euclid(1_000_000)).unwrap_or(i64::MAX),
            fired,
        }
    }

    /// Stops the clock.
    ///
    /// # Errors
    /// The disk refuses to keep that: it holds until the daemon ends.
    pub(crate) fn freeze_clock(&self) -> Result<()> {
        self.clock.freeze();
        self.keep_clock(&self.clock.state())
    }

    /// Lets the clock run on.
    ///
    /// # Errors
    /// The disk refuses to keep that: it holds until the daemon ends.
    pub(crate) fn resume_clock(&self) -> Result<()> {
        self.clock.resume();
        self.keep_clock(&self.clock.state())
    }

    /// Pushes the clock forward and tells how many timers fired.
    ///
    /// # Errors
    /// It is further than a hundred years, or than the year 2500; the disk refuses to keep it.
    pub(crate) async fn advance_clock(&self, duration: Duration) -> Result<u64> {
        if duration > ADVANCE_MAX {
            let message = "the clock advances by a hundred years at most";
            return Err(Error::new(Code::Usage, message));
        }
        if self.clock.now().after(duration) > CLOCK_END {
            return Err(Error::new(Code::Usage, "the clock goes no further than the year 2500")
                .hint("brume up --ephemeral --instance NAME    # has a clock of its own"));
        }
        // Kept before: services will write times of the future, and a crash in between must not
        // leave a clock that is behind them.
        self.keep_clock(&ahead(self.clock.state(), duration))?;
        let fired = self.clock.advance(duration).await;
        self.keep_clock(&self.clock.state())?;
        self.log.info(format_args!("the clock shows {}: {fired} timers fired", self.clock.now()));
        Ok(fired)
    }

    /// What the clock must be restored from.
    pub(crate) fn clock_state(&self) -> ClockState {
        self.clock.state()
    }

    /// Goes on where another instance's clock was saved.
    ///
    /// # Errors
    /// The disk refuses to keep that: it holds until the daemon ends.
    pub(crate) fn restore_clock(&self, state: &ClockState) -> Result<()> {
        self.clock.restore(state);
        self.keep_clock(&self.clock.state())
    }

    fn keep_clock(&self, state: &ClockState) -> Result<()> {
        if self.is_ephemeral {
            return Ok(());
        }
        let path = self.paths.state.join("clock.json");
        if *state == ClockState::default() && !path.exists() {
            return Ok(());
        }
        let bytes = serde_json::to_vec(state)
            .map_err(|error| Error::failed("cannot keep the clock").cause(error))?;
        files::write_private(&path, &bytes).map_err(to_wire)
    }
}

impl Hosted {
    fn endpoint(&self) -> ServiceEndpoint {
        let endpoint = self.started.endpoint.clone();
        ServiceEndpoint {
            name: self.service.name().to_owned(),
            url: endpoint.url,
            extra: endpoint.extra,
            environment: endpoint.environment,
        }
    }

    async fn wait_until_ready(&self) -> Result<()> {
        let begun = Instant::now();
        loop {
            let Err(error) = self.started.probe.run(PROBE_MAX).await else { return Ok(()) };
            if begun.elapsed() >= FIRST_ANSWER_MAX {
                let name = self.service.name();
                let message = format!("{name} started and does not answer");
                return Err(Error::new(Code::Unreachable, message).cause(error));
            }
            sleep(PROBE_PAUSE).await;
        }
    }
}

fn restore_clock(bytes: &[u8], log: &Log) -> Arc<Clock> {
    match serde_json::from_slice::<ClockState>(bytes) {
        Ok(state) if is_possible(&state) => Clock::restored(&state),
        Ok(_) => {
            log.warn("clock.json leads beyond the year 2500: the clock shows real time");
            Clock::real()
        }
        Err(error) => {
            log.warn(format_args!("clock.json is damaged ({error}): the clock shows real time"));
            Clock::real()
        }
    }
}

/// Whether a clock that goes on from there shows a time that advances can lead to.
pub(crate) fn is_possible(state: &ClockState) -> bool {
    Clock::restored(state).now() <= CLOCK_END
}

fn ahead(state: ClockState, duration: Duration) -> ClockState {
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    ClockState {
        offset_ms: state.offset_ms.saturating_add(millis),
        frozen_at: state.frozen_at.map(|moment| moment.after(duration)),
    }
}

/// Resident memory of this process; 0 where the system does not tell.
fn resident_kib() -> u64 {
    let text = std::fs::read_to_string(Path::new("/proc/self/statm")).unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    pages * (rustix::param::page_size() as u64 / 1024)
}
