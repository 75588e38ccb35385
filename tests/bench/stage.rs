//! What is measured: an installed brume in a sandbox, with or without other plugins beside it.

use std::io;
use std::path::PathBuf;
use std::process::Command;

use brume_tests::{Sandbox, built, repository};

/// An installation in a sandbox of its own.
#[derive(Debug)]
pub struct Stage {
    /// The sandbox.
    pub sandbox: Sandbox,
}

impl Stage {
    /// Installs what was built, as `make install` does.
    ///
    /// # Errors
    /// When that fails.
    pub fn new() -> io::Result<Self> {
        let sandbox = Sandbox::bare();
        let mut install = Command::new(repository::root().join("tests/scripts/install"));
        install.arg(built::folder()).arg("").arg(sandbox.path("usr"));
        install.stdout(std::process::Stdio::null());
        if !install.status()?.success() {
            return Err(io::Error::other("cannot install what was built"));
        }
        Ok(Self { sandbox })
    }

    /// Adds `count` plugins that nobody will call: copies of ours under other names.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn crowd(&self, count: usize) -> io::Result<()> {
        let folder = self.sandbox.path("usr/lib/brume/plugins");
        let manifest = std::fs::read_to_string(folder.join("explain.brume.json"))?;
        for number in 0..count {
            let name = format!("other{number}");
            let library = folder.join(format!("libbrume_{name}.so"));
            std::fs::hard_link(folder.join("libbrume_explain.so"), library)?;
            let manifest =
                manifest.replace("\"name\":\"explain\"", &format!("\"name\":\"{name}\""));
            std::fs::write(folder.join(format!("{name}.brume.json")), manifest)?;
        }
        Ok(())
    }

    fn command(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.sandbox.environment()).env_remove("BRUME_PLUGIN_PATH");
        command.current_dir(self.sandbox.path("home"));
        command
    }

    /// The installed brume with the words of `line`.
    pub fn brume(&self, line: &str) -> Command {
        let mut command = self.command(self.sandbox.path("usr/bin/brume"));
        command.args(line.split_whitespace());
        command
    }

    /// The newest kubectl with the words of `line`.
    pub fn kubectl(&self, line: &str) -> Command {
        let kubectl = brume_tests::tools::kubectl(brume_tests::tools::KUBECTL_NEWEST);
        let mut command = self.command(kubectl);
        command.args(line.split_whitespace());
        command
    }
}
