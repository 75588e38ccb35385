//! Delivery policies of HTTP: reading, checking, and what is in force.
//!
//! A topic's policy has its parts under `http` with names that begin with `default`; a
//! subscription's policy has them at the top. A subscription overrides its topic unless that
//! forbids it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::ladder::{Backoff, Ladder};
use crate::error::{Result, TopicError};

/// The content type of a POST when nobody says otherwise.
const CONTENT_TYPE: &str = "text/plain; charset=UTF-8";
/// Seconds that all delays of a policy may add up to.
const TOTAL_SECONDS_MAX: u64 = 3_600;
/// Retries that a policy may ask for.
const RETRIES_MAX: u64 = 100;

/// Content types that a request policy may name.
const CONTENT_TYPES: [&str; 10] = [
    "text/html",
    "text/css",
    "text/csv",
    "text/plain",
    "text/xml",
    "text/javascript",
    "application/json",
    "application/xml",
    "application/soap+xml",
    "application/atom+xml",
];

/// What a policy says, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryPolicy {
    /// When failed deliveries are tried again.
    pub ladder: Ladder,
    /// Deliveries a second at most.
    pub receives_per_second_max: Option<u32>,
    /// The `Content-Type` of POSTs.
    pub content_type: String,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        Self {
            ladder: Ladder::HTTP,
            receives_per_second_max: None,
            content_type: CONTENT_TYPE.to_owned(),
        }
    }
}

/// The parts of a policy as they were set; each may be absent.
#[derive(Clone, Debug, Default)]
struct Parts {
    retry: Option<Map<String, Value>>,
    throttle: Option<Value>,
    request: Option<Value>,
    overrides_disabled: bool,
}

impl DeliveryPolicy {
    /// Checks the policy of a topic.
    ///
    /// # Errors
    /// What is wrong with it, as `InvalidParameter`.
    pub fn check_topic(text: &str) -> Result<()> {
        Parts::of_topic(text)?.resolve(&Parts::default()).map(drop)
    }

    /// Checks the policy of a subscription.
    ///
    /// # Errors
    /// What is wrong with it, as `InvalidParameter`.
    pub fn check_subscription(text: &str) -> Result<()> {
        Parts::of_subscription(text)?.resolve(&Parts::default()).map(drop)
    }

    /// What is in force for a subscription; policies that were not checked count as absent.
    #[must_use]
    pub fn in_force(topic: Option<&str>, subscription: Option<&str>) -> Self {
        let (own, inherited) = parts(topic, subscription);
        own.resolve(&inherited).unwrap_or_default()
    }
}

/// `EffectiveDeliveryPolicy` of a topic.
#[must_use]
pub fn effective_for_topic(topic: Option<&str>) -> String {
    let parts = topic.and_then(|text| Parts::of_topic(text).ok()).unwrap_or_default();
    let mut http = json!({
        "defaultHealthyRetryPolicy": retry_in_force(&parts, &Parts::default()),
        "disableSubscriptionOverrides": parts.overrides_disabled,
    });
    if let Some(throttle) = &parts.throttle {
        http["defaultThrottlePolicy"] = throttle.clone();
    }
    http["defaultRequestPolicy"] =
        parts.request.unwrap_or_else(|| json!({ "headerContentType": CONTENT_TYPE }));
    json!({ "http": http }).to_string()
}

/// `EffectiveDeliveryPolicy` of a subscription.
#[must_use]
pub fn effective_for_subscription(topic: Option<&str>, subscription: Option<&str>) -> String {
    let (own, inherited) = parts(topic, subscription);
    let request = own.request.as_ref().or(inherited.request.as_ref()).cloned();
    json!({
        "healthyRetryPolicy": retry_in_force(&own, &inherited),
        "sicklyRetryPolicy": null,
        "throttlePolicy": own.throttle.as_ref().or(inherited.throttle.as_ref()),
        "requestPolicy": request.unwrap_or_else(|| json!({ "headerContentType": CONTENT_TYPE })),
        "guaranteed": false,
    })
    .to_string()
}

/// A subscription's own parts and those of its topic.
fn parts(topic: Option<&str>, subscription: Option<&str>) -> (Parts, Parts) {
    let inherited = topic.and_then(|text| Parts::of_topic(text).ok()).unwrap_or_default();
    let own = subscription
        .filter(|_| !inherited.overrides_disabled)
        .and_then(|text| Parts::of_subscription(text).ok())
        .unwrap_or_default();
    (own, inherited)
}

fn retry_in_force(own: &Parts, inherited: &Parts) -> Value {
    let mut retry = json!({
        "minDelayTarget": 20,
        "maxDelayTarget": 20,
        "numRetries": 3,
        "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0,
        "numMinDelayRetries": 0,
        "backoffFunction": "linear",
    });
    if let Some(set) = own.retry.as_ref().or(inherited.retry.as_ref()) {
        for (name, value) in set {
            retry[name] = value.clone();
        }
    }
    retry
}

impl Parts {
    fn of_topic(text: &str) -> Result<Self> {
        let mut whole = object(text)?;
        known(&whole, &["http"])?;
        let Some(http) = whole.remove("http") else { return Ok(Self::default()) };
        let Value::Object(mut http) = http else { return Err(wrong("http must be an object")) };
        known(
            &http,
            &[
                "defaultHealthyRetryPolicy",
                "defaultSicklyRetryPolicy",
                "disableSubscriptionOverrides",
                "defaultThrottlePolicy",
                "defaultRequestPolicy",
            ],
        )?;
        let overrides_disabled =
            http.get("disableSubscriptionOverrides").and_then(Value::as_bool).unwrap_or(false);
        let mut take = |name: &str| http.remove(name).filter(|value| !value.is_null());
        Ok(Self {
            retry: retry_object(take("defaultHealthyRetryPolicy"))?,
            throttle: take("defaultThrottlePolicy"),
            request: take("defaultRequestPolicy"),
            overrides_disabled,
        })
    }

    fn of_subscription(text: &str) -> Result<Self> {
        let mut whole = object(text)?;
        known(
            &whole,
            &[
                "healthyRetryPolicy",
                "sicklyRetryPolicy",
                "throttlePolicy",
                "requestPolicy",
                "guaranteed",
            ],
        )?;
        let mut take = |name: &str| whole.remove(name).filter(|value| !value.is_null());
        Ok(Self {
            retry: retry_object(take("healthyRetryPolicy"))?,
            throttle: take("throttlePolicy"),
            request: take("requestPolicy"),
            overrides_disabled: false,
        })
    }

    fn resolve(&self, inherited: &Self) -> Result<DeliveryPolicy> {
        let mut policy = DeliveryPolicy::default();
        if let Some(retry) = self.retry.as_ref().or(inherited.retry.as_ref()) {
            policy.ladder = ladder(retry)?;
        }
        if let Some(throttle) = self.throttle.as_ref().or(inherited.throttle.as_ref()) {
            policy.receives_per_second_max = receives(throttle)?;
        }
        if let Some(request) = self.request.as_ref().or(inherited.request.as_ref()) {
            policy.content_type = content_type(request)?;
        }
        Ok(policy)
    }
}

fn ladder(retry: &Map<String, Value>) -> Result<Ladder> {
    known(
        retry,
        &[
            "minDelayTarget",
            "maxDelayTarget",
            "numRetries",
            "numMaxDelayRetries",
            "numNoDelayRetries",
            "numMinDelayRetries",
            "backoffFunction",
        ],
    )?;
    let number = |name: &str, default: u64| match retry.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => {
            value.as_u64().ok_or_else(|| wrong(&format!("{name} must be a whole number")))
        }
    };
    let (low, high) = (number("minDelayTarget", 20)?, number("maxDelayTarget", 20)?);
    let retries = number("numRetries", 3)?;
    let immediate = number("numNoDelayRetries", 0)?;
    let minimum = number("numMinDelayRetries", 0)?;
    let maximum = number("numMaxDelayRetries", 0)?;
    if low == 0 || low > high {
        return Err(wrong("minDelayTarget must be between 1 and maxDelayTarget"));
    }
    if high > TOTAL_SECONDS_MAX {
        return Err(wrong("maxDelayTarget must be between minDelayTarget and 3600"));
    }
    if retries > RETRIES_MAX {
        return Err(wrong("numRetries must be between 0 and 100"));
    }
    let fixed = immediate.saturating_add(minimum).saturating_add(maximum);
    let Some(growing) = retries.checked_sub(fixed) else {
        return Err(wrong("numRetries must be at least the sum of the retries of all phases"));
    };
    let backoff = match retry.get("backoffFunction").and_then(Value::as_str).unwrap_or("linear") {
        "linear" => Backoff::Linear,
        "arithmetic" => Backoff::Arithmetic,
        "geometric" => Backoff::Geometric,
        "exponential" => Backoff::Exponential,
        _ => return Err(wrong("backoffFunction is unknown")),
    };
    // All are 100 at most.
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let ladder = Ladder {
        immediate: small(immediate) + 1,
        minimum: small(minimum),
        growing: small(growing),
        maximum: small(maximum),
        delay_min: Duration::from_secs(low),
        delay_max: Duration::from_secs(high),
        backoff,
    };
    if ladder.delays().sum::<Duration>() > Duration::from_secs(TOTAL_SECONDS_MAX) {
        return Err(wrong("the total retry time must not exceed 3600 seconds"));
    }
    Ok(ladder)
}

fn receives(throttle: &Value) -> Result<Option<u32>> {
    match throttle.get("maxReceivesPerSecond") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) if number > 0 => Ok(Some(number)),
            _ => Err(wrong("maxReceivesPerSecond must be at least 1")),
        },
    }
}

fn content_type(request: &Value) -> Result<String> {
    let Some(text) = request.get("headerContentType").and_then(Value::as_str) else {
        return Ok(CONTENT_TYPE.to_owned());
    };
    let kind = text.split(';').next().unwrap_or_default().trim();
    let is_visible = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_visible && CONTENT_TYPES.contains(&kind) {
        Ok(text.to_owned())
    } else {
        Err(wrong("headerContentType is not supported"))
    }
}

fn retry_object(value: Option<Value>) -> Result<Option<Map<String, Value>>> {
    match value {
        None => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(wrong("the retry policy must be an object")),
    }
}

fn object(text: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(wrong("failed to parse JSON.")),
    }
}

fn known(map: &Map<String, Value>, names: &[&str]) -> Result<()> {
    match map.keys().find(|key| !names.contains(&key.as_str())) {
        Some(key) => Err(wrong(&format!("Unexpected JSON member: {key}"))),
        None => Ok(()),
    }
}

fn wrong(what: &str) -> TopicError {
    TopicError::invalid(format_args!("DeliveryPolicy: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example policy of the developer guide: 50 retries within an hour.
    const EXAMPLE: &str = r#"{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":60,
        "numRetries":50,"numNoDelayRetries":3,"numMinDelayRetries":2,"numMaxDelayRetries":35,
        "backoffFunction":"exponential"},"throttlePolicy":{"maxReceivesPerSecond":10},
        "requestPolicy":{"headerContentType":"application/json"}}"#;

    #[test]
    fn the_example_of_the_guide_has_four_phases() {
        DeliveryPolicy::check_subscription(EXAMPLE).unwrap();
        let policy = DeliveryPolicy::in_force(None, Some(EXAMPLE));
        assert_eq!(policy.ladder.tries(), 51);
        let delays = policy.ladder.delays().map(|delay| delay.as_secs()).collect::<Vec<_>>();
        assert_eq!(delays[..6], [0, 0, 0, 0, 1, 1]);
        assert_eq!(delays[15], 60);
        assert_eq!(delays[50], 60);
        assert_eq!(policy.receives_per_second_max, Some(10));
        assert_eq!(policy.content_type, "application/json");
    }

    #[test]
    fn a_topic_can_forbid_overriding_it() {
        let topic = r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":7},
            "disableSubscriptionOverrides":true}}"#;
        DeliveryPolicy::check_topic(topic).unwrap();
        assert_eq!(DeliveryPolicy::in_force(Some(topic), Some(EXAMPLE)).ladder.tries(), 8);
        let open = topic.replace("true", "false");
        assert_eq!(DeliveryPolicy::in_force(Some(&open), Some(EXAMPLE)).ladder.tries(), 51);
        assert_eq!(DeliveryPolicy::in_force(Some(&open), None).ladder.tries(), 8);
    }

    #[test]
    fn the_effective_policy_is_the_one_that_aws_shows() {
        assert_eq!(
            effective_for_topic(None),
            concat!(
                r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"#,
                r#""maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"#,
                r#""numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"#,
                r#""disableSubscriptionOverrides":false,"#,
                r#""defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#
            )
        );
        let effective = effective_for_subscription(None, Some(EXAMPLE));
        assert!(effective.contains(r#""numRetries":50"#), "{effective}");
        assert!(effective.contains(r#""sicklyRetryPolicy":null"#), "{effective}");
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for retry in [
            r#"{"numRetries":101}"#,
            r#"{"minDelayTarget":0}"#,
            r#"{"minDelayTarget":30,"maxDelayTarget":20}"#,
            r#"{"maxDelayTarget":3601}"#,
            r#"{"numRetries":2,"numNoDelayRetries":3}"#,
            r#"{"numRetries":100,"minDelayTarget":60,"maxDelayTarget":60}"#,
            r#"{"backoffFunction":"cubic"}"#,
            r#"{"numRetries":-1}"#,
            r#"{"retries":1}"#,
        ] {
            let text = format!("{{\"healthyRetryPolicy\":{retry}}}");
            assert!(DeliveryPolicy::check_subscription(&text).is_err(), "{text}");
        }
        for text in ["", "[]", r#"{"http":1}"#, r#"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#]
        {
            assert!(DeliveryPolicy::check_subscription(text).is_err(), "{text}");
        }
    }
}
