//! Redrive policies as people and tools write them.

use proptest::prelude::*;

use super::*;

const TARGET: &str = "arn:aws:sqs:us-east-1:000000000000:dlq";

fn reason(error: &AwsError, parameter: &str) -> String {
    assert_eq!(error.query_code, Some("InvalidParameterValue"));
    let middle = format!(" for parameter {parameter} is invalid. Reason: ");
    error.message.split_once(&middle).unwrap().1.to_owned()
}

#[test]
fn numbers_may_be_texts() {
    for count in ["5", "\"5\""] {
        let policy =
            format!("{{\"deadLetterTargetArn\": \"{TARGET}\", \"maxReceiveCount\": {count}}}");
        let redrive = parse(&policy).unwrap().unwrap();
        assert_eq!(
            text(&redrive),
            format!("{{\"deadLetterTargetArn\":\"{TARGET}\",\"maxReceiveCount\":5}}")
        );
    }
    assert_eq!(parse("").unwrap(), None);
}

#[test]
fn what_is_no_redrive_policy_is_refused() {
    let bounds = ", valid values are from 1 to 1000 both inclusive.";
    for (policy, expected) in [
        ("dummy".to_owned(), "Redrive policy is not a valid JSON map.".to_owned()),
        ("[]".to_owned(), "Redrive policy is not a valid JSON map.".to_owned()),
        (
            "{\"maxReceiveCount\": 1}".to_owned(),
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.".to_owned(),
        ),
        (
            format!("{{\"deadLetterTargetArn\": \"{TARGET}\"}}"),
            "Redrive policy does not contain mandatory attribute: maxReceiveCount.".to_owned(),
        ),
        (
            "{\"deadLetterTargetArn\": \"dummy\", \"maxReceiveCount\": 42}".to_owned(),
            "Invalid value for deadLetterTargetArn.".to_owned(),
        ),
        (
            format!("{{\"deadLetterTargetArn\": \"{TARGET}\", \"maxReceiveCount\": 1001}}"),
            format!("Invalid value for maxReceiveCount: 1001{bounds}"),
        ),
        (
            format!("{{\"deadLetterTargetArn\": \"{TARGET}\", \"maxReceiveCount\": \"0\"}}"),
            format!("Invalid value for maxReceiveCount: 0{bounds}"),
        ),
        (
            format!("{{\"deadLetterTargetArn\":\"{TARGET}\",\"maxReceiveCount\":1,\"x\":1}}"),
            "Only following attributes are allowed: [deadLetterTargetArn, maxReceiveCount]."
                .to_owned(),
        ),
    ] {
        let error = parse(&policy).unwrap_err();
        assert_eq!(reason(&error, "RedrivePolicy"), expected, "{policy}");
    }
}

#[test]
fn redrive_allow_policies_are_read() {
    let allow = |policy: &str| parse_allow(policy).unwrap();
    assert_eq!(allow(r#"{"redrivePermission":"allowAll"}"#), Some(RedriveAllow::All));
    assert_eq!(allow(r#"{"redrivePermission": "denyAll"}"#), Some(RedriveAllow::None));
    let sources = format!(r#"{{"redrivePermission":"byQueue","sourceQueueArns":["{TARGET}"]}}"#);
    assert_eq!(allow(&sources), Some(RedriveAllow::Queues(vec![TARGET.parse().unwrap()])));
    assert_eq!(allow(""), None);
    let eleven = vec![format!("\"{TARGET}\""); 11].join(",");
    for wrong in [
        "x".to_owned(),
        "{}".to_owned(),
        r#"{"redrivePermission":"some"}"#.to_owned(),
        r#"{"redrivePermission":"byQueue"}"#.to_owned(),
        r#"{"redrivePermission":"byQueue","sourceQueueArns":["x"]}"#.to_owned(),
        format!(r#"{{"redrivePermission":"byQueue","sourceQueueArns":[{eleven}]}}"#),
        format!(r#"{{"redrivePermission":"allowAll","sourceQueueArns":["{TARGET}"]}}"#),
    ] {
        let error = parse_allow(&wrong).unwrap_err();
        assert!(!reason(&error, "RedriveAllowPolicy").is_empty());
    }
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(
        name in "[A-Za-z0-9_-]{1,20}(\\.fifo)?",
        count in 1..=1_000_u32,
    ) {
        let target = format!("arn:aws:sqs:us-east-1:000000000000:{name}").parse().unwrap();
        let redrive = Redrive { target, max_receive_count: count };
        prop_assert_eq!(parse(&text(&redrive)).unwrap(), Some(redrive));
    }

    #[test]
    fn no_policy_is_too_odd(policy in "[\\[\\]{}\":,a-zA-Z0-9 ]{0,40}") {
        let _ = parse(&policy);
        let _ = parse_allow(&policy);
    }
}
