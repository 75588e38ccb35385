//! The C ABI between the core and a plugin library.
//!
//! In: the address of one exported function, [`ENTRY_SYMBOL`]. Out: a [`Descriptor`], whose
//! functions the core calls with a [`Host`] and an [`Invocation`]. Never here: Rust types with an
//! unstable layout, allocation that one side makes and the other frees, panics that cross the
//! border.
//!
//! Rules for a change: fields are only appended; a reader checks `size` before it touches a field
//! that was not in version 1.0; [`ABI_MAJOR`] rises when an old reader would misread a new struct,
//! [`ABI_MINOR`] when a field is appended. Majors must be equal, minors may differ both ways.
#![no_std]

use core::ffi::c_void;

/// First field of every [`Descriptor`]: the bytes `brumeplg` read as a little-endian number.
pub const MAGIC: u64 = u64::from_le_bytes(*b"brumeplg");

/// Version of the struct layouts; core and plugin must agree.
pub const ABI_MAJOR: u32 = 1;

/// Number of compatible additions since the major version; may differ between core and plugin.
pub const ABI_MINOR: u32 = 0;

/// The one symbol that a plugin library exports, a function of type [`EntryPoint`].
pub const ENTRY_SYMBOL: &str = "brume_plugin_v1";

/// [`Host::write`]'s number for standard output.
pub const STREAM_STDOUT: u32 = 1;

/// [`Host::write`]'s number for standard error.
pub const STREAM_STDERR: u32 = 2;

/// Returns the library's descriptor; it must stay valid for the life of the process.
pub type EntryPoint = unsafe extern "C" fn() -> *const Descriptor;

/// A borrowed run of bytes: UTF-8 unless a field says otherwise, never NUL-terminated.
///
/// An empty run may have a null pointer. The receiver never frees it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// First byte.
    pub pointer: *const u8,
    /// Number of bytes.
    pub length: usize,
}

impl Bytes {
    /// Borrows `bytes`; the caller keeps them alive for as long as the receiver may read.
    #[must_use]
    pub const fn new(bytes: &[u8]) -> Self {
        Self { pointer: bytes.as_ptr(), length: bytes.len() }
    }

    /// Views the run as a slice.
    ///
    /// # Safety
    /// `pointer` must be null, or valid for `length` bytes for the whole of `'a`.
    #[must_use]
    pub const unsafe fn as_slice<'a>(self) -> &'a [u8] {
        if self.pointer.is_null() || self.length == 0 {
            return &[];
        }
        // SAFETY: the caller vouches for pointer and length.
        unsafe { core::slice::from_raw_parts(self.pointer, self.length) }
    }
}

/// What a plugin library is, and how it is called.
#[repr(C)]
#[derive(Debug)]
pub struct Descriptor {
    /// [`MAGIC`]; anything else is not a brume plugin.
    pub magic: u64,
    /// [`ABI_MAJOR`] of the plugin.
    pub abi_major: u32,
    /// [`ABI_MINOR`] of the plugin.
    pub abi_minor: u32,
    /// `size_of::<Descriptor>()` of the plugin, in bytes.
    pub size: usize,
    /// The plugin's name, as in `brume NAME`.
    pub name: Bytes,
    /// Returns the manifest (JSON); made on the first call, valid for the life of the process.
    pub manifest: extern "C" fn() -> Bytes,
    /// Runs the command and returns its exit code (0..=255).
    pub run: extern "C" fn(*const Host, *const Invocation) -> i32,
    /// Writes completion candidates to stdout, one a line (`value` or `value TAB description`);
    /// the last argument is the word being completed. Returns 0, or nonzero for none.
    pub complete: extern "C" fn(*const Host, *const Invocation) -> i32,
}

// SAFETY: a descriptor is immutable, and its pointers are valid for the life of the process.
unsafe impl Sync for Descriptor {}
// SAFETY: as above; nothing in it belongs to a thread.
unsafe impl Send for Descriptor {}

/// What the core offers to a running plugin; valid until `run` or `complete` returns.
///
/// Every function may be called from any thread.
#[repr(C)]
#[derive(Debug)]
pub struct Host {
    /// `size_of::<Host>()` of the core, in bytes.
    pub size: usize,
    /// Opaque; the first argument of every function below.
    pub context: *mut c_void,
    /// Writes all bytes to a stream; returns 0, or the negated errno (`-EPIPE` when the reader
    /// left).
    pub write: extern "C" fn(*mut c_void, stream: u32, Bytes) -> i64,
    /// Returns 1 once the user asked to stop (Ctrl-C or a termination signal), else 0.
    pub cancelled: extern "C" fn(*mut c_void) -> u32,
    /// A file descriptor that becomes readable at that moment, or -1; never read from it.
    pub cancel_fd: i32,
}

/// One call of a plugin; valid until `run` or `complete` returns.
#[repr(C)]
#[derive(Debug)]
pub struct Invocation {
    /// `size_of::<Invocation>()` of the core, in bytes.
    pub size: usize,
    /// Number of arguments, the plugin's name excluded.
    pub argument_count: usize,
    /// The arguments; raw bytes on Unix, which may not be UTF-8.
    pub arguments: *const Bytes,
    /// The invocation context as JSON: target, output form, verbosity; holds no secrets.
    pub context_json: Bytes,
}
