//! A listing in whatever form was asked for.

use std::io::Write;

use serde_json::Value;

use crate::context::Context;
use crate::error::Result;
use crate::output::format::OutputFormat;
use crate::output::table::{Column, Table};
use crate::output::{csv, json, yaml};

/// What a listing command has to show.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// The whole document, as `json`, `yaml`, `jsonpath` and `go-template` see it.
    pub document: &'a Value,
    /// Its items, as tables, `name`, `jsonl`, `csv` and `custom-columns` see them.
    pub items: &'a [Value],
    /// Columns of the table and of CSV.
    pub columns: &'a [Column],
    /// `kind/name` of an item, for `-o name`.
    pub name: fn(&Value) -> String,
}

/// How text is laid out; of no concern to documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout {
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
    /// Colour.
    pub color: bool,
    /// `--no-headers`.
    pub no_headers: bool,
}

impl Layout {
    /// The layout for standard output.
    #[must_use]
    pub fn of(context: &Context<'_>, no_headers: bool) -> Self {
        Self { width: context.width(), color: context.output().stdout_color, no_headers }
    }
}

impl Records<'_> {
    /// Prints on the context's standard output, a table unless `-o` says otherwise; `allowed` as in
    /// [`OutputFormat::parse`].
    ///
    /// # Errors
    /// As [`OutputFormat::parse`] and [`Records::render`]; silent when the reader has left.
    pub fn print(
        &self,
        context: &mut Context<'_>,
        allowed: &[&str],
        no_headers: bool,
    ) -> Result<()> {
        let format = OutputFormat::parse(context.format().unwrap_or("table"), allowed)?;
        let text = self.render(&format, Layout::of(context, no_headers))?;
        Ok(context.stdout().write_all(text.as_bytes())?)
    }

    /// Renders in a form; empty for a form of the command's own.
    ///
    /// # Errors
    /// When a template cannot be followed.
    pub fn render(&self, format: &OutputFormat, layout: Layout) -> Result<String> {
        Ok(match format {
            OutputFormat::Table => self.table(false, layout),
            OutputFormat::Wide => self.table(true, Layout { width: None, ..layout }),
            OutputFormat::Json => json::pretty(self.document),
            OutputFormat::Yaml => yaml::document(self.document),
            OutputFormat::Name => self.items.iter().map(|item| (self.name)(item) + "\n").collect(),
            OutputFormat::JsonLines => json::lines(self.items),
            OutputFormat::Csv => self.csv(layout.no_headers),
            OutputFormat::JsonPath(path) => path.print(self.document)?,
            OutputFormat::JsonPathAsJson(path) => path.print_as_json(self.document)?,
            OutputFormat::CustomColumns(columns) => columns.print(self.items, layout.no_headers)?,
            OutputFormat::GoTemplate(template) => template.print(self.document)?,
            OutputFormat::Own(_) => String::new(),
        })
    }

    fn table(&self, wide: bool, layout: Layout) -> String {
        let columns: Vec<&Column> = self.columns.iter().filter(|c| wide || !c.wide).collect();
        let mut table = Table::default();
        if !layout.no_headers {
            table.headers = columns.iter().map(|column| column.header.to_owned()).collect();
        }
        table.rows = self
            .items
            .iter()
            .map(|item| columns.iter().map(|column| (column.cell)(item)).collect())
            .collect();
        table.render(layout.width, layout.color)
    }

    fn csv(&self, no_headers: bool) -> String {
        let mut out = String::new();
        if !no_headers {
            csv::push_record(&mut out, self.columns.iter().map(|column| column.header));
        }
        for item in self.items {
            let cells: Vec<String> = self.columns.iter().map(|c| (c.cell)(item)).collect();
            csv::push_record(&mut out, cells.iter().map(String::as_str));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::format::STANDARD;

    fn text(item: &Value, key: &str) -> String {
        item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn render(format: &str, no_headers: bool) -> String {
        let columns = [
            Column::new("NAME", |item| text(item, "name")),
            Column::wide("URL", |i| text(i, "url")),
        ];
        let document = json!({"items": [{"name": "a", "url": "x,y"}, {"name": "b"}]});
        let items = document["items"].as_array().unwrap();
        let records = Records {
            document: &document,
            items,
            columns: &columns,
            name: |item| format!("queue/{}", text(item, "name")),
        };
        let format = OutputFormat::parse(format, &STANDARD).unwrap();
        records.render(&format, Layout { no_headers, ..Layout::default() }).unwrap()
    }

    #[test]
    fn one_listing_has_every_form() {
        for (format, expected) in [
            ("table", "NAME\na\nb\n"),
            ("wide", "NAME   URL\na      x,y\nb\n"),
            ("name", "queue/a\nqueue/b\n"),
            ("jsonl", "{\"name\":\"a\",\"url\":\"x,y\"}\n{\"name\":\"b\"}\n"),
            ("csv", "NAME,URL\r\na,\"x,y\"\r\nb,\r\n"),
            ("yaml", "items:\n- name: a\n  url: x,y\n- name: b\n"),
            ("jsonpath={.items[*].name}", "a b"),
            ("custom-columns=N:.name", "N\na\nb\n"),
            ("go-template={{range .items}}{{.name}};{{end}}", "a;b;"),
        ] {
            assert_eq!(render(format, false), expected, "{format}");
        }
        assert_eq!(render("wide", true), "a   x,y\nb\n");
        assert_eq!(render("csv", true), "a,\"x,y\"\r\nb,\r\n");
        assert!(render("json", false).starts_with("{\n    \"items\": [\n"));
    }
}
