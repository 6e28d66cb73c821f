//! Random numbers that a system is given: a ChaCha stream from a seed.
//!
//! In the running program the seed comes from the operating system, so tags, nonces and session
//! tokens can't be guessed; in tests it is fixed, so a run repeats exactly.

use std::fmt;

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

/// A stream of random numbers. Not `Clone`: two systems never draw the same numbers.
pub struct Random(ChaCha12Rng);

impl Random {
    /// A stream from 32 bytes of seed.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    /// A stream for tests and simulations.
    #[must_use]
    pub fn from_number(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// A stream of its own for a part, drawn from this one.
    #[must_use]
    pub fn split(&mut self) -> Self {
        let mut seed = [0; 32];
        self.fill(&mut seed);
        Self::new(seed)
    }

    /// 32 random bits.
    pub fn draw_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// 64 random bits.
    pub fn draw_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 128 random bits.
    pub fn draw_u128(&mut self) -> u128 {
        (u128::from(self.draw_u64()) << 64) | u128::from(self.draw_u64())
    }

    /// A number below `bound`, 0 when `bound` is 0. The bias is below 2^-32 for small bounds.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.draw_u64() % bound }
    }

    /// Random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// `digits` lower-case hex digits, for tags, branches and tokens.
    pub fn hex(&mut self, digits: usize) -> String {
        (0..digits)
            .map(|_| char::from_digit(self.draw_u32() & 15, 16).expect("four bits are a digit"))
            .collect()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(..)")
    }
}
