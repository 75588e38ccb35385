//! The built binary with plugins that are shell scripts: who is called, with what, and what is
//! said when it is not.

#![allow(clippy::unwrap_used)] // All of this file is a test, which clippy cannot tell.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A home, a plugin folder and a folder on PATH, all empty.
struct World {
    root: TempDir,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["home", "plugins", "path"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    fn script(&self, file: &str, body: &str) -> &Self {
        let path = self.root.path().join(file);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        self.mode(file, 0o755)
    }

    fn mode(&self, file: &str, mode: u32) -> &Self {
        fs::set_permissions(self.root.path().join(file), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn config(&self, text: &str) -> &Self {
        let folder = self.root.path().join("home/.config/brume");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.toml"), text).unwrap();
        self
    }

    fn command(&self, line: &str) -> Command {
        let root = self.root.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_brume"));
        command
            .env_clear()
            .env("HOME", root.join("home"))
            .env("PATH", format!("{}:/usr/bin:/bin", root.join("path").display()))
            .env("BRUME_PLUGIN_PATH", root.join("plugins"))
            .current_dir(root.join("home"))
            .args(line.split_whitespace());
        command
    }

    fn run(&self, line: &str) -> Outcome {
        Outcome::of(&self.command(line).output().unwrap(), self.root.path())
    }
}

/// Exit code and texts, with the folder of the test as `ROOT`.
#[derive(Debug)]
#[must_use]
struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Outcome {
    fn of(output: &Output, root: &Path) -> Self {
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace(&root.display().to_string(), "ROOT")
        };
        Self {
            code: output.status.code().unwrap(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

const ECHO: &str = r#"echo "$0:" "$@""#;

#[test]
fn a_plugin_in_a_folder_never_sees_global_flags() {
    let world = World::new();
    world.script("plugins/brume-greet", ECHO).script("path/brume-greet", "echo wrong");
    let outcome = world.run("-n team greet -o json you --context ambient -- -o yaml");
    assert_eq!(outcome.stdout, "ROOT/plugins/brume-greet: you -- -o yaml\n");
    assert_eq!(outcome.code, 0);
}

#[test]
fn an_executable_on_path_gets_what_was_typed_behind_its_name() {
    let world = World::new();
    world.script("path/brume-greet", ECHO).script("path/brume-greet-all", ECHO);
    let outcome = world.run("-n team greet -o json all");
    assert_eq!(outcome.stdout, "ROOT/path/brume-greet: -o json all\n");
    let outcome = world.run("greet all -n x");
    assert_eq!(outcome.stdout, "ROOT/path/brume-greet-all: -n x\n");
    world.config("[plugins]\npath = false\n");
    assert_eq!(world.run("greet").code, 127);
}

#[test]
fn the_context_and_the_public_variables_follow_the_target() {
    let world = World::new();
    world.config("[context.shop]\nregion = \"eu-west-1\"\nkube-context = \"kind\"\n");
    world.script(
        "plugins/brume-greet",
        "cat /dev/fd/$BRUME_CONTEXT_FD; echo; echo $AWS_REGION $BRUME_CONTEXT",
    );
    let outcome = world.run("greet --context shop -n team --dry-run");
    let (context, variables) = outcome.stdout.split_once('\n').unwrap();
    let context: serde_json::Value = serde_json::from_str(context).unwrap();
    assert_eq!(context["target"]["name"], "shop");
    assert_eq!(context["target"]["kubernetes"]["context"], "kind");
    assert_eq!(context["target"]["kubernetes"]["namespace"], "team");
    assert_eq!(context["dry_run"], "client");
    assert_eq!(variables, "eu-west-1\n");
}

#[test]
fn what_cannot_be_run_is_one_clear_error() {
    let world = World::new();
    world.script("plugins/brume-plain", ECHO).mode("plugins/brume-plain", 0o644);
    world.script("plugins/brume-open", ECHO).mode("plugins/brume-open", 0o757);
    world.script("plugins/libbrume_fake.so", ECHO);
    for (line, code, stderr) in [
        (
            "plain",
            126,
            "error: plugin plain: ROOT/plugins/brume-plain is not executable\n\n\
             hint: chmod +x ROOT/plugins/brume-plain\n",
        ),
        (
            "open",
            126,
            "error: plugin open is not safe to run: ROOT/plugins/brume-open can be written by \
             everybody\n\nhint: chmod go-w ROOT/plugins/brume-open\n",
        ),
        (
            "fake",
            125,
            "error: plugin fake cannot be loaded from ROOT/plugins/libbrume_fake.so\n  \
             caused by: it is not a shared library (ELF)\n\n\
             hint: install fake again, or remove it: rm ROOT/plugins/libbrume_fake.so\n",
        ),
        (
            "plian",
            127,
            "error: there is no command or plugin 'plian'\n\n\
             hint: did you mean 'plain'?\nhint: brume --help\n",
        ),
        (
            "--contxt x",
            2,
            "error: unknown flag '--contxt' before the command\n\n\
             hint: did you mean '--context'?\nhint: brume --help\n",
        ),
        (
            "config veiw",
            2,
            "error: unrecognized subcommand 'veiw'\n\n\
             hint: did you mean 'view'?\nhint: brume config --help\n",
        ),
    ] {
        let outcome = world.run(line);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (code, stderr), "{line}");
        assert_eq!(outcome.stdout, "", "{line}");
    }
}

#[test]
fn an_executable_that_is_known_not_to_fit_is_refused() {
    let world = World::new();
    let mismatch = "error: plugin greet: ROOT/plugins/brume-greet calls itself 'other'\n\n\
                    hint: mv ROOT/plugins/brume-greet ROOT/plugins/brume-other\n";
    let version = env!("CARGO_PKG_VERSION");
    let too_old = format!(
        "error: plugin greet needs brume 99.0.0 or newer\n  caused by: this is brume {version}\n\n\
         hint: install brume 99.0.0 or newer, or an older greet\n"
    );
    for (manifest, expected) in [
        (r#"{"schema":1,"name":"other"}"#, mismatch),
        (r#"{"schema":1,"name":"greet","min_core":"99.0.0"}"#, &too_old),
    ] {
        let refused = |what: &str| {
            let outcome = world.run("greet");
            assert_eq!((outcome.code, outcome.stderr.as_str()), (125, expected), "{what}");
            assert_eq!(outcome.stdout, "", "{what}: it ran");
        };
        let answer =
            format!("[ \"$1\" = brume-plugin-metadata ] && echo '{manifest}' && exit; {ECHO}");
        world.script("plugins/brume-greet", &answer);
        assert_eq!(world.run("greet").code, 0, "nothing is known of it, and it is not asked");
        // A busy machine may need more than one try to have it asked in time.
        let listed = (0..50).any(|_| {
            let _ = fs::remove_dir_all(world.root.path().join("home/.cache"));
            !world.run("plugin list").stdout.contains("slow")
        });
        assert!(listed);
        refused("the cache knows");

        world.script("plugins/brume-greet", &format!("{ECHO} # another file"));
        assert_eq!(world.run("greet").code, 0, "the cache knows nothing of this file");

        let sidecar = world.root.path().join("plugins/greet.brume.json");
        fs::write(&sidecar, manifest).unwrap();
        refused("the sidecar knows");
        fs::write(&sidecar, "{").unwrap();
        assert_eq!(world.run("greet").code, 0, "a broken sidecar is no reason");
        fs::remove_file(&sidecar).unwrap();
    }
}

#[test]
fn errors_are_json_when_the_output_is() {
    let outcome = World::new().run("nothing -o json");
    let error: serde_json::Value = serde_json::from_str(&outcome.stderr).unwrap();
    assert_eq!(error["error"]["code"], "unknown-command");
    assert_eq!(error["error"]["exit_code"], 127);
    assert_eq!(outcome.code, 127);
}

#[test]
fn a_broken_configuration_stops_plugins_but_not_the_way_to_mend_it() {
    let world = World::new();
    world.config("current-context = \n").script("plugins/brume-greet", ECHO);
    for line in ["greet", "config view", "plugin list"] {
        let outcome = world.run(line);
        assert_eq!(outcome.code, 2, "{line}");
        assert!(outcome.stderr.contains("ROOT/home/.config/brume/config.toml:1:"), "{outcome:?}");
        assert!(outcome.stderr.contains("hint: brume config edit"), "{outcome:?}");
    }
    for line in ["--version", "--help", "config path", "help exit-codes", "version"] {
        assert_eq!(world.run(line).code, 0, "{line}");
    }
    assert_eq!(world.run("doctor").code, 3);
}

#[test]
fn contexts_are_made_chosen_renamed_and_deleted() {
    let world = World::new();
    for line in [
        "config set-context shop --kube-context kind --region eu-west-1 --protected",
        "config use-context shop",
        "config rename-context shop store",
    ] {
        assert_eq!(world.run(line).code, 0, "{line}");
    }
    let view = world.run("config view");
    let expected = "current-context = \"store\"\n\n[context.store]\nkube-context = \"kind\"\n\
                    protected = true\nregion = \"eu-west-1\"\n";
    assert_eq!(view.stdout, expected);
    assert_eq!(world.run("config current-context").stdout, "store\n");
    assert_eq!(world.run("config use-context shop").code, 5);
    assert_eq!(world.run("config delete-context store").code, 0);
    let outcome = world.run("config current-context");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (5, ""));
    let mode = fs::metadata(world.root.path().join("home/.config/brume/config.toml")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[test]
fn completion_offers_names_values_and_what_a_plugin_says() {
    let world = World::new();
    world.config("[context.shop]\n");
    world.script(
        "plugins/brume-greet",
        r#"case $1 in
        brume-plugin-metadata) echo '{"schema":1,"name":"greet","about":"Greet","command":
            {"name":"greet","arguments":[{"id":"who","values":["WHO"]}]}}';;
        brume-plugin-complete) printf 'world\teverybody\nwoods\n';;
        esac"#,
    );
    let complete = |words: &[&str]| {
        let mut command = world.command("--");
        command.args(words).env("BRUME_COMPLETE", "fish");
        Outcome::of(&command.output().unwrap(), world.root.path()).stdout
    };
    assert_eq!(complete(&["brume", "config", "use-context", ""]), "shop\nlocal\nambient\n");
    assert_eq!(complete(&["brume", "--context", "sh"]), "shop\n");
    // A busy machine may need longer than a plugin is given.
    let patient = |words: &[&str], expected: &str| {
        let found = (0..50).any(|_| {
            let _ = fs::remove_dir_all(world.root.path().join("home/.cache"));
            complete(words) == expected
        });
        assert!(found, "{words:?}: {}", complete(words));
    };
    patient(&["brume", "gre"], "greet\tGreet\n");
    patient(&["brume", "greet", "wor"], "world\teverybody\n");
}

#[test]
fn a_plugin_has_as_long_to_complete_a_word_as_the_user_says() {
    let world = World::new();
    world.script(
        "plugins/brume-greet",
        r#"case $1 in
        brume-plugin-metadata) echo '{"schema":1,"name":"greet","command":
            {"name":"greet","arguments":[{"id":"who","values":["WHO"]}]}}';;
        brume-plugin-complete) sleep 0.5; echo world;;
        esac"#,
    );
    let complete = |timeout_ms: &str| {
        let mut command = world.command("-- brume greet wor");
        command.env("BRUME_COMPLETE", "fish").env("BRUME_COMPLETION_TIMEOUT_MS", timeout_ms);
        Outcome::of(&command.output().unwrap(), world.root.path()).stdout
    };
    assert_eq!(complete("10000"), "world\n");
    assert_eq!(complete(""), "");
}
