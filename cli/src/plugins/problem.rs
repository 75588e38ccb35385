//! Why a plugin is not run: one status word for listings, one error with the mend for a user.

use std::path::{Path, PathBuf};

use brume_plugin::error::{Error, ExitCode};

/// Why a plugin is not run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Problem {
    /// The file lacks the permission to execute it.
    NotExecutable,
    /// Somebody else could change the file: the offending path and the mend.
    Insecure {
        /// The file, or a folder above it.
        path: PathBuf,
        /// What is wrong with it, after "PATH ".
        reason: String,
        /// A command that mends it.
        mend: String,
    },
    /// It speaks another ABI.
    AbiMismatch {
        /// The plugin's, as `major.minor`.
        have: String,
        /// The core's.
        need: String,
    },
    /// It needs a newer core than this.
    CoreTooOld {
        /// The oldest core that it works with.
        need: String,
    },
    /// It gives itself another name than its file.
    NameMismatch {
        /// The name that it gives itself.
        actual: String,
    },
    /// A library in the user's folder that nobody has vouched for.
    Untrusted,
    /// A library that is not the one that was trusted.
    HashChanged,
    /// It did not say in time what it is; it can be run all the same.
    Slow,
    /// It cannot be read, loaded or understood.
    Broken(String),
}

impl Problem {
    /// The status column of `brume plugin list`.
    #[must_use]
    pub fn status(&self) -> String {
        match self {
            Self::NotExecutable => "not-executable".to_owned(),
            Self::Insecure { .. } => "insecure-permissions".to_owned(),
            Self::AbiMismatch { have, need } => format!("abi-mismatch({have}/{need})"),
            Self::CoreTooOld { need } => format!("core-too-old({need})"),
            Self::NameMismatch { actual } => format!("name-mismatch({actual})"),
            Self::Untrusted => "untrusted".to_owned(),
            Self::HashChanged => "hash-changed".to_owned(),
            Self::Slow => "slow".to_owned(),
            Self::Broken(_) => "broken".to_owned(),
        }
    }

    /// The error for a user who called the plugin.
    #[must_use]
    pub fn error(&self, name: &str, path: &Path) -> Error {
        let shown = path.display();
        let load = |message: String| Error::new(ExitCode::PluginLoad, message);
        let refuse = |message: String| Error::new(ExitCode::PluginRefused, message);
        match self {
            Self::NotExecutable => refuse(format!("plugin {name}: {shown} is not executable"))
                .hint(format!("chmod +x {}", quote(path))),
            Self::Insecure { path, reason, mend } => {
                refuse(format!("plugin {name} is not safe to run: {} {reason}", path.display()))
                    .hint(mend)
            }
            Self::AbiMismatch { have, need } => load(format!(
                "plugin {name} speaks plugin ABI {have}, and this brume speaks {need}"
            ))
            .cause(format!("it was loaded from {shown}"))
            .hint(format!("install a build of {name} for ABI {need}")),
            Self::CoreTooOld { need } => load(format!("plugin {name} needs brume {need} or newer"))
                .cause(format!("this is brume {}", env!("CARGO_PKG_VERSION")))
                .hint(format!("install brume {need} or newer, or an older {name}")),
            Self::NameMismatch { actual } => {
                load(format!("plugin {name}: {shown} calls itself '{actual}'")).hint(format!(
                    "mv {} {}",
                    quote(path),
                    quote(&renamed(path, name, actual))
                ))
            }
            Self::Untrusted => {
                refuse(format!("plugin {name} is a library that is not trusted yet"))
                    .cause(format!("{shown} would run inside brume, with all your rights"))
                    .hint(format!("brume plugin trust {name}"))
            }
            Self::HashChanged => refuse(format!("plugin {name} changed since it was trusted"))
                .cause(format!("{shown} is not the file that plugins.lock knows"))
                .hint(format!("brume plugin trust {name}")),
            Self::Slow => load(format!("plugin {name} did not give its metadata in time"))
                .cause(format!("{shown} was asked"))
                .hint(format!("brume plugin verify {name}")),
            Self::Broken(reason) => load(format!("plugin {name} cannot be loaded from {shown}"))
                .cause(reason)
                .hint(format!("install {name} again, or remove it: rm {}", quote(path))),
        }
    }
}

/// The path as a shell reads it back.
pub fn quote(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@,".contains(c);
    if text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn renamed(path: &Path, name: &str, actual: &str) -> PathBuf {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let file = if file.starts_with("lib") {
        file.replace(&name.replace('-', "_"), &actual.replace('-', "_"))
    } else {
        file.replace(name, actual)
    };
    path.with_file_name(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use brume_plugin::render::error::error_text;

    #[test]
    fn each_problem_is_one_clear_line_with_its_mend() {
        let path = Path::new("/p/libbrume_sns_dlq.so");
        let show = |problem: &Problem| error_text(&problem.error("sns-dlq", path), false);
        insta::assert_snapshot!(show(&Problem::NotExecutable), @r"
        error: plugin sns-dlq: /p/libbrume_sns_dlq.so is not executable

        hint: chmod +x /p/libbrume_sns_dlq.so
        ");
        insta::assert_snapshot!(show(&Problem::NameMismatch { actual: "other-one".into() }), @r"
        error: plugin sns-dlq: /p/libbrume_sns_dlq.so calls itself 'other-one'

        hint: mv /p/libbrume_sns_dlq.so /p/libbrume_other_one.so
        ");
        insta::assert_snapshot!(
            show(&Problem::AbiMismatch { have: "2.0".into(), need: "1.0".into() }), @r"
        error: plugin sns-dlq speaks plugin ABI 2.0, and this brume speaks 1.0
          caused by: it was loaded from /p/libbrume_sns_dlq.so

        hint: install a build of sns-dlq for ABI 1.0
        ");
        insta::assert_snapshot!(show(&Problem::Untrusted), @r"
        error: plugin sns-dlq is a library that is not trusted yet
          caused by: /p/libbrume_sns_dlq.so would run inside brume, with all your rights

        hint: brume plugin trust sns-dlq
        ");
        insta::assert_snapshot!(show(&Problem::HashChanged), @r"
        error: plugin sns-dlq changed since it was trusted
          caused by: /p/libbrume_sns_dlq.so is not the file that plugins.lock knows

        hint: brume plugin trust sns-dlq
        ");
        insta::assert_snapshot!(show(&Problem::Broken("it is truncated".into())), @r"
        error: plugin sns-dlq cannot be loaded from /p/libbrume_sns_dlq.so
          caused by: it is truncated

        hint: install sns-dlq again, or remove it: rm /p/libbrume_sns_dlq.so
        ");
    }

    #[test]
    fn odd_paths_are_quoted() {
        assert_eq!(quote(Path::new("/a/b")), "/a/b");
        assert_eq!(quote(Path::new("/a b/it's")), "'/a b/it'\\''s'");
    }
}
