//! A plain RTP phone: G.711, keys by RFC 4733, RTCP.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use model::Now;
use wire_audio::{G722Decoder, G722Encoder, Law};
use wire_rtp::rtcp::{Compound, write_report};
use wire_rtp::{
    PacketKind, Profile, RtcpPacket, RtpHeader, RtpPacket, SrtpReceiver, SrtpSender, TelephoneEvent,
};
use wire_sdp::{Crypto, SessionDescription, Suite};

use super::sound;

type Datagram = (SocketAddr, SocketAddr, Vec<u8>);

/// SRTP with keys from SDP.
pub struct Secure {
    pub suite: Suite,
    pub material: Vec<u8>,
    sender: SrtpSender,
    receiver: Option<SrtpReceiver>,
}

impl Secure {
    pub fn new(suite: Suite, seed: u8) -> Self {
        let material = vec![seed; suite.material_len()];
        let (key, salt) = material.split_at(suite.key_len());
        let sender = SrtpSender::new(profile(suite), key, salt).unwrap();
        Self { suite, material, sender, receiver: None }
    }

    fn seal(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut room = bytes.to_vec();
        room.resize(bytes.len() + 40, 0);
        let len = match PacketKind::of(bytes) {
            PacketKind::Rtcp => self.sender.protect_rtcp(&mut room, bytes.len()),
            _ => self.sender.protect_rtp(&mut room, bytes.len()),
        };
        room.truncate(len.unwrap());
        room
    }

    fn open(&mut self, bytes: &[u8]) -> Vec<u8> {
        let receiver = self.receiver.as_mut().expect("their key was in the SDP");
        let mut room = bytes.to_vec();
        let len = match PacketKind::of(bytes) {
            PacketKind::Rtcp => receiver.unprotect_rtcp(&mut room),
            _ => receiver.unprotect_rtp(&mut room),
        };
        room.truncate(len.expect("what we are sent is authentic"));
        room
    }
}

fn profile(suite: Suite) -> Profile {
    match suite {
        Suite::AeadAes128Gcm => Profile::AeadAes128Gcm,
        Suite::AeadAes256Gcm => Profile::AeadAes256Gcm,
        Suite::AesCm128Sha1_32 => Profile::Aes128CmSha1_32,
        Suite::AesCm128Sha1_80 => Profile::Aes128CmSha1_80,
        Suite::AesCm256Sha1_32 => Profile::Aes256CmSha1_32,
        Suite::AesCm256Sha1_80 => Profile::Aes256CmSha1_80,
    }
}

pub struct Phone {
    pub address: SocketAddr,
    /// What its SDP says; behind a NAT another address than the one that packets come from.
    pub described: SocketAddr,
    pub law: Law,
    /// Speaks G.722 instead; what it says and hears has 16 kHz then.
    g722: Option<(G722Encoder, G722Decoder)>,
    pub says: Box<dyn Fn(usize) -> i16>,
    pub is_talking: bool,
    pub said: usize,
    pub heard: Vec<i16>,
    pub packets: Vec<(Instant, RtpHeader, Vec<u8>)>,
    pub reports: usize,
    pub byes: usize,
    pub keys_heard: Vec<(u32, TelephoneEvent)>,
    /// Every so many packets one of comfort noise that nobody agreed to.
    pub comfort_noise_every: u32,
    /// How much faster than ours its clock runs, in millionths.
    pub drift_ppm: f64,
    /// Whether its SDP names telephone events.
    pub knows_events: bool,
    /// Whether it wants everything protected.
    pub secure: Option<Secure>,
    to: Option<SocketAddr>,
    sequence: u16,
    timestamp: u32,
    next: Option<Instant>,
    sent: u32,
    key: Option<(u8, u32, u32)>,
}

impl Phone {
    pub fn new(address: &str) -> Self {
        let address = address.parse().unwrap();
        Self {
            address,
            described: address,
            law: Law::Mu,
            g722: None,
            says: Box::new(sound::speech),
            is_talking: true,
            said: 0,
            heard: Vec::new(),
            packets: Vec::new(),
            reports: 0,
            byes: 0,
            keys_heard: Vec::new(),
            comfort_noise_every: 0,
            drift_ppm: 0.0,
            knows_events: true,
            secure: None,
            to: None,
            sequence: 65_500,
            timestamp: u32::MAX - 5000,
            next: None,
            sent: 0,
            key: None,
        }
    }

    /// A phone that speaks G.722.
    pub fn wide(address: &str) -> Self {
        Self { g722: Some(Default::default()), ..Self::new(address) }
    }

    fn codec(&self) -> (u8, &'static str) {
        match (&self.g722, self.law) {
            (Some(_), _) => (9, "G722"),
            (None, Law::A) => (8, "PCMA"),
            (None, Law::Mu) => (0, "PCMU"),
        }
    }

    pub fn saying(mut self, says: impl Fn(usize) -> i16 + 'static) -> Self {
        self.says = Box::new(says);
        self
    }

    pub fn owns(&self, to: SocketAddr) -> bool {
        to == self.address || to == self.rtcp()
    }

    fn rtcp(&self) -> SocketAddr {
        SocketAddr::new(self.address.ip(), self.address.port() + 1)
    }

    pub fn sdp(&self, direction: &str, version: u32) -> String {
        let (ip, port) = (self.described.ip(), self.described.port());
        let (number, name) = self.codec();
        let (events, event_lines) = if self.knows_events {
            (" 101", "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n")
        } else {
            ("", "")
        };
        let (protocol, crypto) = match &self.secure {
            None => ("RTP/AVP", String::new()),
            Some(Secure { suite, material, .. }) => {
                // One that nobody knows comes first.
                let ours = Crypto::new(2, *suite, material);
                let odd = "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA";
                ("RTP/SAVP", format!("{odd}\r\na=crypto:{ours}\r\n"))
            }
        };
        format!(
            "v=0\r\no=phone 1 {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio {port} {protocol} {number}{events}\r\n{crypto}a=rtpmap:{number} {name}/8000\r\n\
             {event_lines}a=ptime:20\r\na={direction}\r\n"
        )
    }

    pub fn describe(&mut self, sdp: &str) {
        let description = SessionDescription::parse(sdp.as_bytes()).unwrap();
        let (_, media) = description.audio().unwrap();
        self.to = media.rtp_address();
        assert_eq!(self.secure.is_some(), !media.cryptos.is_empty(), "{sdp}");
        if let Some(secure) = &mut self.secure {
            let (tag, suite, theirs) = media.sdes().unwrap();
            assert!(suite == secure.suite && media.cryptos.len() == 1 && tag <= 2, "{sdp}");
            let (key, salt) = theirs.split_at(suite.key_len());
            secure.receiver = Some(SrtpReceiver::new(profile(suite), key, salt).unwrap());
        }
    }

    /// Holds a key for so many packets.
    pub fn press(&mut self, digit: char, packets: u32) {
        self.key = Some((TelephoneEvent::code_of(digit).unwrap(), self.timestamp, packets));
    }

    pub fn tick(&mut self, now: Now) -> Vec<Datagram> {
        let Some(to) = self.to else { return Vec::new() };
        let next = *self.next.get_or_insert(now.instant);
        if now.instant < next {
            return Vec::new();
        }
        self.next = Some(next + Duration::from_millis(20).div_f64(1.0 + self.drift_ppm / 1e6));
        let mut out = Vec::new();
        self.sent += 1;
        let from = self.said;
        let samples = if self.g722.is_some() { 320 } else { 160 };
        self.said += samples;
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(160);
        if !self.is_talking {
            return out;
        }
        if let Some((code, began, left)) = &mut self.key {
            *left = left.saturating_sub(1);
            let end = *left == 0;
            let duration = timestamp.wrapping_sub(*began).wrapping_add(160) as u16;
            let event = TelephoneEvent { code: *code, end, volume: 10, duration };
            let began = *began;
            for _ in 0..if end { 3 } else { 1 } {
                out.push(self.packet(to, 101, began, &event.to_bytes()));
            }
            if end {
                self.key = None;
            }
            return out;
        }
        let samples: Vec<i16> = (from..from + samples).map(|n| (self.says)(n)).collect();
        let mut payload = [0; 160];
        match &mut self.g722 {
            Some((encoder, _)) => encoder.encode_into(&samples, &mut payload),
            None => self.law.encode_into(&samples, &mut payload),
        };
        out.push(self.packet(to, self.codec().0, timestamp, &payload));
        if self.comfort_noise_every > 0 && self.sent.is_multiple_of(self.comfort_noise_every) {
            out.push(self.packet(to, 13, timestamp, &[30]));
        }
        if self.sent.is_multiple_of(100) {
            let mut report = [0; 200];
            let len = write_report(&mut report, 77, None, &[], "phone").unwrap();
            let rtcp_to = SocketAddr::new(to.ip(), to.port() + 1);
            let report = self.seal(report[..len].to_vec());
            out.push((self.rtcp(), rtcp_to, report));
        }
        out
    }

    fn packet(
        &mut self,
        to: SocketAddr,
        payload_type: u8,
        timestamp: u32,
        payload: &[u8],
    ) -> Datagram {
        let header =
            RtpHeader { marker: false, payload_type, sequence: self.sequence, timestamp, ssrc: 77 };
        self.sequence = self.sequence.wrapping_add(1);
        let mut bytes = vec![0; 12 + payload.len()];
        header.write(&mut bytes).unwrap().copy_from_slice(payload);
        (self.address, to, self.seal(bytes))
    }

    fn seal(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        match &mut self.secure {
            Some(secure) => secure.seal(&bytes),
            None => bytes,
        }
    }

    pub fn receive(&mut self, now: Now, to: SocketAddr, bytes: &[u8]) {
        let opened = self.secure.as_mut().map(|secure| secure.open(bytes));
        let bytes = opened.as_deref().unwrap_or(bytes);
        if to == self.rtcp() {
            self.reports += 1;
            self.byes += Compound::new(bytes).filter(|p| matches!(p, RtcpPacket::Bye(_))).count();
            return;
        }
        let packet = RtpPacket::parse(bytes).unwrap();
        self.packets.push((now.instant, packet.header, packet.payload.to_vec()));
        match packet.header.payload_type {
            101 => {
                let event = TelephoneEvent::parse(packet.payload).unwrap();
                self.keys_heard.push((packet.header.timestamp, event));
            }
            number => {
                assert_eq!(number, self.codec().0);
                let mut samples = [0; 320];
                let len = match &mut self.g722 {
                    Some((_, decoder)) => decoder.decode_into(packet.payload, &mut samples),
                    None => self.law.decode_into(packet.payload, &mut samples),
                };
                assert_eq!(len, if self.g722.is_some() { 320 } else { 160 });
                self.heard.extend(&samples[..len]);
            }
        }
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
