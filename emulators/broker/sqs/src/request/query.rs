//! Query forms: the names that members have there.
//!
//! Lists are flattened and have names of their own: `AttributeName.N`, `Attribute.N.Name` and
//! `.Value`, `MessageAttribute.N.Name` and `.Value.StringValue`, `Tag.N.Key` and `.Value`.

use brume_edge::AwsError;

use super::form::Form;
use super::{
    AttributeInput, AttributeInputs, Batch, CancelMove, CreateQueue, GetQueueAttributes,
    GetQueueUrl, HandleInput, ListMoves, ListQueues, MessageInput, Pairs, Permission, QueueOnly,
    ReceiveMessage, SendMessage, SetQueueAttributes, StartMove, TagQueue, Text, UntagQueue,
};
use crate::errors;

/// A request that can be read from a Query form.
pub trait FromForm<'a>: Sized {
    /// Reads a form. Lists of a batch have the operation's name in theirs.
    ///
    /// # Errors
    /// A number that is none: `InvalidParameterValue`.
    fn from_form(form: &Form<'a>, action: &str) -> Result<Self, AwsError>;
}

fn owned(form: &Form<'_>, name: &str) -> Option<String> {
    form.get(name).map(str::to_owned)
}

fn text<'a>(form: &Form<'a>, name: &str) -> Option<Text<'a>> {
    form.get(name).map(Text::Borrowed)
}

fn texts<'a>(form: &Form<'a>, name: &str) -> Vec<Text<'a>> {
    form.values(name).into_iter().map(Text::Borrowed).collect()
}

fn strings(form: &Form<'_>, name: &str) -> Vec<String> {
    form.values(name).into_iter().map(str::to_owned).collect()
}

fn pairs(form: &Form<'_>, prefix: &str, name: &str) -> Pairs {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    form.pairs(prefix, name, "Value").into_iter().map(owned).collect()
}

fn number(form: &Form<'_>, name: &str) -> Result<Option<i64>, AwsError> {
    let Some(text) = form.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| errors::invalid_value(text, name, "Must be an integer."))
}

fn attributes<'a>(form: &Form<'a>, prefix: &str) -> AttributeInputs<'a> {
    let attribute = |member: &Form<'a>| {
        let value = AttributeInput {
            data_type: text(member, "Value.DataType"),
            string_value: text(member, "Value.StringValue"),
            binary_value: text(member, "Value.BinaryValue"),
            string_list_values: strings(member, "Value.StringListValue"),
            binary_list_values: strings(member, "Value.BinaryListValue"),
        };
        (Text::Borrowed(member.get("Name").unwrap_or_default()), value)
    };
    form.members(prefix).iter().map(attribute).collect()
}

fn message<'a>(form: &Form<'a>) -> Result<MessageInput<'a>, AwsError> {
    Ok(MessageInput {
        id: text(form, "Id"),
        message_body: text(form, "MessageBody"),
        delay_seconds: number(form, "DelaySeconds")?,
        message_attributes: attributes(form, "MessageAttribute"),
        message_system_attributes: attributes(form, "MessageSystemAttribute"),
        message_deduplication_id: text(form, "MessageDeduplicationId"),
        message_group_id: text(form, "MessageGroupId"),
    })
}

impl<'a> FromForm<'a> for SendMessage<'a> {
    fn from_form(form: &Form<'a>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self { queue_url: text(form, "QueueUrl"), message: message(form)? })
    }
}

impl<'a> FromForm<'a> for Batch<'a, MessageInput<'a>> {
    fn from_form(form: &Form<'a>, action: &str) -> Result<Self, AwsError> {
        let members = form.members(&entry_name(action));
        let entries = members.iter().map(message).collect::<Result<_, _>>()?;
        Ok(Self { queue_url: text(form, "QueueUrl"), entries })
    }
}

impl<'a> FromForm<'a> for HandleInput<'a> {
    fn from_form(form: &Form<'a>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self {
            queue_url: text(form, "QueueUrl"),
            id: text(form, "Id"),
            receipt_handle: text(form, "ReceiptHandle"),
            visibility_timeout: number(form, "VisibilityTimeout")?,
        })
    }
}

impl<'a> FromForm<'a> for Batch<'a, HandleInput<'a>> {
    fn from_form(form: &Form<'a>, action: &str) -> Result<Self, AwsError> {
        let members = form.members(&entry_name(action));
        let entry = |member| HandleInput::from_form(member, action);
        let entries = members.iter().map(entry).collect::<Result<_, _>>()?;
        Ok(Self { queue_url: text(form, "QueueUrl"), entries })
    }
}

/// `SendMessageBatchRequestEntry`.
pub(crate) fn entry_name(action: &str) -> String {
    format!("{action}RequestEntry")
}

impl<'a> FromForm<'a> for ReceiveMessage<'a> {
    fn from_form(form: &Form<'a>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self {
            queue_url: text(form, "QueueUrl"),
            attribute_names: texts(form, "AttributeName"),
            message_system_attribute_names: texts(form, "MessageSystemAttributeName"),
            message_attribute_names: texts(form, "MessageAttributeName"),
            max_number_of_messages: number(form, "MaxNumberOfMessages")?,
            visibility_timeout: number(form, "VisibilityTimeout")?,
            wait_time_seconds: number(form, "WaitTimeSeconds")?,
            receive_request_attempt_id: text(form, "ReceiveRequestAttemptId"),
        })
    }
}

impl FromForm<'_> for CreateQueue {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self {
            queue_name: owned(form, "QueueName"),
            attributes: pairs(form, "Attribute", "Name"),
            tags: pairs(form, "Tag", "Key"),
        })
    }
}

impl FromForm<'_> for GetQueueUrl {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        let owner = owned(form, "QueueOwnerAWSAccountId");
        Ok(Self { queue_name: owned(form, "QueueName"), owner })
    }
}

impl FromForm<'_> for ListQueues {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self {
            queue_url: owned(form, "QueueUrl"),
            queue_name_prefix: owned(form, "QueueNamePrefix"),
            next_token: owned(form, "NextToken"),
            max_results: number(form, "MaxResults")?,
        })
    }
}

impl FromForm<'_> for QueueOnly {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self { queue_url: owned(form, "QueueUrl") })
    }
}

impl FromForm<'_> for GetQueueAttributes {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        let attribute_names = strings(form, "AttributeName");
        Ok(Self { queue_url: owned(form, "QueueUrl"), attribute_names })
    }
}

impl FromForm<'_> for SetQueueAttributes {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        let attributes = pairs(form, "Attribute", "Name");
        Ok(Self { queue_url: owned(form, "QueueUrl"), attributes })
    }
}

impl FromForm<'_> for TagQueue {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self { queue_url: owned(form, "QueueUrl"), tags: pairs(form, "Tag", "Key") })
    }
}

impl FromForm<'_> for UntagQueue {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self { queue_url: owned(form, "QueueUrl"), tag_keys: strings(form, "TagKey") })
    }
}

impl FromForm<'_> for Permission {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self {
            queue_url: owned(form, "QueueUrl"),
            label: owned(form, "Label"),
            accounts: strings(form, "AWSAccountId"),
            actions: strings(form, "ActionName"),
        })
    }
}

impl FromForm<'_> for StartMove {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        let rate = number(form, "MaxNumberOfMessagesPerSecond")?;
        Ok(Self {
            source_arn: owned(form, "SourceArn"),
            destination_arn: owned(form, "DestinationArn"),
            max_number_of_messages_per_second: rate,
        })
    }
}

impl FromForm<'_> for ListMoves {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        let max_results = number(form, "MaxResults")?;
        Ok(Self { source_arn: owned(form, "SourceArn"), max_results })
    }
}

impl FromForm<'_> for CancelMove {
    fn from_form(form: &Form<'_>, _action: &str) -> Result<Self, AwsError> {
        Ok(Self { task_handle: owned(form, "TaskHandle") })
    }
}
