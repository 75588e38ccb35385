//! Which redrive policies are accepted.

use crate::hub::Hub;
use crate::{QueueError, QueueKey, Settings};

const REDRIVE: &str = "RedrivePolicy";

/// Checks that a queue may use the dead-letter queue that its settings name.
///
/// # Errors
/// [`QueueError::InvalidAttributeValue`].
pub(crate) fn check_redrive(
    hub: &Hub,
    key: &QueueKey,
    settings: &Settings,
) -> Result<(), QueueError> {
    let wrong =
        |attribute, reason: String| Err(QueueError::InvalidAttributeValue { attribute, reason });
    if key.is_fifo() != settings.fifo.is_some() {
        return wrong("FifoQueue", "the name of a FIFO queue ends with .fifo".to_owned());
    }
    let Some(redrive) = &settings.redrive else { return Ok(()) };
    let target = &redrive.target;
    let Some(target_key) = QueueKey::of(target) else {
        return wrong(REDRIVE, format!("{target} is not the ARN of a queue"));
    };
    if (target_key.account, target_key.region) != (key.account, key.region) {
        return wrong(REDRIVE, "the dead-letter queue is of another account or region".to_owned());
    }
    if target_key.is_fifo() != key.is_fifo() {
        let kind = if key.is_fifo() { "FIFO" } else { "standard" };
        return wrong(REDRIVE, format!("the dead-letter queue of a {kind} queue must be one too"));
    }
    if target_key == *key {
        return Ok(());
    }
    let Some(queue) = hub.registry().get(&target_key).cloned() else {
        return wrong(REDRIVE, "Dead letter target does not exist.".to_owned());
    };
    let allow = queue.settings().redrive_allow.clone();
    if allow.is_some_and(|allow| !allow.allows(&key.arn())) {
        return wrong(REDRIVE, format!("{target} does not allow this queue to use it"));
    }
    Ok(())
}
