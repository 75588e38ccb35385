//! Tags of topics.

use brume_edge::{AwsError, Fields};

use crate::error::{constraint, invalid_parameter, missing};

/// Tags that a topic may have.
pub(crate) const TAGS_MAX: usize = 50;

const KEY_CHARACTERS_MAX: usize = 128;
const VALUE_CHARACTERS_MAX: usize = 256;

/// Reads `Tags.member.N.Key` and `.Value`.
pub(crate) fn read(form: &Fields<'_>) -> Result<Vec<(String, String)>, AwsError> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for (index, member) in form.members("Tags").iter().enumerate() {
        let path = |field: &str| format!("tags.{}.member.{field}", index + 1);
        let key = member.get("Key").ok_or_else(|| missing(&path("key")))?;
        let value = member.get("Value").ok_or_else(|| missing(&path("value")))?;
        check_key(key, &path("key"))?;
        if value.chars().count() > VALUE_CHARACTERS_MAX {
            let wanted = "Member must have length less than or equal to 256";
            return Err(constraint(value, &path("value"), wanted));
        }
        if !value.chars().all(is_tag_character) {
            return Err(invalid_parameter("Tag value contains invalid characters"));
        }
        if tags.iter().any(|(other, _)| other == key) {
            return Err(invalid_parameter("Duplicated keys are not allowed."));
        }
        if tags.len() == TAGS_MAX {
            return Err(AwsError::new(
                "TagLimitExceeded",
                "Could not complete request: tag quota of per resource exceeded",
            ));
        }
        tags.push((key.to_owned(), value.to_owned()));
    }
    Ok(tags)
}

/// Reads `TagKeys.member.N`.
pub(crate) fn read_keys(form: &Fields<'_>) -> Result<Vec<String>, AwsError> {
    let keys = form.list("TagKeys");
    for (index, key) in keys.iter().enumerate() {
        check_key(key, &format!("tagKeys.{}.member", index + 1))?;
    }
    Ok(keys.into_iter().map(str::to_owned).collect())
}

fn check_key(key: &str, path: &str) -> Result<(), AwsError> {
    if key.is_empty() {
        let wanted = "Member must have length greater than or equal to 1";
        return Err(constraint(key, path, wanted));
    }
    if key.chars().count() > KEY_CHARACTERS_MAX {
        let wanted = "Member must have length less than or equal to 128";
        return Err(constraint(key, path, wanted));
    }
    if !key.chars().all(is_tag_character) {
        return Err(invalid_parameter("Tag key contains invalid characters"));
    }
    if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
        return Err(invalid_parameter(
            "aws: prefixed tag key names are not allowed for external use.",
        ));
    }
    Ok(())
}

/// Letters, digits and spaces of every script, and a few signs.
fn is_tag_character(character: char) -> bool {
    character.is_alphanumeric()
        || character.is_whitespace() && !character.is_control()
        || "_.:/=+-@".contains(character)
}

#[cfg(test)]
mod tests {
    use brume_edge::Parameters;

    use super::*;
    use crate::testing::form;

    fn tags(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, AwsError> {
        let mut form = Vec::new();
        for (index, (key, value)) in pairs.iter().enumerate() {
            form.push((format!("Tags.member.{}.Key", index + 1), (*key).to_owned()));
            form.push((format!("Tags.member.{}.Value", index + 1), (*value).to_owned()));
        }
        read(&Parameters::from_pairs(form).unwrap().fields())
    }

    #[test]
    fn tags_are_read_in_order() {
        let read = tags(&[("k2", "v"), ("k1", ""), ("größe", "a b")]).unwrap();
        assert_eq!(read[0].0, "k2");
        assert_eq!(read[1], ("k1".to_owned(), String::new()));
        assert!(tags(&[]).unwrap().is_empty());
    }

    #[test]
    fn wrong_tags_are_refused() {
        let long = "a".repeat(257);
        for (pairs, wanted) in [
            (vec![("a", "1"), ("a", "1")], "Invalid parameter: Duplicated keys are not allowed."),
            (
                vec![("", "1")],
                "1 validation error detected: Value '' at 'tags.1.member.key' failed to satisfy \
                 constraint: Member must have length greater than or equal to 1",
            ),
            (
                vec![("AWS:a", "1")],
                "Invalid parameter: aws: prefixed tag key names are not allowed for external use.",
            ),
            (vec![("a*", "1")], "Invalid parameter: Tag key contains invalid characters"),
        ] {
            assert_eq!(tags(&pairs).unwrap_err().message, wanted);
        }
        assert!(tags(&[("a", &long)]).is_err());
        let names: Vec<String> = (0..51).map(|number| format!("k{number}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert!(tags(&many[..50]).is_ok());
        assert_eq!(tags(&many).unwrap_err().code, "TagLimitExceeded");
    }

    #[test]
    fn a_tag_needs_key_and_value() {
        for name in ["Tags.member.1.Value", "Tags.member.1.Key"] {
            let error = read(&form(&[(name, "v")]).fields()).unwrap_err();
            assert_eq!(error.code, "ValidationError");
        }
    }

    #[test]
    fn keys_are_read() {
        let keys = form(&[("TagKeys.member.1", "a"), ("TagKeys.member.2", "b")]);
        assert_eq!(read_keys(&keys.fields()).unwrap(), ["a", "b"]);
        assert!(read_keys(&form(&[("TagKeys.member.1", "")]).fields()).is_err());
    }
}
