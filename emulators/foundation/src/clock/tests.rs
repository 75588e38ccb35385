//! The clock under test: order, ticks, freezing, restarts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn start() -> Moment {
    Moment::from_unix_millis(1_000_000)
}

#[tokio::test]
async fn a_frozen_clock_stands_still() {
    let clock = Clock::frozen(start());
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(clock.now(), start());
}

#[tokio::test]
async fn a_real_clock_fires_by_itself() {
    let clock = Clock::real();
    let before = clock.now();
    let tick = clock.sleep(Duration::from_millis(5)).await;
    assert!(tick.moment() >= before.after(Duration::from_millis(5)));
    assert!(clock.now() >= tick.moment());
}

#[tokio::test]
async fn a_moment_in_the_past_comes_at_once() {
    let clock = Clock::frozen(start());
    clock.sleep_until(Moment::default()).await;
}

#[tokio::test]
async fn timers_set_while_advancing_fire_in_order() {
    let clock = Clock::frozen(start());
    let seen = Arc::new(Mutex::new(Vec::new()));
    for (name, period) in [("a", 3), ("b", 2)] {
        let (clock, seen) = (Arc::clone(&clock), Arc::clone(&seen));
        tokio::spawn(async move {
            let mut next = clock.sleep(SECOND * period);
            loop {
                let tick = next.await;
                let elapsed = clock.now().since(start()).as_secs();
                seen.lock().expect("not poisoned").push((elapsed, name));
                next = clock.sleep(SECOND * period);
                drop(tick);
            }
        });
    }
    tokio::task::yield_now().await;
    let fired = clock.advance(SECOND * 7).await;
    let expected = [(2, "b"), (3, "a"), (4, "b"), (6, "a"), (6, "b")];
    assert_eq!(*seen.lock().expect("not poisoned"), expected);
    assert_eq!(fired, 5);
    assert_eq!(clock.now(), start().after(SECOND * 7));
}

#[tokio::test]
async fn a_dropped_sleeper_holds_nothing_up() {
    let clock = Clock::frozen(start());
    let forgotten = clock.sleep(SECOND);
    let unpolled = clock.sleep(SECOND);
    drop(forgotten);
    let advance = clock.advance(SECOND * 2);
    tokio::pin!(advance);
    // Fires `unpolled`, then waits for its tick.
    assert!(tokio::time::timeout(Duration::from_millis(10), &mut advance).await.is_err());
    drop(unpolled);
    assert_eq!(advance.await, 1);
}

#[tokio::test]
async fn an_advance_of_a_running_clock_leaves_it_running() {
    let clock = Clock::real();
    let before = clock.now();
    clock.advance(Duration::from_secs(14 * 86_400)).await;
    let after = clock.now();
    assert!(after.since(before) >= Duration::from_secs(14 * 86_400));
    clock.sleep(Duration::from_millis(2)).await;
    assert!(clock.now() > after);
}

#[tokio::test]
async fn resume_goes_on_from_where_it_stood() {
    let clock = Clock::frozen(start());
    clock.resume();
    assert!(clock.now().since(start()) < SECOND);
    let frozen = clock.freeze();
    assert_eq!(clock.now(), frozen);
}

#[tokio::test]
async fn a_restart_does_not_go_back_in_time() {
    let clock = Clock::real();
    clock.advance(SECOND * 3_600).await;
    let before = clock.now();
    let again = Clock::restored(&clock.state());
    assert!(again.now() >= before);
    clock.freeze();
    assert_eq!(Clock::restored(&clock.state()).now(), clock.now());
}

proptest! {
    /// However timers and advances are mixed, moments come in order and none is early or lost.
    #[test]
    fn order_holds(delays in prop::collection::vec(0_u64..100, 1..40), step in 1_u64..50) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(async {
            let clock = Clock::frozen(start());
            let seen = Arc::new(Mutex::new(Vec::new()));
            for &delay in &delays {
                let sleep = clock.sleep(Duration::from_secs(delay));
                let (clock, seen) = (Arc::clone(&clock), Arc::clone(&seen));
                tokio::spawn(async move {
                    let tick = sleep.await;
                    seen.lock().expect("not poisoned").push((tick.moment(), clock.now()));
                });
            }
            for _ in 0..(100 / step + 1) {
                clock.advance(Duration::from_secs(step)).await;
            }
            let seen = seen.lock().expect("not poisoned");
            assert_eq!(seen.len(), delays.len());
            assert!(seen.is_sorted_by_key(|(moment, _)| *moment));
            assert!(seen.iter().all(|(moment, now)| moment <= now));
        });
    }
}
