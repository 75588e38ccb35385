//! Attributes of topics, as far as their text alone can be judged.

use brume_edge::AwsError;

use super::subscription_attributes::is_role;
use super::{Place, archive, boolean, delivery_policy, document};

/// Characters of the longest display name.
const DISPLAY_NAME_CHARACTERS_MAX: usize = 100;

/// Bytes of the longest name of a key.
const KEY_BYTES_MAX: usize = 2_048;

/// What `MaximumMessageSize` may be, in bytes.
const MESSAGE_BYTES: std::ops::RangeInclusive<u32> = 1_024..=1_048_576;

/// What delivery status attributes begin with.
const FEEDBACK_PREFIXES: [&str; 5] = ["HTTP", "SQS", "Lambda", "Firehose", "Application"];

/// Attributes that only FIFO topics have.
const FIFO_ONLY: [&str; 3] = ["ContentBasedDeduplication", "ArchivePolicy", "FifoThroughputScope"];

/// Whether the attributes of a new topic make it FIFO.
pub(crate) fn is_fifo(attributes: &[(&str, &str)]) -> Result<bool, AwsError> {
    match attributes.iter().find(|(name, _)| *name == "FifoTopic") {
        Some((name, value)) => boolean(Place::Map, name, value),
        None => Ok(false),
    }
}

/// Checks the attributes of a new topic and gives them in the form in which they are kept.
pub(crate) fn new(
    is_fifo: bool,
    attributes: &[(&str, &str)],
) -> Result<Vec<(String, String)>, AwsError> {
    let mut checked = Vec::with_capacity(attributes.len());
    for (name, value) in attributes {
        let value = match *name {
            "FifoTopic" if !is_fifo => continue,
            "FifoTopic" => "true".to_owned(),
            _ => one(Place::Map, name, value, is_fifo)?,
        };
        checked.push(((*name).to_owned(), value));
    }
    Ok(checked)
}

/// Checks one attribute and gives its value in the form in which it is kept.
pub(crate) fn one(
    place: Place,
    name: &str,
    value: &str,
    is_fifo: bool,
) -> Result<String, AwsError> {
    if FIFO_ONLY.contains(&name) && !is_fifo {
        // To AWS these are no attributes of a standard topic at all.
        return Err(place.unknown_name(name));
    }
    match name {
        "DisplayName" => {
            let is_good = value.chars().count() <= DISPLAY_NAME_CHARACTERS_MAX
                && !value.chars().any(char::is_control);
            if is_good { Ok(value.to_owned()) } else { Err(place.refuse("DisplayName")) }
        }
        "Policy" => {
            document::policy(place, value)?;
            Ok(value.to_owned())
        }
        "DeliveryPolicy" if value.is_empty() => Ok(String::new()),
        "DeliveryPolicy" => delivery_policy::topic(place, value),
        "KmsMasterKeyId" if value.len() <= KEY_BYTES_MAX => Ok(value.to_owned()),
        "KmsMasterKeyId" => Err(place.refuse("KmsMasterKeyId")),
        "SignatureVersion" if matches!(value, "1" | "2") => Ok(value.to_owned()),
        "SignatureVersion" => Err(place.refuse("SignatureVersion: Invalid value. Must be 1 or 2.")),
        "TracingConfig" if matches!(value, "PassThrough" | "Active") => Ok(value.to_owned()),
        "TracingConfig" => {
            let shown: String = value.chars().take(64).collect();
            Err(place.refuse(format!("Invalid tracing config value: {shown}")))
        }
        "FifoThroughputScope" if matches!(value, "Topic" | "MessageGroup") => Ok(value.to_owned()),
        "FifoThroughputScope" => {
            let reason = "FifoThroughputScope: Invalid value. Must be Topic or MessageGroup.";
            Err(place.refuse(reason))
        }
        "ContentBasedDeduplication" => Ok(boolean(place, name, value)?.to_string()),
        "ArchivePolicy" => {
            archive::archive(place, value)?;
            Ok(value.to_owned())
        }
        "MaximumMessageSize" => {
            let bytes = value.parse::<u32>().ok().filter(|bytes| MESSAGE_BYTES.contains(bytes));
            let reason = "MaximumMessageSize: must be an integer from 1024 to 1048576";
            bytes.map(|bytes| bytes.to_string()).ok_or_else(|| place.refuse(reason))
        }
        _ => feedback(place, name, value),
    }
}

/// Checks `LambdaSuccessFeedbackRoleArn` and its kind.
fn feedback(place: Place, name: &str, value: &str) -> Result<String, AwsError> {
    let kind = FEEDBACK_PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    match kind {
        Some("SuccessFeedbackRoleArn" | "FailureFeedbackRoleArn") => {
            if value.is_empty() || is_role(value) {
                Ok(value.to_owned())
            } else {
                Err(place.refuse(format!("{name}: invalid role arn")))
            }
        }
        Some("SuccessFeedbackSampleRate") => match value.parse::<u8>() {
            Ok(rate) if rate <= 100 => Ok(rate.to_string()),
            _ if value.is_empty() => Ok(String::new()),
            _ => Err(place.refuse(format!("{name}: must be an integer from 0 to 100"))),
        },
        _ => Err(place.unknown_name(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_attributes_come_back() {
        for (name, value, wanted) in [
            ("DisplayName", "", ""),
            ("DisplayName", "Größe", "Größe"),
            ("DeliveryPolicy", "", ""),
            ("KmsMasterKeyId", "alias/aws/sns", "alias/aws/sns"),
            ("SignatureVersion", "2", "2"),
            ("TracingConfig", "Active", "Active"),
            ("MaximumMessageSize", "1048576", "1048576"),
            ("SQSSuccessFeedbackSampleRate", "100", "100"),
            (
                "LambdaFailureFeedbackRoleArn",
                "arn:aws:iam::000000000000:role/r",
                "arn:aws:iam::000000000000:role/r",
            ),
        ] {
            assert_eq!(one(Place::Single, name, value, false).unwrap(), wanted);
        }
        assert_eq!(one(Place::Single, "ContentBasedDeduplication", "TRUE", true).unwrap(), "true");
    }

    #[test]
    fn wrong_attributes_are_refused() {
        let long = "a".repeat(101);
        for (name, value, wanted) in [
            ("FifoTopic", "false", "AttributeName"),
            ("Owner", "x", "AttributeName"),
            ("SmsSuccessFeedbackRoleArn", "x", "AttributeName"),
            ("DisplayName", long.as_str(), "DisplayName"),
            ("SignatureVersion", "3", "SignatureVersion: Invalid value. Must be 1 or 2."),
            (
                "MaximumMessageSize",
                "1023",
                "MaximumMessageSize: must be an integer from 1024 to 1048576",
            ),
            (
                "HTTPSuccessFeedbackSampleRate",
                "101",
                "HTTPSuccessFeedbackSampleRate: must be an integer from 0 to 100",
            ),
            ("ContentBasedDeduplication", "true", "AttributeName"),
        ] {
            let message = one(Place::Single, name, value, false).unwrap_err().message;
            assert_eq!(message, format!("Invalid parameter: {wanted}"), "{name}");
        }
    }

    #[test]
    fn a_topic_is_fifo_or_says_nothing_of_it() {
        assert!(is_fifo(&[("FifoTopic", "True")]).unwrap());
        assert!(!is_fifo(&[]).unwrap());
        assert!(is_fifo(&[("FifoTopic", "yes")]).is_err());
        assert!(new(false, &[("FifoTopic", "false")]).unwrap().is_empty());
        assert_eq!(
            new(true, &[("FifoTopic", "True")]).unwrap(),
            [("FifoTopic".to_owned(), "true".to_owned())]
        );
    }
}
