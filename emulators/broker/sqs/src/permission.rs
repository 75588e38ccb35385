//! `AddPermission` and `RemovePermission`: they edit the queue's policy document.

use std::sync::Arc;

use brume_edge::AwsError;
use brume_policy::document::{
    LabelProblem, Principal, Rejection, Service, Version, validate as check,
};
use brume_policy::{Account, Arn, Document};

use crate::errors;

/// Most actions of one permission.
const ACTIONS_MAX: usize = 7;
/// Characters of a label.
const LABEL_BYTES_MAX: usize = 80;
/// Actions that can be given away one by one.
const ACTIONS: [&str; 8] = [
    "*",
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
];

/// Checks a `Policy` attribute.
///
/// # Errors
/// `InvalidAttributeValue`, `OverLimit`.
pub(crate) fn validate(text: &str) -> Result<(), AwsError> {
    check(Service::Queue, text).map(drop).map_err(|rejection| match &rejection {
        Rejection::TooMany { what, .. } if *what != "bytes" => {
            errors::over_limit(rejection.wire(Service::Queue).1)
        }
        _ => errors::attribute_value(rejection.wire(Service::Queue).1),
    })
}

/// The policy with one more statement.
///
/// # Errors
/// `InvalidParameterValue`, `MissingParameter`, `OverLimit`.
pub(crate) fn add(
    policy: Option<&str>,
    queue: &Arn,
    label: &str,
    accounts: &[String],
    actions: &[String],
) -> Result<Arc<str>, AwsError> {
    check_label(label)?;
    if accounts.is_empty() {
        return Err(errors::missing_parameter("AWSAccountIds"));
    }
    if actions.is_empty() {
        return Err(errors::missing_parameter("Actions"));
    }
    if actions.len() > ACTIONS_MAX {
        let message =
            format!("{} Actions were found, maximum allowed is {ACTIONS_MAX}.", actions.len());
        return Err(errors::over_limit(message));
    }
    if let Some(action) = actions.iter().find(|action| !ACTIONS.contains(&action.as_str())) {
        let reason = if Service::Queue.knows_action(action) {
            "Only the queue owner is allowed to invoke this action."
        } else {
            "Please refer to the appropriate WSDL for a list of valid actions. "
        };
        return Err(errors::invalid_value(format!("SQS:{action}"), "ActionName", reason));
    }
    let principals = accounts.iter().map(|account| account.parse::<Account>().ok());
    let principals = principals.map(|account| account.map(Principal::AccountNumber));
    let Some(principals) = principals.collect::<Option<Vec<_>>>() else {
        let shown = format!("[{}]", accounts.join(", "));
        return Err(errors::invalid_value(shown, "PrincipalId", "Unable to verify."));
    };
    let mut document = read(policy, queue)?;
    let actions = actions.iter().map(String::as_str).collect::<Vec<_>>();
    document
        .add_permission(Service::Queue, queue, label, principals, &actions)
        .map_err(|problem| label_error(&problem))?;
    let text = document.to_json();
    validate(&text)?;
    Ok(text.into())
}

/// The policy without one of its statements; `None` when it was the last one.
///
/// # Errors
/// `InvalidParameterValue`.
pub(crate) fn remove(
    policy: Option<&str>,
    queue: &Arn,
    label: &str,
) -> Result<Option<Arc<str>>, AwsError> {
    check_label(label)?;
    let mut document = read(policy, queue)?;
    document.remove_permission(label).map_err(|problem| label_error(&problem))?;
    Ok((!document.statements.is_empty()).then(|| document.to_json().into()))
}

fn read(policy: Option<&str>, queue: &Arn) -> Result<Document, AwsError> {
    match policy {
        Some(text) => {
            Document::read(text).map_err(|error| errors::attribute_value(error.to_string()))
        }
        // The permissions that AWS makes itself are of the older version of the language.
        None => Ok(Document { version: Version::V2008, ..Document::empty(Service::Queue, queue) }),
    }
}

fn check_label(label: &str) -> Result<(), AwsError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(is_plain) {
        return Ok(());
    }
    let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in \
                  length";
    Err(errors::invalid_value(label, "Label", reason))
}

fn label_error(problem: &LabelProblem) -> AwsError {
    let (label, reason) = match problem {
        LabelProblem::Exists(label) => (label, "Already exists."),
        LabelProblem::Missing(label) => (label, "can't find label."),
    };
    errors::invalid_value(label, "Label", reason)
}

#[cfg(test)]
mod tests {
    use brume_policy::Region;
    use serde_json::{Value, json};

    use super::*;

    fn queue() -> Arn {
        Arn::queue(Region::default(), Account::default(), "q")
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn statements_come_and_go() {
        let (queue, actions) = (queue(), texts(&["ReceiveMessage"]));
        let one = add(None, &queue, "one", &texts(&["111111111111"]), &actions).unwrap();
        let read = serde_json::from_str::<Value>(&one).unwrap();
        assert_eq!(
            read,
            json!({
                "Version": "2008-10-17",
                "Id": "arn:aws:sqs:us-east-1:000000000000:q/SQSDefaultPolicy",
                "Statement": [{
                    "Sid": "one",
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                    "Action": "SQS:ReceiveMessage",
                    "Resource": "arn:aws:sqs:us-east-1:000000000000:q",
                }],
            })
        );
        let again = add(Some(&one), &queue, "one", &texts(&["111111111111"]), &actions);
        assert_eq!(
            again.unwrap_err().message,
            "Value one for parameter Label is invalid. Reason: Already exists."
        );
        let accounts = texts(&["111111111111", "222222222222"]);
        let two = add(Some(&one), &queue, "two", &accounts, &texts(&["*", "SendMessage"])).unwrap();
        let read = serde_json::from_str::<Value>(&two).unwrap();
        assert_eq!(read["Statement"][1]["Action"], json!(["SQS:*", "SQS:SendMessage"]));
        assert_eq!(remove(Some(&two), &queue, "two").unwrap().as_deref(), Some(&*one));
        assert_eq!(remove(Some(&one), &queue, "one").unwrap(), None);
        let missing = remove(None, &queue, "one").unwrap_err().message;
        assert_eq!(missing, "Value one for parameter Label is invalid. Reason: can't find label.");
    }

    #[test]
    fn what_cannot_be_given_away_is_refused() {
        let queue = queue();
        let account = texts(&["111111111111"]);
        let refusal = |label: &str, accounts: &[String], actions: &[&str]| {
            add(None, &queue, label, accounts, &texts(actions)).unwrap_err().message
        };
        assert_eq!(
            refusal("l", &account, &["DeleteQueue"]),
            "Value SQS:DeleteQueue for parameter ActionName is invalid. Reason: Only the queue \
             owner is allowed to invoke this action."
        );
        assert!(refusal("l", &account, &["Nonsense"]).contains("appropriate WSDL"));
        assert!(refusal("l", &account, &["*"; 8]).starts_with("8 Actions were found"));
        assert!(refusal("l", &texts(&["1"]), &["*"]).contains("Unable to verify."));
        assert!(refusal("l", &[], &["*"]).contains("AWSAccountIds"));
        assert!(refusal("a b", &account, &["*"]).contains("parameter Label is invalid"));
    }
}
