//! What arrived on a leg and how regularly (RFC 3550 A.1, A.3, A.8), and what the far end reports
//! about what we send.

use std::time::Duration;

use model::Now;
use wire_rtp::{ReportBlock, RtcpPacket, RtpHeader, SenderInfo};

/// The statistics of one leg.
#[derive(Default)]
pub struct Reception {
    stream: Option<Stream>,
    /// Of streams that ended before this one.
    earlier_received: u64,
    earlier_lost: u64,
    /// The far end's last SR: middle bits of its clock, and when it came.
    last_sr: Option<(u32, Now)>,
    round_trip: Option<Duration>,
    /// Loss that the far end reports, smoothed, in percent.
    reported_loss: f32,
}

struct Stream {
    ssrc: u32,
    base: u64,
    highest: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    /// Arrival minus timestamp of the last packet, in clock units.
    transit: i64,
    /// Sixteen times the jitter.
    jitter_16: u64,
    clock: u32,
}

impl Reception {
    /// An RTP packet of sound came.
    pub fn packet(&mut self, now: Now, header: &RtpHeader, clock: u32) {
        let arrival = clock_units(now, clock);
        let transit = arrival.wrapping_sub(i64::from(header.timestamp));
        match &mut self.stream {
            Some(stream) if stream.ssrc == header.ssrc => {
                let low = u16::try_from(stream.highest & 0xffff).unwrap_or(0);
                let step = i64::from(header.sequence.wrapping_sub(low).cast_signed());
                if step.abs() > STEP_MAX {
                    self.begin(header, transit, clock);
                    return;
                }
                stream.received += 1;
                let sequence = stream.highest.saturating_add_signed(step);
                stream.highest = stream.highest.max(sequence);
                if clock == stream.clock {
                    stream.jitter(transit);
                } else {
                    // Another codec: timestamps are no longer comparable.
                    stream.clock = clock;
                    stream.transit = transit;
                }
            }
            Some(_) | None => self.begin(header, transit, clock),
        }
    }

    fn begin(&mut self, header: &RtpHeader, transit: i64, clock: u32) {
        self.earlier_received = self.received();
        self.earlier_lost = self.lost();
        let first = (1 << 16) | u64::from(header.sequence);
        self.stream = Some(Stream {
            ssrc: header.ssrc,
            base: first,
            highest: first,
            received: 1,
            expected_before: 0,
            received_before: 0,
            transit,
            jitter_16: 0,
            clock,
        });
    }

    /// One packet of an RTCP compound came; `ssrc` is our stream.
    pub fn report(&mut self, now: Now, packet: &RtcpPacket<'_>, ssrc: u32) {
        if let RtcpPacket::SenderReport { info, .. } = packet {
            self.last_sr = Some((middle(info.ntp), now));
        }
        for block in packet.blocks().filter(|block| block.ssrc == ssrc) {
            let percent = f32::from(block.fraction_lost) / 2.56;
            self.reported_loss += (percent - self.reported_loss) / LOSS_SMOOTHING;
            if block.last_sr != 0 {
                // RFC 3550 6.4.1: arrival less the echoed SR less the time it rested there.
                let trip = middle(ntp(now))
                    .wrapping_sub(block.last_sr)
                    .wrapping_sub(block.delay_since_last_sr);
                let trip = Duration::from_secs(u64::from(trip)) / 65_536;
                if trip < ROUND_TRIP_MAX {
                    self.round_trip = Some(trip);
                }
            }
        }
    }

    /// The block about what we hear, for an SR or RR.
    pub fn block(&mut self, now: Now) -> Option<ReportBlock> {
        let stream = self.stream.as_mut()?;
        let (last_sr, delay) = match self.last_sr {
            Some((middle, at)) => {
                let rest = now.instant.saturating_duration_since(at.instant);
                (middle, u32::try_from(rest.as_micros() * 65_536 / 1_000_000).unwrap_or(u32::MAX))
            }
            None => (0, 0),
        };
        let expected = stream.expected();
        let interval = expected.saturating_sub(stream.expected_before);
        let got = stream.received.saturating_sub(stream.received_before);
        let missing = interval.saturating_sub(got);
        stream.expected_before = expected;
        stream.received_before = stream.received;
        let fraction = (missing * 256).checked_div(interval).unwrap_or(0).min(255);
        let lost =
            i64::try_from(expected).unwrap_or(0) - i64::try_from(stream.received).unwrap_or(0);
        Some(ReportBlock {
            ssrc: stream.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: i32::try_from(lost).unwrap_or(i32::MAX),
            highest_sequence: u32::try_from((stream.highest - (1 << 16)) & 0xffff_ffff)
                .unwrap_or(0),
            jitter: u32::try_from(stream.jitter_16 >> 4).unwrap_or(u32::MAX),
            last_sr,
            delay_since_last_sr: delay,
        })
    }

    /// Packets of sound that came.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.earlier_received + self.stream.as_ref().map_or(0, |stream| stream.received)
    }

    /// Packets that never came.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let of = |stream: &Stream| stream.expected().saturating_sub(stream.received);
        self.earlier_lost + self.stream.as_ref().map_or(0, of)
    }

    /// Interarrival jitter.
    #[must_use]
    pub fn jitter_ms(&self) -> f32 {
        self.stream.as_ref().map_or(0.0, |stream| {
            (stream.jitter_16 >> 4) as f32 * 1000.0 / stream.clock.max(1) as f32
        })
    }

    /// By RTCP, when the far end reports.
    #[must_use]
    pub fn round_trip_ms(&self) -> Option<f32> {
        self.round_trip.map(|trip| trip.as_secs_f32() * 1000.0)
    }

    /// Of what we send, in percent, as the far end reports it, smoothed.
    #[must_use]
    pub fn reported_loss(&self) -> f32 {
        self.reported_loss
    }

    /// The same as a whole number.
    #[must_use]
    pub fn reported_loss_percent(&self) -> u8 {
        // `as` saturates.
        self.reported_loss.round() as u8
    }
}

impl Stream {
    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    fn jitter(&mut self, transit: i64) {
        // Timestamps wrap at 32 bits, so the difference is taken in 32 bits.
        let wrapped = (transit - self.transit) & 0xffff_ffff;
        let step = i64::from(u32::try_from(wrapped).unwrap_or(0).cast_signed()).unsigned_abs();
        self.transit = transit;
        if step < u64::from(self.clock) {
            // RFC 3550 A.8, in sixteenths.
            self.jitter_16 += step;
            self.jitter_16 -= (self.jitter_16 + 8) >> 4;
        }
    }
}

/// What an SR says about our own stream.
#[must_use]
pub fn sender_info(now: Now, timestamp: u32, packets: u64, octets: u64) -> SenderInfo {
    SenderInfo {
        ntp: ntp(now),
        timestamp,
        // RFC 3550 6.4.1: both counts wrap.
        packets: (packets & 0xffff_ffff) as u32,
        octets: (octets & 0xffff_ffff) as u32,
    }
}

/// NTP time: seconds since 1900 and their fraction.
fn ntp(now: Now) -> u64 {
    let seconds = now.unix.as_secs().wrapping_add(NTP_UNIX) & 0xffff_ffff;
    (seconds << 32) | ((u64::from(now.unix.subsec_nanos()) << 32) / 1_000_000_000)
}

fn middle(ntp: u64) -> u32 {
    ((ntp >> 16) & 0xffff_ffff) as u32
}

fn clock_units(now: Now, clock: u32) -> i64 {
    let units = now.unix.as_micros() * u128::from(clock) / 1_000_000;
    i64::try_from(units & 0x7fff_ffff_ffff_ffff).unwrap_or(0)
}

/// Reports over which the far end's loss is smoothed.
const LOSS_SMOOTHING: f32 = 3.0;
/// 1900 to 1970.
const NTP_UNIX: u64 = 2_208_988_800;
/// A longer one is nonsense: clocks jumped.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(10);
/// A larger step of sequence numbers is a new beginning.
const STEP_MAX: i64 = 3000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use wire_rtp::rtcp::{Compound, write_report};

    fn start() -> Now {
        Now::new(Instant::now(), Duration::from_secs(1_700_000_000))
    }

    fn header(n: u32) -> RtpHeader {
        RtpHeader {
            marker: false,
            payload_type: 0,
            sequence: 65_500_u16.wrapping_add(n as u16),
            timestamp: 4_294_960_000_u32.wrapping_add(n * 160),
            ssrc: 9,
        }
    }

    #[test]
    fn loss_and_jitter_are_counted_over_the_wrap_of_both_counters() {
        let mut reception = Reception::default();
        let begin = start();
        for n in (0..200).filter(|n| n % 10 != 5) {
            let late = if n % 2 == 0 { 4 } else { 0 };
            let at = begin.later(Duration::from_millis(u64::from(n) * 20 + late));
            reception.packet(at, &header(n), 8000);
        }
        assert_eq!(reception.received(), 180);
        assert_eq!(reception.lost(), 20);
        assert!((3.0..4.5).contains(&reception.jitter_ms()), "{}", reception.jitter_ms());
        let block = reception.block(begin.later(Duration::from_secs(4))).unwrap();
        assert_eq!(block.lost, 20);
        assert!((24..=27).contains(&block.fraction_lost), "{}", block.fraction_lost);
        assert_eq!(block.highest_sequence, 65_500 + 199);
    }

    #[test]
    fn a_new_stream_keeps_the_counts_of_the_old_one() {
        let mut reception = Reception::default();
        reception.packet(start(), &header(0), 8000);
        reception.packet(start(), &header(4), 8000);
        reception.packet(start(), &RtpHeader { ssrc: 10, ..header(900) }, 8000);
        assert_eq!((reception.received(), reception.lost()), (3, 3));
    }

    #[test]
    fn the_round_trip_is_what_the_echoed_report_took() {
        let mut out = [0; 200];
        let (ours, theirs) = (1, 2);
        let sent_at = start();
        let mut far = Reception::default();
        let info = sender_info(sent_at, 0, 5, 800);
        let len = write_report(&mut out, ours, Some(info), &[], "c").unwrap();
        for packet in Compound::new(&out[..len]) {
            far.report(sent_at.later(Duration::from_millis(30)), &packet, theirs);
        }
        far.packet(sent_at, &RtpHeader { ssrc: ours, ..header(0) }, 8000);
        let mut block = far.block(sent_at.later(Duration::from_millis(530))).unwrap();
        block.fraction_lost = 64;
        let len = write_report(&mut out, theirs, None, &[block], "c").unwrap();
        let mut near = Reception::default();
        for packet in Compound::new(&out[..len]) {
            near.report(sent_at.later(Duration::from_millis(560)), &packet, ours);
        }
        let trip = near.round_trip_ms().unwrap();
        assert!((59.0..61.0).contains(&trip), "{trip}");
        assert_eq!(near.reported_loss_percent(), 8);
    }
}
