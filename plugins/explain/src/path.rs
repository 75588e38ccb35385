//! Reads `TYPE.FIELD.FIELD` the way kubectl does.
//!
//! kubectl hands `{.ARGUMENT}` to its JSONPath parser and accepts the result when every node is a
//! field. The quirks below (quoted keys, skipped `@` and `$`, escapes, error texts) are that
//! parser's; they were measured with kubectl 1.27 to 1.37.

/// Longest argument that is read, in bytes; no real path comes near it.
pub const ARGUMENT_BYTES_MAX: usize = 16 * 1024;

/// One step of a parsed path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Field(String),
    /// `..`
    Recursive,
    /// A number, an identifier, a slice, a wildcard, a quoted text: never part of a field path.
    Other,
}

/// An argument taken apart: what is looked up, and how its fields are found afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedPath {
    text: String,
    nodes: Vec<Node>,
}

/// What kubectl answers to an argument that is no field path.
const NOT_FIELDS: &str = "invalid jsonpath syntax, first node must be field node";

impl ParsedPath {
    /// Parses an argument; one trailing dot is dropped.
    ///
    /// # Errors
    /// kubectl's text for the same argument.
    pub fn parse(argument: &str) -> Result<Self, String> {
        if argument.len() > ARGUMENT_BYTES_MAX {
            return Err(format!("path is longer than {ARGUMENT_BYTES_MAX} bytes"));
        }
        let text = argument.strip_suffix('.').unwrap_or(argument);
        let nodes = Parser::parse(&format!("{{.{text}}}"))?;
        match nodes.first() {
            Some(Node::Field(_)) => Ok(Self { text: text.to_owned(), nodes }),
            _ => Err(NOT_FIELDS.to_owned()),
        }
    }

    /// The word to look up among resources.
    #[must_use]
    pub fn resource(&self) -> &str {
        match self.nodes.first() {
            Some(Node::Field(name)) => name,
            _ => "",
        }
    }

    /// The fields after the resource.
    ///
    /// # Errors
    /// kubectl's text when something else than a field stands there.
    pub fn fields(&self) -> Result<Vec<String>, String> {
        fields_after_first(&self.nodes)
    }

    /// The fields after `resource.group`, when the argument starts with just that.
    ///
    /// kubectl compares the text, not the steps: `podsx` starts with `pods` as well.
    #[must_use]
    pub fn fields_after_prefix(
        &self,
        resource_and_group: &str,
    ) -> Option<Result<Vec<String>, String>> {
        let rest = self.text.strip_prefix(resource_and_group)?;
        if rest.is_empty() {
            return Some(Ok(Vec::new()));
        }
        Some(Parser::parse(&format!("{{.{rest}}}")).and_then(|nodes| fields_after_first(&nodes)))
    }
}

fn fields_after_first(nodes: &[Node]) -> Result<Vec<String>, String> {
    nodes
        .iter()
        .skip(1)
        .map(|node| match node {
            Node::Field(name) => Ok(name.clone()),
            Node::Recursive | Node::Other => Err(NOT_FIELDS.to_owned()),
        })
        .collect()
}

struct Parser<'t> {
    rest: &'t str,
    nodes: Vec<Node>,
}

impl<'t> Parser<'t> {
    /// Parses `{ACTION}`; text after the closing brace makes a second node list, which is refused.
    fn parse(text: &'t str) -> Result<Vec<Node>, String> {
        let mut parser = Parser { rest: text.strip_prefix('{').unwrap_or(text), nodes: Vec::new() };
        while parser.step()? {}
        if parser.rest.is_empty() {
            Ok(parser.nodes)
        } else {
            Err("must pass in 1 jsonpath string".to_owned())
        }
    }

    /// Reads one node; `false` after the closing brace.
    fn step(&mut self) -> Result<bool, String> {
        if let Some(rest) = self.rest.strip_prefix('}') {
            self.rest = rest;
            return Ok(false);
        }
        if let Some(rest) = self.rest.strip_prefix("[?(") {
            self.rest = rest;
            return self.filter();
        }
        if let Some(rest) = self.rest.strip_prefix("..") {
            self.rest = rest;
            return self.recursive();
        }
        let Some(first) = self.rest.chars().next().filter(|&character| !is_line_end(character))
        else {
            return Err("unclosed action".to_owned());
        };
        match first {
            ' ' | '@' | '$' => self.skip(first),
            '.' => {
                self.skip(first);
                self.field();
            }
            '[' => {
                self.skip(first);
                self.array()?;
            }
            '"' | '\'' => {
                self.skip(first);
                self.quoted(first)?;
            }
            '+' | '-' | '0'..='9' => self.number(first)?,
            _ if is_word(first) => self.identifier(),
            _ => {
                return Err(format!("unrecognized character in action: {}", code_point(first)));
            }
        }
        Ok(true)
    }

    fn skip(&mut self, character: char) {
        self.rest = &self.rest[character.len_utf8()..];
    }

    fn recursive(&mut self) -> Result<bool, String> {
        if self.nodes.last() == Some(&Node::Recursive) {
            return Err("invalid multiple recursive descent".to_owned());
        }
        self.nodes.push(Node::Recursive);
        if self.rest.starts_with(is_word) {
            self.field();
        }
        Ok(true)
    }

    /// Takes the text up to the next character that ends a name; a backslash keeps the next one.
    fn field(&mut self) {
        let mut escaped = false;
        let end = self
            .rest
            .char_indices()
            .find(|&(_, character)| {
                let ends = !escaped && ends_field(character);
                escaped = !escaped && character == '\\';
                ends
            })
            .map_or(self.rest.len(), |(index, _)| index);
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.nodes.push(if name == "*" {
            Node::Other
        } else {
            Node::Field(name.replace('\\', ""))
        });
    }

    fn identifier(&mut self) {
        let end = self.rest.find(ends_field).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
        self.nodes.push(Node::Other);
    }

    fn number(&mut self, first: char) -> Result<(), String> {
        let digits = &self.rest[first.len_utf8()..];
        let end = digits
            .find(|character: char| character != '.' && !character.is_ascii_digit())
            .unwrap_or(digits.len())
            + first.len_utf8();
        let (number, rest) = self.rest.split_at(end);
        if number.parse::<i64>().is_err() && number.parse::<f64>().is_err() {
            return Err(format!("cannot parse number {number}"));
        }
        self.rest = rest;
        self.nodes.push(Node::Other);
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<(), String> {
        let end = self.closing_quote(quote).ok_or("unterminated quoted string")?;
        self.rest = &self.rest[end + quote.len_utf8()..];
        self.nodes.push(Node::Other);
        Ok(())
    }

    fn closing_quote(&self, quote: char) -> Option<usize> {
        let mut escaped = false;
        self.rest.char_indices().find_map(|(index, character)| {
            let closes = !escaped && character == quote;
            escaped = !escaped && character == '\\';
            closes.then_some(index)
        })
    }

    /// `['name']` is a field; indexes, slices, unions and `*` are not.
    fn array(&mut self) -> Result<(), String> {
        let end = self.closing_bracket().ok_or("unterminated array")?;
        let inner = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        let node = match inner.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            Some(key) if !key.contains('\'') => Node::Field(key.to_owned()),
            _ if inner == "*" || is_slice(inner) || inner.contains(',') => Node::Other,
            _ => return Err(format!("invalid array index {inner}")),
        };
        self.nodes.push(node);
        Ok(())
    }

    fn closing_bracket(&self) -> Option<usize> {
        let mut quoted = false;
        for (index, character) in self.rest.char_indices() {
            match character {
                '\'' => quoted = !quoted,
                ']' if !quoted => return Some(index),
                _ if is_line_end(character) => return None,
                _ => {}
            }
        }
        None
    }

    fn filter(&mut self) -> Result<bool, String> {
        let end = self.rest.find(")]").ok_or("unterminated filter")?;
        self.rest = &self.rest[end + 2..];
        self.nodes.push(Node::Other);
        Ok(true)
    }
}

/// Go's `%#U`: the code point, and the character when it can be printed.
fn code_point(character: char) -> String {
    let code = u32::from(character);
    let is_printable = !character.is_control() && !character.is_whitespace();
    if is_printable { format!("U+{code:04X} '{character}'") } else { format!("U+{code:04X}") }
}

fn ends_field(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r')
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn is_slice(text: &str) -> bool {
    let mut parts = 0;
    text.split(':').all(|part| {
        parts += 1;
        part.strip_prefix('-').unwrap_or(part).bytes().all(|byte| byte.is_ascii_digit())
    }) && parts <= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(argument: &str, prefix: Option<&str>) -> Result<Vec<String>, String> {
        let path = ParsedPath::parse(argument)?;
        match prefix.and_then(|prefix| path.fields_after_prefix(prefix)) {
            Some(fields) => fields,
            None => path.fields(),
        }
    }

    /// Each row was measured with kubectl 1.37; the server knew `pods` and `deployments`.
    #[test]
    fn reads_what_kubectl_reads() {
        let pods = Some("pods");
        for (argument, prefix, expected) in [
            ("deploy.spec.replicas", None, Ok(vec!["spec", "replicas"])),
            ("deploy.", None, Ok(vec![])),
            ("pod..", None, Ok(vec![""])),
            ("pod['spec']", None, Ok(vec!["spec"])),
            (r"pod.spec\.b", None, Ok(vec!["spec.b"])),
            ("pod.@", None, Ok(vec![""])),
            ("pod.5", None, Ok(vec!["5"])),
            ("pod ", None, Ok(vec![])),
            ("deployments.apps.spec", Some("deployments.apps"), Ok(vec!["spec"])),
            ("pods..spec", pods, Ok(vec!["spec"])),
            ("pods['spec'].containers", pods, Ok(vec!["spec", "containers"])),
            ("pods.$.spec", pods, Ok(vec!["spec"])),
            ("pods$", pods, Ok(vec![])),
            ("pods.spec#", pods, Ok(vec!["spec#"])),
            (".spec", None, Err(NOT_FIELDS)),
            ("deploy..spec", None, Err(NOT_FIELDS)),
            ("pods.spec.containers[0]", pods, Err(NOT_FIELDS)),
            ("pods spec", pods, Err(NOT_FIELDS)),
            ("pods.-5", pods, Err(NOT_FIELDS)),
            ("pods.range x", pods, Err(NOT_FIELDS)),
            ("pods.*", pods, Err("unrecognized character in action: U+002A '*'")),
            ("pods\tx", None, Err("unrecognized character in action: U+0009")),
            ("pods,svc", None, Err("unrecognized character in action: U+002C ','")),
            ("pods...spec", pods, Err("invalid multiple recursive descent")),
            ("pods.\"", pods, Err("unterminated quoted string")),
            ("pods[", pods, Err("unterminated array")),
            ("pod[\"spec\"]", None, Err("invalid array index \"spec\"")),
            (r"pods.spec\", pods, Err("unclosed action")),
            ("a}b", None, Err("must pass in 1 jsonpath string")),
        ] {
            let actual = fields(argument, prefix);
            let expected = expected
                .map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>())
                .map_err(str::to_owned);
            assert_eq!(actual, expected, "{argument}");
        }
    }

    #[test]
    fn finds_the_word_to_look_up() {
        for (argument, resource) in
            [("po\\ds", "pods"), ("a/b", "a/b"), ("", ""), ("['pod']", ""), ("Pod.spec", "Pod")]
        {
            assert_eq!(
                ParsedPath::parse(argument).map(|path| path.resource().to_owned()),
                Ok(resource.into())
            );
        }
    }
}
