//! The regions that `--all-regions` asks.

/// Regions of the public partition; those that an account has not enabled refuse and are skipped.
const AWS: [&str; 34] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

const CHINA: [&str; 2] = ["cn-north-1", "cn-northwest-1"];

const GOVERNMENT: [&str; 2] = ["us-gov-east-1", "us-gov-west-1"];

/// The regions of the partition that `region` belongs to, and `region` itself.
#[must_use]
pub fn all(region: &str) -> Vec<String> {
    let known: &[&str] = match region {
        _ if region.starts_with("cn-") => &CHINA,
        _ if region.starts_with("us-gov-") => &GOVERNMENT,
        _ => &AWS,
    };
    let mut regions: Vec<String> = known.iter().map(|known| (*known).to_owned()).collect();
    if !regions.iter().any(|known| known == region) {
        regions.push(region.to_owned());
    }
    regions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_not_left() {
        assert_eq!(all("cn-north-1").len(), 2);
        assert!(all("eu-west-3").contains(&"us-east-1".to_owned()));
        assert!(all("mars-north-1").contains(&"mars-north-1".to_owned()));
    }
}
