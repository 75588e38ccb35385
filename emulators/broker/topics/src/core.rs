//! All state of the engine in one value, and how journal entries change it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use brume_foundation::clock::Moment;

use crate::attributes::replay::{Replay, retention};
use crate::cause::Attempt;
use crate::directory::Directory;
use crate::fifo::Fifo;
use crate::history::History;
use crate::key::TopicKey;
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::record::{Change, Topic};
use crate::schedule::{Delivery, Schedule};
use crate::store::{Entry, SavedDelivery, SavedFifo, Snapshot};

/// Configuration, deliveries that wait, and what is remembered.
#[derive(Debug, Default)]
pub struct Core {
    /// Topics, subscriptions and what belongs to them.
    pub directory: Directory,
    /// Deliveries that wait or are being tried.
    pub schedule: Schedule,
    /// What FIFO topics remember.
    pub fifos: HashMap<TopicKey, Fifo>,
    /// Causes of deliveries that are over.
    pub history: History,
}

impl Core {
    /// Applies changes of the configuration with all that follows from them; returns deliveries
    /// that go nowhere any more.
    pub fn change(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::DeleteTopic(key) => {
                    let gone: Option<Vec<Arc<str>>> = self.directory.topic(key).map(|topic| {
                        topic.subscriptions(0).map(|it| Arc::clone(&it.record.arn)).collect()
                    });
                    for arn in gone.unwrap_or_default() {
                        self.schedule.forget(&arn);
                    }
                    self.fifos.remove(key);
                }
                Change::DeleteSubscription(arn) => drop(self.schedule.forget(arn)),
                Change::PutTopic(topic) if topic.key.is_fifo() => {
                    if archive_of(topic).is_none()
                        && let Some(fifo) = self.fifos.get_mut(&topic.key)
                    {
                        fifo.clear_archive();
                    }
                }
                _ => {}
            }
            self.directory.apply(change);
        }
    }

    /// Puts deliveries of a message on the schedule.
    pub fn enqueue(
        &mut self,
        message: &Arc<Message>,
        targets: &[Arc<str>],
        due: Moment,
        is_replay: bool,
    ) {
        for subscription in targets {
            self.schedule.add(Delivery {
                id: 0,
                message: Arc::clone(message),
                subscription: Arc::clone(subscription),
                tries: 0,
                attempts: Vec::new(),
                due,
                is_replay,
            });
        }
    }

    /// What a FIFO topic remembers, made when it is not there.
    pub fn fifo(&mut self, key: &TopicKey) -> &mut Fifo {
        self.fifos.entry(key.clone()).or_default()
    }

    /// Keeps a message in the archive of its topic, if that has one; tells whether.
    pub fn archive(&mut self, message: &Arc<Message>, now: Moment) -> bool {
        let Some(topic) = self.directory.topic(&message.topic) else { return false };
        let Some(kept) = archive_of(&topic.record) else { return false };
        self.fifo(&message.topic).archive(Arc::clone(message), kept, now);
        true
    }

    /// The archived messages that a replay asks for.
    pub fn archived(&mut self, topic: &Topic, replay: Replay, now: Moment) -> Vec<Arc<Message>> {
        let Some(kept) = archive_of(topic) else { return Vec::new() };
        let fifo = self.fifo(&topic.key);
        fifo.expire(kept, now);
        let is_meant = |message: &&Arc<Message>| {
            let at = message.published_at;
            at >= replay.from && replay.until.is_none_or(|until| at <= until)
        };
        fifo.archived().filter(is_meant).cloned().collect()
    }

    /// Everything, as one document.
    #[must_use]
    pub fn snapshot(&self, mailbox: &Mailbox) -> Snapshot {
        let mut snapshot = Snapshot::new();
        snapshot.changes = self.directory.changes();
        let fifos = self.fifos.iter().map(|(key, fifo)| SavedFifo {
            topic: key.clone(),
            last: fifo.last(),
            seen: fifo.seen().cloned().collect(),
            archive: fifo.archived().cloned().collect(),
        });
        snapshot.fifos = fifos.collect();
        let mut known: HashMap<*const Message, usize> = HashMap::new();
        for delivery in self.schedule.all() {
            let message = *known.entry(Arc::as_ptr(&delivery.message)).or_insert_with(|| {
                snapshot.messages.push(Arc::clone(&delivery.message));
                snapshot.messages.len() - 1
            });
            snapshot.deliveries.push(SavedDelivery {
                message,
                subscription: Arc::clone(&delivery.subscription),
                tries: delivery.tries,
                attempts: delivery.attempts.clone(),
                due: delivery.due,
                is_replay: delivery.is_replay,
            });
        }
        snapshot.causes = self.history.all().cloned().collect();
        snapshot.letters = mailbox.all();
        snapshot
    }

    /// Makes a core of a document.
    #[must_use]
    pub fn restored(snapshot: Snapshot, mailbox: &Mailbox) -> Self {
        let mut core = Self::default();
        for change in &snapshot.changes {
            core.directory.apply(change);
        }
        for saved in snapshot.fifos {
            let fifo = core.fifo(&saved.topic);
            fifo.skip_to(saved.last);
            saved.seen.into_iter().for_each(|seen| fifo.remember(seen));
            for message in saved.archive {
                let at = message.published_at;
                fifo.archive(message, Duration::MAX, at);
            }
        }
        for saved in snapshot.deliveries {
            let Some(message) = snapshot.messages.get(saved.message) else { continue };
            core.schedule.add(Delivery {
                id: 0,
                message: Arc::clone(message),
                subscription: saved.subscription,
                tries: saved.tries,
                attempts: saved.attempts,
                due: saved.due,
                is_replay: saved.is_replay,
            });
        }
        snapshot.causes.into_iter().for_each(|cause| core.history.put(cause));
        snapshot.letters.into_iter().for_each(|letter| mailbox.restore(letter));
        core
    }
}

/// How long the archive of a topic keeps messages, if it has one.
#[must_use]
pub fn archive_of(topic: &Topic) -> Option<Duration> {
    retention(topic.attributes.get("ArchivePolicy")?).ok().flatten()
}

/// Applies what a journal holds, in order; deliveries are found again by message and subscription.
#[derive(Debug)]
pub struct Recovery<'a> {
    /// The state so far.
    pub core: Core,
    mailbox: &'a Mailbox,
    ids: HashMap<(Arc<str>, Arc<str>), u64>,
}

impl<'a> Recovery<'a> {
    /// Begins with the state of a checkpoint.
    #[must_use]
    pub fn new(core: Core, mailbox: &'a Mailbox) -> Self {
        let ids = core.schedule.all().into_iter().map(|delivery| (name(delivery), delivery.id));
        let ids = ids.collect();
        Self { core, mailbox, ids }
    }

    /// Applies one entry.
    pub fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Changed(changes) => self.core.change(&changes),
            Entry::Accepted { message, targets, seen, is_archived } => {
                if let Some(seen) = seen {
                    self.core.fifo(&message.topic).remember(seen);
                }
                let at = message.published_at;
                if is_archived {
                    self.core.archive(&message, at);
                }
                for target in targets {
                    self.add(&message, target, at, false);
                }
            }
            Entry::Replayed { subscription, sequences } => {
                let Some(topic) = TopicKey::of_subscription(&subscription) else { return };
                let wanted = self.core.fifo(&topic).archived().filter(|message| {
                    message.sequence.is_some_and(|it| sequences.binary_search(&it).is_ok())
                });
                for message in wanted.cloned().collect::<Vec<_>>() {
                    let at = message.published_at;
                    self.add(&message, Arc::clone(&subscription), at, true);
                }
            }
            Entry::Tried { message, subscription, tries, due, attempt } => {
                if let Some(&id) = self.ids.get(&(message, subscription)) {
                    self.tried(id, tries, due, attempt);
                }
            }
            Entry::Over { message, subscription, cause } => {
                if let Some(id) = self.ids.remove(&(message, subscription)) {
                    self.core.schedule.over(id);
                }
                if let Some(cause) = cause {
                    self.core.history.put(*cause);
                }
            }
            Entry::Letter(letter) => self.mailbox.restore(letter),
            Entry::Mark => {}
            Entry::Reset => {
                self.core = Core::default();
                self.mailbox.clear();
                self.ids.clear();
            }
        }
    }

    fn add(&mut self, message: &Arc<Message>, target: Arc<str>, due: Moment, is_replay: bool) {
        let id = self.core.schedule.add(Delivery {
            id: 0,
            message: Arc::clone(message),
            subscription: Arc::clone(&target),
            tries: 0,
            attempts: Vec::new(),
            due,
            is_replay,
        });
        self.ids.insert((Arc::clone(&message.id), target), id);
    }

    fn tried(&mut self, id: u64, tries: u32, due: Moment, attempt: Attempt) {
        self.core.schedule.resume(id, tries, due, attempt);
    }
}

fn name(delivery: &Delivery) -> (Arc<str>, Arc<str>) {
    (Arc::clone(&delivery.message.id), Arc::clone(&delivery.subscription))
}
