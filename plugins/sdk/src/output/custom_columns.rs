//! `-o custom-columns=NAME:.metadata.name,PORTS:.spec.ports[*].port`.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::output::TEMPLATE_BYTES_MAX;
use crate::output::go_text::value_text;
use crate::output::jsonpath::JsonPath;
use crate::output::table::Table;

/// Parsed columns.
#[derive(Clone, Debug)]
pub struct CustomColumns {
    columns: Vec<(String, JsonPath)>,
}

impl CustomColumns {
    /// Parses `HEADER:PATH,HEADER:PATH`.
    ///
    /// # Errors
    /// Usage, in kubectl's words.
    pub fn parse(spec: &str) -> Result<Self> {
        if spec.is_empty() || spec.len() > TEMPLATE_BYTES_MAX {
            return Err(Error::usage(
                "custom-columns format specified but no custom columns given",
            )
            .hint("-o custom-columns=NAME:.metadata.name"));
        }
        let columns = spec.split(',').map(|column| match column.split_once(':') {
            Some((header, path)) => Ok((header.to_owned(), JsonPath::parse_relaxed(path)?)),
            None => Err(Error::usage(format!(
                "unexpected custom-columns spec: {column}, expected <header>:<json-path-expr>"
            ))),
        });
        Ok(Self { columns: columns.collect::<Result<_>>()? })
    }

    /// Parses a file: headers on the first line, paths below them on the second.
    ///
    /// # Errors
    /// Usage, when the two lines do not have the same number of words.
    pub fn parse_file(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let mut words = || lines.next().unwrap_or_default().split_whitespace().collect::<Vec<_>>();
        let (headers, paths) = (words(), words());
        if headers.is_empty() || headers.len() != paths.len() {
            return Err(Error::usage(format!(
                "number of headers ({}) and field specifications ({}) don't match",
                headers.len(),
                paths.len()
            )));
        }
        let columns = headers.iter().zip(paths);
        let columns = columns
            .map(|(header, path)| Ok(((*header).to_owned(), JsonPath::parse_relaxed(path)?)));
        Ok(Self { columns: columns.collect::<Result<_>>()? })
    }

    /// Prints a table with one row for each item.
    ///
    /// # Errors
    /// When a path cannot be followed; kubectl's words.
    pub fn print(&self, items: &[Value], no_headers: bool) -> Result<String> {
        let mut table = Table::default();
        if !no_headers {
            table.headers = self.columns.iter().map(|(header, _)| header.clone()).collect();
        }
        for item in items {
            let cells = self.columns.iter().map(|(_, path)| {
                let found = path.find(item).map_err(Error::failed)?;
                let texts: Vec<String> = found.iter().map(value_text).collect();
                Ok(if texts.is_empty() { "<none>".to_owned() } else { texts.join(",") })
            });
            table.rows.push(cells.collect::<Result<_>>()?);
        }
        Ok(table.render(None, false))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_has_headers_above_paths() {
        let columns = CustomColumns::parse_file("NAME  AGE\nname {.age}\n").unwrap();
        let items = [json!({"name": "a", "age": 3}), json!({})];
        let text = columns.print(&items, false).unwrap();
        assert_eq!(text, "NAME     AGE\na        3\n<none>   <none>\n");
        assert_eq!(columns.print(&items, true).unwrap(), "a        3\n<none>   <none>\n");
        assert!(CustomColumns::parse_file("A B\n.a").is_err());
        assert!(CustomColumns::parse("").is_err());
    }
}
