//! Policy documents: who may use a topic, and what may be in its messages.

use brume_edge::AwsError;
use brume_policy::document::{Service, validate};
use brume_policy::protection::ProtectionPolicy;

use super::Place;

/// Checks the access policy of a topic.
pub(crate) fn policy(place: Place, text: &str) -> Result<(), AwsError> {
    validate(Service::Topic, text).map(drop).map_err(|rejection| {
        let (_, message) = rejection.wire(Service::Topic);
        place.refuse(message.strip_prefix("Invalid parameter: ").unwrap_or(&message))
    })
}

/// Whether AddPermission may give an action away: `Publish`.
pub(crate) fn is_topic_action(name: &str) -> bool {
    Service::Topic.knows_action(name)
}

/// Checks a data protection policy.
pub(crate) fn data_protection(text: &str) -> Result<(), AwsError> {
    ProtectionPolicy::read(text)
        .map(drop)
        .map_err(|error| AwsError::new("InvalidParameter", error.wire()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_refused_in_the_words_of_aws() {
        let statement = |action: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":"{action}",
                "Resource":"arn:aws:sns:us-east-1:000000000000:t"}}]}}"#
            )
        };
        assert!(policy(Place::Single, &statement("SNS:Publish")).is_ok());
        let message = |text: &str| policy(Place::Map, text).unwrap_err().message;
        assert_eq!(
            message(&statement("SQS:SendMessage")),
            "Invalid parameter: Attributes Reason: Policy statement action out of service scope!"
        );
        assert_eq!(message("{"), "Invalid parameter: Attributes Reason: Policy Error: null");
    }

    #[test]
    fn data_protection_policies_are_read_whole() {
        let policy = |identifier: &str| {
            let arn = format!("arn:aws:dataprotection::aws:data-identifier/{identifier}");
            serde_json::json!({
                "Name": "p",
                "Version": "2021-06-01",
                "Statement": [{
                    "Sid": "s",
                    "DataDirection": "Inbound",
                    "Principal": ["*"],
                    "DataIdentifier": [arn],
                    "Operation": { "Deny": {} },
                }],
            })
            .to_string()
        };
        assert!(data_protection(&policy("EmailAddress")).is_ok());
        for wrong in ["", "{", "[]", "{}", &policy("FavouriteColour")] {
            let error = data_protection(wrong).unwrap_err();
            let start = "Invalid parameter: DataProtectionPolicy Reason: ";
            assert!(error.message.starts_with(start), "{error:?}");
        }
    }
}
