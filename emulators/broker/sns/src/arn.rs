//! Resource names in parameters, and AWS's words for those that are wrong.

use brume_edge::{AwsError, Caller, Fields};
use brume_policy::{Account, Arn, Region};

use crate::error::{invalid_parameter, invalid_reason, no_value};

/// Parts that an ARN has at least.
const ARN_ELEMENTS_MIN: usize = 6;

/// What an ARN of SNS names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Owner of the resource.
    pub(crate) account: Account,
    /// Region of the resource.
    pub(crate) region: Region,
    /// The rest: `orders`, `orders:0b1f…`, `app/GCM/name`.
    pub(crate) resource: String,
}

/// Reads an ARN of SNS; `parameter` is named in errors.
pub(crate) fn parse(text: &str, parameter: &str) -> Result<Place, AwsError> {
    let elements = text.split(':').count();
    if elements < ARN_ELEMENTS_MIN {
        let reason = format!("An ARN must have at least 6 elements, not {elements}");
        return Err(invalid_reason(parameter, reason));
    }
    let wrong = || invalid_parameter(parameter);
    let arn: Arn = text.parse().map_err(|_| wrong())?;
    if arn.service != "sns" || !arn.partition.starts_with("aws") {
        return Err(wrong());
    }
    let account = arn.account().ok_or_else(wrong)?;
    let region = arn.region().ok_or_else(wrong)?;
    Ok(Place { account, region, resource: arn.resource })
}

/// Reads a required ARN and checks that it belongs to the region that the request is for.
pub(crate) fn required(
    form: &Fields<'_>,
    parameter: &str,
    caller: &Caller,
) -> Result<Place, AwsError> {
    let text = form.get(parameter).filter(|text| !text.is_empty());
    in_region(text.ok_or_else(|| no_value(parameter))?, parameter, caller)
}

/// Reads an ARN that has to be in the caller's region; a region has no knowledge of another.
pub(crate) fn in_region(text: &str, parameter: &str, caller: &Caller) -> Result<Place, AwsError> {
    let place = parse(text, parameter)?;
    if place.region == caller.region { Ok(place) } else { Err(invalid_parameter(parameter)) }
}

/// Splits what follows the account in a subscription's ARN: name of the topic and id.
pub(crate) fn subscription(place: &Place) -> Result<(&str, &str), AwsError> {
    let wrong = || invalid_parameter("SubscriptionId");
    let (topic, id) = place.resource.split_once(':').ok_or_else(wrong)?;
    if is_uuid(id) { Ok((topic, id)) } else { Err(wrong()) }
}

/// Whether a text has the form of a UUID: 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut groups = text.split('-');
    let is_group = |length: usize, group: Option<&str>| {
        group.is_some_and(|group| {
            group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    lengths.iter().all(|length| is_group(*length, groups.next())) && groups.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_arn_is_read() {
        let place = parse("arn:aws:sns:eu-west-3:123456789012:orders", "TopicArn").unwrap();
        assert_eq!(place.resource, "orders");
        assert_eq!(place.account.as_str(), "123456789012");
    }

    #[test]
    fn wrong_arns_are_refused_in_the_words_of_aws() {
        let cases = [
            ("x", "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
            ("", "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
            ("a:b", "TopicArn Reason: An ARN must have at least 6 elements, not 2"),
            (
                "arn:aws:sns:r:random",
                "TopicArn Reason: An ARN must have at least 6 elements, not 5",
            ),
            ("arn:aws:sqs:us-east-1:123456789012:q", "TopicArn"),
            ("arn:aws:sns:us-east-1:12:q", "TopicArn"),
            ("arn:aws:sns::123456789012:q", "TopicArn"),
            ("arn:aws:sns:us-east-1:123456789012:", "TopicArn"),
            ("nra:aws:sns:us-east-1:123456789012:t", "TopicArn"),
        ];
        for (text, wanted) in cases {
            let message = parse(text, "TopicArn").unwrap_err().message;
            assert_eq!(message, format!("Invalid parameter: {wanted}"), "{text}");
        }
    }

    #[test]
    fn a_subscription_needs_an_id() {
        let place = |resource: &str| Place {
            account: Account::default(),
            region: Region::default(),
            resource: resource.to_owned(),
        };
        let good = place("t:0b1f2c3d-0000-4000-8000-0123456789ab");
        assert_eq!(subscription(&good).unwrap().0, "t");
        for wrong in ["t", "t:1", "t:0b1f2c3d-0000-4000-8000-0123456789ag", "t:", ":"] {
            let message = subscription(&place(wrong)).unwrap_err().message;
            assert_eq!(message, "Invalid parameter: SubscriptionId", "{wrong}");
        }
    }
}
