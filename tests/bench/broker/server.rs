//! The servers that are compared: ours in a stage, the bare one, and other emulators.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use brume_tests::tools;

use crate::measure;
use crate::stage::Stage;

/// How long another emulator may take to answer.
const START_MAX: Duration = Duration::from_secs(60);

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    /// What it is called in the tables.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    id: i32,
    child: Option<Child>,
    stage: Option<Stage>,
}

impl Server {
    /// Ours, started with further words of `brume up`.
    ///
    /// # Errors
    /// It does not come up.
    pub fn ours(name: &'static str, words: &str) -> io::Result<Self> {
        let stage = Stage::new()?;
        measure::run(&mut stage.brume(&format!("up aws --port aws=0 {words}")))?;
        Self::running(name, stage)
    }

    /// Ours, as it runs in `stage`.
    ///
    /// # Errors
    /// It does not run there.
    pub fn running(name: &'static str, stage: Stage) -> io::Result<Self> {
        let path = stage.sandbox.runtime("default").join("endpoint.json");
        let document: serde_json::Value = serde_json::from_slice(&fs::read(path)?)?;
        let missing = || io::Error::other("endpoint.json does not say where the service is");
        let services = document["services"].as_array().ok_or_else(missing)?;
        let service = services.iter().find(|service| service["name"] == "aws");
        let url = service.and_then(|service| service["url"].as_str()).ok_or_else(missing)?;
        let address = url.trim_start_matches("http://").parse().map_err(io::Error::other)?;
        let id = document["pid"].as_i64().and_then(|id| i32::try_from(id).ok());
        let id = id.ok_or_else(missing)?;
        Ok(Self { name, address, id, child: None, stage: Some(stage) })
    }

    /// hyper with nothing behind it.
    ///
    /// # Errors
    /// It does not come up.
    pub fn bare() -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("--bare-server").stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no stdout"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse().map_err(io::Error::other)?;
        let id = i32::try_from(child.id()).map_err(io::Error::other)?;
        Ok(Self { name: "bare hyper", address, id, child: Some(child), stage: None })
    }

    /// MiniStack, of `make bench`'s tools.
    ///
    /// # Errors
    /// It was not fetched, or does not come up.
    pub fn ministack() -> io::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new("python3");
        command.args(["-m", "ministack"]).env("PYTHONPATH", tools::folder().join("peers"));
        command.env("GATEWAY_PORT", port.to_string()).env("SERVICES", "sqs,sns");
        Self::other("ministack", port, command)
    }

    /// moto's server, of the tests' tools.
    ///
    /// # Errors
    /// It was not fetched, or does not come up.
    pub fn moto() -> io::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new("python3");
        command.args(["-m", "moto.server", "-p", &port.to_string()]);
        command.env("PYTHONPATH", tools::folder().join("clients"));
        Self::other("moto server", port, command)
    }

    fn other(name: &'static str, port: u16, mut command: Command) -> io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        let id = i32::try_from(child.id()).map_err(io::Error::other)?;
        let server = Self { name, address, id, child: Some(child), stage: None };
        let deadline = Instant::now() + START_MAX;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("{name} does not come up")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    /// Where ours is installed.
    pub fn stage(&self) -> Option<&Stage> {
        self.stage.as_ref()
    }

    /// Processor time since the start, its ended threads included.
    ///
    /// # Errors
    /// It has ended.
    pub fn cpu(&self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id))?;
        // The name may contain anything; the numbers follow its closing parenthesis.
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let fields: Vec<u64> =
            rest.split(' ').skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
        let ticks = fields.iter().sum::<u64>();
        let hertz = rustix::param::clock_ticks_per_second().max(1);
        Ok(Duration::from_micros(ticks * 1_000_000 / hertz))
    }

    /// Resident memory in MiB.
    ///
    /// # Errors
    /// It has ended.
    pub fn memory_mib(&self) -> io::Result<f64> {
        crate::cases::resident_mib(self.id)
    }

    /// Ends ours as a power cut would, and gives the stage back.
    pub fn kill(mut self) -> Option<Stage> {
        let stage = self.stage.take();
        if let Some(pid) = rustix::process::Pid::from_raw(self.id) {
            // It may have ended by itself: then there is nothing to do.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        stage
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Ended by itself, perhaps.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
