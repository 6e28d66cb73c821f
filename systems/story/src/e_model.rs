//! How voice sounds, estimated from what happened to its packets: the E-model of ITU-T G.107.

/// What is known of a stream in some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stream {
    /// Of what should have been played, in percent: what never came, and what came too late.
    pub lost_percent: f32,
    /// Interarrival jitter, which the jitter buffer turns into delay.
    pub jitter_ms: f32,
    /// Round trip, when known.
    pub round_trip_ms: Option<f32>,
}

/// Mean opinion score, 1 to 4.5. Every other parameter of the model has its default: no echo, no
/// room noise. Opus and G.711 with concealment are taken alike; ITU-T has no figures for Opus.
#[must_use]
pub fn mos(stream: Stream) -> f32 {
    let buffer = PACKET_MS.max(BUFFER_PER_JITTER * stream.jitter_ms);
    let delay = stream.round_trip_ms.unwrap_or(0.0) / 2.0 + PACKET_MS + buffer;
    // G.107 7.4, in the simplified form that is usual for paths without echo.
    let delayed = 0.024 * delay + 0.11 * (delay - DELAY_KNEE_MS).max(0.0);
    // G.107 7.5 with BurstR = 1.
    let lost = stream.lost_percent.clamp(0.0, 100.0);
    let equipment = 95.0 * lost / (lost + ROBUSTNESS);
    let rating = (BEST - delayed - equipment).clamp(0.0, 100.0);
    // G.107 annex B.
    let score = 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6;
    score.clamp(1.0, 4.5)
}

/// The rating of a path with every default (G.107 7.7).
const BEST: f32 = 93.2;
/// Jitter buffers hold so many times the mean deviation, so that few packets come too late.
const BUFFER_PER_JITTER: f32 = 2.0;
/// Delay that nobody minds.
const DELAY_KNEE_MS: f32 = 177.3;
/// Sound in one packet.
const PACKET_MS: f32 = 20.0;
/// Bpl of G.711 with concealment and random loss (G.113 appendix I).
const ROBUSTNESS: f32 = 25.1;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lost_percent: f32, jitter_ms: f32, round_trip_ms: f32) -> f32 {
        mos(Stream { lost_percent, jitter_ms, round_trip_ms: Some(round_trip_ms) })
    }

    #[test]
    fn a_clean_path_is_as_good_as_the_model_gets_and_every_trouble_costs() {
        assert!((4.3..4.42).contains(&of(0.0, 1.0, 20.0)), "{}", of(0.0, 1.0, 20.0));
        // G.711 with concealment at 5 % random loss has R = 93.2 - 15.8 by G.113: MOS 3.9.
        assert!((3.7..3.95).contains(&of(5.0, 1.0, 20.0)), "{}", of(5.0, 1.0, 20.0));
        assert!(of(20.0, 1.0, 20.0) < 2.7);
        assert!(of(0.0, 1.0, 800.0) < 3.3, "400 ms one way is hard to talk over");
        assert!(of(0.0, 60.0, 20.0) < of(0.0, 1.0, 20.0));
        assert!((of(100.0, 500.0, 5000.0) - 1.0).abs() < 0.01);
    }
}
