//! Where a command goes: `--local` | `--context` | `BRUME_CONTEXT` | `current-context` | ambient.
//!
//! In: flags, configuration, environment. Out: one [`Target`]. The choice is pure; only a target
//! that is an emulator touches the world, because its daemon may have to be started.

use std::path::PathBuf;

use brume_instance::{EndpointDocument, InstancePaths, lock};
use brume_plugin::error::{Error, Result};
use brume_plugin::global_flags::GlobalFlags;
use brume_plugin::invocation::{
    ArgocdTarget, AwsTarget, KubernetesTarget, SnowflakeTarget, Target, TargetKind,
};

use crate::commands::emulators;
use crate::config::{Config, Context};
use crate::environment::{self, Environment};
use crate::session::Session;

/// The instance that is meant when nobody names one.
pub const DEFAULT_INSTANCE: &str = "default";

/// Region of the emulators when nobody names one.
const EMULATED_REGION: &str = "us-east-1";

/// What is done when the target is an emulator that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It is started.
    IfNeeded,
    /// It stays down and the target has no addresses: enough for help and completion.
    Never,
}

/// What the flags, the environment and the configuration choose.
#[derive(Debug)]
pub enum Choice<'a> {
    /// What kubectl, aws and snow would use by themselves.
    Ambient,
    /// A context of the configuration that names real things.
    Context(String, Context<'a>),
    /// An emulator: the name of the target, its instance, and the context if one names it.
    Emulator(String, String, Option<Context<'a>>),
}

/// Resolves the target of a session.
///
/// # Errors
/// When flags contradict each other, the context is unknown, or the emulator does not start.
pub fn resolve(session: &Session, start: Start) -> Result<Target> {
    let flags = &session.flags;
    let environment = &session.environment;
    match choose(flags, &session.config, environment)? {
        Choice::Ambient => Ok(real("ambient", None, flags, environment)),
        Choice::Context(name, context) => Ok(real(&name, Some(context), flags, environment)),
        Choice::Emulator(name, instance, context) => {
            check_emulated(flags, &name)?;
            let endpoints = match start {
                Start::IfNeeded => emulators::ensure_running(session, &instance)?,
                Start::Never => running(session, &instance).unwrap_or_default(),
            };
            Ok(emulated(&name, &instance, context, flags, environment, &endpoints))
        }
    }
}

/// Chooses by name; nothing is looked up outside the configuration.
///
/// # Errors
/// Usage, when `--local` and `--context` contradict each other or the context is unknown.
pub fn choose<'a>(
    flags: &GlobalFlags,
    config: &'a Config,
    environment: &Environment,
) -> Result<Choice<'a>> {
    if flags.local && flags.context.as_deref().is_some_and(|name| name != "local") {
        return Err(
            Error::usage("--local and --context contradict each other").hint("give one of the two")
        );
    }
    match config.text("current-context") {
        None | Some("ambient") => Ok(Choice::Ambient),
        Some("local") => {
            let instance = environment.text(environment::INSTANCE);
            let instance = instance.unwrap_or_else(|| DEFAULT_INSTANCE.to_owned());
            Ok(Choice::Emulator("local".to_owned(), instance, None))
        }
        Some(name) => {
            let context = config.context(name)?;
            Ok(match context.owned("emulator") {
                Some(instance) => Choice::Emulator(name.to_owned(), instance, Some(context)),
                None => Choice::Context(name.to_owned(), context),
            })
        }
    }
}

/// The instance that a lifecycle command means when it names none.
#[must_use]
pub fn default_instance(config: &Config, environment: &Environment) -> String {
    let of_context = config
        .text("current-context")
        .and_then(|name| config.context(name).ok())
        .and_then(|context| context.owned("emulator"));
    of_context
        .or_else(|| environment.text(environment::INSTANCE))
        .unwrap_or_else(|| DEFAULT_INSTANCE.to_owned())
}

/// A real target: what the context says, refined by flags and variables.
fn real(
    name: &str,
    context: Option<Context<'_>>,
    flags: &GlobalFlags,
    environment: &Environment,
) -> Target {
    let owned = |key: &str| context.and_then(|context| context.owned(key));
    let kubeconfig = match &flags.kubeconfig {
        Some(path) => Some(PathBuf::from(path)),
        None => owned("kubeconfig").map(|path| below_home(&path, environment)),
    };
    Target {
        name: name.to_owned(),
        kind: TargetKind::Real,
        instance: None,
        protected: context.is_some_and(|context| context.switch("protected")),
        kubernetes: KubernetesTarget {
            kubeconfig: kubeconfig.into_iter().collect(),
            context: owned("kube-context"),
            namespace: namespace(context, flags, environment),
        },
        aws: AwsTarget {
            profile: flags.profile.clone().or_else(|| owned("aws-profile")),
            region: flags.region.clone().or_else(|| owned("region")),
            endpoint_url: flags.endpoint_url.clone().or_else(|| owned("endpoint-url")),
            endpoint_urls: match (&flags.endpoint_url, context) {
                // The flag is for every service.
                (Some(_), _) | (_, None) => Default::default(),
                (None, Some(context)) => context.addresses(),
            },
        },
        snowflake: SnowflakeTarget {
            connection: owned("snowflake-connection"),
            endpoint_url: None,
        },
        argocd: ArgocdTarget { server: owned("argocd-server") },
    }
}

/// An emulated target: addresses of the instance in place of every real coordinate.
fn emulated(
    name: &str,
    instance: &str,
    context: Option<Context<'_>>,
    flags: &GlobalFlags,
    environment: &Environment,
    endpoints: &EndpointDocument,
) -> Target {
    let url = |name: &str| endpoints.service(name).map(|service| service.url.clone());
    let kubeconfig =
        endpoints.service("kubernetes").and_then(|service| service.extra.get("kubeconfig"));
    let region = flags.region.clone().or_else(|| context?.owned("region"));
    Target {
        name: name.to_owned(),
        kind: TargetKind::Emulated,
        instance: Some(instance.to_owned()),
        protected: context.is_some_and(|context| context.switch("protected")),
        kubernetes: KubernetesTarget {
            kubeconfig: kubeconfig.map(PathBuf::from).into_iter().collect(),
            context: None,
            namespace: namespace(context, flags, environment),
        },
        aws: AwsTarget {
            profile: None,
            region: Some(region.unwrap_or_else(|| EMULATED_REGION.to_owned())),
            endpoint_url: url("aws"),
            endpoint_urls: Default::default(),
        },
        snowflake: SnowflakeTarget { connection: None, endpoint_url: url("snowflake") },
        argocd: ArgocdTarget { server: url("argocd") },
    }
}

fn namespace(
    context: Option<Context<'_>>,
    flags: &GlobalFlags,
    environment: &Environment,
) -> Option<String> {
    flags
        .namespace
        .clone()
        .or_else(|| environment.text(environment::NAMESPACE))
        .or_else(|| context?.owned("namespace"))
}

/// Where the instance listens, if it runs.
fn running(session: &Session, instance: &str) -> Option<EndpointDocument> {
    let directories = session.directories();
    let paths =
        InstancePaths::new(&directories.state, &directories.runtime, &instance.parse().ok()?);
    if !lock::is_held(&paths.lock()) {
        return None;
    }
    EndpointDocument::read(&paths.endpoint()).ok().flatten()
}

/// Flags that name real things cannot refine an emulator.
fn check_emulated(flags: &GlobalFlags, name: &str) -> Result<()> {
    let given = [
        ("--kubeconfig", flags.kubeconfig.is_some()),
        ("--profile", flags.profile.is_some()),
        ("--endpoint-url", flags.endpoint_url.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Error::usage(format!(
            "{flag} names something real, and the target '{name}' is an emulator"
        ))
        .hint(format!("leave {flag} out, or go elsewhere with --context ambient"))),
        None => Ok(()),
    }
}

fn below_home(path: &str, environment: &Environment) -> PathBuf {
    match (path.strip_prefix("~/"), environment.get("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests;
