//! What a found schema looks like, one form per file.

pub mod openapi_v2;
pub mod plaintext;
pub mod skeleton;
pub mod structured;
pub mod tree;

/// The first sentence of a description, on one line.
pub(crate) fn first_sentence(description: &str) -> String {
    let paragraph = description.split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    // "e.g." and "i.e." are no ends of sentences.
    let end = line
        .match_indices(". ")
        .map(|(index, _)| index)
        .find(|&index| !line[..index].ends_with("e.g") && !line[..index].ends_with("i.e"));
    match end {
        Some(index) => line[..=index].to_owned(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn cuts_at_the_end_of_a_sentence() {
        for (text, expected) in [
            ("", ""),
            ("One. Two.", "One."),
            ("Some, e.g. this one. Two.", "Some, e.g. this one."),
            ("One\nline. Two", "One line."),
            ("Title\n\nRest. More.", "Title"),
        ] {
            assert_eq!(first_sentence(text), expected, "{text:?}");
        }
    }
}
