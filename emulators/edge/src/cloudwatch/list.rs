//! ListMetrics, in pages of 500.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use brume_foundation::metrics::SeriesId;

use super::CloudWatch;
use super::reply::{structure, text};
use super::request::Fields;
use crate::cbor::Value;
use crate::{AwsError, Call};

/// Metrics of one page.
const PAGE: usize = 500;

/// Answers ListMetrics.
pub(super) fn list_metrics(
    service: &CloudWatch,
    call: &Call,
    fields: &Fields<'_>,
) -> Result<Value, AwsError> {
    let (namespace, name) = (fields.text("Namespace")?, fields.text("MetricName")?);
    let mut dimensions = Vec::new();
    for filter in fields.list("Dimensions") {
        let filter = Fields::of(filter);
        dimensions.push((filter.require_text("Name")?, filter.text("Value")?));
    }
    let wanted = |id: &SeriesId| {
        namespace.is_none_or(|namespace| *id.namespace == *namespace)
            && name.is_none_or(|name| *id.name == *name)
            && dimensions.iter().all(|(name, value)| {
                id.dimensions.iter().any(|(other, found)| {
                    **other == **name && value.is_none_or(|value| **found == *value)
                })
            })
    };
    let after = fields.text("NextToken")?.map(read_token).transpose()?;
    let mut page = service.registry(call).list(after.as_ref(), PAGE + 1, wanted);
    let has_more = page.len() > PAGE;
    page.truncate(PAGE);
    let metrics = page.iter().map(|id| {
        let dimensions = id
            .dimensions
            .iter()
            .map(|(name, value)| structure([("Name", text(name)), ("Value", text(value))]));
        structure([
            ("Namespace", text(&id.namespace)),
            ("MetricName", text(&id.name)),
            ("Dimensions", Value::List(dimensions.collect())),
        ])
    });
    let mut answer = vec![("Metrics".to_owned(), Value::List(metrics.collect()))];
    if let Some(last) = page.last()
        && has_more
    {
        answer.push(("NextToken".to_owned(), Value::Text(token(last))));
    }
    Ok(Value::Map(answer))
}

/// A token is the last name of the page before: pages stay right when metrics come and go.
fn token(id: &SeriesId) -> String {
    let dimensions =
        id.dimensions.iter().map(|(name, value)| [&**name, &**value]).collect::<Vec<_>>();
    let parts = serde_json::json!([&*id.namespace, &*id.name, dimensions]);
    URL_SAFE_NO_PAD.encode(parts.to_string())
}

fn read_token(token: &str) -> Result<SeriesId, AwsError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let parts: (String, String, Vec<(String, String)>) = serde_json::from_slice(&bytes).ok()?;
        let (namespace, name, dimensions) = parts;
        let dimensions =
            dimensions.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>();
        Some(SeriesId::new(&namespace, &name, &dimensions))
    };
    read().ok_or_else(|| {
        AwsError::new("InvalidParameterValueException", "Invalid nextToken")
            .query_code("InvalidParameterValue")
    })
}
