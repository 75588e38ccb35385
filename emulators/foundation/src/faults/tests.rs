//! Fault rules under test.

use super::*;

fn rule(action: Action) -> Rule {
    Rule {
        service: "kubernetes".to_owned(),
        operation: "list *".to_owned(),
        action,
        rate: 1.0,
        after: 0,
        count: None,
        seed: Some(7),
    }
}

fn broken() -> Action {
    Action::Error { status: 503, code: None, message: None }
}

fn fails(faults: &Faults) -> bool {
    faults.decide("kubernetes", "list pods", Moment::default()).failure.is_some()
}

#[test]
fn without_rules_nothing_happens() {
    assert_eq!(Faults::new().decide("x", "y", Moment::default()), Decision::default());
}

#[test]
fn after_and_count_bound_a_rule() {
    let faults = Faults::new();
    faults.add(Rule { after: 2, count: Some(3), ..rule(broken()) }).expect("a valid rule");
    let seen = (0..8).map(|_| fails(&faults)).collect::<Vec<_>>();
    assert_eq!(seen, [false, false, true, true, true, false, false, false]);
    let status = &faults.list()[0];
    assert_eq!((status.matched, status.acted), (8, 3));
}

#[test]
fn other_operations_are_left_alone() {
    let faults = Faults::new();
    faults.add(rule(Action::Drop)).expect("a valid rule");
    let decide = |service, operation| faults.decide(service, operation, Moment::default());
    assert_eq!(decide("kubernetes", "get pods").failure, None);
    assert_eq!(decide("aws", "list pods").failure, None);
    assert_eq!(decide("kubernetes", "list pods").failure, Some(Failure::Drop));
}

#[test]
fn a_seed_repeats_its_decisions() {
    let draw = |seed| {
        let faults = Faults::new();
        let rule = Rule { rate: 0.5, seed: Some(seed), ..rule(broken()) };
        faults.add(rule).expect("a valid rule");
        (0..64).map(|_| fails(&faults)).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn a_throttle_follows_the_clock() {
    let faults = Faults::new();
    let throttle = Action::Throttle { per_second: 2.0, burst: 1 };
    faults.add(rule(throttle)).expect("a valid rule");
    let at = |millis| {
        let now = Moment::from_unix_millis(millis);
        faults.decide("kubernetes", "list pods", now).failure
    };
    assert_eq!(at(1_000), None);
    let retry_after = Duration::from_millis(500);
    assert_eq!(at(1_000), Some(Failure::Throttle { retry_after }));
    assert_eq!(at(1_500), None);
}

#[test]
fn waits_add_up_and_a_failure_ends_the_search() {
    let faults = Faults::new();
    let wait = Action::Latency { milliseconds: 20, jitter_milliseconds: 0 };
    for action in [wait.clone(), wait.clone(), broken(), wait] {
        faults.add(rule(action)).expect("a valid rule");
    }
    let decision = faults.decide("kubernetes", "list pods", Moment::default());
    assert_eq!(decision.latency, Duration::from_millis(40));
    assert!(decision.failure.is_some());
    assert_eq!(faults.list()[3].matched, 0);
}

#[test]
fn wrong_rules_are_refused() {
    let faults = Faults::new();
    let teapot = Action::Error { status: 200, code: None, message: None };
    let nothing = Action::Throttle { per_second: 0.0, burst: 1 };
    for wrong in [Rule { rate: 1.5, ..rule(broken()) }, rule(teapot), rule(nothing)] {
        assert_eq!(faults.add(wrong).expect_err("refused").kind, ErrorKind::Usage);
    }
    assert_eq!(faults.remove(9).expect_err("not there").kind, ErrorKind::NotFound);
}

#[test]
fn absurd_numbers_are_borne() {
    let faults = Faults::new();
    let throttle = Action::Throttle { per_second: f64::MIN_POSITIVE, burst: u32::MAX };
    let wait = Action::Latency { milliseconds: u64::MAX, jitter_milliseconds: u64::MAX };
    for action in [throttle, wait.clone(), wait] {
        let extreme = Rule { seed: Some(u64::MAX), count: Some(u64::MAX), ..rule(action) };
        faults.add(extreme).expect("a valid rule");
    }
    let end = Moment::from_unix_nanos(u64::MAX);
    let decision = faults.decide("kubernetes", "list pods", end);
    assert!(decision.latency >= Duration::from_millis(u64::MAX));
    let spent = Action::Throttle { per_second: f64::MIN_POSITIVE, burst: 0 };
    faults.clear();
    faults.add(rule(spent)).expect("a valid rule");
    assert_eq!(faults.decide("kubernetes", "list pods", end).failure, None);
    let retry_after = Duration::MAX;
    let failure = faults.decide("kubernetes", "list pods", end).failure;
    assert_eq!(failure, Some(Failure::Throttle { retry_after }));
}

#[test]
fn texts_without_end_are_refused() {
    let faults = Faults::new();
    let long = || Rule { operation: "x".repeat(40 * 1024), ..rule(broken()) };
    faults.add(long()).expect("one fits");
    assert_eq!(faults.add(long()).expect_err("refused").kind, ErrorKind::Usage);
    faults.add(rule(broken())).expect("a short one fits");
}

#[test]
fn rules_are_removed() {
    let faults = Faults::new();
    let id = faults.add(rule(broken())).expect("a valid rule");
    faults.remove(id).expect("it is there");
    assert!(!fails(&faults));
    faults.add(rule(broken())).expect("a valid rule");
    assert_eq!(faults.clear(), 1);
    assert!(!fails(&faults));
}
