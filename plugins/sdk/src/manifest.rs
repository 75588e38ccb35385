//! The manifest: what a plugin says of itself, so that help and completion need not load it.

use serde::{Deserialize, Serialize};

/// A plugin's metadata; the same JSON from a sidecar file, from `brume-NAME
/// brume-plugin-metadata`, and from the library's descriptor. Unknown keys are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Version of this document: 1.
    pub schema: u32,
    /// The word after `brume`.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// One line for listings.
    pub about: String,
    /// ABI as `major.minor`.
    pub abi: String,
    /// Oldest core that it works with, as `major.minor.patch`.
    pub min_core: String,
    /// What it reaches: `kubernetes`, `aws.sqs`, `aws.sns`, `aws.lambda`, `snowflake`, `argocd`.
    pub touches: Vec<String>,
    /// The command tree.
    pub command: CommandTree,
}

/// One command with its arguments, as help, man pages and completion need it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommandTree {
    /// Name of the command.
    pub name: String,
    /// One line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The whole description.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub long_about: String,
    /// Text after the options, examples for instance.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after_help: String,
    /// Other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Left out of listings.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Options and positional arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<ArgumentTree>,
    /// Commands below this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subcommands: Vec<CommandTree>,
}

/// One option or positional argument.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArgumentTree {
    /// Identifier inside the command.
    pub id: String,
    /// `--long`, without dashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long: Option<String>,
    /// `-s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short: Option<char>,
    /// Placeholders of the values; empty when it takes none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Values that are allowed; empty for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possible_values: Vec<String>,
    /// One of `file`, `directory`, `command`, `hostname`, `url`, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value_hint: String,
    /// One line of help.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// May be given more than once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeatable: bool,
    /// Must be given.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Left out of help.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}
