//! Amazon Resource Names: `arn:partition:service:region:account:resource`.

use std::fmt;
use std::str::FromStr;

use crate::{Account, Region};

/// Bytes of the longest ARN that is read.
pub const ARN_BYTES_MAX: usize = 2_048;

/// A resource name in six parts. Region and account may be empty, as in `arn:aws:iam::…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// `sqs`, `sns`, `lambda`.
    pub service: String,
    /// Name of the region, or nothing.
    pub region: String,
    /// Twelve digits, or nothing.
    pub account: String,
    /// The rest, colons and slashes included.
    pub resource: String,
}

impl Arn {
    /// Makes the ARN of a resource in the standard partition.
    #[must_use]
    pub fn new(service: &str, region: Region, account: Account, resource: &str) -> Self {
        Self {
            partition: partition(region).to_owned(),
            service: service.to_owned(),
            region: region.to_string(),
            account: account.to_string(),
            resource: resource.to_owned(),
        }
    }

    /// Makes the ARN of a queue.
    #[must_use]
    pub fn queue(region: Region, account: Account, name: &str) -> Self {
        Self::new("sqs", region, account, name)
    }

    /// Makes the ARN of a topic.
    #[must_use]
    pub fn topic(region: Region, account: Account, name: &str) -> Self {
        Self::new("sns", region, account, name)
    }

    /// The account, if the ARN names one.
    #[must_use]
    pub fn account(&self) -> Option<Account> {
        self.account.parse().ok()
    }

    /// The region, if the ARN names one.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.region.parse().ok()
    }
}

/// The partition that a region belongs to.
fn partition(region: Region) -> &'static str {
    match region.as_str() {
        name if name.starts_with("cn-") => "aws-cn",
        name if name.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

impl FromStr for Arn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        if text.len() > ARN_BYTES_MAX {
            return Err(NotAnArn);
        }
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next().ok_or(NotAnArn);
        if part()? != "arn" {
            return Err(NotAnArn);
        }
        let arn = Self {
            partition: part()?.to_owned(),
            service: part()?.to_owned(),
            region: part()?.to_owned(),
            account: part()?.to_owned(),
            resource: part()?.to_owned(),
        };
        let is_whole = [&arn.partition, &arn.service, &arn.resource].iter().all(|x| !x.is_empty());
        if is_whole { Ok(arn) } else { Err(NotAnArn) }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(formatter, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The text is not an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnArn;

impl fmt::Display for NotAnArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an ARN has the form arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE")
    }
}

impl std::error::Error for NotAnArn {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_read_and_written() {
        let text = "arn:aws:sns:eu-west-3:123456789012:orders:0b1f";
        let arn = text.parse::<Arn>().unwrap();
        assert_eq!(arn.resource, "orders:0b1f");
        assert_eq!(arn.to_string(), text);
        assert_eq!(arn.account().unwrap().as_str(), "123456789012");
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        for wrong in ["", "arn:aws:sqs", "arn:aws:sqs:a:b:", "arn::sqs:a:b:c", "x:aws:sqs:a:b:c"] {
            assert_eq!(wrong.parse::<Arn>(), Err(NotAnArn), "{wrong}");
        }
    }

    #[test]
    fn china_has_a_partition_of_its_own() {
        let region = "cn-north-1".parse().unwrap();
        let arn = Arn::queue(region, Account::default(), "q");
        assert_eq!(arn.to_string(), "arn:aws-cn:sqs:cn-north-1:000000000000:q");
    }
}
