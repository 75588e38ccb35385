//! What `-o` can say.

use std::fs::File;
use std::io::Read;

use crate::error::{Error, Result};
use crate::output::TEMPLATE_BYTES_MAX;
use crate::output::custom_columns::CustomColumns;
use crate::output::go_template::GoTemplate;
use crate::output::jsonpath::JsonPath;
use crate::render::suggest::did_you_mean;

/// The forms that every listing has.
pub const STANDARD: [&str; 14] = [
    "table",
    "wide",
    "json",
    "yaml",
    "name",
    "jsonl",
    "csv",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "custom-columns",
    "custom-columns-file",
    "go-template",
    "go-template-file",
];

/// A form of output, with its template read and parsed.
#[derive(Clone, Debug)]
pub enum OutputFormat {
    /// A table for people.
    Table,
    /// The same with more columns.
    Wide,
    /// One document.
    Json,
    /// One document.
    Yaml,
    /// `kind/name`, one a line.
    Name,
    /// One item a line.
    JsonLines,
    /// Columns for spreadsheets.
    Csv,
    /// `jsonpath=` and `jsonpath-file=`.
    JsonPath(JsonPath),
    /// `jsonpath-as-json=`.
    JsonPathAsJson(JsonPath),
    /// `custom-columns=` and `custom-columns-file=`.
    CustomColumns(CustomColumns),
    /// `go-template=` and `go-template-file=`.
    GoTemplate(GoTemplate),
    /// A form of this command's own, by its name.
    Own(String),
}

impl OutputFormat {
    /// Reads what was typed behind `-o`; `allowed` lists this command's forms, out of
    /// [`STANDARD`] or of its own.
    ///
    /// # Errors
    /// Usage, naming what is allowed; or what is wrong with the template.
    pub fn parse(typed: &str, allowed: &[&str]) -> Result<Self> {
        let (name, template) = match typed.split_once('=') {
            Some((name, template)) => (name, Some(template)),
            None => (typed, None),
        };
        if !allowed.contains(&name) {
            let mut error = Error::usage(format!("this command has no output format '{name}'"))
                .cause(format!("it has {}", allowed.join(", ")));
            error.hints.extend(did_you_mean(name, allowed.iter().copied()));
            return Err(error);
        }
        let takes_template = name.contains("jsonpath")
            || name.starts_with("custom-columns")
            || name.starts_with("go-template");
        let template = match template {
            Some(template) if takes_template => template,
            None if takes_template => {
                let what = if name.ends_with("-file") { "a file" } else { "a template" };
                return Err(Error::usage(format!("-o {name} needs {what}"))
                    .hint(format!("-o {name}={}", example(name))));
            }
            Some(_) => return Err(Error::usage(format!("-o {name} takes no template"))),
            None => "",
        };
        Ok(match name {
            "table" => Self::Table,
            "wide" => Self::Wide,
            "json" => Self::Json,
            "yaml" => Self::Yaml,
            "name" => Self::Name,
            "jsonl" => Self::JsonLines,
            "csv" => Self::Csv,
            "jsonpath" => Self::JsonPath(JsonPath::parse(template)?),
            "jsonpath-file" => Self::JsonPath(JsonPath::parse(&read(template)?)?),
            "jsonpath-as-json" => Self::JsonPathAsJson(JsonPath::parse(template)?),
            "custom-columns" => Self::CustomColumns(CustomColumns::parse(template)?),
            "custom-columns-file" => {
                Self::CustomColumns(CustomColumns::parse_file(&read(template)?)?)
            }
            "go-template" => Self::GoTemplate(GoTemplate::parse(template)?),
            "go-template-file" => Self::GoTemplate(GoTemplate::parse(&read(template)?)?),
            own => Self::Own(own.to_owned()),
        })
    }
}

fn example(name: &str) -> &'static str {
    match name {
        "jsonpath" | "jsonpath-as-json" => "'{.items[*].name}'",
        "custom-columns" => "NAME:.name,AGE:.age",
        "go-template" => "'{{range .items}}{{.name}} {{end}}'",
        _ => "FILE",
    }
}

/// Reads a template from a file.
fn read(path: &str) -> Result<String> {
    let failed = || Error::failed(format!("cannot read the template {path}"));
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(TEMPLATE_BYTES_MAX as u64 + 1).read_to_string(&mut text))
        .map_err(|error| failed().source(&error))?;
    if text.len() > TEMPLATE_BYTES_MAX {
        return Err(failed().cause("it is larger than 64 KiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read() {
        let parse = |typed| OutputFormat::parse(typed, &STANDARD);
        assert!(matches!(parse("wide").unwrap(), OutputFormat::Wide));
        assert!(matches!(parse("jsonpath={.a}").unwrap(), OutputFormat::JsonPath(_)));
        assert!(parse("jsonpath={.a[}").is_err());
        let own = OutputFormat::parse("tree", &["json", "tree"]).unwrap();
        assert!(matches!(own, OutputFormat::Own(name) if name == "tree"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = OutputFormat::parse("jsno", &["json", "yaml"]).unwrap_err();
        assert_eq!(error.message, "this command has no output format 'jsno'");
        assert_eq!(error.causes, ["it has json, yaml"]);
        assert_eq!(error.hints, ["did you mean 'json'?"]);
        let error = OutputFormat::parse("jsonpath", &STANDARD).unwrap_err();
        assert_eq!(error.hints, ["-o jsonpath='{.items[*].name}'"]);
        assert!(OutputFormat::parse("json=x", &STANDARD).is_err());
        let error = OutputFormat::parse("jsonpath-file=/nowhere", &STANDARD).unwrap_err();
        assert_eq!(error.message, "cannot read the template /nowhere");
    }
}
