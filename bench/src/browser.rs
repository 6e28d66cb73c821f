//! The media end of a browser: the whole of str0m, without sockets or clock, so that it serves
//! real and virtual time.

use std::{collections::VecDeque, net::SocketAddr, time::Instant};

use anyhow::Result;
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::SdpOffer,
    media::Mid,
    net::{Protocol, Receive},
    rtp::RtpWrite,
};

/// What it sends and wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    Opus,
    Pcmu,
}

/// One browser's end of a call.
pub struct Browser {
    rtc: Rtc,
    address: SocketAddr,
    spoken: Spoken,
    mid: Option<Mid>,
    is_connected: bool,
    sequence: u64,
    timestamp: u32,
    heard: u64,
    out: VecDeque<(SocketAddr, Vec<u8>)>,
}

impl Browser {
    pub fn new(now: Instant, address: SocketAddr, spoken: Spoken) -> Result<Self> {
        str0m::crypto::from_feature_flags().install_process_default();
        let mut config = Rtc::builder().clear_codecs().set_rtp_mode(true);
        config.codec_config().enable_opus(spoken == Spoken::Opus, false);
        config.codec_config().enable_pcmu(spoken == Spoken::Pcmu, false);
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        Ok(Self {
            rtc,
            address,
            spoken,
            mid: None,
            is_connected: false,
            sequence: 100,
            timestamp: 5000,
            heard: 0,
            out: VecDeque::new(),
        })
    }

    /// SDP for SDP.
    pub fn answer(&mut self, offer: &str) -> Result<String> {
        let offer = SdpOffer::from_sdp_string(offer)?;
        Ok(self.rtc.sdp_api().accept_offer(offer)?.to_sdp_string())
    }

    pub fn receive(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) -> Result<()> {
        if let Ok(received) = Receive::new(Protocol::Udp, from, self.address, bytes) {
            self.rtc.handle_input(Input::Receive(now, received))?;
        }
        Ok(())
    }

    /// 20 ms of voice, once there is somebody to hear it.
    pub fn say(&mut self, now: Instant, payload: &[u8]) {
        let (number, step) = match self.spoken {
            Spoken::Opus => (111, 960),
            Spoken::Pcmu => (0, 160),
        };
        self.timestamp = self.timestamp.wrapping_add(step);
        let (true, Some(mid)) = (self.is_connected, self.mid) else { return };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else { return };
        self.sequence += 1;
        let sequence = self.sequence.into();
        stream.write_rtp(RtpWrite::new(number.into(), sequence, self.timestamp, now, payload));
    }

    /// Does what is due; returns when something is due next.
    pub fn advance(&mut self, now: Instant) -> Result<Instant> {
        self.rtc.handle_input(Input::Timeout(now))?;
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(sent) => {
                    self.out.push_back((sent.destination, sent.contents.to_vec()));
                }
                Output::Event(Event::Connected) => self.is_connected = true,
                Output::Event(Event::MediaAdded(added)) => self.mid = Some(added.mid),
                Output::Event(Event::RtpPacket(_)) => self.heard += 1,
                Output::Event(_) => {}
            }
        }
    }

    /// The next datagram to send.
    pub fn sends(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.out.pop_front()
    }

    /// Packets of voice that came, decrypted.
    pub fn packets_heard(&self) -> u64 {
        self.heard
    }
}
