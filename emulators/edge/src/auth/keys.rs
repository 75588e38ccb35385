//! The keys that are known: `test`, every account's number, those of a file, and temporary ones.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use brume_foundation::clock::Moment;
use brume_foundation::{Error, Result};
use brume_policy::Account;
use ring::rand::{SecureRandom, SystemRandom};

/// The secret of the key `test` and of every key that is an account's number.
const COMMON_SECRET: &str = "test";
/// Temporary keys that are known at a time.
const TEMPORARY_MAX: usize = 10_000;
/// Bytes of a file of keys.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Who a key belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: Account,
    /// `arn:aws:iam::000000000000:root`, or that of an assumed role.
    pub arn: String,
    /// What GetCallerIdentity calls `UserId`.
    pub user_id: String,
}

impl Identity {
    /// The account itself.
    #[must_use]
    pub fn root(account: Account) -> Self {
        Self { account, arn: root_arn(account), user_id: account.to_string() }
    }
}

/// ARN of an account's root.
pub(crate) fn root_arn(account: Account) -> String {
    let mut arn = String::with_capacity(30);
    arn.push_str("arn:aws:iam::");
    arn.push_str(account.as_str());
    arn.push_str(":root");
    arn
}

/// A key that STS gave out.
#[derive(Clone)]
pub struct TemporaryKey {
    /// `ASIA…`.
    pub access_key_id: String,
    /// Secret.
    pub secret: String,
    /// Must come with every request. Secret.
    pub session_token: String,
    /// Who it belongs to.
    pub identity: Identity,
    /// From when on it is refused.
    pub expires_at: Moment,
}

impl fmt::Debug for TemporaryKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TemporaryKey").field("id", &self.access_key_id).finish()
    }
}

/// What verification needs of a key.
pub(super) struct Secret {
    pub(super) secret: String,
    /// For temporary keys: the token that must come along, and the end.
    pub(super) session: Option<(String, Moment)>,
}

/// All keys.
#[derive(Default)]
pub struct Keys {
    default_account: Account,
    listed: HashMap<String, (String, Option<Account>)>,
    temporary: RwLock<Temporary>,
}

#[derive(Default)]
struct Temporary {
    keys: HashMap<String, TemporaryKey>,
    by_end: BTreeMap<(Moment, String), ()>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").field("listed", &self.listed.len()).finish_non_exhaustive()
    }
}

impl Keys {
    /// Knows `test` and the numbers of accounts; `test` belongs to `default_account`.
    #[must_use]
    pub fn new(default_account: Account) -> Self {
        Self { default_account, ..Self::default() }
    }

    /// Adds the keys of a file if it is there: `KEY SECRET [ACCOUNT]` on each line, `#` before
    /// comments.
    ///
    /// # Errors
    /// Others than its owner can read it, or a line is wrong.
    pub fn load(&mut self, path: &Path) -> Result<()> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(cannot_read(path).source(&error)),
        };
        if metadata.permissions().mode() & 0o077 != 0 {
            let shown = path.display();
            return Err(Error::failed(format!("others can read the keys in {shown}"))
                .hint(format!("chmod 600 {shown}")));
        }
        if metadata.len() > FILE_BYTES_MAX {
            return Err(cannot_read(path).cause(format!("it exceeds {FILE_BYTES_MAX} bytes")));
        }
        let text = fs::read_to_string(path).map_err(|error| cannot_read(path).source(&error))?;
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words = line.split_whitespace().collect::<Vec<_>>();
            let wrong = || {
                let number = number + 1;
                cannot_read(path).cause(format!("line {number} is not KEY SECRET [ACCOUNT]"))
            };
            let (key, secret, account) = match words[..] {
                [] => continue,
                [key, secret] => (key, secret, None),
                [key, secret, account] => {
                    (key, secret, Some(account.parse().map_err(|_| wrong())?))
                }
                _ => return Err(wrong()),
            };
            self.listed.insert(key.to_owned(), (secret.to_owned(), account));
        }
        Ok(())
    }

    /// The account of who names no other one.
    #[must_use]
    pub const fn default_account(&self) -> Account {
        self.default_account
    }

    /// The account that a key belongs to. A key that is not known belongs to the default one.
    #[must_use]
    pub fn account_of(&self, access_key_id: &str) -> Account {
        if let Ok(account) = access_key_id.parse() {
            return account;
        }
        if let Some((_, Some(account))) = self.listed.get(access_key_id) {
            return *account;
        }
        self.temporary(access_key_id).map_or(self.default_account, |key| key.identity.account)
    }

    /// Who a key belongs to.
    #[must_use]
    pub fn identity_of(&self, access_key_id: &str) -> Identity {
        match self.temporary(access_key_id) {
            Some(key) => key.identity,
            None => Identity::root(self.account_of(access_key_id)),
        }
    }

    /// Account and ARN of who a key belongs to; without a key, the default account.
    pub(crate) fn caller(&self, access_key_id: Option<&str>) -> (Account, String) {
        let Some(key) = access_key_id else {
            return (self.default_account, root_arn(self.default_account));
        };
        if let Some(key) = self.temporary(key) {
            return (key.identity.account, key.identity.arn);
        }
        let account = self.account_of(key);
        (account, root_arn(account))
    }

    pub(super) fn secret_of(&self, access_key_id: &str) -> Option<Secret> {
        let lasting = |secret: &str| Some(Secret { secret: secret.to_owned(), session: None });
        if let Some((secret, _)) = self.listed.get(access_key_id) {
            return lasting(secret);
        }
        if access_key_id == "test" || access_key_id.parse::<Account>().is_ok() {
            return lasting(COMMON_SECRET);
        }
        let key = self.temporary(access_key_id)?;
        Some(Secret { secret: key.secret, session: Some((key.session_token, key.expires_at)) })
    }

    fn temporary(&self, access_key_id: &str) -> Option<TemporaryKey> {
        // All others are spared the lock.
        if !access_key_id.starts_with("ASIA") {
            return None;
        }
        let temporary = self.temporary.read().unwrap_or_else(PoisonError::into_inner);
        temporary.keys.get(access_key_id).cloned()
    }

    /// Makes a key for `identity` that ends at `expires_at`. When there are too many, the one
    /// that ends first is forgotten.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn issue(&self, identity: Identity, expires_at: Moment) -> Result<TemporaryKey> {
        let random = SystemRandom::new();
        let key = TemporaryKey {
            access_key_id: format!("ASIA{}", characters(&random, BASE32, 16)?),
            secret: characters(&random, BASE64, 40)?,
            session_token: characters(&random, BASE64, 356)?,
            identity,
            expires_at,
        };
        let mut temporary = self.temporary.write().unwrap_or_else(PoisonError::into_inner);
        if temporary.keys.len() >= TEMPORARY_MAX
            && let Some(((_, oldest), ())) = temporary.by_end.pop_first()
        {
            temporary.keys.remove(&oldest);
        }
        temporary.by_end.insert((expires_at, key.access_key_id.clone()), ());
        temporary.keys.insert(key.access_key_id.clone(), key.clone());
        Ok(key)
    }

    /// Forgets all temporary keys.
    pub fn reset(&self) {
        *self.temporary.write().unwrap_or_else(PoisonError::into_inner) = Temporary::default();
    }
}

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn characters(random: &SystemRandom, alphabet: &[u8], count: usize) -> Result<String> {
    let mut bytes = vec![0; count];
    random.fill(&mut bytes).map_err(|_| Error::failed("the system gives no randomness"))?;
    Ok(bytes.iter().map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect())
}

fn cannot_read(path: &Path) -> Error {
    Error::failed(format!("cannot read the keys in {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new("111111111111".parse().unwrap())
    }

    #[test]
    fn a_number_names_its_account() {
        let keys = keys();
        assert_eq!(keys.account_of("222222222222").as_str(), "222222222222");
        assert_eq!(keys.account_of("test").as_str(), "111111111111");
        assert_eq!(keys.identity_of("test").arn, "arn:aws:iam::111111111111:root");
        assert!(keys.secret_of("222222222222").is_some_and(|found| found.secret == "test"));
        assert!(keys.secret_of("AKIAUNKNOWN").is_none());
    }

    #[test]
    fn temporary_keys_carry_their_identity() {
        let keys = keys();
        let account = "333333333333".parse().unwrap();
        let arn = "arn:aws:sts::333333333333:assumed-role/r/s".to_owned();
        let identity = Identity { account, arn, user_id: "AROA:s".to_owned() };
        let key = keys.issue(identity.clone(), Moment::from_unix_millis(5)).unwrap();
        assert!(key.access_key_id.starts_with("ASIA") && key.access_key_id.len() == 20);
        assert_eq!(keys.identity_of(&key.access_key_id), identity);
        keys.reset();
        assert_eq!(keys.account_of(&key.access_key_id).as_str(), "111111111111");
    }

    #[test]
    fn temporary_keys_are_bounded() {
        let keys = keys();
        let issue = |end| {
            keys.issue(Identity::root(Account::default()), Moment::from_unix_millis(end)).unwrap()
        };
        let first = issue(1);
        for end in 2..=TEMPORARY_MAX as u64 + 1 {
            let _ = issue(end);
        }
        assert!(keys.secret_of(&first.access_key_id).is_none());
        assert_eq!(keys.temporary.read().unwrap().keys.len(), TEMPORARY_MAX);
    }

    #[test]
    fn a_file_of_keys_must_be_private_and_right() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let mut keys = keys();
        keys.load(&path).unwrap();
        let write = |text: &str, mode| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        write("# mine\nAKIAME secret 444444444444\n\nAKIAYOU other # and yours\n", 0o600);
        keys.load(&path).unwrap();
        assert_eq!(keys.account_of("AKIAME").as_str(), "444444444444");
        assert!(keys.secret_of("AKIAYOU").is_some_and(|found| found.secret == "other"));
        write("AKIAME\n", 0o600);
        assert!(keys.load(&path).unwrap_err().to_string().contains("line 1"));
        write("", 0o644);
        assert!(keys.load(&path).unwrap_err().to_string().contains("others can read"));
    }
}
