//! The manifest: what a plugin says of itself, so that help and completion need not load it.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ExitCode, Result};

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

/// Largest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 1 << 20;

/// The only version of the document so far.
const SCHEMA: u32 = 1;

impl Manifest {
    /// Reads a manifest from whichever source it came.
    ///
    /// # Errors
    /// When it is larger than [`MANIFEST_BYTES_MAX`], no JSON of this shape, of another schema
    /// version, or has a name that no command can have. Exit code 125.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let refuse = || Error::new(ExitCode::PluginLoad, "the plugin's manifest is not usable");
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(refuse().cause("it is larger than 1 MiB"));
        }
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| refuse().source(&error))?;
        if manifest.schema != SCHEMA {
            return Err(refuse().cause(format!(
                "it has schema version {}, this core reads {SCHEMA}",
                manifest.schema
            )));
        }
        if !is_plugin_name(&manifest.name) {
            return Err(refuse()
                .cause(format!("'{}' is no name for a plugin", manifest.name.escape_default()))
                .cause(
                    "a name has lower-case letters, digits and dashes, and begins with a letter",
                ));
        }
        Ok(manifest)
    }
}

/// Says whether `name` can stand behind `brume`: lower-case letters, digits and single dashes, 64
/// bytes at most, a letter first and no dash last.
#[must_use]
pub fn is_plugin_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len())
        && name.bytes().all(allowed)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_used_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "EOF"),
            ("[]", "schema version 0"),
            ("{}", "schema version 0"),
            (r#"{"schema":2,"name":"a"}"#, "schema version 2"),
            (r#"{"schema":1,"name":"../a"}"#, "'../a' is no name"),
            (r#"{"schema":1,"name":"-a"}"#, "is no name"),
        ] {
            let error = Manifest::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.code, ExitCode::PluginLoad);
            assert!(error.causes.join(" ").contains(reason), "{text}: {:?}", error.causes);
        }
        assert!(Manifest::parse(&vec![b' '; MANIFEST_BYTES_MAX + 1]).is_err());
        let later = br#"{"schema":1,"name":"sns-dlq","added-later":true}"#;
        assert_eq!(Manifest::parse(later).unwrap().name, "sns-dlq");
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in any::<Vec<u8>>()) {
            let _ = Manifest::parse(&bytes);
        }
    }
}
