//! The delays between the tries of one delivery.

use std::time::Duration;

use brume_foundation::random::Random;

use crate::protocol::Protocol;

/// How delays grow from the smallest to the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// By equal steps.
    Linear,
    /// By steps that grow by equal amounts.
    Arithmetic,
    /// By equal factors.
    Geometric,
    /// By steps that double.
    Exponential,
}

/// The delays between tries, phase by phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// Tries without delay; the first try of all is one of them, unless it is 0.
    pub immediate: u32,
    /// Tries after the smallest delay.
    pub minimum: u32,
    /// Tries after growing delays.
    pub growing: u32,
    /// Tries after the largest delay.
    pub maximum: u32,
    /// The smallest delay.
    pub delay_min: Duration,
    /// The largest delay.
    pub delay_max: Duration,
    /// How delays grow.
    pub backoff: Backoff,
}

impl Ladder {
    /// Queues, functions and streams: 100,015 tries over 23 days.
    pub const AWS_MANAGED: Self = Self {
        immediate: 3,
        minimum: 2,
        growing: 10,
        maximum: 100_000,
        delay_min: Duration::from_secs(1),
        delay_max: Duration::from_secs(20),
        backoff: Backoff::Geometric,
    };

    /// Mail, text messages and push: 50 tries over 6 hours.
    pub const CUSTOMER_MANAGED: Self = Self {
        immediate: 0,
        minimum: 2,
        growing: 10,
        maximum: 38,
        delay_min: Duration::from_secs(10),
        delay_max: Duration::from_secs(600),
        backoff: Backoff::Geometric,
    };

    /// HTTP without a delivery policy: three more tries, 20 seconds apart.
    pub const HTTP: Self = Self {
        immediate: 1,
        minimum: 0,
        growing: 3,
        maximum: 0,
        delay_min: Duration::from_secs(20),
        delay_max: Duration::from_secs(20),
        backoff: Backoff::Linear,
    };

    /// The ladder of a protocol without a delivery policy.
    #[must_use]
    pub const fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http | Protocol::Https => Self::HTTP,
            Protocol::Sqs | Protocol::Lambda | Protocol::Firehose => Self::AWS_MANAGED,
            Protocol::Email | Protocol::EmailJson | Protocol::Sms | Protocol::Application => {
                Self::CUSTOMER_MANAGED
            }
        }
    }

    /// How many tries there are, the first one included.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.immediate + self.minimum + self.growing + self.maximum
    }

    /// The delay before a try, counted from 1, without jitter; nothing after the last one.
    #[must_use]
    pub fn delay_before(&self, number: u32) -> Option<Duration> {
        if number == 0 || number > self.tries() {
            return None;
        }
        let index = number - 1;
        let growing_from = self.immediate + self.minimum;
        Some(if number == 1 || index < self.immediate {
            Duration::ZERO
        } else if index < growing_from {
            self.delay_min
        } else if index < growing_from + self.growing {
            self.grown(index - growing_from)
        } else {
            self.delay_max
        })
    }

    /// All delays in order.
    pub fn delays(&self) -> impl Iterator<Item = Duration> + '_ {
        (1..=self.tries()).map_while(|number| self.delay_before(number))
    }

    /// The delay number `index` of the growing phase.
    fn grown(&self, index: u32) -> Duration {
        let (low, high) = (self.delay_min.as_secs_f64(), self.delay_max.as_secs_f64());
        if self.growing < 2 || high <= low {
            return self.delay_min;
        }
        let last = f64::from(self.growing - 1);
        let step = f64::from(index);
        let part = match self.backoff {
            Backoff::Linear => step / last,
            Backoff::Arithmetic => step * (step + 1.0) / (last * (last + 1.0)),
            Backoff::Geometric if low > 0.0 => {
                return Duration::from_secs_f64(low * (high / low).powf(step / last));
            }
            Backoff::Geometric => step / last,
            Backoff::Exponential => (step.exp2() - 1.0) / (last.exp2() - 1.0),
        };
        Duration::from_secs_f64(low + (high - low) * part)
    }
}

/// Takes up to a tenth off a delay, so that many failures do not come back together.
///
/// Never adds to it: a whole AWS ladder is over within the 23 days that AWS names.
#[must_use]
pub fn jittered(delay: Duration, random: &Random) -> Duration {
    let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(nanos - random.below(nanos / 10 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(ladder: &Ladder, count: usize) -> Vec<f64> {
        let round = |delay: Duration| (delay.as_secs_f64() * 100.0).round() / 100.0;
        ladder.delays().take(count).map(round).collect()
    }

    #[test]
    fn queues_are_tried_for_23_days() {
        let ladder = Ladder::of(Protocol::Sqs);
        assert_eq!(ladder.tries(), 100_015);
        assert_eq!(
            seconds(&ladder, 17),
            [
                0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.39, 1.95, 2.71, 3.79, 5.28, 7.37, 10.28, 14.34,
                20.0, 20.0, 20.0
            ]
        );
        let whole = ladder.delays().sum::<Duration>();
        assert_eq!(whole.as_secs() / 86_400, 23);
        let random = Random::seeded(1);
        let jittery = ladder.delays().map(|delay| jittered(delay, &random)).sum::<Duration>();
        assert!(jittery < Duration::from_secs(23 * 86_400), "{jittery:?}");
        assert!(jittery > Duration::from_secs(21 * 86_400), "{jittery:?}");
    }

    #[test]
    fn mail_is_tried_for_six_hours() {
        for protocol in [Protocol::Email, Protocol::EmailJson, Protocol::Sms, Protocol::Application]
        {
            let ladder = Ladder::of(protocol);
            assert_eq!(ladder.tries(), 50);
            assert_eq!(seconds(&ladder, 4), [0.0, 10.0, 10.0, 15.76]);
            let hours = ladder.delays().sum::<Duration>().as_secs() / 3_600;
            assert_eq!(hours, 6);
        }
    }

    #[test]
    fn http_is_tried_four_times() {
        assert_eq!(seconds(&Ladder::of(Protocol::Https), 9), [0.0, 20.0, 20.0, 20.0]);
    }

    #[test]
    fn delays_grow_by_the_named_function() {
        let ladder = |backoff| Ladder {
            immediate: 1,
            minimum: 0,
            growing: 5,
            maximum: 0,
            delay_min: Duration::from_secs(1),
            delay_max: Duration::from_secs(81),
            backoff,
        };
        let table = [
            (Backoff::Linear, [1.0, 21.0, 41.0, 61.0, 81.0]),
            (Backoff::Arithmetic, [1.0, 9.0, 25.0, 49.0, 81.0]),
            (Backoff::Geometric, [1.0, 3.0, 9.0, 27.0, 81.0]),
            (Backoff::Exponential, [1.0, 6.33, 17.0, 38.33, 81.0]),
        ];
        for (backoff, expected) in table {
            assert_eq!(seconds(&ladder(backoff), 9)[1..], expected, "{backoff:?}");
        }
    }

    #[test]
    fn there_is_nothing_behind_the_last_try() {
        let ladder = Ladder::of(Protocol::Http);
        assert_eq!(ladder.delay_before(0), None);
        assert_eq!(ladder.delay_before(5), None);
    }
}
