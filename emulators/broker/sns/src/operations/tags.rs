//! Tags. Only topics have any.

use brume_edge::AwsError;

use crate::arn;
use crate::error::{from_engine, invalid_parameter, resource_not_found};
use crate::request::{Reply, Request, empty, result, write_list};
use crate::validate::tags;

/// What a request is about; only the owner's account may see and change tags.
fn resource<'a>(request: &Request<'a>, action: &str) -> Result<&'a str, AwsError> {
    let place = arn::required(&request.form, "ResourceArn", request.caller)?;
    let resource_arn = request.get("ResourceArn").unwrap_or_default();
    if place.resource.contains([':', '/']) {
        return Err(invalid_parameter("ResourceArn"));
    }
    match request.access.check(request, &place, resource_arn, action) {
        Err(error) if error.code == "NotFound" => {
            Err(resource_not_found("Resource does not exist"))
        }
        checked => checked.map(|()| resource_arn),
    }
}

pub(super) fn list(request: &Request<'_>) -> Reply {
    let resource_arn = resource(request, "ListTagsForResource")?;
    let tags = request.topics.tags(resource_arn).map_err(|error| from_engine(&error))?;
    result(|xml| {
        write_list(xml, "Tags", &tags, |xml, (key, value)| {
            xml.element("Key", key).element("Value", value);
        });
    })
}

pub(super) async fn tag(request: &Request<'_>) -> Reply {
    let resource_arn = resource(request, "TagResource")?;
    let tags = tags::read(&request.form)?;
    empty(request.topics.tag(resource_arn, tags).await)
}

pub(super) async fn untag(request: &Request<'_>) -> Reply {
    let resource_arn = resource(request, "UntagResource")?;
    let keys = tags::read_keys(&request.form)?;
    empty(request.topics.untag(resource_arn, &keys).await)
}
