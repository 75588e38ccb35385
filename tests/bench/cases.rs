//! What is measured, and against which bar.

use std::io;
use std::process::Command;
use std::thread;
use std::time::Duration;

use brume_tests::Cluster;

use crate::compare;
use crate::measure;
use crate::report::{Bar, Finding};
use crate::samples::Samples;
use crate::stage::Stage;

/// A bench: gets its title, runs, and says what it found.
pub type Case = fn(&'static str) -> io::Result<Finding>;

/// Every bench by its title.
pub const ALL: &[(&str, Case)] = &[
    ("version", version),
    ("explain without a cluster", explain_offline),
    ("explain against a server, warm", explain_online),
    ("dispatch with 0 and 50 other plugins", dispatch),
    ("completion of a field path", completion),
    ("up to every service answering", up),
    ("idle daemon", idle),
];

const PATH: &str = "explain deployment.spec.strategy.rollingUpdate";
const PLUGINS_MANY: usize = 50;
/// Starts and stops of a daemon that are measured.
const STARTS: usize = 15;
/// How long a daemon is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

fn version(title: &'static str) -> io::Result<Finding> {
    let stage = Stage::new()?;
    let mut commands = [stage.brume("--version"), stage.kubectl("version --client")];
    let samples = compare(&mut commands)?;
    let bars = vec![wall_ratio(&samples, 1.0 / 20.0)];
    Ok(finding(title, &["brume --version", "kubectl version --client"], samples, bars))
}

fn explain_offline(title: &'static str) -> io::Result<Finding> {
    let stage = Stage::new()?;
    let mut commands = [stage.brume(PATH), against_server(&stage, stage.kubectl(PATH))?];
    let samples = compare(&mut commands)?;
    let memory = Bar::at_most("peak memory of ours", samples[0].memory_mib(), 10.0, " MiB");
    let bars = vec![wall_ratio(&samples, 1.0 / 20.0), memory];
    Ok(finding(title, &["brume explain, no cluster", "kubectl explain, warm"], samples, bars))
}

fn explain_online(title: &'static str) -> io::Result<Finding> {
    let stage = Stage::new()?;
    let ours = against_server(&stage, stage.brume(PATH))?;
    let theirs = against_server(&stage, stage.kubectl(PATH))?;
    let samples = compare(&mut [ours, theirs])?;
    let bars = vec![wall_ratio(&samples, 1.0 / 5.0)];
    Ok(finding(title, &["brume explain", "kubectl explain"], samples, bars))
}

fn dispatch(title: &'static str) -> io::Result<Finding> {
    let (crowded, alone) = (Stage::new()?, Stage::new()?);
    crowded.crowd(PLUGINS_MANY)?;
    let help = "explain --help";
    let path = "explain pod.spec.containers.image";
    let mut commands =
        [crowded.brume(help), alone.brume(help), crowded.brume(path), alone.brume(path)];
    let samples = compare(&mut commands)?;
    let growth = |what, many: &Samples, none: &Samples| {
        Bar::ratio(what, many.wall_min(), none.wall_min(), 1.10)
    };
    let bars = vec![
        growth("help, wall min, 50 / 0 plugins", &samples[0], &samples[1]),
        growth("dispatch, wall min, 50 / 0 plugins", &samples[2], &samples[3]),
    ];
    let names = ["--help, 50 plugins", "--help, none", "explain, 50 plugins", "explain, none"];
    Ok(finding(title, &names, samples, bars))
}

fn completion(title: &'static str) -> io::Result<Finding> {
    let stage = Stage::new()?;
    // What fish asks when Tab is pressed.
    let mut command = stage.brume("-- brume explain deployments.spec.strat");
    command.env("BRUME_COMPLETE", "fish");
    let samples = compare(&mut [command])?;
    let bar = Bar::at_most(
        "wall, median",
        crate::samples::milliseconds(samples[0].wall_median()),
        20.0,
        " ms",
    );
    Ok(finding(title, &["brume explain deployments.spec.strat<Tab>"], samples, vec![bar]))
}

fn up(title: &'static str) -> io::Result<Finding> {
    let stage = Stage::new()?;
    let mut samples = Samples::default();
    for _ in 0..STARTS {
        // `up` returns only after every service has answered a request.
        samples.push(measure::run(&mut stage.brume("up --ephemeral"))?);
        measure::run(&mut stage.brume("down"))?;
    }
    let bar = Bar::at_most(
        "wall, median",
        crate::samples::milliseconds(samples.wall_median()),
        100.0,
        " ms",
    );
    Ok(finding(title, &["brume up --ephemeral"], vec![samples], vec![bar]))
}

fn idle(title: &'static str) -> io::Result<Finding> {
    let stage = Stage::new()?;
    measure::run(&mut stage.brume("up --ephemeral"))?;
    thread::sleep(IDLE);
    let daemon = Cluster::running(&stage.sandbox, "default").daemon();
    let bar = Bar::at_most("resident memory of the daemon", resident_mib(daemon)?, 30.0, " MiB");
    Ok(finding(title, &[], Vec::new(), vec![bar]))
}

/// Resident memory of a process in MiB.
///
/// # Errors
/// There is no such process.
pub fn resident_mib(id: i32) -> io::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.map(|kib| kib / 1024.0).ok_or_else(|| io::Error::other("no VmRSS"))
}

/// Points a command at the server of the stage, which is started if need be.
fn against_server(stage: &Stage, mut command: Command) -> io::Result<Command> {
    measure::run(&mut stage.brume("up kubernetes --ephemeral"))?;
    command.env("KUBECONFIG", Cluster::running(&stage.sandbox, "default").kubeconfig());
    Ok(command)
}

fn wall_ratio(samples: &[Samples], limit: f64) -> Bar {
    let what = "wall, median, ours / kubectl";
    Bar::ratio(what, samples[0].wall_median(), samples[1].wall_median(), limit)
}

fn finding(title: &'static str, names: &[&str], samples: Vec<Samples>, bars: Vec<Bar>) -> Finding {
    let rows = names.iter().map(|name| (*name).to_owned()).zip(samples).collect();
    Finding { title, rows, bars, table: None }
}
