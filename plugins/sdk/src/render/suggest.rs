//! Did you mean: the known words nearest to one that is not known.

use strsim::osa_distance;

/// Longer words are not compared: nobody mistypes those, and the cost is quadratic.
const WORD_BYTES_MAX: usize = 64;

/// Most suggestions that help.
const SUGGESTIONS_MAX: usize = 3;

/// The candidates nearest to `word`, nearest first, at most three.
///
/// Case is ignored. A candidate counts when no more than a third of the letters differ (at least
/// one may), or when it begins with `word` and that has three letters or more.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if word.is_empty() || word.len() > WORD_BYTES_MAX {
        return Vec::new();
    }
    let word = word.to_lowercase();
    let letters = word.chars().count();
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= WORD_BYTES_MAX)
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = osa_distance(&word, &lower);
            let longer = letters.max(lower.chars().count());
            let near = distance <= (longer / 3).max(1) && distance < letters;
            let begins = letters >= 3 && lower.starts_with(&word);
            (near || begins).then_some((distance, candidate))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(SUGGESTIONS_MAX);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// A hint that names the nearest candidates; `None` when nothing is near.
#[must_use]
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    question(&nearest(word, candidates))
}

/// Asks for one of `words`; `None` when there are none.
#[must_use]
pub fn question(words: &[&str]) -> Option<String> {
    let (last, before) = words.split_last()?;
    if before.is_empty() {
        return Some(format!("did you mean '{last}'?"));
    }
    let before: Vec<String> = before.iter().map(|word| format!("'{word}'")).collect();
    Some(format!("did you mean {} or '{last}'?", before.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["explain", "status", "snapshot", "down", "up", "deployments", "Deployment"];
        let table: [(&str, &[&str]); 8] = [
            ("expalin", &["explain"]),
            ("stauts", &["status"]),
            ("deploymnet", &["Deployment", "deployments"]),
            ("snap", &["snapshot"]),
            ("dwon", &["down"]),
            ("xy", &[]),
            ("qqqqqqq", &[]),
            ("", &[]),
        ];
        for (word, expected) in table {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert!(nearest(&"a".repeat(1_000_000), known).is_empty());
    }

    #[test]
    fn the_hint_is_a_question() {
        assert_eq!(question(&["a"]).unwrap(), "did you mean 'a'?");
        assert_eq!(question(&["a", "b", "c"]).unwrap(), "did you mean 'a', 'b' or 'c'?");
        assert_eq!(did_you_mean("zzz", ["a"]), None);
    }
}
