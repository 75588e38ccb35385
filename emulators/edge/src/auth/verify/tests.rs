//! Verification against AWS's own published examples, and against everything that may be wrong.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use brume_policy::Account;

use super::*;
use crate::auth::Identity;
use crate::form;

const NOW: &str = "20150830T123600Z";
const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn keys() -> Keys {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&path).unwrap();
    writeln!(file, "{KEY} {SECRET}").unwrap();
    let mut keys = Keys::new(Account::default());
    keys.load(&path).unwrap();
    keys
}

struct Case {
    method: Method,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    host: &'static str,
    body: Vec<u8>,
    service: &'static str,
    now: Moment,
}

impl Case {
    /// The page "Signing AWS requests" of the General Reference: ListUsers of IAM.
    fn list_users() -> Self {
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        Self {
            method: Method::GET,
            path: "/".to_owned(),
            query: "Action=ListUsers&Version=2010-05-08".to_owned(),
            headers: vec![
                ("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
                ("x-amz-date", NOW.to_owned()),
                (
                    "authorization",
                    format!(
                        "AWS4-HMAC-SHA256 Credential={KEY}/20150830/us-east-1/iam/aws4_request, \
                         SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
                    ),
                ),
            ],
            host: "iam.amazonaws.com",
            body: Vec::new(),
            service: "iam",
            now: time::parse(NOW).unwrap(),
        }
    }

    fn header(&mut self, name: &'static str) -> &mut String {
        let at = self.headers.iter().position(|(other, _)| *other == name).unwrap();
        &mut self.headers[at].1
    }

    fn verify(&self, keys: &Keys) -> Result<(), AwsError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(*name, value.parse().unwrap());
        }
        let parameters = form::parse(self.query.as_bytes(), b"").unwrap();
        let signed = Signed {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            parameters: Some(&parameters),
            headers: &headers,
            host: self.host,
            body: &self.body,
            service: self.service,
        };
        verify(&signed, keys, self.now)
    }

    fn refusal(&self) -> (&'static str, String) {
        let error = self.verify(&keys()).unwrap_err();
        (error.code_for_query(), error.message)
    }
}

#[test]
fn the_published_example_is_valid() {
    Case::list_users().verify(&keys()).unwrap();
}

#[test]
fn the_vanilla_case_of_the_test_suite_is_valid() {
    let signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={KEY}/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    );
    let case = Case {
        query: String::new(),
        headers: vec![("x-amz-date", NOW.to_owned()), ("authorization", authorization)],
        host: "example.amazonaws.com",
        service: "service",
        ..Case::list_users()
    };
    case.verify(&keys()).unwrap();
}

#[test]
fn whatever_is_changed_makes_it_invalid() {
    let changes: [fn(&mut Case); 7] = [
        |case| case.method = Method::POST,
        |case| case.path = "/x".to_owned(),
        |case| case.query.push_str("&More=1"),
        |case| case.body.push(b'x'),
        |case| case.host = "sqs.amazonaws.com",
        |case| *case.header("content-type") = "text/plain".to_owned(),
        |case| {
            let authorization = case.header("authorization");
            let last = authorization.pop();
            authorization.push(if last == Some('0') { '1' } else { '0' });
        },
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut case = Case::list_users();
        change(&mut case);
        assert_eq!(case.refusal().0, "SignatureDoesNotMatch", "change {index}");
    }
    let mut case = Case::list_users();
    case.headers.push(("x-amz-content-sha256", "0".repeat(64)));
    assert_eq!(case.refusal().0, "SignatureDoesNotMatch");
}

#[test]
fn old_and_future_dates_are_refused() {
    let five_minutes = Duration::from_secs(300);
    let mut case = Case::list_users();
    case.now = case.now.after(five_minutes);
    case.verify(&keys()).unwrap();
    case.now = case.now.after(Duration::from_secs(1));
    let (code, message) = case.refusal();
    assert_eq!(code, "SignatureDoesNotMatch");
    let expected = "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \
                    (20150830T124101Z - 5 min.)";
    assert_eq!(message, expected);
    case.now = time::parse("20150830T123059Z").unwrap();
    assert!(case.refusal().1.starts_with("Signature not yet current: 20150830T123600Z is still"));
}

#[test]
fn what_is_missing_is_named() {
    let mut case = Case::list_users();
    case.headers.retain(|(name, _)| *name != "authorization");
    assert_eq!(case.refusal().0, "MissingAuthenticationToken");
    for (authorization, code) in [
        ("AWS4-HMAC-SHA256 SignedHeaders=host", "IncompleteSignature"),
        ("AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=0", "IncompleteSignature"),
        ("Basic dGVzdA==", "IncompleteSignature"),
        ("", "IncompleteSignature"),
    ] {
        let mut case = Case::list_users();
        *case.header("authorization") = authorization.to_owned();
        assert_eq!(case.refusal().0, code, "{authorization}");
    }
    let mut case = Case::list_users();
    case.headers.retain(|(name, _)| *name != "x-amz-date");
    assert!(case.refusal().1.contains("'X-Amz-Date'"));
}

#[test]
fn unknown_keys_and_other_scopes_are_refused() {
    let replaced = |from: &str, to: &str| {
        let mut case = Case::list_users();
        let authorization = case.header("authorization");
        *authorization = authorization.replace(from, to);
        case.refusal()
    };
    let (code, message) = replaced(KEY, "AKIDNOBODY");
    assert_eq!(code, "InvalidClientTokenId");
    assert_eq!(message, "The security token included in the request is invalid.");
    assert!(replaced("/iam/", "/sqs/").1.contains("correct service: 'iam'"));
    assert!(replaced("20150830/", "20150829/").1.contains("'20150829' != '20150830'"));
    assert!(replaced("content-type;host;", "content-type;").1.contains("'Host'"));
    assert!(replaced(";x-amz-date", "").1.contains("'x-amz-date'"));
}

#[test]
fn a_presigned_url_ends() {
    // The signature is made with the functions under test: the form is what is tested here.
    let query = format!(
        "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential={KEY}%2F20150830%2Fus-east-1%2Fsts%2Faws4_request\
         &X-Amz-Date={NOW}&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    );
    let headers = HeaderMap::new();
    let canonical = canonical_request(&Request {
        method: &Method::GET,
        path: "/",
        query: &query,
        headers: &headers,
        host: "sts.amazonaws.com",
        signed_headers: "host",
        payload_hash: &hash(b""),
    });
    let credential = Credential::parse("AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request").unwrap();
    let signature = crate::auth::signature::sign(SECRET, &credential, NOW, &canonical);
    let mut case = Case {
        query: format!("{query}&X-Amz-Signature={signature}"),
        headers: Vec::new(),
        host: "sts.amazonaws.com",
        service: "sts",
        ..Case::list_users()
    };
    case.verify(&keys()).unwrap();
    case.now = case.now.after(Duration::from_secs(61));
    assert_eq!(case.refusal(), ("RequestExpired", "Request has expired.".to_owned()));
    case.query = case.query.replace("Expires=60", "Expires=604801");
    assert_eq!(case.refusal().0, "IncompleteSignature");
}

#[test]
fn temporary_keys_need_their_token_and_end() {
    let keys = Keys::new(Account::default());
    let start = time::parse(NOW).unwrap();
    let expires_at = start.after(Duration::from_secs(120));
    let key = keys.issue(Identity::root(Account::default()), expires_at).unwrap();
    let credential_text = format!("{}/20150830/us-east-1/sts/aws4_request", key.access_key_id);
    let credential = Credential::parse(&credential_text).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-date", NOW.parse().unwrap());
    headers.insert("x-amz-security-token", key.session_token.parse().unwrap());
    let signed_headers = "host;x-amz-date;x-amz-security-token";
    let canonical = canonical_request(&Request {
        method: &Method::GET,
        path: "/",
        query: "",
        headers: &headers,
        host: "localhost",
        signed_headers,
        payload_hash: &hash(b""),
    });
    let signature = crate::auth::signature::sign(&key.secret, &credential, NOW, &canonical);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={credential_text}, SignedHeaders={signed_headers}, \
         Signature={signature}"
    );
    let mut case = Case {
        query: String::new(),
        headers: vec![
            ("x-amz-date", NOW.to_owned()),
            ("x-amz-security-token", key.session_token.clone()),
            ("authorization", authorization),
        ],
        host: "localhost",
        service: "sts",
        ..Case::list_users()
    };
    case.verify(&keys).unwrap();
    case.now = expires_at;
    assert_eq!(case.verify(&keys).unwrap_err().code_for_query(), "ExpiredToken");
    case.now = start;
    *case.header("x-amz-security-token") = "another".to_owned();
    assert_eq!(case.verify(&keys).unwrap_err().code_for_query(), "InvalidClientTokenId");
}
