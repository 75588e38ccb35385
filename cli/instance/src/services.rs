//! The names of services: what they are called, and which are still to come.

/// The services of this version, each with the other names that people use for it.
pub const SERVICES: [(&str, &[&str]); 2] = [
    ("kubernetes", &["k8s", "cluster"]),
    ("aws", &["sqs", "sns", "sts", "cloudwatch", "logs", "broker"]),
];

/// What `aws` consists of: one service to start and to reset, several for fault rules.
pub const AWS_PARTS: [&str; 5] = ["sqs", "sns", "sts", "cloudwatch", "logs"];

/// Services that later versions bring.
pub const PLANNED: [&str; 2] = ["lambda", "snowflake"];

/// The name that a service is known by, whichever of its names was typed; unknown ones stay.
#[must_use]
pub fn canonical(name: &str) -> &str {
    let found = SERVICES.iter().find(|(_, aliases)| aliases.contains(&name));
    found.map_or(name, |(canonical, _)| canonical)
}

/// The name by which fault rules know a service: the parts of `aws` have names of their own.
#[must_use]
pub fn for_faults(name: &str) -> &str {
    if AWS_PARTS.contains(&name) { name } else { canonical(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_have_one_name() {
        assert_eq!(canonical("k8s"), "kubernetes");
        assert_eq!(canonical("kubernetes"), "kubernetes");
        assert_eq!(canonical("aws"), "aws");
        assert_eq!(canonical("sqs"), "aws");
        assert_eq!(canonical("snowflake"), "snowflake");
    }

    #[test]
    fn fault_rules_tell_the_parts_of_aws_apart() {
        assert_eq!(for_faults("sqs"), "sqs");
        assert_eq!(for_faults("broker"), "aws");
        assert_eq!(for_faults("k8s"), "kubernetes");
        assert_eq!(for_faults("s*"), "s*");
    }
}
