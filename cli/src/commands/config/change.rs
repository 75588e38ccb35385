//! The subcommands of `brume config` that change the user's file.

use std::collections::BTreeMap;
use std::process::Command;

use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::render::suggest::did_you_mean;
use clap::ArgMatches;

use crate::atomic;
use crate::config::edit::Editor;
use crate::config::{Origin, RESERVED_NAMES, Scalar, file, keys};
use crate::session::Session;

type Changes<'a> = Vec<(&'a str, Option<Scalar>)>;

/// Opens the file in the user's editor, and complains when it is broken afterwards.
pub(super) fn edit(session: &Session) -> Result<()> {
    let path = session.config_path();
    let environment = &session.environment;
    let editor = environment.text("VISUAL").or_else(|| environment.text("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let cannot = |error: &std::io::Error| {
        Error::failed(format!("cannot start the editor '{editor}'"))
            .source(error)
            .hint("EDITOR=nano brume config edit")
    };
    if let Some(folder) = path.parent() {
        atomic::make_folder(folder).map_err(|error| cannot(&error))?;
    }
    // By a shell, as git and kubectl do: the variable may hold options and quotes.
    let status = Command::new("/bin/sh")
        .args(["-c", &format!("{editor} \"$@\""), &editor])
        .arg(&path)
        .status()
        .map_err(|error| cannot(&error))?;
    if !status.success() {
        return Err(Error::failed(format!("the editor '{editor}' failed: {status}"))
            .hint("EDITOR=nano brume config edit"));
    }
    file::read(&path, file::Owner::User).map(|_| ())
}

/// Chooses the current context.
pub(super) fn use_context(session: &Session, name: &str) -> Result<()> {
    if !RESERVED_NAMES.contains(&name) {
        session.config.context(name)?;
    }
    let mut editor = Editor::open(&session.config_path())?;
    editor.set_current_context(Some(name));
    editor.save()?;
    session.notice(&format!("Switched to context '{name}'."));
    let path = session.config_path();
    let is_own = |origin: &Origin| matches!(origin, Origin::File { path: of, .. } if *of == path);
    let effective = session.config.settings.get("current-context").map(|entry| &entry.origin);
    if let Some(origin) = effective.filter(|origin| !is_own(origin)) {
        session.notice(&format!("warning: {origin} still says otherwise"));
    }
    Ok(())
}

/// Makes or changes a context.
pub(super) fn set_context(session: &Session, matches: &ArgMatches) -> Result<()> {
    let name = super::required(matches, "name");
    let mut changes = from_flags(session);
    for key in ["kube-context", "aws-profile", "snowflake-connection", "argocd-server", "emulator"]
    {
        if let Some(value) = matches.get_one::<String>(key) {
            changes.push((key, Some(Scalar::Text(value.clone()))));
        }
    }
    if matches.get_flag("protected") {
        changes.push(("protected", Some(Scalar::Boolean(true))));
    }
    if let Some(addresses) = service_urls(session, name, matches)? {
        changes.push(("endpoint-urls", Some(Scalar::Addresses(addresses))));
    }
    for key in matches.get_many::<String>("unset").into_iter().flatten() {
        let Some(key) = keys::find(keys::CONTEXT, key) else {
            let mut error = Error::usage(format!("there is no key '{key}' in a context"));
            error.hints.extend(did_you_mean(key, keys::CONTEXT.iter().map(|key| key.name)));
            return Err(error.hint("man 5 brume-config"));
        };
        changes.push((key.name, None));
    }
    if changes.iter().any(|(key, value)| *key == "emulator" && value.is_some()) {
        let real = ["kube-context", "kubeconfig", "aws-profile", "endpoint-url"];
        if let Some((key, _)) = changes.iter().find(|(key, _)| real.contains(key)) {
            return Err(Error::usage(format!(
                "--emulator stands in for everything, {key} included"
            ))
            .hint(format!("brume config set-context {name} --emulator default")));
        }
    }
    let mut editor = Editor::open(&session.config_path())?;
    let existed = editor.set_context(name, &changes)?;
    editor.save()?;
    let done = if existed { "Changed" } else { "Made" };
    session.notice(&format!("{done} context '{name}'."));
    Ok(())
}

/// Deletes a context, and the choice of it.
pub(super) fn delete_context(session: &Session, name: &str) -> Result<()> {
    let mut editor = Editor::open(&session.config_path())?;
    editor.delete_context(name)?;
    if editor.current_context() == Some(name) {
        editor.set_current_context(None);
        session.notice(&format!("warning: '{name}' was the current context; there is none now"));
    }
    editor.save()?;
    session.notice(&format!("Deleted context '{name}'."));
    Ok(())
}

/// Renames a context, and follows with the choice of it.
pub(super) fn rename_context(session: &Session, from: &str, to: &str) -> Result<()> {
    let mut editor = Editor::open(&session.config_path())?;
    editor.rename_context(from, to)?;
    if editor.current_context() == Some(from) {
        editor.set_current_context(Some(to));
    }
    editor.save()?;
    session.notice(&format!("Renamed context '{from}' to '{to}'."));
    Ok(())
}

/// The keys that global flags set.
fn from_flags(session: &Session) -> Changes<'static> {
    let flags = &session.flags;
    let kubeconfig = flags.kubeconfig.as_ref().map(|path| path.to_string_lossy().into_owned());
    [
        ("kubeconfig", kubeconfig),
        ("namespace", flags.namespace.clone()),
        ("aws-profile", flags.profile.clone()),
        ("region", flags.region.clone()),
        ("endpoint-url", flags.endpoint_url.clone()),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, Some(Scalar::Text(value?)))))
    .collect()
}

/// The addresses that the context has already, with those that were typed.
fn service_urls(
    session: &Session,
    name: &str,
    matches: &ArgMatches,
) -> Result<Option<BTreeMap<String, String>>> {
    let Some(typed) = matches.get_many::<String>("service-url") else { return Ok(None) };
    let known = session.config.context(name).map(|context| context.addresses());
    let mut addresses = known.unwrap_or_default();
    for pair in typed {
        let Some((service, url)) = pair.split_once('=').filter(|(service, _)| !service.is_empty())
        else {
            return Err(Error::new(ExitCode::Usage, format!("'{pair}' is not SERVICE=URL"))
                .hint(format!("brume config set-context {name} --service-url sqs=http://host:1")));
        };
        addresses.insert(service.to_owned(), url.to_owned());
    }
    Ok(Some(addresses))
}
