//! Loads a plugin library and checks its descriptor; it stays loaded until the process ends.

use std::ffi::{OsString, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use brume_abi::{ABI_MAJOR, ABI_MINOR, Bytes, Descriptor, ENTRY_SYMBOL, EntryPoint, MAGIC};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::{Problem, elf, host};

/// First argument that has the core load a library and print its manifest.
pub const METADATA_COMMAND: &str = "__plugin-metadata";

/// First argument that has the core load a library and print its completion candidates.
pub const COMPLETE_COMMAND: &str = "__plugin-complete";

/// Most bytes of a name that a descriptor may give.
const NAME_BYTES_MAX: usize = 256;

/// The first fields of every descriptor, whatever its version.
#[repr(C)]
#[derive(Clone, Copy)]
struct Header {
    magic: u64,
    abi_major: u32,
    abi_minor: u32,
    size: usize,
}

/// A library that is loaded and speaks our ABI.
#[derive(Clone, Copy, Debug)]
pub struct Loaded {
    descriptor: &'static Descriptor,
}

/// Loads the library at `path`, which must call itself `name`.
///
/// The constructors of the library run here, and nothing can contain those: check permissions and
/// trust before.
///
/// # Errors
/// The reason why it is not a plugin that this core can run.
pub fn load(path: &Path, name: &str) -> Result<Loaded, Problem> {
    elf::check(path)?;
    let entry = entry_point(path)?;
    // SAFETY: the symbol has the type that ENTRY_SYMBOL promises; it takes nothing.
    let descriptor = unsafe { entry() };
    let loaded = Loaded { descriptor: examine(descriptor)? };
    match loaded.name() {
        Some(actual) if actual == name => Ok(loaded),
        Some(actual) => Err(Problem::NameMismatch { actual: actual.to_owned() }),
        None => Err(Problem::Broken("its name makes no sense".to_owned())),
    }
}

impl Loaded {
    /// The manifest, as the plugin gives it.
    #[must_use]
    pub fn manifest(&self) -> &'static [u8] {
        let bytes = (self.descriptor.manifest)();
        // SAFETY: the ABI promises bytes that stay valid for the life of the process.
        unsafe { bytes.as_slice() }
    }

    /// Runs the command and returns its exit code.
    #[must_use]
    pub fn run(&self, arguments: &[OsString], context_json: &str) -> i32 {
        host::call(self.descriptor.run, arguments, context_json)
    }

    /// Has the plugin print completion candidates.
    #[must_use]
    pub fn complete(&self, words: &[OsString], context_json: &str) -> i32 {
        host::call(self.descriptor.complete, words, context_json)
    }

    fn name(&self) -> Option<&'static str> {
        let name = self.descriptor.name;
        if name.length > NAME_BYTES_MAX {
            return None;
        }
        // SAFETY: the ABI promises bytes that stay valid for the life of the process.
        std::str::from_utf8(unsafe { name.as_slice() }).ok()
    }
}

fn entry_point(path: &Path) -> Result<EntryPoint, Problem> {
    // Never unloaded: a destructor of a thread-local in it would run after its code is gone.
    let flags: c_int = RTLD_NOW | RTLD_LOCAL | libc::RTLD_NODELETE;
    // SAFETY: running the constructors is what loading means; the caller has checked who may
    // write the file.
    let library = unsafe { Library::open(Some(path), flags) }
        .map_err(|error| Problem::Broken(error.to_string()))?;
    let symbol = format!("{ENTRY_SYMBOL}\0");
    // SAFETY: the ABI fixes the type of the one exported symbol.
    let entry = unsafe { library.get::<EntryPoint>(symbol.as_bytes()) }.map(|symbol| *symbol);
    std::mem::forget(library);
    entry.map_err(|_| {
        Problem::Broken(format!("it exports no {ENTRY_SYMBOL}: it is no brume plugin"))
    })
}

/// Checks a descriptor field by field, none beyond the size that it states.
fn examine(descriptor: *const Descriptor) -> Result<&'static Descriptor, Problem> {
    if descriptor.is_null() || !descriptor.is_aligned() {
        return Err(Problem::Broken("it has no descriptor".to_owned()));
    }
    // SAFETY: not null and aligned; the header is part of every version of the ABI.
    let header = unsafe { descriptor.cast::<Header>().read() };
    if header.magic != MAGIC {
        return Err(Problem::Broken("its descriptor does not begin with the magic".to_owned()));
    }
    if header.abi_major != ABI_MAJOR {
        return Err(Problem::AbiMismatch {
            have: format!("{}.{}", header.abi_major, header.abi_minor),
            need: format!("{ABI_MAJOR}.{ABI_MINOR}"),
        });
    }
    if header.size < size_of::<Descriptor>() {
        return Err(Problem::Broken(format!("its descriptor has only {} bytes", header.size)));
    }
    // SAFETY: the magic, the major version and the size say that all fields of 1.0 are there, and
    // the ABI promises that they stay valid for the life of the process.
    Ok(unsafe { &*descriptor })
}

/// Borrows arguments as the ABI wants them.
pub(super) fn borrow(arguments: &[OsString]) -> Vec<Bytes> {
    arguments.iter().map(|argument| Bytes::new(argument.as_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn manifest() -> Bytes {
        Bytes::new(b"{}")
    }

    extern "C" fn run(_: *const brume_abi::Host, _: *const brume_abi::Invocation) -> i32 {
        0
    }

    const GOOD: Descriptor = Descriptor {
        magic: MAGIC,
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        size: size_of::<Descriptor>(),
        name: Bytes::new(b"sample"),
        manifest,
        run,
        complete: run,
    };

    #[test]
    fn a_newer_minor_is_fine_and_a_newer_major_is_not() {
        let newer = Descriptor { abi_minor: 9, size: 4096, ..GOOD };
        assert!(examine(&raw const newer).is_ok());
        let other = Descriptor { abi_major: 2, ..GOOD };
        assert_eq!(
            examine(&raw const other).unwrap_err(),
            Problem::AbiMismatch { have: "2.0".into(), need: "1.0".into() }
        );
    }

    #[test]
    fn what_is_no_descriptor_is_refused() {
        let magic = Descriptor { magic: 1, ..GOOD };
        let short = Descriptor { size: 24, ..GOOD };
        for descriptor in [std::ptr::null(), &raw const magic, &raw const short] {
            assert!(matches!(examine(descriptor), Err(Problem::Broken(_))));
        }
    }

    #[test]
    fn a_file_that_is_no_library_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "#!/bin/sh\n").unwrap();
        assert!(matches!(load(file.path(), "x"), Err(Problem::Broken(_))));
    }
}
