//! The subcommands of `brume config` that look.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use brume_plugin::error::{Error, ExitCode, Result};
use serde::Serialize;
use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use super::super::table::table;
use crate::config::{Entry, Origin, RESERVED_NAMES, Scalar};
use crate::session::Session;

/// The merged configuration as a document.
#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    settings: BTreeMap<&'a str, &'a Scalar>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    plugins: BTreeMap<&'a str, &'a Scalar>,
    #[serde(rename = "context")]
    contexts: BTreeMap<&'a str, BTreeMap<&'a str, &'a Scalar>>,
}

/// One value with its origin.
#[derive(Serialize)]
struct Row<'a> {
    key: String,
    value: &'a Scalar,
    origin: String,
}

/// One line of `get-contexts`.
#[derive(Serialize)]
struct ContextRow<'a> {
    name: &'a str,
    current: bool,
    protected: bool,
    goes_to: String,
}

/// Prints the merged configuration.
pub(super) fn view(session: &Session, show_origin: bool) -> Result<()> {
    if show_origin {
        let rows = rows(session);
        return session.print(&rows, |rows| {
            let width = rows.iter().map(|row| row.key.len()).max().unwrap_or(0);
            rows.iter().fold(String::new(), |mut text, row| {
                let shown = shown(row.value);
                let _ = writeln!(text, "{:width$}  {shown}  # {}", row.key, row.origin);
                text
            })
        });
    }
    let config = &session.config;
    let mut settings = values(&config.settings);
    // The form of this very page is no setting of anything.
    if config.settings.get("output").is_some_and(|entry| entry.origin == Origin::Flag("output")) {
        settings.remove("output");
    }
    let view = View {
        settings,
        plugins: values(&config.plugins),
        contexts: config
            .contexts
            .iter()
            .map(|(name, keys)| (name.as_str(), values(keys)))
            .collect(),
    };
    match session.output().format.as_deref() {
        Some("toml") => session.print_text(&toml(&view)),
        _ => session.print(&view, toml),
    }
}

/// Lists the contexts.
pub(super) fn contexts(session: &Session) -> Result<()> {
    let config = &session.config;
    let current = config.text("current-context").unwrap_or("ambient");
    let mut rows: Vec<ContextRow<'_>> = Vec::new();
    for (name, keys) in &config.contexts {
        let protected =
            matches!(keys.get("protected").map(|entry| &entry.value), Some(Scalar::Boolean(true)));
        let goes_to = keys
            .iter()
            .filter(|(key, _)| **key != "protected")
            .map(|(key, entry)| format!("{key}={}", plain(&entry.value)))
            .collect::<Vec<_>>()
            .join(" ");
        rows.push(ContextRow { name, current: name == current, protected, goes_to });
    }
    for (name, goes_to) in RESERVED_NAMES
        .into_iter()
        .zip(["the bundled emulators", "what each tool would use by itself"])
    {
        let goes_to = goes_to.to_owned();
        rows.push(ContextRow { name, current: name == current, protected: false, goes_to });
    }
    session.print(&rows, |rows| {
        let mark = |on: bool, mark: &str| if on { mark.to_owned() } else { String::new() };
        let cells = rows.iter().map(|row| {
            vec![
                mark(row.current, "*"),
                row.name.to_owned(),
                mark(row.protected, "yes"),
                row.goes_to.clone(),
            ]
        });
        table(&["CURRENT", "NAME", "PROTECTED", "GOES TO"], cells)
    })
}

/// Prints the name of the current context.
pub(super) fn current(session: &Session) -> Result<()> {
    match session.config.text("current-context") {
        Some(name) => session.print(&name, |name| format!("{name}\n")),
        None => {
            Err(Error::new(ExitCode::NotFound, "no context is chosen: commands go to `ambient`")
                .hint("brume config get-contexts")
                .hint("brume help contexts"))
        }
    }
}

fn rows(session: &Session) -> Vec<Row<'_>> {
    let config = &session.config;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (key, entry) in &config.settings {
        rows.push(entry_row((*key).to_owned(), entry));
    }
    for (key, entry) in &config.plugins {
        rows.push(entry_row(format!("plugins.{key}"), entry));
    }
    for (name, keys) in &config.contexts {
        for (key, entry) in keys {
            rows.push(entry_row(format!("context.{}.{key}", quoted(name)), entry));
        }
    }
    rows
}

fn entry_row(key: String, entry: &Entry) -> Row<'_> {
    Row { key, value: &entry.value, origin: entry.origin.to_string() }
}

fn values<'a>(entries: &'a BTreeMap<&'static str, Entry>) -> BTreeMap<&'a str, &'a Scalar> {
    entries.iter().map(|(key, entry)| (*key, &entry.value)).collect()
}

fn toml(view: &View<'_>) -> String {
    let mut document = DocumentMut::new();
    for (key, scalar) in &view.settings {
        document.insert(key, item(scalar));
    }
    if !view.plugins.is_empty() {
        document.insert("plugins", Item::Table(toml_table(&view.plugins)));
    }
    if !view.contexts.is_empty() {
        let mut contexts = Table::new();
        contexts.set_implicit(true);
        for (name, keys) in &view.contexts {
            contexts.insert(name, Item::Table(toml_table(keys)));
        }
        document.insert("context", Item::Table(contexts));
    }
    document.to_string()
}

fn toml_table(values: &BTreeMap<&str, &Scalar>) -> Table {
    values.iter().map(|(key, scalar)| (toml_edit::Key::new(*key), item(scalar))).collect()
}

fn item(scalar: &Scalar) -> Item {
    match scalar {
        Scalar::Text(text) => value(text.as_str()),
        Scalar::Boolean(switch) => value(*switch),
        Scalar::Addresses(addresses) => value(addresses.iter().collect::<InlineTable>()),
    }
}

/// A value as it would stand in the file.
fn shown(scalar: &Scalar) -> String {
    item(scalar).to_string().trim().to_owned()
}

/// A value as people read it.
fn plain(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => text.clone(),
        other => shown(other),
    }
}

fn quoted(name: &str) -> String {
    toml_edit::Key::new(name).display_repr().into_owned()
}
