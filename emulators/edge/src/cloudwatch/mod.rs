//! CloudWatch metrics (API version 2010-08-01) in CBOR, JSON 1.0 and Query form.
//!
//! One tree of values stands for a request in all three forms ([`request`]), and one for an answer
//! ([`reply`]). Metrics themselves are the foundation's; alarms, dashboards, metric streams and
//! metric math are not there and say so.

mod data;
mod list;
mod put;
mod reply;
mod request;
mod statistics;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use brume_foundation::BoxFuture;
use brume_foundation::metrics::{Metrics, Registry, SeriesId};
use brume_policy::{Account, Region};

use crate::cbor::{self, Value};
use crate::{Answer, AwsError, AwsService, Call, Input};
use request::Fields;

const SUPPORTED: [&str; 4] =
    ["GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData"];
/// What begins the names of the actions that CloudWatch has besides.
const NOT_SUPPORTED: [&str; 12] = [
    "Associate",
    "Delete",
    "Describe",
    "Disable",
    "Disassociate",
    "Enable",
    "GetDashboard",
    "GetInsight",
    "GetMetric",
    "List",
    "Put",
    "St",
];
/// Units of metrics that clients have put; further ones have none.
const UNITS_MAX: usize = 100_000;

/// The service.
#[derive(Debug)]
pub struct CloudWatch {
    metrics: Arc<Metrics>,
    units: Mutex<Units>,
}

type Units = HashMap<(Account, Region, SeriesId), String>;

impl CloudWatch {
    /// Makes the service on top of everybody's metrics.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, units: Mutex::default() }
    }

    fn registry(&self, call: &Call) -> Arc<Registry> {
        let caller = &call.caller;
        self.metrics.scope(caller.account.as_str(), caller.region.as_str())
    }

    fn set_unit(&self, call: &Call, id: &SeriesId, unit: &str) {
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        if units.len() < UNITS_MAX {
            let key = (call.caller.account, call.caller.region, id.clone());
            units.insert(key, unit.to_owned());
        }
    }

    /// The unit of a series: what a client said, or what is known of AWS's own.
    fn unit(&self, call: &Call, id: &SeriesId) -> String {
        let units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (call.caller.account, call.caller.region, id.clone());
        if let Some(unit) = units.get(&key) {
            return unit.clone();
        }
        let unit = match &*id.name {
            _ if !id.namespace.starts_with("AWS/") => "None",
            name if name.ends_with("Size") => "Bytes",
            name if name.contains("Age") => "Seconds",
            "SMSMonthToDateSpentUSD" | "SMSSuccessRate" => "None",
            _ => "Count",
        };
        unit.to_owned()
    }

    fn answer(&self, call: &Call) -> Result<Answer, AwsError> {
        let tree = request::tree(&call.input)?;
        let fields = Fields::of(&tree);
        let answer = match call.action.as_str() {
            "GetMetricData" => Some(data::get_metric_data(self, call, &fields)?),
            "GetMetricStatistics" => Some(statistics::get(self, call, &fields)?),
            "ListMetrics" => Some(list::list_metrics(self, call, &fields)?),
            "PutMetricData" => {
                put::put_metric_data(self, call, &fields)?;
                None
            }
            action if NOT_SUPPORTED.iter().any(|prefix| action.starts_with(prefix)) => {
                return Err(AwsError::not_supported(action));
            }
            action => return Err(AwsError::unknown_action(action)),
        };
        Ok(match &call.input {
            Input::Cbor(_) => {
                let empty = || Value::Map(Vec::new());
                Answer::Cbor(cbor::encode(&answer.unwrap_or_else(empty)).into())
            }
            Input::Json(_) => Answer::Json(reply::json(answer.as_ref()).into()),
            Input::Query(_) => Answer::Xml(answer.as_ref().map(reply::xml)),
        })
    }
}

fn invalid_value(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValueException", message).query_code("InvalidParameterValue")
}

fn invalid_combination(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterCombinationException", message)
        .query_code("InvalidParameterCombination")
}

fn missing(name: &str) -> AwsError {
    let message = format!("The parameter {name} is required.");
    AwsError::new("MissingRequiredParameterException", message).query_code("MissingParameter")
}

impl AwsService for CloudWatch {
    fn name(&self) -> &'static str {
        "cloudwatch"
    }

    fn signing_name(&self) -> &'static str {
        "monitoring"
    }

    fn json_target(&self) -> &'static str {
        "GraniteServiceVersion20100801"
    }

    fn json_namespace(&self) -> &'static str {
        "com.amazonaws.cloudwatch"
    }

    fn query_version(&self) -> &'static str {
        "2010-08-01"
    }

    fn cbor_name(&self) -> &'static str {
        "GraniteServiceVersion20100801"
    }

    fn xml_namespace(&self) -> &'static str {
        "http://monitoring.amazonaws.com/doc/2010-08-01/"
    }

    fn claims(&self, action: &str, _path: &str) -> bool {
        SUPPORTED.contains(&action)
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, AwsError>> {
        Box::pin(async move { self.answer(&call) })
    }
}
