//! Documents as people write them, and as nobody should.

use proptest::prelude::*;

use super::*;
use crate::{Account, Arn};

const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:orders";

fn queue() -> Arn {
    QUEUE.parse().unwrap()
}

/// A statement with everything in it, in the forms that AWS's guides show.
const FULL: &str = r#"{
  "Version": "2012-10-17",
  "Id": "all",
  "Statement": {
    "Sid": "one",
    "Effect": "Deny",
    "NotPrincipal": {"AWS": ["111122223333", "arn:aws:iam::444455556666:role/r"],
                     "Service": "sns.amazonaws.com"},
    "NotAction": "sqs:Send*",
    "Resource": ["*", "arn:aws:sqs:*:111122223333:a?"],
    "Condition": {
      "Bool": {"aws:SecureTransport": false},
      "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", 7], "aws:username": "b"}
    }
  }
}"#;

#[test]
fn a_document_is_read_with_all_its_elements() {
    let document = Document::read(FULL).unwrap();
    assert_eq!(document.version, Version::V2012);
    let [statement] = document.statements.as_slice() else { panic!() };
    assert_eq!(statement.effect, Effect::Deny);
    let principals = statement.principals.as_ref().unwrap();
    assert!(principals.negated);
    assert_eq!(principals.principals.len(), 3);
    assert!(statement.actions.negated);
    assert_eq!(statement.conditions.len(), 3);
    assert_eq!(statement.conditions[1].values, ["a*", "7"]);
    assert_eq!(statement.conditions[2].operator.to_string(), "ForAnyValue:StringLikeIfExists");
}

#[test]
fn a_document_is_written_as_aws_does() {
    let document = Document::read(FULL).unwrap();
    assert_eq!(
        document.to_json(),
        concat!(
            r#"{"Version":"2012-10-17","Id":"all","Statement":[{"Sid":"one","Effect":"Deny","#,
            r#""NotPrincipal":{"AWS":["111122223333","arn:aws:iam::444455556666:role/r"],"#,
            r#""Service":"sns.amazonaws.com"},"NotAction":"sqs:Send*","#,
            r#""Resource":["*","arn:aws:sqs:*:111122223333:a?"],"#,
            r#""Condition":{"Bool":{"aws:SecureTransport":"false"},"#,
            r#""ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*","7"],"#,
            r#""aws:username":"b"}}}]}"#,
        )
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let statement = |text: &str| format!(r#"{{"Statement":[{{{text}}}]}}"#);
    for (text, wanted) in [
        ("[]".to_owned(), "must be an object, not a list (line 1, column 1)"),
        ("{}".to_owned(), "a policy needs a Statement (line 1, column 1)"),
        (
            r#"{"Version":"2012"}"#.to_owned(),
            "Version: must be 2008-10-17 or 2012-10-17 (line 1, column 12)",
        ),
        (
            r#"{"Statements":[]}"#.to_owned(),
            "Statements: is no element of a policy (line 1, column 2)",
        ),
        (
            statement(r#""Action":"a:b""#),
            "Statement[0]: a statement needs an Effect (line 1, column 15)",
        ),
        (
            statement(r#""Effect":"allow""#),
            "Statement[0].Effect: must be Allow or Deny (line 1, column 25)",
        ),
        (
            statement(r#""Principle":{"AWS":"*"}"#),
            "Statement[0].Principle: is no element of a statement (line 1, column 16)",
        ),
        (
            statement(r#""Effect":"Allow","Action":"SendMessage""#),
            "Statement[0].Action: \"SendMessage\" has not the form service:Action \
          (line 1, column 42)",
        ),
        (
            statement(r#""Principal":"me""#),
            "Statement[0].Principal: must be \"*\" or an object such as {\"AWS\": …} \
          (line 1, column 28)",
        ),
        (
            statement(r#""Principal":{"AWS":"12"}"#),
            "Statement[0].Principal.AWS: \"12\": a principal is *, a 12-digit account, or the ARN \
             of a user or role (line 1, column 35)",
        ),
        (
            statement(r#""Action":"a:b","NotAction":"a:c""#),
            "Statement[0].NotAction: a statement has either Action or NotAction \
             (line 1, column 31)",
        ),
        (
            statement(r#""Condition":{"ArnIs":{}}"#),
            "Statement[0].Condition.ArnIs: is no condition operator (line 1, column 29)",
        ),
        (
            statement(r#""Condition":{"Bool":{"k":[]}}"#),
            "Statement[0].Condition.Bool.k: must not be an empty list (line 1, column 41)",
        ),
        (
            statement(r#""Condition":{"Bool":{"k":null}}"#),
            "Statement[0].Condition.Bool.k: must be a string, a number or a boolean, not null \
          (line 1, column 41)",
        ),
        (
            r#"{"Statement":[],"Statement":[]}"#.to_owned(),
            "\"Statement\" appears twice (line 1, column 17)",
        ),
        (
            r#"{"Statement":[{"Sid":"a","Effect":"Allow","Action":"*"},
                {"Sid":"a","Effect":"Allow","Action":"*"}]}"#
                .to_owned(),
            "two statements have the Sid \"a\" (line 1, column 1)",
        ),
    ] {
        assert_eq!(Document::read(&text).unwrap_err().to_string(), wanted, "{text}");
    }
}

#[test]
fn hostile_documents_are_refused_at_once() {
    let deep = format!("{{\"Statement\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(Document::read(&deep).unwrap_err().what.contains("16 levels"));
    let huge = format!("{{\"Id\":\"{}\"}}", "x".repeat(DOCUMENT_BYTES_MAX));
    assert!(Document::read(&huge).unwrap_err().what.contains("30720 bytes"));
    let pair = r#"{"Statement":[{"Effect":"Allow","Action":"*",
        "Condition":{"Bool":{"k":true},"bool":{"k":true}}}]}"#;
    assert!(Document::read(pair).unwrap_err().what.contains("twice"));
}

#[test]
fn a_new_topic_lets_its_owner_in() {
    let topic = "arn:aws:sns:us-east-1:111122223333:t".parse().unwrap();
    assert_eq!(
        default_topic_policy(&topic).to_json(),
        concat!(
            r#"{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"#,
            r#""Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"#,
            r#""Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","#,
            r#""SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","#,
            r#""SNS:ListSubscriptionsByTopic","SNS:Publish"],"#,
            r#""Resource":"arn:aws:sns:us-east-1:111122223333:t","#,
            r#""Condition":{"StringEquals":{"AWS:SourceOwner":"111122223333"}}}]}"#,
        )
    );
}

#[test]
fn permissions_are_added_and_removed_by_label() {
    let mut document = Document::empty(Service::Queue, &queue());
    let account: Account = "444455556666".parse().unwrap();
    let add = |document: &mut Document| {
        let who = vec![Principal::AccountNumber(account)];
        document.add_permission(Service::Queue, &queue(), "label", who, &["SendMessage"])
    };
    add(&mut document).unwrap();
    assert_eq!(
        document.to_json(),
        concat!(
            r#"{"Version":"2012-10-17","#,
            r#""Id":"arn:aws:sqs:us-east-1:111122223333:orders/SQSDefaultPolicy","#,
            r#""Statement":[{"Sid":"label","Effect":"Allow","#,
            r#""Principal":{"AWS":"arn:aws:iam::444455556666:root"},"#,
            r#""Action":"SQS:SendMessage","#,
            r#""Resource":"arn:aws:sqs:us-east-1:111122223333:orders"}]}"#,
        )
    );
    let twice = add(&mut document).unwrap_err();
    assert_eq!(
        twice.wire(Service::Queue),
        (
            "InvalidParameterValue",
            "Value label for parameter Label is invalid. Reason: Already exists.".to_owned()
        )
    );
    document.remove_permission("label").unwrap();
    assert!(document.statements.is_empty());
    let gone = document.remove_permission("label").unwrap_err();
    assert_eq!(gone, LabelProblem::Missing("label".to_owned()));
}

fn with(action: &str, rest: &str) -> String {
    format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":{action},
            "Resource":"*"{rest}}}]}}"#
    )
}

#[test]
fn services_refuse_what_aws_refuses() {
    for (service, action, wanted) in [
        (Service::Queue, r#""sqs:SendMessage""#, None),
        (Service::Queue, r#""SQS:*""#, None),
        (Service::Queue, r#""*""#, None),
        (Service::Queue, r#""sqs:Send*""#, None),
        (Service::Queue, r#""sqs:Sent*""#, Some("Invalid value for the parameter Policy.")),
        (Service::Queue, r#""sns:Publish""#, Some("Invalid value for the parameter Policy.")),
        (Service::Queue, r#""sqs:ListQueues""#, Some("Invalid value for the parameter Policy.")),
        (Service::Topic, r#""sns:publish""#, None),
        (
            Service::Topic,
            r#""SNS:*""#,
            Some("Invalid parameter: Policy statement action out of service scope!"),
        ),
        (
            Service::Topic,
            r#""sns:CreateTopic""#,
            Some("Invalid parameter: Policy statement action out of service scope!"),
        ),
    ] {
        let found = validate(service, &with(action, "")).err().map(|error| error.wire(service).1);
        assert_eq!(found.as_deref(), wanted, "{action}");
    }
    let eight = format!("[{}]", [r#""sqs:SendMessage""#; 8].join(","));
    assert_eq!(
        validate(Service::Queue, &with(&eight, "")).unwrap_err().wire(Service::Queue),
        (
            "OverLimit",
            "8 actions were found in a statement from the submitted policy, max allowed is 7"
                .to_owned()
        )
    );
    let one = r#"{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}"#;
    let many = format!(r#"{{"Statement":[{}]}}"#, [one; 22].join(","));
    assert_eq!(
        validate(Service::Queue, &many).unwrap_err().wire(Service::Queue).1,
        "22 statements were found in the submitted policy, max allowed is 20"
    );
    let nobody = r#"{"Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}"#;
    let error = validate(Service::Queue, nobody).unwrap_err();
    assert_eq!(error.to_string(), "Statement[0]: the policy of a queue or topic names a Principal");
    assert_eq!(error.wire(Service::Topic).1, "Invalid parameter: Policy Error: null");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,6}", ".{1,8}"]
}

fn any_principals() -> impl Strategy<Value = Principals> {
    let one = prop_oneof![
        Just(Principal::aws("123456789012").unwrap()),
        Just(Principal::aws("arn:aws:iam::123456789012:root").unwrap()),
        Just(Principal::aws("arn:aws:iam::123456789012:user/x").unwrap()),
        Just(Principal::aws("*").unwrap()),
        "[a-z]{1,9}\\.amazonaws\\.com".prop_map(Principal::Service),
        any_text().prop_map(Principal::Federated),
        any_text().prop_map(Principal::Canonical),
    ];
    (any::<bool>(), prop::collection::vec(one, 1..5)).prop_map(|(negated, mut principals)| {
        // They are written by kind, so that is how they come back.
        let order = ["AWS", "Service", "Federated", "CanonicalUser"];
        principals.sort_by_key(|one| order.iter().position(|name| *name == one.written().0));
        Principals { negated, principals, is_bare: false }
    })
}

fn any_statement() -> impl Strategy<Value = Statement> {
    let texts = || prop::collection::vec(any_text(), 1..4);
    let actions = (any::<bool>(), prop::collection::vec("[a-z]{1,4}:[a-zA-Z*?]{1,6}", 1..4))
        .prop_map(|(negated, patterns)| Patterns { negated, patterns });
    let resources =
        (any::<bool>(), texts()).prop_map(|(negated, patterns)| Patterns { negated, patterns });
    let operator = prop::sample::select(vec!["StringLike", "Bool", "ForAllValues:ArnLikeIfExists"]);
    let conditions = prop::collection::btree_map(
        operator,
        prop::collection::btree_map(any_text(), texts(), 1..3),
        0..3,
    )
    .prop_map(|operators| {
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            for (key, values) in keys {
                conditions.push(Condition { operator: operator.parse().unwrap(), key, values });
            }
        }
        conditions
    });
    let principals = prop::option::of(any_principals());
    (any::<bool>(), principals, actions, prop::option::of(resources), conditions).prop_map(
        |(allow, principals, actions, resources, conditions)| Statement {
            sid: None,
            effect: if allow { Effect::Allow } else { Effect::Deny },
            principals,
            actions,
            resources,
            conditions,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        id in prop::option::of(any_text()),
        newer: bool,
        mut statements in prop::collection::vec(any_statement(), 0..5),
    ) {
        for (index, statement) in statements.iter_mut().enumerate().skip(1) {
            statement.sid = Some(format!("sid {index}"));
        }
        let version = if newer { Version::V2012 } else { Version::V2008 };
        let document = Document { version, id, statements };
        prop_assert_eq!(Document::read(&document.to_json()), Ok(document.clone()));
    }

    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        exercise(&bytes);
    }

    #[test]
    fn any_damage_is_survived(at in 0..FULL.len(), byte: u8) {
        let mut bytes = FULL.as_bytes().to_vec();
        bytes[at] = byte;
        exercise(&bytes);
    }
}
