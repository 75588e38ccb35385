//! What follows from an attempt: the end, another attempt, or the dead-letter queue.

use std::sync::Arc;

use brume_foundation::clock::Moment;

use super::queue::message_id;
use super::shared::Shared;
use super::verdict::{Delivered, Failure, Verdict};
use crate::cause::{Attempt, Cause, Outcome};
use crate::directory::SubscriptionEntry;
use crate::message::{Handshake, Message};
use crate::meter::Metric;
use crate::protocol::Protocol;
use crate::retry::Ladder;
use crate::schedule::{Delivery, Next};
use crate::status_log::{Ended, entry as log_entry, wanted};
use crate::store::Entry;

/// The first tries are all written down, later ones now and then.
const TRIES_NOTED: u32 = 8;
/// Of the later ones, each one whose number this divides.
const TRIES_BETWEEN_NOTES: u32 = 256;

impl Shared {
    /// Does what follows from an attempt of a delivery on the schedule.
    pub(crate) async fn settle(
        self: &Arc<Self>,
        mut delivery: Delivery,
        entry: &Arc<SubscriptionEntry>,
        verdict: Verdict,
    ) {
        let now = self.now();
        match verdict {
            Ok(done) => {
                self.succeeded(entry, &delivery.message, &done, delivery.tries + 1, now);
                let cause = (!delivery.attempts.is_empty()).then(|| {
                    let outcome = Outcome::Delivered { at: now };
                    cause(entry, &delivery, outcome)
                });
                self.end(&delivery, cause);
            }
            Err(failure) => {
                let attempt = failure.attempt(delivery.tries + 1, now);
                if !failure.is_client_side && self.try_again(&delivery, entry, &attempt) {
                    return;
                }
                delivery.tries += 1;
                delivery.note(attempt);
                let outcome =
                    self.give_up(entry, &delivery.message, &failure, delivery.tries).await;
                let cause = cause(entry, &delivery, outcome);
                self.end(&delivery, Some(cause));
            }
        }
    }

    /// Does what follows from asking an endpoint to confirm: nobody hears of failures.
    pub(crate) fn settle_handshake(
        self: &Arc<Self>,
        delivery: &Delivery,
        handshake: &Handshake,
        verdict: Verdict,
    ) {
        let Err(failure) = verdict else { return self.end(delivery, None) };
        let attempt = failure.attempt(delivery.tries + 1, self.now());
        let detail = &failure.detail;
        self.log.warn(format_args!("{} was not asked to confirm: {detail}", handshake.endpoint));
        let ladder = Ladder::of(handshake.protocol);
        let mut core = self.core();
        let next = core.schedule.failed(delivery.id, attempt, &ladder, &self.random);
        drop(core);
        if failure.is_client_side || !matches!(next, Some(Next::At(_))) {
            self.end(delivery, None);
        }
    }

    /// Puts a delivery on the schedule again; tells whether the ladder has another step.
    fn try_again(
        self: &Arc<Self>,
        delivery: &Delivery,
        entry: &SubscriptionEntry,
        attempt: &Attempt,
    ) -> bool {
        let ladder = match entry.record.protocol {
            Protocol::Http | Protocol::Https => self.delivery_policy(entry).ladder,
            other => Ladder::of(other),
        };
        let mut core = self.core();
        let next = core.schedule.failed(delivery.id, attempt.clone(), &ladder, &self.random);
        match next {
            Some(Next::At(due)) => {
                let tries = attempt.number;
                if tries <= TRIES_NOTED || tries.is_multiple_of(TRIES_BETWEEN_NOTES) {
                    self.note(&Entry::Tried {
                        message: Arc::clone(&delivery.message.id),
                        subscription: Arc::clone(&delivery.subscription),
                        tries,
                        due,
                        attempt: attempt.clone(),
                    });
                }
                true
            }
            // Gone meanwhile: with its subscription, or by a reset.
            None => true,
            Some(Next::Exhausted) => false,
        }
    }

    /// A delivery will not arrive: into the dead-letter queue with it, if there is one.
    pub(crate) async fn give_up(
        self: &Arc<Self>,
        entry: &Arc<SubscriptionEntry>,
        message: &Arc<Message>,
        failure: &Failure,
        tries: u32,
    ) -> Outcome {
        let now = self.now();
        self.failed(entry, message, failure, tries, now);
        let outcome = match self.dead_letter_queue(entry, message, now) {
            None => return lost(now, None, "the subscription has no dead-letter queue"),
            Some(Err(failure)) => Err(failure),
            Some(Ok(target)) => self.put(entry, message, target).await,
        };
        self.buried(entry, message, outcome, now)
    }

    /// Counts a dead letter that was written or refused, and says what became of it.
    pub(crate) fn buried(
        &self,
        entry: &SubscriptionEntry,
        message: &Message,
        verdict: Verdict,
        now: Moment,
    ) -> Outcome {
        let meter = self.meters.of(&message.topic);
        let queue = entry.dead_letter_queue.as_ref().map(ToString::to_string);
        match verdict {
            Ok(done) => {
                meter.add(Metric::RedrivenToDlq, 1, now);
                let message_id = message_id(&done).to_owned();
                let queue_arn = queue.unwrap_or_default();
                Outcome::DeadLettered { at: now, queue_arn, message_id }
            }
            Err(failure) => {
                meter.add(Metric::FailedToRedriveToDlq, 1, now);
                lost(now, queue, &format!("{}: {}", failure.code, failure.detail))
            }
        }
    }

    /// Counts and logs a delivery that arrived.
    pub(crate) fn succeeded(
        &self,
        entry: &SubscriptionEntry,
        message: &Message,
        done: &Delivered,
        tries: u32,
        now: Moment,
    ) {
        self.meters.of(&message.topic).add(Metric::Delivered, 1, now);
        self.log_delivery(entry, message, true, (done.status, &done.response), tries, now);
    }

    /// Counts and logs a delivery that will not arrive.
    pub(crate) fn failed(
        &self,
        entry: &SubscriptionEntry,
        message: &Message,
        failure: &Failure,
        tries: u32,
        now: Moment,
    ) {
        self.meters.of(&message.topic).add(Metric::Failed, 1, now);
        let response = format!("{}: {}", failure.code, failure.detail);
        self.log_delivery(entry, message, false, (failure.status, &response), tries, now);
    }

    /// Logs a delivery that is over, if its topic wants that.
    pub(crate) fn log_delivery(
        &self,
        entry: &SubscriptionEntry,
        message: &Message,
        is_success: bool,
        (status, response): (u16, &str),
        attempts: u32,
        now: Moment,
    ) {
        let topic = match self.core().directory.topic(&message.topic) {
            Some(topic) => Arc::clone(&topic.record),
            None => return,
        };
        let wanted = wanted(&topic, entry.record.protocol);
        let is_wanted = if is_success {
            self.random.below(100) < u64::from(wanted.success_percent)
        } else {
            wanted.failures
        };
        if is_wanted {
            let text = message.text_for(entry.record.protocol);
            let delivery_id = self.uuid();
            let endpoint = &entry.record.endpoint;
            self.options.observer.log(log_entry(&Ended {
                message,
                text,
                endpoint,
                delivery_id,
                is_success,
                status,
                response,
                attempts,
                now,
            }));
        }
    }

    /// Takes a delivery off the schedule and remembers what happened to it.
    pub(crate) fn end(self: &Arc<Self>, delivery: &Delivery, cause: Option<Cause>) {
        let mut core = self.core();
        let was_there = core.schedule.over(delivery.id).is_some();
        if let Some(cause) = &cause {
            core.history.put(cause.clone());
        }
        if was_there || cause.is_some() {
            self.note(&Entry::Over {
                message: Arc::clone(&delivery.message.id),
                subscription: Arc::clone(&delivery.subscription),
                cause: cause.map(Box::new),
            });
        }
    }

    /// A random UUID.
    pub(crate) fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        brume_queues::MessageId::from_random(bytes).to_string()
    }
}

/// What is remembered of a delivery that failed.
pub(crate) fn cause(entry: &SubscriptionEntry, delivery: &Delivery, outcome: Outcome) -> Cause {
    let (message, record) = (&delivery.message, &entry.record);
    Cause {
        message_id: Arc::clone(&message.id),
        topic_arn: Arc::from(message.topic.to_string()),
        subscription_arn: Arc::clone(&delivery.subscription),
        protocol: Arc::from(record.protocol.as_str()),
        endpoint: Arc::clone(&record.endpoint),
        published_at: message.published_at,
        attempts_count: delivery.tries,
        attempts: delivery.attempts.clone(),
        outcome,
    }
}

/// A message that is nowhere any more.
pub(crate) fn lost(at: Moment, queue_arn: Option<String>, reason: &str) -> Outcome {
    Outcome::Lost { at, queue_arn, reason: reason.to_owned() }
}
