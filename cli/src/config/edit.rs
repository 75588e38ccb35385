//! Changes the user's `config.toml` and keeps every comment and blank line of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use brume_plugin::error::{Error, ExitCode, Result};
use toml_edit::{DocumentMut, Item, Table, value};

use super::file::{self, Owner};
use super::{Scalar, check_context_name};
use crate::atomic::{self, Durability};

/// The user's file, open for a change; other writers wait until it is dropped.
#[derive(Debug)]
pub struct Editor {
    path: PathBuf,
    document: DocumentMut,
    _lock: File,
}

impl Editor {
    /// Opens the file, or begins an empty one.
    ///
    /// # Errors
    /// When the folder cannot be made, or the file cannot be read or is broken.
    pub fn open(path: &Path) -> Result<Self> {
        let fail = |error: std::io::Error| {
            Error::failed(format!("cannot change {}", path.display())).source(&error)
        };
        let folder = path.parent().ok_or_else(|| fail(std::io::ErrorKind::InvalidInput.into()))?;
        atomic::make_folder(folder).map_err(fail)?;
        let lock = File::open(folder).map_err(fail)?;
        lock.lock().map_err(fail)?;
        let text = file::read_text(path).map_err(fail)?.unwrap_or_default();
        // The strict reader first: it gives the better complaint, and nobody edits a broken file.
        file::parse(path, &text, Owner::User)?;
        let document = text.parse::<DocumentMut>().map_err(|error| {
            Error::failed(format!("cannot change {}", path.display())).source(&error)
        })?;
        Ok(Self { path: path.to_path_buf(), document, _lock: lock })
    }

    /// The choice that the file makes.
    #[must_use]
    pub fn current_context(&self) -> Option<&str> {
        self.document.get("current-context")?.as_str()
    }

    /// Chooses the current context; `None` takes the choice away.
    pub fn set_current_context(&mut self, name: Option<&str>) {
        match name {
            // An existing item keeps its comment.
            Some(name) => set(self.document.as_table_mut(), "current-context", value(name)),
            None => {
                self.document.remove("current-context");
            }
        }
    }

    /// Sets keys of a context, making the context when it is new; `None` takes a key away.
    ///
    /// # Errors
    /// A usage error when the name cannot be a context's.
    pub fn set_context(&mut self, name: &str, changes: &[(&str, Option<Scalar>)]) -> Result<bool> {
        check_context_name(name).map_err(Error::usage)?;
        let contexts = self.contexts()?;
        let existed = contexts.contains_key(name);
        let context = contexts.entry(name).or_insert_with(|| {
            let mut table = Table::new();
            table.decor_mut().set_prefix("\n");
            Item::Table(table)
        });
        let context = context.as_table_like_mut().ok_or_else(|| not_a_table(name))?;
        for (key, change) in changes {
            let item = match change {
                None => {
                    context.remove(key);
                    continue;
                }
                Some(Scalar::Text(text)) => value(text.as_str()),
                Some(Scalar::Boolean(switch)) => value(*switch),
                Some(Scalar::Addresses(addresses)) => {
                    value(addresses.iter().collect::<toml_edit::InlineTable>())
                }
            };
            set(context, key, item);
        }
        Ok(existed)
    }

    /// Removes a context.
    ///
    /// # Errors
    /// When the user's file has none of that name.
    pub fn delete_context(&mut self, name: &str) -> Result<()> {
        match self.contexts()?.remove(name) {
            Some(_) => Ok(()),
            None => Err(self.missing(name)),
        }
    }

    /// Gives a context another name.
    ///
    /// # Errors
    /// When there is no such context, or the new name is taken or not allowed.
    pub fn rename_context(&mut self, from: &str, to: &str) -> Result<()> {
        check_context_name(to).map_err(Error::usage)?;
        let contexts = self.contexts()?;
        if contexts.contains_key(to) {
            return Err(Error::new(
                ExitCode::Conflict,
                format!("there is a context '{to}' already"),
            )
            .hint(format!("brume config delete-context {to}")));
        }
        match contexts.remove(from) {
            Some(item) => {
                contexts.insert(to, item);
                Ok(())
            }
            None => Err(self.missing(from)),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written; the old one is then untouched.
    pub fn save(self) -> Result<()> {
        let text = self.document.to_string();
        atomic::write(&self.path, text.as_bytes(), Durability::Machine).map_err(|error| {
            Error::failed(format!("cannot write {}", self.path.display())).source(&error)
        })
    }

    fn contexts(&mut self) -> Result<&mut dyn toml_edit::TableLike> {
        let contexts = self.document.entry("context").or_insert_with(|| {
            let mut table = Table::new();
            // Only `[context.NAME]` is written, not an empty `[context]` above it.
            table.set_implicit(true);
            Item::Table(table)
        });
        contexts.as_table_like_mut().ok_or_else(|| not_a_table("context"))
    }

    fn missing(&self, name: &str) -> Error {
        let path = self.path.display();
        Error::new(ExitCode::NotFound, format!("there is no context '{name}' in {path}"))
            .hint("brume config get-contexts")
    }
}

/// Sets a value and keeps the comment that stands behind the old one.
fn set(table: &mut dyn toml_edit::TableLike, key: &str, mut item: Item) {
    if let Some(old) = table.get_mut(key) {
        if let (Some(old), Some(new)) = (old.as_value(), item.as_value_mut()) {
            *new.decor_mut() = old.decor().clone();
        }
        *old = item;
    } else {
        table.insert(key, item);
    }
}

fn not_a_table(name: &str) -> Error {
    Error::failed(format!("'{name}' in the configuration is not a table")).hint("brume config edit")
}
