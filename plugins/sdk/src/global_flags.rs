//! brume's global flags: one table for parsing, help, completion and the check of plugins.
//!
//! They may stand anywhere before `--`; whoever hands over takes them out, so that a plugin never
//! sees them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::duration::parse_duration_ms;
use crate::error::{Error, Result};
use crate::invocation::DryRun;

/// How a global flag takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// The next argument, or what follows `=`.
    Value,
    /// Only what follows `=`.
    OptionalValue,
}

/// One global flag.
#[derive(Clone, Copy, Debug)]
pub struct GlobalFlag {
    /// `--long`, without dashes.
    pub long: &'static str,
    /// `-s`.
    pub short: Option<char>,
    /// Whether it takes a value.
    pub takes: Takes,
    /// Placeholder of the value; empty when it takes none.
    pub value: &'static str,
    /// One line of help.
    pub help: &'static str,
}

const fn flag(
    long: &'static str,
    short: Option<char>,
    takes: Takes,
    value: &'static str,
    help: &'static str,
) -> GlobalFlag {
    GlobalFlag { long, short, takes, value, help }
}

/// Every global flag, in the order of the help page.
pub const GLOBAL_FLAGS: [GlobalFlag; 13] = [
    flag("local", Some('L'), Takes::Nothing, "", "Use the bundled emulators"),
    flag("context", None, Takes::Value, "NAME", "Use a context of the configuration"),
    flag("kubeconfig", None, Takes::Value, "FILE", "Use this kubeconfig"),
    flag("profile", None, Takes::Value, "NAME", "Use this AWS profile"),
    flag("region", None, Takes::Value, "REGION", "Use this AWS region"),
    flag("endpoint-url", None, Takes::Value, "URL", "Send AWS requests there"),
    flag("namespace", Some('n'), Takes::Value, "NAMESPACE", "Use this Kubernetes namespace"),
    flag("output", Some('o'), Takes::Value, "FORMAT", "Print in this form"),
    flag("color", None, Takes::Value, "WHEN", "Colour: auto, always or never"),
    flag("yes", Some('y'), Takes::Nothing, "", "Ask no questions"),
    flag("dry-run", None, Takes::OptionalValue, "WHERE", "Change nothing: none, client or server"),
    flag("verbose", Some('v'), Takes::Nothing, "", "Say more; repeat for still more"),
    flag("request-timeout", None, Takes::Value, "DURATION", "Give up on a request after this"),
];

/// What `--color` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// By environment and terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    /// The choice that is written so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::Always, Self::Never].into_iter().find(|choice| choice.name() == name)
    }

    /// How the choice is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// The global flags as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GlobalFlags {
    /// `--local`.
    pub local: bool,
    /// `--context`.
    pub context: Option<String>,
    /// `--kubeconfig`.
    pub kubeconfig: Option<OsString>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--namespace`.
    pub namespace: Option<String>,
    /// `--output`.
    pub output: Option<String>,
    /// `--color`.
    pub color: Option<ColorChoice>,
    /// `--yes`.
    pub yes: bool,
    /// `--dry-run`.
    pub dry_run: DryRun,
    /// Number of `-v`.
    pub verbosity: u8,
    /// `--request-timeout` in milliseconds.
    pub request_timeout_ms: Option<u64>,
}

impl GlobalFlags {
    /// Takes the global flags out of `arguments`; the rest keeps its order, `--` included.
    ///
    /// # Errors
    /// Usage, when a value is missing, superfluous or not understood.
    pub fn extract(arguments: impl IntoIterator<Item = OsString>) -> Result<(Self, Vec<OsString>)> {
        Self::scan(arguments, false)
    }

    /// Takes only the global flags before the first other argument; the rest is left as it is.
    ///
    /// # Errors
    /// As for [`GlobalFlags::extract`].
    pub fn extract_leading(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<(Self, Vec<OsString>)> {
        Self::scan(arguments, true)
    }

    fn scan(
        arguments: impl IntoIterator<Item = OsString>,
        leading_only: bool,
    ) -> Result<(Self, Vec<OsString>)> {
        let mut flags = Self::default();
        let mut rest = Vec::new();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let found = if argument == "--" { None } else { recognise(&argument) };
            let Some(found) = found else {
                let ends = leading_only || argument == "--";
                rest.push(argument);
                if ends {
                    rest.extend(arguments);
                    break;
                }
                continue;
            };
            for (flag, attached) in found {
                flags.take(flag, attached, &mut arguments)?;
            }
        }
        Ok((flags, rest))
    }

    fn take(
        &mut self,
        flag: &GlobalFlag,
        attached: Option<OsString>,
        arguments: &mut impl Iterator<Item = OsString>,
    ) -> Result<()> {
        let value = match (flag.takes, attached) {
            (Takes::Nothing, Some(_)) => {
                return Err(Error::usage(format!("--{} takes no value", flag.long)));
            }
            (Takes::Value, None) => arguments.next().ok_or_else(|| {
                Error::usage(format!("--{} needs a value", flag.long))
                    .hint(format!("--{} {}", flag.long, flag.value))
            })?,
            (_, attached) => attached.unwrap_or_default(),
        };
        if flag.long == "kubeconfig" {
            self.kubeconfig = Some(value);
            return Ok(());
        }
        let value = value
            .into_string()
            .map_err(|_| Error::usage(format!("the value of --{} is not UTF-8", flag.long)))?;
        self.set(flag.long, value)
    }

    fn set(&mut self, long: &str, value: String) -> Result<()> {
        match long {
            "local" => self.local = true,
            "context" => self.context = Some(value),
            "profile" => self.profile = Some(value),
            "region" => self.region = Some(value),
            "endpoint-url" => self.endpoint_url = Some(value),
            "namespace" => self.namespace = Some(value),
            "output" => self.output = Some(value),
            "color" => self.color = Some(color(&value)?),
            "yes" => self.yes = true,
            "dry-run" => self.dry_run = dry_run(&value)?,
            "verbose" => self.verbosity = self.verbosity.saturating_add(1),
            "request-timeout" => {
                let duration_ms = parse_duration_ms(&value)
                    .map_err(|cause| Error::usage("--request-timeout is wrong").cause(cause))?;
                self.request_timeout_ms = Some(duration_ms);
            }
            _ => {}
        }
        Ok(())
    }
}

fn color(value: &str) -> Result<ColorChoice> {
    ColorChoice::from_name(value).ok_or_else(|| {
        Error::usage(format!("--color cannot be '{value}'"))
            .cause("it is one of auto, always, never")
    })
}

fn dry_run(value: &str) -> Result<DryRun> {
    match value {
        "" | "client" => Ok(DryRun::Client),
        "server" => Ok(DryRun::Server),
        "none" => Ok(DryRun::None),
        _ => Err(Error::usage(format!("--dry-run cannot be '{value}'"))
            .cause("it is one of none, client, server")),
    }
}

type Found = Vec<(&'static GlobalFlag, Option<OsString>)>;

/// Finds the global flags in one argument: `--long`, `--long=VALUE`, or a cluster of short ones.
///
/// A cluster that holds a letter which is not ours belongs to the plugin as a whole.
fn recognise(argument: &OsStr) -> Option<Found> {
    let bytes = argument.as_bytes();
    if let Some(long) = bytes.strip_prefix(b"--") {
        let mut parts = long.splitn(2, |byte| *byte == b'=');
        let name = parts.next()?;
        let flag = GLOBAL_FLAGS.iter().find(|flag| flag.long.as_bytes() == name)?;
        return Some(vec![(flag, parts.next().map(|value| OsStr::from_bytes(value).into()))]);
    }
    let mut letters = bytes.strip_prefix(b"-")?;
    let mut found = Found::new();
    while let Some((letter, tail)) = letters.split_first() {
        let flag = GLOBAL_FLAGS.iter().find(|flag| flag.short == Some(char::from(*letter)))?;
        if flag.takes == Takes::Value {
            let value = tail.strip_prefix(b"=").unwrap_or(tail);
            let attached = (!tail.is_empty()).then(|| OsStr::from_bytes(value).into());
            found.push((flag, attached));
            return Some(found);
        }
        found.push((flag, None));
        letters = tail;
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extract(line: &str) -> Result<(GlobalFlags, String)> {
        let words = line.split(' ').filter(|word| !word.is_empty()).map(OsString::from);
        let (flags, rest) = GlobalFlags::extract(words)?;
        let rest: Vec<_> = rest.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Ok((flags, rest.join(" ")))
    }

    #[test]
    fn flags_are_taken_from_anywhere_before_the_dashes() {
        let (flags, rest) =
            extract("pods -o json --recursive --context=prod -n shop x -- -o yaml").unwrap();
        assert_eq!(rest, "pods --recursive x -- -o yaml");
        assert_eq!(flags.output.as_deref(), Some("json"));
        assert_eq!(flags.context.as_deref(), Some("prod"));
        assert_eq!(flags.namespace.as_deref(), Some("shop"));
    }

    #[test]
    fn short_flags_cluster_and_carry_values() {
        let (flags, rest) = extract("-Lvvojson -n=shop -i -iy").unwrap();
        assert!(flags.local && !flags.yes);
        assert_eq!((flags.verbosity, flags.output.as_deref()), (2, Some("json")));
        assert_eq!(flags.namespace.as_deref(), Some("shop"));
        assert_eq!(rest, "-i -iy");
    }

    #[test]
    fn dry_run_takes_its_value_only_after_an_equals_sign() {
        assert_eq!(extract("--dry-run server").unwrap().0.dry_run, DryRun::Client);
        assert_eq!(extract("--dry-run=server").unwrap().0.dry_run, DryRun::Server);
    }

    #[test]
    fn leading_flags_end_at_the_first_other_argument() {
        let words = "-L -o json tool -o yaml --local".split(' ').map(OsString::from);
        let (flags, rest) = GlobalFlags::extract_leading(words).unwrap();
        assert_eq!(flags.output.as_deref(), Some("json"));
        assert_eq!(rest, ["tool", "-o", "yaml", "--local"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for line in
            ["--context", "-o", "--yes=1", "--color=red", "--dry-run=x", "--request-timeout=soon"]
        {
            assert_eq!(extract(line).unwrap_err().code, crate::ExitCode::Usage, "{line}");
        }
    }

    #[test]
    fn other_arguments_are_left_alone() {
        for line in ["-", "--", "--outputs x", "--find=-o", "-h", "--help"] {
            assert_eq!(extract(line).unwrap(), (GlobalFlags::default(), line.to_owned()));
        }
    }
}
