//! CloudWatch Logs: the delivery status logs, AWS's only record of why a delivery failed.

use brume_aws::call::JsonCall;
use brume_plugin::{ExitCode, Result};
use serde_json::{Value, json};

use super::Cloud;

/// Pages that are read at most: one search must not become an export.
const PAGES_MAX: usize = 20;

impl Cloud {
    /// The events of a log group that match CloudWatch's `pattern`, since `from_ms`; empty when
    /// there is no such group. Each is the time in milliseconds and the text.
    ///
    /// # Errors
    /// What CloudWatch Logs says.
    pub async fn log_events(
        &self,
        group: &str,
        pattern: &str,
        from_ms: Option<i64>,
    ) -> Result<Vec<(i64, String)>> {
        let mut events = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut body = json!({"logGroupName": group, "filterPattern": pattern});
            if let Some(from_ms) = from_ms {
                body["startTime"] = json!(from_ms);
            }
            if let Some(token) = &token {
                body["nextToken"] = json!(token);
            }
            let call = JsonCall {
                service: "logs",
                region: self.region(),
                target: "Logs_20140328.FilterLogEvents",
                version: "1.1",
                body: &body,
            };
            let action = format!("search the log group '{group}'");
            let page = match self.aws().call_json(call, &action).await {
                Err(error) if error.code == ExitCode::NotFound => return Ok(events),
                page => page?,
            };
            events.extend(page["events"].as_array().into_iter().flatten().filter_map(read));
            token = page["nextToken"].as_str().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        Ok(events)
    }
}

fn read(event: &Value) -> Option<(i64, String)> {
    Some((event["timestamp"].as_i64()?, event["message"].as_str()?.to_owned()))
}
