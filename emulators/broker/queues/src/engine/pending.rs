//! Changes that are made but not durable yet, in the order of the journal.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use brume_foundation::Error;
use brume_foundation::journal::{Ticket, TicketState};

use super::slab::Placement;

/// What a message was before a change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prior {
    pub(super) placement: Placement,
    pub(super) until_ms: u64,
    pub(super) first_received_at_ms: u64,
    pub(super) leased_at_ms: u64,
}

/// One change of one message, with what is needed to take it back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// It is new.
    Put { slot: u32 },
    /// It was given to a receiver.
    Lease { slot: u32, prior: Prior },
    /// Its visibility was changed, or it was deleted or moved.
    Change { slot: u32, prior: Prior },
    /// Everything before the horizon is dead; holds the horizon before.
    Purge { horizon: u64 },
}

/// A ticket that is not there yet: the record is written when all queues of a fan-out are ready.
pub(crate) type Promise = Arc<OnceLock<Result<Ticket, Error>>>;

/// What tells whether a change is durable.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    Ticket(Ticket),
    Promise(Promise),
}

impl Proof {
    /// Waits until it is known whether the change is durable.
    ///
    /// # Errors
    /// It never will be.
    pub(crate) async fn durable(&self) -> Result<(), Error> {
        loop {
            match self {
                Self::Ticket(ticket) => return ticket.clone().await.map(drop),
                Self::Promise(promise) => match promise.get() {
                    Some(Ok(ticket)) => return ticket.clone().await.map(drop),
                    Some(Err(error)) => return Err(error.clone()),
                    // Whoever fans out is about to write the record, and waits for nothing.
                    None => tokio::task::yield_now().await,
                },
            }
        }
    }

    pub(crate) fn state(&self) -> TicketState {
        match self {
            Self::Ticket(ticket) => ticket.state(),
            Self::Promise(promise) => match promise.get() {
                None => TicketState::Waiting,
                Some(Ok(ticket)) => ticket.state(),
                Some(Err(error)) => TicketState::Failed(error.clone()),
            },
        }
    }
}

#[derive(Debug)]
struct Entry {
    proof: Proof,
    steps: usize,
}

/// The changes of one queue that wait for the disk.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    entries: VecDeque<Entry>,
    steps: VecDeque<Step>,
}

/// What is to be done with steps whose fate is known.
pub(super) enum Verdict {
    Commit(Step),
    Undo(Step),
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The newest record, upon which the next one builds. Nothing is built on a promise.
    pub(crate) fn last_ticket(&self) -> Option<&Ticket> {
        self.entries.iter().rev().find_map(|entry| match &entry.proof {
            Proof::Ticket(ticket) => Some(ticket),
            Proof::Promise(promise) => promise.get()?.as_ref().ok(),
        })
    }

    /// What everything waits for that is not durable yet.
    pub(crate) fn proofs(&self) -> Vec<Proof> {
        self.entries.iter().map(|entry| entry.proof.clone()).collect()
    }

    pub(super) fn push(&mut self, proof: Proof, steps: impl Iterator<Item = Step>) {
        let before = self.steps.len();
        self.steps.extend(steps);
        self.entries.push_back(Entry { proof, steps: self.steps.len() - before });
    }

    /// Takes the changes out that have become durable or have failed, in the order in which they
    /// are to be committed or taken back.
    pub(super) fn settle(&mut self, verdicts: &mut Vec<Verdict>) {
        while let Some(first) = self.entries.front() {
            match first.proof.state() {
                TicketState::Waiting => return,
                TicketState::Durable => {
                    let steps = self.steps.drain(..first.steps);
                    verdicts.extend(steps.map(Verdict::Commit));
                    self.entries.pop_front();
                }
                TicketState::Failed(_) => return self.fail(verdicts),
            }
        }
    }

    /// Takes out all changes that have failed, the newest first. What is left between them are
    /// puts of a fan-out, on which nothing was built.
    fn fail(&mut self, verdicts: &mut Vec<Verdict>) {
        let mut kept = Vec::new();
        while let Some(last) = self.entries.pop_back() {
            let steps = self.steps.split_off(self.steps.len() - last.steps);
            if matches!(last.proof.state(), TicketState::Failed(_)) {
                verdicts.extend(steps.into_iter().rev().map(Verdict::Undo));
            } else {
                kept.push((last, steps));
            }
        }
        for (entry, steps) in kept.into_iter().rev() {
            self.entries.push_back(entry);
            self.steps.extend(steps);
        }
    }
}
