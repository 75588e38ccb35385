//! Manifests to start from, written for brume: `--examples`.

use std::io::Write as _;

use brume_plugin::output::Column;
use brume_plugin::{Context, Error, ExitCode, Result};
use serde_json::{Value, json};

use crate::arguments::Form;
use crate::command::{Subject, unknown_field};
use crate::render::structured;
use crate::schema::follow;

/// One manifest.
#[derive(Clone, Copy, Debug)]
struct Example {
    group: &'static str,
    kind: &'static str,
    title: &'static str,
    yaml: &'static str,
}

macro_rules! examples {
    ($($group:literal $kind:literal $title:literal $file:literal)*) => {
        &[$(Example { group: $group, kind: $kind, title: $title, yaml: include_str!($file) }),*]
    };
}

const EXAMPLES: &[Example] = examples! {
    "" "ConfigMap" "Settings as keys and as a file" "configmap.yaml"
    "" "Namespace" "A namespace with a pod security level" "namespace.yaml"
    "" "PersistentVolumeClaim" "Ten gibibytes of the default class" "persistentvolumeclaim.yaml"
    "" "Pod" "One container with probes and limits" "pod.yaml"
    "" "Secret" "A password, typed as text" "secret.yaml"
    "" "Service" "A port on every node" "service.yaml"
    "" "ServiceAccount" "An identity for pods" "serviceaccount.yaml"
    "apps" "DaemonSet" "One pod on every node" "daemonset.yaml"
    "apps" "Deployment" "Three replicas, updated without a gap" "deployment.yaml"
    "apps" "StatefulSet" "Stable names, a volume each" "statefulset.yaml"
    "autoscaling" "HorizontalPodAutoscaler"
        "Two to ten replicas by CPU" "horizontalpodautoscaler.yaml"
    "batch" "CronJob" "Every night, never twice at once" "cronjob.yaml"
    "batch" "Job" "One run, tried three times" "job.yaml"
    "networking.k8s.io" "Ingress" "A host with TLS" "ingress.yaml"
    "networking.k8s.io" "NetworkPolicy" "In only from the front end" "networkpolicy.yaml"
    "policy" "PodDisruptionBudget" "At least two stay up" "poddisruptionbudget.yaml"
    "rbac.authorization.k8s.io" "Role" "Read pods and their logs" "role.yaml"
    "rbac.authorization.k8s.io" "RoleBinding" "Give a role to a service account" "rolebinding.yaml"
};

/// Prints the examples of a kind, or the passages of them that show one field.
pub fn run(subject: &Subject, form: &Form, context: &mut Context<'_>) -> Result<()> {
    let document = subject.document.as_ref();
    follow(document, &subject.root, &subject.fields).ok_or_else(|| unknown_field(subject))?;
    let kind = &subject.kind;
    let shown: Vec<_> = EXAMPLES
        .iter()
        .filter(|example| example.group == kind.group && example.kind == kind.kind)
        .filter_map(|example| Some((example.title, passage(example.yaml, &subject.fields)?)))
        .collect();
    if shown.is_empty() {
        let path: Vec<_> = std::iter::once(kind.kind.to_lowercase())
            .chain(subject.fields.iter().cloned())
            .collect();
        return Err(Error::new(ExitCode::NotFound, format!("no example shows {}", path.join(".")))
            .hint(format!("brume explain {} -o skeleton", path.join("."))));
    }
    if let Form::Standard(format) = form {
        let listed: Vec<_> =
            shown.iter().map(|(title, yaml)| json!({"title": title, "yaml": yaml})).collect();
        let columns = [Column::new("TITLE", |example| structured::text(example, "title"))];
        let name = |item: &Value| structured::text(item, "title");
        let document = Value::from(listed.clone());
        return structured::print_items(&document, &listed, &columns, name, format, context);
    }
    let text: Vec<_> = shown.iter().map(|(title, yaml)| format!("# {title}\n{yaml}")).collect();
    Ok(context.stdout().write_all(text.join("\n").as_bytes())?)
}

/// Cuts out the lines of one field with those below it; lists are entered at any element.
///
/// The examples are ours: block style, two spaces a level, a dash counts as two.
fn passage(yaml: &str, fields: &[String]) -> Option<String> {
    let lines: Vec<&str> = yaml.lines().collect();
    let mut range = 0..lines.len();
    let mut margin = 0;
    for field in fields {
        let start = range.clone().find(|&index| {
            let (at, text) = key_of(lines[index]);
            at == margin
                && text.strip_prefix(field.as_str()).is_some_and(|rest| rest.starts_with(':'))
        })?;
        let end = (start + 1..range.end)
            .find(|&index| !is_below(lines[index], margin))
            .unwrap_or(range.end);
        range = start..end;
        margin = (start + 1..end).map(|index| key_of(lines[index]).0).next().unwrap_or(margin + 2);
    }
    let first = lines.get(range.start)?;
    let (at, text) = key_of(first);
    let strip = if fields.is_empty() { 0 } else { at };
    let mut shown = vec![if fields.is_empty() { (*first).to_owned() } else { text.to_owned() }];
    shown.extend(
        range.skip(1).map(|index| lines[index].get(strip..).unwrap_or_default().to_owned()),
    );
    Some(shown.join("\n") + "\n")
}

/// Column and text of a line's key; the dash of a list element belongs to the margin.
fn key_of(line: &str) -> (usize, &str) {
    let text = line.trim_start_matches([' ', '-']);
    (line.len() - text.len(), text)
}

/// Tells whether a line belongs to the key above it at `margin`: it is deeper, or, in a list of
/// that key, an element at the same margin.
fn is_below(line: &str, margin: usize) -> bool {
    let spaces = line.len() - line.trim_start().len();
    spaces > margin || (spaces == margin && line.trim_start().starts_with("- "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::subject;
    use crate::lookup::look_up;
    use crate::source::bundled::Bundled;
    use brume_schema::KubernetesVersion;

    #[test]
    fn cuts_out_one_field() {
        let yaml =
            "kind: X\nspec:\n  list:\n    - name: a\n      port: 1\n    - name: b\n  end: 1\n";
        let cut = |fields: &[&str]| {
            passage(yaml, &fields.iter().map(|&field| field.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(cut(&[]).as_deref(), Some(yaml));
        assert_eq!(cut(&["spec", "end"]).as_deref(), Some("end: 1\n"));
        assert_eq!(cut(&["spec", "list", "port"]).as_deref(), Some("port: 1\n"));
        assert_eq!(cut(&["spec", "nope"]), None);
    }

    /// Every key of every example must be a field that the newest version has.
    #[test]
    fn examples_are_valid() {
        for example in EXAMPLES {
            let mut source = Bundled::new(KubernetesVersion::NEWEST);
            let name = example.kind.to_lowercase();
            let lookup = look_up(&mut source, &name, None).expect(example.kind);
            let subject = subject(&mut source, &lookup).expect(example.kind);
            let value: serde_json::Value =
                serde_saphyr::from_str(example.yaml).expect(example.kind);
            assert_eq!(value["apiVersion"], subject.kind.api_version(), "{}", example.kind);
            assert_eq!(value["kind"], example.kind);
            check(&subject, &mut Vec::new(), &value);
        }
    }

    fn check(subject: &Subject, path: &mut Vec<String>, value: &serde_json::Value) {
        let found = follow(subject.document.as_ref(), &subject.root, path)
            .unwrap_or_else(|| panic!("{} has no field {}", subject.kind.kind, path.join(".")));
        let is_free = crate::schema::children(subject.document.as_ref(), &found.schema).is_empty();
        match value {
            serde_json::Value::Object(members) if !is_free => {
                for (name, member) in members {
                    path.push(name.clone());
                    check(subject, path, member);
                    path.pop();
                }
            }
            serde_json::Value::Array(elements) => {
                for element in elements {
                    check(subject, path, element);
                }
            }
            _ => {}
        }
    }
}
