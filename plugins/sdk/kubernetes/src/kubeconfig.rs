//! From a target to a client configuration: which files, which context, what is wrong with them.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::invocation::KubernetesTarget;
use kube::Config;
use kube::config::{Kubeconfig, KubeconfigError, LoadDataError};

/// Largest kubeconfig file, in bytes; real ones have some hundred kilobytes at most.
const KUBECONFIG_BYTES_MAX: u64 = 16 << 20;

/// Looks up an environment variable; a parameter so that tests need no process of their own.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Resolves a target as kubectl would: its files, else `$KUBECONFIG`, else `~/.kube/config`, else
/// the service account of the pod that we run in.
pub(crate) fn resolve(target: &KubernetesTarget, environment: Environment<'_>) -> Result<Config> {
    let (paths, origin) = paths(target, environment);
    let merged = read(&paths, origin)?;
    let is_empty = merged.contexts.is_empty() && merged.clusters.is_empty();
    if is_empty && target.context.is_none() && environment("KUBERNETES_SERVICE_HOST").is_some() {
        return Config::incluster().map_err(|error| {
            Error::new(ExitCode::Auth, "cannot use the service account of this pod").source(&error)
        });
    }
    if is_empty {
        return Err(nothing_configured(&paths));
    }
    let context = select(&merged, target.context.as_deref())?;
    let merged = Kubeconfig { current_context: Some(context.clone()), ..merged };
    let mut config = Config::try_from(merged).map_err(|error| explain(error, &context))?;
    if let Some(namespace) = &target.namespace {
        config.default_namespace.clone_from(namespace);
    }
    Ok(config)
}

/// Where a list of kubeconfig files comes from; decides whether a missing one is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Named by flag or context: it must be there.
    Named,
    /// `$KUBECONFIG` or the default: skipped when it is not there, as in kubectl.
    Ambient,
}

fn paths(target: &KubernetesTarget, environment: Environment<'_>) -> (Vec<PathBuf>, Origin) {
    if !target.kubeconfig.is_empty() {
        return (target.kubeconfig.clone(), Origin::Named);
    }
    let listed: Vec<PathBuf> = environment("KUBECONFIG")
        .map(|list| std::env::split_paths(&list).filter(|p| !p.as_os_str().is_empty()).collect())
        .unwrap_or_default();
    if !listed.is_empty() {
        return (listed, Origin::Ambient);
    }
    let home = environment("HOME").filter(|home| !home.is_empty());
    (home.map(|home| Path::new(&home).join(".kube/config")).into_iter().collect(), Origin::Ambient)
}

fn read(paths: &[PathBuf], origin: Origin) -> Result<Kubeconfig> {
    let mut merged = Kubeconfig::default();
    for path in paths {
        let size = std::fs::metadata(path).map(|metadata| metadata.len()).unwrap_or_default();
        if size > KUBECONFIG_BYTES_MAX {
            return Err(broken(path).cause("the file is larger than 16 MiB"));
        }
        let next = match Kubeconfig::read_from(path) {
            Ok(next) => next,
            Err(KubeconfigError::ReadConfig(error, _)) => {
                if error.kind() == io::ErrorKind::NotFound && origin == Origin::Ambient {
                    continue;
                }
                return Err(Error::failed(format!("cannot read kubeconfig {}", path.display()))
                    .source(&error)
                    .hint(format!("ls -l {}", path.display())));
            }
            Err(KubeconfigError::Parse(error)) => return Err(broken(path).cause(error)),
            Err(error) => return Err(broken(path).source(&error)),
        };
        merged = merged.merge(next).map_err(|error| broken(path).source(&error))?;
    }
    Ok(merged)
}

fn broken(path: &Path) -> Error {
    Error::failed(format!("kubeconfig {} is broken", path.display()))
        .hint(format!("kubectl config view --kubeconfig {}", path.display()))
}

fn nothing_configured(paths: &[PathBuf]) -> Error {
    let looked: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let mut error = Error::new(ExitCode::Unreachable, "no Kubernetes cluster is configured");
    if !looked.is_empty() {
        error = error.cause(format!("there is no cluster in {}", looked.join(", ")));
    }
    error
        .hint("use the bundled cluster: repeat the command as brume --local …")
        .hint("name a kubeconfig: --kubeconfig FILE, or set KUBECONFIG")
}

/// Picks the context, and checks that what it names is there.
fn select(merged: &Kubeconfig, wanted: Option<&str>) -> Result<String> {
    let known = || merged.contexts.iter().map(|context| context.name.as_str());
    let list = "kubectl config get-contexts";
    let name = match wanted.or(merged.current_context.as_deref()).filter(|name| !name.is_empty()) {
        Some(name) => name,
        None => {
            return Err(Error::failed("the kubeconfig has no current context")
                .hint("kubectl config use-context NAME")
                .hint(list));
        }
    };
    let named = merged.contexts.iter().find(|context| context.name == name);
    let Some(context) = named.and_then(|named| named.context.as_ref()) else {
        let mut error = Error::new(
            ExitCode::NotFound,
            format!("context \"{name}\" does not exist in the kubeconfig"),
        );
        error.hints.extend(brume_plugin::render::suggest::did_you_mean(name, known()));
        return Err(error.hint(list));
    };
    let missing = |what: &str, missing: &str| {
        let message =
            format!("{what} \"{missing}\" of context \"{name}\" is not in the kubeconfig");
        Error::failed(message).hint("kubectl config view")
    };
    if !merged.clusters.iter().any(|cluster| cluster.name == context.cluster) {
        return Err(missing("cluster", &context.cluster));
    }
    match &context.user {
        Some(user) if !user.is_empty() && !merged.auth_infos.iter().any(|i| i.name == *user) => {
            Err(missing("user", user))
        }
        _ => Ok(name.to_owned()),
    }
}

/// Says what is wrong with the chosen context.
fn explain(error: KubeconfigError, context: &str) -> Error {
    let what = match &error {
        KubeconfigError::MissingClusterUrl => "its cluster has no server",
        KubeconfigError::ParseClusterUrl(_) => "the server of its cluster is not a URL",
        KubeconfigError::ParseProxyUrl(_) => "its proxy is not a URL",
        KubeconfigError::LoadCertificateAuthority(_) => "its certificate authority is unreadable",
        KubeconfigError::LoadClientCertificate(_) => "its client certificate is unreadable",
        KubeconfigError::LoadClientKey(_) => "its client key is unreadable",
        KubeconfigError::ParseCertificates(_) => "its certificate authority is not PEM",
        _ => "it cannot be used",
    };
    let result = Error::failed(format!("context \"{context}\" is broken: {what}"));
    let result = match &error {
        KubeconfigError::LoadCertificateAuthority(cause)
        | KubeconfigError::LoadClientCertificate(cause)
        | KubeconfigError::LoadClientKey(cause) => match cause {
            LoadDataError::DecodeBase64(cause) => result.cause(format!("not base64: {cause}")),
            LoadDataError::ReadFile(cause, path) => {
                result.cause(format!("{}: {cause}", path.display()))
            }
            LoadDataError::NoBase64DataOrFile => result.cause(cause),
        },
        KubeconfigError::ParseClusterUrl(cause) | KubeconfigError::ParseProxyUrl(cause) => {
            result.cause(cause)
        }
        KubeconfigError::ParseCertificates(cause) => result.cause(cause),
        KubeconfigError::MissingClusterUrl => result,
        other => result.source(other),
    };
    result.hint(format!("kubectl config view --minify --context {context}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOOD: &str = "
apiVersion: v1
kind: Config
current-context: one
clusters:
- {name: c, cluster: {server: 'https://127.0.0.1:1'}}
users:
- {name: u, user: {token: t}}
contexts:
- {name: one, context: {cluster: c, user: u, namespace: shop}}
- {name: nouser, context: {cluster: c, user: gone}}
- {name: nocluster, context: {cluster: gone, user: u}}
";

    fn resolve_text(text: &str, context: Option<&str>) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        fs::write(&path, text).unwrap();
        let target = KubernetesTarget {
            kubeconfig: vec![path],
            context: context.map(str::to_owned),
            namespace: None,
        };
        resolve(&target, &|_| None)
    }

    #[test]
    fn a_context_gives_url_and_namespace() {
        let config = resolve_text(GOOD, None).unwrap();
        assert_eq!(config.cluster_url, "https://127.0.0.1:1/");
        assert_eq!(config.default_namespace, "shop");
    }

    #[test]
    fn every_break_is_named() {
        let table = [
            ("a: [", None, "is broken"),
            (GOOD, Some("onee"), "context \"onee\" does not exist in the kubeconfig"),
            (GOOD, Some("nouser"), "user \"gone\" of context \"nouser\" is not in the kubeconfig"),
            (GOOD, Some("nocluster"), "cluster \"gone\" of context \"nocluster\" is not in"),
            ("clusters: [{name: c}]", None, "the kubeconfig has no current context"),
        ];
        for (text, context, expected) in table {
            let error = resolve_text(text, context).unwrap_err();
            assert!(error.message.contains(expected), "{}: {expected}", error.message);
            assert!(!error.hints.is_empty());
        }
        let near = resolve_text(GOOD, Some("onee")).unwrap_err();
        assert_eq!(near.hints.first().unwrap(), "did you mean 'one'?");
    }

    #[test]
    fn a_broken_context_says_what_is_broken() {
        let with = |from: &str, to: &str| {
            let error = resolve_text(&GOOD.replace(from, to), None).unwrap_err();
            (error.message, error.causes.join("\n"))
        };
        let server = "server: 'https://127.0.0.1:1'";
        let (message, _) = with(server, "insecure-skip-tls-verify: true");
        assert_eq!(message, "context \"one\" is broken: its cluster has no server");
        let (message, _) = with(server, "server: 'http://['");
        assert!(message.ends_with("the server of its cluster is not a URL"), "{message}");
        let ca = format!("{server}, certificate-authority-data: '!'");
        let (message, causes) = with(server, &ca);
        assert!(message.ends_with("its certificate authority is unreadable"), "{message}");
        assert!(causes.starts_with("not base64: "), "{causes}");
        let file = format!("{server}, certificate-authority: /nowhere/ca");
        assert!(with(server, &file).1.starts_with("/nowhere/ca: No such file"), "{file}");
    }

    #[test]
    fn files_are_found_as_kubectl_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        let missing = resolve(&KubernetesTarget::default(), &|_| None).unwrap_err();
        assert_eq!(missing.code, ExitCode::Unreachable);
        assert!(missing.hints.iter().any(|hint| hint.contains("brume --local")));
        fs::create_dir(home.join(".kube")).unwrap();
        fs::write(home.join(".kube/config"), GOOD).unwrap();
        let environment = |name: &str| (name == "HOME").then(|| home.into());
        assert!(resolve(&KubernetesTarget::default(), &environment).is_ok());
        // A missing file in the list is skipped, a missing file that was named is not.
        let list = std::env::join_paths([home.join("none"), home.join(".kube/config")]).unwrap();
        let environment = |name: &str| (name == "KUBECONFIG").then(|| list.clone());
        assert!(resolve(&KubernetesTarget::default(), &environment).is_ok());
        let named = KubernetesTarget { kubeconfig: vec![home.join("none")], ..Default::default() };
        let error = resolve(&named, &|_| None).unwrap_err();
        assert!(error.message.starts_with("cannot read kubeconfig "), "{}", error.message);
    }
}
