//! What brume's own endpoint offers for rehearsals: deliveries step by step, functions that only
//! pretend, and a clock that somebody can push.

use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use brume_plugin::invocation::Invocation;
use brume_plugin::{Error, ExitCode, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Cloud;
use super::admin::{encoded, instant};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What came of it, and why.
    pub text: String,
}

/// A message on its way to one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it was published.
    pub published_at: Timestamp,
    /// How often it was tried.
    pub attempts_count: u64,
    /// The first and the last attempts.
    pub attempts: Vec<Attempt>,
    /// `retrying`, `delivered`, `dead-lettered`, `lost`.
    pub state: String,
    /// When it came to that.
    pub ended_at: Option<Timestamp>,
}

/// What a function that only pretends has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls in all.
    pub events: u64,
    /// Those that it accepted: when, and the event.
    pub accepted: Vec<(Timestamp, String)>,
}

impl Cloud {
    /// The failed deliveries of a message, by its id at SNS.
    pub async fn deliveries(&self, message_id: &str) -> Vec<Delivery> {
        let path = format!("deliveries?message={}", encoded(message_id));
        let answer = self.request("GET", &path, None).await.unwrap_or_default();
        answer["causes"].as_array().into_iter().flatten().filter_map(read_delivery).collect()
    }

    /// Defines a function that only pretends: `succeed`, `fail`, `throttle`, `deny`.
    ///
    /// # Errors
    /// When the endpoint has no such thing.
    pub async fn define_function(&self, name: &str, behaviour: &str) -> Result<()> {
        let body = json!({"name": name, "behaviour": behaviour});
        self.request("POST", "functions", Some(&body)).await.map(drop)
    }

    /// Removes a function that only pretends.
    ///
    /// # Errors
    /// When there is none.
    pub async fn remove_function(&self, name: &str) -> Result<()> {
        self.request("DELETE", &format!("functions/{}", encoded(name)), None).await.map(drop)
    }

    /// What a function that only pretends has got.
    ///
    /// # Errors
    /// When there is none.
    pub async fn calls_of(&self, name: &str) -> Result<Calls> {
        let answer = self.request("GET", &format!("functions/{}", encoded(name)), None).await?;
        let recorded = answer["recorded"].as_array().into_iter().flatten();
        let accepted = recorded.filter(|call| !call["request_id"].is_null()).filter_map(|call| {
            let payload = call["payload"].as_str().unwrap_or_default();
            Some((instant(&call["at"])?, payload.to_owned()))
        });
        Ok(Calls {
            events: answer["events"].as_u64().unwrap_or_default(),
            accepted: accepted.collect(),
        })
    }

    /// What the endpoint's clock says now, in milliseconds since 1970.
    ///
    /// # Errors
    /// When the endpoint does not tell.
    pub async fn clock_ms(&self) -> Result<i64> {
        let answer = self.request("GET", "health", None).await?;
        instant(&answer["now"])
            .map(Timestamp::as_millisecond)
            .ok_or_else(|| Error::failed("the endpoint does not tell its time"))
    }

    async fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let unable = || {
            Error::failed("the endpoint offers no rehearsals")
                .hint("repeat the command with brume --local")
        };
        let endpoint = self.endpoint_url("sns").ok_or_else(unable)?;
        let url = format!("{}/_brume/{path}", endpoint.trim_end_matches('/'));
        let headers = [("content-type", "application/json")];
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let answer = self.aws().fetch(method, &url, &headers, bytes, TIMEOUT).await;
        let answer = answer.map_err(|why| unable().cause(why))?;
        let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 {
            return Ok(document);
        }
        let why = document["error"].as_str().unwrap_or("it did not say why");
        Err(unable().cause(format!("{method} {url}: status {}: {why}", answer.status)))
    }
}

fn read_delivery(cause: &Value) -> Option<Delivery> {
    let attempts = cause["attempts"].as_array()?.iter().filter_map(|attempt| {
        let text = |name: &str| attempt[name].as_str().unwrap_or_default().to_owned();
        let (code, detail) = (text("code"), text("detail"));
        Some(Attempt {
            number: attempt["number"].as_u64()?,
            at: instant(&attempt["at"])?,
            text: if detail.is_empty() { code } else { format!("{code}: {detail}") },
        })
    });
    let outcome = &cause["outcome"];
    Some(Delivery {
        published_at: instant(&cause["published_at"])?,
        attempts_count: cause["attempts_count"].as_u64().unwrap_or_default(),
        attempts: attempts.collect(),
        state: outcome["state"].as_str().unwrap_or_default().to_owned(),
        ended_at: instant(&outcome["at"]),
    })
}

/// The clock of a bundled emulator, moved by the command that users have for it.
#[derive(Clone, Debug)]
pub struct Clockwork {
    executable: std::path::PathBuf,
    instance: String,
}

impl Clockwork {
    /// The clock behind a target; `None` when the target is no emulator of this machine.
    #[must_use]
    pub fn of(invocation: &Invocation) -> Option<Self> {
        let instance = invocation.target.instance.clone()?;
        let executable = invocation.core.executable.clone();
        executable.is_file().then_some(Self { executable, instance })
    }

    /// Pushes the clock forward and waits until everything that fell due has happened.
    ///
    /// # Errors
    /// When the instance does not run any more.
    pub fn advance(&self, seconds: u64) -> Result<()> {
        let failed = || {
            Error::new(ExitCode::Failed, "the emulator's clock cannot be moved")
                .hint(format!("brume clock advance {seconds}s --instance {}", self.instance))
        };
        let mut child = std::process::Command::new(&self.executable)
            .args(["clock", "advance", &format!("{seconds}s"), "--instance", &self.instance])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // The core would take them for its own target.
            .env_remove("BRUME_CONTEXT")
            .env_remove("BRUME_CONTEXT_FD")
            .spawn()
            .map_err(|error| failed().source(&error))?;
        let mut told = String::new();
        if let Some(stderr) = child.stderr.take() {
            // What cannot be read is only a reason.
            let _ = stderr.take(4096).read_to_string(&mut told);
        }
        let status = child.wait().map_err(|error| failed().source(&error))?;
        if status.success() { Ok(()) } else { Err(failed().cause(told.trim())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_read_step_by_step() {
        let cause = json!({
            "published_at": "2026-01-01T00:00:00Z",
            "attempts_count": 7,
            "attempts": [
                {"number": 1, "at": "2026-01-01T00:00:00Z", "code": "Throttled", "detail": ""},
                {"number": 7, "at": "2026-01-24T00:00:00Z", "code": "Throttled", "detail": "x"},
            ],
            "outcome": {"state": "dead-lettered", "at": "2026-01-24T00:00:01Z"},
        });
        let delivery = read_delivery(&cause).expect("a delivery");
        assert_eq!((delivery.attempts_count, delivery.attempts.len()), (7, 2));
        assert_eq!(delivery.attempts[1].text, "Throttled: x");
        assert_eq!(delivery.state, "dead-lettered");
        assert_eq!(read_delivery(&json!({})), None);
    }
}
