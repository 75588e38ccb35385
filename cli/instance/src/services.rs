//! The names of services: what they are called, and which are still to come.

/// The services of this version, each with the other names that people use for it.
pub const SERVICES: [(&str, &[&str]); 1] = [("kubernetes", &["k8s", "cluster"])];

/// Services that later versions bring.
pub const PLANNED: [&str; 5] = ["aws", "sqs", "sns", "lambda", "snowflake"];

/// The name that a service is known by, whichever of its names was typed; unknown ones stay.
#[must_use]
pub fn canonical(name: &str) -> &str {
    let found = SERVICES.iter().find(|(_, aliases)| aliases.contains(&name));
    found.map_or(name, |(canonical, _)| canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_have_one_name() {
        assert_eq!(canonical("k8s"), "kubernetes");
        assert_eq!(canonical("kubernetes"), "kubernetes");
        assert_eq!(canonical("aws"), "aws");
    }
}
