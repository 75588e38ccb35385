//! What attributes may say.

use super::*;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn fifo() -> Settings {
    Settings { fifo: Some(Fifo::default()), ..Settings::default() }
}

fn refusal(mut settings: Settings, name: &str, value: &str) -> String {
    let error = apply(&mut settings, &pairs(&[(name, value)]), false).unwrap_err();
    format!("{}: {}", error.query_code.unwrap_or(error.code), error.message)
}

#[test]
fn numbers_have_ranges() {
    for (name, fine, wrong) in [
        ("VisibilityTimeout", ["0", "43200"], ["-1", "43201"]),
        ("MaximumMessageSize", ["1024", "1048576"], ["1023", "1048577"]),
        ("MessageRetentionPeriod", ["60", "1209600"], ["59", "1209601"]),
        ("DelaySeconds", ["0", "900"], ["901", "x"]),
        ("ReceiveMessageWaitTimeSeconds", ["0", "20"], ["21", ""]),
        ("KmsDataKeyReusePeriodSeconds", ["60", "86400"], ["59", "86401"]),
    ] {
        for value in fine {
            let mut settings =
                Settings { kms_master_key_id: Some("key".into()), ..Settings::default() };
            apply(&mut settings, &pairs(&[(name, value)]), false).unwrap();
            assert_eq!(setting(&settings, name).as_deref(), Some(value), "{name}");
        }
        for value in wrong {
            assert_eq!(
                refusal(Settings::default(), name, value),
                format!("InvalidAttributeValue: Invalid value for the parameter {name}.")
            );
        }
    }
}

#[test]
fn what_cannot_be_set_is_unknown() {
    for name in ["QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages", "All", "Nonsense"] {
        for settings in [Settings::default(), fifo()] {
            let expected = format!("InvalidAttributeName: Unknown Attribute {name}.");
            assert_eq!(refusal(settings, name, "1"), expected);
        }
    }
}

#[test]
fn fifo_attributes_need_a_fifo_queue() {
    for (name, expected) in [
        ("FifoQueue", "Unknown Attribute FifoQueue."),
        ("ContentBasedDeduplication", "Unknown Attribute ContentBasedDeduplication."),
        (
            "DeduplicationScope",
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
        (
            "FifoThroughputLimit",
            "You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
        ),
    ] {
        let expected = format!("InvalidAttributeName: {expected}");
        assert_eq!(refusal(Settings::default(), name, "false"), expected);
    }
    assert_eq!(
        refusal(fifo(), "FifoQueue", "false"),
        "InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue \
         type is not supported."
    );
    assert!(apply(&mut fifo(), &pairs(&[("FifoQueue", "true")]), false).is_ok());
}

#[test]
fn high_throughput_needs_both_attributes() {
    let limit = ("FifoThroughputLimit", "perMessageGroupId");
    let scope = ("DeduplicationScope", "messageGroup");
    let mut settings = fifo();
    assert!(apply(&mut settings.clone(), &pairs(&[limit]), false).is_err());
    assert!(apply(&mut settings.clone(), &pairs(&[scope]), false).is_ok());
    apply(&mut settings, &pairs(&[limit, scope]), false).unwrap();
    assert_eq!(setting(&settings, "DeduplicationScope").as_deref(), Some("messageGroup"));
    let back = [("DeduplicationScope", "queue"), ("FifoThroughputLimit", "perQueue")];
    assert!(apply(&mut settings, &pairs(&back), false).is_ok());
    assert!(refusal(fifo(), "DeduplicationScope", "x").contains("DeduplicationScope"));
}

#[test]
fn one_kind_of_encryption_at_a_time() {
    let mut settings = Settings::default();
    let both = pairs(&[("KmsMasterKeyId", "key"), ("SqsManagedSseEnabled", "true")]);
    let error = apply(&mut settings, &both, false).unwrap_err();
    assert_eq!(error.code, "InvalidAttributeName");
    let kms = pairs(&[("KmsMasterKeyId", "key"), ("KmsDataKeyReusePeriodSeconds", "6000")]);
    apply(&mut settings, &kms, false).unwrap();
    let shown = |settings: &Settings| {
        ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
            .map(|name| setting(settings, name).unwrap_or_default())
    };
    assert_eq!(shown(&settings), ["key", "6000", "false"]);
    let unset = pairs(&[("KmsMasterKeyId", ""), ("KmsDataKeyReusePeriodSeconds", "300")]);
    apply(&mut settings, &unset, false).unwrap();
    assert_eq!(shown(&settings), ["", "", "false"]);
    apply(&mut settings, &pairs(&[("SqsManagedSseEnabled", "true")]), false).unwrap();
    assert_eq!(shown(&settings), ["", "", "true"]);
}

#[test]
fn a_policy_must_be_one() {
    assert_eq!(
        refusal(Settings::default(), "Policy", "{"),
        "InvalidAttributeValue: Invalid value for the parameter Policy."
    );
    let mut settings = Settings { policy: Some("{}".into()), ..Settings::default() };
    apply(&mut settings, &pairs(&[("Policy", "")]), false).unwrap();
    assert_eq!(settings.policy, None);
}

#[test]
fn differences_are_looked_for_among_what_is_mentioned() {
    let settings = Settings { delay_seconds: 5, ..Settings::default() };
    let difference = |list: &[(&str, &str)]| first_difference(&settings, &pairs(list)).unwrap();
    assert_eq!(difference(&[]), None);
    assert_eq!(difference(&[("DelaySeconds", "5"), ("VisibilityTimeout", "30")]), None);
    assert_eq!(
        difference(&[("VisibilityTimeout", "30"), ("DelaySeconds", "6")]).as_deref(),
        Some("DelaySeconds")
    );
}
