//! The child's side of a question to a library: brume itself, started to load just that one.
//!
//! A library that hangs or aborts over the question takes only this process with it.

use std::ffi::OsString;
use std::path::Path;

use brume_plugin::error::{Error, Result};
use brume_plugin::host::{Host as _, ProcessHost, Stream};

use super::{executable, library, permissions};

/// Answers `COMMAND NAME PATH [WORDS…]`.
///
/// # Errors
/// When the library cannot be loaded; nobody reads more than the exit code.
pub fn run(words: &[OsString]) -> Result<u8> {
    let [command, name, path, words @ ..] = words else {
        return Err(Error::usage("this command is for brume itself").hint("brume --help"));
    };
    let name = name.to_string_lossy();
    let path = Path::new(path);
    let library = permissions::check(path, rustix::process::getuid().as_raw())
        .and_then(|()| library::load(path, &name))
        .map_err(|problem| problem.error(&name, path))?;
    if command == library::METADATA_COMMAND {
        ProcessHost.write(Stream::Stdout, library.manifest())?;
        return Ok(0);
    }
    let context = executable::inherited()?;
    Ok(u8::try_from(library.complete(words, &context)).unwrap_or(1))
}
