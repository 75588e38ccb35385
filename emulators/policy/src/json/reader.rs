//! Tokens of a JSON text, one after the other.

use std::borrow::Cow;
use std::fmt;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes before it.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// From 1, in UTF-16 units as Java counts.
    pub column: usize,
}

impl Position {
    /// Finds line and column of a byte offset; an offset inside a character counts as its start.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            offset,
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: before[line_start..].encode_utf16().count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One sentence without a full stop, in Jackson's words where it has any.
    pub what: String,
    /// Where the reader stood.
    pub at: Position,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.what, self.at)
    }
}

impl std::error::Error for Problem {}

/// A piece of a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// Name of a member.
    Name(Cow<'a, str>),
    /// A text value.
    String(Cow<'a, str>),
    /// A number as written.
    Number(&'a str),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
}

impl Token<'_> {
    /// The token as Jackson's `getText` gives it.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::ObjectStart => "{",
            Self::ObjectEnd => "}",
            Self::ArrayStart => "[",
            Self::ArrayEnd => "]",
            Self::Name(text) | Self::String(text) => text,
            Self::Number(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Null => "null",
        }
    }
}

/// A token with the places that matter for messages.
#[derive(Clone, Debug)]
struct Lexed<'a> {
    token: Token<'a>,
    start: usize,
    /// After the opening quote for a text, which Jackson reads only when asked for; else the end.
    glance: usize,
}

/// What the reader is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Object,
    Array,
}

/// Reads tokens; remembers at most one that lies ahead.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    inside: Vec<Inside>,
    depth_max: usize,
    /// Whether a member or element precedes at this level.
    follows: bool,
    /// The value after a name, read together with it as Jackson does.
    ahead: Option<Lexed<'a>>,
    /// Whether the one top-level value has begun.
    begun: bool,
    start: usize,
    glance: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning; more than `depth_max` nested objects and arrays are an error.
    #[must_use]
    pub const fn new(text: &'a str, depth_max: usize) -> Self {
        Self {
            text,
            at: 0,
            inside: Vec::new(),
            depth_max,
            follows: false,
            ahead: None,
            begun: false,
            start: 0,
            glance: 0,
            end: 0,
        }
    }

    /// The text that is read.
    #[must_use]
    pub const fn source(&self) -> &'a str {
        self.text
    }

    /// Byte offset at which the token read last begins.
    #[must_use]
    pub const fn token_start(&self) -> usize {
        self.start
    }

    /// Makes a problem at the place where Jackson stands after it has seen the token's beginning.
    #[must_use]
    pub fn problem(&self, what: impl Into<String>) -> Problem {
        Problem { what: what.into(), at: Position::of(self.text, self.glance) }
    }

    /// Makes a problem at the place where Jackson stands after it has read the token's text.
    #[must_use]
    pub fn problem_after(&self, what: impl Into<String>) -> Problem {
        Problem { what: what.into(), at: Position::of(self.text, self.end.max(self.glance)) }
    }

    fn problem_at(&self, offset: usize, what: impl Into<String>) -> Problem {
        Problem { what: what.into(), at: Position::of(self.text, offset) }
    }

    /// The next token, or nothing after the end of the one value.
    ///
    /// # Errors
    /// The text is not JSON, nested too deeply, or goes on after the value.
    pub fn advance(&mut self) -> Result<Option<Token<'a>>, Problem> {
        if let Some(lexed) = self.ahead.take() {
            self.start = lexed.start;
            self.glance = lexed.glance;
            self.end = self.at;
            return self.enter(lexed.token).map(Some);
        }
        self.skip_space();
        let Some(&inside) = self.inside.last() else {
            return self.next_at_top();
        };
        let byte = self.peek().ok_or_else(|| self.unexpected_end())?;
        let closes = match inside {
            Inside::Object => byte == b'}',
            Inside::Array => byte == b']',
        };
        if closes {
            return Ok(Some(self.close(inside)));
        }
        if self.follows {
            self.expect_comma(byte, inside)?;
        }
        match inside {
            Inside::Array => {
                let lexed = self.value()?;
                self.place(&lexed);
                self.enter(lexed.token).map(Some)
            }
            Inside::Object => self.name().map(Some),
        }
    }

    fn next_at_top(&mut self) -> Result<Option<Token<'a>>, Problem> {
        if self.begun {
            return match self.peek() {
                None => Ok(None),
                Some(_) => Err(self.problem_at(self.at, "Text follows the end of the document")),
            };
        }
        self.begun = true;
        let lexed = self.value()?;
        self.place(&lexed);
        self.enter(lexed.token).map(Some)
    }

    fn place(&mut self, lexed: &Lexed<'a>) {
        self.start = lexed.start;
        self.glance = lexed.glance;
        self.end = self.at;
    }

    fn close(&mut self, inside: Inside) -> Token<'a> {
        self.start = self.at;
        self.at += 1;
        self.glance = self.at;
        self.end = self.at;
        self.inside.pop();
        self.follows = true;
        match inside {
            Inside::Object => Token::ObjectEnd,
            Inside::Array => Token::ArrayEnd,
        }
    }

    fn expect_comma(&mut self, byte: u8, inside: Inside) -> Result<(), Problem> {
        if byte != b',' {
            let entries = if inside == Inside::Object { "Object" } else { "Array" };
            let wanted = format!("was expecting comma to separate {entries} entries");
            return Err(self.unexpected(&wanted));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    /// Reads a name, its colon, and the beginning of its value.
    fn name(&mut self) -> Result<Token<'a>, Problem> {
        let start = self.at;
        match self.peek() {
            None => return Err(self.unexpected_end()),
            Some(b'"') => {}
            Some(_) => {
                return Err(self.unexpected("was expecting double-quote to start field name"));
            }
        }
        let name = self.string()?;
        self.skip_space();
        match self.peek() {
            None => return Err(self.unexpected_end()),
            Some(b':') => self.at += 1,
            Some(_) => {
                let wanted = "was expecting a colon to separate field name and value";
                return Err(self.unexpected(wanted));
            }
        }
        self.skip_space();
        let lexed = self.value()?;
        self.start = start;
        self.glance = lexed.glance;
        self.end = lexed.glance;
        self.ahead = Some(lexed);
        Ok(Token::Name(name))
    }

    fn enter(&mut self, token: Token<'a>) -> Result<Token<'a>, Problem> {
        let inside = match token {
            Token::ObjectStart => Inside::Object,
            Token::ArrayStart => Inside::Array,
            _ => {
                self.follows = true;
                return Ok(token);
            }
        };
        if self.inside.len() >= self.depth_max {
            let what = format!("More than {} levels are nested", self.depth_max);
            return Err(self.problem_at(self.start, what));
        }
        self.inside.push(inside);
        self.follows = false;
        Ok(token)
    }

    fn value(&mut self) -> Result<Lexed<'a>, Problem> {
        let start = self.at;
        let byte = self.peek().ok_or_else(|| self.unexpected_end())?;
        let token = match byte {
            b'"' => {
                let text = self.string()?;
                return Ok(Lexed { token: Token::String(text), start, glance: start + 1 });
            }
            b'{' => self.single(Token::ObjectStart),
            b'[' => self.single(Token::ArrayStart),
            b'-' | b'0'..=b'9' => Token::Number(self.number()?),
            b't' => self.word("true", Token::Bool(true))?,
            b'f' => self.word("false", Token::Bool(false))?,
            b'n' => self.word("null", Token::Null)?,
            _ => {
                return Err(self.unexpected(
                    "expected a valid value (JSON String, Number, Array, Object or token 'null', \
                     'true' or 'false')",
                ));
            }
        };
        Ok(Lexed { token, start, glance: self.at })
    }

    fn single(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        token
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, Problem> {
        let rest = &self.text.as_bytes()[self.at..];
        let ends = rest.get(word.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if rest.starts_with(word.as_bytes()) && ends {
            self.at += word.len();
            return Ok(token);
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let found = &self.text[self.at..self.at + length];
        let found = found.get(..32).unwrap_or(found);
        let what = format!(
            "Unrecognized token '{found}': was expecting (JSON String, Number, Array, Object or \
             token 'null', 'true' or 'false')"
        );
        Err(self.problem_at(self.at + length, what))
    }

    /// RFC 8259, section 6.
    fn number(&mut self) -> Result<&'a str, Problem> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits();
        let leading_zero = self.text.as_bytes()[self.at - whole..].first() == Some(&b'0');
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.problem_at(self.at, "Invalid numeric value"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.problem_at(self.at, "Decimal point not followed by a digit"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                let what = "Exponent indicator not followed by a digit";
                return Err(self.problem_at(self.at, what));
            }
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    /// Reads a text in quotes; borrows it unless it has an escape.
    fn string(&mut self) -> Result<Cow<'a, str>, Problem> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    let text = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(Cow::Borrowed(text));
                }
                b'\\' => return self.escaped(start).map(Cow::Owned),
                0..0x20 => return Err(self.control_character(byte)),
                _ => self.at += 1,
            }
        }
        Err(self.problem_at(self.at, "Unexpected end-of-input in a String value"))
    }

    fn escaped(&mut self, start: usize) -> Result<String, Problem> {
        let bytes = self.text.as_bytes();
        let mut text = self.text[start..self.at].to_owned();
        let mut plain = self.at;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    text.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => {
                    text.push_str(&self.text[plain..self.at]);
                    text.push(self.escape()?);
                    plain = self.at;
                }
                0..0x20 => return Err(self.control_character(byte)),
                _ => self.at += 1,
            }
        }
        Err(self.problem_at(self.at, "Unexpected end-of-input in a String value"))
    }

    /// Reads an escape, of which the backslash is next; RFC 8259, section 7.
    fn escape(&mut self) -> Result<char, Problem> {
        self.at += 1;
        let byte = self.peek().ok_or_else(|| self.unexpected_end())?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(self.problem_at(self.at - 1, "Unrecognized character escape")),
        })
    }

    fn code_point(&mut self) -> Result<char, Problem> {
        let first = self.four_digits()?;
        if !(0xd800..0xe000).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let pair_follows = self.text.as_bytes()[self.at..].starts_with(b"\\u");
        if first < 0xdc00 && pair_follows {
            self.at += 2;
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Err(self.problem_at(self.at, "Half of a surrogate pair"))
    }

    fn four_digits(&mut self) -> Result<u32, Problem> {
        let rest = &self.text.as_bytes()[self.at..];
        let mut code = 0;
        for index in 0..4 {
            let digit = rest.get(index).and_then(|&byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                let what = "expected a hex-digit for character escape sequence";
                return Err(self.problem_at(self.at + index, what));
            };
            code = code << 4 | digit;
        }
        self.at += 4;
        Ok(code)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn unexpected_end(&self) -> Problem {
        self.problem_at(self.at, "Unexpected end-of-input")
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        let character = self.text[self.at..].chars().next().unwrap_or_default();
        let code = u32::from(character);
        let what = format!("Unexpected character ({} (code {code})): {wanted}", quoted(character));
        self.problem_at(self.at + character.len_utf8(), what)
    }

    fn control_character(&self, byte: u8) -> Problem {
        let what = format!(
            "Illegal unquoted character ((CTRL-CHAR, code {byte})): has to be escaped using \
             backslash to be included in string value"
        );
        self.problem_at(self.at + 1, what)
    }
}

fn quoted(character: char) -> String {
    if character.is_control() { "(CTRL-CHAR)".to_owned() } else { format!("'{character}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<String>, String> {
        let mut reader = Reader::new(text, 16);
        let mut all = Vec::new();
        loop {
            match reader.advance() {
                Ok(Some(token)) => all.push(token.text().to_owned()),
                Ok(None) => return Ok(all),
                Err(problem) => return Err(problem.to_string()),
            }
        }
    }

    #[test]
    fn documents_become_tokens() {
        let text = r#" {"a" : [1, -2.5e+3, "x\n\u00e9\ud83d\ude00", true, null], "b": {}} "#;
        let wanted =
            ["{", "a", "[", "1", "-2.5e+3", "x\né😀", "true", "null", "]", "b", "{", "}", "}"];
        assert_eq!(tokens(text).unwrap(), wanted);
        assert_eq!(tokens("7").unwrap(), ["7"]);
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for (text, wanted) in [
            ("", "Unexpected end-of-input (line 1, column 1)"),
            (
                "{x",
                "Unexpected character ('x' (code 120)): was expecting double-quote to start \
                    field name (line 1, column 3)",
            ),
            (
                "[1 2]",
                "Unexpected character ('2' (code 50)): was expecting comma to separate \
                       Array entries (line 1, column 5)",
            ),
            (
                "[1,]",
                "Unexpected character (']' (code 93)): expected a valid value (JSON String, \
                      Number, Array, Object or token 'null', 'true' or 'false') \
                      (line 1, column 5)",
            ),
            ("{} 1", "Text follows the end of the document (line 1, column 4)"),
            ("\n[01]", "Invalid numeric value (line 2, column 4)"),
            (r#""\ud800x""#, "Half of a surrogate pair (line 1, column 8)"),
            ("[", "Unexpected end-of-input (line 1, column 2)"),
        ] {
            assert_eq!(tokens(text), Err(wanted.to_owned()), "{text}");
        }
        for wrong in ["{\"a\"}", "{\"a\":1,}", "tru", "truer", "1.", "1e", "\"\t\"", "\"\\x\"", "-"]
        {
            assert!(tokens(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn depth_has_a_limit() {
        assert!(tokens(&format!("{}{}", "[".repeat(16), "]".repeat(16))).is_ok());
        assert!(tokens(&"[".repeat(17)).unwrap_err().contains("More than 16 levels"));
    }

    #[test]
    fn columns_are_counted_as_java_does() {
        assert_eq!(Position::of("é😀x", "é😀".len()).column, 4);
        assert_eq!(Position::of("é", 1).offset, 0);
    }
}
