//! Topics, their attributes and their data protection policies.

use brume_edge::AwsError;
use brume_topics::requests::CreateTopic;

use crate::arn;
use crate::error::{from_engine, invalid_parameter, missing};
use crate::request::{Reply, Request, nothing, result, single, write_list, write_map};
use crate::validate::{Place, document, names, tags, topic_attributes};

/// A topic that a request names, checked in form, region and permission.
pub(super) fn named<'a>(
    request: &Request<'a>,
    parameter: &str,
    action: &str,
) -> Result<&'a str, AwsError> {
    let place = arn::required(&request.form, parameter, request.caller)?;
    let topic_arn = request.get(parameter).unwrap_or_default();
    request.access.check(request, &place, topic_arn, action)?;
    Ok(topic_arn)
}

pub(super) async fn create(request: &Request<'_>) -> Reply {
    let name = request.get("Name").ok_or_else(|| missing("name"))?;
    let attributes = request.map("Attributes");
    let is_fifo = topic_attributes::is_fifo(&attributes)?;
    names::topic(name, is_fifo)?;
    let attributes = topic_attributes::new(is_fifo, &attributes)?;
    let tags = tags::read(&request.form)?;
    let policy = request.get("DataProtectionPolicy").filter(|text| !text.is_empty());
    if let Some(policy) = policy {
        document::data_protection(policy)?;
    }
    let create = CreateTopic {
        account: request.caller.account,
        region: request.caller.region,
        name: name.to_owned(),
        attributes,
        tags,
        data_protection_policy: policy.map(str::to_owned),
    };
    single("TopicArn", request.topics.create_topic(create).await)
}

pub(super) async fn delete(request: &Request<'_>) -> Reply {
    let topic_arn = match named(request, "TopicArn", "DeleteTopic") {
        Ok(topic_arn) => topic_arn,
        // Deleting what is not there is done already.
        Err(error) if error.code == "NotFound" => return nothing(Ok(())),
        Err(error) => return Err(error),
    };
    nothing(request.topics.delete_topic(topic_arn).await)
}

pub(super) fn get_attributes(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "TopicArn", "GetTopicAttributes")?;
    let attributes =
        request.topics.topic_attributes(topic_arn).map_err(|error| from_engine(&error))?;
    result(|xml| write_map(xml, "Attributes", &attributes))
}

pub(super) async fn set_attributes(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "TopicArn", "SetTopicAttributes")?;
    let name = request.get("AttributeName").ok_or_else(|| missing("attributeName"))?;
    let value = request.get("AttributeValue").unwrap_or_default();
    let is_fifo = topic_arn.ends_with(names::FIFO_SUFFIX);
    let value = topic_attributes::one(Place::Single, name, value, is_fifo)?;
    nothing(request.topics.set_topic_attribute(topic_arn, name, &value).await)
}

pub(super) fn list(request: &Request<'_>) -> Reply {
    let caller = request.caller;
    let page = request
        .topics
        .list_topics(caller.account, caller.region, request.after("NextToken"))
        .map_err(|error| from_engine(&error))?;
    result(|xml| {
        write_list(xml, "Topics", &page.items, |xml, topic_arn| {
            xml.element("TopicArn", topic_arn);
        });
        xml.optional("NextToken", page.next.as_deref());
    })
}

pub(super) fn get_data_protection_policy(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "ResourceArn", "GetDataProtectionPolicy")?;
    single("DataProtectionPolicy", request.topics.data_protection_policy(topic_arn))
}

pub(super) async fn put_data_protection_policy(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "ResourceArn", "PutDataProtectionPolicy")?;
    let policy =
        request.get("DataProtectionPolicy").ok_or_else(|| missing("dataProtectionPolicy"))?;
    if !policy.is_empty() {
        document::data_protection(policy)?;
    }
    if topic_arn.ends_with(names::FIFO_SUFFIX) && !policy.is_empty() {
        return Err(invalid_parameter(
            "DataProtectionPolicy Reason: Data protection policies are not supported for FIFO \
             topics",
        ));
    }
    nothing(request.topics.put_data_protection_policy(topic_arn, policy).await)
}
