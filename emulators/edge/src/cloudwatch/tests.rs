//! CloudWatch in its three forms.

use brume_foundation::clock::Moment;
use serde_json::{Value as Json, json};

use super::*;
use crate::form;
use crate::testing;

const NOW: Moment = Moment::from_unix_millis(1_700_000_040_000);

fn service() -> CloudWatch {
    let metrics = Arc::new(Metrics::new());
    let scope = metrics.scope("000000000000", "us-east-1");
    for queue in ["orders", "mails"] {
        let sent = scope.counter("AWS/SQS", "NumberOfMessagesSent", &[("QueueName", queue)]);
        sent.add(Moment::from_unix_millis(1_699_999_920_000), 2.0);
        sent.add(NOW, 3.0);
    }
    CloudWatch::new(metrics)
}

fn ask(service: &CloudWatch, action: &str, input: Input) -> Result<Answer, AwsError> {
    service.answer(&testing::call("000000000000", action, input, NOW))
}

fn ask_json(service: &CloudWatch, action: &str, body: &Json) -> Result<Json, AwsError> {
    match ask(service, action, Input::Json(body.to_string().into()))? {
        Answer::Json(bytes) => Ok(serde_json::from_slice(&bytes).unwrap()),
        other => panic!("{other:?}"),
    }
}

fn ask_query(service: &CloudWatch, action: &str, query: &str) -> Result<Option<String>, AwsError> {
    let parameters = form::parse(query.as_bytes(), b"").unwrap();
    match ask(service, action, Input::Query(parameters))? {
        Answer::Xml(xml) => Ok(xml),
        other => panic!("{other:?}"),
    }
}

#[test]
fn statistics_in_json() {
    let request = json!({
        "Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent",
        "Dimensions": [{ "Name": "QueueName", "Value": "orders" }],
        "StartTime": 1_699_999_900, "EndTime": 1_700_000_100, "Period": 60,
        "Statistics": ["Sum", "SampleCount"],
    });
    let answer = ask_json(&service(), "GetMetricStatistics", &request).unwrap();
    let point =
        |at, sum| json!({ "Timestamp": at, "Sum": sum, "SampleCount": 1.0, "Unit": "Count" });
    let expected = json!({
        "Label": "NumberOfMessagesSent",
        "Datapoints": [point(1_699_999_920.0, 2.0), point(1_700_000_040.0, 3.0)],
    });
    assert_eq!(answer, expected);
}

#[test]
fn statistics_in_query_form() {
    let query = "Namespace=AWS/SQS&MetricName=NumberOfMessagesSent\
                 &Dimensions.member.1.Name=QueueName&Dimensions.member.1.Value=orders\
                 &StartTime=2023-11-14T22:10:00Z&EndTime=2023-11-14T22:20:00Z&Period=600\
                 &Statistics.member.1=Sum";
    let xml = ask_query(&service(), "GetMetricStatistics", query).unwrap().unwrap();
    let expected = "<Label>NumberOfMessagesSent</Label><Datapoints><member>\
                    <Timestamp>2023-11-14T22:10:00Z</Timestamp><Sum>5.0</Sum>\
                    <Unit>Count</Unit></member></Datapoints>";
    assert_eq!(xml, expected);
}

#[test]
fn data_in_cbor() {
    let text = |text: &str| Value::Text(text.to_owned());
    let map = |entries: Vec<(&str, Value)>| {
        Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let dimension = map(vec![("Name", text("QueueName")), ("Value", text("mails"))]);
    let metric = map(vec![
        ("Namespace", text("AWS/SQS")),
        ("MetricName", text("NumberOfMessagesSent")),
        ("Dimensions", Value::List(vec![dimension])),
    ]);
    let stat = map(vec![("Metric", metric), ("Period", Value::Integer(60)), ("Stat", text("Sum"))]);
    let query = map(vec![("Id", text("a")), ("MetricStat", stat)]);
    let request = map(vec![
        ("MetricDataQueries", Value::List(vec![query])),
        ("StartTime", Value::Timestamp(1_699_999_900.0)),
        ("EndTime", Value::Timestamp(1_700_000_100.0)),
    ]);
    let input = Input::Cbor(cbor::encode(&request).into());
    let Answer::Cbor(bytes) = ask(&service(), "GetMetricData", input).unwrap() else {
        panic!("not CBOR")
    };
    let result = map(vec![
        ("Id", text("a")),
        ("Label", text("NumberOfMessagesSent")),
        (
            "Timestamps",
            Value::List(vec![Value::Timestamp(1_700_000_040.0), Value::Timestamp(1_699_999_920.0)]),
        ),
        ("Values", Value::List(vec![Value::Float(3.0), Value::Float(2.0)])),
        ("StatusCode", text("Complete")),
    ]);
    let expected = map(vec![
        ("MetricDataResults", Value::List(vec![result])),
        ("Messages", Value::List(vec![])),
    ]);
    assert_eq!(cbor::decode(&bytes).unwrap(), expected);
}

fn data_request(more: Json) -> Json {
    let stat = |queue: &str| {
        json!({
            "Id": queue,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent",
                    "Dimensions": [{ "Name": "QueueName", "Value": queue }],
                },
                "Period": 60, "Stat": "Sum",
            },
        })
    };
    let mut request = json!({
        "MetricDataQueries": [stat("orders"), stat("mails")],
        "StartTime": 1_699_999_900, "EndTime": 1_700_000_100, "ScanBy": "TimestampAscending",
    });
    if let (Json::Object(request), Json::Object(more)) = (&mut request, more) {
        request.extend(more);
    }
    request
}

#[test]
fn data_comes_in_pages() {
    let service = service();
    let mut seen = Vec::new();
    let mut token = Json::Null;
    for _ in 0..4 {
        let request = data_request(json!({ "MaxDatapoints": 1, "NextToken": token }));
        let page = ask_json(&service, "GetMetricData", &request).unwrap();
        for result in page["MetricDataResults"].as_array().unwrap() {
            for value in result["Values"].as_array().unwrap() {
                seen.push((result["Id"].as_str().unwrap().to_owned(), value.as_f64().unwrap()));
            }
        }
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    let expected = [("orders", 2.0), ("orders", 3.0), ("mails", 2.0), ("mails", 3.0)];
    assert_eq!(seen, expected.map(|(id, value)| (id.to_owned(), value)));
    assert!(token.is_null());
}

#[test]
fn metrics_are_listed_in_pages() {
    let service = service();
    for number in 0..501 {
        let data = json!({ "MetricName": format!("m{number:03}"), "Value": 1 });
        let request = json!({ "Namespace": "Mine", "MetricData": [data] });
        ask_json(&service, "PutMetricData", &request).unwrap();
    }
    let first = ask_json(&service, "ListMetrics", &json!({ "Namespace": "Mine" })).unwrap();
    assert_eq!(first["Metrics"].as_array().unwrap().len(), 500);
    let request = json!({ "Namespace": "Mine", "NextToken": first["NextToken"] });
    let second = ask_json(&service, "ListMetrics", &request).unwrap();
    assert_eq!(second["Metrics"][0]["MetricName"], "m500");
    assert_eq!(second["NextToken"], Json::Null);
    let filter = json!({ "Dimensions": [{ "Name": "QueueName", "Value": "mails" }] });
    let found = ask_json(&service, "ListMetrics", &filter).unwrap();
    assert_eq!(found["Metrics"].as_array().unwrap().len(), 1);
}

#[test]
fn data_that_is_put_is_got() {
    let service = service();
    let put = |data: Json| {
        let request = json!({ "Namespace": "Mine", "MetricData": [data] });
        ask_json(&service, "PutMetricData", &request)
    };
    put(json!({ "MetricName": "m", "Value": 4.5, "Unit": "Seconds" })).unwrap();
    put(json!({ "MetricName": "m", "Values": [1, 2], "Counts": [3, 1] })).unwrap();
    let set = json!({ "SampleCount": 2, "Sum": 10, "Minimum": 4, "Maximum": 6 });
    put(json!({ "MetricName": "m", "StatisticValues": set, "Timestamp": 1_700_000_050 })).unwrap();
    let request = json!({
        "Namespace": "Mine", "MetricName": "m", "StartTime": 1_699_999_900,
        "EndTime": 1_700_000_100, "Period": 60,
        "Statistics": ["Sum", "SampleCount", "Minimum", "Maximum", "Average"],
    });
    let answer = ask_json(&service, "GetMetricStatistics", &request).unwrap();
    let expected = json!({
        "Timestamp": 1_700_000_040.0, "Sum": 19.5, "SampleCount": 7.0, "Minimum": 1.0,
        "Maximum": 6.0, "Average": 19.5 / 7.0, "Unit": "Seconds",
    });
    assert_eq!(answer["Datapoints"], json!([expected]));
    let query = "Namespace=Mine&MetricData.member.1.MetricName=q&MetricData.member.1.Value=2";
    assert_eq!(ask_query(&service, "PutMetricData", query).unwrap(), None);
}

#[test]
fn wrong_requests_are_refused() {
    let service = service();
    let refused = |action: &str, request: Json| {
        ask_json(&service, action, &request).unwrap_err().code_for_query()
    };
    let put = |namespace: &str, data: Json| {
        refused("PutMetricData", json!({ "Namespace": namespace, "MetricData": data }))
    };
    assert_eq!(put("AWS/SQS", json!([{ "MetricName": "m", "Value": 1 }])), "InvalidParameterValue");
    assert_eq!(put("Mine", json!([])), "MissingParameter");
    assert_eq!(put("Mine", json!([{ "MetricName": "m" }])), "MissingParameter");
    assert_eq!(put("Mine", json!([{ "MetricName": "m", "Value": "x" }])), "InvalidParameterValue");
    let both = json!([{ "MetricName": "m", "Value": 1, "Values": [1] }]);
    assert_eq!(put("Mine", both), "InvalidParameterCombination");
    let old = json!([{ "MetricName": "m", "Value": 1, "Timestamp": 1_600_000_000 }]);
    assert_eq!(put("Mine", old), "InvalidParameterValue");
    let code = refused("GetMetricData", data_request(json!({ "EndTime": 1_699_999_900 })));
    assert_eq!(code, "InvalidParameterCombination");
    let code = refused("GetMetricData", data_request(json!({ "NextToken": "x" })));
    assert_eq!(code, "InvalidNextToken");
    let expression = json!([{ "Id": "e", "Expression": "SUM(METRICS())" }]);
    let code = refused("GetMetricData", data_request(json!({ "MetricDataQueries": expression })));
    assert_eq!(code, "UnsupportedOperation");
    let statistics = |more: Json| {
        let mut request = json!({
            "Namespace": "AWS/SQS", "MetricName": "m", "StartTime": 0, "EndTime": 86_400,
            "Period": 60, "Statistics": ["Sum"],
        });
        if let (Json::Object(request), Json::Object(more)) = (&mut request, more) {
            request.extend(more);
        }
        refused("GetMetricStatistics", request)
    };
    assert_eq!(statistics(json!({ "EndTime": 86_401 })), "InvalidParameterCombination");
    assert_eq!(statistics(json!({ "Period": 59 })), "InvalidParameterValue");
    assert_eq!(statistics(json!({ "Statistics": ["Median"] })), "InvalidParameterValue");
    assert_eq!(statistics(json!({ "Statistics": [] })), "MissingParameter");
    assert_eq!(refused("PutMetricAlarm", json!({})), "UnsupportedOperation");
    assert_eq!(refused("Nothing", json!({})), "InvalidAction");
    let input = Input::Cbor(vec![0xff].into());
    assert_eq!(ask(&service, "ListMetrics", input).unwrap_err().code, "SerializationException");
}
