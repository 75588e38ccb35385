//! Tab completion of resource names and field paths.
//!
//! The bundled schemas answer, at once and without a network. A running emulator is asked as well:
//! it is near, and knows custom resources.

use std::rc::Rc;

use brume_plugin::invocation::TargetKind;
use brume_plugin::{Candidate, Context};
use brume_schema::KubernetesVersion;

use crate::command::subject;
use crate::lookup::look_up;
use crate::render::first_sentence;
use crate::render::plaintext::type_name;
use crate::schema::{children, follow};
use crate::source::Source;
use crate::source::bundled::Bundled;
use crate::source::server::Server;

/// Candidates for a word that may be half a resource name or half a field path.
pub fn complete(word: &str, context: &Context<'_>) -> Vec<Candidate> {
    if context.target().kind == TargetKind::Emulated
        && let Ok(mut server) = Server::open(context)
    {
        return candidates(&mut server, word);
    }
    candidates(&mut Bundled::new(KubernetesVersion::NEWEST), word)
}

fn candidates(source: &mut dyn Source, word: &str) -> Vec<Candidate> {
    match word.rsplit_once('.') {
        None => resources(source, word),
        Some((path, field)) => fields(source, path, field),
    }
}

fn resources(source: &mut dyn Source, word: &str) -> Vec<Candidate> {
    let Ok(resources) = source.resources() else { return Vec::new() };
    let mut candidates: Vec<Candidate> = Vec::new();
    for resource in resources.iter() {
        let names = std::iter::once(&resource.plural).chain(&resource.short_names);
        for name in names.filter(|name| name.starts_with(word)) {
            if !candidates.iter().any(|candidate| candidate.value == *name) {
                candidates
                    .push(Candidate { value: name.clone(), description: resource.kind.clone() });
            }
        }
    }
    candidates
}

fn fields(source: &mut dyn Source, path: &str, field: &str) -> Vec<Candidate> {
    let Ok(subject) = look_up(source, path, None).and_then(|lookup| subject(source, &lookup))
    else {
        return Vec::new();
    };
    let document = subject.document.as_ref();
    let Some(found) = follow(document, &subject.root, &subject.fields) else { return Vec::new() };
    children(document, &Rc::clone(&found.schema))
        .into_iter()
        .filter(|child| child.name.starts_with(field))
        .map(|child| Candidate {
            value: format!("{path}.{}", child.name),
            description: format!(
                "<{}> {}",
                type_name(document, &child.schema),
                first_sentence(&child.schema.description)
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(word: &str) -> Vec<String> {
        let mut source = Bundled::new(KubernetesVersion::NEWEST);
        candidates(&mut source, word).into_iter().map(|candidate| candidate.value).collect()
    }

    #[test]
    fn completes_types_and_fields() {
        assert_eq!(values("deploy"), ["deployments", "deploy"]);
        assert_eq!(values("deploy.spec.rep"), ["deploy.spec.replicas"]);
        assert_eq!(
            values("pod.spec.containers.livenessProbe.ht"),
            ["pod.spec.containers.livenessProbe.httpGet"]
        );
        assert!(values("nope.").is_empty());
        assert!(values("pod.spec.nope.").is_empty());
    }
}
