//! Platform applications and the endpoints of devices.

use brume_edge::{AwsError, Xml};
use brume_topics::requests::{Described, Page};

use crate::arn;
use crate::error::{from_engine, invalid_parameter, missing};
use crate::request::{Reply, Request, nothing, owned, result, single, write_list, write_map};
use crate::validate::{names, platform};

/// An application that a request names; it belongs to the caller's account.
fn application<'a>(request: &Request<'a>, action: &str) -> Result<&'a str, AwsError> {
    owned_resource(request, "PlatformApplicationArn", "app/", 3, action)
}

/// An endpoint that a request names; it belongs to the caller's account.
fn endpoint<'a>(request: &Request<'a>, action: &str) -> Result<&'a str, AwsError> {
    owned_resource(request, "EndpointArn", "endpoint/", 4, action)
}

fn owned_resource<'a>(
    request: &Request<'a>,
    parameter: &str,
    prefix: &str,
    segments: usize,
    action: &str,
) -> Result<&'a str, AwsError> {
    let place = arn::required(&request.form, parameter, request.caller)?;
    let resource_arn = request.get(parameter).unwrap_or_default();
    let is_good = place.resource.starts_with(prefix)
        && place.resource.split('/').filter(|segment| !segment.is_empty()).count() == segments;
    if !is_good {
        return Err(invalid_parameter(parameter));
    }
    if place.account != request.caller.account {
        return Err(request.access.refusal(request.caller, action, resource_arn));
    }
    Ok(resource_arn)
}

pub(super) async fn create_application(request: &Request<'_>) -> Reply {
    let name = request.get("Name").ok_or_else(|| missing("name"))?;
    names::application(name)?;
    let platform = request.get("Platform").ok_or_else(|| missing("platform"))?;
    platform::platform(platform)?;
    let attributes = request.map("Attributes");
    platform::new_application(&attributes)?;
    let caller = request.caller;
    let created = request
        .topics
        .create_platform_application(
            caller.account,
            caller.region,
            name,
            platform,
            owned(&attributes),
        )
        .await;
    single("PlatformApplicationArn", created)
}

pub(super) async fn delete_application(request: &Request<'_>) -> Reply {
    let application_arn = application(request, "DeletePlatformApplication")?;
    nothing(request.topics.delete_platform_application(application_arn).await)
}

pub(super) fn get_application_attributes(request: &Request<'_>) -> Reply {
    let application_arn = application(request, "GetPlatformApplicationAttributes")?;
    let attributes = request
        .topics
        .platform_application_attributes(application_arn)
        .map_err(|error| from_engine(&error))?;
    result(|xml| write_map(xml, "Attributes", &attributes))
}

pub(super) async fn set_application_attributes(request: &Request<'_>) -> Reply {
    let application_arn = application(request, "SetPlatformApplicationAttributes")?;
    let attributes = request.map("Attributes");
    platform::application_attributes(&attributes)?;
    let attributes = owned(&attributes);
    nothing(request.topics.set_platform_application_attributes(application_arn, attributes).await)
}

pub(super) fn list_applications(request: &Request<'_>) -> Reply {
    let caller = request.caller;
    let page = request
        .topics
        .list_platform_applications(caller.account, caller.region, request.after("NextToken"))
        .map_err(|error| from_engine(&error))?;
    result(|xml| write_page(xml, "PlatformApplications", "PlatformApplicationArn", &page))
}

pub(super) async fn create_endpoint(request: &Request<'_>) -> Reply {
    let application_arn = application(request, "CreatePlatformEndpoint")?;
    let token = request.get("Token").ok_or_else(|| missing("token"))?;
    platform::token(token)?;
    let user_data = request.get("CustomUserData");
    platform::user_data(user_data.unwrap_or_default())?;
    let attributes = request.map("Attributes");
    platform::endpoint_attributes(&attributes)?;
    let attributes = owned(&attributes);
    let created = request
        .topics
        .create_platform_endpoint(application_arn, token, user_data, attributes)
        .await;
    single("EndpointArn", created)
}

pub(super) async fn delete_endpoint(request: &Request<'_>) -> Reply {
    let endpoint_arn = endpoint(request, "DeleteEndpoint")?;
    nothing(request.topics.delete_endpoint(endpoint_arn).await)
}

pub(super) fn get_endpoint_attributes(request: &Request<'_>) -> Reply {
    let endpoint_arn = endpoint(request, "GetEndpointAttributes")?;
    let attributes =
        request.topics.endpoint_attributes(endpoint_arn).map_err(|error| from_engine(&error))?;
    result(|xml| write_map(xml, "Attributes", &attributes))
}

pub(super) async fn set_endpoint_attributes(request: &Request<'_>) -> Reply {
    let endpoint_arn = endpoint(request, "SetEndpointAttributes")?;
    let attributes = request.map("Attributes");
    platform::endpoint_attributes(&attributes)?;
    nothing(request.topics.set_endpoint_attributes(endpoint_arn, owned(&attributes)).await)
}

pub(super) fn list_endpoints(request: &Request<'_>) -> Reply {
    let application_arn = application(request, "ListEndpointsByPlatformApplication")?;
    let page = request
        .topics
        .list_endpoints(application_arn, request.after("NextToken"))
        .map_err(|error| from_engine(&error))?;
    result(|xml| write_page(xml, "Endpoints", "EndpointArn", &page))
}

fn write_page(xml: &mut Xml, list: &str, arn: &str, page: &Page<Described>) {
    write_list(xml, list, &page.items, |xml, item| {
        xml.element(arn, &item.arn);
        write_map(xml, "Attributes", &item.attributes);
    });
    xml.optional("NextToken", page.next.as_deref());
}
