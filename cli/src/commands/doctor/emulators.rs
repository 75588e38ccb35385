//! Checks of the emulator instances: what runs, what does not answer, what a crash left behind.

use brume_instance::{Client, EndpointDocument, InstancePaths, lock, paths};

use super::Finding;
use crate::session::Session;

const CHECK: &str = "emulators";

pub(super) fn check(session: &Session) -> Vec<Finding> {
    let directories = session.directories();
    let findings: Vec<Finding> = paths::instances(&directories.runtime)
        .iter()
        .filter_map(|name| {
            instance(&InstancePaths::new(&directories.state, &directories.runtime, name))
        })
        .collect();
    if findings.is_empty() {
        return vec![Finding::ok(CHECK, "none runs; --local starts one")];
    }
    findings
}

fn instance(paths: &InstancePaths) -> Option<Finding> {
    let name = &paths.name;
    if !lock::is_held(&paths.lock()) {
        return paths.endpoint().exists().then(|| {
            Finding::warn(
                CHECK,
                format!("instance '{name}' ended without tidying up"),
                format!("brume up --instance {name}"),
            )
        });
    }
    let finding = match Client::connect(paths) {
        Ok(Some(client)) => running(paths, &client),
        Ok(None) => Finding::warn(
            CHECK,
            format!("instance '{name}' is starting, or does not listen"),
            format!("brume status --instance {name}"),
        ),
        Err(error) => {
            let detail = format!("instance '{name}': {}", error.message);
            Finding::fail(CHECK, detail, error.hints.first().cloned())
        }
    };
    Some(finding)
}

fn running(paths: &InstancePaths, client: &Client) -> Finding {
    let name = &paths.name;
    let welcome = client.welcome();
    let ours = env!("CARGO_PKG_VERSION");
    if welcome.version != ours {
        return Finding::warn(
            CHECK,
            format!("instance '{name}' is version {}, and this is {ours}", welcome.version),
            format!("brume down --instance {name} && brume up --instance {name}"),
        );
    }
    match EndpointDocument::read(&paths.endpoint()) {
        Ok(Some(document)) => {
            let services: Vec<&str> =
                document.services.iter().map(|service| service.name.as_str()).collect();
            let services = services.join(", ");
            Finding::ok(CHECK, format!("instance '{name}' runs {ours} ({services})"))
        }
        Ok(None) => Finding::ok(CHECK, format!("instance '{name}' runs {ours}, starting")),
        Err(error) => Finding::fail(CHECK, error.message, error.hints.first().cloned()),
    }
}
