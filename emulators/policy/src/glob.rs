//! Patterns with `*` and `?`, without backtracking over what is already matched.

/// Whether `text` matches `pattern`: `*` stands for any characters, `?` for one.
///
/// Takes at most the product of both lengths: only the last `*` is ever tried again.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    walk(pattern.as_bytes(), |byte| step(*byte), text.as_bytes(), |wanted, found| wanted == found)
}

/// Like [`matches`], but ASCII letters match in either case.
#[must_use]
pub fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    walk(
        pattern.as_bytes(),
        |byte| step(*byte),
        text.as_bytes(),
        |wanted, found| wanted.eq_ignore_ascii_case(&found),
    )
}

/// Whether `text` matches a pattern in which only `*` is special, and of which a caller has kept
/// the pieces between the stars.
///
/// A pattern without a star is one piece and matches itself only. Takes time linear in the text
/// for each piece.
#[must_use]
pub fn matches_pieces(pieces: &[Box<str>], text: &str) -> bool {
    let [first, rest @ ..] = pieces else {
        return text.is_empty();
    };
    let Some(mut left) = text.strip_prefix(first.as_ref()) else {
        return false;
    };
    let [between @ .., last] = rest else {
        return left.is_empty();
    };
    for piece in between {
        match left.find(piece.as_ref()) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last.as_ref())
}

/// One step of a pattern whose special characters are made out already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Any characters.
    Many,
    /// One character.
    One,
    /// This byte.
    Byte(u8),
}

/// Appends the steps of a pattern.
pub fn extend_with_pattern(steps: &mut Vec<Step>, pattern: &str) {
    steps.extend(pattern.bytes().map(step));
}

/// Appends the steps of a text in which nothing is special.
pub fn extend_with_text(steps: &mut Vec<Step>, text: &str) {
    steps.extend(text.bytes().map(Step::Byte));
}

/// Whether `text` matches the steps.
#[must_use]
pub fn matches_steps(steps: &[Step], text: &str) -> bool {
    walk(steps, |step| *step, text.as_bytes(), |wanted, found| wanted == found)
}

const fn step(byte: u8) -> Step {
    match byte {
        b'*' => Step::Many,
        b'?' => Step::One,
        other => Step::Byte(other),
    }
}

fn walk<T>(
    pattern: &[T],
    step: impl Fn(&T) -> Step,
    text: &[u8],
    same: impl Fn(u8, u8) -> bool,
) -> bool {
    let (mut at, mut read) = (0, 0);
    // Where to go on when a byte does not fit: after the last star, one character further.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at).map(&step) {
            Some(Step::Many) => {
                star = Some((at + 1, read));
                at += 1;
                continue;
            }
            Some(Step::One) => {
                read += character_bytes(&text[read..]);
                at += 1;
                continue;
            }
            Some(Step::Byte(wanted)) if same(wanted, text[read]) => {
                read += 1;
                at += 1;
                continue;
            }
            _ => {}
        }
        let Some((after, tried)) = star else {
            return false;
        };
        let next = tried + character_bytes(&text[tried..]);
        star = Some((after, next));
        at = after;
        read = next;
    }
    pattern[at..].iter().all(|left| step(left) == Step::Many)
}

/// Bytes of the character that begins here; 1 inside a character or at the end.
fn character_bytes(text: &[u8]) -> usize {
    match text.first() {
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        Some(0xc0..) => 2,
        _ => 1,
    }
    .min(text.len().max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By trying everything.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
            (['?', rest @ ..], [_, others @ ..]) => naive(rest, others),
            ([one, rest @ ..], [other, others @ ..]) => one == other && naive(rest, others),
            _ => false,
        }
    }

    #[test]
    fn a_hostile_pattern_is_not_slow() {
        let pattern = "*a".repeat(2_000) + "b";
        assert!(!matches(&pattern, &"a".repeat(20_000)));
    }

    #[test]
    fn case_is_ignored_on_demand() {
        assert!(matches_ignoring_case("sqs:Send*", "SQS:SendMessage"));
        assert!(!matches("sqs:Send*", "SQS:SendMessage"));
    }

    proptest! {
        #[test]
        fn it_agrees_with_trying_everything(pattern in "[ab*?é]{0,8}", text in "[abé]{0,10}") {
            let pattern_characters: Vec<char> = pattern.chars().collect();
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&pattern, &text), naive(&pattern_characters, &characters));
        }

        #[test]
        fn pieces_agree_with_the_pattern(pattern in "[abé*]{0,8}", text in "[abé]{0,10}") {
            let pieces: Vec<Box<str>> = pattern.split('*').map(Into::into).collect();
            prop_assert_eq!(matches_pieces(&pieces, &text), matches(&pattern, &text));
        }
    }
}
