//! Endpoints of subscriptions: what each protocol takes.

use brume_edge::AwsError;
use brume_policy::Arn;
use brume_topics::Protocol;

use super::phone;
use crate::error::{invalid_parameter, no_value};

/// Bytes of the longest endpoint.
const ENDPOINT_BYTES_MAX: usize = 2_048;

/// Reads a protocol's name.
pub(crate) fn protocol(name: &str) -> Result<Protocol, AwsError> {
    name.parse().map_err(|_| {
        let shown: String = name.chars().take(256).collect();
        invalid_parameter(format!("Amazon SNS does not support this protocol string: {shown}"))
    })
}

/// Checks an endpoint and gives it back in the form in which it is kept.
pub(crate) fn check(protocol: Protocol, endpoint: Option<&str>) -> Result<String, AwsError> {
    let endpoint = endpoint.filter(|text| !text.is_empty()).ok_or_else(|| no_value("Endpoint"))?;
    if endpoint.len() > ENDPOINT_BYTES_MAX {
        return Err(invalid_parameter("Endpoint"));
    }
    let is_good = match protocol {
        Protocol::Http | Protocol::Https => is_url(protocol.as_str(), endpoint),
        Protocol::Email | Protocol::EmailJson => is_mail_address(endpoint),
        Protocol::Sms => phone::subscribed(endpoint).is_some(),
        Protocol::Sqs => is_arn("sqs", endpoint, |name| !name.contains([':', '/'])),
        Protocol::Lambda => is_arn("lambda", endpoint, |name| name.starts_with("function:")),
        Protocol::Firehose => {
            is_arn("firehose", endpoint, |name| name.starts_with("deliverystream/"))
        }
        Protocol::Application => is_arn("sns", endpoint, |name| name.starts_with("endpoint/")),
    };
    if is_good {
        return Ok(endpoint.to_owned());
    }
    Err(match protocol {
        Protocol::Http | Protocol::Https => {
            invalid_parameter("Endpoint must match the specified protocol")
        }
        Protocol::Email | Protocol::EmailJson => invalid_parameter("Email address"),
        // AWS says this one without its usual beginning.
        Protocol::Sms => {
            AwsError::new("InvalidParameter", format!("Invalid SMS endpoint: {endpoint}"))
        }
        Protocol::Sqs => invalid_parameter("SQS endpoint ARN"),
        Protocol::Lambda => invalid_parameter("Lambda endpoint ARN"),
        Protocol::Firehose => invalid_parameter("Firehose endpoint ARN"),
        Protocol::Application => {
            invalid_parameter(format!("Application endpoint arn invalid:{endpoint}"))
        }
    })
}

/// Whether a text is an absolute URL of the scheme, with a host.
fn is_url(scheme: &str, text: &str) -> bool {
    text.parse::<http::Uri>().is_ok_and(|url| {
        url.scheme_str().is_some_and(|found| found.eq_ignore_ascii_case(scheme))
            && url.host().is_some_and(|host| !host.is_empty())
    })
}

/// Whether a text looks like `name@host`. Quoted names are left out, as AWS does.
fn is_mail_address(text: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|letter: char| {
                letter.is_whitespace() || letter.is_control() || "@<>(),;:\"[]".contains(letter)
            })
    };
    text.split_once('@').is_some_and(|(name, host)| {
        is_plain(name) && is_plain(host) && !host.starts_with('.') && !host.ends_with('.')
    })
}

fn is_arn(service: &str, text: &str, is_resource: impl Fn(&str) -> bool) -> bool {
    text.parse::<Arn>().is_ok_and(|arn| {
        arn.service == service
            && arn.account().is_some()
            && arn.region().is_some()
            && is_resource(&arn.resource)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_endpoints() {
        for (protocol, endpoint) in [
            (Protocol::Http, "http://127.0.0.1:8080/hook?x=1"),
            (Protocol::Https, "https://user:secret@example.com/"),
            (Protocol::Email, "a.b+c@example.com"),
            (Protocol::EmailJson, "a@localhost"),
            (Protocol::Sms, "+15/55-123.4567"),
            (Protocol::Sqs, "arn:aws:sqs:us-east-1:000000000000:q.fifo"),
            (Protocol::Lambda, "arn:aws:lambda:us-east-1:000000000000:function:f:live"),
            (Protocol::Firehose, "arn:aws:firehose:us-east-1:000000000000:deliverystream/s"),
            (Protocol::Application, "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/a/1"),
        ] {
            assert_eq!(check(protocol, Some(endpoint)).unwrap(), endpoint);
        }
    }

    #[test]
    fn wrong_endpoints_are_refused_in_the_words_of_aws() {
        let match_protocol = "Invalid parameter: Endpoint must match the specified protocol";
        let mail = "Invalid parameter: Email address";
        let queue = "Invalid parameter: SQS endpoint ARN";
        for (protocol, endpoint, wanted) in [
            (Protocol::Http, "https://example.com", match_protocol),
            (Protocol::Https, "http://example.com", match_protocol),
            (Protocol::Http, "http://", match_protocol),
            (Protocol::Http, "http:/x", match_protocol),
            (Protocol::Http, "http://exa mple", match_protocol),
            (Protocol::Email, "nobody", mail),
            (Protocol::Email, "a@b@c", mail),
            (Protocol::Email, "a@b\r\nBcc: c@d", mail),
            (Protocol::Sms, "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"),
            (Protocol::Sqs, "http://localhost:4566/000000000000/q", queue),
            (Protocol::Sqs, "arn:aws:sqs:us-east-1:000000000000", queue),
            (Protocol::Sqs, "arn:aws:sns:us-east-1:000000000000:q", queue),
            (
                Protocol::Lambda,
                "arn:aws:lambda:us-east-1:000000000000:f",
                "Invalid parameter: Lambda endpoint ARN",
            ),
            (Protocol::Firehose, "x", "Invalid parameter: Firehose endpoint ARN"),
            (Protocol::Application, "x", "Invalid parameter: Application endpoint arn invalid:x"),
        ] {
            assert_eq!(check(protocol, Some(endpoint)).unwrap_err().message, wanted, "{endpoint}");
        }
        assert_eq!(
            check(Protocol::Sqs, None).unwrap_err().message,
            "Invalid parameter: Endpoint Reason: no value for required parameter"
        );
        assert_eq!(
            protocol("test-protocol").unwrap_err().message,
            "Invalid parameter: Amazon SNS does not support this protocol string: test-protocol"
        );
    }
}
