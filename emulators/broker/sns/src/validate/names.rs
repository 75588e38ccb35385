//! Names: of topics, of platform applications, of statements in a policy.

use brume_edge::AwsError;

use crate::error::{invalid_parameter, missing};

/// Characters of the longest name of a topic, `.fifo` included, and of an application.
const NAME_CHARACTERS_MAX: usize = 256;

/// Characters of the longest label of a statement.
const LABEL_CHARACTERS_MAX: usize = 80;

/// What ends the name of a FIFO topic, and of nothing else.
pub(crate) const FIFO_SUFFIX: &str = ".fifo";

/// Checks the name of a new topic.
pub(crate) fn topic(name: &str, is_fifo: bool) -> Result<(), AwsError> {
    let stem = if is_fifo { name.strip_suffix(FIFO_SUFFIX) } else { Some(name) };
    let is_good = stem.is_some_and(|stem| !stem.is_empty() && stem.bytes().all(is_name_byte));
    if is_good && name.len() <= NAME_CHARACTERS_MAX {
        Ok(())
    } else {
        Err(invalid_parameter("Topic Name"))
    }
}

/// Checks the name of a new platform application.
pub(crate) fn application(name: &str) -> Result<(), AwsError> {
    let is_good = |byte: u8| is_name_byte(byte) || byte == b'.';
    if !name.is_empty() && name.len() <= NAME_CHARACTERS_MAX && name.bytes().all(is_good) {
        Ok(())
    } else {
        let reason = "must be made up of only uppercase and lowercase ASCII letters, numbers, \
                      underscores, hyphens, and periods, and must be between 1 and 256 \
                      characters long";
        Err(crate::error::invalid_reason("Name", reason))
    }
}

/// Checks the label of a statement.
pub(crate) fn label(label: Option<&str>) -> Result<&str, AwsError> {
    let label = label.ok_or_else(|| missing("label"))?;
    let is_good =
        !label.is_empty() && label.len() <= LABEL_CHARACTERS_MAX && label.bytes().all(is_name_byte);
    if is_good { Ok(label) } else { Err(invalid_parameter("Label")) }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_topics() {
        let longest = "a".repeat(256);
        for good in ["a", "A-b_9", longest.as_str()] {
            assert!(topic(good, false).is_ok(), "{good}");
        }
        for good in ["a.fifo".to_owned(), format!("{}.fifo", "a".repeat(251))] {
            assert!(topic(&good, true).is_ok(), "{good}");
            assert!(topic(&good, false).is_err(), "{good}");
        }
        let too_long = "a".repeat(257);
        for wrong in ["", "a b", "a:b", "a.b", "ä", "a%", too_long.as_str()] {
            assert_eq!(
                topic(wrong, false).unwrap_err().message,
                "Invalid parameter: Topic Name",
                "{wrong}"
            );
        }
        for wrong in ["a", ".fifo", "a.FIFO", "a.fifo.fifo"] {
            assert!(topic(wrong, true).is_err(), "{wrong}");
        }
    }

    #[test]
    fn labels_and_applications() {
        assert_eq!(label(Some("share")).unwrap(), "share");
        assert_eq!(label(None).unwrap_err().code, "ValidationError");
        assert!(label(Some("a b")).is_err());
        assert!(label(Some(&"a".repeat(81))).is_err());
        assert!(application("com.example.app").is_ok());
        assert!(application("a/b").is_err());
    }
}
