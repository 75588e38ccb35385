//! Delivery policies: how often and how fast HTTP endpoints are tried.
//!
//! Comes in: the JSON that a user sets. Goes out: the same in AWS's form, which is what AWS gives
//! back: known members only, in its order, with its defaults.
//! Source: developer guide, "Creating an HTTP/S delivery policy".

use brume_edge::AwsError;
use serde_json::{Map, Value, json};

use super::Place;
use super::json::parse_object;

/// Members of a retry policy with their limits, in AWS's order.
const RETRY_NUMBERS: [(&str, u64, u64); 6] = [
    ("minDelayTarget", 1, 3_600),
    ("maxDelayTarget", 1, 3_600),
    ("numRetries", 0, 100),
    ("numMaxDelayRetries", 0, 100),
    ("numNoDelayRetries", 0, 100),
    ("numMinDelayRetries", 0, 100),
];

/// Members that a retry policy cannot do without.
const RETRY_REQUIRED: [&str; 3] = ["numRetries", "minDelayTarget", "maxDelayTarget"];

const BACKOFF: [&str; 4] = ["linear", "arithmetic", "geometric", "exponential"];

/// What a notification may say that it is.
const CONTENT_TYPES: [&str; 12] = [
    "application/atom+xml",
    "application/json",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xhtml+xml",
    "application/xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
];

/// Checks a topic's policy and brings it into AWS's form.
pub(crate) fn topic(place: Place, text: &str) -> Result<String, AwsError> {
    let check = Check { place };
    let policy = parse_object(place, "DeliveryPolicy", text)?;
    check.members(&policy, "", &["http"])?;
    let mut http = Map::new();
    if let Some(given) = check.object(&policy, "", "http")? {
        let members = [
            "defaultHealthyRetryPolicy",
            "defaultSicklyRetryPolicy",
            "disableSubscriptionOverrides",
            "defaultThrottlePolicy",
            "defaultRequestPolicy",
        ];
        check.members(given, "http.", &members)?;
        for name in ["defaultHealthyRetryPolicy", "defaultSicklyRetryPolicy"] {
            if let Some(retry) = check.object(given, "http.", name)? {
                http.insert(name.to_owned(), check.retry(retry, &format!("http.{name}."))?);
            }
        }
        let overrides = check.boolean(given, "http.", "disableSubscriptionOverrides")?;
        http.insert("disableSubscriptionOverrides".to_owned(), json!(overrides));
        if let Some(throttle) = check.object(given, "http.", "defaultThrottlePolicy")? {
            let throttle = check.throttle(throttle, "http.defaultThrottlePolicy.")?;
            http.insert("defaultThrottlePolicy".to_owned(), throttle);
        }
        if let Some(request) = check.object(given, "http.", "defaultRequestPolicy")? {
            let request = check.request(request, "http.defaultRequestPolicy.")?;
            http.insert("defaultRequestPolicy".to_owned(), request);
        }
    }
    Ok(json!({ "http": http }).to_string())
}

/// Checks a subscription's policy and brings it into AWS's form: absent parts are null, and a retry
/// policy has all of its members.
pub(crate) fn subscription(place: Place, text: &str) -> Result<String, AwsError> {
    let check = Check { place };
    let policy = parse_object(place, "DeliveryPolicy", text)?;
    let members = [
        "healthyRetryPolicy",
        "sicklyRetryPolicy",
        "throttlePolicy",
        "requestPolicy",
        "guaranteed",
    ];
    check.members(&policy, "", &members)?;
    let mut whole = Map::new();
    for name in ["healthyRetryPolicy", "sicklyRetryPolicy"] {
        let retry = match check.object(&policy, "", name)? {
            Some(retry) => filled(check.retry(retry, &format!("{name}."))?),
            None => Value::Null,
        };
        whole.insert(name.to_owned(), retry);
    }
    let throttle = match check.object(&policy, "", "throttlePolicy")? {
        Some(throttle) => check.throttle(throttle, "throttlePolicy.")?,
        None => Value::Null,
    };
    whole.insert("throttlePolicy".to_owned(), throttle);
    let request = match check.object(&policy, "", "requestPolicy")? {
        Some(request) => check.request(request, "requestPolicy.")?,
        None => Value::Null,
    };
    whole.insert("requestPolicy".to_owned(), request);
    whole.insert("guaranteed".to_owned(), json!(check.boolean(&policy, "", "guaranteed")?));
    Ok(Value::Object(whole).to_string())
}

/// Adds what a retry policy does not say.
fn filled(retry: Value) -> Value {
    let mut whole = Map::new();
    for (name, _, _) in RETRY_NUMBERS {
        whole.insert(name.to_owned(), retry.get(name).cloned().unwrap_or(json!(0)));
    }
    let backoff = retry.get("backoffFunction").cloned().unwrap_or(json!("linear"));
    whole.insert("backoffFunction".to_owned(), backoff);
    Value::Object(whole)
}

/// Checks parts of a policy; paths in errors end in a dot.
struct Check {
    place: Place,
}

impl Check {
    fn refuse(&self, what: impl std::fmt::Display) -> AwsError {
        self.place.refuse(format!("DeliveryPolicy: {what}"))
    }

    fn members(
        &self,
        object: &Map<String, Value>,
        path: &str,
        known: &[&str],
    ) -> Result<(), AwsError> {
        match object.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(self.refuse(format!("Unexpected JSON member: {path}{name}"))),
            None => Ok(()),
        }
    }

    /// A member that is an object; null is the same as nothing.
    fn object<'a>(
        &self,
        object: &'a Map<String, Value>,
        path: &str,
        name: &str,
    ) -> Result<Option<&'a Map<String, Value>>, AwsError> {
        match object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(found)) => Ok(Some(found)),
            Some(_) => Err(self.refuse(format!("{path}{name} must be a JSON object"))),
        }
    }

    fn boolean(
        &self,
        object: &Map<String, Value>,
        path: &str,
        name: &str,
    ) -> Result<bool, AwsError> {
        match object.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(found)) => Ok(*found),
            Some(_) => Err(self.refuse(format!("{path}{name} must be a boolean"))),
        }
    }

    fn number(
        &self,
        object: &Map<String, Value>,
        path: &str,
        (name, least, most): (&str, u64, u64),
    ) -> Result<Option<u64>, AwsError> {
        let Some(value) = object.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let refuse = |what: String| Err(self.refuse(format!("{path}{name} must be {what}")));
        match value.as_i64() {
            None => refuse("an integer".to_owned()),
            Some(number) => match u64::try_from(number) {
                Ok(number) if number > most => refuse(format!("less than or equal to {most}")),
                Ok(number) if number >= least => Ok(Some(number)),
                _ => refuse(format!("greater than or equal to {least}")),
            },
        }
    }

    fn retry(&self, given: &Map<String, Value>, path: &str) -> Result<Value, AwsError> {
        let mut known = RETRY_NUMBERS.map(|(name, _, _)| name).to_vec();
        known.push("backoffFunction");
        self.members(given, path, &known)?;
        let is_absent = |name: &&&str| given.get(**name).is_none_or(Value::is_null);
        if let Some(name) = RETRY_REQUIRED.iter().find(is_absent) {
            return Err(self.refuse(format!("{path}{name} must be specified")));
        }
        let mut retry = Map::new();
        for limits in RETRY_NUMBERS {
            if let Some(number) = self.number(given, path, limits)? {
                retry.insert(limits.0.to_owned(), json!(number));
            }
        }
        let number = |name: &str| retry.get(name).and_then(Value::as_u64).unwrap_or(0);
        if number("maxDelayTarget") < number("minDelayTarget") {
            let what = "maxDelayTarget must be greater than or equal to minDelayTarget";
            return Err(self.refuse(format!("{path}{what}")));
        }
        let phases = number("numMaxDelayRetries")
            + number("numNoDelayRetries")
            + number("numMinDelayRetries");
        if phases > number("numRetries") {
            let what = "numRetries must be greater than or equal to total of \
                        numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries";
            return Err(self.refuse(format!("{path}{what}")));
        }
        match given.get("backoffFunction").filter(|value| !value.is_null()) {
            None => {}
            Some(Value::String(name)) if BACKOFF.contains(&name.as_str()) => {
                retry.insert("backoffFunction".to_owned(), json!(name));
            }
            Some(other) => {
                let shown = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
                let shown: String = shown.chars().take(64).collect();
                let what = format!("the value [{shown}] is not a valid backoff function");
                return Err(self.refuse(format!("{path}backoffFunction: {what}")));
            }
        }
        Ok(Value::Object(retry))
    }

    fn throttle(&self, given: &Map<String, Value>, path: &str) -> Result<Value, AwsError> {
        self.members(given, path, &["maxReceivesPerSecond"])?;
        let is_too_small = given
            .get("maxReceivesPerSecond")
            .and_then(Value::as_i64)
            .is_some_and(|number| number < 1);
        if is_too_small {
            return Err(self.refuse(format!("{path}maxReceivesPerSecond must be >= 1")));
        }
        let limits = ("maxReceivesPerSecond", 1, u64::from(u32::MAX));
        Ok(match self.number(given, path, limits)? {
            Some(number) => json!({ "maxReceivesPerSecond": number }),
            None => json!({}),
        })
    }

    fn request(&self, given: &Map<String, Value>, path: &str) -> Result<Value, AwsError> {
        self.members(given, path, &["headerContentType"])?;
        match given.get("headerContentType") {
            None | Some(Value::Null) => Ok(json!({})),
            Some(Value::String(text)) if is_content_type(text) => {
                Ok(json!({ "headerContentType": text }))
            }
            Some(_) => {
                Err(self.refuse(format!("{path}headerContentType is not a supported media type")))
            }
        }
    }
}

/// Whether a text is one of the media types, with parameters or without.
fn is_content_type(text: &str) -> bool {
    let media_type = text.split(';').next().unwrap_or_default().trim();
    let is_header = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    is_header && CONTENT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topics_policy_comes_back_as_aws_gives_it() {
        let request = json!({ "headerContentType": "application/json" });
        for (given, wanted) in [
            (
                json!({ "defaultRequestPolicy": request }),
                json!({ "disableSubscriptionOverrides": false, "defaultRequestPolicy": request }),
            ),
            (
                json!({ "defaultHealthyRetryPolicy": {
                    "numRetries": 1, "minDelayTarget": 5, "maxDelayTarget": 6,
                } }),
                json!({
                    "defaultHealthyRetryPolicy": {
                        "minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1,
                    },
                    "disableSubscriptionOverrides": false,
                }),
            ),
            (
                json!({ "defaultHealthyRetryPolicy": null, "defaultRequestPolicy": null }),
                json!({ "disableSubscriptionOverrides": false }),
            ),
        ] {
            let wanted = json!({ "http": wanted }).to_string();
            let first = topic(Place::Map, &json!({ "http": given }).to_string()).unwrap();
            assert_eq!(first, wanted);
            assert_eq!(topic(Place::Map, &first).unwrap(), wanted, "what is read back can be set");
        }
    }

    #[test]
    fn a_subscriptions_policy_comes_back_as_aws_gives_it() {
        for (given, wanted) in [
            (
                json!({ "requestPolicy": { "headerContentType": "text/csv" } }),
                json!({
                    "healthyRetryPolicy": null,
                    "sicklyRetryPolicy": null,
                    "throttlePolicy": null,
                    "requestPolicy": { "headerContentType": "text/csv" },
                    "guaranteed": false,
                }),
            ),
            (
                json!({
                    "healthyRetryPolicy": {
                        "minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 0,
                    },
                    "throttlePolicy": { "maxReceivesPerSecond": 1_000 },
                }),
                json!({
                    "healthyRetryPolicy": {
                        "minDelayTarget": 1,
                        "maxDelayTarget": 1,
                        "numRetries": 0,
                        "numMaxDelayRetries": 0,
                        "numNoDelayRetries": 0,
                        "numMinDelayRetries": 0,
                        "backoffFunction": "linear",
                    },
                    "sicklyRetryPolicy": null,
                    "throttlePolicy": { "maxReceivesPerSecond": 1_000 },
                    "requestPolicy": null,
                    "guaranteed": false,
                }),
            ),
        ] {
            let first = subscription(Place::Map, &given.to_string()).unwrap();
            assert_eq!(first, wanted.to_string());
            assert_eq!(subscription(Place::Single, &first).unwrap(), first);
        }
    }

    #[test]
    fn wrong_policies_are_refused() {
        let retry = |fields: &str| format!(r#"{{"healthyRetryPolicy":{{{fields}}}}}"#);
        let good = r#""minDelayTarget":1,"maxDelayTarget":2"#;
        for (text, wanted) in [
            (
                retry(r#""numRetries":0,"minDelayTarget":0,"maxDelayTarget":0"#),
                "healthyRetryPolicy.minDelayTarget must be greater than or equal to 1",
            ),
            (retry(good), "healthyRetryPolicy.numRetries must be specified"),
            (
                retry(&format!(r#"{good},"numRetries":101"#)),
                "healthyRetryPolicy.numRetries must be less than or equal to 100",
            ),
            (
                retry(&format!(r#"{good},"numRetries":1,"numNoDelayRetries":2"#)),
                "healthyRetryPolicy.numRetries must be greater than or equal to total of \
                 numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries",
            ),
            (
                retry(&format!(r#"{good},"numRetries":"1""#)),
                "healthyRetryPolicy.numRetries must be an integer",
            ),
            (
                retry(&format!(r#"{good},"numRetries":1,"backoffFunction":"x""#)),
                "healthyRetryPolicy.backoffFunction: the value [x] is not a valid backoff \
                 function",
            ),
            (r#"{"throttle":1}"#.to_owned(), "Unexpected JSON member: throttle"),
            (
                r#"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#.to_owned(),
                "throttlePolicy.maxReceivesPerSecond must be >= 1",
            ),
            (
                r#"{"requestPolicy":{"headerContentType":"a\nb"}}"#.to_owned(),
                "requestPolicy.headerContentType is not a supported media type",
            ),
            ("[]".to_owned(), "must be a JSON object"),
        ] {
            let message = subscription(Place::Map, &text).unwrap_err().message;
            let start = "Invalid parameter: Attributes Reason: DeliveryPolicy: ";
            assert_eq!(message, format!("{start}{wanted}"), "{text}");
        }
        let retry = json!({ "minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 101 });
        let text = json!({ "http": { "defaultHealthyRetryPolicy": retry } }).to_string();
        assert_eq!(
            topic(Place::Single, &text).unwrap_err().message,
            "Invalid parameter: DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must \
             be less than or equal to 100"
        );
    }
}
