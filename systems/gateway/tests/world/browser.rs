//! A browser: str0m's whole stack, with Opus at both ends.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use model::Now;
use opus::{Application, Channels};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};
use wire_rtp::TelephoneEvent;

use super::sound;

pub struct Browser {
    pub address: SocketAddr,
    pub rtc: Rtc,
    pub says: Box<dyn Fn(usize) -> i16>,
    pub is_talking: bool,
    pub is_cut: bool,
    pub said: usize,
    pub heard: Vec<i16>,
    pub packets: Vec<RtpPacket>,
    pub is_connected: bool,
    pub keys_heard: Vec<(u32, TelephoneEvent)>,
    pub dtls_out: Vec<usize>,
    /// Datagrams that left so far.
    mid: Option<Mid>,
    pending: Option<SdpPendingOffer>,
    encoder: opus::Encoder,
    decoder: opus::Decoder,
    due: Option<Instant>,
    next: Option<Instant>,
    sequence: u64,
    timestamp: u32,
    key: Option<(u8, u32, u32)>,
    pub speaks: Codec,
    /// Samples of 20 ms of what it says and hears.
    frame: usize,
}

impl Browser {
    pub fn new(now: Now, address: &str) -> Self {
        Self::with(now, address, &[Codec::Opus, Codec::PCMU], None)
    }

    pub fn with(now: Now, address: &str, codecs: &[Codec], mtu: Option<usize>) -> Self {
        str0m::crypto::from_feature_flags().install_process_default();
        let mut config = Rtc::builder().clear_codecs().set_rtp_mode(true);
        if let Some(mtu) = mtu {
            config = config.set_mtu(mtu..=mtu);
        }
        let mut encoder = opus::Encoder::new(8000, Channels::Mono, Application::Voip).unwrap();
        // What our fmtp asks for.
        encoder.set_bitrate(opus::Bitrate::Bits(28_000)).unwrap();
        let formats = config.codec_config();
        formats.enable_opus(codecs.contains(&Codec::Opus), false);
        formats.enable_pcmu(codecs.contains(&Codec::PCMU), false);
        for (number, rate) in [(110, Frequency::FORTY_EIGHT_KHZ), (126, Frequency::EIGHT_KHZ)] {
            let keys = FormatParams::default();
            formats.add_config(number.into(), None, Codec::Tele, rate, None, keys);
        }
        let mut rtc = config.build(now.instant);
        let address: SocketAddr = address.parse().unwrap();
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        Self {
            address,
            rtc,
            says: Box::new(sound::speech),
            is_talking: true,
            is_cut: false,
            said: 0,
            heard: Vec::new(),
            packets: Vec::new(),
            is_connected: false,
            keys_heard: Vec::new(),
            dtls_out: Vec::new(),
            mid: None,
            pending: None,
            encoder,
            decoder: opus::Decoder::new(8000, Channels::Mono).unwrap(),
            due: None,
            next: None,
            sequence: 100,
            timestamp: 5000,
            key: None,
            speaks: codecs[0],
            frame: 160,
        }
    }

    /// One whose sound has 16 kHz.
    pub fn wide(now: Now, address: &str) -> Self {
        let mut encoder = opus::Encoder::new(16_000, Channels::Mono, Application::Voip).unwrap();
        encoder.set_bitrate(opus::Bitrate::Bits(40_000)).unwrap();
        let decoder = opus::Decoder::new(16_000, Channels::Mono).unwrap();
        Self { encoder, decoder, frame: 320, ..Self::new(now, address) }
    }

    pub fn saying(mut self, says: impl Fn(usize) -> i16 + 'static) -> Self {
        self.says = Box::new(says);
        self
    }

    pub fn offer(&mut self) -> String {
        let mut api = self.rtc.sdp_api();
        if self.mid.is_none() {
            let direction = Direction::SendRecv;
            self.mid = Some(api.add_media(MediaKind::Audio, direction, None, None, None));
        }
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn restart_ice(&mut self) -> String {
        let mut api = self.rtc.sdp_api();
        api.ice_restart(true);
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn turn(&mut self, direction: Direction) -> String {
        let mut api = self.rtc.sdp_api();
        api.set_direction(self.mid.unwrap(), direction);
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    pub fn answer(&mut self, _now: Now, offer: &str) -> String {
        let offer = SdpOffer::from_sdp_string(offer).unwrap();
        self.rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string()
    }

    /// Holds a key for so many packets.
    pub fn press(&mut self, digit: char, packets: u32) {
        self.key = Some((TelephoneEvent::code_of(digit).unwrap(), self.timestamp, packets));
    }

    pub fn receive(&mut self, now: Now, from: SocketAddr, bytes: &[u8]) {
        if self.is_cut {
            return;
        }
        if let Ok(received) = Receive::new(Protocol::Udp, from, self.address, bytes) {
            self.rtc.handle_input(Input::Receive(now.instant, received)).unwrap();
            self.due = None;
        }
    }

    pub fn tick(&mut self, now: Now) -> Vec<(SocketAddr, Vec<u8>)> {
        if self.is_cut {
            return Vec::new();
        }
        self.speak(now);
        let mut out = Vec::new();
        if self.due.is_some_and(|due| due > now.instant) {
            return out;
        }
        self.rtc.handle_input(Input::Timeout(now.instant)).unwrap();
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.due = Some(at);
                    break;
                }
                Output::Transmit(sent) => {
                    if sent.contents.first().is_some_and(|byte| (20..64).contains(byte)) {
                        self.dtls_out.push(sent.contents.len());
                    }
                    out.push((sent.destination, sent.contents.to_vec()));
                }
                Output::Event(event) => self.event(event),
            }
        }
        out
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected => self.is_connected = true,
            Event::MediaAdded(added) => self.mid = Some(added.mid),
            Event::RtpPacket(packet) => self.hear(packet),
            _ => {}
        }
    }

    fn hear(&mut self, packet: RtpPacket) {
        match *packet.header.payload_type {
            110 | 126 => {
                let event = TelephoneEvent::parse(&packet.payload).unwrap();
                self.keys_heard.push((packet.header.timestamp, event));
            }
            0 => {
                let mut samples = [0; 160];
                wire_audio::Law::Mu.decode_into(&packet.payload, &mut samples);
                self.heard.extend(samples);
            }
            _ => {
                let mut samples = [0; 1920];
                let len = self.decoder.decode(&packet.payload, &mut samples, false).unwrap();
                self.heard.extend(&samples[..len]);
            }
        }
        self.packets.push(packet);
    }

    fn speak(&mut self, now: Now) {
        let next = *self.next.get_or_insert(now.instant);
        let (true, Some(mid)) = (self.is_connected && now.instant >= next, self.mid) else {
            if now.instant >= next {
                self.next = Some(next + Duration::from_millis(20));
            }
            return;
        };
        self.next = Some(next + Duration::from_millis(20));
        let units = if self.speaks == Codec::Opus { 6 } else { 1 };
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(160 * units);
        let from = self.said;
        self.said += self.frame;
        if !self.is_talking {
            return;
        }
        if let Some((code, began, left)) = &mut self.key {
            *left = left.saturating_sub(1);
            let end = *left == 0;
            let duration = timestamp.wrapping_sub(*began).wrapping_add(160 * units) as u16;
            let event = TelephoneEvent { code: *code, end, volume: 10, duration };
            let began = *began;
            for _ in 0..if end { 3 } else { 1 } {
                let number = if units == 6 { 110 } else { 126 };
                self.write(now, mid, number, began, &event.to_bytes());
            }
            if end {
                self.key = None;
            }
            return;
        }
        let samples: Vec<i16> = (from..from + self.frame).map(|n| (self.says)(n)).collect();
        let mut payload = [0; 400];
        let (number, len) = if units == 6 {
            (111, self.encoder.encode(&samples, &mut payload).unwrap())
        } else {
            (0, wire_audio::Law::Mu.encode_into(&samples, &mut payload))
        };
        self.write(now, mid, number, timestamp, &payload[..len]);
    }

    fn write(&mut self, now: Now, mid: Mid, number: u8, timestamp: u32, payload: &[u8]) {
        let sequence = self.sequence;
        self.sequence += 1;
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else { return };
        let number = number.into();
        stream.write_rtp(RtpWrite::new(number, sequence.into(), timestamp, now.instant, payload));
        self.due = None;
    }

    /// Keys that ended, each once.
    pub fn dialled(&self) -> String {
        let mut ended: Vec<(u32, char)> = Vec::new();
        for (timestamp, event) in &self.keys_heard {
            let key = (*timestamp, event.digit().unwrap());
            if event.end && !ended.contains(&key) {
                ended.push(key);
            }
        }
        ended.into_iter().map(|(_, digit)| digit).collect()
    }
}
