//! CloudWatch Logs, as a client sees it.

use brume_foundation::clock::Moment;
use brume_policy::{Account, Region};
use serde_json::{Value, json};

use super::store::BYTES_MAX;
use super::*;
use crate::testing;

const NOW_MS: u64 = 1_700_000_000_000;

struct Client {
    service: LogsService,
    now: Moment,
}

impl Client {
    fn new() -> Self {
        let service = LogsService::new(Arc::new(Logs::new()));
        Self { service, now: Moment::from_unix_millis(NOW_MS) }
    }

    /// With the group `g` and the stream `s`.
    fn with_stream() -> Self {
        let client = Self::new();
        client.ask("CreateLogGroup", json!({ "logGroupName": "g" }));
        client.ask("CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }));
        client
    }

    fn try_ask(&self, action: &str, request: Value) -> Result<Value, AwsError> {
        let input = Input::Json(request.to_string().into());
        let call = testing::call("000000000000", action, input, self.now);
        match self.service.answer(&call)? {
            Answer::Json(bytes) if bytes.is_empty() => Ok(Value::Null),
            Answer::Json(bytes) => Ok(serde_json::from_slice(&bytes).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn ask(&self, action: &str, request: Value) -> Value {
        self.try_ask(action, request).unwrap()
    }

    fn put(&self, stream: &str, events: &[(u64, &str)]) -> Value {
        let events = events
            .iter()
            .map(|(at, message)| json!({ "timestamp": NOW_MS + at, "message": message }));
        let events = events.collect::<Vec<_>>();
        let request = json!({ "logGroupName": "g", "logStreamName": stream, "logEvents": events });
        self.ask("PutLogEvents", request)
    }

    fn get(&self, more: Value) -> (Vec<String>, Value) {
        let mut request = json!({ "logGroupName": "g", "logStreamName": "s" });
        extend(&mut request, more);
        let answer = self.ask("GetLogEvents", request);
        (messages(&answer), answer)
    }

    fn filter(&self, more: Value) -> (Vec<String>, Value) {
        let mut request = json!({ "logGroupName": "g" });
        extend(&mut request, more);
        let answer = self.ask("FilterLogEvents", request);
        (messages(&answer), answer)
    }
}

fn extend(request: &mut Value, more: Value) {
    if let (Value::Object(request), Value::Object(more)) = (request, more) {
        request.extend(more);
    }
}

fn messages(answer: &Value) -> Vec<String> {
    let events = answer["events"].as_array().unwrap();
    events.iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn events_are_read_forwards_and_backwards() {
    let client = Client::with_stream();
    client.put("s", &[(1, "a"), (2, "b"), (3, "c")]);
    client.put("s", &[(2, "b2")]);
    let (all, _) = client.get(json!({}));
    assert_eq!(all, ["a", "b", "b2", "c"]);
    let (first, answer) = client.get(json!({ "limit": 3, "startFromHead": true }));
    assert_eq!(first, ["a", "b", "b2"]);
    let (next, answer) = client.get(json!({ "nextToken": answer["nextForwardToken"] }));
    assert_eq!(next, ["c"]);
    let token = answer["nextForwardToken"].clone();
    let (none, answer) = client.get(json!({ "nextToken": token }));
    assert!(none.is_empty());
    assert_eq!(answer["nextForwardToken"], token);
    let (last, answer) = client.get(json!({ "limit": 2 }));
    assert_eq!(last, ["b2", "c"]);
    let (before, _) = client.get(json!({ "nextToken": answer["nextBackwardToken"] }));
    assert_eq!(before, ["a", "b"]);
    let (part, _) = client.get(json!({ "startTime": NOW_MS + 2, "endTime": NOW_MS + 3 }));
    assert_eq!(part, ["b", "b2"]);
}

#[test]
fn events_are_filtered_across_streams_in_pages() {
    let client = Client::with_stream();
    client.ask("CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "t" }));
    client.put("s", &[(1, "ERROR one"), (4, "ok")]);
    client.put("t", &[(2, "ERROR two"), (3, "{\"n\":3}")]);
    let (all, answer) = client.filter(json!({}));
    assert_eq!(all, ["ERROR one", "ERROR two", "{\"n\":3}", "ok"]);
    assert_eq!(answer["events"][1]["logStreamName"], "t");
    assert_eq!(client.filter(json!({ "filterPattern": "ERROR" })).0, ["ERROR one", "ERROR two"]);
    assert_eq!(client.filter(json!({ "filterPattern": "{ $.n = 3 }" })).0, ["{\"n\":3}"]);
    assert_eq!(client.filter(json!({ "logStreamNames": ["t"] })).0.len(), 2);
    assert_eq!(client.filter(json!({ "logStreamNamePrefix": "s" })).0, ["ERROR one", "ok"]);
    let (first, answer) = client.filter(json!({ "limit": 3 }));
    let (rest, answer) = client.filter(json!({ "nextToken": answer["nextToken"] }));
    assert_eq!((first.len(), rest), (3, vec!["ok".to_owned()]));
    assert_eq!(answer["nextToken"], Value::Null);
}

#[test]
fn groups_and_streams_are_described_in_pages() {
    let client = Client::new();
    for number in 0..60 {
        client.ask("CreateLogGroup", json!({ "logGroupName": format!("g{number:02}") }));
    }
    let page = client.ask("DescribeLogGroups", json!({}));
    assert_eq!(page["logGroups"].as_array().unwrap().len(), 50);
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g00:*";
    assert_eq!(page["logGroups"][0]["arn"], arn);
    let page = client.ask("DescribeLogGroups", json!({ "nextToken": page["nextToken"] }));
    assert_eq!(page["logGroups"][0]["logGroupName"], "g50");
    assert_eq!(page["nextToken"], Value::Null);
    let page = client.ask("DescribeLogGroups", json!({ "logGroupNamePrefix": "g1" }));
    assert_eq!(page["logGroups"].as_array().unwrap().len(), 10);
    for stream in ["a", "b", "c"] {
        let request = json!({ "logGroupName": "g00", "logStreamName": stream });
        client.ask("CreateLogStream", request);
    }
    let event = json!([{ "timestamp": NOW_MS, "message": "m" }]);
    let request = json!({ "logGroupName": "g00", "logStreamName": "b", "logEvents": event });
    client.ask("PutLogEvents", request);
    let request = json!({
        "logGroupName": "g00", "orderBy": "LastEventTime", "descending": true, "limit": 1,
    });
    let page = client.ask("DescribeLogStreams", request);
    assert_eq!(page["logStreams"][0]["logStreamName"], "b");
    assert_eq!(page["logStreams"][0]["lastEventTimestamp"], NOW_MS);
    assert_eq!(page["nextToken"], "b");
}

#[test]
fn retention_hides_what_has_expired() {
    let mut client = Client::with_stream();
    client.put("s", &[(0, "old")]);
    client.ask("PutRetentionPolicy", json!({ "logGroupName": "g", "retentionInDays": 3 }));
    client.now = Moment::from_unix_millis(NOW_MS + 4 * 86_400_000);
    client.put("s", &[(4 * 86_400_000, "new")]);
    assert_eq!(client.get(json!({})).0, ["new"]);
    let answer = client.put("s", &[(0, "late"), (4 * 86_400_000, "newer")]);
    assert_eq!(answer["rejectedLogEventsInfo"], json!({ "expiredLogEventEndIndex": 1 }));
    client.ask("DeleteRetentionPolicy", json!({ "logGroupName": "g" }));
    assert_eq!(client.get(json!({})).0, ["old", "new", "newer"]);
}

#[test]
fn wrong_requests_are_refused() {
    let client = Client::with_stream();
    let event = |at: u64, message: &str| json!({ "timestamp": at, "message": message });
    let put =
        |events: Value| json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events });
    let group = |name: &str| json!({ "logGroupName": name });
    for (action, request, code) in [
        ("CreateLogGroup", group("g"), "ResourceAlreadyExistsException"),
        ("CreateLogGroup", group("a b"), "InvalidParameterException"),
        ("CreateLogGroup", json!({}), "SerializationException"),
        ("DeleteLogGroup", group("x"), "ResourceNotFoundException"),
        ("DescribeLogStreams", group("x"), "ResourceNotFoundException"),
        ("PutLogEvents", put(json!([])), "InvalidParameterException"),
        ("PutLogEvents", put(json!([event(2, "a"), event(1, "b")])), "InvalidParameterException"),
        ("PutLogEvents", put(json!([event(NOW_MS, "")])), "InvalidParameterException"),
        ("PutRetentionPolicy", group("g"), "InvalidParameterException"),
        ("StartQuery", group("g"), "UnsupportedOperation"),
        ("Nothing", group("g"), "com.amazon.coral.service#UnknownOperationException"),
    ] {
        assert_eq!(client.try_ask(action, request).unwrap_err().code, code, "{action}");
    }
}

#[test]
fn emulators_log_into_groups_that_are_not_there_yet() {
    let client = Client::new();
    let logs = &client.service.logs;
    let (account, region) = (Account::default(), Region::default());
    logs.put(account, region, "g", "s", client.now, "hello".to_owned());
    assert_eq!(client.get(json!({})).0, ["hello"]);
    logs.reset();
    assert!(
        client
            .try_ask(
                "GetLogEvents",
                json!({
                    "logGroupName": "g", "logStreamName": "s",
                })
            )
            .is_err()
    );
}

#[test]
fn the_oldest_events_make_room() {
    let client = Client::new();
    let logs = &client.service.logs;
    let (account, region) = (Account::default(), Region::default());
    let long = "x".repeat(100_000);
    let count = BYTES_MAX / long.len() + 10;
    for number in 0..count {
        let stream = if number % 2 == 0 { "s" } else { "t" };
        logs.put(account, region, "g", stream, client.now, format!("{number} {long}"));
    }
    let state = logs.lock();
    let group = state.group((account, region), "g").unwrap();
    let kept = group.streams.values().map(|stream| stream.events.len()).sum::<usize>();
    assert!(kept < count && kept + 20 > count, "{kept} of {count}");
    let first = &group.streams["s"].events[0].message;
    assert!(!first.starts_with("0 "), "the oldest one is gone");
    let newest = group.streams.values().filter_map(|stream| stream.events.back());
    let last = newest.max_by_key(|event| event.id).unwrap();
    assert!(last.message.starts_with(&format!("{} ", count - 1)));
}
