//! The operations, by what they are about.

mod permissions;
mod platform;
mod publish;
mod sms;
mod subscriptions;
mod tags;
mod topics;

use brume_edge::AwsError;

use crate::request::{Reply, Request};

/// Every action of SNS, API version 2010-03-31.
pub(crate) const ACTIONS: [&str; 42] = [
    "AddPermission",
    "CheckIfPhoneNumberIsOptedOut",
    "ConfirmSubscription",
    "CreatePlatformApplication",
    "CreatePlatformEndpoint",
    "CreateSMSSandboxPhoneNumber",
    "CreateTopic",
    "DeleteEndpoint",
    "DeletePlatformApplication",
    "DeleteSMSSandboxPhoneNumber",
    "DeleteTopic",
    "GetDataProtectionPolicy",
    "GetEndpointAttributes",
    "GetPlatformApplicationAttributes",
    "GetSMSAttributes",
    "GetSMSSandboxAccountStatus",
    "GetSubscriptionAttributes",
    "GetTopicAttributes",
    "ListEndpointsByPlatformApplication",
    "ListOriginationNumbers",
    "ListPhoneNumbersOptedOut",
    "ListPlatformApplications",
    "ListSMSSandboxPhoneNumbers",
    "ListSubscriptions",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "ListTopics",
    "OptInPhoneNumber",
    "Publish",
    "PublishBatch",
    "PutDataProtectionPolicy",
    "RemovePermission",
    "SetEndpointAttributes",
    "SetPlatformApplicationAttributes",
    "SetSMSAttributes",
    "SetSubscriptionAttributes",
    "SetTopicAttributes",
    "Subscribe",
    "TagResource",
    "Unsubscribe",
    "UntagResource",
    "VerifySMSSandboxPhoneNumber",
];

/// Actions that other services have under the same name.
const SHARED: [&str; 5] =
    ["AddPermission", "ListTagsForResource", "RemovePermission", "TagResource", "UntagResource"];

/// Whether an action without a signature can only be one of SNS.
pub(crate) fn is_only_ours(action: &str) -> bool {
    ACTIONS.contains(&action) && !SHARED.contains(&action)
}

/// Answers one call.
pub(crate) async fn answer(action: &str, request: &Request<'_>) -> Reply {
    match action {
        "Publish" => publish::publish(request).await,
        "PublishBatch" => publish::publish_batch(request).await,

        "CreateTopic" => topics::create(request).await,
        "DeleteTopic" => topics::delete(request).await,
        "GetTopicAttributes" => topics::get_attributes(request),
        "SetTopicAttributes" => topics::set_attributes(request).await,
        "ListTopics" => topics::list(request),
        "GetDataProtectionPolicy" => topics::get_data_protection_policy(request),
        "PutDataProtectionPolicy" => topics::put_data_protection_policy(request).await,

        "AddPermission" => permissions::add(request).await,
        "RemovePermission" => permissions::remove(request).await,

        "ListTagsForResource" => tags::list(request),
        "TagResource" => tags::tag(request).await,
        "UntagResource" => tags::untag(request).await,

        "Subscribe" => subscriptions::subscribe(request).await,
        "ConfirmSubscription" => subscriptions::confirm(request).await,
        "Unsubscribe" => subscriptions::unsubscribe(request).await,
        "GetSubscriptionAttributes" => subscriptions::get_attributes(request),
        "SetSubscriptionAttributes" => subscriptions::set_attributes(request).await,
        "ListSubscriptions" => subscriptions::list(request),
        "ListSubscriptionsByTopic" => subscriptions::list_by_topic(request),

        "CreatePlatformApplication" => platform::create_application(request).await,
        "DeletePlatformApplication" => platform::delete_application(request).await,
        "GetPlatformApplicationAttributes" => platform::get_application_attributes(request),
        "SetPlatformApplicationAttributes" => platform::set_application_attributes(request).await,
        "ListPlatformApplications" => platform::list_applications(request),
        "CreatePlatformEndpoint" => platform::create_endpoint(request).await,
        "DeleteEndpoint" => platform::delete_endpoint(request).await,
        "GetEndpointAttributes" => platform::get_endpoint_attributes(request),
        "SetEndpointAttributes" => platform::set_endpoint_attributes(request).await,
        "ListEndpointsByPlatformApplication" => platform::list_endpoints(request),

        "GetSMSAttributes" => sms::get_attributes(request),
        "SetSMSAttributes" => sms::set_attributes(request).await,
        "CheckIfPhoneNumberIsOptedOut" => sms::is_opted_out(request),
        "ListPhoneNumbersOptedOut" => sms::list_opted_out(request),
        "OptInPhoneNumber" => sms::opt_in(request).await,
        "GetSMSSandboxAccountStatus" => sms::sandbox_status(request),
        "CreateSMSSandboxPhoneNumber" => sms::create_sandbox_number(request).await,
        "VerifySMSSandboxPhoneNumber" => sms::verify_sandbox_number(request).await,
        "DeleteSMSSandboxPhoneNumber" => sms::delete_sandbox_number(request).await,
        "ListSMSSandboxPhoneNumbers" => sms::list_sandbox_numbers(request),
        "ListOriginationNumbers" => sms::list_origination_numbers(request),

        _ => Err(AwsError::unknown_action(action)),
    }
}
