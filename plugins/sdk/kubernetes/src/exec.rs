//! Exec credential plugins (EKS, GKE, AKS, Teleport and others): one program, asked once.

use std::io::{self, IsTerminal};
use std::process::{Command, Stdio};

use brume_plugin::error::{Error, ExitCode, Result};
use jiff::Timestamp;
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;

/// What the program answers with, in `status`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Credential {
    /// Bearer token.
    pub(crate) token: Option<String>,
    /// Until when it can be used; `None` for as long as we run.
    pub(crate) expiration_timestamp: Option<Timestamp>,
    /// PEM, not base64.
    pub(crate) client_certificate_data: Option<String>,
    /// PEM, not base64.
    pub(crate) client_key_data: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    api_version: Option<String>,
    status: Option<Credential>,
}

/// Runs the program and reads its answer. It may ask the user when standard input is a terminal.
pub(crate) fn run(exec: &ExecConfig) -> Result<Credential> {
    let program = exec.command.as_deref().filter(|command| !command.is_empty());
    let Some(program) = program else {
        return Err(failed("the kubeconfig names no credential program"));
    };
    let output = command(exec, program)?.output().map_err(|error| {
        let result = failed(format!("cannot run the credential program {program}")).source(&error);
        match &exec.install_hint {
            Some(hint) if error.kind() == io::ErrorKind::NotFound => result.hint(hint),
            _ => result,
        }
    })?;
    if !output.status.success() {
        return Err(failed(format!("the credential program {program} failed"))
            .cause(output.status)
            .hint("kubectl config view --minify shows how it is called"));
    }
    let wrong = || failed(format!("the credential program {program} gave no usable answer"));
    let answer: Answer =
        serde_json::from_slice(&output.stdout).map_err(|error| wrong().source(&error))?;
    if answer.api_version != exec.api_version {
        let name = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
        return Err(wrong().cause(format!(
            "asked for API version {}, got {}",
            name(&exec.api_version),
            name(&answer.api_version)
        )));
    }
    let credential = answer.status.ok_or_else(|| wrong().cause("it has no status"))?;
    let has_certificate =
        credential.client_certificate_data.is_some() && credential.client_key_data.is_some();
    if credential.token.is_none() && !has_certificate {
        return Err(wrong().cause("it has neither a token nor a certificate with its key"));
    }
    Ok(credential)
}

fn command(exec: &ExecConfig, program: &str) -> Result<Command> {
    let terminal = io::stdin().is_terminal();
    let interactive = match &exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => false,
        Some(ExecInteractiveMode::Always) if !terminal => {
            return Err(failed(format!("the credential program {program} must ask the user"))
                .cause("standard input is no terminal"));
        }
        _ => terminal,
    };
    let mut spec = json!({ "interactive": interactive });
    if exec.provide_cluster_info {
        let cluster = serde_json::to_value(&exec.cluster).unwrap_or_default();
        if let Some(spec) = spec.as_object_mut() {
            spec.insert("cluster".to_owned(), cluster);
        }
    }
    let info = json!({ "kind": "ExecCredential", "apiVersion": exec.api_version, "spec": spec });
    let mut command = Command::new(program);
    command
        .args(exec.args.iter().flatten())
        .stdin(if interactive { Stdio::inherit() } else { Stdio::null() })
        .stderr(Stdio::inherit())
        .env("KUBERNETES_EXEC_INFO", info.to_string());
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    Ok(command)
}

fn failed(message: impl Into<String>) -> Error {
    Error::new(ExitCode::Auth, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exec(script: &str) -> ExecConfig {
        ExecConfig {
            api_version: Some("client.authentication.k8s.io/v1".to_owned()),
            command: Some("sh".to_owned()),
            args: Some(vec!["-c".to_owned(), script.to_owned()]),
            interactive_mode: Some(ExecInteractiveMode::Never),
            ..ExecConfig::default()
        }
    }

    fn answer(status: &str) -> String {
        format!(
            "echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\
             \"kind\":\"ExecCredential\",\"status\":{status}}}'"
        )
    }

    #[test]
    fn a_token_is_read_with_its_end() {
        let status = r#"{"token":"t","expirationTimestamp":"2030-01-01T00:00:00Z"}"#;
        let credential = run(&exec(&answer(status))).unwrap();
        assert_eq!(credential.token.as_deref(), Some("t"));
        assert_eq!(credential.expiration_timestamp.unwrap().to_string(), "2030-01-01T00:00:00Z");
    }

    #[test]
    fn the_program_is_told_what_is_asked() {
        let script = "case $KUBERNETES_EXEC_INFO in *client.authentication.k8s.io/v1*) ";
        assert!(run(&exec(&format!("{script}{};; esac", answer(r#"{"token":"t"}"#)))).is_ok());
    }

    #[test]
    fn every_failure_is_about_authentication() {
        let mut missing = exec("");
        missing.command = Some("/nowhere/aws".to_owned());
        missing.install_hint = Some("apt install awscli".to_owned());
        let error = run(&missing).err().unwrap();
        assert_eq!(
            (error.code, error.hints.as_slice()),
            (ExitCode::Auth, &["apt install awscli".to_owned()][..])
        );
        for script in [
            "exit 3",
            "echo no",
            "echo '{}'",
            &answer("null"),
            &answer("{}"),
            &answer(r#"{"clientCertificateData":"only half"}"#),
        ] {
            assert_eq!(run(&exec(script)).err().map(|error| error.code), Some(ExitCode::Auth));
        }
    }
}
