//! Second stage of the command line: flags, environment and configuration become settings.
//!
//! In: what was typed and the merged [`Config`]. Out: an [`Invocation`] without a target.

use std::path::Path;

use brume_plugin::duration::parse_duration_ms;
use brume_plugin::error::{Error, Result};
use brume_plugin::global_flags::{ColorChoice, GlobalFlags};
use brume_plugin::invocation::{Core, Directories, Invocation, Output};
use brume_plugin::terminal;

use crate::config::{Config, Scalar};
use crate::environment::{self, Environment};

/// Version of the context document.
const API: &str = "brume/v1";

/// Resolves everything but the target.
///
/// # Errors
/// Usage, when a variable has a value that is not understood; flags and files were checked before.
pub fn resolve(
    flags: &GlobalFlags,
    config: &Config,
    environment: &Environment,
    directories: Directories,
    executable: &Path,
) -> Result<Invocation> {
    let color = checked(config, "color", |text| {
        ColorChoice::from_name(text).ok_or_else(|| "it is one of auto, always, never".to_owned())
    })?;
    let request_timeout_ms = checked(config, "request-timeout", parse_duration_ms)?;
    Ok(Invocation {
        api: API.to_owned(),
        output: terminal::detect(
            color.unwrap_or_default(),
            config.text("output").map(str::to_owned),
            &|name| environment.text(name),
        ),
        verbosity: flags.verbosity,
        dry_run: flags.dry_run,
        assume_yes: flags.yes,
        request_timeout_ms: request_timeout_ms.filter(|ms| *ms > 0),
        core: Core {
            executable: executable.to_path_buf(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        directories,
        target: Default::default(),
    })
}

/// What an error is printed to before the settings are known.
#[must_use]
pub fn early_output(flags: &GlobalFlags, environment: &Environment) -> Output {
    let color =
        flags.color.or_else(|| ColorChoice::from_name(&environment.text(environment::COLOR)?));
    let format = flags.output.clone().or_else(|| environment.text(environment::OUTPUT));
    terminal::detect(color.unwrap_or_default(), format, &|name| environment.text(name))
}

fn checked<T>(
    config: &Config,
    key: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>> {
    let Some(entry) = config.settings.get(key) else { return Ok(None) };
    let Scalar::Text(text) = &entry.value else { return Ok(None) };
    parse(text).map(Some).map_err(|reason| {
        Error::usage(format!("{} cannot be '{text}'", entry.origin)).cause(reason)
    })
}
