//! The emulators' life: up, down, two at once, kill -9, a state that is in use or broken.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use std::{fs, iter, thread};

use brume_tests::processes::{is_alive, signal, wait_until};
use brume_tests::{Cluster, Sandbox, built};
use rustix::process::Signal;

const SOON: Duration = Duration::from_secs(10);
const HOUR_MS: i64 = 3_600_000;

#[test]
fn up_answers_down_leaves_nothing() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    let daemon = cluster.daemon();
    let _ = cluster.kubectl("1.37", "version").run().success();
    let _ = sandbox.brume("status").run().success().prints("kubernetes");
    let _ = sandbox.brume("down").run().success();
    assert!(wait_until(SOON, || !is_alive(daemon)), "the daemon still runs");
    assert!(sandbox.processes().is_empty(), "{:?}", sandbox.processes());
    assert!(!sandbox.runtime("default").join("endpoint.json").exists());
    assert!(!sandbox.runtime("default").join("control.sock").exists());
}

#[test]
fn up_twice_and_down_twice_are_the_same_as_once() {
    let sandbox = Sandbox::new();
    let first = Cluster::start(&sandbox).daemon();
    let second = Cluster::start(&sandbox).daemon();
    assert_eq!(first, second);
    let _ = sandbox.brume("down").run().success();
    let _ = sandbox.brume("down").run().success();
}

#[test]
fn ephemeral_leaves_no_data() {
    let sandbox = Sandbox::new();
    let _ = Cluster::start(&sandbox);
    let _ = sandbox.brume("down").run().success();
    let state = sandbox.state("default");
    let left: Vec<_> = fs::read_dir(&state).into_iter().flatten().flatten().collect();
    assert!(left.is_empty(), "left in the state folder: {left:?}");
}

#[test]
fn two_instances_do_not_meet() {
    let sandbox = Sandbox::new();
    for instance in ["one", "two"] {
        let line = format!("up kubernetes --ephemeral --instance {instance}");
        let _ = sandbox.brume(&line).run().success();
    }
    let one = Cluster::running(&sandbox, "one");
    let two = Cluster::running(&sandbox, "two");
    assert_ne!(one.daemon(), two.daemon());
    assert_ne!(one.url(), two.url());
    let listed = sandbox.brume("ls").run().success();
    assert!(listed.stdout().contains("one") && listed.stdout().contains("two"), "{listed}");
    let _ = sandbox.brume("down --instance one").run().success();
    let _ = two.kubectl("1.37", "version").run().success();
}

#[test]
fn only_loopback_and_only_our_user() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    let listening = sandbox.call("cat").arg(format!("/proc/{}/net/tcp", cluster.daemon()));
    let listening = listening.run().success();
    let port: u16 =
        cluster.url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let ours = format!(":{port:04X} 00000000:0000 0A");
    let line = listening.stdout().lines().find(|line| line.contains(&ours)).expect("it listens");
    assert!(line.contains(" 0100007F:"), "not on 127.0.0.1: {line}");

    let runtime = sandbox.runtime("default");
    let mode = fs::metadata(&runtime).expect("it exists").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{} is open to others", runtime.display());
    let kubeconfig = fs::metadata(cluster.kubeconfig()).expect("it exists").permissions().mode();
    assert_eq!(kubeconfig & 0o077, 0, "the kubeconfig is open to others");
}

#[test]
fn a_request_for_another_host_is_refused() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    let host = "GET /version HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n";
    let address = cluster.url().trim_start_matches("https://").to_owned();
    let outcome =
        sandbox.call("openssl").words("s_client -quiet -connect").arg(&address).stdin(host).run();
    let status = outcome.stdout().lines().next().unwrap_or_default().to_owned();
    assert!(status.starts_with("HTTP/1.1 4"), "DNS rebinding is possible\n{outcome}");
}

#[test]
fn env_speaks_to_every_shell() {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    let kubeconfig = cluster.kubeconfig().display().to_string();
    for shell in ["bash", "zsh", "fish"] {
        let brume = built::binary("brume").display().to_string();
        let script = match shell {
            "fish" => format!("{brume} env --shell fish | source; echo $KUBECONFIG"),
            _ => format!("eval \"$({brume} env --shell {shell})\"; echo $KUBECONFIG"),
        };
        let outcome = sandbox.call(shell).arg("-c").arg(script).run().success();
        assert_eq!(outcome.stdout().trim_end(), kubeconfig, "{shell}");
    }
    for form in ["powershell", "dotenv", "json", "github"] {
        let outcome = sandbox.brume(&format!("env --shell {form}")).run().success();
        assert!(outcome.stdout().contains(&kubeconfig), "{form}\n{outcome}");
    }
    let json = sandbox.brume("env --shell json").run().json();
    assert_eq!(json["KUBECONFIG"], kubeconfig.as_str());
}

#[test]
fn run_gives_a_command_its_emulators_and_returns_its_exit_code() {
    let sandbox = Sandbox::new();
    let kubectl = brume_tests::tools::kubectl("1.37");
    let outcome = sandbox.brume("run --").arg(kubectl).words("version").run().success();
    assert!(outcome.stdout().contains("Server Version: v1.37"), "{outcome}");
    let outcome = sandbox.brume("run -- sh -c").arg("exit 42").run();
    assert_eq!(outcome.code(), 42, "{outcome}");
    assert!(wait_until(SOON, || sandbox.processes().is_empty()), "{:?}", sandbox.processes());
}

#[test]
fn a_killed_daemon_leaves_nothing_that_hinders_the_next() {
    let sandbox = Sandbox::new();
    for _ in 0..5 {
        let _ = sandbox.brume("up kubernetes").run().success();
        let cluster = Cluster::running(&sandbox, "default");
        let daemon = cluster.daemon();
        signal(daemon, Signal::KILL);
        assert!(wait_until(SOON, || !is_alive(daemon)));
        let _ = sandbox.brume("status").run().fails(6, "").hints("brume up");
    }
    let _ = sandbox.brume("up kubernetes").run().success();
    let cluster = Cluster::running(&sandbox, "default");
    let _ = cluster.kubectl("1.37", "version").run().success();
}

/// What the clock shows, in milliseconds.
fn now_ms(sandbox: &Sandbox) -> i64 {
    let shown = sandbox.brume("clock show -o json").run().success().json();
    shown["now_ms"].as_i64().unwrap_or_else(|| panic!("no time in {shown}"))
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let sandbox = Sandbox::new();
    let _ = sandbox.brume("up kubernetes").run().success();
    let _ = sandbox.brume("clock freeze").run().success();
    let mut acknowledged = now_ms(&sandbox);
    for round in 0_u64..8 {
        let daemon = Cluster::running(&sandbox, "default").daemon();
        // A different moment each time, in the midst of changes that are being acknowledged.
        let killer = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20 + 37 * round));
            signal(daemon, Signal::KILL);
        });
        let changes = iter::repeat_with(|| sandbox.brume("clock advance 1h").run());
        acknowledged += HOUR_MS * changes.take_while(|change| change.code() == 0).count() as i64;
        killer.join().expect("it only sleeps and kills");
        let _ = sandbox.brume("up kubernetes").run().success();
        let kept = now_ms(&sandbox);
        // The last change may have been kept without an answer, but none may be lost.
        let whole = kept == acknowledged || kept == acknowledged + HOUR_MS;
        assert!(whole, "round {round}: {kept} is kept, {acknowledged} was acknowledged");
        acknowledged = kept;
    }
}

#[test]
fn the_clock_is_frozen_advanced_and_resumed() {
    let sandbox = Sandbox::new();
    let _ = Cluster::start(&sandbox);
    let now = || sandbox.brume("clock show -o json").run().success().json()["now"].clone();
    let _ = sandbox.brume("clock freeze").run().success();
    let frozen = now();
    assert_eq!(frozen, now(), "a frozen clock moves");
    let _ = sandbox.brume("clock advance 1d").run().success();
    assert_ne!(frozen, now(), "an advanced clock stands");
    let _ = sandbox.brume("clock resume").run().success();
    let _ = sandbox.brume("clock advance soon").run().fails(2, "soon");
}

#[test]
fn a_state_in_use_is_refused() {
    let sandbox = Sandbox::new();
    let state = sandbox.path("state");
    let up = |instance: &str| {
        let line = format!("up kubernetes --instance {instance} --state");
        sandbox.brume(&line).arg(&state).run()
    };
    let _ = up("one").success();
    let _ = up("two").fails(8, "another daemon").hints("brume ls");
}

#[test]
fn a_port_in_use_is_named() {
    let sandbox = Sandbox::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let line = format!("up kubernetes --ephemeral --port kubernetes={port}");
    let outcome = sandbox.brume(&line).run().fails(8, &port.to_string());
    assert!(outcome.stderr().contains("hint: "), "{outcome}");
    assert!(sandbox.processes().is_empty(), "{:?}", sandbox.processes());
}

#[test]
fn a_state_folder_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::new();
    // A file in the way works as root too, for whom no folder is read-only.
    let file = sandbox.write("home/not-a-folder", "");
    let outcome = sandbox.brume("up kubernetes --state").arg(file.join("state")).run();
    let _ = outcome.fails(1, "");
    assert!(sandbox.processes().is_empty(), "{:?}", sandbox.processes());
}

#[test]
fn what_is_not_there_yet_says_so() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("up snowflake").run();
    assert_ne!(outcome.code(), 0, "{outcome}");
    let _ = outcome.clone().fails(outcome.code(), "").hints("kubernetes");
}

#[test]
fn ctrl_c_ends_a_foreground_daemon() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.brume("up kubernetes --ephemeral --foreground").spawn();
    let ready = sandbox.runtime("default").join("endpoint.json");
    assert!(wait_until(SOON, || ready.exists()), "it does not come up");
    signal(i32::try_from(child.id()).expect("an id fits"), Signal::INT);
    let mut status = None;
    let ended = wait_until(SOON, || {
        status = child.try_wait().expect("our own child");
        status.is_some()
    });
    assert!(ended, "Ctrl-C does not end it");
    assert!(wait_until(SOON, || sandbox.processes().is_empty()), "{:?}", sandbox.processes());
    assert!(!ready.exists());
}

#[test]
fn a_run_that_is_told_to_stop_takes_command_and_emulators_with_it() {
    for told in [Signal::INT, Signal::TERM, Signal::HUP] {
        let sandbox = Sandbox::new();
        let started = sandbox.path("home/started");
        let mut child = sandbox.brume("run -- sh -c").arg("touch started; exec sleep 600").spawn();
        assert!(wait_until(SOON, || started.exists()), "the command does not start");
        signal(i32::try_from(child.id()).expect("an id fits"), told);
        let ended = wait_until(SOON, || child.try_wait().expect("our own child").is_some());
        assert!(ended, "{told:?} does not end it");
        let gone = wait_until(SOON, || sandbox.processes().is_empty());
        assert!(gone, "{told:?} leaves {:?}", sandbox.processes());
    }
}

#[test]
fn logs_reset_and_snapshots() {
    let sandbox = Sandbox::new();
    let _ = sandbox.brume("up kubernetes").run().success();
    let logs = sandbox.brume("logs").run().success();
    assert!(!logs.stdout().is_empty(), "{logs}");
    let file = sandbox.path("home/saved.brume");
    let _ = sandbox.brume("snapshot save").arg(&file).run().success();
    assert!(file.exists());
    let _ = sandbox.brume("reset --yes").run().success();
    let _ = sandbox.brume("snapshot load --yes").arg(&file).run().success();
    let _ = Cluster::running(&sandbox, "default").kubectl("1.37", "version").run().success();
}

#[test]
fn a_broken_snapshot_changes_nothing() {
    let sandbox = Sandbox::new();
    let _ = sandbox.brume("up kubernetes").run().success();
    let file = sandbox.write("home/broken.brume", "not a snapshot");
    let outcome = sandbox.brume("snapshot load --yes").arg(&file).run();
    let _ = outcome.fails(1, "");
    let _ = Cluster::running(&sandbox, "default").kubectl("1.37", "version").run().success();
}

#[test]
fn faults_are_listed_and_removed() {
    let sandbox = Sandbox::new();
    let _ = Cluster::start(&sandbox);
    let _ = sandbox.brume("fault add kubernetes --error 503 --count 1").run().success();
    let listed = sandbox.brume("fault ls").run().success();
    assert!(listed.stdout().contains("503"), "{listed}");
    let _ = sandbox.brume("fault rm --all").run().success();
    let listed = sandbox.brume("fault ls").run().success();
    assert!(!listed.stdout().contains("503"), "{listed}");
}
