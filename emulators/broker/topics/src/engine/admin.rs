//! What no AWS action shows: causes, the mailbox, the certificate.

use super::Topics;
use crate::cause::{Cause, CauseQuery, Outcome};
use crate::deliver::cause_so_far;
use crate::error::Result;
use crate::history::matches;
use crate::mailbox::Mailbox;
use crate::requests::Page;

/// Deliveries still tried that the first page of causes is looked for among.
const RETRYING_MAX: usize = 1_000;

impl Topics {
    /// Mail, text messages, push notifications and stream records.
    pub fn mailbox(&self) -> &Mailbox {
        &self.shared.mailbox
    }

    /// Exact causes of failed deliveries, newest first. The first page begins with those that are
    /// still tried.
    pub fn causes(&self, query: &CauseQuery) -> Page<Cause> {
        let core = self.shared.core();
        let mut page = core.history.find(query);
        if query.after.is_some() {
            return page;
        }
        let mut first = Vec::new();
        for delivery in core.schedule.failing().take(RETRYING_MAX) {
            let Some(entry) = core.directory.subscription(&delivery.subscription) else { continue };
            let next_at = delivery.due;
            let cause = cause_so_far(entry, delivery, Outcome::Retrying { next_at });
            if matches(&cause, query) {
                first.push(cause);
            }
        }
        first.append(&mut page.items);
        Page { items: first, next: page.next }
    }

    /// How many deliveries wait or are being tried.
    pub fn pending(&self) -> usize {
        self.shared.core().schedule.len()
    }

    /// Path of the signing certificate on the edge: `/SimpleNotificationService-….pem`. Makes the
    /// key when there is none yet, which takes a moment.
    ///
    /// # Errors
    /// The key can neither be loaded nor made.
    pub fn certificate_path(&self) -> Result<String> {
        Ok(self.shared.signer.key()?.path().to_owned())
    }

    /// The signing certificate, PEM. Made at the first call, which takes a moment.
    ///
    /// # Errors
    /// The key can neither be loaded nor made.
    pub async fn certificate_pem(&self) -> Result<String> {
        Ok(self.shared.key().await?.certificate_pem().to_owned())
    }

    /// Writes a checkpoint now, however little was written since the last one.
    ///
    /// # Errors
    /// The disk refuses.
    #[cfg(test)]
    pub(crate) async fn checkpoint_now(&self) -> brume_foundation::Result<()> {
        self.shared.checkpoint().await
    }

    /// Whether a signing key was needed so far.
    #[cfg(test)]
    pub(crate) fn has_key(&self) -> bool {
        self.shared.signer.ready().is_some()
    }

    /// Whether all that is left waits for its time.
    #[cfg(test)]
    pub(crate) fn is_waiting(&self) -> bool {
        let now = self.shared.now();
        let due = self.shared.core().schedule.next_due();
        let flying = self.shared.in_flight.load(std::sync::atomic::Ordering::Acquire);
        flying == 0 && due.is_some_and(|due| due > now)
    }
}
