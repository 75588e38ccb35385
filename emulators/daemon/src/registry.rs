//! Which services there are, and which there will be.

use std::fmt;
use std::sync::Arc;

use brume_foundation::service::Service;
use brume_instance::{Code, Error, Result};

/// Names of services that later versions bring.
const PLANNED: [&str; 5] = ["aws", "sqs", "sns", "lambda", "snowflake"];

type Make = fn() -> Arc<dyn Service>;

/// The services that a daemon can host.
#[derive(Clone, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    name: &'static str,
    aliases: &'static [&'static str],
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
        Self::new().with("kubernetes", &["k8s", "cluster"], || Arc::new(Cluster::new()))
    }

    /// Adds a service.
    #[must_use]
    pub fn with(
        mut self,
        name: &'static str,
        aliases: &'static [&'static str],
        make: Make,
    ) -> Self {
        self.entries.push(Entry { name, aliases, make });
        self
    }

    /// The names of all services.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.entries.iter().map(|entry| entry.name).collect()
    }

    /// Makes the services that were asked for, each once, in the order of the registry; all of
    /// them when `asked` is empty.
    ///
    /// # Errors
    /// A name that is not known, or not yet.
    pub fn make(&self, asked: &[String]) -> Result<Vec<Arc<dyn Service>>> {
        for name in asked {
            if !self.entries.iter().any(|entry| entry.answers_to(name)) {
                return Err(self.unknown(name));
            }
        }
        let wanted =
            |entry: &&Entry| asked.is_empty() || asked.iter().any(|name| entry.answers_to(name));
        Ok(self.entries.iter().filter(wanted).map(|entry| (entry.make)()).collect())
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
        self.name == name || self.aliases.contains(&name)
    }
}
