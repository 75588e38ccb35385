//! Looking into a queue without consuming from it.
//!
//! Where the endpoint can show its messages, they are shown as they lie. Elsewhere they are
//! received, held for a moment, and given back: SQS has no other way. That counts as a receive,
//! which matters when the queue has a RedrivePolicy of its own, and it blocks FIFO groups for as
//! long.

use std::collections::HashSet;

use brume_plugin::Result;
use brume_plugin::progress::Progress;
use futures_util::future::join_all;

use crate::cloud::Cloud;
use crate::cloud::queues::Queue;
use crate::cloud::transfer::{BATCH_MAX, Receive};
use crate::message::DeadLetter;

/// Receives on their way at the same time; FIFO queues get one, to keep their order.
const PARALLEL_RECEIVES: usize = 8;

/// Seconds that messages are held while a few are looked at.
const HOLD_SECONDS_SHORT: u32 = 30;

/// Seconds that messages are held while the whole queue is read.
const HOLD_SECONDS_LONG: u32 = 300;

/// More than this is no short look.
const SHORT_MAX: usize = 100;

/// Most messages that are held: SQS allows 120,000 in flight.
pub const LOOK_MAX: usize = 100_000;

/// Seconds that a receive waits for messages: long polling asks every server of a queue.
const WAIT_SECONDS: u32 = 1;

/// Which messages to look for.
pub struct Look<'a> {
    /// Stop when this many are found.
    pub limit: usize,
    /// Which ones count.
    pub wanted: &'a dyn Fn(&DeadLetter) -> bool,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The messages that were wanted, oldest first.
    pub letters: Vec<DeadLetter>,
    /// How many were looked at.
    pub looked_at: usize,
    /// Nothing was received: the queue does not know that somebody looked.
    pub is_read_only: bool,
    /// Nothing was left to look at.
    pub is_complete: bool,
    /// Messages that could not be given back; they come back when their hold ends.
    pub held: usize,
}

/// What a look does to this queue, in sentences for the user; empty when it does nothing.
#[must_use]
pub fn warnings(queue: &Queue) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(redrive) = queue.redrive() {
        let count = redrive.max_receive_count.unwrap_or_default();
        warnings.push(format!(
            "'{}' has a RedrivePolicy of its own: every look counts as a receive, and after \
             {count} the message moves on",
            queue.name()
        ));
    }
    if queue.is_fifo() {
        warnings.push(format!(
            "'{}' is a FIFO queue: its groups are blocked during the look, and no more than 10 \
             messages of a group can be seen",
            queue.name()
        ));
    }
    warnings
}

/// Looks into a queue.
///
/// # Errors
/// What SQS says; what was received is given back first, also when the user asks to stop.
pub async fn look(
    cloud: &Cloud,
    queue: &Queue,
    look: &Look<'_>,
    progress: &Progress,
) -> Result<Seen> {
    if let Some(seen) = without_receiving(cloud, queue, look, progress).await? {
        return Ok(seen);
    }
    let mut held: Vec<String> = Vec::new();
    cloud.set_looking(true);
    let outcome = receive_all(cloud, queue, look, &mut held, progress).await;
    progress.update(format_args!("giving back {} messages", held.len()));
    let left = cloud.give_back(&queue.url, &held).await;
    cloud.set_looking(false);
    let mut seen = outcome?;
    seen.held = left;
    // Receiving knows no order; reading does.
    seen.letters.sort_by_key(DeadLetter::sent_at);
    Ok(seen)
}

async fn without_receiving(
    cloud: &Cloud,
    queue: &Queue,
    look: &Look<'_>,
    progress: &Progress,
) -> Result<Option<Seen>> {
    let mut seen = Seen { is_read_only: true, ..Seen::default() };
    let mut after = None;
    loop {
        let Some(page) = cloud.peek(&queue.arn, after.as_deref()).await? else { return Ok(None) };
        for letter in page.letters {
            seen.looked_at += 1;
            if (look.wanted)(&letter) {
                seen.letters.push(letter);
                if seen.letters.len() >= look.limit {
                    return Ok(Some(seen));
                }
            }
        }
        progress.update(format_args!("{} messages looked at", seen.looked_at));
        after = page.next;
        if after.is_none() {
            seen.is_complete = true;
            return Ok(Some(seen));
        }
    }
}

async fn receive_all(
    cloud: &Cloud,
    queue: &Queue,
    look: &Look<'_>,
    held: &mut Vec<String>,
    progress: &Progress,
) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut known: HashSet<String> = HashSet::new();
    let total = usize::try_from(queue.depth()).unwrap_or(LOOK_MAX);
    let is_short = look.limit.min(total) <= SHORT_MAX;
    let hold = if is_short { HOLD_SECONDS_SHORT } else { HOLD_SECONDS_LONG };
    let mut empty_rounds = 0;
    // One empty answer may be chance when the queue is said to hold more.
    while empty_rounds < if known.len() >= total { 1 } else { 2 } {
        let wanted = look.limit.saturating_sub(seen.letters.len());
        let batches = wanted.div_ceil(BATCH_MAX).min(total.saturating_sub(known.len()) / BATCH_MAX);
        let parallel = if queue.is_fifo() { 1 } else { batches.clamp(1, PARALLEL_RECEIVES) };
        // Long polling asks every server of the queue; when all is there that should be, a short
        // look for more is enough.
        let wait_seconds = if known.len() < total { WAIT_SECONDS } else { 0 };
        let receive = Receive { max: BATCH_MAX, visibility_seconds: Some(hold), wait_seconds };
        let answers = join_all((0..parallel).map(|_| cloud.receive(&queue.url, receive))).await;
        let mut failure = None;
        let mut is_empty = true;
        for answer in answers {
            let letters = match answer {
                Ok(letters) => letters,
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            for letter in letters {
                held.extend(letter.receipt_handle.clone());
                // A hold that ran out brings a message a second time.
                if !known.insert(letter.id.clone()) {
                    continue;
                }
                is_empty = false;
                seen.looked_at += 1;
                if seen.letters.len() < look.limit && (look.wanted)(&letter) {
                    seen.letters.push(letter);
                }
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        cloud.check_stopping()?;
        progress.update(format_args!("{} of about {total} messages looked at", seen.looked_at));
        if seen.letters.len() >= look.limit || known.len() >= LOOK_MAX {
            return Ok(seen);
        }
        empty_rounds = if is_empty { empty_rounds + 1 } else { 0 };
    }
    seen.is_complete = !queue.is_fifo();
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::tests::{queue, redrive_to};

    #[test]
    fn what_a_look_does_is_said() {
        assert!(warnings(&queue("dlq", &[])).is_empty());
        let policy = redrive_to("second", 4);
        let found = warnings(&queue("dlq.fifo", &[("RedrivePolicy", &policy)]));
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("after 4 the message moves on"), "{}", found[0]);
        assert!(found[1].contains("blocked"), "{}", found[1]);
    }
}
