//! Comma-separated values after RFC 4180, for spreadsheets and databases.
//!
//! Values stay as they are: a text that begins with `=` is written as such, because changing it
//! would corrupt the data for every other reader. Import as text where that matters.

/// Appends one record: fields quoted where they hold a comma, a quote or a line end; CRLF behind.
pub fn push_record<'a>(out: &mut String, fields: impl IntoIterator<Item = &'a str>) {
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let mut out = String::new();
        push_record(&mut out, ["a", "b c", "d,e", "f\"g", "h\ni", "", "=1+1"]);
        assert_eq!(out, "a,b c,\"d,e\",\"f\"\"g\",\"h\ni\",,=1+1\r\n");
    }
}
