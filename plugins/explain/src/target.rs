//! Chooses who answers: the cluster of the target, or the schemas that brume carries.

use brume_plugin::invocation::TargetKind;
use brume_plugin::{Context, Error, ExitCode, Result};
use brume_schema::KubernetesVersion;

use crate::arguments::Answerer;
use crate::source::Source;
use crate::source::bundled::Bundled;
use crate::source::server::Server;

/// Whoever answers.
pub struct Answering {
    /// Resources and documents.
    pub source: Box<dyn Source>,
    /// A cluster answers.
    pub from_cluster: bool,
}

/// Opens the source that `answerer` asks for.
///
/// Where nobody asked for a certain cluster, and none is configured or reachable, the bundled
/// schemas answer and a note on standard error says so. A cluster that was asked for, or that
/// refuses, may know more than the bundle: then there is an error.
///
/// # Errors
/// The kubeconfig is broken, or the cluster refuses.
pub fn open(answerer: Answerer, context: &mut Context<'_>) -> Result<Answering> {
    let version = match answerer {
        Answerer::Bundled(version) => version,
        Answerer::Cluster => match connect(context) {
            Ok(server) => return Ok(Answering { source: Box::new(server), from_cluster: true }),
            Err(error) if is_absence(&error) && is_ambient(context) => {
                let reason = error.message;
                let version = KubernetesVersion::NEWEST;
                context.note(format_args!(
                    "note: {reason}; the bundled schemas of Kubernetes {version} answer"
                ));
                version
            }
            Err(error) => return Err(error.hint("brume explain --offline pod")),
        },
    };
    Ok(Answering { source: Box::new(Bundled::new(version)), from_cluster: false })
}

fn connect(context: &Context<'_>) -> Result<Server> {
    let mut server = Server::open(context)?;
    server.resources()?;
    Ok(server)
}

/// Nobody said which cluster: it is whichever kubectl would use.
fn is_ambient(context: &Context<'_>) -> bool {
    let target = context.target();
    let kubernetes = &target.kubernetes;
    target.kind == TargetKind::Real
        && kubernetes.context.is_none()
        && kubernetes.kubeconfig.is_empty()
}

/// There is no cluster to ask, which is no reason to fail.
fn is_absence(error: &Error) -> bool {
    matches!(error.code, ExitCode::Unreachable | ExitCode::Timeout | ExitCode::NotFound)
}
