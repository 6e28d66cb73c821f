//! What a leg says: 20 ms of sound or a key per tick, as one RTP stream whose numbers and times
//! go on without a break whatever the sound comes from.

use wire_rtp::{RtpHeader, SenderInfo, TelephoneEvent};

use model::Now;

use crate::codec::{Codec, Encoder};
use crate::digits::{DigitMouth, KeyTick};
use crate::reception::sender_info;
use crate::sound::{Frame, RATE, Width};
use crate::tunes::key_tone;

/// The sending end of one leg's sound.
pub struct Mouth {
    ssrc: u32,
    sequence: u16,
    /// Of the tick that comes next.
    timestamp: u32,
    voice: Option<Voice>,
    keys: DigitMouth,
    /// Timestamp of the key that is down.
    key_timestamp: u32,
    /// The next packet is the first after a pause.
    marker: bool,
    packets: u64,
    octets: u64,
}

struct Voice {
    codec: Codec,
    payload_type: u8,
    event_payload_type: Option<u8>,
    encoder: Encoder,
}

/// What a tick sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    key: KeyTick,
    timestamp: u32,
    /// How many packets `write` is to be called for.
    pub packets: u8,
}

impl Mouth {
    /// A stream that begins at random numbers (RFC 3550 5.1).
    #[must_use]
    pub fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self {
            ssrc,
            sequence,
            timestamp,
            voice: None,
            keys: DigitMouth::default(),
            key_timestamp: 0,
            marker: true,
            packets: 0,
            octets: 0,
        }
    }

    /// The stream's number.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets sent.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// The keys to press.
    pub fn keys(&mut self) -> &mut DigitMouth {
        &mut self.keys
    }

    /// What to send with from now on. `event_payload_type` has the codec's clock. A codec with
    /// another clock begins a stream of its own, `fresh_ssrc` (RFC 7160 4.1).
    pub fn speak_with(
        &mut self,
        codec: Codec,
        payload_type: u8,
        event_payload_type: Option<u8>,
        fresh_ssrc: u32,
    ) {
        match &mut self.voice {
            Some(voice) if voice.codec == codec => {
                voice.payload_type = payload_type;
                voice.event_payload_type = event_payload_type;
            }
            voice => {
                if voice.as_ref().is_some_and(|old| old.codec.clock() != codec.clock()) {
                    self.ssrc = fresh_ssrc;
                    self.packets = 0;
                    self.octets = 0;
                    self.marker = true;
                }
                let encoder = Encoder::new(codec);
                *voice = Some(Voice { codec, payload_type, event_payload_type, encoder });
            }
        }
    }

    /// How wide the sound is that the far end can be sent.
    #[must_use]
    pub fn width(&self) -> Width {
        self.voice.as_ref().map_or(Width::Narrow, |voice| voice.codec.width())
    }

    /// What the far end reports to be lost, in percent.
    pub fn set_loss(&mut self, percent: u8) {
        if let Some(voice) = &mut self.voice {
            voice.encoder.set_loss(percent);
        }
    }

    /// Time passes without a packet: the far end holds, or ticks were missed.
    pub fn pause(&mut self, ticks: u32) {
        let clock = self.voice.as_ref().map_or(RATE, |voice| voice.codec.clock());
        self.timestamp = self.timestamp.wrapping_add((clock / TICKS).wrapping_mul(ticks));
        self.marker = true;
    }

    /// Begins a tick; `sound` is replaced by a key's tones where the far end knows no events.
    pub fn speak(&mut self, sound: &mut Frame) -> Spoken {
        let Some(voice) = &self.voice else {
            return Spoken { key: KeyTick::Pause, timestamp: self.timestamp, packets: 0 };
        };
        let mut key = self.keys.tick();
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(voice.codec.clock() / TICKS);
        if voice.event_payload_type.is_none() {
            match key {
                KeyTick::Event { code, elapsed, end: false, .. } => {
                    *sound = key_tone(code, elapsed).into();
                }
                KeyTick::Event { .. } | KeyTick::Pause => *sound = Frame::silence(Width::Narrow),
                KeyTick::Sound => {}
            }
            key = KeyTick::Sound;
        }
        let packets = match key {
            KeyTick::Sound => 1,
            KeyTick::Event { first, copies, .. } => {
                if first {
                    self.key_timestamp = timestamp;
                }
                copies
            }
            KeyTick::Pause => {
                self.marker = true;
                0
            }
        };
        Spoken { key, timestamp, packets }
    }

    /// Writes the next packet of a tick; returns its length.
    pub fn write(&mut self, spoken: &Spoken, sound: &Frame, buffer: &mut [u8]) -> Option<usize> {
        let voice = self.voice.as_mut()?;
        let mut header = RtpHeader {
            marker: self.marker,
            payload_type: voice.payload_type,
            sequence: self.sequence,
            timestamp: spoken.timestamp,
            ssrc: self.ssrc,
        };
        let len = match spoken.key {
            KeyTick::Sound => {
                let payload = header.write(buffer)?;
                let room = payload.len().min(PAYLOAD_LEN_MAX);
                voice.encoder.encode(sound, payload.get_mut(..room)?)?
            }
            KeyTick::Event { code, elapsed, end, first, .. } => {
                let units = (voice.codec.clock() / RATE) as usize;
                // RFC 4733 2.1: the marker opens a key, and its packets share one timestamp.
                header.marker = first;
                header.payload_type = voice.event_payload_type?;
                header.timestamp = self.key_timestamp;
                let duration = u16::try_from(elapsed * units).unwrap_or(u16::MAX);
                let event = TelephoneEvent { code, end, volume: KEY_VOLUME, duration };
                let payload = header.write(buffer)?;
                payload.get_mut(..TelephoneEvent::LEN)?.copy_from_slice(&event.to_bytes());
                TelephoneEvent::LEN
            }
            KeyTick::Pause => return None,
        };
        self.marker = false;
        self.sequence = self.sequence.wrapping_add(1);
        self.packets += 1;
        self.octets += len as u64;
        Some(RtpHeader::LEN + len)
    }

    /// What our SR says; `None` before the first packet.
    #[must_use]
    pub fn sender_info(&self, now: Now) -> Option<SenderInfo> {
        (self.packets > 0).then(|| sender_info(now, self.timestamp, self.packets, self.octets))
    }
}

/// -10 dBm0, what most phones say.
const KEY_VOLUME: u8 = 10;
/// Opus at our bit rates stays far below.
const PAYLOAD_LEN_MAX: usize = 400;
/// Ticks per second.
const TICKS: u32 = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::FRAME;
    use wire_rtp::RtpPacket;

    fn tick(mouth: &mut Mouth) -> Vec<(RtpHeader, Vec<u8>)> {
        let mut sound = Frame::from([100; FRAME]);
        let spoken = mouth.speak(&mut sound);
        (0..spoken.packets)
            .map(|_| {
                let mut buffer = [0; 600];
                let len = mouth.write(&spoken, &sound, &mut buffer).unwrap();
                let packet = RtpPacket::parse(&buffer[..len]).unwrap();
                (packet.header, packet.payload.to_vec())
            })
            .collect()
    }

    #[test]
    fn numbers_and_times_go_on_through_sound_keys_and_pauses() {
        let mut mouth = Mouth::new(1, 65_534, u32::MAX - 100);
        mouth.speak_with(Codec::Opus, 111, Some(110), 2);
        let mut packets = tick(&mut mouth);
        packets.extend(tick(&mut mouth));
        mouth.keys().dial("5");
        for _ in 0..12 {
            packets.extend(tick(&mut mouth));
        }
        mouth.pause(3);
        packets.extend(tick(&mut mouth));
        for (n, (header, _)) in packets.iter().enumerate() {
            assert_eq!(header.sequence, 65_534_u16.wrapping_add(n as u16));
        }
        let sound: Vec<_> = packets.iter().filter(|(h, _)| h.payload_type == 111).collect();
        assert!(sound[0].0.marker && !sound[1].0.marker && sound.last().unwrap().0.marker);
        let last = sound.last().unwrap().0.timestamp;
        assert_eq!(last, (u32::MAX - 100).wrapping_add(17 * 960));
        let events: Vec<_> = packets.iter().filter(|(h, _)| h.payload_type == 110).collect();
        assert!(events[0].0.marker && !events[1].0.marker);
        assert!(events.iter().all(|(h, _)| h.timestamp == events[0].0.timestamp));
        let last = TelephoneEvent::parse(&events.last().unwrap().1).unwrap();
        assert_eq!((last.code, last.end, last.duration), (5, true, 4800));
    }

    #[test]
    fn a_far_end_without_events_hears_tones() {
        let mut mouth = Mouth::new(1, 0, 0);
        mouth.speak_with(Codec::Pcmu, 0, None, 2);
        mouth.keys().dial("5");
        let packets = tick(&mut mouth);
        let mut sound = [0; FRAME];
        wire_audio::Law::Mu.decode_into(&packets[0].1, &mut sound);
        assert!(wire_audio::rms_dbov(&sound) > -20.0);
    }

    #[test]
    fn nothing_is_said_before_a_codec_is_agreed_and_another_clock_is_another_stream() {
        let mut mouth = Mouth::new(1, 0, 0);
        assert!(tick(&mut mouth).is_empty());
        mouth.speak_with(Codec::Opus, 111, None, 2);
        assert_eq!(tick(&mut mouth)[0].0.ssrc, 1);
        mouth.speak_with(Codec::Pcma, 8, None, 2);
        assert_eq!(tick(&mut mouth)[0].0.ssrc, 2);
        mouth.speak_with(Codec::Pcmu, 0, None, 3);
        assert_eq!(tick(&mut mouth)[0].0.ssrc, 2);
    }
}
