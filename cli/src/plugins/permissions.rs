//! Whether somebody else could change a plugin file, checked the way ssh checks its own files.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::problem::{Problem, quote};

const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Checks the file and every folder above it, symbolic links resolved; of a file that is itself a
/// link, the folders above the link as well, where it could be turned elsewhere.
///
/// # Errors
/// [`Problem::Insecure`] for the first that somebody other than root and `user` could change, with
/// the command that mends it; [`Problem::Broken`] when it cannot be looked at.
pub fn check(path: &Path, user: u32) -> Result<(), Problem> {
    check_from(path, 0, user)?;
    let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    match path.parent() {
        Some(folder) if is_link => check_from(folder, 1, user),
        _ => Ok(()),
    }
}

/// Checks a plugin folder and every folder above it.
///
/// # Errors
/// As for [`check`].
pub fn check_folder(path: &Path, user: u32) -> Result<(), Problem> {
    check_from(path, 1, user)
}

fn check_from(path: &Path, first_depth: usize, user: u32) -> Result<(), Problem> {
    let unreadable = |error: std::io::Error| Problem::Broken(error.to_string());
    let real = fs::canonicalize(path).map_err(unreadable)?;
    for (depth, path) in (first_depth..).zip(real.ancestors()) {
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if let Some((reason, mend)) = fault(&Owned::of(&metadata), depth, user) {
            let mend = match mend {
                Mend::Chmod(change) => format!("chmod {change} {}", quote(path)),
                Mend::Chown => format!("sudo chown \"$(id -un)\" {}", quote(path)),
            };
            return Err(Problem::Insecure { path: path.to_path_buf(), reason, mend });
        }
    }
    Ok(())
}

/// What matters of a file's metadata.
#[derive(Debug)]
struct Owned {
    user: u32,
    group: u32,
    mode: u32,
}

impl Owned {
    fn of(metadata: &Metadata) -> Self {
        Self { user: metadata.uid(), group: metadata.gid(), mode: metadata.mode() }
    }
}

enum Mend {
    Chmod(&'static str),
    Chown,
}

/// What is wrong, if anything; `depth` is 0 for the file, 1 for its folder, and so on.
fn fault(owned: &Owned, depth: usize, user: u32) -> Option<(String, Mend)> {
    if owned.user != user && owned.user != 0 {
        return Some((format!("belongs to another user (uid {})", owned.user), Mend::Chown));
    }
    // In a sticky folder such as /tmp others cannot replace what is ours; its own entries, the
    // plugin files, are another matter: anybody could add one.
    let sticky = owned.mode & STICKY != 0 && depth > 1;
    if owned.mode & OTHERS_WRITE != 0 && !sticky {
        return Some(("can be written by everybody".to_owned(), Mend::Chmod("go-w")));
    }
    // Debian, Ubuntu and Fedora give each user a group of the same number, and some set umask 002.
    let private_group = owned.group == 0 || owned.group == owned.user;
    if owned.mode & GROUP_WRITES != 0 && !private_group && !sticky {
        let reason = format!("can be written by its group (gid {})", owned.group);
        return Some((reason, Mend::Chmod("g-w")));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn who_may_write_decides() {
        let me = 1000;
        let table: [(u32, u32, u32, usize, Option<&str>); 10] = [
            (me, me, 0o755, 0, None),
            (me, me, 0o775, 0, None),
            (0, 0, 0o775, 1, None),
            (me, 50, 0o775, 0, Some("g-w")),
            (me, me, 0o757, 0, Some("go-w")),
            (me, me, 0o777, 1, Some("go-w")),
            (0, 0, 0o1777, 1, Some("go-w")),
            (0, 0, 0o1777, 2, None),
            (1001, 1001, 0o755, 0, Some("chown")),
            (1001, 1001, 0o755, 3, Some("chown")),
        ];
        for (user, group, mode, depth, expected) in table {
            let found =
                fault(&Owned { user, group, mode }, depth, me).map(|(_, mend)| match mend {
                    Mend::Chmod(change) => change,
                    Mend::Chown => "chown",
                });
            assert_eq!(found, expected, "{user} {group} {mode:o} at {depth}");
        }
    }

    #[test]
    fn a_link_is_as_safe_as_its_own_folder() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("brume-x");
        fs::write(&file, "").unwrap();
        let user = fs::metadata(&file).unwrap().uid();
        let folder = root.path().join("links");
        fs::create_dir(&folder).unwrap();
        let link = folder.join("brume-x");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(check(&link, user), Ok(()));
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(check(&link, user), Err(Problem::Insecure { .. })));
        assert_eq!(check(&file, user), Ok(()));
    }

    #[test]
    fn the_mend_is_a_command_for_the_offending_path() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("brume-x");
        fs::write(&file, "").unwrap();
        let user = fs::metadata(&file).unwrap().uid();
        assert_eq!(check(&file, user), Ok(()));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        let real = fs::canonicalize(&file).unwrap();
        let Err(Problem::Insecure { path, mend, .. }) = check(&file, user) else {
            panic!("a world-writable file was accepted")
        };
        assert_eq!(path, real);
        assert_eq!(mend, format!("chmod go-w {}", real.display()));
    }
}
