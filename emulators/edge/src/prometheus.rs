//! All series in the text form that Prometheus scrapes (version 0.0.4).
//!
//! A counter becomes `brume_aws_sqs_number_of_messages_sent_sum` and `…_count`, both of what is
//! kept of it; a gauge becomes one sample. Dimensions become labels, besides account and region.

use std::collections::BTreeMap;
use std::fmt::Write;

use brume_foundation::clock::Moment;
use brume_foundation::metrics::{Metrics, SERIES_MAX, SeriesId};

/// The `Content-Type` that scrapers ask for.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes everything; gauges that are sampled are asked now.
pub(crate) fn render(metrics: &Metrics, now: Moment) -> String {
    // All samples of one name must stand together.
    let mut families = BTreeMap::<String, (bool, String)>::new();
    for ((account, region), registry) in metrics.scopes() {
        for id in registry.list(None, SERIES_MAX, |_| true) {
            let Some((statistics, is_gauge)) = registry.summary(&id, now) else { continue };
            let name = name(&id);
            let labels = labels(&id, &account, &region);
            let (_, out) = families.entry(name.clone()).or_insert((is_gauge, String::new()));
            // Writing to a string does not fail.
            let _ = if is_gauge {
                writeln!(out, "{name}{labels} {}", statistics.sum)
            } else {
                writeln!(
                    out,
                    "{name}_sum{labels} {}\n{name}_count{labels} {}",
                    statistics.sum, statistics.sample_count
                )
            };
        }
    }
    let mut text = String::new();
    for (name, (is_gauge, samples)) in families {
        let kind = if is_gauge { "gauge" } else { "summary" };
        let _ = write!(text, "# TYPE {name} {kind}\n{samples}");
    }
    text
}

/// `AWS/SQS` and `NumberOfMessagesSent` become `brume_aws_sqs_number_of_messages_sent`.
fn name(id: &SeriesId) -> String {
    let mut name = String::from("brume");
    for part in [&*id.namespace, &*id.name] {
        name.push('_');
        let mut previous = '_';
        for letter in part.chars() {
            if !letter.is_ascii_alphanumeric() {
                if previous != '_' {
                    name.push('_');
                    previous = '_';
                }
                continue;
            }
            if letter.is_ascii_uppercase() && previous.is_ascii_lowercase() {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
            previous = letter;
        }
    }
    name
}

fn labels(id: &SeriesId, account: &str, region: &str) -> String {
    let mut labels = String::from("{");
    let fixed = [("account", account), ("region", region)];
    let dimensions = id.dimensions.iter().map(|(name, value)| (&**name, &**value));
    for (index, (name, value)) in fixed.into_iter().chain(dimensions).enumerate() {
        if index > 0 {
            labels.push(',');
        }
        if index >= fixed.len() {
            // Dimensions of users may have any name; two may look alike as labels.
            labels.push_str("d_");
        }
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
        labels.extend(name.chars().map(plain));
        labels.push_str("=\"");
        for letter in value.chars() {
            match letter {
                '\\' => labels.push_str("\\\\"),
                '"' => labels.push_str("\\\""),
                '\n' => labels.push_str("\\n"),
                other => labels.push(other),
            }
        }
        labels.push('"');
    }
    labels.push('}');
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_become_samples() {
        let metrics = Metrics::new();
        let scope = metrics.scope("000000000000", "us-east-1");
        let now = Moment::from_unix_millis(1_700_000_000_000);
        let queue = [("QueueName", "a\"b")];
        let sent = scope.counter("AWS/SQS", "NumberOfMessagesSent", &queue);
        sent.add(now, 2.0);
        sent.add(now, 3.0);
        scope.gauge("AWS/SQS", "ApproximateNumberOfMessagesVisible", &queue).set(now, 4.0);
        let labels = "{account=\"000000000000\",region=\"us-east-1\",d_QueueName=\"a\\\"b\"}";
        let expected = format!(
            "# TYPE brume_aws_sqs_approximate_number_of_messages_visible gauge\n\
             brume_aws_sqs_approximate_number_of_messages_visible{labels} 4\n\
             # TYPE brume_aws_sqs_number_of_messages_sent summary\n\
             brume_aws_sqs_number_of_messages_sent_sum{labels} 5\n\
             brume_aws_sqs_number_of_messages_sent_count{labels} 2\n"
        );
        assert_eq!(render(&metrics, now), expected);
    }
}
