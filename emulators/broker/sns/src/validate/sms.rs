//! Settings of text messages, and the sandbox.

use brume_edge::{AwsError, Fields};

use super::phone;
use super::subscription_attributes::is_role;
use crate::error::{constraint, invalid_parameter, missing, shown};

/// Languages of the message with a one-time password.
const LANGUAGES: [&str; 13] = [
    "en-US", "en-GB", "es-419", "es-ES", "de-DE", "fr-CA", "fr-FR", "it-IT", "ja-JP", "pt-BR",
    "kr-KR", "zh-CN", "zh-TW",
];

/// Characters of the longest number in the sandbox.
const SANDBOX_NUMBER_CHARACTERS_MAX: usize = 20;

/// Checks settings.
pub(crate) fn attributes(attributes: &[(&str, &str)]) -> Result<(), AwsError> {
    for (name, value) in attributes {
        let is_good = match *name {
            "MonthlySpendLimit" => value.parse::<u32>().is_ok(),
            "DeliveryStatusIAMRole" => value.is_empty() || is_role(value),
            "DeliveryStatusSuccessSamplingRate" => {
                value.is_empty() || value.parse::<u8>().is_ok_and(|rate| rate <= 100)
            }
            "DefaultSenderID" => value.is_empty() || is_sender(value),
            "DefaultSMSType" => matches!(*value, "Promotional" | "Transactional"),
            "UsageReportS3Bucket" => !value.contains(char::is_whitespace),
            _ => {
                let shown: String = name.chars().take(64).collect();
                return Err(invalid_parameter(format!("{shown} is not a valid attribute")));
            }
        };
        if !is_good {
            return Err(invalid_parameter(format!("{name}: Invalid value [{}].", shown(value))));
        }
    }
    Ok(())
}

/// Whether a text may stand where the sender does: 1 to 11 letters and digits, one letter at least.
fn is_sender(text: &str) -> bool {
    (1..=11).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Reads the number of an operation on opt-outs: its parameter begins with a small letter.
pub(crate) fn number<'a>(form: &Fields<'a>) -> Result<&'a str, AwsError> {
    let number = form.get("phoneNumber").ok_or_else(|| missing("phoneNumber"))?;
    if phone::is_e164(number) {
        Ok(number)
    } else {
        Err(crate::error::invalid_reason("PhoneNumber", "input incorrectly formatted"))
    }
}

/// Reads a number of the sandbox.
pub(crate) fn sandbox_number<'a>(form: &Fields<'a>) -> Result<&'a str, AwsError> {
    let number = form.get("PhoneNumber").ok_or_else(|| missing("phoneNumber"))?;
    if number.chars().count() > SANDBOX_NUMBER_CHARACTERS_MAX {
        let wanted = "Member must have length less than or equal to 20";
        return Err(constraint(number, "phoneNumber", wanted));
    }
    if !number.starts_with('+') || number.len() < 9 || !phone::is_e164(number) {
        let wanted = "Member must satisfy regular expression pattern: \
                      ^(\\+[0-9]{8,}|[0-9]{0,9})$";
        return Err(constraint(number, "phoneNumber", wanted));
    }
    Ok(number)
}

/// Checks the language of the message with the password.
pub(crate) fn language(form: &Fields<'_>) -> Result<(), AwsError> {
    match form.get("LanguageCode") {
        Some(code) if !LANGUAGES.contains(&code) => {
            let wanted = format!("Member must satisfy enum value set: [{}]", LANGUAGES.join(", "));
            Err(constraint(code, "languageCode", &wanted))
        }
        _ => Ok(()),
    }
}

/// Reads a one-time password: 5 to 8 digits.
pub(crate) fn password<'a>(form: &Fields<'a>) -> Result<&'a str, AwsError> {
    let password = form.get("OneTimePassword").ok_or_else(|| missing("oneTimePassword"))?;
    let is_good =
        (5..=8).contains(&password.len()) && password.bytes().all(|byte| byte.is_ascii_digit());
    if is_good {
        Ok(password)
    } else {
        let wanted = "Member must satisfy regular expression pattern: ^[0-9]+$";
        Err(constraint(password, "oneTimePassword", wanted))
    }
}

/// Reads `MaxResults`.
pub(crate) fn limit(form: &Fields<'_>, most: usize) -> Result<usize, AwsError> {
    let Some(text) = form.get("MaxResults") else { return Ok(most) };
    match text.parse::<usize>() {
        Ok(limit) if (1..=most).contains(&limit) => Ok(limit),
        Ok(limit) if limit > most => {
            let wanted = format!("Member must have value less than or equal to {most}");
            Err(constraint(text, "maxResults", &wanted))
        }
        _ => {
            let wanted = "Member must have value greater than or equal to 1";
            Err(constraint(text, "maxResults", wanted))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::form;

    #[test]
    fn settings() {
        for (name, value, is_good) in [
            ("MonthlySpendLimit", "1", true),
            ("MonthlySpendLimit", "-1", false),
            ("DefaultSenderID", "Brume1", true),
            ("DefaultSenderID", "123", false),
            ("DefaultSenderID", "abcdefghijkl", false),
            ("DefaultSMSType", "Transactional", true),
            ("DefaultSMSType", "transactional", false),
            ("DeliveryStatusSuccessSamplingRate", "101", false),
            ("Test", "1", false),
        ] {
            assert_eq!(attributes(&[(name, value)]).is_ok(), is_good, "{name} {value}");
        }
    }

    #[test]
    fn numbers_and_passwords() {
        assert!(sandbox_number(&form(&[("PhoneNumber", "+15551234567")]).fields()).is_ok());
        for wrong in ["+1555", "15551234567", "", "+155512345678901234567"] {
            assert!(sandbox_number(&form(&[("PhoneNumber", wrong)]).fields()).is_err(), "{wrong}");
        }
        assert!(number(&form(&[("phoneNumber", "+15551234567")]).fields()).is_ok());
        assert!(number(&form(&[("phoneNumber", "none")]).fields()).is_err());
        assert!(password(&form(&[("OneTimePassword", "123456")]).fields()).is_ok());
        assert!(password(&form(&[("OneTimePassword", "12a456")]).fields()).is_err());
        assert!(language(&form(&[("LanguageCode", "xx")]).fields()).is_err());
        assert!(language(&form(&[]).fields()).is_ok());
    }

    #[test]
    fn limits() {
        assert_eq!(limit(&form(&[]).fields(), 30).unwrap(), 30);
        assert_eq!(limit(&form(&[("MaxResults", "5")]).fields(), 30).unwrap(), 5);
        for wrong in ["0", "31", "x", "-1"] {
            assert!(limit(&form(&[("MaxResults", wrong)]).fields(), 30).is_err(), "{wrong}");
        }
    }
}
