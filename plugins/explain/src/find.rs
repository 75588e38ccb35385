//! Searches names and descriptions of fields: `--find WORD`.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::io::Write as _;
use std::rc::Rc;

use brume_plugin::output::Column;
use brume_plugin::{Context, Error, ExitCode, Result};
use serde_json::{Value, json};

use crate::arguments::{Arguments, Form};
use crate::command::{Subject, find_subject, subject, unknown_field};
use crate::lookup::{Lookup, look_up};
use crate::render::plaintext::type_name;
use crate::render::{first_sentence, structured};
use crate::schema::{children, definition, follow};
use crate::source::Source;
use crate::wrap::{indent, wrap};

/// Deepest level that is searched; only a document that nests without end reaches it.
const LEVELS_MAX: usize = 24;

/// How well a field fits; better ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Name,
    NameStart,
    NamePart,
    Description,
}

#[derive(Debug)]
struct Hit {
    fit: Fit,
    path: String,
    kind: String,
    api_version: String,
    description: String,
}

impl Hit {
    fn to_json(&self) -> Value {
        json!({"path": self.path, "type": self.kind, "apiVersion": self.api_version,
               "description": self.description})
    }
}

const COLUMNS: [Column; 4] = [
    Column::new("PATH", |hit| structured::text(hit, "path")),
    Column::new("TYPE", |hit| structured::text(hit, "type")),
    Column::new("VERSION", |hit| structured::text(hit, "apiVersion")),
    Column::wide("DESCRIPTION", |hit| first_sentence(&structured::text(hit, "description"))),
];

/// Searches one type, or all of them.
pub fn run(
    word: &str,
    arguments: &Arguments,
    source: &mut dyn Source,
    context: &mut Context<'_>,
) -> Result<()> {
    let mut search = Search { word: word.to_lowercase(), seen: BTreeSet::new(), hits: Vec::new() };
    match &arguments.path {
        Some(path) => {
            let lookup = look_up(source, path, arguments.api_version.as_deref())?;
            let name = lookup.resource.resource.clone();
            search.subject(&name, &subject(source, &lookup)?)?;
        }
        None => {
            let resources = source.resources()?;
            for resource in resources.iter() {
                context.check_cancelled()?;
                let lookup = Lookup {
                    resource: resource.into(),
                    kind: resource.kind.clone(),
                    fields: Vec::new(),
                };
                // A resource that the document leaves out cannot be searched; the others can.
                if let Ok(subject) = find_subject(source, &lookup)? {
                    search.subject(&resource.group_resource(), &subject)?;
                }
            }
        }
    }
    search.hits.sort_by_key(|hit| hit.fit);
    print(&search.hits, word, arguments, context)
}

struct Search {
    word: String,
    seen: BTreeSet<String>,
    hits: Vec<Hit>,
}

impl Search {
    /// Searches level by level, so that a type that many share is shown at its shortest path.
    fn subject(&mut self, name: &str, subject: &Subject) -> Result<()> {
        let document = subject.document.as_ref();
        let start = follow(document, &subject.root, &subject.fields)
            .ok_or_else(|| unknown_field(subject))?;
        let prefix: String = std::iter::once(name)
            .chain(subject.fields.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(".");
        let api_version = subject.kind.api_version();
        let mut queue = VecDeque::from([(prefix, start.schema, 0)]);
        while let Some((path, schema, level)) = queue.pop_front() {
            let known = definition(document, &schema).is_some_and(|name| !self.seen.insert(name));
            if known || level > LEVELS_MAX {
                continue;
            }
            for child in children(document, &schema) {
                let path = format!("{path}.{}", child.name);
                if let Some(fit) = self.fit(&child.name, &child.schema.description) {
                    self.hits.push(Hit {
                        fit,
                        path: path.clone(),
                        kind: type_name(document, &child.schema),
                        api_version: api_version.clone(),
                        description: child.schema.description.clone(),
                    });
                }
                queue.push_back((path, Rc::clone(&child.schema), level + 1));
            }
        }
        Ok(())
    }

    fn fit(&self, name: &str, description: &str) -> Option<Fit> {
        let name = name.to_lowercase();
        if name == self.word {
            Some(Fit::Name)
        } else if name.starts_with(&self.word) {
            Some(Fit::NameStart)
        } else if name.contains(&self.word) {
            Some(Fit::NamePart)
        } else if description.to_lowercase().contains(&self.word) {
            Some(Fit::Description)
        } else {
            None
        }
    }
}

fn print(hits: &[Hit], word: &str, arguments: &Arguments, context: &mut Context<'_>) -> Result<()> {
    if let Ok(Form::Standard(format)) = &arguments.form {
        let listed: Vec<_> = hits.iter().map(Hit::to_json).collect();
        let document = Value::from(listed.clone());
        let name = |item: &Value| structured::text(item, "path");
        structured::print_items(&document, &listed, &COLUMNS, name, format, context)?;
    } else {
        let text = plaintext(hits, word, usize::from(context.output().width));
        context.stdout().write_all(text.as_bytes())?;
    }
    if hits.is_empty() {
        return Err(Error::new(ExitCode::NotFound, format!("nothing mentions \"{word}\"")));
    }
    Ok(())
}

fn plaintext(hits: &[Hit], word: &str, width: usize) -> String {
    let mut text = String::new();
    for hit in hits {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} <{}>", hit.path, hit.kind);
        let passage = passage(&hit.description, word);
        if !passage.is_empty() {
            let columns = width.clamp(40, 100) - 4;
            let _ = writeln!(text, "{}", indent(&wrap(&passage, columns), 4));
        }
    }
    text
}

/// The sentence that mentions the word, or else the first one.
fn passage(description: &str, word: &str) -> String {
    let line = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let word = word.to_lowercase();
    let mut sentences = line.split_inclusive(". ");
    let first = sentences.clone().next().unwrap_or_default();
    sentences
        .find(|sentence| sentence.to_lowercase().contains(&word))
        .unwrap_or(first)
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_document;

    fn paths(word: &str) -> Vec<String> {
        let mut search = Search { word: word.into(), seen: BTreeSet::new(), hits: Vec::new() };
        search.subject("widgets", &test_document::subject(&[])).expect("the widget exists");
        search.hits.sort_by_key(|hit| hit.fit);
        search.hits.into_iter().map(|hit| hit.path).collect()
    }

    #[test]
    fn names_come_before_descriptions_and_each_type_once() {
        assert_eq!(
            paths("name"),
            ["widgets.spec.byName.name", "widgets.spec.byName", "widgets.metadata"]
        );
        assert_eq!(paths("millimetres"), ["widgets.spec.size"]);
        assert!(paths("nowhere").is_empty());
    }

    #[test]
    fn shows_the_sentence_that_mentions_the_word() {
        assert_eq!(passage("First one. The Word is here. Last.", "word"), "The Word is here.");
        assert_eq!(passage("First one. Last.", "word"), "First one.");
    }
}
