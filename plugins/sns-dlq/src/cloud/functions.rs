//! Lambda functions, as far as dead letters concern them.

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::SdkError;
use brume_plugin::Result;

use super::queues::present;
use super::{Cloud, in_parallel};

/// One function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Its ARN, without a version.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Longest run, in seconds.
    pub timeout_seconds: u64,
    /// `Active`, `Inactive`, `Pending`, `Failed`.
    pub state: String,
    /// Why it is in that state.
    pub state_reason: String,
    /// DeadLetterConfig: where failed asynchronous events go.
    pub dead_letter_target: Option<String>,
    /// OnFailure of the asynchronous configurations, all qualifiers.
    pub failure_destinations: Vec<String>,
}

/// A poller that feeds a queue to a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventSource {
    /// ARN of the queue or stream.
    pub source_arn: String,
    /// ARN of the function.
    pub function_arn: String,
    /// `Enabled`, `Disabled`, …
    pub state: String,
    /// Where failed batches of a stream go.
    pub failure_destination: Option<String>,
    /// Messages a call.
    pub batch_size: Option<i32>,
    /// The function names the failed ones of a batch.
    pub reports_batch_item_failures: bool,
}

impl Cloud {
    /// All functions with their asynchronous configurations.
    ///
    /// # Errors
    /// What Lambda says.
    pub async fn functions(&self) -> Result<Vec<Function>> {
        let mut listed = Vec::new();
        let mut marker = None;
        loop {
            let request = self.lambda().list_functions().set_marker(marker);
            let page = match request.send().await {
                Err(error) if is_not_offered(&error) => return Ok(Vec::new()),
                page => page.map_err(|error| self.aws().failure("list the functions", error))?,
            };
            listed.extend(page.functions().iter().map(described));
            marker = page.next_marker().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                break;
            }
        }
        in_parallel(listed, |mut function: Function| async move {
            function.failure_destinations = self.failure_destinations(&function.name).await?;
            Ok(function)
        })
        .await
    }

    /// One function by name or ARN; `None` when there is none.
    ///
    /// # Errors
    /// What Lambda says.
    pub async fn function(&self, name: &str) -> Result<Option<Function>> {
        let request = self.lambda().get_function_configuration().function_name(name);
        let answer = request
            .send()
            .await
            .map_err(|error| self.aws().failure(format_args!("read the function '{name}'"), error));
        let Some(answer) = present(answer)? else { return Ok(None) };
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let target = answer.dead_letter_config().and_then(|config| config.target_arn());
        Ok(Some(Function {
            arn: text(answer.function_arn()),
            name: text(answer.function_name()),
            timeout_seconds: seconds(answer.timeout()),
            state: text(answer.state().map(|state| state.as_str())),
            state_reason: text(answer.state_reason()),
            dead_letter_target: target.map(str::to_owned),
            failure_destinations: Vec::new(),
        }))
    }

    /// The concurrency reserved for a function; 0 means that every call is refused.
    ///
    /// # Errors
    /// What Lambda says.
    pub async fn reserved_concurrency(&self, name: &str) -> Result<Option<i32>> {
        let request = self.lambda().get_function_concurrency().function_name(name);
        let answer = request.send().await.map_err(|error| {
            self.aws().failure(format_args!("read the concurrency of '{name}'"), error)
        });
        Ok(present(answer)?.and_then(|answer| answer.reserved_concurrent_executions()))
    }

    /// The resource policy of a function as JSON text; `None` when it has none.
    ///
    /// # Errors
    /// What Lambda says.
    pub async fn function_policy(&self, name: &str) -> Result<Option<String>> {
        let answer = self.lambda().get_policy().function_name(name).send().await.map_err(|error| {
            self.aws().failure(format_args!("read the policy of '{name}'"), error)
        });
        Ok(present(answer)?.and_then(|answer| answer.policy().map(str::to_owned)))
    }

    /// All event source mappings.
    ///
    /// # Errors
    /// What Lambda says.
    pub async fn event_sources(&self) -> Result<Vec<EventSource>> {
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let request = self.lambda().list_event_source_mappings().set_marker(marker);
            let page = match request.send().await {
                Err(error) if is_not_offered(&error) => return Ok(Vec::new()),
                page => {
                    page.map_err(|error| self.aws().failure("list the event sources", error))?
                }
            };
            found.extend(page.event_source_mappings().iter().map(mapped));
            marker = page.next_marker().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    async fn failure_destinations(&self, name: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let request = self.lambda().list_function_event_invoke_configs().function_name(name);
            let page = request.set_marker(marker).send().await.map_err(|error| {
                self.aws()
                    .failure(format_args!("read the asynchronous settings of '{name}'"), error)
            });
            let Some(page) = present(page)? else { return Ok(found) };
            found.extend(page.function_event_invoke_configs().iter().filter_map(|config| {
                let failure = config.destination_config()?.on_failure()?;
                failure.destination().map(str::to_owned)
            }));
            marker = page.next_marker().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                return Ok(found);
            }
        }
    }
}

/// Says whether the endpoint has no Lambda at all, and so no functions: 501 is "not implemented".
fn is_not_offered<E>(error: &SdkError<E, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == 501)
}

fn described(function: &aws_sdk_lambda::types::FunctionConfiguration) -> Function {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let target = function.dead_letter_config().and_then(|config| config.target_arn());
    Function {
        arn: text(function.function_arn()),
        name: text(function.function_name()),
        timeout_seconds: seconds(function.timeout()),
        state: text(function.state().map(|state| state.as_str())),
        state_reason: text(function.state_reason()),
        dead_letter_target: target.map(str::to_owned),
        failure_destinations: Vec::new(),
    }
}

fn mapped(mapping: &aws_sdk_lambda::types::EventSourceMappingConfiguration) -> EventSource {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let failure = mapping.destination_config().and_then(|config| config.on_failure());
    EventSource {
        source_arn: text(mapping.event_source_arn()),
        function_arn: text(mapping.function_arn()),
        state: text(mapping.state()),
        failure_destination: failure.and_then(|failure| failure.destination()).map(str::to_owned),
        batch_size: mapping.batch_size(),
        reports_batch_item_failures: mapping
            .function_response_types()
            .iter()
            .any(|response| response.as_str() == "ReportBatchItemFailures"),
    }
}

fn seconds(timeout: Option<i32>) -> u64 {
    // Lambda's default is 3 seconds.
    timeout.and_then(|timeout| u64::try_from(timeout).ok()).unwrap_or(3)
}
