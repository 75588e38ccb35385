//! Gathers the facts around messages: every subscription, endpoint and log once, however many
//! messages there are.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use brume_plugin::progress::Progress;
use brume_plugin::{Error, ExitCode, Result};
use md5::{Digest as _, Md5};

use super::delivery_log::{Delivery, failure_group};
use super::facts::{FunctionState, Probe, Route};
use super::{Diagnosis, Facts, infer};
use crate::cloud::Cloud;
use crate::cloud::admin::ExactCause;
use crate::cloud::queues::Queue;
use crate::cloud::topics::Subscription;
use crate::inventory::{Depth, Inventory, Source, SourceKind};
use crate::message::DeadLetter;
use crate::permission;

/// Longest wait for an endpoint that is probed.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Above so many messages the log is read for all failures instead of for each message.
const SEARCHES_MAX: usize = 5;

/// Finds out why messages are in one dead-letter queue.
#[derive(Debug)]
pub struct Investigator<'a> {
    cloud: &'a Cloud,
    queue: &'a Queue,
    log_group: Option<&'a str>,
    probes: bool,
    inventory: OnceCell<Rc<Inventory>>,
    routes: RefCell<HashMap<String, Route>>,
    causes: OnceCell<Rc<HashMap<String, Vec<ExactCause>>>>,
    logs: RefCell<BTreeMap<String, Rc<Vec<Delivery>>>>,
    gaps: RefCell<BTreeSet<String>>,
}

impl<'a> Investigator<'a> {
    /// Makes one for a queue; `log_group` takes the place of the one that SNS would use.
    #[must_use]
    pub fn new(cloud: &'a Cloud, queue: &'a Queue, log_group: Option<&'a str>) -> Self {
        Self {
            cloud,
            queue,
            log_group,
            probes: false,
            inventory: OnceCell::new(),
            routes: RefCell::default(),
            causes: OnceCell::new(),
            logs: RefCell::default(),
            gaps: RefCell::default(),
        }
    }

    /// Sends a HEAD request to HTTP endpoints as well.
    #[must_use]
    pub fn with_probes(mut self, probes: bool) -> Self {
        self.probes = probes;
        self
    }

    /// The reason of each message, as a word.
    ///
    /// # Errors
    /// Only when the user asks to stop: what cannot be found out is left out.
    pub async fn reasons(
        &self,
        letters: &[DeadLetter],
        progress: &Progress,
    ) -> Result<Vec<&'static str>> {
        let found = self.diagnose_all(letters, progress).await?;
        Ok(found.into_iter().map(|(diagnosis, _)| diagnosis.reason.slug()).collect())
    }

    /// The diagnosis of each message, with the facts behind it.
    ///
    /// # Errors
    /// As [`Investigator::reasons`].
    pub async fn diagnose_all(
        &self,
        letters: &[DeadLetter],
        progress: &Progress,
    ) -> Result<Vec<(Diagnosis, Facts)>> {
        let is_many = letters.len() > SEARCHES_MAX;
        let mut found = Vec::with_capacity(letters.len());
        for (index, letter) in letters.iter().enumerate() {
            progress.update(format_args!("finding reasons: {} of {}", index + 1, letters.len()));
            let facts = self.facts(letter, is_many).await?;
            found.push((infer(letter, &facts), facts));
        }
        Ok(found)
    }

    async fn facts(&self, letter: &DeadLetter, is_many: bool) -> Result<Facts> {
        self.gaps.borrow_mut().clear();
        let mut facts = Facts { exact: self.exact(letter, is_many).await, ..Facts::default() };
        // What is certain needs no further question.
        let is_said = letter.source_queue_arn().is_some() || letter.async_failure().is_some();
        if !is_said {
            facts.route = self.route(letter).await?;
            facts.deliveries = self.deliveries(letter, facts.route.as_ref(), is_many).await?;
        }
        if letter.source_queue_arn().is_some() || facts.route.is_none() {
            facts.sources = self.sources().await?;
        }
        facts.gaps = self.gaps.borrow().iter().cloned().collect();
        Ok(facts)
    }

    /// What feeds the queue.
    ///
    /// # Errors
    /// Only when the user asks to stop.
    pub async fn sources(&self) -> Result<Vec<Source>> {
        Ok(self.inventory().await?.sources_of(&self.queue.arn))
    }

    async fn inventory(&self) -> Result<Rc<Inventory>> {
        if let Some(inventory) = self.inventory.get() {
            return Ok(Rc::clone(inventory));
        }
        let silent = Progress::silent();
        let inventory = Inventory::read(self.cloud, Depth::Sources, &silent).await;
        let inventory = self.optional(inventory)?.unwrap_or_default();
        self.gaps.borrow_mut().extend(inventory.notes.iter().cloned());
        Ok(Rc::clone(self.inventory.get_or_init(|| Rc::new(inventory))))
    }

    /// What the endpoint itself recorded of this very message. Its id in the queue decides; SNS's
    /// id only where nothing else is said, because one publication may have failed several ways.
    async fn exact(&self, letter: &DeadLetter, is_many: bool) -> Vec<ExactCause> {
        let sns_id = letter.sns_message_id();
        let mut causes: Vec<ExactCause> = if is_many {
            let known = match self.causes.get() {
                Some(known) => Rc::clone(known),
                None => {
                    let found = self.cloud.exact_causes_in(&self.queue.arn).await;
                    Rc::clone(self.causes.get_or_init(|| Rc::new(by_id(found))))
                }
            };
            let ids = [Some(letter.id.as_str()), sns_id].into_iter().flatten();
            ids.filter_map(|id| known.get(id)).flatten().cloned().collect()
        } else {
            let mut found = self.cloud.exact_causes(&letter.id).await;
            if let Some(id) = sns_id.filter(|_| found.is_empty()) {
                found = self.cloud.exact_causes(id).await;
            }
            found
        };
        let own = |cause: &ExactCause| cause.dead_letter_id.as_deref() == Some(letter.id.as_str());
        if causes.iter().any(own) {
            causes.retain(own);
        } else if letter.source_queue_arn().is_some() {
            causes.clear();
        } else if let Some(arn) = letter.subscription_arn() {
            causes.retain(|cause| cause.subscription_arn == arn);
        }
        causes
    }

    /// The subscription that the message was meant for; of several that fit, one that is at fault.
    async fn route(&self, letter: &DeadLetter) -> Result<Option<Route>> {
        if let Some(arn) = letter.subscription_arn() {
            let mut route = self.route_of(arn, None).await?;
            route.is_named_by_message = true;
            return Ok(Some(route));
        }
        let inventory = self.inventory().await?;
        let fits = |subscription: &&Subscription| {
            let is_ours = subscription.redrive().is_some_and(|r| r.target == self.queue.arn);
            let topic = letter.topic_arn();
            is_ours && topic.is_none_or(|topic| topic == subscription.topic_arn)
        };
        let candidates: Vec<&Subscription> = inventory.subscriptions.iter().filter(fits).collect();
        let others = inventory.sources_of(&self.queue.arn);
        let others = others.iter().filter(|source| source.kind != SourceKind::Subscription).count();
        let mut best: Option<Route> = None;
        for candidate in &candidates {
            let mut route = self.route_of(&candidate.arn, Some(candidate)).await?;
            route.candidates = candidates.len() + others;
            let facts = Facts { route: Some(route.clone()), ..Facts::default() };
            let is_at_fault = infer(letter, &facts).reason != super::Reason::Unknown;
            if is_at_fault || best.is_none() {
                best = Some(route);
            }
            if is_at_fault {
                break;
            }
        }
        Ok(best)
    }

    async fn route_of(&self, arn: &str, known: Option<&Subscription>) -> Result<Route> {
        if let Some(route) = self.routes.borrow().get(arn) {
            return Ok(route.clone());
        }
        let subscription = match known {
            Some(subscription) => Some(subscription.clone()),
            None => match self.optional(self.cloud.subscription(arn).await)? {
                Some(found) => found,
                // Not allowed to look: that says nothing about its existence.
                None => return Ok(Route::default()),
            },
        };
        let mut route =
            Route { subscription_arn: arn.to_owned(), subscription, ..Route::default() };
        if let Some(subscription) = route.subscription.clone() {
            self.look_at_endpoint(&subscription, &mut route).await?;
        }
        self.routes.borrow_mut().insert(arn.to_owned(), route.clone());
        Ok(route)
    }

    async fn look_at_endpoint(&self, to: &Subscription, route: &mut Route) -> Result<()> {
        match to.protocol.as_str() {
            "sqs" => {
                let found = self.optional(self.cloud.queue_by_arn(&to.endpoint).await)?;
                route.endpoint_exists = found.as_ref().map(Option::is_some);
                if let Some(queue) = found.flatten() {
                    let allowed =
                        permission::sns_to_queue(queue.policy(), &to.topic_arn, &queue.arn);
                    route.permission = Some(allowed);
                    let key = queue.attributes.get("KmsMasterKeyId");
                    route.key = key.filter(|key| !key.is_empty()).cloned();
                }
            }
            "lambda" => {
                let found = self.optional(self.cloud.function(&to.endpoint).await)?;
                route.endpoint_exists = found.as_ref().map(Option::is_some);
                if let Some(function) = found.flatten() {
                    let reserved = self.cloud.reserved_concurrency(&function.name).await;
                    route.function = Some(FunctionState {
                        state: function.state,
                        reason: function.state_reason,
                        reserved_concurrency: self.optional(reserved)?.flatten(),
                    });
                    let policy = self.optional(self.cloud.function_policy(&to.endpoint).await)?;
                    route.permission = policy.map(|policy| {
                        let topic = &to.topic_arn;
                        permission::sns_to_function(policy.as_deref(), topic, &to.endpoint)
                    });
                }
            }
            "http" | "https" if self.probes => {
                let answer = self.cloud.aws();
                let answer =
                    answer.fetch("HEAD", &to.endpoint, &[], Vec::new(), PROBE_TIMEOUT).await;
                route.probe = Some(match answer {
                    Ok(answer) => Probe::Status(answer.status),
                    Err(cause) => Probe::Failed(cause),
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// The entries of the delivery log about this message: by SNS's id, or by the MD5 of the text
    /// where raw delivery has left no id.
    async fn deliveries(
        &self,
        letter: &DeadLetter,
        route: Option<&Route>,
        is_many: bool,
    ) -> Result<Vec<Delivery>> {
        let subscription = route.and_then(|route| route.subscription.as_ref());
        let topic = letter.topic_arn().or(subscription.map(|s| s.topic_arn.as_str()));
        let group = match self.log_group {
            Some(group) => Some(group.to_owned()),
            None => topic.and_then(failure_group),
        };
        let Some(group) = group else { return Ok(Vec::new()) };
        let key = match letter.sns_message_id() {
            Some(id) => id.to_owned(),
            None => md5_hex(letter.payload()),
        };
        let pattern =
            if is_many { "{ $.status = \"FAILURE\" }".to_owned() } else { format!("\"{key}\"") };
        let found = self.log(&group, &pattern).await?;
        let meant =
            |delivery: &&Delivery| delivery.message_id == key || delivery.message_md5 == key;
        let endpoint = subscription.map(|subscription| subscription.endpoint.as_str());
        let here = |delivery: &&Delivery| endpoint.is_none_or(|to| delivery.destination == to);
        Ok(found.iter().filter(meant).filter(here).cloned().collect())
    }

    async fn log(&self, group: &str, pattern: &str) -> Result<Rc<Vec<Delivery>>> {
        let key = format!("{group}\n{pattern}");
        if let Some(found) = self.logs.borrow().get(&key) {
            return Ok(Rc::clone(found));
        }
        let events = self.cloud.log_events(group, pattern, None).await;
        let events = self.optional(events)?.unwrap_or_default();
        let read = events.iter().filter_map(|(at, text)| Delivery::read(*at, text));
        let found = Rc::new(read.collect::<Vec<Delivery>>());
        self.logs.borrow_mut().insert(key, Rc::clone(&found));
        Ok(found)
    }

    /// Turns a failure into a gap, unless the user asks to stop.
    fn optional<T>(&self, found: Result<T>) -> Result<Option<T>, Error> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code == ExitCode::Interrupted => Err(error),
            Err(error) => {
                let cause = error.causes.first().map(String::as_str).unwrap_or_default();
                self.gaps.borrow_mut().insert(format!("{}: {cause}", error.message));
                Ok(None)
            }
        }
    }
}

/// Causes by both ids of their messages.
fn by_id(causes: Vec<ExactCause>) -> HashMap<String, Vec<ExactCause>> {
    let mut found: HashMap<String, Vec<ExactCause>> = HashMap::new();
    for cause in causes {
        if let Some(id) = &cause.dead_letter_id {
            found.entry(id.clone()).or_default().push(cause.clone());
        }
        found.entry(cause.sns_message_id.clone()).or_default().push(cause);
    }
    found
}

fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
