//! Text messages: settings, the sandbox, numbers that want nothing.

use std::ops::Bound;

use brume_policy::{Account, Region};

use super::Topics;
use crate::directory::{PAGE, Token, page};
use crate::error::{Result, TopicError};
use crate::mailbox::Letter;
use crate::protocol::Protocol;
use crate::record::{Change, Scope, Sms};
use crate::requests::{OriginationNumber, Page, Pairs, SandboxNumber};

/// Numbers of one sandbox.
const SANDBOX_MAX: usize = 10;

impl Topics {
    /// Attributes for text messages: those named, or all that are set.
    pub fn sms_attributes(&self, account: Account, region: Region, names: &[String]) -> Pairs {
        let core = self.shared.core();
        let Some(sms) = core.directory.sms(Scope { account, region }) else { return Vec::new() };
        let is_wanted = |name: &String| names.is_empty() || names.contains(name);
        let wanted = sms.attributes.iter().filter(|(name, _)| is_wanted(name));
        wanted.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Sets attributes for text messages.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn set_sms_attributes(
        &self,
        account: Account,
        region: Region,
        attributes: Pairs,
    ) -> Result<()> {
        self.change_sms(account, region, |sms| {
            sms.attributes.extend(attributes);
            Ok(())
        })
        .await
    }

    /// Whether a number wants nothing.
    ///
    /// # Errors
    /// `InvalidParameter` for what is no number.
    pub fn is_opted_out(&self, account: Account, region: Region, number: &str) -> Result<bool> {
        check_number(number)?;
        let core = self.shared.core();
        let sms = core.directory.sms(Scope { account, region });
        Ok(sms.is_some_and(|sms| sms.opted_out.contains_key(number)))
    }

    /// Numbers that want nothing, 100 a page.
    ///
    /// # Errors
    /// `InvalidParameter` for a token that is not ours.
    pub fn list_opted_out(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
    ) -> Result<Page<String>> {
        let after = after.map(Token::read).transpose()?;
        let core = self.shared.core();
        let Some(sms) = core.directory.sms(Scope { account, region }) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let from = after.map_or(Bound::Unbounded, |token| Bound::Excluded(token.0));
        let found = sms.opted_out.range((from, Bound::Unbounded)).map(|(number, _)| number.clone());
        Ok(page(found, PAGE, String::clone))
    }

    /// A number wants messages again.
    ///
    /// # Errors
    /// `InvalidParameter` for what is no number.
    pub async fn opt_in(&self, account: Account, region: Region, number: &str) -> Result<()> {
        check_number(number)?;
        self.change_sms(account, region, |sms| {
            sms.opted_out.remove(number);
            Ok(())
        })
        .await
    }

    /// A number wants nothing more: what a reply of STOP does. Not an AWS action.
    ///
    /// # Errors
    /// `InvalidParameter` for what is no number.
    pub async fn opt_out(&self, account: Account, region: Region, number: &str) -> Result<()> {
        check_number(number)?;
        let now = self.shared.now();
        self.change_sms(account, region, |sms| {
            sms.opted_out.insert(number.to_owned(), now);
            Ok(())
        })
        .await
    }

    /// Whether the account is in the sandbox.
    pub fn is_in_sms_sandbox(&self, account: Account, region: Region) -> bool {
        let core = self.shared.core();
        core.directory.sms(Scope { account, region }).is_none_or(|sms| !sms.has_left_sandbox)
    }

    /// Adds a number to the sandbox; its one-time password goes to the mailbox.
    ///
    /// # Errors
    /// `InvalidParameter` for what is no number; `UserError` for an eleventh number.
    pub async fn create_sandbox_number(
        &self,
        account: Account,
        region: Region,
        number: &str,
    ) -> Result<()> {
        check_number(number)?;
        let password = format!("{:06}", self.shared.random.below(1_000_000));
        self.change_sms(account, region, |sms| {
            if sms.sandbox.len() >= SANDBOX_MAX && !sms.sandbox.contains_key(number) {
                let message = "The sandbox has 10 numbers at most".to_owned();
                return Err(TopicError::UserError(message));
            }
            sms.sandbox.insert(number.to_owned(), Some(password.clone()));
            Ok(())
        })
        .await?;
        self.shared.keep(Letter {
            serial: 0,
            at: self.shared.now(),
            protocol: Protocol::Sms.to_string(),
            endpoint: number.to_owned(),
            topic_arn: None,
            message_id: self.shared.uuid(),
            subject: None,
            body: format!("Your verification code is {password}."),
        });
        Ok(())
    }

    /// Verifies a number of the sandbox.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown number, `VerificationException` for a wrong password.
    pub async fn verify_sandbox_number(
        &self,
        account: Account,
        region: Region,
        number: &str,
        password: &str,
    ) -> Result<()> {
        self.change_sms(account, region, |sms| {
            let pending = sms.sandbox.get_mut(number).ok_or_else(no_number)?;
            if pending.as_ref().is_some_and(|expected| expected != password) {
                let message = "The one-time password is wrong".to_owned();
                return Err(TopicError::Verification(message));
            }
            *pending = None;
            Ok(())
        })
        .await
    }

    /// Removes a number from the sandbox.
    ///
    /// # Errors
    /// `ResourceNotFound`.
    pub async fn delete_sandbox_number(
        &self,
        account: Account,
        region: Region,
        number: &str,
    ) -> Result<()> {
        self.change_sms(account, region, |sms| {
            sms.sandbox.remove(number).map(drop).ok_or_else(no_number)
        })
        .await
    }

    /// Numbers of the sandbox, at most `limit` (100) a page.
    ///
    /// # Errors
    /// `InvalidParameter` for a token that is not ours.
    pub fn list_sandbox_numbers(
        &self,
        account: Account,
        region: Region,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SandboxNumber>> {
        let after = after.map(Token::read).transpose()?;
        let core = self.shared.core();
        let Some(sms) = core.directory.sms(Scope { account, region }) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let from = after.map_or(Bound::Unbounded, |token| Bound::Excluded(token.0));
        let found = sms.sandbox.range((from, Bound::Unbounded)).map(|(number, password)| {
            SandboxNumber { number: number.clone(), is_verified: password.is_none() }
        });
        Ok(page(found, limit.clamp(1, PAGE), |found| found.number.clone()))
    }

    /// Numbers that messages come from. The emulator has none: every account sends from a shared
    /// one, which AWS does not list either.
    ///
    /// # Errors
    /// `InvalidParameter` for a token that is not ours.
    pub fn list_origination_numbers(
        &self,
        _account: Account,
        _region: Region,
        after: Option<&str>,
        _limit: usize,
    ) -> Result<Page<OriginationNumber>> {
        after.map(Token::read).transpose()?;
        Ok(Page { items: Vec::new(), next: None })
    }

    async fn change_sms(
        &self,
        account: Account,
        region: Region,
        edit: impl FnOnce(&mut Sms) -> Result<()>,
    ) -> Result<()> {
        let scope = Scope { account, region };
        self.change(|core| {
            let mut sms = core.directory.sms(scope).cloned().unwrap_or_default();
            edit(&mut sms)?;
            Ok((vec![Change::PutSms(scope, sms)], ()))
        })
        .await
    }
}

fn check_number(number: &str) -> Result<()> {
    if super::subscribe::is_number(number) && number.starts_with('+') {
        return Ok(());
    }
    Err(TopicError::invalid(format_args!("PhoneNumber Reason: {number} is not valid")))
}

fn no_number() -> TopicError {
    TopicError::ResourceNotFound("The number is not in the sandbox".to_owned())
}
