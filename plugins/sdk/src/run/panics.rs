//! Contains panics: a bug in a plugin becomes a short report.

use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::error::{Error, ExitCode};

thread_local! {
    /// Whether this thread runs under [`catch`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// What the hook saw on this thread.
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// What is known of a panic.
#[derive(Clone, Debug, Default)]
pub struct Panic {
    /// Its message and place in the source.
    pub message: String,
    /// The stack, when `BRUME_BACKTRACE` asks for it.
    pub backtrace: Option<String>,
}

/// Runs `work`; a panic on this thread is returned and prints nothing by itself.
///
/// # Errors
/// The panic.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    install_hook();
    let outer = GUARDED.replace(true);
    // Nothing that `work` leaves half-done is looked at again, except the output buffers, whose
    // content is valid at any point.
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    result.map_err(|_| LAST.take().unwrap_or_default())
}

/// Puts a hook of ours before the one that is there; panics outside [`catch`] still reach that.
///
/// A library has a hook of its own: its copy of the standard library is not the core's.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(
            move |info| {
                if GUARDED.get() { remember(info) } else { previous(info) }
            },
        ));
    });
}

fn remember(info: &PanicHookInfo<'_>) {
    let what = info.payload_as_str().unwrap_or("unknown reason");
    let message = match info.location() {
        Some(place) => format!("{what}, at {}:{}", place.file(), place.line()),
        None => what.to_owned(),
    };
    // Not `RUST_BACKTRACE`, which many have set for their own programs.
    let backtrace = std::env::var_os("BRUME_BACKTRACE").filter(|value| !value.is_empty());
    let backtrace = backtrace.map(|_| Backtrace::force_capture().to_string());
    LAST.set(Some(Panic { message, backtrace }));
}

/// The report of a panic in a plugin.
#[must_use]
pub fn report(name: &str, version: &str, panic: &Panic) -> Error {
    let mut error =
        Error::new(ExitCode::Internal, format!("plugin {name} {version} stopped: a bug in it"));
    if !panic.message.is_empty() {
        error = error.cause(&panic.message);
    }
    if let Some(backtrace) = &panic.backtrace {
        error = error.cause(backtrace);
    }
    error
        .hint("please report it to the plugin's author, with the command and the lines above")
        .hint("BRUME_BACKTRACE=1 in the environment adds the stack")
}
