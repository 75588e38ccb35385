//! The invocation context: everything that the core resolved before it handed over.

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use brume_directories::Directories;
use serde::{Deserialize, Serialize};

/// The context of one command, as JSON between core and plugin; unknown keys are ignored.
///
/// Dylibs get it by pointer, executables on the inherited file descriptor that
/// `BRUME_CONTEXT_FD` names. It never holds a secret of a real cloud: plugins get profile and
/// context names and resolve credentials themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invocation {
    /// Version of this document: `brume/v1`.
    pub api: String,
    /// Where the command goes.
    pub target: Target,
    /// What to print, and to what.
    pub output: Output,
    /// How often `-v` was given.
    pub verbosity: u8,
    /// `--dry-run`.
    pub dry_run: DryRun,
    /// `--yes`: no question is asked.
    pub assume_yes: bool,
    /// `--request-timeout` in milliseconds; `None` leaves each client its default.
    pub request_timeout_ms: Option<u64>,
    /// The core that called.
    pub core: Core,
    /// Where brume keeps files; see [`Directories`].
    pub directories: Directories,
}

/// Where a command goes, resolved once by the core.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    /// Name of the context, or `ambient`, or `local`.
    pub name: String,
    /// Real cloud or emulator.
    pub kind: TargetKind,
    /// Name of the emulator instance when `kind` is emulated.
    pub instance: Option<String>,
    /// A mutating command must ask, or be told `--yes`.
    pub protected: bool,
    /// Kubernetes coordinates.
    pub kubernetes: KubernetesTarget,
    /// AWS coordinates.
    pub aws: AwsTarget,
    /// Snowflake coordinates.
    pub snowflake: SnowflakeTarget,
    /// Argo CD coordinates.
    pub argocd: ArgocdTarget,
}

/// Whether a target is a real cloud or a bundled emulator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// A real cloud.
    #[default]
    Real,
    /// A bundled emulator.
    Emulated,
}

/// What kubectl would need to reach the cluster; absent values mean kubectl's own defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KubernetesTarget {
    /// Kubeconfig files, first wins; empty means `$KUBECONFIG`, then `~/.kube/config`.
    pub kubeconfig: Vec<PathBuf>,
    /// Context inside the kubeconfig.
    pub context: Option<String>,
    /// Namespace (`-n`).
    pub namespace: Option<String>,
}

/// What the AWS default chain would need; absent values mean the chain's own defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AwsTarget {
    /// Named profile.
    pub profile: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Endpoint for every service (`--endpoint-url`, or the emulators' edge).
    pub endpoint_url: Option<String>,
    /// Endpoints by service name (`sqs`, `sns`, `lambda`), before `endpoint_url`.
    pub endpoint_urls: BTreeMap<String, String>,
}

/// Snowflake coordinates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SnowflakeTarget {
    /// Connection name in `connections.toml`.
    pub connection: Option<String>,
    /// Base URL of the emulator.
    pub endpoint_url: Option<String>,
}

/// Argo CD coordinates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArgocdTarget {
    /// Server address, `host:port`.
    pub server: Option<String>,
}

/// What to print, and to what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Output {
    /// `-o` as typed; `None` means the command's own default.
    pub format: Option<String>,
    /// Colour on standard output.
    pub stdout_color: bool,
    /// Colour on standard error.
    pub stderr_color: bool,
    /// Columns of the terminal; 80 when there is none.
    pub width: u16,
    /// Standard input is a terminal: one may ask.
    pub stdin_terminal: bool,
    /// Standard output is a terminal.
    pub stdout_terminal: bool,
    /// Standard error is a terminal: progress may be shown.
    pub stderr_terminal: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            format: None,
            stdout_color: false,
            stderr_color: false,
            width: 80,
            stdin_terminal: false,
            stdout_terminal: false,
            stderr_terminal: false,
        }
    }
}

/// `--dry-run`, with kubectl's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DryRun {
    /// Do it.
    #[default]
    None,
    /// Say what would be sent; send nothing that changes anything.
    Client,
    /// Send it marked as a dry run, where the server knows such a thing.
    Server,
}

/// The core that called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Core {
    /// Path of the `brume` binary.
    pub executable: PathBuf,
    /// Its version.
    pub version: String,
}
