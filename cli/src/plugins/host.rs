//! The core's side of the ABI: what a plugin library may ask for while it runs.

use std::ffi::{OsString, c_void};

use brume_abi::{Bytes, Host, Invocation, STREAM_STDERR, STREAM_STDOUT};
use brume_plugin::host::{Host as _, ProcessHost, Stream};

use super::library::borrow;
use crate::signals;

/// Calls a function of a library with our host.
pub(super) fn call(
    function: extern "C" fn(*const Host, *const Invocation) -> i32,
    arguments: &[OsString],
    context_json: &str,
) -> i32 {
    let host = Host {
        size: size_of::<Host>(),
        context: std::ptr::null_mut(),
        write,
        cancelled,
        cancel_fd: signals::cancel_fd(),
    };
    let arguments = borrow(arguments);
    let invocation = Invocation {
        size: size_of::<Invocation>(),
        argument_count: arguments.len(),
        arguments: arguments.as_ptr(),
        context_json: Bytes::new(context_json.as_bytes()),
    };
    function(&raw const host, &raw const invocation)
}

extern "C" fn write(_: *mut c_void, stream: u32, bytes: Bytes) -> i64 {
    let stream = match stream {
        STREAM_STDOUT => Stream::Stdout,
        STREAM_STDERR => Stream::Stderr,
        _ => return -i64::from(libc::EBADF),
    };
    // SAFETY: the ABI promises bytes that are valid until we return.
    match ProcessHost.write(stream, unsafe { bytes.as_slice() }) {
        Ok(()) => 0,
        Err(error) => -i64::from(error.raw_os_error().unwrap_or(libc::EIO)),
    }
}

extern "C" fn cancelled(_: *mut c_void) -> u32 {
    u32::from(signals::is_cancelled())
}
