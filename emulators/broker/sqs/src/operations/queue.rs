//! Making, changing, emptying and deleting queues, and their permissions.

use brume_edge::{Answer, AwsError, Call};
use brume_queues::{Fifo, Queue, QueueKey, Settings};

use super::About;
use super::tags::check_tags;
use crate::errors;
use crate::reply::{Member, Reply, nothing};
use crate::request::{
    CreateQueue, GetQueueAttributes, Pairs, Permission, QueueOnly, SetQueueAttributes,
};
use crate::service::{Sqs, read, wire};
use crate::{address, attributes, permission, redrive};

impl Sqs {
    pub(crate) async fn create_queue(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<CreateQueue>(call)?;
        let name = request.queue_name.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| errors::missing_parameter("QueueName"))?;
        let is_fifo = asks_for_fifo(&request.attributes);
        check_name(&name, is_fifo)?;
        check_tags(&name, &request.tags)?;
        let key = QueueKey::new(call.caller.account, call.caller.region, &name);
        let reply = Reply::text("QueueUrl", address::queue_url(&call.base_url, &key));
        let about = About::queue(wire(call), &name);
        let _alone = self.changing.lock().await;
        if let Some(queue) = self.queues.get(&key) {
            // Attributes that the caller does not mention need not be the usual ones.
            let difference = attributes::first_difference(&queue.settings(), &request.attributes)?;
            return match difference {
                Some(attribute) => Err(errors::queue_exists(&attribute)),
                None => Ok(reply.answer(about.wire)),
            };
        }
        let fifo = is_fifo.then(Fifo::default);
        let mut settings = Settings { fifo, ..Settings::default() };
        attributes::apply(&mut settings, &request.attributes, true)?;
        if let Some(redrive) = &settings.redrive {
            redrive::check_target(&self.queues, &key, redrive)?;
        }
        let created = self.queues.create(key, settings, request.tags).await;
        created.map_err(|error| about.error(error))?;
        Ok(reply.answer(about.wire))
    }

    pub(crate) async fn delete_queue(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<QueueOnly>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let about = About::queue(wire(call), &queue.key().name);
        self.queues.delete(queue.key()).await.map_err(|error| about.error(error))?;
        Ok(nothing(about.wire))
    }

    pub(crate) async fn purge_queue(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<QueueOnly>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let about = About::queue(wire(call), &queue.key().name);
        queue.purge().await.map_err(|error| about.error(error))?;
        Ok(nothing(about.wire))
    }

    pub(crate) fn get_queue_attributes(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<GetQueueAttributes>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let found = attributes::read(&queue, &request.attribute_names)?;
        let pairs = found.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(pairs_reply("Attributes", "Attribute", ["Name", "Value"], pairs).answer(wire(call)))
    }

    pub(crate) async fn set_queue_attributes(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<SetQueueAttributes>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        if request.attributes.is_empty() {
            return Err(errors::missing_parameter("Attributes"));
        }
        let names_redrive = request.attributes.iter().any(|(name, _)| name == "RedrivePolicy");
        self.configure(call, &queue, |settings| {
            attributes::apply(settings, &request.attributes, false)?;
            match &settings.redrive {
                Some(redrive) if names_redrive => {
                    redrive::check_target(&self.queues, queue.key(), redrive)
                }
                _ => Ok(()),
            }
        })
        .await
    }

    pub(crate) async fn add_permission(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<Permission>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let label = request.label.ok_or_else(|| errors::missing_parameter("Label"))?;
        let (accounts, actions, arn) = (request.accounts, request.actions, queue.arn());
        self.configure(call, &queue, |settings| {
            let policy = settings.policy.as_deref();
            settings.policy = Some(permission::add(policy, arn, &label, &accounts, &actions)?);
            Ok(())
        })
        .await
    }

    pub(crate) async fn remove_permission(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<Permission>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let label = request.label.ok_or_else(|| errors::missing_parameter("Label"))?;
        let arn = queue.arn();
        self.configure(call, &queue, |settings| {
            settings.policy = permission::remove(settings.policy.as_deref(), arn, &label)?;
            Ok(())
        })
        .await
    }

    /// Changes the settings of a queue, one caller after the other.
    async fn configure(
        &self,
        call: &Call,
        queue: &Queue,
        change: impl FnOnce(&mut Settings) -> Result<(), AwsError>,
    ) -> Result<Answer, AwsError> {
        let about = About::queue(wire(call), &queue.key().name);
        let _alone = self.changing.lock().await;
        let mut settings = Settings::clone(&queue.settings());
        change(&mut settings)?;
        queue.configure(settings).await.map_err(|error| about.error(error))?;
        Ok(nothing(about.wire))
    }
}

/// A map, or nothing at all when it is empty.
pub(super) fn pairs_reply(
    json_name: &'static str,
    xml_name: &'static str,
    names: [&'static str; 2],
    pairs: Pairs,
) -> Reply {
    if pairs.is_empty() {
        return Reply::default();
    }
    Reply(vec![Member::Pairs(json_name, xml_name, names, pairs)])
}

fn asks_for_fifo(attributes: &[(String, String)]) -> bool {
    let fifo = attributes.iter().rfind(|(name, _)| name == "FifoQueue");
    fifo.is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"))
}

fn check_name(name: &str, is_fifo: bool) -> Result<(), AwsError> {
    if address::is_name(name, is_fifo) {
        return Ok(());
    }
    Err(errors::invalid_parameter(if is_fifo {
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or \
         underscores, must end with .fifo suffix and be 1 to 80 in length."
    } else {
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    }))
}
