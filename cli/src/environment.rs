//! The environment variables that brume reads: each declared once, with its meaning.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// One variable, as `brume-config(5)` lists it.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// One line.
    pub meaning: &'static str,
}

/// Name of the context to use.
pub const CONTEXT: &str = "BRUME_CONTEXT";
/// Emulator instance that `--local` means.
pub const INSTANCE: &str = "BRUME_INSTANCE";
/// Kubernetes namespace.
pub const NAMESPACE: &str = "BRUME_NAMESPACE";
/// Output form.
pub const OUTPUT: &str = "BRUME_OUTPUT";
/// When to colour.
pub const COLOR: &str = "BRUME_COLOR";
/// Time limit of one request.
pub const REQUEST_TIMEOUT: &str = "BRUME_REQUEST_TIMEOUT";
/// Plugin folders, searched first.
pub const PLUGIN_PATH: &str = "BRUME_PLUGIN_PATH";
/// Set by the completion scripts to the name of the shell.
pub const COMPLETE: &str = "BRUME_COMPLETE";
/// Time for a plugin to complete a word.
pub const COMPLETION_TIMEOUT_MS: &str = "BRUME_COMPLETION_TIMEOUT_MS";
/// The program that hosts the emulators.
pub const EMULATORS: &str = "BRUME_EMULATORS";
/// Where GitHub Actions reads variables for later steps from.
pub const GITHUB_ENV: &str = "GITHUB_ENV";
/// The user's shell.
pub const SHELL: &str = "SHELL";

/// Every variable that the core reads, in the order of the manual page.
pub const VARIABLES: &[Variable] = &[
    Variable { name: CONTEXT, meaning: "Context to use, below --local and --context." },
    Variable {
        name: INSTANCE,
        meaning: "Emulator instance that --local means; default `default`.",
    },
    Variable { name: NAMESPACE, meaning: "Kubernetes namespace, below --namespace." },
    Variable { name: OUTPUT, meaning: "Output form, below --output." },
    Variable { name: COLOR, meaning: "auto, always or never, below --color." },
    Variable { name: REQUEST_TIMEOUT, meaning: "Time limit of one request, such as 30s." },
    Variable { name: PLUGIN_PATH, meaning: "Folders with plugins, separated by colons." },
    Variable {
        name: COMPLETION_TIMEOUT_MS,
        meaning: "Milliseconds, 10 to 10000, for a plugin to complete a word; default 150.",
    },
    Variable { name: EMULATORS, meaning: "Path of brume-emulators, when it is not beside brume." },
    Variable { name: "BRUME_CONFIG_DIR", meaning: "In place of $XDG_CONFIG_HOME/brume." },
    Variable { name: "BRUME_CACHE_DIR", meaning: "In place of $XDG_CACHE_HOME/brume." },
    Variable { name: "BRUME_DATA_DIR", meaning: "In place of $XDG_DATA_HOME/brume." },
    Variable { name: "BRUME_STATE_DIR", meaning: "In place of $XDG_STATE_HOME/brume." },
    Variable { name: "BRUME_RUNTIME_DIR", meaning: "In place of $XDG_RUNTIME_DIR/brume." },
    Variable { name: "NO_COLOR", meaning: "Not empty: no colour, unless --color says otherwise." },
    Variable { name: "CLICOLOR_FORCE", meaning: "Not empty and not 0: colour even in a pipe." },
    Variable { name: "CLICOLOR", meaning: "0: no colour." },
    Variable { name: "EDITOR", meaning: "Editor of `brume config edit`; VISUAL comes first." },
    Variable { name: SHELL, meaning: "Whose form `brume env` prints without --shell." },
    Variable { name: GITHUB_ENV, meaning: "File that `brume env --shell github` adds to." },
];

/// The environment of the process, or a fixed one in a test.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    fixed: Option<BTreeMap<String, OsString>>,
}

impl Environment {
    /// The environment of this process, read at each question.
    #[must_use]
    pub fn process() -> Self {
        Self::default()
    }

    /// An environment that holds `pairs` and nothing else.
    #[must_use]
    pub fn fixed<N: Into<String>, V: Into<OsString>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { fixed: Some(pairs.collect()) }
    }

    /// The value of a variable; one that is empty counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<OsString> {
        let value = match &self.fixed {
            Some(pairs) => pairs.get(name).cloned(),
            None => std::env::var_os(name),
        };
        value.filter(|value| !value.is_empty())
    }

    /// The value of a variable as text; one that is not UTF-8 counts as not set.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.into_string().ok()
    }
}
