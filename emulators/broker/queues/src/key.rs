//! What names a queue.

use std::fmt;
use std::sync::Arc;

use brume_policy::{Account, Arn, Region};

/// Account, region and name of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueKey {
    /// The owner.
    pub account: Account,
    /// Where it is.
    pub region: Region,
    /// The name; that of a FIFO queue ends with `.fifo`.
    pub name: Arc<str>,
}

impl QueueKey {
    /// Makes a key.
    #[must_use]
    pub fn new(account: Account, region: Region, name: &str) -> Self {
        Self { account, region, name: Arc::from(name) }
    }

    /// The key that an ARN names; `None` when it is not that of a queue.
    #[must_use]
    pub fn of(arn: &Arn) -> Option<Self> {
        let is_queue = arn.service == "sqs";
        is_queue.then(|| Some(Self::new(arn.account()?, arn.region()?, &arn.resource)))?
    }

    /// The ARN of the queue.
    #[must_use]
    pub fn arn(&self) -> Arn {
        Arn::queue(self.region, self.account, &self.name)
    }

    /// Whether the name is that of a FIFO queue.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }
}

impl fmt::Display for QueueKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arn().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_a_queue() {
        let key = QueueKey::new(Account::default(), Region::default(), "orders.fifo");
        assert_eq!(QueueKey::of(&key.arn()), Some(key.clone()));
        assert_eq!(key.to_string(), "arn:aws:sqs:us-east-1:000000000000:orders.fifo");
        assert!(key.is_fifo());
        let topic = Arn::topic(Region::default(), Account::default(), "orders");
        assert_eq!(QueueKey::of(&topic), None);
    }
}
