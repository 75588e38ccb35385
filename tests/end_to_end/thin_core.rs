//! The core's own promises: exit codes, errors with hints, quiet pipes, and nothing heavy linked.

use std::fs;
use std::time::Duration;

use brume_tests::{Cluster, Sandbox, Terminal, built};

#[test]
fn version_is_one_line_with_the_version() {
    let sandbox = Sandbox::bare();
    let outcome = sandbox.brume("--version").run().success();
    assert_eq!(outcome.stdout(), format!("brume {}\n", env!("CARGO_PKG_VERSION")));
    assert!(outcome.stderr().is_empty(), "{outcome}");
}

#[test]
fn help_names_commands_and_plugins() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("--help").run().success();
    for word in ["explain", "up", "down", "status", "config", "plugin", "doctor", "--local"] {
        assert!(outcome.stdout().contains(word), "no `{word}`\n{outcome}");
    }
}

#[test]
fn an_unknown_command_suggests_the_nearest() {
    let sandbox = Sandbox::new();
    let _ = sandbox.brume("expalin").run().fails(127, "expalin").hints("explain");
    let _ = sandbox.brume("stauts").run().fails(127, "stauts").hints("status");
}

#[test]
fn the_exit_codes_are_documented() {
    let sandbox = Sandbox::bare();
    let outcome = sandbox.brume("help exit-codes").run().success();
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 8, 70, 125, 126, 127, 130, 143] {
        let listed = outcome
            .stdout()
            .lines()
            .any(|line| line.split_whitespace().next() == Some(&code.to_string()));
        assert!(listed, "{code} is not listed\n{outcome}");
    }
}

#[test]
fn each_mistake_has_its_exit_code() {
    let sandbox = Sandbox::new();
    for (line, code) in [
        ("--color=red version", 2),
        ("--context", 2),
        ("up --no-such-option", 2),
        ("config get-contexts --no-such-option", 2),
        ("config use-context nowhere", 5),
        ("--context nowhere explain pod", 5),
        ("status --instance nowhere", 6),
        ("env --instance nowhere", 6),
        ("plugin info nowhere", 5),
        ("no-such-command", 127),
    ] {
        let outcome = sandbox.brume(line).run();
        assert_eq!(outcome.code(), code, "brume {line}\n{outcome}");
        let _ = outcome.fails(code, "");
    }
}

#[test]
fn errors_are_json_on_request() {
    let sandbox = Sandbox::bare();
    let outcome = sandbox.brume("config use-context nowhere -o json").run().exits(5);
    assert!(outcome.stdout().is_empty(), "{outcome}");
    let json: serde_json::Value = serde_json::from_str(outcome.stderr()).expect("JSON on stderr");
    assert_eq!(json["error"]["code"], "not-found", "{outcome}");
    assert_eq!(json["error"]["exit_code"], 5, "{outcome}");
    assert!(json["error"]["message"].as_str().is_some_and(|text| text.contains("nowhere")));
}

#[test]
fn every_listing_is_a_document_on_request() {
    let sandbox = Sandbox::new();
    let _ = Cluster::start(&sandbox);
    for line in [
        "version",
        "config view",
        "config get-contexts",
        "plugin list",
        "plugin info explain",
        "status",
        "ls",
        "clock show",
        "fault ls",
        "explain pod.spec",
        "explain pod.spec --diff 1.30..1.37",
        "explain --find topologyKey",
    ] {
        let json = sandbox.brume(&format!("{line} -o json")).run().success();
        assert!(json.json().is_object() || json.json().is_array(), "{json}");
        let yaml = sandbox.brume(&format!("{line} -o yaml")).run().success();
        assert!(!yaml.stdout().trim_start().starts_with('{'), "JSON is not YAML\n{yaml}");
    }
    let empty = Sandbox::bare();
    for line in ["config get-contexts", "ls", "plugin list"] {
        let outcome = empty.brume(&format!("{line} -o json")).run().success();
        assert!(!outcome.json().is_null(), "nothing is an empty list\n{outcome}");
    }
}

#[test]
fn the_commands_in_hints_exist() {
    let sandbox = Sandbox::new();
    for line in [
        "nope",
        "--context nowhere explain pod",
        "status",
        "config use-context nowhere",
        "plugin info nowhere",
        "explain",
        "up nope",
        "--kubeconfig /nonexistent explain pod --api-version=apps/v1",
    ] {
        let outcome = sandbox.brume(line).run();
        for hint in outcome.stderr().lines().filter_map(|line| line.strip_prefix("hint: brume ")) {
            let words = hint.split_whitespace().take_while(|word| !word.starts_with('-'));
            let name = words.take(1).collect::<Vec<_>>().join(" ");
            let help = sandbox.brume(&format!("{name} --help")).run();
            assert_eq!(help.code(), 0, "`brume {line}` hints at `brume {hint}`\n{help}");
        }
    }
}

#[test]
fn nothing_but_text_goes_into_a_pipe() {
    let sandbox = Sandbox::new();
    for line in ["--help", "help exit-codes", "plugin list", "explain pod", "config view", "nope"] {
        let outcome = sandbox.brume(line).run();
        let all = format!("{}{}", outcome.stdout(), outcome.stderr());
        assert!(!all.contains('\x1b'), "an escape sequence from `brume {line}`\n{outcome}");
    }
}

#[test]
fn colour_follows_flag_and_environment() {
    let sandbox = Sandbox::bare();
    let colours = |line: &str, variable: Option<(&str, &str)>| {
        let call = sandbox.brume(line);
        let call = match variable {
            Some((name, value)) => call.env(name, value),
            None => call,
        };
        call.run().stderr().contains('\x1b')
    };
    assert!(colours("nope --color=always", None));
    assert!(colours("nope --color=always", Some(("NO_COLOR", "1"))), "the flag comes first");
    assert!(colours("nope", Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colours("nope --color=never", Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colours("nope", Some(("NO_COLOR", "1"))));
}

#[test]
fn a_terminal_gets_colour_and_no_color_takes_it() {
    let sandbox = Sandbox::bare();
    let brume = built::binary("brume");
    let shell = Terminal::start(&sandbox, "exec sh");
    shell.text(&format!(
        "{0} nope 2>&1 | cat -v; echo; script -qc '{0} nope' /dev/null | cat -v\n",
        brume.display()
    ));
    let screen = shell.expect("^[[");
    assert_eq!(screen.matches("error: ").count(), 1, "the piped one is plain:\n{screen}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let sandbox = Sandbox::new();
    let brume = built::binary("brume").display().to_string();
    for line in ["explain pod --recursive", "help exit-codes", "--help"] {
        let outcome = sandbox.call("bash").arg("-c").arg(format!(
            "set -o pipefail; {brume} {line} | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
        ));
        let outcome = outcome.run();
        assert!(outcome.error_line().is_empty(), "`brume {line} | head` says\n{outcome}");
        let code = outcome.stdout().trim();
        assert!(["0", "141"].contains(&code), "`brume {line} | head` exits {code}");
    }
}

#[test]
fn every_command_has_help_and_needs_no_terminal() {
    let sandbox = Sandbox::new();
    let general = sandbox.brume("--help").run().success();
    let commands = general.stdout().lines().filter_map(|line| {
        let line = line.strip_prefix("  ")?;
        line.starts_with(char::is_alphabetic).then(|| line.split_whitespace().next()).flatten()
    });
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() > 12, "{commands:?}");
    for command in commands {
        let help = sandbox.brume(&format!("{command} --help"));
        let help = help.deadline(Duration::from_secs(20)).run().success();
        assert!(help.stdout().contains("Usage"), "no usage line\n{help}");
    }
}

#[test]
fn the_core_is_small_and_links_only_libc() {
    let sandbox = Sandbox::bare();
    let outcome = sandbox.call("ldd").arg(built::binary("brume")).run().success();
    for line in outcome.stdout().lines() {
        let name = line.trim().split([' ', '.']).next().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        let known =
            ["linux-vdso", "libgcc_s", "libc", "libm", "libdl", "libpthread", "ld-linux-x86-64"];
        assert!(known.contains(&name), "brume is linked with {line}");
    }
}

#[test]
fn doctor_says_what_it_checked() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.brume("doctor -o json").run();
    assert!([0, 3].contains(&outcome.code()), "{outcome}");
    assert!(!outcome.json().is_null(), "{outcome}");
}

#[test]
fn doctor_finds_a_broken_configuration() {
    let sandbox = Sandbox::new();
    sandbox.config("this is [not toml");
    let outcome = sandbox.brume("doctor").run().exits(3);
    assert!(outcome.stdout().contains("config"), "{outcome}");
}

#[test]
fn no_file_is_left_in_an_untouched_home() {
    let sandbox = Sandbox::bare();
    let _ = sandbox.brume("--version").run().success();
    let _ = sandbox.brume("config view").run().success();
    let home: Vec<_> = fs::read_dir(sandbox.path("home")).expect("it exists").flatten().collect();
    assert!(home.is_empty(), "{home:?}");
}

#[test]
fn linked_as_a_plugin_of_kubectl_it_is_one() {
    let sandbox = Sandbox::new();
    let link = sandbox.path("bin/kubectl-brume");
    std::os::unix::fs::symlink(built::binary("brume"), link).expect("a link in a sandbox");
    let kubectl = brume_tests::tools::kubectl(brume_tests::tools::KUBECTL_NEWEST);
    let outcome = sandbox.call(kubectl).words("brume explain pod.spec").run().success();
    assert!(outcome.stdout().starts_with("KIND:       Pod\n"), "{outcome}");
}
