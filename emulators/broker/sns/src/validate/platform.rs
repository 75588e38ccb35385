//! Platform applications and the endpoints of devices.

use brume_edge::AwsError;
use brume_policy::Arn;

use super::subscription_attributes::is_role;
use crate::error::{invalid_parameter, invalid_reason};

/// Push services that AWS knows.
const PLATFORMS: [&str; 11] = [
    "ADM",
    "APNS",
    "APNS_SANDBOX",
    "APNS_VOIP",
    "APNS_VOIP_SANDBOX",
    "BAIDU",
    "FCM",
    "GCM",
    "MACOS",
    "MACOS_SANDBOX",
    "WNS",
];

/// Bytes of the longest `CustomUserData`.
const USER_DATA_BYTES_MAX: usize = 2_048;

/// Bytes of the longest device token.
const TOKEN_BYTES_MAX: usize = 4_096;

/// Checks the name of a push service.
pub(crate) fn platform(name: &str) -> Result<(), AwsError> {
    if PLATFORMS.contains(&name) {
        Ok(())
    } else {
        let shown: String = name.chars().take(64).collect();
        Err(invalid_reason("Platform", format!("{shown} is not supported")))
    }
}

/// Checks attributes of an application.
pub(crate) fn application_attributes(attributes: &[(&str, &str)]) -> Result<(), AwsError> {
    for (name, value) in attributes {
        let is_good = match *name {
            "PlatformCredential" | "PlatformPrincipal" => !value.is_empty(),
            "ApplePlatformTeamID" | "ApplePlatformBundleID" => true,
            "EventEndpointCreated"
            | "EventEndpointDeleted"
            | "EventEndpointUpdated"
            | "EventDeliveryFailure" => value.is_empty() || is_topic(value),
            "SuccessFeedbackRoleArn" | "FailureFeedbackRoleArn" => {
                value.is_empty() || is_role(value)
            }
            "SuccessFeedbackSampleRate" => value.parse::<u8>().is_ok_and(|rate| rate <= 100),
            "Enabled" => is_boolean(value),
            _ => {
                let shown: String = name.chars().take(64).collect();
                return Err(invalid_reason("Attributes", format!("Unknown attribute {shown}")));
            }
        };
        if !is_good {
            return Err(invalid_reason(
                "Attributes",
                format!("Invalid value for attribute {name}"),
            ));
        }
    }
    Ok(())
}

/// Checks the attributes of a new application: it cannot be without credentials.
pub(crate) fn new_application(attributes: &[(&str, &str)]) -> Result<(), AwsError> {
    application_attributes(attributes)?;
    if attributes.iter().any(|(name, _)| *name == "PlatformCredential") {
        Ok(())
    } else {
        Err(invalid_reason("Attributes", "Missing required attribute PlatformCredential"))
    }
}

/// Checks attributes of an endpoint.
pub(crate) fn endpoint_attributes(attributes: &[(&str, &str)]) -> Result<(), AwsError> {
    for (name, value) in attributes {
        match *name {
            "CustomUserData" => user_data(value)?,
            "Enabled" if is_boolean(value) => {}
            "Enabled" => {
                return Err(invalid_reason("Attributes", "Enabled: Must be true or false."));
            }
            "Token" => token(value)?,
            "ChannelId" | "UserId" => {}
            _ => {
                let shown: String = name.chars().take(64).collect();
                return Err(invalid_reason("Attributes", format!("Unknown attribute {shown}")));
            }
        }
    }
    Ok(())
}

/// Checks arbitrary data of a user.
pub(crate) fn user_data(text: &str) -> Result<(), AwsError> {
    if text.len() <= USER_DATA_BYTES_MAX {
        Ok(())
    } else {
        let reason = "Invalid value for attribute: CustomUserData: must be at most 2048 bytes \
                      long in UTF-8 encoding";
        Err(invalid_reason("CustomUserData", reason))
    }
}

/// Checks what a push service calls a device.
pub(crate) fn token(text: &str) -> Result<(), AwsError> {
    if !text.is_empty() && text.len() <= TOKEN_BYTES_MAX {
        Ok(())
    } else {
        Err(invalid_parameter("Token"))
    }
}

fn is_topic(text: &str) -> bool {
    text.parse::<Arn>().is_ok_and(|arn| arn.service == "sns" && !arn.resource.contains(':'))
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications() {
        assert!(platform("GCM").is_ok());
        assert!(platform("gcm").is_err());
        assert!(new_application(&[("PlatformCredential", "key")]).is_ok());
        assert!(new_application(&[("PlatformPrincipal", "id")]).is_err());
        let topic = "arn:aws:sns:us-east-1:000000000000:t";
        for (name, value, is_good) in [
            ("EventEndpointCreated", topic, true),
            ("EventEndpointCreated", "t", false),
            ("SuccessFeedbackSampleRate", "100", true),
            ("SuccessFeedbackSampleRate", "x", false),
            ("Enabled", "TRUE", true),
            ("Other", "1", false),
        ] {
            assert_eq!(application_attributes(&[(name, value)]).is_ok(), is_good, "{name} {value}");
        }
    }

    #[test]
    fn endpoints() {
        let long = "a".repeat(2_049);
        for (name, value, is_good) in [
            ("Enabled", "false", true),
            ("Enabled", "no", false),
            ("Token", "t", true),
            ("Token", "", false),
            ("CustomUserData", "", true),
            ("CustomUserData", long.as_str(), false),
            ("Other", "1", false),
        ] {
            assert_eq!(endpoint_attributes(&[(name, value)]).is_ok(), is_good, "{name}");
        }
    }
}
