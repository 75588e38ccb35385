//! Randomness that a test can repeat. Not for secrets: keys come from the TLS library.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A seeded generator (SplitMix64); clones share one sequence.
#[derive(Clone, Debug)]
pub struct Random {
    state: Arc<AtomicU64>,
}

/// The increment of SplitMix64: the odd integer nearest to 2^64 divided by the golden ratio.
const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// Makes a generator whose sequence depends on `seed` alone.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { state: Arc::new(AtomicU64::new(seed)) }
    }

    /// Makes a generator with a seed of its own from the operating system.
    #[must_use]
    pub fn from_system() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }

    /// Makes an independent generator; the same `label` gives the same sequence again.
    #[must_use]
    pub fn fork(&self, label: &str) -> Self {
        let seed = self.state.load(Ordering::Relaxed);
        let mixed = label.bytes().fold(seed, |mixed, byte| mix(mixed ^ u64::from(byte)));
        Self::seeded(mixed)
    }

    /// The next 64 bits.
    pub fn next_u64(&self) -> u64 {
        mix(self.state.fetch_add(GOLDEN_GAMMA, Ordering::Relaxed).wrapping_add(GOLDEN_GAMMA))
    }

    /// A number from 0 up to but not including `bound`; 0 when `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        // The high half of the product is below `bound`, so it fits.
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// Says yes with the given probability; below 0 counts as never, above 1 as always.
    pub fn chance(&self, probability: f64) -> bool {
        // 53 bits are what an f64 can hold exactly.
        let unit = (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < probability
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// The output function of SplitMix64.
const fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        let (one, other) = (Random::seeded(7), Random::seeded(7));
        let draw = |random: &Random| (0..100).map(|_| random.next_u64()).collect::<Vec<_>>();
        assert_eq!(draw(&one), draw(&other));
    }

    #[test]
    fn forks_are_independent_and_repeatable() {
        let random = Random::seeded(7);
        assert_eq!(random.fork("a").next_u64(), random.fork("a").next_u64());
        assert_ne!(random.fork("a").next_u64(), random.fork("b").next_u64());
    }

    #[test]
    fn below_stays_below() {
        let random = Random::seeded(1);
        assert!((0..1_000).all(|_| random.below(6) < 6));
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn chance_follows_its_probability() {
        let random = Random::seeded(1);
        let hits = (0..10_000).filter(|_| random.chance(0.25)).count();
        assert!((2_200..2_800).contains(&hits), "{hits}");
        assert!(!random.chance(0.0));
        assert!(random.chance(1.0));
    }
}
