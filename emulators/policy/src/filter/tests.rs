//! Policies and messages as SNS's guide has them, and errors as SNS sends them.

use proptest::prelude::*;

use super::*;

fn refused(policy: &str, scope: Scope, call: Call) -> String {
    FilterPolicy::read(policy, scope).unwrap_err().wire(call)
}

#[test]
fn errors_are_those_of_sns_to_the_column() {
    for (policy, what, column) in [
        (r#"{"key":[["value"]]}"#, "Match value must be String, number, true, false, or null", 10),
        (r#"{"key":[{"wrong-operator":true}]}"#, "Unrecognized match type wrong-operator", 31),
        (
            r#"{"key":[{"suffix":"value","prefix":"value2"}]}"#,
            "Only one key allowed in match expression",
            37,
        ),
        (r#"{"key":[{"suffix":100}]}"#, "suffix match pattern must be a string", 22),
        (r#"{"key":[{"suffix":null}]}"#, "suffix match pattern must be a string", 23),
        (r#"{"key":{"suffix":"value"}}"#, "\"suffix\" must be an object or an array", 19),
        (r#"{"key":[{"suffix":[]}]}"#, "suffix match pattern must be a string", 20),
        (
            r#"{"key":{"not-an-operator":"value"}}"#,
            "\"not-an-operator\" must be an object or an array",
            28,
        ),
        (r#"{"key":[{"numeric":[]}]}"#, "Invalid member in numeric match: ]", 22),
        (
            r#"{"key":[{"numeric":["operator"]}]}"#,
            "Unrecognized numeric range operator: operator",
            32,
        ),
        (r#"{"key":[{"numeric":[1,"<="]}]}"#, "Invalid member in numeric match: 1", 22),
        (r#"{"key":[{"numeric":["=","000"]}]}"#, "Value of equals must be numeric", 26),
        (r#"{"key":[{"numeric":[">="]}]}"#, "Value of >= must be numeric", 26),
        (
            r#"{"key":[{"numeric":["<",100,">",10]}]}"#,
            "Too many elements in numeric expression",
            30,
        ),
        (r#"{"key":[{"numeric":[">=",1,">",2]}]}"#, "Bad numeric range operator: >", 31),
        (r#"{"key":[{"numeric":[">",3,"<",1]}]}"#, "Bottom must be less than top", 33),
        (r#"{"key":[{"numeric":[">",20,"<="]}]}"#, "Value of <= must be numeric", 33),
        (r#"{"key":[{"numeric":[">",20,30]}]}"#, "Bad value in numeric range: 30", 30),
        (r#"{"key":[{"numeric":[">",20,"test"]}]}"#, "Bad numeric range operator: test", 34),
        (r#"{"key":[{"numeric":[">","20","<","30"]}]}"#, "Value of > must be numeric", 26),
        (r#"{"key":[{"numeric":[">",20,"<","30"]}]}"#, "Value of < must be numeric", 33),
        (
            r#"{"key":[{"numeric":[">",20,"<",30,"<",50]}]}"#,
            "Too many terms in numeric range expression",
            36,
        ),
        (r#"{"key":[{"exists":null}]}"#, "exists match pattern must be either true or false.", 23),
        (r#"{"key":[{"exists":"no"}]}"#, "exists match pattern must be either true or false.", 20),
        (
            r#"{"key":[{"anything-but":{"wrong-operator":null}}]}"#,
            "Unsupported anything-but pattern: wrong-operator",
            47,
        ),
        (
            r#"{"key":[{"anything-but":{"exists":false}}]}"#,
            "Unsupported anything-but pattern: exists",
            40,
        ),
        (
            r#"{"key":[{"anything-but":{"prefix":false}}]}"#,
            "prefix match pattern must be a string",
            40,
        ),
    ] {
        assert_eq!(
            refused(policy, Scope::Attributes, Call::Subscribe),
            format!(
                "Invalid parameter: Attributes Reason: FilterPolicy: {what}\n at [Source: \
                 (String)\"{policy}\"; line: 1, column: {column}]"
            ),
        );
    }
    assert_eq!(
        refused(r#"{"key_a":"value_one"}"#, Scope::Body, Call::SetAttributes),
        "Invalid parameter: FilterPolicy: \"key_a\" must be an object or an array\n at [Source: \
         (String)\"{\"key_a\":\"value_one\"}\"; line: 1, column: 11]"
    );
    assert!(
        refused("{invalidjson}", Scope::Attributes, Call::SetAttributes)
            .starts_with("Invalid parameter: FilterPolicy: failed to parse JSON. Unexpected")
    );
    let nested = r#"{"object":{"key":[{"prefix":"auto-"}]}}"#;
    assert_eq!(
        refused(nested, Scope::Attributes, Call::SetAttributes),
        "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter \
         policy"
    );
    assert!(FilterPolicy::read(nested, Scope::Body).is_ok());
    assert_eq!(
        Scope::read("RandomValue").unwrap_err().wire(Call::SetAttributes),
        "Invalid parameter: FilterPolicyScope: Invalid value [RandomValue]. Please use either \
         MessageBody or MessageAttributes"
    );
    let long = format!("{{\"key\":[[\"{}\"]]}}", "x".repeat(600));
    assert!(
        refused(&long, Scope::Body, Call::Subscribe)
            .ends_with("\"[truncated 114 chars]; line: 1, column: 10]")
    );
}

#[test]
fn other_errors_have_a_word_each() {
    for (policy, wanted) in [
        ("[]", "Filter is not an object (line 1, column 2)"),
        (r#"{"a":[]}"#, "Empty arrays are not allowed (line 1, column 8)"),
        (r#"{"a":{}}"#, "Empty objects are not allowed (line 1, column 8)"),
        (r#"{"a":[{}]}"#, "Match expression name not found (line 1, column 9)"),
        (r#"{"$or":{}}"#, "It must be an Array followed with $or. (line 1, column 9)"),
        (
            r#"{"$or":[{"a":[1]}]}"#,
            "There must have at least 2 Objects in $or relationship. \
                                    (line 1, column 19)",
        ),
        (
            r#"{"$or":[1,2]}"#,
            "Only JSON object is allowed in array of $or relationship. \
                              (line 1, column 10)",
        ),
        (
            r#"{"$or":[{"prefix":[1]},{}]}"#,
            "prefix is Ruler reserved fieldName which cannot be \
                                            used inside $or. (line 1, column 20)",
        ),
        (r#"{"a":[{"cidr":7}]}"#, "prefix match pattern must be a string (line 1, column 16)"),
        (r#"{"a":[{"cidr":"10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"a":[{"cidr":"10.0.0.0/x"}]}"#, "Malformed CIDR, mask bits must be an integer"),
        (r#"{"a":[{"cidr":"10.0.0/8"}]}"#, "Nonstandard IP address: 10.0.0"),
        (r#"{"a":[{"cidr":"10.0.0.0/32"}]}"#, "IPv4 mask bits must be < 32"),
        (r#"{"a":[{"cidr":"::/128"}]}"#, "IPv6 mask bits must be < 128"),
        (
            r#"{"a":[{"numeric":["=",1e10]}]}"#,
            "Value must be between -1.0E9 and 1.0E9, inclusive \
                                               (line 1, column 27)",
        ),
        (
            r#"{"a":[{"anything-but":[1,"x"]}]}"#,
            "Inside anything but list, either all values are \
                                                number or string, mixed type is not supported \
                                                (line 1, column 30)",
        ),
        (
            r#"{"a":[{"anything-but":null}]}"#,
            "Value of anything-but must be an array or single \
                                             string/number value. (line 1, column 27)",
        ),
        (
            r#"{"a":[{"wildcard":"a**"}]}"#,
            "Consecutive wildcard characters at pos 1 \
                                           (line 1, column 24)",
        ),
        (r#"{"a":[{"wildcard":"a\\b"}]}"#, "Invalid escape character at pos 1 (line 1, column 25)"),
    ] {
        let error = FilterPolicy::read(policy, Scope::Body).unwrap_err();
        assert_eq!(error.to_string(), wanted, "{policy}");
    }
}

#[test]
fn complexity_is_counted_as_sns_does() {
    let list = |count: usize| {
        let values: Vec<String> = (0..count).map(|index| format!("\"v{index}\"")).collect();
        format!("[{}]", values.join(","))
    };
    let policy = |keys: &[(&str, String)]| {
        let keys: Vec<String> =
            keys.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", keys.join(","))
    };
    let too_complex = "Filter policy is too complex";
    let too_many = "Filter policy can not have more than 5 keys";
    let six: Vec<(&str, String)> =
        "abcdef".split("").filter(|name| !name.is_empty()).map(|name| (name, list(1))).collect();
    let or = |source: usize, first: usize, second: usize, ids: usize| {
        format!(
            r#"{{"source":{},"$or":[{{"metricName":{}}},
               {{"metricType":{},"$or":[{{"metricId":{}}},{{"spaceId":{}}}]}}]}}"#,
            list(source),
            list(first),
            list(second),
            list(4),
            list(ids)
        )
    };
    let nested_or = r#"{"$or":[{"metricName":["a","b","c"]},{"namespace":["a","b"]}],
        "detail":{"scope":["a","b"],"$or":[{"source":["a"]},{"type":["a","b","c"]}]}}"#;
    let depths = format!(
        r#"{{"key_a":{{"key_b":{{"key_c":{}}}}},"key_d":{{"key_e":{}}},"key_f":{}}}"#,
        list(4),
        list(3),
        list(3)
    );
    for (text, wanted) in [
        (policy(&[("key", list(151))]), Some(too_complex)),
        (policy(&[("key", list(150))]), None),
        (policy(&[("a", list(100)), ("b", list(51))]), Some(too_complex)),
        (policy(&six), Some(too_many)),
        (policy(&six[..5]), None),
        // 4·6 + 4·4·4 + 4·4·4 = 152
        (or(4, 6, 4, 4), Some(too_complex)),
        // 3·6 + 3·4·4 + 3·4·7 = 150
        (or(3, 6, 4, 7), None),
        (nested_or.to_owned(), Some(too_complex)),
        // 3·4 × 2·3 × 3 = 216
        (depths, Some(too_complex)),
    ] {
        let found = FilterPolicy::read(&text, Scope::Body).err().map(|error| error.to_string());
        assert_eq!(found.as_deref(), wanted, "{text}");
    }
}

#[test]
fn hostile_policies_are_refused_at_once() {
    let twice = (0..25).fold(r#"{"a":[1]}"#.to_owned(), |inner, _| {
        format!(r#"{{"$or":[{inner},{inner_too}]}}"#, inner_too = r#"{"b":[1]}"#)
    });
    assert!(FilterPolicy::read(&twice, Scope::Body).is_ok());
    let pairs = [r#"{"$or":[{"a":[1]},{"b":[1]}]}"#; 2].join(",");
    let pairs = (0..6).fold(pairs, |inner, _| {
        let one = format!(r#"{{"$or":[{inner}]}}"#);
        format!("{one},{one}")
    });
    let doubled = format!(r#"{{"$or":[{pairs}]}}"#);
    let error = FilterPolicy::read(&doubled, Scope::Body).unwrap_err();
    assert_eq!(error.to_string(), "Filter policy is too complex");
    let deep = format!("{}[1]{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    assert!(FilterPolicy::read(&deep, Scope::Body).is_err());
    let many: Vec<String> = (0..500).map(|index| format!("\"k{index}\":[1]")).collect();
    let many = format!(r#"{{"$or":[{{{}}},{{"b":[1]}}]}}"#, many.join(","));
    assert!(FilterPolicy::read(&many, Scope::Body).is_err());
    let large = format!("{{\"a\":[\"{}\"]}}", "x".repeat(FILTER_BYTES_MAX));
    assert_eq!(
        FilterPolicy::read(&large, Scope::Body).unwrap_err().to_string(),
        "Filter policy is too large"
    );
}

/// Judges an attribute `k` by a list of conditions.
fn attribute(conditions: &str, data_type: &str, value: &str) -> bool {
    let policy = FilterPolicy::read(&format!("{{\"k\":{conditions}}}"), Scope::Attributes);
    let message = Message::new([Attribute { name: "k", data_type, value }], "");
    policy.unwrap().judge(&message) == Outcome::Matched
}

#[test]
fn attributes_match_as_the_guide_says() {
    for (conditions, data_type, value, wanted) in [
        (r#"["rugby"]"#, "String", "rugby", true),
        (r#"["rugby"]"#, "String", "Rugby", false),
        (r#"["rugby","tennis"]"#, "String.Array", r#"["baseball","tennis"]"#, true),
        (r#"["rugby"]"#, "String.Array", r#"["baseball"]"#, false),
        (r#"["rugby"]"#, "String.custom", "rugby", true),
        (r#"[301.5]"#, "Number", "301.50", true),
        (r#"[3.015e2]"#, "Number", "301.5", true),
        (r#"[301.5]"#, "String", "301.5", false),
        (r#"["301.5"]"#, "Number", "301.5", false),
        (r#"[12345678901234]"#, "Number", "12345678901234", true),
        (r#"[12345678901234]"#, "Number", "12345678901235", false),
        (r#"[true, null]"#, "String.Array", "[true]", true),
        (r#"[null]"#, "String.Array", "[null, 7]", true),
        (r#"[true]"#, "String", "true", false),
        (r#"[{"anything-but":["rugby","tennis"]}]"#, "String", "football", true),
        (r#"[{"anything-but":["rugby","tennis"]}]"#, "String", "rugby", false),
        // It has a value that is neither.
        (r#"[{"anything-but":["rugby"]}]"#, "String.Array", r#"["rugby","baseball"]"#, true),
        (r#"[{"anything-but":"rugby"}]"#, "String.Array", r#"["rugby"]"#, false),
        (r#"[{"anything-but":[100, 500]}]"#, "Number", "101", true),
        (r#"[{"anything-but":[100, 500]}]"#, "Number", "100.0", false),
        (r#"[{"anything-but":{"prefix":"order-"}}]"#, "String", "order-cancelled", false),
        (r#"[{"anything-but":{"prefix":"order-"}}]"#, "String", "data-entry", true),
        (r#"[{"anything-but":{"suffix":"ball"}}]"#, "String", "baseball", false),
        (r#"[{"anything-but":{"wildcard":"*ball*"}}]"#, "String", "balls", false),
        (r#"[{"anything-but":{"equals-ignore-case":["A","b"]}}]"#, "String", "B", false),
        (r#"[{"anything-but":{"prefix":["a","b"]}}]"#, "String", "bc", false),
        (r#"[{"prefix":"bas"}]"#, "String", "baseball", true),
        (r#"[{"prefix":"bas"}]"#, "String", "rugby", false),
        (r#"[{"suffix":"ball"}]"#, "String", "baseball", true),
        (r#"[{"equals-ignore-case":"TENNIS"}]"#, "String", "tenNIS", true),
        (r#"[{"wildcard":"*ball"}]"#, "String", "football", true),
        (r#"[{"wildcard":"f*b*l"}]"#, "String", "football", true),
        (r#"[{"wildcard":"f*b*x"}]"#, "String", "football", false),
        (r#"[{"wildcard":"a\\*b"}]"#, "String", "a*b", true),
        (r#"[{"wildcard":"a\\*b"}]"#, "String", "axb", false),
        (r#"[{"wildcard":"a*"}]"#, "Number", "1", false),
        (r#"[{"numeric":["=",301.5]}]"#, "Number", "301.5", true),
        (r#"[{"numeric":["<",0]}]"#, "Number", "-1", true),
        (r#"[{"numeric":["<",0]}]"#, "Number", "0", false),
        (r#"[{"numeric":[">",0,"<=",150]}]"#, "Number", "150", true),
        (r#"[{"numeric":[">",0,"<=",150]}]"#, "Number", "150.00001", false),
        (r#"[{"numeric":[">=",-0.5,"<",1]}]"#, "Number", "-0.5", true),
        (r#"[{"numeric":[">",0]}]"#, "String", "1", false),
        (r#"[{"numeric":[">",0]}]"#, "String.Array", "[-1, 2]", true),
        (r#"[{"numeric":[">",0]}]"#, "Number", "1e12", false),
        (r#"[{"cidr":"10.0.0.0/24"}]"#, "String", "10.0.0.255", true),
        (r#"[{"cidr":"10.0.0.0/24"}]"#, "String", "10.0.1.0", false),
        (r#"[{"cidr":"2001:db8::/32"}]"#, "String", "2001:db8::1", true),
        (r#"["2001:db8::1"]"#, "String", "2001:db8:0:0::1", true),
        (r#"[{"exists":true}]"#, "String", "", true),
        (r#"[{"exists":false}]"#, "String", "", false),
        (r#"["a",{"exists":false}]"#, "String", "a", true),
        (r#"[{"exists":true}]"#, "Binary", "AAAA", false),
        (r#"[{"exactly":"a"}]"#, "String", "a", true),
    ] {
        assert_eq!(attribute(conditions, data_type, value), wanted, "{conditions} {value}");
    }
}

#[test]
fn outcomes_tell_the_metrics_apart() {
    let read = |text: &str, scope| FilterPolicy::read(text, scope).unwrap();
    let wants = read(r#"{"k":["a"]}"#, Scope::Attributes);
    let absent = read(r#"{"k":[{"exists":false}]}"#, Scope::Attributes);
    let nothing = read(" { } ", Scope::Attributes);
    let none = Message::new([], "");
    let broken = Message::new([Attribute { name: "k", data_type: "String.Array", value: "a" }], "");
    let binary = Message::new([Attribute { name: "k", data_type: "Binary", value: "a" }], "");
    assert_eq!(wants.judge(&none), Outcome::NoAttributes);
    assert_eq!(wants.judge(&binary), Outcome::NoAttributes);
    assert_eq!(wants.judge(&broken), Outcome::InvalidAttributes);
    assert_eq!(absent.judge(&none), Outcome::Matched);
    assert_eq!(nothing.judge(&none), Outcome::Matched);
    let body = read(r#"{"k":["a"]}"#, Scope::Body);
    for (text, wanted) in [
        (r#"{"k":"a"}"#, Outcome::Matched),
        (r#"{"k":"b"}"#, Outcome::FilteredByBody),
        ("k", Outcome::InvalidBody),
        (r#"["k"]"#, Outcome::InvalidBody),
        ("", Outcome::InvalidBody),
    ] {
        assert_eq!(body.judge(&Message::new([], text)), wanted, "{text}");
    }
    assert_eq!(
        Outcome::NoAttributes.metric(),
        Some("NumberOfNotificationsFilteredOut-NoMessageAttributes")
    );
}

fn body(policy: &str, body: &str) -> bool {
    let policy = FilterPolicy::read(policy, Scope::Body).unwrap();
    policy.judge(&Message::new([], body)) == Outcome::Matched
}

#[test]
fn bodies_match_as_sns_was_seen_to_do() {
    let flat = r#"{"object.nested.test":["string.value"]}"#;
    let routes = r#"{"headers":{"route-to":["queue1"]}}"#;
    let records = r#"{"Records":{"s3":{"object":{"key":[{"prefix":"auto-"}]}},
        "eventName":[{"prefix":"ObjectCreated:"}]}}"#;
    let many = r#"{"Records":[{"eventName":"ObjectCreated:Put",
        "s3":{"object":[[{"key":"auto-1.xml","size":17}]]}},
        {"eventName":"ObjectRemoved:Delete","s3":{"object":{"key":"home.xml"}}}]}"#;
    let or = r#"{"$or":[{"metricName":["CPUUtilization","ReadLatency"]},
        {"namespace":["AWS/EC2","AWS/ES"]}],
        "detail":{"scope":["Service"],"$or":[{"source":["aws.cloudwatch"]},{"type":["Alarm"]}]}}"#;
    for (policy, message, wanted) in [
        (flat, r#"{"object":{"nested":{"test":"string.value"}}}"#, true),
        (flat, r#"{"object.nested.test":"string.value"}"#, true),
        (flat, r#"{"object.nested":{"test":"string.value"}}"#, true),
        (flat, r#"{"object":{"nested.test":"string.value"}}"#, true),
        (flat, r#"{"object":{"nested":{"test":"other"}}}"#, false),
        (flat, r#"{"object":{"nested":"string.value"}}"#, false),
        (routes, r#"{"headers":{"route-to":["queue3"]}}"#, false),
        (routes, r#"{"headers":{"route-to":["queue2","queue1"]}}"#, true),
        (records, many, true),
        (
            records,
            r#"{"Records":[{"eventName":"ObjectRemoved:Delete",
            "s3":{"object":{"key":"auto-1.xml"}}}]}"#,
            false,
        ),
        // Each condition is met, but not in one element.
        (
            records,
            r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"x"}}},
            {"eventName":"ObjectRemoved","s3":{"object":{"key":"auto-1"}}}]}"#,
            false,
        ),
        (or, r#"{"metricName":"ReadLatency","detail":{"scope":"Service","type":"Alarm"}}"#, true),
        (
            or,
            r#"{"namespace":"AWS/ES","detail":{"scope":"Service","source":"aws.cloudwatch"}}"#,
            true,
        ),
        (or, r#"{"namespace":"AWS/ES","detail":{"scope":"Service"}}"#, false),
        (or, r#"{"metricName":"AWS/EC2","detail":{"scope":"Service","type":"Alarm"}}"#, false),
        (r#"{"a":[1]}"#, r#"{"a":1.0}"#, true),
        (r#"{"a":[1e20]}"#, r#"{"a":1e20}"#, true),
        (r#"{"a":[true]}"#, r#"{"a":"true"}"#, false),
        (r#"{"a":[null]}"#, r#"{"a":null}"#, true),
        (r#"{"a":[null]}"#, "{}", false),
        (r#"{"a":[{"exists":true}]}"#, r#"{"a":null}"#, true),
        (r#"{"a":[{"exists":true}]}"#, r#"{"a":{"b":1}}"#, false),
        (r#"{"a":[{"exists":true}]}"#, r#"{"a":[]}"#, false),
        (r#"{"a":{"b":[{"exists":false}]}}"#, r#"{"a":{"c":1}}"#, true),
        (r#"{"a":{"b":[{"exists":false}]}}"#, r#"{"a":[{"c":1},{"b":1}]}"#, false),
        (r#"{"a":[{"anything-but":"x"}]}"#, "{}", false),
        (r#"{"a":[{"anything-but":"x"}]}"#, r#"{"a":7}"#, true),
        (r#"{"a":["x"],"a":["y"]}"#, r#"{"a":"y"}"#, true),
        (r#"{"":["x"]}"#, r#"{"":"x"}"#, true),
    ] {
        assert_eq!(body(policy, message), wanted, "{policy} {message}");
    }
}

#[test]
fn hostile_bodies_do_not_take_long() {
    // Every way through names with dots leads to nothing, in many elements of a list.
    let element = r#"{"a":{"b.c":1},"a.b":{"c":1},"a.b.c":1,"x":{"y":1},"x.y":2}"#;
    let list = vec![element; 2_000].join(",");
    let policy = r#"{"l":{"a.b.c":[1],"x.y":[3]}}"#;
    assert!(!body(policy, &format!("{{\"l\":[{list}]}}")));
    let dots = ".".repeat(20_000);
    let policy = format!("{{\"{dots}\":[1]}}");
    assert!(body(&policy, &format!("{{\"\":{{\"{}\":1}}}}", &dots[1..])));
    assert!(!body(&policy, &format!("{{\"\":{{\"{}\":2}}}}", &dots[1..])));
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!body(r#"{"a":[1]}"#, &format!("{{\"a\":{deep}}}")));
}

#[test]
fn a_refusal_is_explained() {
    let policy = FilterPolicy::read(
        r#"{"store":["a",{"prefix":"b"},{"numeric":[">",1,"<=",5]}],"kind":[{"exists":true}]}"#,
        Scope::Attributes,
    )
    .unwrap();
    let message = Message::new([Attribute { name: "store", data_type: "String", value: "x" }], "");
    assert_eq!(
        policy.explain(&message).to_string(),
        "store is \"x\" and the policy wants \"a\" or something that begins with \"b\" or a number \
         > 1 and <= 5; kind is absent and the policy wants any value"
    );
    let policy = FilterPolicy::read(
        r#"{"$or":[{"a":[1],"b":[2],"c":[3]},{"a":[1],"d":[{"anything-but":"no"}]}]}"#,
        Scope::Body,
    )
    .unwrap();
    let explanation = policy.explain(&Message::new([], r#"{"a":1,"d":["no","no"]}"#));
    assert_eq!(
        explanation.to_string(),
        "d is \"no\", \"no\" and the policy wants anything but \"no\""
    );
    let explanation = policy.explain(&Message::new([], "text"));
    assert_eq!(explanation.to_string(), "the body is no JSON object, which the policy needs");
    let list = FilterPolicy::read(r#"{"l":{"a":[1],"b":[2]}}"#, Scope::Body).unwrap();
    let apart = Message::new([], r#"{"l":[{"a":1,"b":1},{"a":2,"b":2}]}"#);
    assert_eq!(
        list.explain(&apart).to_string(),
        "the conditions do not match in one element of a list"
    );
}

proptest! {
    #[test]
    fn ranges_are_those_of_arithmetic(
        bottom in -1_000_i64..1_000, length in 1_i64..500, value in -2_000_i64..2_000,
        open_bottom: bool, open_top: bool, thousandths: bool,
    ) {
        let unit = |number: i64| if thousandths {
            format!("{}{}.{:03}", if number < 0 { "-" } else { "" },
                number.abs() / 1_000, number.abs() % 1_000)
        } else {
            number.to_string()
        };
        let top = bottom + length;
        let (greater, less) =
            (if open_bottom { ">" } else { ">=" }, if open_top { "<" } else { "<=" });
        let conditions = format!(
            r#"[{{"numeric":["{greater}",{},"{less}",{}]}}]"#, unit(bottom), unit(top)
        );
        let above = value > bottom || (value == bottom && !open_bottom);
        let below = value < top || (value == top && !open_top);
        prop_assert_eq!(attribute(&conditions, "Number", &unit(value)), above && below);
    }

    #[test]
    fn exact_texts_match_themselves_only(wanted: String, found: String) {
        let conditions = serde_json::to_string(&[&wanted]).unwrap();
        prop_assert!(attribute(&conditions, "String", &wanted));
        let address = |text: &str| text.parse::<std::net::IpAddr>().ok();
        let same_address = || address(&wanted).is_some() && address(&wanted) == address(&found);
        prop_assert_eq!(
            attribute(&conditions, "String", &found), wanted == found || same_address()
        );
        let but = format!(r#"[{{"anything-but":{conditions}}}]"#);
        prop_assert_eq!(attribute(&but, "String", &found), wanted != found);
    }

    /// An attribute and the member of a body with the same value are judged alike.
    #[test]
    fn both_scopes_agree(
        value in "[a-c]{0,3}",
        conditions in prop::collection::vec(prop_oneof![
            "[a-c]{0,2}".prop_map(|text| format!("{text:?}")),
            "[a-c]{1,2}".prop_map(|text| format!(r#"{{"prefix":{text:?}}}"#)),
            "[a-c]{1,2}".prop_map(|text| format!(r#"{{"suffix":{text:?}}}"#)),
            "[A-C]{1,3}".prop_map(|text| format!(r#"{{"equals-ignore-case":{text:?}}}"#)),
            "[a-c]?\\*[a-c]?".prop_map(|text| format!(r#"{{"wildcard":{text:?}}}"#)),
            "[a-c]{1,2}".prop_map(|text| format!(r#"{{"anything-but":{{"prefix":{text:?}}}}}"#)),
            any::<bool>().prop_map(|wanted| format!(r#"{{"exists":{wanted}}}"#)),
        ], 1..4),
    ) {
        let conditions = format!("[{}]", conditions.join(","));
        let by_body = body(
            &format!("{{\"k\":{conditions}}}"), &serde_json::json!({"k": value}).to_string()
        );
        prop_assert_eq!(attribute(&conditions, "String", &value), by_body);
    }

    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        exercise(&bytes);
    }

    #[test]
    fn any_damage_is_survived(at in 0_usize..90, byte: u8) {
        const SAMPLE: &str = concat!(
            r#"{"a":[{"numeric":[">",1,"<",5]},"x"],"#,
            r#""$or":[{"b":[1]},{"c":{"d":[null]}}]}"#,
            "\n",
            r#"{"a":"x","b":[{"c":1}]}"#,
        );
        let mut bytes = SAMPLE.as_bytes().to_vec();
        bytes[at] = byte;
        exercise(&bytes);
    }
}
