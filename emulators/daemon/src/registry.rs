//! Which services there are, and which there will be.

use std::fmt;
use std::sync::Arc;

use brume_cluster::Cluster;
use brume_foundation::service::Service;
use brume_instance::services::{PLANNED, canonical};
use brume_instance::{Code, Error, Result};

use crate::Options;
use crate::aws::Aws;

type Make = fn(&Options) -> Arc<dyn Service>;

/// The services that a daemon can host.
#[derive(Clone, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    name: &'static str,
    make: Make,
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.names()).finish()
    }
}

impl Registry {
    /// Makes one without services.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The services of this version.
    #[must_use]
    pub fn standard() -> Self {
        Self::new()
            .with("kubernetes", |_| Arc::new(Cluster::default()))
            .with("aws", |options| Arc::new(Aws::new(options.aws)))
    }

    /// Adds a service.
    #[must_use]
    pub fn with(mut self, name: &'static str, make: Make) -> Self {
        self.entries.push(Entry { name, make });
        self
    }

    /// The names of all services.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.entries.iter().map(|entry| entry.name).collect()
    }

    /// Makes the services that were asked for, each once, in the order of the registry; all of
    /// them when none was asked for.
    ///
    /// # Errors
    /// A name that is not known, or not yet.
    pub fn make(&self, options: &Options) -> Result<Vec<Arc<dyn Service>>> {
        let asked = &options.services;
        for name in asked {
            if !self.entries.iter().any(|entry| entry.answers_to(name)) {
                return Err(self.unknown(name));
            }
        }
        let wanted =
            |entry: &&Entry| asked.is_empty() || asked.iter().any(|name| entry.answers_to(name));
        Ok(self.entries.iter().filter(wanted).map(|entry| (entry.make)(options)).collect())
    }

    fn unknown(&self, name: &str) -> Error {
        let there_is = format!("the services of this version: {}", self.names().join(", "));
        let message = if PLANNED.contains(&name) {
            format!("the service `{name}` is not supported yet")
        } else {
            format!("there is no service `{}`", name.escape_debug())
        };
        let error = Error::new(Code::Usage, message).hint(there_is);
        match self.entries.first() {
            Some(entry) => error.hint(format!("brume up {}", entry.name)),
            None => error,
        }
    }
}

impl Entry {
    fn answers_to(&self, name: &str) -> bool {
        self.name == canonical(name)
    }
}

#[cfg(test)]
mod tests {
    use brume_instance::services::SERVICES;

    use super::*;

    fn make(asked: &[&str]) -> Result<Vec<String>> {
        let asked = asked.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let options = Options { services: asked, ..Options::for_tests() };
        let made = Registry::standard().make(&options)?;
        Ok(made.iter().map(|service| service.name().to_owned()).collect())
    }

    #[test]
    fn every_service_is_known_to_the_command_line_too() {
        let names = SERVICES.map(|(name, _)| name);
        assert_eq!(Registry::standard().names(), names);
        assert_eq!(make(&[]).expect("all"), names);
    }

    #[test]
    fn aliases_and_repetitions_make_one() {
        assert_eq!(make(&["k8s", "cluster", "kubernetes"]).expect("one"), ["kubernetes"]);
        assert_eq!(make(&["sns", "sqs", "broker"]).expect("one"), ["aws"]);
        assert_eq!(make(&["aws", "k8s"]).expect("both"), ["kubernetes", "aws"]);
    }

    #[test]
    fn unknown_and_planned_services_are_told_apart() {
        let message = |name| make(&[name]).expect_err("refused").message;
        assert_eq!(message("lambda"), "the service `lambda` is not supported yet");
        assert_eq!(message("nope"), "there is no service `nope`");
    }
}
