//! From facts to a diagnosis.

use super::facts::{Facts, Probe, Route};
use super::{Confidence, Diagnosis, Evidence, Reason};
use crate::cloud::queues::name_of;
use crate::inventory::SourceKind;
use crate::message::DeadLetter;
use crate::text::excerpt;

/// Longest part of a foreign text that is shown.
const QUOTED_MAX: usize = 300;

/// Says why `letter` is where it is; see the module's description for the order.
#[must_use]
pub fn infer(letter: &DeadLetter, facts: &Facts) -> Diagnosis {
    let mut diagnosis = decide(letter, facts);
    for gap in &facts.gaps {
        diagnosis.evidence.push(Evidence { source: "not known", text: gap.clone() });
    }
    diagnosis
}

fn decide(letter: &DeadLetter, facts: &Facts) -> Diagnosis {
    if let Some(found) = by_record(facts) {
        return found;
    }
    if let Some(found) = by_log(facts) {
        return found;
    }
    // What SQS or Lambda wrote on the message itself excludes a failed delivery by SNS.
    if let Some(found) = by_message(letter, facts) {
        return found;
    }
    if let Some(found) = facts.route.as_ref().and_then(by_route) {
        return found;
    }
    by_sources(letter, facts)
}

fn diagnosis(reason: Reason, confidence: Confidence, evidence: Vec<Evidence>) -> Diagnosis {
    Diagnosis { reason, confidence, evidence }
}

fn evidence(source: &'static str, text: impl Into<String>) -> Evidence {
    Evidence { source, text: text.into() }
}

/// The endpoint itself kept the exact cause.
fn by_record(facts: &Facts) -> Option<Diagnosis> {
    let cause = facts.exact.last()?;
    let status = u16::try_from(cause.status).unwrap_or_default();
    let reason = classify(&cause.endpoint, &format!("{} {}", cause.code, cause.detail), status);
    let tries = if cause.attempts == 1 { "attempt" } else { "attempts" };
    let mut text = format!("{} {tries}, the last one: {}", cause.attempts, cause.code);
    if status != 0 {
        text.push_str(&format!(" ({status})"));
    }
    if !cause.detail.is_empty() {
        text.push_str(&format!(": {}", excerpt(&cause.detail, QUOTED_MAX)));
    }
    let mut found = vec![evidence("endpoint", text)];
    let kind = if cause.is_client_side {
        "a client-side error is not retried"
    } else {
        "a server-side error is retried until the schedule is used up"
    };
    found.push(evidence("endpoint", kind));
    Some(diagnosis(reason, Confidence::Certain, found))
}

/// The delivery log has this very message.
fn by_log(facts: &Facts) -> Option<Diagnosis> {
    let failed = facts.deliveries.iter().rfind(|delivery| !delivery.is_success)?;
    let status = u16::try_from(failed.status).unwrap_or_default();
    let reason = classify(&failed.destination, &failed.response, status);
    let text = format!(
        "status {} after {} attempts to {}: {}",
        failed.status,
        failed.attempts,
        failed.destination,
        excerpt(&failed.response, QUOTED_MAX)
    );
    Some(diagnosis(reason, Confidence::Certain, vec![evidence("delivery log", text)]))
}

/// SQS names the queue that it moved a message from; Lambda writes its error on an event.
fn by_message(letter: &DeadLetter, facts: &Facts) -> Option<Diagnosis> {
    if let Some(queue) = letter.source_queue_arn() {
        let name = name_of(queue);
        let text = format!("SQS moved it here from '{name}' (DeadLetterQueueSourceArn)");
        let mut found = vec![evidence("message", text)];
        let source = facts.sources.iter().find(|source| source.arn == queue);
        if let Some(count) = source.and_then(|source| source.max_receive_count) {
            let text = format!("'{name}' gives up after {count} receives without a delete");
            found.push(evidence("configuration", text));
            if count == 1 {
                let text = "maxReceiveCount 1 gives up on the first hiccup, a deployment for one";
                found.push(evidence("configuration", text));
            }
        }
        if letter.envelope.is_some() {
            found.push(evidence("message", "SNS had delivered it: the envelope is around it"));
        }
        return Some(diagnosis(Reason::Consumer, Confidence::Certain, found));
    }
    let failure = letter.async_failure()?;
    let message = failure.message.as_deref().unwrap_or("no ErrorMessage");
    let mut found = vec![evidence("message", format!("Lambda wrote: {}", excerpt(message, 300)))];
    let (reason, meaning) = match failure.code.as_str() {
        "200" => (Reason::AsyncInvoke, "ErrorCode 200: the function ran and failed"),
        "429" => (Reason::FunctionThrottled, "ErrorCode 429: it was throttled"),
        "403" => (Reason::Policy, "ErrorCode 403: the call was not allowed"),
        "404" => (Reason::FunctionMissing, "ErrorCode 404: there was no such function"),
        _ => (Reason::AsyncInvoke, "the service failed to run the function"),
    };
    found.push(evidence("message", meaning));
    if let Some(id) = failure.request_id {
        found.push(evidence("message", format!("RequestID {id}, to be found in the logs")));
    }
    Some(diagnosis(reason, Confidence::Certain, found))
}

/// What is wrong with the subscription and its endpoint now.
fn by_route(route: &Route) -> Option<Diagnosis> {
    let (reason, confidence, mut found) = route_fault(route)?;
    let confidence = if route.is_named_by_message { confidence } else { confidence.lower() };
    if !route.is_named_by_message {
        let text = match route.candidates {
            0 | 1 => "the message does not name its subscription (raw delivery); this is the only \
                      one that sends its dead letters here"
                .to_owned(),
            count => format!(
                "the message does not name its subscription (raw delivery); {count} send their \
                 dead letters here, and this one is at fault"
            ),
        };
        found.push(evidence("configuration", text));
    }
    Some(diagnosis(reason, confidence, found))
}

fn route_fault(route: &Route) -> Option<(Reason, Confidence, Vec<Evidence>)> {
    let Some(subscription) = &route.subscription else {
        let arn = &route.subscription_arn;
        let text = format!("the subscription {arn} does not exist any more");
        let found = vec![evidence("configuration", text)];
        return Some((Reason::EndpointMissing, Confidence::Low, found));
    };
    let endpoint = name_of(&subscription.endpoint);
    let is_function = subscription.protocol == "lambda";
    if route.endpoint_exists == Some(false) {
        let what = if is_function { "function" } else { "queue" };
        let text = format!("the {what} '{endpoint}' does not exist");
        let retry = "SNS does not retry then: straight to the dead-letter queue";
        let reason = if is_function { Reason::FunctionMissing } else { Reason::EndpointMissing };
        let found = vec![evidence("configuration", text), evidence("configuration", retry)];
        return Some((reason, Confidence::High, found));
    }
    if let Some(permission) = route.permission.as_ref().filter(|found| !found.is_allowed) {
        let lines = permission.explanation.iter().map(|line| evidence("policy", line.clone()));
        return Some((Reason::Policy, Confidence::High, lines.collect()));
    }
    if let Some(function) = &route.function {
        if function.reserved_concurrency == Some(0) {
            let text =
                format!("'{endpoint}' has a reserved concurrency of 0: every call is refused");
            let found = vec![evidence("configuration", text)];
            return Some((Reason::FunctionThrottled, Confidence::High, found));
        }
        if matches!(function.state.as_str(), "Failed" | "Inactive") {
            let text = format!("'{endpoint}' is {}: {}", function.state, function.reason);
            let found = vec![evidence("configuration", text)];
            return Some((Reason::FunctionDisabled, Confidence::Medium, found));
        }
    }
    if let Some(key) = &route.key {
        let managed = key.ends_with("alias/aws/sqs");
        let text = if managed {
            format!("'{endpoint}' is encrypted by {key}, which SNS cannot use")
        } else {
            format!("'{endpoint}' is encrypted by {key}; its key policy must let SNS in")
        };
        let confidence = if managed { Confidence::High } else { Confidence::Low };
        return Some((Reason::Key, confidence, vec![evidence("configuration", text)]));
    }
    match route.probe.as_ref()? {
        Probe::Failed(cause) => {
            let text = format!("{} does not answer: {cause}", subscription.endpoint);
            Some((Reason::EndpointFails, Confidence::Medium, vec![evidence("probe", text)]))
        }
        Probe::Status(status) if *status == 429 || *status >= 500 => {
            let text = format!("{} answers {status}", subscription.endpoint);
            Some((Reason::EndpointFails, Confidence::Medium, vec![evidence("probe", text)]))
        }
        Probe::Status(status) if *status >= 400 => {
            let text = format!("{} answers {status} to a HEAD request", subscription.endpoint);
            Some((Reason::EndpointRefuses, Confidence::Low, vec![evidence("probe", text)]))
        }
        Probe::Status(_) => None,
    }
}

/// Nothing is wrong now: what feeds the queue is all there is.
fn by_sources(letter: &DeadLetter, facts: &Facts) -> Diagnosis {
    let is_all = |kinds: &[SourceKind]| {
        !facts.sources.is_empty() && facts.sources.iter().all(|s| kinds.contains(&s.kind))
    };
    let names: Vec<&str> = facts.sources.iter().map(|source| source.label.as_str()).collect();
    if is_all(&[SourceKind::Queue]) {
        let text = format!("only queues send their dead letters here: {}", names.join(", "));
        let found = vec![
            evidence("configuration", text),
            evidence("message", "it has no DeadLetterQueueSourceArn, so it may be sent by hand"),
        ];
        return diagnosis(Reason::Consumer, Confidence::Medium, found);
    }
    if is_all(&[SourceKind::Destination, SourceKind::EventSource, SourceKind::Function]) {
        let text = format!("only functions send what they failed on here: {}", names.join(", "));
        let found = vec![evidence("configuration", text)];
        return diagnosis(Reason::AsyncInvoke, Confidence::Medium, found);
    }
    let mut found = Vec::new();
    match &facts.route {
        Some(Route { subscription: Some(subscription), .. }) => {
            let text = format!("nothing is wrong with {} now", subscription.label());
            found.push(evidence("configuration", text));
            let log = "SNS's delivery status log would tell; it is off unless it was set up";
            found.push(evidence("delivery log", log));
        }
        _ if letter.envelope.is_none() && facts.sources.is_empty() => {
            found.push(evidence("configuration", "nothing sends its dead letters here"));
        }
        _ => found.push(evidence("message", "it does not say where it came from")),
    }
    diagnosis(Reason::Unknown, Confidence::None, found)
}

/// The reason that an endpoint's answer means.
fn classify(endpoint: &str, answer: &str, status: u16) -> Reason {
    let answer = answer.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| answer.contains(word));
    let is_function = endpoint.contains(":lambda:");
    if has(&["kms"]) {
        return Reason::Key;
    }
    if has(&["nonexistentqueue", "queuedoesnotexist", "notfound", "not exist", "nosuch"]) {
        return if is_function { Reason::FunctionMissing } else { Reason::EndpointMissing };
    }
    if has(&["toomanyrequests", "throttl", "rate exceeded", "concurren"]) {
        return if is_function { Reason::FunctionThrottled } else { Reason::EndpointFails };
    }
    if has(&["accessdenied", "access denied", "authorization", "not authorized", "explicit deny"]) {
        return Reason::Policy;
    }
    match status {
        403 if endpoint.starts_with("arn:") => Reason::Policy,
        404 if is_function => Reason::FunctionMissing,
        404 if endpoint.starts_with("arn:") => Reason::EndpointMissing,
        429 if is_function => Reason::FunctionThrottled,
        429 => Reason::EndpointFails,
        400..=499 => Reason::EndpointRefuses,
        _ => Reason::EndpointFails,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::admin::ExactCause;
    use crate::cloud::topics::Subscription;
    use crate::inventory::Source;
    use crate::message::Attribute;
    use crate::permission::Permission;
    use crate::reason::delivery_log::Delivery;
    use crate::reason::facts::FunctionState;

    const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:orders-q";
    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:ship";

    fn route(protocol: &str, endpoint: &str) -> Route {
        let subscription = Subscription {
            topic_arn: "arn:aws:sns:us-east-1:123456789012:orders".to_owned(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
            ..Subscription::default()
        };
        Route { subscription: Some(subscription), is_named_by_message: true, ..Route::default() }
    }

    fn of(route: Route) -> (&'static str, &'static str) {
        let facts = Facts { route: Some(route), ..Facts::default() };
        let found = infer(&DeadLetter::default(), &facts);
        assert!(!found.evidence.is_empty());
        (found.reason.slug(), found.confidence.name())
    }

    #[test]
    fn the_state_of_the_endpoint_tells() {
        let denied = Permission { is_allowed: false, explanation: vec!["no".to_owned()] };
        let missing = Route { endpoint_exists: Some(false), ..route("sqs", QUEUE) };
        assert_eq!(of(missing.clone()), ("endpoint-missing", "high"));
        let raw = Route { is_named_by_message: false, candidates: 2, ..missing };
        assert_eq!(of(raw), ("endpoint-missing", "medium"));
        let route_denied = Route { permission: Some(denied), ..route("sqs", QUEUE) };
        assert_eq!(of(route_denied), ("policy", "high"));
        let gone = Route { endpoint_exists: Some(false), ..route("lambda", FUNCTION) };
        assert_eq!(of(gone), ("function-missing", "high"));
        let function = FunctionState { reserved_concurrency: Some(0), ..Default::default() };
        let throttled = Route { function: Some(function), ..route("lambda", FUNCTION) };
        assert_eq!(of(throttled), ("function-throttled", "high"));
        let function = FunctionState { state: "Failed".to_owned(), ..Default::default() };
        let broken = Route { function: Some(function), ..route("lambda", FUNCTION) };
        assert_eq!(of(broken), ("function-disabled", "medium"));
        let key = Route { key: Some("alias/aws/sqs".to_owned()), ..route("sqs", QUEUE) };
        assert_eq!(of(key), ("kms", "high"));
        let own_key = Route { key: Some("key/1".to_owned()), ..route("sqs", QUEUE) };
        assert_eq!(of(own_key), ("kms", "low"));
        let down = Probe::Failed("connection refused".to_owned());
        let down = Route { probe: Some(down), ..route("https", "https://example.org/hook") };
        assert_eq!(of(down), ("endpoint-fails", "medium"));
        let no = Route { probe: Some(Probe::Status(404)), ..route("https", "https://x.org") };
        assert_eq!(of(no), ("endpoint-refuses", "low"));
        let well = Route { probe: Some(Probe::Status(200)), ..route("https", "https://x.org") };
        assert_eq!(of(well), ("unknown", "none"));
        assert_eq!(of(Route::default()), ("endpoint-missing", "low"));
    }

    #[test]
    fn what_was_recorded_comes_before_what_is_now() {
        let missing = Route { endpoint_exists: Some(false), ..route("sqs", QUEUE) };
        let delivery = Delivery {
            destination: QUEUE.to_owned(),
            status: 403,
            response: "{\"ErrorCode\":\"AccessDenied\"}".to_owned(),
            ..Delivery::default()
        };
        let mut facts =
            Facts { route: Some(missing), deliveries: vec![delivery], ..Facts::default() };
        let found = infer(&DeadLetter::default(), &facts);
        assert_eq!((found.reason, found.confidence), (Reason::Policy, Confidence::Certain));
        facts.exact.push(ExactCause {
            endpoint: QUEUE.to_owned(),
            code: "KMS.DisabledException".to_owned(),
            ..ExactCause::default()
        });
        assert_eq!(infer(&DeadLetter::default(), &facts).reason, Reason::Key);
    }

    #[test]
    fn what_the_message_says_excludes_a_failed_delivery() {
        let missing = Route { endpoint_exists: Some(false), ..route("sqs", QUEUE) };
        let source = Source {
            kind: SourceKind::Queue,
            arn: QUEUE.to_owned(),
            label: "orders-q".to_owned(),
            max_receive_count: Some(1),
        };
        let facts = Facts { route: Some(missing), sources: vec![source], ..Facts::default() };
        let mut letter = DeadLetter::default();
        letter.system.insert("DeadLetterQueueSourceArn".to_owned(), QUEUE.to_owned());
        let found = infer(&letter, &facts);
        assert_eq!((found.reason, found.confidence), (Reason::Consumer, Confidence::Certain));
        assert!(found.evidence.iter().any(|e| e.text.contains("first hiccup")), "{found:?}");

        let mut letter = DeadLetter::default();
        letter.attributes.insert("ErrorCode".to_owned(), Attribute::text("200"));
        letter.attributes.insert("ErrorMessage".to_owned(), Attribute::text("KeyError: 'id'"));
        let found = infer(&letter, &facts);
        assert_eq!((found.reason, found.confidence), (Reason::AsyncInvoke, Confidence::Certain));
        assert!(found.evidence[0].text.contains("KeyError"));
    }

    #[test]
    fn what_feeds_the_queue_is_the_last_resort() {
        let source = |kind| Source {
            kind,
            arn: "a".to_owned(),
            label: "x".to_owned(),
            max_receive_count: None,
        };
        for (kinds, reason) in [
            (vec![SourceKind::Queue], Reason::Consumer),
            (vec![SourceKind::Function, SourceKind::Destination], Reason::AsyncInvoke),
            (vec![SourceKind::Queue, SourceKind::Subscription], Reason::Unknown),
            (vec![], Reason::Unknown),
        ] {
            let sources = kinds.into_iter().map(source).collect();
            let facts = Facts { sources, gaps: vec!["x".to_owned()], ..Facts::default() };
            let found = infer(&DeadLetter::default(), &facts);
            assert_eq!(found.reason, reason);
            assert_eq!(found.evidence.last().map(|e| e.source), Some("not known"));
        }
    }

    #[test]
    fn answers_of_endpoints_are_understood() {
        for (endpoint, answer, status, expected) in [
            (QUEUE, "AWS.SimpleQueueService.NonExistentQueue", 400, Reason::EndpointMissing),
            (QUEUE, "QueueDoesNotExist", 400, Reason::EndpointMissing),
            (QUEUE, "", 403, Reason::Policy),
            (QUEUE, "KMS.AccessDeniedException", 400, Reason::Key),
            (FUNCTION, "ResourceNotFoundException", 404, Reason::FunctionMissing),
            (FUNCTION, "TooManyRequestsException", 429, Reason::FunctionThrottled),
            (FUNCTION, "AccessDeniedException", 403, Reason::Policy),
            ("https://x.org/hook", "Forbidden", 403, Reason::EndpointRefuses),
            ("https://x.org/hook", "", 429, Reason::EndpointFails),
            ("https://x.org/hook", "Bad Gateway", 502, Reason::EndpointFails),
            ("https://x.org/hook", "", 0, Reason::EndpointFails),
        ] {
            assert_eq!(classify(endpoint, answer, status), expected, "{endpoint} {answer}");
        }
    }
}
