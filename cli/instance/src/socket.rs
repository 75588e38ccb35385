//! Unix sockets at paths of any length. The kernel takes about a hundred bytes; a longer path is
//! reached through the folder's file descriptor.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The longest path that fits into a socket address, with room for its end.
const PATH_BYTES_MAX: usize = 107;

/// Connects to the socket at `path`.
///
/// # Errors
/// Whatever the system says; `NotFound` and `ConnectionRefused` mean that nobody listens.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    with_short_path(path, |path| UnixStream::connect(path))
}

/// Listens on a new socket at `path`.
///
/// # Errors
/// Whatever the system says; `AddrInUse` when the file exists.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    with_short_path(path, |path| UnixListener::bind(path))
}

fn with_short_path<T>(path: &Path, act: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    if path.as_os_str().len() <= PATH_BYTES_MAX {
        return act(path);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let folder = File::open(folder)?;
    act(&PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_work() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = folder.path().join("x".repeat(120));
        std::fs::create_dir(&deep).expect("made");
        let path = deep.join("control.sock");
        let _listener = listen(&path).expect("listens");
        connect(&path).expect("connects");
        assert!(path.exists());
    }
}
