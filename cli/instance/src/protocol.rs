//! The control protocol: one JSON document a line over the instance's unix socket.
//!
//! The client begins with a [`Hello`]; the daemon answers with a [`Welcome`]. Then each line of the
//! client is a [`Request`], and the daemon answers each with one [`Reply`], or with any number of
//! [`Reply::Log`] before the last one. `stop` keeps its form in every version of the protocol, so
//! that a new client can always end an old daemon.

use serde::{Deserialize, Serialize};

use crate::endpoint::EndpointDocument;
use crate::error::{Code, Error};

/// Version of the protocol.
pub const PROTOCOL: u32 = 1;

/// The first line of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Protocol of the client.
    pub protocol: u32,
    /// Its version, for messages.
    pub version: String,
}

impl Default for Hello {
    fn default() -> Self {
        Self { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// The first line of the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Protocol of the daemon.
    pub protocol: u32,
    /// Its version, for messages.
    pub version: String,
    /// Name of the instance.
    pub instance: String,
    /// Process id.
    pub pid: u32,
}

/// The error for a daemon of another protocol.
#[must_use]
pub fn mismatch(version: &str, protocol: u32) -> Error {
    let own = env!("CARGO_PKG_VERSION");
    let message = format!(
        "the emulators are of version {version} (protocol {protocol}), this is brume {own} \
         (protocol {PROTOCOL})"
    );
    Error::new(Code::Conflict, message).hint("brume down && brume up")
}

/// The one line that a daemon prints on standard output when it is asked to detach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// Every service has answered a real request.
    Ready(EndpointDocument),
    /// It will not run.
    Failed(Error),
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Request {
    /// How things are; every service is asked a real request.
    Status,
    /// Ends the daemon; answered before it ends.
    Stop,
    /// Forgets the state of one service, or of all.
    Reset {
        /// Which one; all when absent.
        service: Option<String>,
    },
    /// What the clock shows.
    ClockShow,
    /// Pushes the clock forward, firing what is due on the way.
    ClockAdvance {
        /// By how much.
        milliseconds: u64,
    },
    /// Stops the clock.
    ClockFreeze,
    /// Lets the clock run on.
    ClockResume,
    /// Sets a fault rule.
    FaultAdd {
        /// The rule.
        rule: FaultRule,
    },
    /// Lists the fault rules.
    FaultList,
    /// Removes one fault rule, or all.
    FaultRemove {
        /// Which one; all when absent.
        id: Option<u64>,
    },
    /// Writes the state of every service into a folder that exists and is empty.
    SnapshotSave {
        /// Absolute path.
        directory: String,
    },
    /// Replaces the state of every service by what is in a folder.
    SnapshotLoad {
        /// Absolute path.
        directory: String,
    },
    /// The last lines of the log, and then those to come.
    Logs {
        /// Of one service; of all and the daemon when absent.
        service: Option<String>,
        /// Go on until the client leaves.
        follow: bool,
        /// How many of the last lines at most.
        lines_max: usize,
    },
}

/// What the daemon answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Reply {
    /// It is done.
    Done,
    /// It failed.
    Failed(Error),
    /// How things are.
    Status(Box<Status>),
    /// What the clock shows.
    Clock(ClockView),
    /// The number of the new rule.
    FaultAdded {
        /// Its number.
        id: u64,
        /// Its seed.
        seed: u64,
    },
    /// The rules.
    Faults {
        /// In the order they are asked in.
        rules: Vec<FaultView>,
    },
    /// One line of the log; more follow.
    Log {
        /// The line, without its end.
        line: String,
    },
}

/// How a daemon is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Its endpoint document.
    pub endpoint: EndpointDocument,
    /// How long it runs, in milliseconds of real time.
    pub uptime_ms: u64,
    /// Its resident memory in KiB.
    pub memory_kib: u64,
    /// What its clock shows.
    pub clock: ClockView,
    /// How many fault rules are set.
    pub faults: usize,
    /// Its log file.
    pub log: String,
    /// Its services.
    pub services: Vec<ServiceStatus>,
}

/// How a service is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// Its base URL.
    pub url: String,
    /// Whether it answered a real request just now.
    pub healthy: bool,
    /// Why not.
    pub problem: Option<String>,
}

/// What a clock shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockView {
    /// RFC 3339 in UTC.
    pub now: String,
    /// Milliseconds since the epoch.
    pub now_ms: u64,
    /// Whether it stands still.
    pub frozen: bool,
    /// How far it is ahead of real time, in milliseconds; negative when behind.
    pub ahead_ms: i64,
    /// How many timers the last advance fired; 0 in other answers.
    pub fired: u64,
}

/// A fault rule; the daemon checks its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Pattern for the service's name; `*` stands for any characters.
    pub service: String,
    /// Pattern for the operation.
    pub operation: String,
    /// What happens.
    pub action: FaultAction,
    /// How often it happens, from 0 to 1.
    pub rate: f64,
    /// How many matching operations pass before the rule begins.
    pub after: u64,
    /// How often it acts before it is spent.
    pub count: Option<u64>,
    /// Seed for `rate`; the daemon draws one when absent.
    pub seed: Option<u64>,
}

/// What a fault rule does to an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum FaultAction {
    /// Fails with an HTTP status and the cloud's own error code.
    Error {
        /// The status, 400 to 599.
        status: u16,
        /// The cloud's code.
        code: Option<String>,
        /// The message.
        message: Option<String>,
    },
    /// Waits, then goes on.
    Latency {
        /// At least so long.
        milliseconds: u64,
        /// At most so much longer.
        jitter_milliseconds: u64,
    },
    /// Closes the connection without an answer.
    Drop,
    /// Lets so many through and fails the rest.
    Throttle {
        /// Operations a second.
        per_second: f64,
        /// Operations at once.
        burst: u32,
    },
}

/// A fault rule and what it has done so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultView {
    /// Its number.
    pub id: u64,
    /// The rule.
    pub rule: FaultRule,
    /// How many operations matched.
    pub matched: u64,
    /// How many of them it acted upon.
    pub acted: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_fixed() {
        let cases = [
            (Request::Stop, r#"{"type":"stop"}"#),
            (Request::Reset { service: None }, r#"{"type":"reset","service":null}"#),
            (
                Request::ClockAdvance { milliseconds: 5 },
                r#"{"type":"clock-advance","milliseconds":5}"#,
            ),
        ];
        for (request, expected) in cases {
            assert_eq!(serde_json::to_string(&request).expect("JSON"), expected);
            assert_eq!(serde_json::from_str::<Request>(expected).expect("a request"), request);
        }
        let failed = Reply::Failed(Error::new(Code::NotFound, "no such rule"));
        assert_eq!(
            serde_json::to_string(&failed).expect("JSON"),
            concat!(
                r#"{"type":"failed","code":"not-found","message":"no such rule","#,
                r#""causes":[],"hints":[]}"#
            )
        );
    }
}
