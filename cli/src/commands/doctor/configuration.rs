//! Checks of brume's configuration and of the kubeconfig.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Finding;
use crate::config::project::Found;
use crate::plugins::problem::quote;
use crate::session::Session;
use crate::target::{self, Start};

/// Largest kubeconfig that is looked at, in bytes.
const KUBECONFIG_BYTES_MAX: u64 = 16 << 20;

/// What matters here of a kubeconfig.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Kubeconfig {
    #[serde(rename = "current-context")]
    current_context: Option<String>,
    contexts: Option<Vec<Named>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}

pub(super) fn check(session: &Session) -> Vec<Finding> {
    let mut findings = vec![config(session)];
    if let Found::Foreign(path) = &session.project {
        findings.push(Finding::warn(
            "project",
            format!("{} belongs to somebody else and is not read", path.display()),
            format!("sudo chown \"$(id -un)\" {}", quote(path)),
        ));
    }
    if session.config_error.is_none() {
        findings.push(context(session));
    }
    findings.push(kubeconfig(session));
    findings
}

fn config(session: &Session) -> Finding {
    if let Some(error) = &session.config_error {
        return Finding::fail("config", error.message.clone(), error.hints.first().cloned());
    }
    let path = session.config_path();
    let count = session.config.contexts.len();
    let mut detail = match path.exists() {
        true => format!("{} ({count} contexts)", path.display()),
        false => format!("{} does not exist: the defaults apply", path.display()),
    };
    if let Found::File(project) = &session.project {
        detail.push_str(&format!(", and {}", project.display()));
    }
    Finding::ok("config", detail)
}

fn context(session: &Session) -> Finding {
    match target::choose(&session.flags, &session.config, &session.environment) {
        Ok(target::Choice::Ambient) => Finding::ok("context", "ambient: what each tool would use"),
        Ok(target::Choice::Context(name, _)) => Finding::ok("context", name),
        Ok(target::Choice::Emulator(name, instance, _)) => {
            Finding::ok("context", format!("{name}: the emulator instance '{instance}'"))
        }
        Err(error) => Finding::fail("context", error.message, error.hints.first().cloned()),
    }
}

fn kubeconfig(session: &Session) -> Finding {
    const CHECK: &str = "kubeconfig";
    let target = target::resolve(session, Start::Never).unwrap_or_default();
    let files = if target.kubernetes.kubeconfig.is_empty() {
        usual_files(session)
    } else {
        target.kubernetes.kubeconfig
    };
    let mut names = Vec::new();
    let mut current = target.kubernetes.context;
    let mut found = Vec::new();
    for path in &files {
        let shown = path.display();
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Finding::fail(CHECK, format!("{shown}: {error}"), None),
        };
        match read(path, metadata.len()) {
            Ok(config) => {
                current = current.or(config.current_context.filter(|name| !name.is_empty()));
                names.extend(config.contexts.unwrap_or_default().into_iter().map(|one| one.name));
            }
            Err(reason) => {
                let hint = Some(format!("kubectl config view --kubeconfig {}", quote(path)));
                return Finding::fail(CHECK, format!("{shown}: {reason}"), hint);
            }
        }
        if metadata.mode() & 0o077 != 0 {
            let detail = format!("{shown} holds credentials and others can read it");
            return Finding::warn(CHECK, detail, format!("chmod 600 {}", quote(path)));
        }
        found.push(shown.to_string());
    }
    if found.is_empty() {
        let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        let detail = format!("none found ({}): only emulators can be reached", files.join(", "));
        return Finding::ok(CHECK, detail);
    }
    let found = found.join(", ");
    match current {
        Some(name) if !names.contains(&name) => Finding::warn(
            CHECK,
            format!("{found} has no context '{name}', which is the current one"),
            "kubectl config get-contexts",
        ),
        Some(name) => Finding::ok(CHECK, format!("{found} (context {name})")),
        None => Finding::ok(CHECK, format!("{found} (no current context)")),
    }
}

/// Where kubectl looks by itself.
fn usual_files(session: &Session) -> Vec<PathBuf> {
    match session.environment.get("KUBECONFIG") {
        Some(list) => std::env::split_paths(&list).filter(|path| path.is_absolute()).collect(),
        None => session
            .environment
            .get("HOME")
            .map(|home| PathBuf::from(home).join(".kube/config"))
            .into_iter()
            .collect(),
    }
}

fn read(path: &Path, size_bytes: u64) -> Result<Kubeconfig, String> {
    if size_bytes > KUBECONFIG_BYTES_MAX {
        return Err(format!("it is larger than {KUBECONFIG_BYTES_MAX} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_saphyr::from_str(&text).map_err(|error| {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        line.strip_prefix("error: ").unwrap_or(line).to_owned()
    })
}
