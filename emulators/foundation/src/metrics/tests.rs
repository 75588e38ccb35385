//! Series under test.

use super::*;
use crate::clock::Moment;

const NAMESPACE: &str = "AWS/SQS";
const ORDERS: &[(&str, &str)] = &[("QueueName", "orders")];

/// A minute at which periods of any length here begin.
const BASE: u64 = 1_000_020;

fn at(minute: u64) -> Moment {
    Moment::from_unix_millis((BASE + minute) * 60_000 + 1)
}

fn window(start: u64, end: u64, period_minutes: u64) -> Window {
    let edge = |minute| Moment::from_unix_millis((BASE + minute) * 60_000);
    let (start, end) = (edge(start), edge(end));
    Window { start, end, period_seconds: period_minutes * 60, now: end }
}

fn sums(datapoints: &[Datapoint]) -> Vec<(u64, f64)> {
    let minute = |moment: Moment| moment.unix_seconds() / 60 - BASE;
    datapoints.iter().map(|point| (minute(point.start), point.statistics.sum)).collect()
}

#[test]
fn a_counter_sums_by_period() {
    let registry = Registry::new();
    let counter = registry.counter(NAMESPACE, "Sent", ORDERS);
    for (minute, amount) in [(0, 1.0), (0, 4.0), (1, 2.0), (5, 10.0)] {
        counter.add(at(minute), amount);
    }
    let read = |window| registry.statistics(NAMESPACE, "Sent", ORDERS, &window);
    assert_eq!(sums(&read(window(0, 10, 1))), [(0, 5.0), (1, 2.0), (5, 10.0)]);
    assert_eq!(sums(&read(window(0, 10, 5))), [(0, 7.0), (5, 10.0)]);
    assert_eq!(sums(&read(window(1, 5, 1))), [(1, 2.0)]);
    let first = read(window(0, 1, 1))[0].statistics;
    let expected = Statistics { sample_count: 2.0, sum: 5.0, minimum: 1.0, maximum: 4.0 };
    assert_eq!((first, first.average()), (expected, 2.5));
    assert_eq!(read(window(5, 5, 1)), []);
}

#[test]
fn a_gauge_holds_its_level() {
    let registry = Registry::new();
    let gauge = registry.gauge(NAMESPACE, "Visible", ORDERS);
    gauge.set(at(0), 3.0);
    gauge.set(at(0), 9.0);
    gauge.set(at(0), 5.0);
    gauge.set(at(4), 1.0);
    let read = |window| registry.statistics(NAMESPACE, "Visible", ORDERS, &window);
    let minutes = read(window(0, 6, 1));
    let expected = [(0, 5.0), (1, 5.0), (2, 5.0), (3, 5.0), (4, 1.0), (5, 1.0)];
    assert_eq!(sums(&minutes), expected);
    assert_eq!((minutes[0].statistics.minimum, minutes[0].statistics.maximum), (3.0, 9.0));
    let whole = read(window(0, 6, 6))[0].statistics;
    assert_eq!((whole.sample_count, whole.average()), (6.0, 22.0 / 6.0));
    assert_eq!(gauge.value(), Some(1.0));
}

#[test]
fn a_level_is_not_told_of_the_future() {
    let registry = Registry::new();
    registry.gauge(NAMESPACE, "Visible", ORDERS).set(at(0), 1.0);
    let window = Window { now: at(2), ..window(0, 100, 1) };
    assert_eq!(registry.statistics(NAMESPACE, "Visible", ORDERS, &window).len(), 3);
}

#[test]
fn a_sampled_level_is_asked_for() {
    let registry = Registry::new();
    registry.sampled(NAMESPACE, "Age", ORDERS, |now| Some((now.unix_seconds() % 60) as f64));
    let now = Moment::from_unix_millis(BASE * 60_000 + 42_000);
    let window = Window { now, ..window(0, 1, 1) };
    assert_eq!(sums(&registry.statistics(NAMESPACE, "Age", ORDERS, &window)), [(0, 42.0)]);
}

#[test]
fn old_minutes_become_buckets_and_end() {
    let registry = Registry::new();
    let counter = registry.counter(NAMESPACE, "Sent", ORDERS);
    for minute in 0..10 {
        counter.add(at(minute), 1.0);
    }
    counter.add(at(1_000), 1.0);
    let read = |window| sums(&registry.statistics(NAMESPACE, "Sent", ORDERS, &window));
    assert_eq!(read(window(0, 2_000, 5)), [(0, 5.0), (5, 5.0), (1_000, 1.0)]);
    // The past may be told of later, too.
    let late = Statistics { sample_count: 2.0, sum: 7.0, minimum: 3.0, maximum: 4.0 };
    counter.add_statistics(at(3), &late);
    counter.add_statistics(at(990), &late);
    assert_eq!(read(window(0, 2_000, 5)), [(0, 12.0), (5, 5.0), (990, 7.0), (1_000, 1.0)]);
    counter.add(at(30_000), 1.0);
    assert_eq!(read(window(0, 40_000, 5)), [(30_000, 1.0)]);
    counter.add_statistics(at(0), &late);
    assert_eq!(read(window(0, 40_000, 5)), [(30_000, 1.0)]);
}

#[test]
fn what_is_no_number_is_ignored() {
    let registry = Registry::new();
    let counter = registry.counter(NAMESPACE, "Sent", ORDERS);
    counter.add(at(0), f64::NAN);
    registry.gauge(NAMESPACE, "Visible", ORDERS).set(at(0), f64::INFINITY);
    let window = window(0, 1, 1);
    assert_eq!(registry.statistics(NAMESPACE, "Sent", ORDERS, &window), []);
    assert_eq!(registry.statistics(NAMESPACE, "Visible", ORDERS, &window), []);
}

#[test]
fn names_are_listed_in_pages_and_removed_by_dimension() {
    let registry = Registry::new();
    for queue in ["a", "b", "c"] {
        let _ = registry.counter(NAMESPACE, "Sent", &[("QueueName", queue)]);
        let _ = registry.gauge(NAMESPACE, "Visible", &[("QueueName", queue)]);
    }
    let _ = registry.counter("Mine", "Sent", &[("QueueName", "b"), ("Host", "x")]);
    assert_eq!(registry.len(), 7);
    let page = registry.list(None, 4, |_| true);
    let rest = registry.list(page.last(), 10, |_| true);
    assert_eq!((page.len(), rest.len()), (4, 3));
    assert_eq!(registry.list(None, 10, |id| &*id.name == "Visible").len(), 3);
    assert_eq!(registry.remove(NAMESPACE, "QueueName", "b"), 2);
    assert_eq!(registry.remove(NAMESPACE, "QueueName", "b"), 0);
    assert_eq!(registry.remove("Mine", "Host", "x"), 1);
    assert_eq!(registry.len(), 4);
}

#[test]
fn one_name_is_one_series() {
    let registry = Registry::new();
    let dimensions = [("A", "1"), ("B", "2")];
    let reversed = [("B", "2"), ("A", "1")];
    registry.counter(NAMESPACE, "Sent", &dimensions).add(at(0), 1.0);
    registry.counter(NAMESPACE, "Sent", &reversed).add(at(0), 1.0);
    // A gauge of the same name is refused silently: it is nobody's.
    registry.gauge(NAMESPACE, "Sent", &dimensions).set(at(0), 50.0);
    let read = registry.statistics(NAMESPACE, "Sent", &reversed, &window(0, 1, 1));
    assert_eq!(sums(&read), [(0, 2.0)]);
}

#[test]
fn accounts_and_regions_are_apart() {
    let metrics = Metrics::new();
    metrics.scope("0", "us-east-1").counter(NAMESPACE, "Sent", ORDERS).add(at(0), 1.0);
    assert!(metrics.scope("0", "eu-west-1").is_empty());
    assert_eq!(metrics.scope("0", "us-east-1").len(), 1);
    assert_eq!(metrics.scopes().len(), 2);
    let held = metrics.scope("0", "us-east-1");
    metrics.reset();
    assert!(metrics.scope("0", "us-east-1").is_empty());
    let _ = held.counter(NAMESPACE, "Sent", ORDERS);
    assert_eq!(metrics.scope("0", "us-east-1").len(), 1);
}

#[test]
fn points_are_given_back() {
    let registry = Registry::new();
    let points = registry.points_for_tests();
    let counter = registry.counter(NAMESPACE, "Sent", ORDERS);
    for minute in 0..30_000 {
        counter.add(at(minute), 1.0);
    }
    let kept = points.load(std::sync::atomic::Ordering::Relaxed);
    assert!(kept <= (MINUTES_KEPT + 1 + BUCKETS_KEPT / BUCKET_MINUTES + 1) as usize, "{kept}");
    drop(counter);
    registry.remove(NAMESPACE, "QueueName", "orders");
    assert_eq!(points.load(std::sync::atomic::Ordering::Relaxed), 0);
}
