//! The one task that wakes up when a queue has something to do: a delay or a visibility timeout
//! ends, a message expires, a purged queue is to be swept.

use std::sync::Arc;

use brume_foundation::clock::{Moment, Tick};

use crate::hub::Hub;

/// Messages of one queue that are dealt with under one lock.
const MESSAGES_MAX: usize = 1_000;

/// Runs until the hub is closed.
pub(crate) async fn drive(hub: Arc<Hub>) {
    // Held until the next timer is set: an advanced clock goes no further meanwhile.
    let mut held: Option<Tick> = None;
    while !hub.is_closed() {
        let changed = hub.due_changed.notified();
        let next_ms = hub.first_due_ms();
        let sleep = next_ms.map(|ms| hub.clock.sleep_until(Moment::from_unix_millis(ms)));
        drop(held.take());
        match sleep {
            Some(sleep) => tokio::select! {
                tick = sleep => {
                    work(&hub).await;
                    held = Some(tick);
                }
                () = changed => {}
            },
            None => changed.await,
        }
    }
}

/// Does what is due.
async fn work(hub: &Hub) {
    let now_ms = hub.now_ms();
    while let Some(id) = hub.pop_due(now_ms) {
        let Some(queue) = hub.registry().by_id(id).cloned() else { continue };
        while queue.tick(MESSAGES_MAX) {
            tokio::task::yield_now().await;
        }
    }
}
