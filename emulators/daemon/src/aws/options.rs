//! What the AWS services are told on the command line.

use std::collections::BTreeMap;

use brume_broker::PolicyMode;
use brume_edge::Auth;
use brume_foundation::journal::Durability;
use brume_policy::Account;

/// Options of the service `aws`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsOptions {
    /// The account of callers whose key is no account number.
    pub account: Account,
    /// Whether signatures are verified.
    pub auth: Auth,
    /// What to do with what a resource's policy denies.
    pub policy: PolicyMode,
    /// What is on disk when a request is answered.
    pub durability: Durability,
}

impl Default for AwsOptions {
    fn default() -> Self {
        Self {
            account: Account::default(),
            auth: Auth::Off,
            policy: PolicyMode::Enforce,
            durability: Durability::Group,
        }
    }
}

impl AwsOptions {
    /// The options by their names on the command line, so that a second `brume up` can tell whether
    /// what runs is what was asked for.
    pub(super) fn facts(&self) -> BTreeMap<String, String> {
        let auth = match self.auth {
            Auth::Off => "off",
            Auth::Verify => "verify",
        };
        let durability = match self.durability {
            Durability::None => "memory",
            Durability::Group => "group",
            Durability::Sync => "sync",
        };
        let account = self.account.to_string();
        [
            ("account", account.as_str()),
            ("auth", auth),
            ("policy", self.policy.as_str()),
            ("durability", durability),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}
