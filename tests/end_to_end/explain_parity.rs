//! `brume explain` against a server is `kubectl explain`, byte for byte: standard output, the first
//! line of standard error, and the exit code.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use brume_tests::tools::KUBECTL_NEWEST;
use brume_tests::{Cluster, Outcome, Sandbox, repository};

/// As many commands at once as the smallest machine has cores.
const WORKERS: usize = 2;
/// Kinds whose fields are walked, chosen for their shapes: deep, recursive, many enums, maps.
const WALKED: [&str; 7] = [
    "pods",
    "deployments",
    "services",
    "cronjobs",
    "horizontalpodautoscalers",
    "customresourcedefinitions",
    "networkpolicies",
];
/// The version whose output has another form; see [`comparable`].
const BEFORE_ENUMS: &str = "1.27";
/// Field paths compared with the newest kubectl, and with each other one.
const PATHS_NEWEST: usize = 400;
const PATHS_OTHERS: usize = 60;

/// Compares one command of `kubectl explain` with ours; says how they differ.
fn difference(
    cluster: &Cluster<'_>,
    sandbox: &Sandbox,
    version: &str,
    line: &str,
) -> Option<String> {
    let theirs = cluster.kubectl(version, &format!("explain {line}")).run();
    let ours = sandbox.brume(&format!("explain {line}")).env("KUBECONFIG", cluster.kubeconfig());
    let ours = ours.run();
    if version == BEFORE_ENUMS && !theirs.stderr().is_empty() {
        // It finds only what can be read, so nothing about reviews and bindings.
        return None;
    }
    let what = if comparable(version, ours.stdout()) != comparable(version, theirs.stdout()) {
        format!("stdout, {}", first_difference(theirs.stdout(), ours.stdout()))
    } else if ours.code() != theirs.code() {
        format!("exit code: {} instead of {}", ours.code(), theirs.code())
    } else if first_line(&ours) != first_line(&theirs) {
        format!("stderr: {:?} instead of {:?}", first_line(&ours), first_line(&theirs))
    } else {
        return None;
    };
    Some(format!("explain {line} (kubectl {version}): {what}"))
}

/// The text as it is, but for the one version whose form is older than that of all others: it knows
/// no enumerations, and sets empty lines in other places.
fn comparable(version: &str, text: &str) -> String {
    if version != BEFORE_ENUMS {
        return text.to_owned();
    }
    let mut in_enumeration = false;
    let mut kept = Vec::new();
    for line in text.lines() {
        in_enumeration = line == "ENUM:" || in_enumeration && !line.is_empty();
        let is_entry = line.trim_start().starts_with("enum: ");
        if !in_enumeration && !is_entry && !line.trim().is_empty() {
            kept.push(line);
        }
    }
    kept.join("\n")
}

fn first_line(outcome: &Outcome) -> &str {
    outcome.stderr().lines().next().unwrap_or_default()
}

fn first_difference(theirs: &str, ours: &str) -> String {
    let theirs: Vec<&str> = theirs.lines().collect();
    let ours: Vec<&str> = ours.lines().collect();
    let same = theirs.iter().zip(&ours).take_while(|(their, our)| their == our).count();
    let (their, our) = (theirs.get(same), ours.get(same));
    format!("line {}: {our:?} instead of {their:?}", same + 1)
}

/// Compares every line of `lines`, several at once; fails with the first differences.
fn compare_all(version: &str, lines: impl FnOnce(&Cluster<'_>) -> Vec<String>) {
    let sandbox = Sandbox::new();
    let cluster = Cluster::start(&sandbox);
    let lines = lines(&cluster);
    let next = AtomicUsize::new(0);
    let differences = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = difference(&cluster, &sandbox, version, line);
                    differences.lock().expect("no holder panics").extend(found);
                }
            });
        }
    });
    let differences = differences.into_inner().expect("no holder panics");
    let shown: Vec<&str> = differences.iter().take(12).map(String::as_str).collect();
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        lines.len(),
        shown.join("\n")
    );
}

/// The plural name of every resource, with its group: `pods`, `deployments.apps`.
fn resources(cluster: &Cluster<'_>) -> Vec<String> {
    let outcome = cluster.kubectl(KUBECTL_NEWEST, "api-resources -o name").run().success();
    let names: Vec<String> = outcome.stdout().lines().map(str::to_owned).collect();
    assert!(names.len() > 40, "only {} resources:\n{outcome}", names.len());
    names
}

/// Field paths of the walked kinds as kubectl itself lists them, evenly picked.
fn paths(cluster: &Cluster<'_>, wanted: usize) -> Vec<String> {
    let mut all = BTreeSet::new();
    for kind in WALKED {
        let line = format!("explain {kind} --recursive");
        let outcome = cluster.kubectl(KUBECTL_NEWEST, &line).run().success();
        all.extend(paths_of(kind, outcome.stdout()));
    }
    assert!(all.len() > wanted, "only {} paths", all.len());
    let step = all.len() / wanted;
    all.into_iter().step_by(step).take(wanted).collect()
}

/// Reads the indented list that `--recursive` prints.
fn paths_of(kind: &str, recursive: &str) -> Vec<String> {
    let mut stack: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    let fields = recursive.lines().skip_while(|line| *line != "FIELDS:").skip(1);
    for line in fields {
        let Some((name, _)) = line.trim_start().split_once('\t') else { continue };
        let depth = (line.len() - line.trim_start().len()) / 2;
        stack.truncate(depth.saturating_sub(1));
        stack.push(name);
        found.push(format!("{kind}.{}", stack.join(".")));
    }
    found
}

fn everything(version: &str, path_count: usize) {
    compare_all(version, |cluster| {
        let mut lines = resources(cluster);
        lines.extend(paths(cluster, path_count));
        lines.extend(WALKED.iter().map(|kind| format!("{kind} --recursive")));
        lines
    });
}

#[test]
fn every_kind_and_400_paths_as_in_1_37() {
    everything("1.37", PATHS_NEWEST);
}

#[test]
fn every_kind_and_60_paths_as_in_1_35() {
    everything("1.35", PATHS_OTHERS);
}

#[test]
fn every_kind_and_60_paths_as_in_1_33() {
    everything("1.33", PATHS_OTHERS);
}

#[test]
fn every_kind_and_60_paths_as_in_1_30() {
    everything("1.30", PATHS_OTHERS);
}

#[test]
fn every_kind_and_60_paths_as_in_1_27() {
    everything("1.27", PATHS_OTHERS);
}

#[test]
fn names_resolve_as_in_kubectl() {
    let lines = [
        "deploy",
        "deployment.spec.replicas",
        "Deployment.spec.replicas",
        "DEPLOY",
        "deployments.apps.spec.replicas",
        "deployment.apps.spec",
        "deployments.v1.apps",
        "job.spec.",
        "deploy.",
        "hpa",
        "hpa --api-version=autoscaling/v1",
        "hpa.spec --api-version=autoscaling/v2",
        "deploy --api-version=apps/v9",
        "cj.spec.jobTemplate",
        "po.spec.containers.env",
        "crd.spec.versions.schema",
        "pvc.spec.resources",
    ];
    compare_all(KUBECTL_NEWEST, |_| lines.map(str::to_owned).to_vec());
}

#[test]
fn errors_are_those_of_kubectl() {
    let lines = [
        "",
        "deploy svc",
        "pods -o xx",
        "nope",
        "nope.spec",
        "deploy/spec",
        "deploy.spec.nope",
        "deploy.spec.nope.x.y",
        "deploy.spec.replicas.x",
        "pod.metadata.labels.foo",
        "deployment.Spec",
        "pods.spec.containers[0]",
        ".spec",
        "deploy..spec",
        "pods,svc",
        "pods --max-depth=2",
        "pods --recursive --max-depth=-1",
    ];
    compare_all(KUBECTL_NEWEST, |_| lines.map(str::to_owned).to_vec());
}

#[test]
fn options_print_what_kubectl_prints() {
    let lines = [
        "pods -R",
        "pods.spec --recursive --max-depth=1",
        "pods.spec --recursive --max-depth=2",
        "deployments.spec.strategy -o plaintext",
        "deployments.spec.strategy --output=plaintext",
        "deployments -o plaintext-openapiv2",
        "deployments.spec -o plaintext-openapiv2",
        "pods.spec.containers --recursive -o plaintext-openapiv2",
        "deploy.spec.nope -o plaintext-openapiv2",
        "crd --recursive",
    ];
    compare_all(KUBECTL_NEWEST, |_| lines.map(str::to_owned).to_vec());
}

#[test]
fn custom_resources_are_explained_as_by_kubectl() {
    let widget = repository::root().join("tests/end_to_end/widget.yaml");
    let lines = [
        "widget",
        "wd.spec",
        "widgets.example.com.spec.parts",
        "widget.spec.colour",
        "widget.spec.port",
        "widget.spec.labels.x",
        "widget.spec.nope",
        "widget --api-version=example.com/v1alpha1",
        "widget --recursive",
        "widget.spec -o plaintext-openapiv2",
    ];
    compare_all(KUBECTL_NEWEST, |cluster| {
        let create = cluster.kubectl(KUBECTL_NEWEST, "create -f").arg(widget);
        let _ = create.run().success();
        cluster.forget_discovery();
        lines.map(str::to_owned).to_vec()
    });
}

#[test]
fn the_list_of_fields_is_read_as_it_is_meant() {
    let text = "FIELDS:\n  spec\t<A>\n    a\t<[]B>\n    enum: X\n      b\t<C>\n    c\t<D>\n\
                \x20 status\t<E>\n";
    let wanted = ["x.spec", "x.spec.a", "x.spec.a.b", "x.spec.c", "x.status"];
    assert_eq!(paths_of("x", text), wanted);
}
