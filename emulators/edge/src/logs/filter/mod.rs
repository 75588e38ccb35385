//! Filter patterns: terms, and conditions on JSON events.
//!
//! What there is: `word "two words" ?either ?or -not`, and `{ $.a.b = "x*" && $.n >= 3 }` with
//! `||`, parentheses, `IS TRUE`, `IS NULL`, `NOT EXISTS` and list indexes. Space-delimited
//! patterns (`[ip, user]`) and regular expressions (`%…%`) answer that they are not supported.

mod condition;

use serde_json::Value;

use super::request::invalid;
use crate::AwsError;
use condition::Condition;

/// Bytes of a pattern.
const PATTERN_BYTES_MAX: usize = 1_024;

/// A pattern, ready to be matched.
#[derive(Debug)]
pub(super) enum Pattern {
    Everything,
    Terms { all: Vec<String>, any: Vec<String>, none: Vec<String> },
    Json(Condition),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is wrong, or of a kind that is not supported.
    pub(super) fn parse(text: &str) -> Result<Self, AwsError> {
        if text.len() > PATTERN_BYTES_MAX {
            return Err(invalid("A filter pattern has at most 1024 characters."));
        }
        let text = text.trim();
        match text.as_bytes().first() {
            None => Ok(Self::Everything),
            Some(b'{') => Condition::parse(text).map(Self::Json).ok_or_else(wrong),
            Some(b'[') => Err(AwsError::not_supported("A space-delimited filter pattern")),
            Some(b'%') => Err(AwsError::not_supported("A regular expression in a filter pattern")),
            Some(_) => terms(text),
        }
    }

    /// Whether an event's message matches.
    pub(super) fn matches(&self, message: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Terms { all, any, none } => {
                let has = |term: &String| message.contains(term.as_str());
                all.iter().all(has)
                    && (any.is_empty() || any.iter().any(has))
                    && !none.iter().any(has)
            }
            Self::Json(condition) => {
                let json = serde_json::from_str::<Value>(message);
                json.is_ok_and(|json| condition.holds(&json))
            }
        }
    }
}

fn wrong() -> AwsError {
    invalid("Invalid filter pattern")
}

fn terms(text: &str) -> Result<Pattern, AwsError> {
    let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let into = match rest.as_bytes()[0] {
            b'?' => {
                rest = &rest[1..];
                &mut any
            }
            b'-' => {
                rest = &rest[1..];
                &mut none
            }
            _ => &mut all,
        };
        let term = if let Some(quoted) = rest.strip_prefix('"') {
            let (term, after) = unquote(quoted).ok_or_else(wrong)?;
            rest = after;
            term
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (term, after) = rest.split_at(end);
            // Anything but letters, digits and underscores must be quoted.
            if term.is_empty() || !term.chars().all(|l| l.is_alphanumeric() || l == '_') {
                return Err(wrong());
            }
            rest = after;
            term.to_owned()
        };
        into.push(term);
        rest = rest.trim_start();
    }
    Ok(Pattern::Terms { all, any, none })
}

/// The text up to the closing quote, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.push(letters.next()?.1),
            other => out.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terms_match() {
        for (pattern, message, expected) in [
            ("", "anything", true),
            ("ERROR", "an ERROR came", true),
            ("ERROR", "an error came", false),
            ("ERROR came", "came an ERROR", true),
            ("\"an ERROR\"", "an ERROR", true),
            ("\"ERROR an\"", "an ERROR", false),
            ("?ERROR ?WARN", "a WARN", true),
            ("?ERROR ?WARN", "an INFO", false),
            ("ERROR -came", "an ERROR came", false),
            ("-\"two words\"", "two other words", true),
            ("\"a \\\"b\\\"\"", "say a \"b\"", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(message), expected, "{pattern}");
        }
    }

    #[test]
    fn json_conditions_match() {
        let message = r#"{"status":"FAILURE","n":3,"on":true,"nil":null,
            "delivery":{"statusCode":403,"list":[1,{"x":"y"}]},"a-b":"c"}"#;
        for (pattern, expected) in [
            ("{ $.status = \"FAILURE\" }", true),
            ("{ $.status = FAILURE }", true),
            ("{ $.status = \"FAIL*\" }", true),
            ("{ $.status = \"*LU*\" }", true),
            ("{ $.status != \"FAILURE\" }", false),
            ("{ $.missing != \"x\" }", false),
            ("{ $.n = 3 }", true),
            ("{ $.n > 2 && $.n <= 3 }", true),
            ("{ $.n = 4 || $.delivery.statusCode = 403 }", true),
            ("{ ($.n = 4 || $.n = 3) && $.on IS TRUE }", true),
            ("{ $.nil IS NULL }", true),
            ("{ $.missing NOT EXISTS }", true),
            ("{ $.status NOT EXISTS }", false),
            ("{ $.delivery.list[1].x = \"y\" }", true),
            ("{ $.delivery.list[0] = 1 }", true),
            ("{ $.['a-b'] = \"c\" }", true),
            ("{ $.on = true }", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(message), expected, "{pattern}");
        }
        let pattern = Pattern::parse("{ $.n = 3 }").unwrap();
        assert!(!pattern.matches("no JSON") && !pattern.matches("3"));
    }

    #[test]
    fn wrong_patterns_are_refused() {
        let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(100), ")".repeat(100));
        for pattern in [
            "a.b",
            "\"open",
            "{",
            "{ }",
            "{ $.a }",
            "{ $.a = }",
            "{ $.a = 1 && }",
            "{ a = 1 }",
            "{ $.a = 1 } x",
            "{ $.a[x] = 1 }",
            &deep,
        ] {
            let error = Pattern::parse(pattern).unwrap_err();
            assert_eq!(error.code, "InvalidParameterException", "{pattern}");
        }
        for pattern in ["[ip, user]", "%a+%"] {
            assert_eq!(Pattern::parse(pattern).unwrap_err().code, "UnsupportedOperation");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_is_borne(pattern in "[-{}$.a=\"?*& |()\\[\\]!<>1ISNUL']{0,40}") {
            if let Ok(pattern) = Pattern::parse(&pattern) {
                let _ = pattern.matches("{\"a\":[1]}");
            }
        }
    }
}
