//! Packs the relocations of a plugin library where the loader of this machine can read them. The
//! build script of every `library/` crate.
//!
//! A library of this size has some thirty thousand; as a list they are 700 KB that are read at
//! every start, packed they are 30 KB. glibc reads the packed form since 2.36, and an older one
//! refuses the file: a build for other machines sets `BRUME_PORTABLE=1`.

#![allow(clippy::print_stdout, reason = "a build script speaks to cargo through its output")]

use std::env;
use std::process::Command;

const PACKED_RELOCATIONS_SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-env-changed=BRUME_PORTABLE");
    println!("cargo::rerun-if-changed=../../sdk/library_build.rs");
    let is_portable = env::var_os("BRUME_PORTABLE").is_some();
    let is_for_this_machine = env::var_os("HOST") == env::var_os("TARGET");
    let is_new_enough = glibc_version().is_some_and(|version| version >= PACKED_RELOCATIONS_SINCE);
    if is_for_this_machine && is_new_enough && !is_portable {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,pack-relative-relocs");
    }
}

/// The version that `getconf` tells as `glibc 2.36`; `None` where there is no glibc.
fn glibc_version() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
