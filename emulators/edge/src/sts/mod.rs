//! STS: who am I, and temporary keys (API version 2011-06-15, Query only).
//!
//! Any role of any account can be assumed: there are no identities in the emulator, so no trust
//! policy could be asked.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use brume_foundation::BoxFuture;
use brume_policy::{Account, Arn};
use ring::digest;

use crate::{
    Answer, AwsError, AwsService, Call, Identity, Input, Keys, Parameters, Xml, auth::TemporaryKey,
};

/// What SDKs can ask for and the emulator does not do.
const NOT_SUPPORTED: [&str; 7] = [
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "DecodeAuthorizationMessage",
    "GetDelegatedAccessToken",
    "GetFederationToken",
    "GetWebIdentityToken",
];
const SUPPORTED: [&str; 4] =
    ["AssumeRole", "GetAccessKeyInfo", "GetCallerIdentity", "GetSessionToken"];

/// The service.
#[derive(Debug)]
pub struct Sts {
    keys: Arc<Keys>,
}

impl Sts {
    /// Makes the service; the keys that it gives out go into `keys`.
    #[must_use]
    pub const fn new(keys: Arc<Keys>) -> Self {
        Self { keys }
    }

    fn answer(&self, call: &Call) -> Result<Answer, AwsError> {
        let Input::Query(parameters) = &call.input else {
            return Err(AwsError::unknown_action(&call.action));
        };
        let xml = match call.action.as_str() {
            "GetCallerIdentity" => self.caller_identity(call),
            "AssumeRole" => self.assume_role(call, parameters)?,
            "GetSessionToken" => self.session_token(call, parameters)?,
            "GetAccessKeyInfo" => self.access_key_info(parameters)?,
            action if NOT_SUPPORTED.contains(&action) => {
                return Err(AwsError::not_supported(action));
            }
            action => return Err(AwsError::unknown_action(action)),
        };
        Ok(Answer::Xml(Some(xml)))
    }

    fn identity(&self, call: &Call) -> Identity {
        match &call.caller.access_key_id {
            Some(key) => self.keys.identity_of(key),
            None => Identity::root(call.caller.account),
        }
    }

    fn caller_identity(&self, call: &Call) -> String {
        let identity = self.identity(call);
        Xml::new()
            .element("Arn", &identity.arn)
            .element("UserId", &identity.user_id)
            .plain("Account", identity.account)
            .finish()
    }

    fn assume_role(&self, call: &Call, parameters: &Parameters) -> Result<String, AwsError> {
        let role_arn = parameters.require("RoleArn")?;
        let session = parameters.require("RoleSessionName")?;
        let (account, role) = role(role_arn)
            .ok_or_else(|| invalid("roleArn", role_arn, "Member must be the ARN of a role"))?;
        if !is_session_name(session) {
            return Err(invalid(
                "roleSessionName",
                session,
                "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
            ));
        }
        let seconds = duration(parameters, 3_600, 43_200)?;
        let role_id = role_id(role_arn);
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
        let user_id = format!("{role_id}:{session}");
        let identity = Identity { account, arn: arn.clone(), user_id: user_id.clone() };
        let key = self.issue(call, identity, seconds)?;
        let mut xml = Xml::new();
        xml.nest("AssumedRoleUser", |xml| {
            xml.element("AssumedRoleId", &user_id).element("Arn", &arn);
        });
        credentials(&mut xml, &key);
        xml.optional("SourceIdentity", parameters.get("SourceIdentity"));
        Ok(xml.finish())
    }

    fn session_token(&self, call: &Call, parameters: &Parameters) -> Result<String, AwsError> {
        let seconds = duration(parameters, 43_200, 129_600)?;
        let key = self.issue(call, self.identity(call), seconds)?;
        let mut xml = Xml::new();
        credentials(&mut xml, &key);
        Ok(xml.finish())
    }

    fn access_key_info(&self, parameters: &Parameters) -> Result<String, AwsError> {
        let key = parameters.require("AccessKeyId")?;
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if key.is_empty() || key.len() > 128 || !key.chars().all(is_plain) {
            let pattern = "Member must satisfy regular expression pattern: [\\w]*";
            return Err(invalid("accessKeyId", key, pattern));
        }
        Ok(Xml::new().plain("Account", self.keys.account_of(key)).finish())
    }

    fn issue(
        &self,
        call: &Call,
        identity: Identity,
        seconds: u64,
    ) -> Result<TemporaryKey, AwsError> {
        let end = call.now.after(Duration::from_secs(seconds));
        self.keys
            .issue(identity, end)
            .map_err(|error| AwsError::new("InternalFailure", error.to_string()).receiver())
    }
}

fn credentials(xml: &mut Xml, key: &TemporaryKey) {
    // Whole seconds, as AWS writes it.
    let end = key.expires_at.to_string();
    let end = end.split('.').next().unwrap_or_default();
    xml.nest("Credentials", |xml| {
        xml.element("AccessKeyId", &key.access_key_id)
            .element("SecretAccessKey", &key.secret)
            .element("SessionToken", &key.session_token)
            .plain("Expiration", format_args!("{end}Z"));
    });
}

/// Account and name of a role; its path is not part of what it is called once assumed.
fn role(arn: &str) -> Option<(Account, String)> {
    let arn = arn.parse::<Arn>().ok().filter(|arn| arn.service == "iam")?;
    let path = arn.resource.strip_prefix("role/")?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some((arn.account()?, name.to_owned()))
}

fn is_session_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    (2..=64).contains(&name.len()) && name.chars().all(is_plain)
}

/// The same role has the same id always.
fn role_id(arn: &str) -> String {
    const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let hash = digest::digest(&digest::SHA256, arn.as_bytes());
    let letters =
        hash.as_ref().iter().take(17).map(|byte| char::from(BASE32[usize::from(byte & 31)]));
    "AROA".chars().chain(letters).collect()
}

fn duration(parameters: &Parameters, default: u64, max: u64) -> Result<u64, AwsError> {
    let seconds = parameters.number::<u64>("DurationSeconds")?.unwrap_or(default);
    if (900..=max).contains(&seconds) {
        return Ok(seconds);
    }
    let (bound, word) = if seconds < 900 { (900, "greater") } else { (max, "less") };
    let constraint = format!("Member must have value {word} than or equal to {bound}");
    Err(invalid("durationSeconds", &seconds.to_string(), &constraint))
}

fn invalid(name: &str, value: &str, constraint: &str) -> AwsError {
    let shown = value.chars().take(256).collect::<String>().escape_debug().to_string();
    AwsError::new(
        "ValidationError",
        format!(
            "1 validation error detected: Value '{shown}' at '{name}' failed to satisfy \
             constraint: {constraint}"
        ),
    )
}

impl AwsService for Sts {
    fn name(&self) -> &'static str {
        "sts"
    }

    fn query_version(&self) -> &'static str {
        "2011-06-15"
    }

    fn xml_namespace(&self) -> &'static str {
        "https://sts.amazonaws.com/doc/2011-06-15/"
    }

    fn claims(&self, action: &str, _path: &str) -> bool {
        SUPPORTED.contains(&action)
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, AwsError>> {
        Box::pin(async move { self.answer(&call) })
    }
}
