//! Failures on demand: rules that a test or a developer sets, decided the same way again by seed.
//!
//! Comes in: the name of a service and of an operation, before the operation is done. Goes out:
//! whether to wait, and whether to fail and how. With no rule set, the question costs one atomic
//! load.

mod pattern;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::error::{Error, ErrorKind, Result};
use crate::random::Random;

/// How many rules may be set at a time.
const RULES_MAX: usize = 1_000;
/// Bytes of all their patterns, codes and messages together: a list of them is one message.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// One rule, as it is set from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Pattern for the service's name; `*` stands for any characters.
    pub service: String,
    /// Pattern for the operation: `list pods`, `SendMessage`, `node/worker-1`.
    #[serde(default = "anything")]
    pub operation: String,
    /// What happens.
    pub action: Action,
    /// How often it happens to operations that match, from 0 to 1.
    #[serde(default = "always")]
    pub rate: f64,
    /// How many matching operations pass before the rule begins.
    #[serde(default)]
    pub after: u64,
    /// How often the rule acts before it is spent.
    #[serde(default)]
    pub count: Option<u64>,
    /// Seed for `rate`; one is drawn when absent.
    #[serde(default)]
    pub seed: Option<u64>,
}

impl Rule {
    fn text_bytes(&self) -> usize {
        let answer = match &self.action {
            Action::Error { code, message, .. } => {
                code.as_ref().map_or(0, String::len) + message.as_ref().map_or(0, String::len)
            }
            _ => 0,
        };
        self.service.len() + self.operation.len() + answer
    }
}

fn anything() -> String {
    "*".to_owned()
}

const fn always() -> f64 {
    1.0
}

/// What a rule does to an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Action {
    /// Fails with an HTTP status and the cloud's own error code.
    Error {
        /// The status.
        status: u16,
        /// The cloud's code; the service picks the usual one for the status when absent.
        #[serde(default)]
        code: Option<String>,
        /// The message.
        #[serde(default)]
        message: Option<String>,
    },
    /// Waits, then goes on.
    Latency {
        /// How long at least, in milliseconds.
        milliseconds: u64,
        /// How much longer at most, in milliseconds.
        #[serde(default)]
        jitter_milliseconds: u64,
    },
    /// Closes the connection without an answer.
    Drop,
    /// Lets so many through and fails the rest as the cloud's own throttling does.
    Throttle {
        /// Operations a second.
        per_second: f64,
        /// Operations at once; at least 1.
        #[serde(default)]
        burst: u32,
    },
}

/// What to do with one operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// How long to wait first, in real time.
    pub latency: Duration,
    /// How to fail afterwards.
    pub failure: Option<Failure>,
}

/// How an operation fails.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// With an error.
    Error {
        /// HTTP status.
        status: u16,
        /// The cloud's error code.
        code: Option<String>,
        /// The message.
        message: Option<String>,
    },
    /// Without an answer: see [`crate::http::vanish`].
    Drop,
    /// With the cloud's throttling error.
    Throttle {
        /// When the next operation would pass.
        retry_after: Duration,
    },
}

/// A rule with its number and what it has done so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleStatus {
    /// Its number, for removal.
    pub id: u64,
    /// The rule, its seed filled in.
    pub rule: Rule,
    /// How many operations matched.
    pub matched: u64,
    /// How many of them it acted upon.
    pub acted: u64,
}

/// The rules of an instance.
#[derive(Debug, Default)]
pub struct Faults {
    has_rules: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Armed>,
    last_id: u64,
}

#[derive(Debug)]
struct Armed {
    status: RuleStatus,
    random: Random,
    bucket: Option<Bucket>,
}

/// A token bucket on the instance's clock.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Moment,
}

impl Faults {
    /// Makes a set without rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a rule and returns its number.
    ///
    /// # Errors
    /// A rate outside 0 to 1, a status outside 400 to 599, a throttle that lets nothing through,
    /// or too many or too long rules.
    pub fn add(&self, mut rule: Rule) -> Result<u64> {
        check(&rule)?;
        let seed = *rule.seed.get_or_insert_with(|| Random::from_system().next_u64());
        let mut state = self.lock();
        if state.rules.len() >= RULES_MAX {
            let message = format!("there are {RULES_MAX} fault rules already");
            return Err(Error::failed(message).hint("brume fault rm --all"));
        }
        let rules = state.rules.iter().map(|armed| &armed.status.rule).chain([&rule]);
        if rules.map(Rule::text_bytes).sum::<usize>() > TEXT_BYTES_MAX {
            let message = format!("the texts of the fault rules exceed {TEXT_BYTES_MAX} bytes");
            return Err(Error::new(ErrorKind::Usage, message).hint("brume fault rm --all"));
        }
        state.last_id += 1;
        let id = state.last_id;
        let status = RuleStatus { id, rule, matched: 0, acted: 0 };
        state.rules.push(Armed { status, random: Random::seeded(seed), bucket: None });
        self.has_rules.store(true, Ordering::Release);
        Ok(id)
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// There is none with this number.
    pub fn remove(&self, id: u64) -> Result<()> {
        let mut state = self.lock();
        let before = state.rules.len();
        state.rules.retain(|armed| armed.status.id != id);
        if state.rules.len() == before {
            let error = Error::new(ErrorKind::NotFound, format!("there is no fault rule {id}"));
            return Err(error.hint("brume fault ls"));
        }
        self.has_rules.store(!state.rules.is_empty(), Ordering::Release);
        Ok(())
    }

    /// Removes all rules and returns how many there were.
    pub fn clear(&self) -> usize {
        let mut state = self.lock();
        self.has_rules.store(false, Ordering::Release);
        std::mem::take(&mut state.rules).len()
    }

    /// The rules in the order they were set, which is the order they are asked in.
    #[must_use]
    pub fn list(&self) -> Vec<RuleStatus> {
        self.lock().rules.iter().map(|armed| armed.status.clone()).collect()
    }

    /// Whether any rule is set; spares callers the name of an operation that nobody asks about.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        self.has_rules.load(Ordering::Acquire)
    }

    /// Decides about one operation at the moment `now` of the instance's clock.
    ///
    /// Waits add up; the first rule that fails the operation wins, and later ones are not asked.
    #[must_use]
    pub fn decide(&self, service: &str, operation: &str, now: Moment) -> Decision {
        self.decide_any(&[service], operation, now)
    }

    /// As [`Faults::decide`], for a service that has several names: a rule that knows it by any of
    /// them acts, once.
    #[must_use]
    pub fn decide_any(&self, services: &[&str], operation: &str, now: Moment) -> Decision {
        let mut decision = Decision::default();
        if !self.has_rules.load(Ordering::Acquire) {
            return decision;
        }
        for armed in &mut self.lock().rules {
            armed.act(services, operation, now, &mut decision);
            if decision.failure.is_some() {
                break;
            }
        }
        decision
    }

    /// Decides about one operation and waits as decided.
    ///
    /// # Errors
    /// How to fail.
    pub async fn apply(
        &self,
        service: &str,
        operation: &str,
        now: Moment,
    ) -> std::result::Result<(), Failure> {
        self.apply_any(&[service], operation, now).await
    }

    /// As [`Faults::apply`], for a service that has several names.
    ///
    /// # Errors
    /// How to fail.
    pub async fn apply_any(
        &self,
        services: &[&str],
        operation: &str,
        now: Moment,
    ) -> std::result::Result<(), Failure> {
        let decision = self.decide_any(services, operation, now);
        if !decision.latency.is_zero() {
            tokio::time::sleep(decision.latency).await;
        }
        decision.failure.map_or(Ok(()), Err)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    fn act(&mut self, services: &[&str], operation: &str, now: Moment, decision: &mut Decision) {
        let Self { status, random, bucket } = self;
        let rule = &status.rule;
        if !services.iter().any(|service| pattern::matches(&rule.service, service))
            || !pattern::matches(&rule.operation, operation)
        {
            return;
        }
        status.matched += 1;
        if status.matched <= rule.after || rule.count.is_some_and(|count| status.acted >= count) {
            return;
        }
        // Drawn for every operation, so that the sequence does not depend on what else happens.
        if !random.chance(rule.rate) {
            return;
        }
        match &rule.action {
            Action::Error { status, code, message } => {
                let (code, message) = (code.clone(), message.clone());
                decision.failure = Some(Failure::Error { status: *status, code, message });
            }
            Action::Latency { milliseconds, jitter_milliseconds } => {
                let jitter = random.below(jitter_milliseconds.saturating_add(1));
                let latency = Duration::from_millis(milliseconds.saturating_add(jitter));
                decision.latency = decision.latency.saturating_add(latency);
            }
            Action::Drop => decision.failure = Some(Failure::Drop),
            Action::Throttle { per_second, burst } => {
                let size = f64::from((*burst).max(1));
                let bucket = bucket.get_or_insert(Bucket { tokens: size, filled_at: now });
                match bucket.take(*per_second, size, now) {
                    Ok(()) => return,
                    Err(retry_after) => decision.failure = Some(Failure::Throttle { retry_after }),
                }
            }
        }
        status.acted += 1;
    }
}

impl Bucket {
    fn take(&mut self, per_second: f64, size: f64, now: Moment) -> Result<(), Duration> {
        let gained = now.since(self.filled_at).as_secs_f64() * per_second;
        self.tokens = (self.tokens + gained).min(size);
        self.filled_at = self.filled_at.max(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let seconds = (1.0 - self.tokens) / per_second;
        Err(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

fn check(rule: &Rule) -> Result<()> {
    let wrong = |what: &str| Err(Error::new(ErrorKind::Usage, what));
    if !(0.0..=1.0).contains(&rule.rate) {
        return wrong("the rate of a fault must be between 0 and 1");
    }
    match rule.action {
        Action::Error { status, .. } if !(400..600).contains(&status) => {
            wrong("the status of a fault must be between 400 and 599")
        }
        Action::Throttle { per_second, .. } if !per_second.is_finite() || per_second <= 0.0 => {
            wrong("a throttle must let some operations through each second")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
