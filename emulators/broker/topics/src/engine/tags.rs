//! Tags of topics.

use super::Topics;
use crate::error::{Result, TopicError};
use crate::requests::Pairs;

/// Tags of one topic.
const TAGS_MAX: usize = 50;

impl Topics {
    /// Tags of a topic.
    ///
    /// # Errors
    /// `ResourceNotFound`.
    pub fn tags(&self, topic_arn: &str) -> Result<Pairs> {
        self.with_topic(topic_arn, |entry| super::pairs(entry.record.tags.clone()))
            .map_err(not_found)
    }

    /// Sets tags.
    ///
    /// # Errors
    /// `ResourceNotFound`; `TagLimitExceeded` for more than 50 in all.
    pub async fn tag(&self, topic_arn: &str, tags: Pairs) -> Result<()> {
        self.change_topic(topic_arn, |topic| {
            topic.tags.extend(tags);
            if topic.tags.len() > TAGS_MAX {
                let message = "Could not complete request: tag quota of per resource exceeded";
                return Err(TopicError::TagLimitExceeded(message.to_owned()));
            }
            Ok(())
        })
        .await
        .map_err(not_found)
    }

    /// Removes tags; those that are not there do not matter.
    ///
    /// # Errors
    /// `ResourceNotFound`.
    pub async fn untag(&self, topic_arn: &str, keys: &[String]) -> Result<()> {
        self.change_topic(topic_arn, |topic| {
            for key in keys {
                topic.tags.remove(key);
            }
            Ok(())
        })
        .await
        .map_err(not_found)
    }
}

/// Calls about tags have another word for it.
fn not_found(error: TopicError) -> TopicError {
    match error {
        TopicError::NotFound(_) => {
            TopicError::ResourceNotFound("Resource does not exist".to_owned())
        }
        other => other,
    }
}
