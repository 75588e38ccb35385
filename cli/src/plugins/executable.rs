//! Executes a plugin in place of this process, with its context on an inherited descriptor.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use brume_plugin::error::{Error, ExitCode};
use brume_plugin::invocation::{Invocation, TargetKind};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::Problem;

/// Variable that names the descriptor with the context document.
pub const CONTEXT_FD: &str = "BRUME_CONTEXT_FD";

/// Replaces this process by the plugin; returns only when that fails.
#[must_use]
pub fn replace(name: &str, path: &Path, arguments: &[OsString], invocation: &Invocation) -> Error {
    let mut command = Command::new(path);
    command.args(arguments);
    let context = match prepare(&mut command, invocation) {
        Ok(context) => context,
        Err(error) => {
            return Error::new(ExitCode::Internal, "cannot pass the context to a plugin")
                .source(&error);
        }
    };
    let error = command.exec();
    drop(context);
    match error.raw_os_error() {
        Some(libc::EACCES) => Problem::NotExecutable.error(name, path),
        _ => Problem::Broken(error.to_string()).error(name, path),
    }
}

/// Gives a command the context and the variables; the descriptor must live until it is started.
///
/// # Errors
/// When the kernel has no memory file for the context.
pub fn prepare(command: &mut Command, invocation: &Invocation) -> io::Result<OwnedFd> {
    let context = sealed(&serde_json::to_vec(invocation)?)?;
    command.env(CONTEXT_FD, context.as_raw_fd().to_string());
    if invocation.target.kind == TargetKind::Emulated {
        // Real names and tokens of the user's shell have no business with an emulator.
        command.env_remove("AWS_PROFILE").env_remove("AWS_SESSION_TOKEN");
    }
    for (name, value) in variables(invocation) {
        command.env(name, value);
    }
    Ok(context)
}

/// The context document that a parent passed by [`prepare`].
///
/// # Errors
/// When there is none.
pub fn inherited() -> io::Result<String> {
    let number = std::env::var(CONTEXT_FD).map_err(io::Error::other)?;
    let number: u32 = number.parse().map_err(io::Error::other)?;
    std::fs::read_to_string(format!("/dev/fd/{number}"))
}

/// What every SDK understands without knowing brume: addresses, names, no secret of a real cloud.
fn variables(invocation: &Invocation) -> Vec<(String, OsString)> {
    let target = &invocation.target;
    let mut variables =
        vec![("BRUME".to_owned(), invocation.core.executable.clone().into_os_string())];
    let mut set = |name: &str, value: Option<&OsStr>| {
        if let Some(value) = value {
            variables.push((name.to_owned(), value.to_owned()));
        }
    };
    let aws = &target.aws;
    set("AWS_ENDPOINT_URL", aws.endpoint_url.as_deref().map(OsStr::new));
    set("AWS_REGION", aws.region.as_deref().map(OsStr::new));
    set("AWS_PROFILE", aws.profile.as_deref().map(OsStr::new));
    for (service, url) in &aws.endpoint_urls {
        let name = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase().replace(['-', ' '], "_"));
        set(&name, Some(OsStr::new(url)));
    }
    if target.kind == TargetKind::Emulated {
        // The emulators accept any credentials; a client without some does not even try.
        set("AWS_ACCESS_KEY_ID", Some(OsStr::new("test")));
        set("AWS_SECRET_ACCESS_KEY", Some(OsStr::new("test")));
    }
    if let Ok(kubeconfig) = std::env::join_paths(&target.kubernetes.kubeconfig)
        && !kubeconfig.is_empty()
    {
        set("KUBECONFIG", Some(&kubeconfig));
    }
    variables
}

/// An anonymous file that a child inherits and nobody can change any more.
fn sealed(bytes: &[u8]) -> io::Result<OwnedFd> {
    let context = memfd_create("brume-context", MemfdFlags::ALLOW_SEALING)?;
    let mut file = std::fs::File::from(context);
    file.write_all(bytes)?;
    io::Seek::rewind(&mut file)?;
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    fcntl_add_seals(&file, seals)?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use brume_plugin::invocation::Target;
    use std::collections::BTreeMap;

    #[test]
    fn the_child_reads_the_context_and_cannot_change_it() {
        let mut invocation = Invocation { api: "brume/v1".into(), ..Invocation::default() };
        invocation.target = Target { name: "shop".into(), ..Target::default() };
        let mut command = Command::new("/bin/sh");
        command.args([
            "-c",
            "cat <&$BRUME_CONTEXT_FD; ! echo x 2>/dev/null >/dev/fd/$BRUME_CONTEXT_FD",
        ]);
        let context = prepare(&mut command, &invocation).unwrap();
        let output = command.output().unwrap();
        drop(context);
        assert!(output.status.success());
        let read: Invocation = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(read, invocation);
    }

    #[test]
    fn public_variables_follow_the_target() {
        let mut invocation = Invocation::default();
        invocation.core.executable = "/bin/brume".into();
        let names = |invocation: &Invocation| -> Vec<String> {
            variables(invocation).into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&invocation), ["BRUME"]);
        invocation.target.kind = TargetKind::Emulated;
        invocation.target.aws.endpoint_urls = BTreeMap::from([("sqs".into(), "http://q".into())]);
        invocation.target.kubernetes.kubeconfig = vec!["/a".into(), "/b".into()];
        let expected = [
            "BRUME",
            "AWS_ENDPOINT_URL_SQS",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "KUBECONFIG",
        ];
        assert_eq!(names(&invocation), expected);
    }
}
