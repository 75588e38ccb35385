//! `/version`.

use brume_schema::KubernetesVersion;

use crate::wire::{JsonWriter, Response};

/// The version that the server says it is, for example `v1.37.0+brume`.
pub(crate) fn git_version(version: KubernetesVersion) -> String {
    format!("v{version}.0+brume")
}

/// Answers `/version`.
pub(crate) fn respond(version: KubernetesVersion) -> Response {
    let minor = version.minor().to_string();
    let mut json = JsonWriter::default();
    json.object(|json| {
        for (key, text) in [
            ("major", "1"),
            ("minor", &minor),
            ("emulationMajor", "1"),
            ("emulationMinor", &minor),
            ("gitVersion", &git_version(version)),
            ("gitCommit", ""),
            ("gitTreeState", "clean"),
            ("buildDate", "1970-01-01T00:00:00Z"),
            ("goVersion", ""),
            ("compiler", "rustc"),
            ("platform", &platform()),
        ] {
            json.key(key).string(text);
        }
    });
    Response::json(json.finish())
}

/// Operating system and processor, named as Go names them.
fn platform() -> String {
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    format!("{system}/{processor}")
}
