//! The library form: from the C ABI to [`super::execute`] and back.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use brume_abi::{
    ABI_MAJOR, ABI_MINOR, Bytes, Descriptor, Host as AbiHost, Invocation as AbiInvocation, MAGIC,
    STREAM_STDERR, STREAM_STDOUT,
};

use crate::error::ExitCode;
use crate::host::{Host, Stream};
use crate::invocation::Invocation;
use crate::plugin::Plugin;
use crate::run::{complete, execute, panics};

/// Exports a plugin from a `cdylib` crate: the crate's whole source is this one line.
///
/// ```ignore
/// brume_plugin::export_plugin!(brume_explain::Explain);
/// ```
#[macro_export]
macro_rules! export_plugin {
    ($plugin:ty) => {
        const _: () = {
            extern "C" fn manifest() -> $crate::abi::Bytes {
                static MANIFEST: ::std::sync::OnceLock<::std::string::String> =
                    ::std::sync::OnceLock::new();
                $crate::run::library::manifest::<$plugin>(&MANIFEST)
            }
            static DESCRIPTOR: $crate::abi::Descriptor =
                $crate::run::library::descriptor::<$plugin>(manifest);
            #[unsafe(no_mangle)]
            extern "C" fn brume_plugin_v1() -> *const $crate::abi::Descriptor {
                &raw const DESCRIPTOR
            }
        };
    };
}

/// The descriptor of a plugin; [`export_plugin!`](crate::export_plugin) calls this.
#[must_use]
pub const fn descriptor<P: Plugin>(manifest: extern "C" fn() -> Bytes) -> Descriptor {
    Descriptor {
        magic: MAGIC,
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        size: size_of::<Descriptor>(),
        name: Bytes::new(P::NAME.as_bytes()),
        manifest,
        run: run_entry::<P>,
        complete: complete_entry::<P>,
    }
}

/// The manifest as JSON, made once; empty when the plugin panics over it.
pub fn manifest<P: Plugin>(cell: &'static OnceLock<String>) -> Bytes {
    let text = cell.get_or_init(|| panics::catch(manifest_json::<P>).unwrap_or_default());
    Bytes::new(text.as_bytes())
}

/// The manifest as JSON on one line.
pub(crate) fn manifest_json<P: Plugin>() -> String {
    serde_json::to_string(&crate::command_tree::manifest::<P>()).unwrap_or_default()
}

extern "C" fn run_entry<P: Plugin>(host: *const AbiHost, invocation: *const AbiInvocation) -> i32 {
    enter(host, invocation, |host, arguments, invocation| execute::<P>(arguments, invocation, host))
}

extern "C" fn complete_entry<P: Plugin>(
    host: *const AbiHost,
    invocation: *const AbiInvocation,
) -> i32 {
    enter(host, invocation, |host, arguments, invocation| {
        let words: Vec<String> =
            arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        complete::<P>(&words, invocation, host)
    })
}

/// Reads what the core passed; nothing unwinds out of here.
fn enter(
    host: *const AbiHost,
    invocation: *const AbiInvocation,
    work: impl FnOnce(&LibraryHost<'_>, Vec<OsString>, &Invocation) -> ExitCode,
) -> i32 {
    let outcome = panics::catch(|| {
        // SAFETY: the core passes pointers that stay valid until we return, or null.
        let (Some(host), Some(call)) = (unsafe { (host.as_ref(), invocation.as_ref()) }) else {
            return ExitCode::PluginLoad;
        };
        if host.size < size_of::<AbiHost>() || call.size < size_of::<AbiInvocation>() {
            return ExitCode::PluginLoad;
        }
        // SAFETY: the core's `Invocation` holds valid pointers until we return.
        let (arguments, context) = unsafe { (arguments(call), call.context_json.as_slice()) };
        match serde_json::from_slice(context) {
            Ok(invocation) => work(&LibraryHost(host), arguments, &invocation),
            Err(_) => ExitCode::PluginLoad,
        }
    });
    i32::from(outcome.unwrap_or(ExitCode::Internal).number())
}

/// # Safety
/// `call.arguments` must be valid for `call.argument_count` items, each of them valid.
unsafe fn arguments(call: &AbiInvocation) -> Vec<OsString> {
    if call.arguments.is_null() || call.argument_count == 0 {
        return Vec::new();
    }
    // SAFETY: the caller vouches for the array and for each item.
    let items = unsafe { std::slice::from_raw_parts(call.arguments, call.argument_count) };
    items
        .iter()
        // SAFETY: as above.
        .map(|bytes| OsStr::from_bytes(unsafe { bytes.as_slice() }).to_owned())
        .collect()
}

/// The core, seen through the C ABI.
#[derive(Debug)]
struct LibraryHost<'a>(&'a AbiHost);

// SAFETY: the ABI allows every function of a host to be called from any thread.
unsafe impl Sync for LibraryHost<'_> {}
// SAFETY: as above.
unsafe impl Send for LibraryHost<'_> {}

impl Host for LibraryHost<'_> {
    fn write(&self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let number = match stream {
            Stream::Stdout => STREAM_STDOUT,
            Stream::Stderr => STREAM_STDERR,
        };
        let result = (self.0.write)(self.0.context, number, Bytes::new(bytes));
        if result >= 0 {
            return Ok(());
        }
        let errno = result.checked_neg().and_then(|errno| i32::try_from(errno).ok());
        Err(errno.map_or_else(|| io::ErrorKind::Other.into(), io::Error::from_raw_os_error))
    }

    fn is_cancelled(&self) -> bool {
        (self.0.cancelled)(self.0.context) != 0
    }

    fn cancel_fd(&self) -> Option<BorrowedFd<'_>> {
        // SAFETY: the core keeps the descriptor open for as long as its host lives.
        (self.0.cancel_fd >= 0).then(|| unsafe { BorrowedFd::borrow_raw(self.0.cancel_fd) })
    }
}
