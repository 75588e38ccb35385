//! Chooses who answers: the cluster of the target, or the schemas that brume carries.

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
/// Where no cluster is configured or none can be reached, the bundled schemas answer and a note on
/// standard error says so. A cluster that refuses is an error: it is there, and may know more.
///
/// # Errors
/// The kubeconfig is broken, or the cluster refuses.
pub fn open(answerer: Answerer, context: &mut Context<'_>) -> Result<Answering> {
    let version = match answerer {
        Answerer::Bundled(version) => version,
        Answerer::Cluster => match connect(context) {
            Ok(server) => return Ok(Answering { source: Box::new(server), from_cluster: true }),
            Err(error) if is_absence(&error) => {
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

/// There is no cluster to ask, which is no reason to fail.
fn is_absence(error: &Error) -> bool {
    matches!(error.code, ExitCode::Unreachable | ExitCode::Timeout | ExitCode::NotFound)
}
