//! What is kept of a stretch of time.

/// Sums over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// How many samples.
    pub sample_count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
}

impl Statistics {
    /// The statistics of one sample.
    #[must_use]
    pub const fn one(value: f64) -> Self {
        Self { sample_count: 1.0, sum: value, minimum: value, maximum: value }
    }

    /// The mean, 0 without samples.
    #[must_use]
    pub fn average(&self) -> f64 {
        if self.sample_count > 0.0 { self.sum / self.sample_count } else { 0.0 }
    }

    /// Whether every number is finite and there is a sample.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.sample_count > 0.0
            && [self.sample_count, self.sum, self.minimum, self.maximum]
                .iter()
                .all(|number| number.is_finite())
    }

    /// Adds the samples of `other`.
    #[inline]
    pub fn merge(&mut self, other: &Self) {
        if self.sample_count == 0.0 {
            *self = *other;
            return;
        }
        self.sample_count += other.sample_count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }
}

/// The statistics of a minute, or of the bucket that begins with it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    /// Minutes since the epoch.
    pub(super) minute: u32,
    pub(super) statistics: Statistics,
}
