//! Two texts line by line.

/// More lines than this are not compared one by one: the table grows with their product.
const LINES_MAX: usize = 2000;

/// What changed: lines begin with `-`, `+` or a space; three lines around each change are kept.
#[must_use]
pub fn difference(before: &[String], after: &[String]) -> Vec<String> {
    let lines = if before.len().max(after.len()) > LINES_MAX {
        let removed = before.iter().map(|line| format!("-{line}"));
        removed.chain(after.iter().map(|line| format!("+{line}"))).collect()
    } else {
        compared(before, after)
    };
    near_changes(lines)
}

/// By the longest common subsequence.
fn compared(before: &[String], after: &[String]) -> Vec<String> {
    let width = after.len() + 1;
    let mut common = vec![0_u32; (before.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            let value = if before.get(i) == after.get(j) {
                common.get(at(i + 1, j + 1)).map_or(0, |count| count + 1)
            } else {
                let down = common.get(at(i + 1, j)).copied().unwrap_or_default();
                down.max(common.get(at(i, j + 1)).copied().unwrap_or_default())
            };
            if let Some(cell) = common.get_mut(at(i, j)) {
                *cell = value;
            }
        }
    }
    let mut lines = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        match (before.get(i), after.get(j)) {
            (None, None) => return lines,
            (Some(old), Some(new)) if old == new => {
                lines.push(format!(" {old}"));
                (i, j) = (i + 1, j + 1);
            }
            (Some(old), new) => {
                let down = common.get(at(i + 1, j)).copied().unwrap_or_default();
                let right = common.get(at(i, j + 1)).copied().unwrap_or_default();
                match new {
                    Some(new) if right > down => {
                        lines.push(format!("+{new}"));
                        j += 1;
                    }
                    _ => {
                        lines.push(format!("-{old}"));
                        i += 1;
                    }
                }
            }
            (None, Some(new)) => {
                lines.push(format!("+{new}"));
                j += 1;
            }
        }
    }
}

fn near_changes(lines: Vec<String>) -> Vec<String> {
    const AROUND: usize = 3;
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, l)| !l.starts_with(' ')).map(|(i, _)| i).collect();
    let is_near = |index: usize| {
        let next = changed.partition_point(|place| *place < index);
        let after = changed.get(next).is_some_and(|place| place - index <= AROUND);
        let before = next.checked_sub(1).and_then(|previous| changed.get(previous));
        after || before.is_some_and(|place| index - place <= AROUND)
    };
    lines.into_iter().enumerate().filter(|(i, _)| is_near(*i)).map(|(_, line)| line).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owned(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn changes_are_shown_with_what_is_around_them() {
        let before = owned("a b c d e f g h i");
        let after = owned("a b c d X f g h i");
        let expected = [" b", " c", " d", "-e", "+X", " f", " g", " h"];
        assert_eq!(difference(&before, &after), expected);
        assert!(difference(&before, &before).is_empty());
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_out_of_it(
            before in prop::collection::vec("[abc]", 0..12),
            after in prop::collection::vec("[abc]", 0..12),
        ) {
            let lines = compared(&before, &after);
            let side = |sign: char| -> Vec<String> {
                let kept = lines.iter().filter(|line| line.starts_with([' ', sign]));
                kept.map(|line| line[1..].to_owned()).collect()
            };
            prop_assert_eq!(side('-'), before);
            prop_assert_eq!(side('+'), after);
        }
    }
}
