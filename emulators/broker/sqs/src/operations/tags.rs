//! Tags of queues.

use brume_edge::{Answer, AwsError, Call};

use super::About;
use super::queue::pairs_reply;
use crate::errors;
use crate::reply::nothing;
use crate::request::{QueueOnly, TagQueue, UntagQueue};
use crate::service::{Sqs, read, wire};

/// Tags of a queue; developer guide, "queue quotas".
const TAGS_MAX: usize = 50;
/// Characters of a key.
const KEY_CHARACTERS_MAX: usize = 128;
/// Characters of a value.
const VALUE_CHARACTERS_MAX: usize = 256;

impl Sqs {
    pub(crate) async fn tag_queue(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<TagQueue>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let name = &queue.key().name;
        if request.tags.is_empty() {
            return Err(errors::missing_parameter("Tags"));
        }
        check_tags(name, &request.tags)?;
        let about = About::queue(wire(call), name);
        queue.tag(request.tags).await.map_err(|error| about.error(error))?;
        Ok(nothing(about.wire))
    }

    pub(crate) async fn untag_queue(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<UntagQueue>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        if request.tag_keys.is_empty() {
            return Err(errors::missing_parameter("TagKeys"));
        }
        let about = About::queue(wire(call), &queue.key().name);
        queue.untag(&request.tag_keys).await.map_err(|error| about.error(error))?;
        Ok(nothing(about.wire))
    }

    pub(crate) fn list_queue_tags(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<QueueOnly>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        Ok(pairs_reply("Tags", "Tag", ["Key", "Value"], queue.tags()).answer(wire(call)))
    }
}

/// Checks tags that are to be set.
///
/// # Errors
/// `InvalidParameterValue`.
pub(super) fn check_tags(queue: &str, tags: &[(String, String)]) -> Result<(), AwsError> {
    if tags.len() > TAGS_MAX {
        let message = format!("Too many tags added for queue {queue}.");
        return Err(errors::invalid_parameter(message));
    }
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > KEY_CHARACTERS_MAX {
            let message = "Tag keys must be between 1 and 128 characters in length.";
            return Err(errors::invalid_parameter(message));
        }
        if value.chars().count() > VALUE_CHARACTERS_MAX {
            let message = "Tag values must be between 0 and 256 characters in length.";
            return Err(errors::invalid_parameter(message));
        }
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            let message = "Tag keys cannot begin with 'aws:', which is reserved for AWS use.";
            return Err(errors::invalid_parameter(message));
        }
    }
    Ok(())
}
