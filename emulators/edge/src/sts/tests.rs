//! STS, as a client sees it.

use super::*;
use crate::testing::query_call;

fn ask(sts: &Sts, key: &str, query: &str) -> Result<String, AwsError> {
    match sts.answer(&query_call(key, query))? {
        Answer::Xml(Some(xml)) => Ok(xml),
        other => panic!("{other:?}"),
    }
}

fn sts() -> Sts {
    Sts::new(Arc::new(Keys::new("111111111111".parse().unwrap())))
}

fn field<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split_once(&format!("</{name}>")).unwrap().0
}

#[test]
fn a_caller_learns_who_it_is() {
    let expected = "<Arn>arn:aws:iam::111111111111:root</Arn><UserId>111111111111</UserId>\
                    <Account>111111111111</Account>";
    assert_eq!(ask(&sts(), "test", "Action=GetCallerIdentity").unwrap(), expected);
    let xml = ask(&sts(), "222222222222", "Action=GetCallerIdentity").unwrap();
    assert_eq!(field(&xml, "Account"), "222222222222");
}

#[test]
fn an_assumed_role_is_somebody_else() {
    let sts = sts();
    let query = "Action=AssumeRole&RoleArn=arn:aws:iam::333333333333:role/team/deploy\
                 &RoleSessionName=me@x&DurationSeconds=900";
    let xml = ask(&sts, "test", query).unwrap();
    let arn = "arn:aws:sts::333333333333:assumed-role/deploy/me@x";
    assert_eq!(field(&xml, "Arn"), arn);
    // The clock of the call stands at the epoch.
    assert_eq!(field(&xml, "Expiration"), "1970-01-01T00:15:00Z");
    let key = field(&xml, "AccessKeyId");
    let who = ask(&sts, key, "Action=GetCallerIdentity").unwrap();
    assert_eq!((field(&who, "Arn"), field(&who, "Account")), (arn, "333333333333"));
    assert_eq!(field(&who, "UserId"), field(&xml, "AssumedRoleId"));
    let info = ask(&sts, "test", &format!("Action=GetAccessKeyInfo&AccessKeyId={key}")).unwrap();
    assert_eq!(info, "<Account>333333333333</Account>");
    // A session of the role's key is the role still.
    let session = ask(&sts, key, "Action=GetSessionToken").unwrap();
    let who = ask(&sts, field(&session, "AccessKeyId"), "Action=GetCallerIdentity").unwrap();
    assert_eq!(field(&who, "Arn"), arn);
}

#[test]
fn wrong_parameters_are_named() {
    let role = "Action=AssumeRole&RoleArn=arn:aws:iam::333333333333:role/r";
    for (query, code) in [
        ("Action=AssumeRole&RoleSessionName=me", "MissingParameter"),
        (role, "MissingParameter"),
        (&format!("{role}&RoleSessionName=m"), "ValidationError"),
        (&format!("{role}&RoleSessionName=a%20b"), "ValidationError"),
        (&format!("{role}&RoleSessionName=me&DurationSeconds=899"), "ValidationError"),
        (&format!("{role}&RoleSessionName=me&DurationSeconds=43201"), "ValidationError"),
        (&format!("{role}&RoleSessionName=me&DurationSeconds=x"), "MalformedInput"),
        ("Action=AssumeRole&RoleArn=arn:aws:iam::3:role/r&RoleSessionName=me", "ValidationError"),
        ("Action=GetAccessKeyInfo&AccessKeyId=%2F", "ValidationError"),
        ("Action=GetFederationToken", "UnsupportedOperation"),
        ("Action=Nothing", "InvalidAction"),
    ] {
        let error = ask(&sts(), "test", query).unwrap_err();
        assert_eq!(error.code_for_query(), code, "{query}");
    }
}
