//! Breaks paragraphs into lines as kubectl's word wrapper does.

/// Wraps `text` at `width` characters.
///
/// Lines break at white space only; the white space at a break is dropped, elsewhere it is kept.
/// A word as long as the width or longer stays whole, on a line of its own. A no-break space is
/// part of a word. Existing line ends are kept.
#[must_use]
pub fn wrap(text: &str, width: usize) -> String {
    let mut line =
        Line { out: String::with_capacity(text.len() + text.len() / 32), ..Line::default() };
    for character in text.chars() {
        if character == '\n' {
            line.end(width);
        } else if character.is_whitespace() && character != '\u{a0}' {
            line.push_space(character);
        } else {
            line.push(character, width);
        }
    }
    line.finish(width)
}

/// Puts `amount` spaces before every line, empty ones included.
#[must_use]
pub fn indent(text: &str, amount: usize) -> String {
    let padding = " ".repeat(amount);
    let mut out = String::with_capacity(text.len() + amount * 8);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&padding);
        out.push_str(line);
    }
    out
}

/// The line being filled: what is out, then white space, then the word that may still move down.
#[derive(Default)]
struct Line {
    out: String,
    column: usize,
    spaces: String,
    space_count: usize,
    word: String,
    word_length: usize,
}

impl Line {
    fn push(&mut self, character: char, width: usize) {
        self.word.push(character);
        self.word_length += 1;
        let overflows = self.column + self.space_count + self.word_length > width;
        if overflows && self.word_length < width {
            self.out.push('\n');
            self.column = 0;
            self.drop_spaces();
        }
    }

    fn push_space(&mut self, character: char) {
        if self.spaces.is_empty() || !self.word.is_empty() {
            self.flush();
        }
        self.spaces.push(character);
        self.space_count += 1;
    }

    fn flush(&mut self) {
        self.column += self.space_count + self.word_length;
        self.out.push_str(&self.spaces);
        self.out.push_str(&self.word);
        self.drop_spaces();
        self.word.clear();
        self.word_length = 0;
    }

    fn drop_spaces(&mut self) {
        self.spaces.clear();
        self.space_count = 0;
    }

    fn end(&mut self, width: usize) {
        if self.word.is_empty() && self.column + self.space_count > width {
            self.drop_spaces();
        }
        self.flush();
        self.out.push('\n');
        self.column = 0;
    }

    fn finish(mut self, width: usize) -> String {
        if self.word.is_empty() && self.column + self.space_count > width {
            self.drop_spaces();
        }
        self.flush();
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_white_space_and_keeps_long_words_whole() {
        for (text, width, expected) in [
            ("", 10, ""),
            ("one two three", 8, "one two\nthree"),
            ("one  two   three", 8, "one  two\nthree"),
            ("a https://long.example/path b", 10, "a\nhttps://long.example/path\nb"),
            ("one\n\ntwo ", 8, "one\n\ntwo "),
            ("exactly8 next", 8, "exactly8\nnext"),
            ("no\u{a0}break here", 6, "no\u{a0}break\nhere"),
        ] {
            assert_eq!(wrap(text, width), expected, "{text:?} at {width}");
        }
    }

    #[test]
    fn indents_every_line() {
        assert_eq!(indent("a\n\nb\n", 2), "  a\n  \n  b\n  ");
    }
}
