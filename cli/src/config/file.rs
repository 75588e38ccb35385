//! Reads one configuration file: TOML in, checked tables out, every complaint with its place.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use brume_plugin::duration::parse_duration_ms;
use brume_plugin::error::{Error, Result};
use brume_plugin::render::suggest::did_you_mean;
use toml_edit::{Document, Item, TableLike};

use super::keys::{self, Key, Kind};
use super::{Config, Entry, Origin, Scalar, source};

/// Largest configuration file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Whose file it is, which decides what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The user's own `config.toml`.
    User,
    /// A project's `brume.toml`.
    Project,
}

/// Reads a file into a configuration layer; a file that does not exist gives an empty one.
///
/// # Errors
/// When the file cannot be read, is not TOML, or holds a key or value that brume does not know.
pub fn read(path: &Path, owner: Owner) -> Result<Config> {
    match read_text(path) {
        Ok(Some(text)) => parse(path, &text, owner),
        Ok(None) => Ok(Config::default()),
        Err(error) => Err(Error::failed(format!("cannot read {}", path.display()))
            .source(&error)
            .hint(format!("ls -l {}", path.display()))),
    }
}

/// Reads the text of a configuration file, `None` when there is none.
///
/// # Errors
/// When it cannot be read, is larger than a mebibyte, or is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<Option<String>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    Ok(Some(text))
}

/// Parses the text of a configuration file.
///
/// # Errors
/// As for [`read`]; each message begins with file, line and column.
pub fn parse(path: &Path, text: &str, owner: Owner) -> Result<Config> {
    let reader = Reader { path, text, owner };
    let document = Document::parse(text)
        .map_err(|error| reader.complain(error.span(), error.message().trim()))?;
    let mut config = Config::default();
    reader.top(document.as_table(), &mut config)?;
    Ok(config)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    owner: Owner,
}

impl Reader<'_> {
    fn top(&self, table: &dyn TableLike, config: &mut Config) -> Result<()> {
        for (name, item) in table.iter() {
            match name {
                "context" => {
                    let contexts = self.table(name, item, span_of(table, name))?;
                    for (name, item) in contexts.iter() {
                        self.context_name(contexts, name)?;
                        let context = self.table(name, item, span_of(contexts, name))?;
                        let entries = config.contexts.entry(name.to_owned()).or_default();
                        self.entries(keys::CONTEXT, "a context", context, entries)?;
                    }
                }
                "plugins" => {
                    let plugins = self.table(name, item, span_of(table, name))?;
                    self.entries(keys::PLUGINS, "[plugins]", plugins, &mut config.plugins)?;
                }
                _ => {
                    let key =
                        self.key(keys::TOP, &["context", "plugins"], "the file", table, name)?;
                    let entry = self.entry(key, item, span_of(table, name))?;
                    config.settings.insert(key.name, entry);
                }
            }
        }
        Ok(())
    }

    fn entries(
        &self,
        known: &'static [Key],
        place: &str,
        table: &dyn TableLike,
        entries: &mut BTreeMap<&'static str, Entry>,
    ) -> Result<()> {
        for (name, item) in table.iter() {
            let key = self.key(known, &[], place, table, name)?;
            entries.insert(key.name, self.entry(key, item, span_of(table, name))?);
        }
        Ok(())
    }

    fn key(
        &self,
        known: &'static [Key],
        tables: &[&'static str],
        place: &str,
        table: &dyn TableLike,
        name: &str,
    ) -> Result<&'static Key> {
        let span = span_of(table, name);
        let Some(key) = keys::find(known, name) else {
            let names = known.iter().map(|key| key.name).chain(tables.iter().copied());
            let message = format!("unknown key '{name}' in {place}");
            let error = self.complain(span, &message);
            let hint = did_you_mean(name, names.clone())
                .unwrap_or_else(|| format!("known keys: {}", names.collect::<Vec<_>>().join(", ")));
            return Err(hint_first(error, hint));
        };
        if self.owner == Owner::Project && !key.in_project {
            let message = format!("'{name}' may not be set by a project's file");
            return Err(hint_first(
                self.complain(span, &message),
                "move the line to your own file: brume config edit".to_owned(),
            ));
        }
        Ok(key)
    }

    fn context_name(&self, contexts: &dyn TableLike, name: &str) -> Result<()> {
        super::check_context_name(name)
            .map_err(|reason| self.complain(span_of(contexts, name), &reason))
    }

    fn table<'t>(
        &self,
        name: &str,
        item: &'t Item,
        span: Option<Range<usize>>,
    ) -> Result<&'t dyn TableLike> {
        item.as_table_like().ok_or_else(|| {
            self.complain(item.span().or(span), &format!("'{name}' must be a table"))
        })
    }

    fn entry(&self, key: &Key, item: &Item, key_span: Option<Range<usize>>) -> Result<Entry> {
        let span = item.span().or_else(|| key_span.clone());
        let refuse =
            |what: &str| Err(self.complain(span.clone(), &format!("'{}' {what}", key.name)));
        let value = match key.kind {
            Kind::Boolean => match item.as_bool() {
                Some(value) => Scalar::Boolean(value),
                None => return refuse("must be true or false"),
            },
            Kind::Addresses => match addresses(item) {
                Some(value) => Scalar::Addresses(value),
                None => return refuse("must be a table of texts"),
            },
            Kind::Text | Kind::Duration | Kind::OneOf(_) => {
                let Some(value) = item.as_str() else { return refuse("must be a text in quotes") };
                if let Err(reason) = check_text(key.kind, value) {
                    return refuse(&reason);
                }
                Scalar::Text(value.to_owned())
            }
        };
        let (line, _) = source::position(self.text, key_span.map_or(0, |span| span.start));
        Ok(Entry { value, origin: Origin::File { path: self.path.to_path_buf(), line } })
    }

    fn complain(&self, span: Option<Range<usize>>, message: &str) -> Error {
        let error = Error::usage(source::point(self.path, self.text, span, message));
        match self.owner {
            Owner::User => error.hint("brume config edit"),
            Owner::Project => error.hint(format!("${{EDITOR:-vi}} {}", self.path.display())),
        }
    }
}

/// Checks a text against what its key allows; the reason reads on from the key's name.
///
/// # Errors
/// The reason.
pub fn check_text(kind: Kind, value: &str) -> Result<(), String> {
    match kind {
        Kind::OneOf(words) if !words.contains(&value) => {
            Err(format!("must be one of: {}", words.join(", ")))
        }
        Kind::Duration => {
            parse_duration_ms(value).map(|_| ()).map_err(|reason| format!("is wrong: {reason}"))
        }
        _ => Ok(()),
    }
}

fn addresses(item: &Item) -> Option<BTreeMap<String, String>> {
    let table = item.as_table_like()?;
    table.iter().map(|(name, item)| Some((name.to_owned(), item.as_str()?.to_owned()))).collect()
}

fn span_of(table: &dyn TableLike, name: &str) -> Option<Range<usize>> {
    table.key(name).and_then(toml_edit::Key::span)
}

fn hint_first(mut error: Error, hint: String) -> Error {
    error.hints.insert(0, hint);
    error
}
