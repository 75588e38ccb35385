//! Real shells, and a real press of Tab.

use brume_tests::{Sandbox, Terminal, built, repository};

/// A shell with our completion loaded and a prompt that is easy to find.
fn shell<'a>(sandbox: &'a Sandbox, name: &str) -> Terminal<'a> {
    let link = sandbox.path("bin/brume");
    std::os::unix::fs::symlink(built::binary("brume"), link).expect("a link in a sandbox");
    let scripts = repository::root().join("completions").display().to_string();
    let command = match name {
        "bash" => {
            let rc = format!("PS1='ready> '\nsource {scripts}/brume.bash\n");
            let rc = sandbox.write("home/rc", rc);
            format!("exec bash --noprofile --rcfile {}", rc.display())
        }
        "zsh" => {
            let rc = format!(
                "PROMPT='ready> '\nfpath=({scripts} $fpath)\nautoload -U compinit\ncompinit -u\n"
            );
            sandbox.write("home/.zshrc", rc);
            "exec zsh -d -i".to_owned()
        }
        "fish" => {
            let rc = format!(
                "function fish_prompt; echo -n 'ready> '; end\nset -g fish_greeting\n\
                 set -g fish_autosuggestion_enabled 0\nsource {scripts}/brume.fish\n"
            );
            sandbox.write("home/.config/fish/config.fish", rc);
            "exec fish --private".to_owned()
        }
        other => panic!("no such shell: {other}"),
    };
    let patient = format!("export BRUME_COMPLETION_TIMEOUT_MS=5000; {command}");
    let terminal = Terminal::start(sandbox, &patient);
    terminal.expect("ready>");
    terminal
}

/// Types `typed`, presses Tab until `wanted` is on the screen.
fn completes(name: &str, typed: &str, wanted: &str) {
    let sandbox = Sandbox::new();
    sandbox.config("[context.staging]\n[context.production]\n");
    let shell = shell(&sandbox, name);
    shell.text(typed);
    shell.expect(typed.trim_end());
    shell.key("Tab");
    // bash lists several candidates only at the second press.
    shell.key("Tab");
    shell.expect_that(&format!("`{wanted}` in {name} after `{typed}`"), |screen| {
        screen.contains(wanted)
    });
}

macro_rules! tab {
    ($($test:ident: $typed:literal => $wanted:literal;)*) => {$(
        mod $test {
            #[test]
            fn in_bash() {
                super::completes("bash", $typed, $wanted);
            }

            #[test]
            fn in_zsh() {
                super::completes("zsh", $typed, $wanted);
            }

            #[test]
            fn in_fish() {
                super::completes("fish", $typed, $wanted);
            }
        }
    )*};
}

tab! {
    a_command: "brume stat" => "brume status";
    a_plugin: "brume expl" => "brume explain";
    an_option: "brume explain --recur" => "brume explain --recursive";
    a_context: "brume --context stag" => "brume --context staging";
    a_resource: "brume explain deploym" => "deployments";
    a_field_path: "brume explain deployments.spec.strat" => "deployments.spec.strategy";
    a_nested_command: "brume config get-con" => "brume config get-contexts";
}
