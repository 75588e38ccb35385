//! A real terminal, driven by keys and read from its screen: tmux does the emulation.

use std::path::PathBuf;
use std::time::Duration;

use crate::processes::wait_until;
use crate::{Call, Sandbox};

const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal of 100 columns and 30 rows with one program in it.
#[derive(Debug)]
pub struct Terminal<'a> {
    sandbox: &'a Sandbox,
    socket: PathBuf,
}

impl<'a> Terminal<'a> {
    /// Starts `command`, a line for `sh`, in a new terminal.
    ///
    /// # Panics
    /// When tmux cannot start.
    #[must_use]
    pub fn start(sandbox: &'a Sandbox, command: &str) -> Self {
        let terminal = Self { sandbox, socket: sandbox.path("tmp/tmux") };
        let start = terminal.tmux().words("new-session -d -x 100 -y 30").arg(command);
        let _ = start.run().success();
        terminal
    }

    fn tmux(&self) -> Call {
        // `-f /dev/null`: no configuration; `-u`: the screen is UTF-8.
        self.sandbox.call("tmux").arg("-u").arg("-S").arg(&self.socket).words("-f /dev/null")
    }

    /// Types `text` as it is.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn text(&self, text: &str) {
        let _ = self.tmux().words("send-keys -l --").arg(text).run().success();
    }

    /// Presses one key by its name: `Tab`, `Enter`, `Escape`, `Up`, `C-c`.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn key(&self, name: &str) {
        let _ = self.tmux().words("send-keys --").arg(name).run().success();
    }

    /// What is on the screen.
    ///
    /// # Panics
    /// When the terminal is gone.
    #[must_use]
    pub fn screen(&self) -> String {
        self.tmux().words("capture-pane -p").run().success().stdout().to_owned()
    }

    /// Whether the program still runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.tmux().words("has-session").run().code() == 0
    }

    /// Waits until the screen contains `text`, and returns the screen.
    ///
    /// # Panics
    /// When it does not within 30 s.
    pub fn expect(&self, text: &str) -> String {
        self.expect_that(&format!("`{text}`"), |screen| screen.contains(text))
    }

    /// Waits until the screen is as `wanted` says, and returns it.
    ///
    /// # Panics
    /// When it is not within 30 s.
    pub fn expect_that(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut screen = String::new();
        let found = wait_until(PATIENCE, || {
            screen = self.screen();
            wanted(&screen)
        });
        assert!(found, "waited for {what}, and the screen is:\n{screen}");
        screen
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.tmux().words("kill-server").run();
    }
}
