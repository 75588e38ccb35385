//! The executable form: `brume-NAME`, called by the core or by hand.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write as _};

use crate::error::{Error, ExitCode, Result};
use crate::global_flags::GlobalFlags;
use crate::host::ProcessHost;
use crate::invocation::{Directories, Invocation, Target};
use crate::plugin::Plugin;
use crate::run::{complete, execute, library, report};
use crate::terminal;

/// First argument that asks for the manifest.
pub const METADATA_COMMAND: &str = "brume-plugin-metadata";

/// First argument that asks for completion candidates of the words after it.
pub const COMPLETE_COMMAND: &str = "brume-plugin-complete";

/// Largest context document, in bytes.
const CONTEXT_BYTES_MAX: u64 = 1 << 20;

/// Runs a plugin as a process of its own: the whole of its `main`.
///
/// The core hands the context over on a file descriptor (`BRUME_CONTEXT_FD`) or in a file
/// (`BRUME_CONTEXT_FILE`). Without either, the plugin was called by hand: it takes brume's global
/// flags itself and goes where kubectl and aws would go by themselves.
#[must_use]
pub fn standalone<P: Plugin>() -> std::process::ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = arguments.first().and_then(|first| first.to_str()).map(str::to_owned);
    let code = match first.as_deref() {
        Some(METADATA_COMMAND) => print_manifest::<P>(),
        Some(COMPLETE_COMMAND) => {
            let words = arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
            let words: Vec<String> = words.collect();
            let invocation = given_context().ok().flatten().unwrap_or_default();
            complete::<P>(&words, &invocation, &ProcessHost)
        }
        _ => match context::<P>(&mut arguments) {
            Ok(invocation) => execute::<P>(arguments, &invocation, &ProcessHost),
            Err(error) => {
                let output = terminal::detect(Default::default(), None, &environment);
                report(&error, &Invocation { output, ..Invocation::default() }, &ProcessHost);
                error.code
            }
        },
    };
    std::process::ExitCode::from(code.number())
}

fn print_manifest<P: Plugin>() -> ExitCode {
    let text = library::manifest_json::<P>();
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::Ok,
        Err(_) => ExitCode::Failed,
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The context that the core handed over, else the ambient one; takes the global flags out.
fn context<P: Plugin>(arguments: &mut Vec<OsString>) -> Result<Invocation> {
    if let Some(invocation) = given_context()? {
        return Ok(invocation);
    }
    let (flags, rest) = GlobalFlags::extract(std::mem::take(arguments))?;
    *arguments = rest;
    ambient(P::NAME, flags)
}

fn given_context() -> Result<Option<Invocation>> {
    let path = match (environment("BRUME_CONTEXT_FD"), std::env::var_os("BRUME_CONTEXT_FILE")) {
        (Some(number), _) => match number.parse::<u32>() {
            // Opening it anew starts at its beginning, wherever the writer left off.
            Ok(number) => format!("/dev/fd/{number}").into(),
            Err(_) => {
                return Err(Error::new(
                    ExitCode::PluginLoad,
                    "BRUME_CONTEXT_FD is not the number of a file descriptor",
                ));
            }
        },
        (None, Some(path)) => std::path::PathBuf::from(path),
        (None, None) => return Ok(None),
    };
    let unreadable = || {
        Error::new(ExitCode::PluginLoad, "cannot read the context that brume should have passed")
            .hint("env -u BRUME_CONTEXT_FD -u BRUME_CONTEXT_FILE to run this plugin by hand")
    };
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(CONTEXT_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|error| unreadable().source(&error))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable().source(&error))
}

/// Where kubectl and aws would go by themselves, refined by the flags.
fn ambient(name: &str, flags: GlobalFlags) -> Result<Invocation> {
    if flags.local || flags.context.is_some() {
        // Contexts and emulators are the core's business: it reads the configuration.
        let flag = if flags.local { "--local" } else { "--context" };
        return Err(Error::usage(format!("{flag} needs brume itself"))
            .cause("this plugin was started without it")
            .hint(format!("brume {flag} {name}")));
    }
    let mut target = Target { name: "ambient".to_owned(), ..Target::default() };
    target.kubernetes.kubeconfig = flags.kubeconfig.into_iter().map(Into::into).collect();
    target.kubernetes.namespace = flags.namespace;
    target.aws.profile = flags.profile;
    target.aws.region = flags.region;
    target.aws.endpoint_url = flags.endpoint_url;
    Ok(Invocation {
        api: "brume/v1".to_owned(),
        target,
        output: terminal::detect(flags.color.unwrap_or_default(), flags.output, &environment),
        verbosity: flags.verbosity,
        dry_run: flags.dry_run,
        assume_yes: flags.yes,
        request_timeout_ms: flags.request_timeout_ms,
        core: Default::default(),
        directories: Directories::find(|name| std::env::var_os(name))?,
    })
}
