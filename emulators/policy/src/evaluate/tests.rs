//! Requests as they come, and what policies say about them.

use proptest::prelude::*;

use super::*;
use crate::Account;

const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:orders-dlq";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:orders";

fn policy(statements: &str) -> Policy {
    Policy::read(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
}

/// The policy that lets a topic send, with other values where given.
fn topic_sends(condition: &str) -> Policy {
    policy(&format!(
        r#"{{"Sid":"topic","Effect":"Allow","Principal":{{"Service":"sns.amazonaws.com"}},
           "Action":"sqs:SendMessage","Resource":"{QUEUE}","Condition":{condition}}}"#
    ))
}

const SNS: Caller<'_> = Caller::Service("sns.amazonaws.com");

fn sends<'a>(caller: &'a Caller<'a>, entries: &'a [(&'a str, ContextValue<'a>)]) -> Request<'a> {
    Request { caller, action: "sqs:SendMessage", resource: QUEUE, context: Context::new(entries) }
}

fn from_topic() -> [(&'static str, ContextValue<'static>); 3] {
    [
        ("aws:SourceArn", ContextValue::One(TOPIC)),
        ("aws:SourceAccount", ContextValue::One("111122223333")),
        ("aws:SecureTransport", ContextValue::One("true")),
    ]
}

#[test]
fn a_topic_may_send_when_the_policy_names_it() {
    for (condition, wanted) in [
        (r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:orders"}}"#, true),
        (r#"{"ArnEquals":{"AWS:sourcearn":"arn:aws:sns:us-east-1:111122223333:orders"}}"#, true),
        (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:ord*"}}"#, true),
        (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*"}}"#, false),
        (r#"{"ArnLike":{"aws:SourceArn":"*"}}"#, true),
        (r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:order"}}"#, false),
        (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:*:orders"}}"#, false),
        (r#"{"StringLike":{"aws:SourceArn":"arn:aws:*:orders"}}"#, true),
        (r#"{"StringEquals":{"aws:SourceArn":"arn:aws:sns:*:*:orders"}}"#, false),
        (r#"{"StringEquals":{"aws:SourceAccount":["1","111122223333"]}}"#, true),
        (
            r#"{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:orders"}}"#,
            false,
        ),
        (r#"{"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::*"}}"#, true),
    ] {
        let verdict = topic_sends(condition).evaluate(&sends(&SNS, &from_topic())).verdict;
        assert_eq!(verdict == Verdict::Allow, wanted, "{condition}");
    }
}

#[test]
fn the_reason_of_a_refusal_is_the_statement_that_comes_nearest() {
    let policy = policy(&format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"444455556666"}},"Action":"sqs:*",
             "Resource":"*"}},
           {{"Effect":"Allow","Principal":{{"Service":"sns.amazonaws.com"}},
             "Action":"sqs:SendMessage","Resource":"{QUEUE}","Condition":{{"ArnEquals":
             {{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:order"}}}}}}"#
    ));
    let explanation = policy.explain(&sends(&SNS, &from_topic()));
    assert_eq!(explanation.decision.verdict, Verdict::ImplicitDeny);
    assert_eq!(
        explanation.to_string(),
        "no statement lets sns.amazonaws.com send here: statement 2 would, but aws:SourceArn is \
         arn:aws:sns:us-east-1:111122223333:orders and the policy wants \
         arn:aws:sns:us-east-1:111122223333:order"
    );
    assert_eq!(explanation.lines()[0], "statement 1 does not apply: it is for 444455556666");
    let without = policy.explain(&sends(&SNS, &[]));
    assert!(without.to_string().contains("aws:SourceArn is absent and the policy wants"));
}

#[test]
fn an_explicit_deny_wins_wherever_it_stands() {
    let allow = r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#;
    let deny = r#"{"Sid":"tls","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*",
                   "Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
    for text in [format!("{allow},{deny}"), format!("{deny},{allow}")] {
        let policy = policy(&text);
        let plain = [("aws:SecureTransport", ContextValue::One("false"))];
        let explanation = policy.explain(&sends(&SNS, &plain));
        assert_eq!(explanation.decision.verdict, Verdict::ExplicitDeny);
        assert!(
            explanation.to_string().ends_with("(\"tls\") forbids sns.amazonaws.com to send here")
        );
        let safe = [("aws:SecureTransport", ContextValue::One("true"))];
        assert_eq!(policy.evaluate(&sends(&SNS, &safe)).verdict, Verdict::Allow);
    }
}

#[test]
fn principals_mean_whom_aws_means() {
    let root = "arn:aws:iam::111122223333:root";
    let user = "arn:aws:iam::111122223333:user/team/ann";
    let session = "arn:aws:sts::111122223333:assumed-role/worker/run-7";
    for (principal, caller, wanted) in [
        (r#""*""#, user, true),
        (r#"{"AWS":"*"}"#, session, true),
        (r#"{"AWS":"111122223333"}"#, user, true),
        (r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, session, true),
        (r#"{"AWS":"444455556666"}"#, user, false),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/team/ann"}"#, user, true),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/ann"}"#, user, false),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/team/ann"}"#, root, false),
        (r#"{"AWS":"arn:aws:iam::111122223333:role/worker"}"#, session, true),
        (r#"{"AWS":"arn:aws:iam::111122223333:role/jobs/worker"}"#, session, true),
        (r#"{"AWS":"arn:aws:iam::111122223333:role/work"}"#, session, false),
        (r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/worker/run-7"}"#, session, true),
        (r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/worker/run-8"}"#, session, false),
        (r#"{"Service":"sns.amazonaws.com"}"#, user, false),
    ] {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"sqs:SendMessage",
               "Resource":"*"}}"#
        );
        let caller = Caller::from_arn(caller).unwrap();
        let verdict = policy(&statement).evaluate(&sends(&caller, &[])).verdict;
        assert_eq!(verdict == Verdict::Allow, wanted, "{principal} {caller}");
        // The opposite form means everybody else.
        let statement = statement.replace("Principal", "NotPrincipal");
        let verdict = policy(&statement).evaluate(&sends(&caller, &[])).verdict;
        assert_eq!(verdict == Verdict::Allow, !wanted, "Not {principal} {caller}");
    }
    for (principal, caller, wanted) in [
        (r#"{"Service":"sns.amazonaws.com"}"#, SNS, true),
        (r#"{"Service":["s3.amazonaws.com","sns.us-east-1.amazonaws.com"]}"#, SNS, true),
        (r#"{"Service":"sns.x.y.amazonaws.com"}"#, SNS, false),
        (r#"{"Service":"events.amazonaws.com"}"#, SNS, false),
        (r#"{"AWS":"*"}"#, SNS, true),
        (r#"{"AWS":"*"}"#, Caller::Anonymous, true),
        (r#"{"AWS":"111122223333"}"#, Caller::Anonymous, false),
    ] {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"SQS:sendmessage",
               "Resource":"*"}}"#
        );
        let verdict = policy(&statement).evaluate(&sends(&caller, &[])).verdict;
        assert_eq!(verdict == Verdict::Allow, wanted, "{principal} {caller}");
    }
}

#[test]
fn actions_and_resources_are_patterns() {
    for (action, resource, wanted) in [
        ("sqs:*", "*", true),
        ("SQS:Send*", "arn:aws:sqs:*:111122223333:*", true),
        ("sqs:SendMessageBatch", "*", false),
        ("sqs:?endMessage", "arn:aws:sqs", true),
        ("sns:SendMessage", "*", false),
        ("*", "arn:aws:sqs:us-east-1:111122223333:orders", false),
        ("*", "arn:aws:sqs:us-east-1:*:orders-???", true),
        ("*", "arn:aws:sqs:us-east-1:*", true),
        ("*", "arn:aws:*:orders-dlq", false),
    ] {
        let policy = policy(&format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"{resource}"}}"#
        ));
        let verdict = policy.evaluate(&sends(&SNS, &[])).verdict;
        assert_eq!(verdict == Verdict::Allow, wanted, "{action} {resource}");
    }
    let all_but = policy(
        r#"{"Effect":"Allow","Principal":"*","NotAction":"sqs:Delete*","NotResource":"*:other"}"#,
    );
    assert_eq!(all_but.evaluate(&sends(&SNS, &[])).verdict, Verdict::Allow);
}

/// Whether a condition holds for a key with these values; none means that it is absent.
fn holds(operator: &str, wanted: &str, found: &[&str]) -> bool {
    let condition = format!(r#"{{"{operator}":{{"k:key":{wanted}}}}}"#);
    let entries = match found {
        [] => vec![],
        [one] => vec![("K:KEY", ContextValue::One(one))],
        many => vec![("k:key", ContextValue::Many(many))],
    };
    topic_sends(&condition).evaluate(&sends(&SNS, &entries)).verdict == Verdict::Allow
}

#[test]
fn conditions_compare_as_aws_does() {
    for (operator, wanted, found, result) in [
        ("StringEquals", r#""a""#, "a", true),
        ("StringEquals", r#""A""#, "a", false),
        ("StringEquals", r#""*""#, "a", false),
        ("StringNotEquals", r#"["a","b"]"#, "a", false),
        ("StringNotEquals", r#"["a","b"]"#, "c", true),
        ("StringEqualsIgnoreCase", r#""É""#, "é", true),
        ("StringNotEqualsIgnoreCase", r#""A""#, "a", false),
        ("StringLike", r#"["x","a?c*"]"#, "abcd", true),
        ("StringNotLike", r#""a*""#, "abc", false),
        ("NumericEquals", "5", "5.0", true),
        ("NumericNotEquals", "5", "5.0", false),
        ("NumericLessThan", r#""10""#, "9", true),
        ("NumericLessThanEquals", "9", "9", true),
        ("NumericGreaterThan", "9", "9", false),
        ("NumericGreaterThanEquals", "9", "9", true),
        ("NumericEquals", "9", "nine", false),
        ("NumericNotEquals", "9", "nine", true),
        ("DateEquals", r#""2026-01-02T00:00:00Z""#, "2026-01-02", true),
        ("DateLessThan", r#""2026-01-02T00:00:00Z""#, "2026-01-01T23:59:59Z", true),
        ("DateGreaterThan", r#""1767312000""#, "2026-01-02T00:00:01Z", true),
        ("DateNotEquals", r#""2026-01-02""#, "2026-01-02T01:00:00+01:00", false),
        ("Bool", "true", "TRUE", true),
        ("Bool", r#""false""#, "true", false),
        ("Bool", "true", "yes", false),
        ("BinaryEquals", r#""QmlIUk==""#, "QmlIUk==", false),
        ("BinaryEquals", r#""QmluYXJ5""#, "QmluYXJ5", true),
        ("IpAddress", r#"["10.0.0.0/8","2001:db8::/32"]"#, "10.9.8.7", true),
        ("IpAddress", r#"["10.0.0.0/8","2001:db8::/32"]"#, "2001:db8:1::1", true),
        ("IpAddress", r#""10.0.0.0/8""#, "11.0.0.1", false),
        ("NotIpAddress", r#""10.0.0.0/8""#, "11.0.0.1", true),
        ("NotIpAddress", r#""10.0.0.7""#, "10.0.0.7", false),
        ("ArnLike", r#""arn:aws:sns:*:1:t""#, "arn:aws:sns:a:b:1:t", false),
        ("Null", r#""false""#, "x", true),
        ("Null", r#""true""#, "x", false),
    ] {
        assert_eq!(holds(operator, wanted, &[found]), result, "{operator} {wanted} {found}");
    }
}

#[test]
fn absent_keys_and_many_values_follow_the_rules() {
    for (operator, wanted, found, result) in [
        ("StringEquals", r#""a""#, &[][..], false),
        ("StringEqualsIfExists", r#""a""#, &[], true),
        ("StringEqualsIfExists", r#""a""#, &["b"], false),
        ("StringNotEquals", r#""a""#, &[], true),
        ("NotIpAddress", r#""10.0.0.0/8""#, &[], true),
        ("Null", "true", &[], true),
        ("Null", "false", &[], false),
        ("ForAnyValue:StringEquals", r#"["a","b"]"#, &["x", "b"], true),
        ("ForAnyValue:StringEquals", r#"["a","b"]"#, &["x", "y"], false),
        ("ForAnyValue:StringEquals", r#"["a","b"]"#, &[], false),
        ("ForAllValues:StringEquals", r#"["a","b"]"#, &["a", "b"], true),
        ("ForAllValues:StringEquals", r#"["a","b"]"#, &["a", "c"], false),
        ("ForAllValues:StringEquals", r#"["a","b"]"#, &[], true),
        ("ForAnyValue:StringNotEquals", r#""a""#, &["a", "b"], true),
        ("ForAllValues:StringNotEquals", r#""a""#, &["a", "b"], false),
        ("ForAllValues:StringLikeIfExists", r#""a*""#, &["ab", "ac"], true),
    ] {
        assert_eq!(holds(operator, wanted, found), result, "{operator} {wanted} {found:?}");
    }
}

#[test]
fn variables_are_filled_in_by_the_newer_version_only() {
    let statement = r#"{"Effect":"Allow","Principal":"*","Action":"sqs:*",
        "Resource":"arn:aws:sqs:us-east-1:111122223333:${aws:username}-*"}"#;
    let queue = |name: &str| format!("arn:aws:sqs:us-east-1:111122223333:{name}");
    let caller = Caller::from_arn("arn:aws:iam::111122223333:user/a*n").unwrap();
    let verdict = |policy: &Policy, resource: &str| {
        let context = Context::default();
        let request = Request { caller: &caller, action: "sqs:SendMessage", resource, context };
        policy.evaluate(&request).verdict
    };
    let newer = policy(statement);
    assert_eq!(verdict(&newer, &queue("a*n-jobs")), Verdict::Allow);
    // The star is a character of the name, no wildcard.
    assert_eq!(verdict(&newer, &queue("ann-jobs")), Verdict::ImplicitDeny);
    let older = Policy::read(&format!(r#"{{"Version":"2008-10-17","Statement":{statement}}}"#));
    let older = older.unwrap();
    assert_eq!(verdict(&older, &queue("a*n-jobs")), Verdict::ImplicitDeny);
    assert_eq!(verdict(&older, &queue("${aws:username}-x")), Verdict::Allow);

    assert!(holds("StringEquals", r#""${aws:nothing, 'x'}-${$}${*}""#, &["x-$*"]));
    assert!(holds("StringLike", r#""${*}*""#, &["*abc"]));
    assert!(!holds("StringLike", r#""${*}*""#, &["abc"]));
    assert!(!holds("StringEquals", r#""${aws:nothing}""#, &[""]));
    assert!(holds("StringEquals", r#""${broken""#, &["${broken"]));
}

#[test]
fn keys_of_the_caller_need_not_be_given() {
    let session = "arn:aws:sts::111122223333:assumed-role/worker/run-7";
    let caller = Caller::from_arn(session).unwrap();
    let anyone = |condition: &str| {
        policy(&format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",
               "Condition":{condition}}}"#
        ))
    };
    for condition in [
        r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/worker"}}"#,
        r#"{"StringEquals":{"aws:principalaccount":"111122223333"}}"#,
        r#"{"StringEquals":{"AWS:SourceOwner":"111122223333"}}"#,
        r#"{"Bool":{"aws:PrincipalIsAWSService":"false"}}"#,
        r#"{"Null":{"aws:SourceArn":"true"}}"#,
    ] {
        let verdict = anyone(condition).evaluate(&sends(&caller, &[])).verdict;
        assert_eq!(verdict, Verdict::Allow, "{condition}");
    }
    for wrong in ["", "x", "arn:aws:iam::111122223333:group/g", "arn:aws:iam::111122223333:user"] {
        assert_eq!(Caller::from_arn(wrong), Err(NotACaller), "{wrong}");
    }
}

#[test]
fn accounts_trust_their_own_and_others_need_both() {
    let owner: Account = "111122223333".parse().unwrap();
    let own = Caller::root(owner);
    let other = Caller::root("444455556666".parse().unwrap());
    let open = policy(r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#);
    let shut = policy(r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#);
    let quiet = policy("");
    for (policy, caller, is_allowed, needs_identity) in [
        (Some(&open), &own, true, false),
        (Some(&quiet), &own, true, true),
        (None, &own, true, true),
        (Some(&shut), &own, false, false),
        (Some(&open), &other, true, true),
        (None, &other, false, false),
        (Some(&shut), &other, false, false),
        (Some(&open), &SNS, true, false),
        (None, &SNS, false, false),
        (Some(&open), &Caller::Anonymous, true, false),
        (Some(&quiet), &Caller::Anonymous, false, false),
    ] {
        let found = access(policy, &sends(caller, &[]), owner);
        assert_eq!((found.is_allowed, found.needs_identity), (is_allowed, needs_identity));
    }
}

proptest! {
    /// Of two statements it does not matter which comes first.
    #[test]
    fn order_does_not_matter(
        first in any_statement(), second in any_statement(), third in any_statement()
    ) {
        let forwards = policy(&format!("{first},{second},{third}"));
        let backwards = policy(&format!("{third},{second},{first}"));
        let entries = from_topic();
        let request = sends(&SNS, &entries);
        let explanation = forwards.explain(&request);
        prop_assert_eq!(explanation.decision.verdict, backwards.evaluate(&request).verdict);
        prop_assert_eq!(explanation.decision, forwards.evaluate(&request));
        let applies = |step: &Step| step.mismatches.is_empty();
        let allowed = explanation.steps.iter().any(applies);
        prop_assert_eq!(allowed, explanation.decision.verdict != Verdict::ImplicitDeny);
    }
}

fn any_statement() -> impl Strategy<Value = String> {
    let effects = prop::sample::select(vec!["Allow", "Deny"]);
    let principals = prop::sample::select(vec![
        r#""*""#,
        r#"{"AWS":"111122223333"}"#,
        r#"{"Service":"sns.amazonaws.com"}"#,
    ]);
    let actions = prop::sample::select(vec!["*", "sqs:SendMessage", "sqs:Receive*"]);
    let conditions = prop::sample::select(vec![
        "{}",
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:orders"}}"#,
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:order"}}"#,
    ]);
    let not = prop::sample::select(vec!["", "Not"]);
    (effects, principals, actions, conditions, not).prop_map(
        |(effect, principal, action, condition, not)| {
            format!(
                r#"{{"Effect":"{effect}","Principal":{principal},"{not}Action":"{action}",
                   "Resource":"*","Condition":{condition}}}"#
            )
        },
    )
}
