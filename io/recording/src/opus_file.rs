//! Ogg Opus (RFC 7845): two uncoupled mono streams, 20 ms packets, a page per second.

use std::{
    fs::File,
    io::{self, Write},
};

use model::recording::RecordingEntry;
use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use opus::{Application, Bandwidth, Bitrate, MSEncoder, Signal};

use crate::sound::{CHANNELS, RATE};

/// An Ogg Opus file being written.
pub(crate) struct OpusFile {
    file: File,
    encoder: MSEncoder,
    pages: PacketWriter<'static, Vec<u8>>,
    serial: u32,
    /// What the decoder throws away at the start, in samples of 48 kHz.
    pre_skip: u64,
    /// Samples of a packet that is not full yet.
    pending: Vec<i16>,
    /// The newest packet: whether it is the last is known only later.
    held: Option<Vec<u8>>,
    /// Samples per channel that were given.
    frames: u64,
    /// Packets encoded, the held one too.
    packets: u64,
    /// Packets on the page that is not written yet.
    on_page: usize,
}

impl OpusFile {
    /// Writes the two header pages.
    pub(crate) fn begin(file: File, entry: &RecordingEntry) -> io::Result<Self> {
        let mut encoder = encoder().map_err(io::Error::other)?;
        let lookahead = encoder.get_lookahead().map_err(io::Error::other)?;
        let pre_skip = u16::try_from(lookahead * UPSAMPLING_I32).unwrap_or_default();
        let mut opus = Self {
            file,
            encoder,
            pages: PacketWriter::new(Vec::new()),
            // Any number will do: a file has one stream.
            serial: entry.id.part,
            pre_skip: u64::from(pre_skip),
            pending: Vec::with_capacity(PACKET_SAMPLES),
            held: None,
            frames: 0,
            packets: 0,
            on_page: 0,
        };
        // RFC 7845 3: each header has a page of its own, with granule position 0.
        for header in [id_header(pre_skip), comment_header(entry)] {
            let end = PacketWriteEndInfo::EndPage;
            opus.pages.write_packet(header, opus.serial, end, 0)?;
        }
        opus.write_pages()?;
        Ok(opus)
    }

    pub(crate) fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        self.frames += u64::try_from(samples.len() / CHANNELS).unwrap_or(0);
        self.fill(samples)
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        // RFC 7845 4.4: the end is trimmed by the last page's granule position, and what was put
        // in comes out of the decoder only after the pre-skip.
        let end = self.pre_skip + self.frames * UPSAMPLING;
        while self.held.is_none() || self.packets * PACKET_GRANULES < end {
            let missing = PACKET_SAMPLES - self.pending.len();
            self.fill([0; PACKET_SAMPLES].split_at(missing).0)?;
        }
        if let Some(last) = self.held.take() {
            self.pages.write_packet(last, self.serial, PacketWriteEndInfo::EndStream, end)?;
        }
        self.write_pages()?;
        self.file.sync_all()
    }

    fn fill(&mut self, mut samples: &[i16]) -> io::Result<()> {
        while !samples.is_empty() {
            let room = PACKET_SAMPLES - self.pending.len();
            let (now, later) = samples.split_at(room.min(samples.len()));
            self.pending.extend_from_slice(now);
            samples = later;
            if self.pending.len() == PACKET_SAMPLES {
                let packet = self.encoder.encode_vec(&self.pending, PACKET_BYTES_MAX);
                self.pending.clear();
                self.release_held()?;
                self.held = Some(packet.map_err(io::Error::other)?);
                self.packets += 1;
            }
        }
        Ok(())
    }

    /// Puts the held packet on the page, now that it isn't the last.
    fn release_held(&mut self) -> io::Result<()> {
        let Some(packet) = self.held.take() else { return Ok(()) };
        let granules = self.packets * PACKET_GRANULES;
        self.on_page += 1;
        let is_full = self.on_page >= PAGE_PACKETS;
        let end = match is_full {
            true => PacketWriteEndInfo::EndPage,
            false => PacketWriteEndInfo::NormalPacket,
        };
        self.pages.write_packet(packet, self.serial, end, granules)?;
        if is_full {
            self.on_page = 0;
            self.write_pages()?;
        }
        Ok(())
    }

    fn write_pages(&mut self) -> io::Result<()> {
        let bytes = self.pages.inner_mut();
        let written = self.file.write_all(bytes);
        bytes.clear();
        written
    }
}

fn encoder() -> opus::Result<MSEncoder> {
    let mut encoder = MSEncoder::new(RATE, 2, 0, &MAPPING, Application::Voip)?;
    encoder.set_bitrate(Bitrate::Bits(BITRATE))?;
    encoder.set_complexity(COMPLEXITY)?;
    encoder.set_max_bandwidth(Bandwidth::Narrowband)?;
    encoder.set_signal(Signal::Voice)?;
    Ok(encoder)
}

/// RFC 7845 5.1: version 1, two channels, mapping family 1 with two mono streams.
fn id_header(pre_skip: u16) -> Vec<u8> {
    let mut header = b"OpusHead\x01\x02".to_vec();
    header.extend(pre_skip.to_le_bytes());
    header.extend(RATE.to_le_bytes());
    let (gain, family, streams, coupled) = ([0, 0], 1, 2, 0);
    header.extend(gain);
    header.extend([family, streams, coupled]);
    header.extend(MAPPING);
    header
}

/// RFC 7845 5.2: what is known, as comments.
fn comment_header(entry: &RecordingEntry) -> Vec<u8> {
    let mut header = b"OpusTags".to_vec();
    let mut put = |text: &str| {
        header.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        header.extend(text.as_bytes());
    };
    put(concat!("Cordboard ", env!("CARGO_PKG_VERSION"), ", libopus"));
    let agent = entry.agent.as_ref().map_or("", |agent| agent.as_str());
    let started = entry.started_ms.to_string();
    let (id, call) = (entry.id.to_string(), entry.id.call.as_str());
    let comments = [
        ("RECORDING", id.as_str()),
        ("CALLUUID", call),
        ("CONNID", &entry.conn),
        ("CALLTYPE", &entry.call_type),
        ("DN", entry.dn.as_str()),
        ("AGENT", agent),
        ("ANI", &entry.ani),
        ("DNIS", &entry.dnis),
        ("OTHER", &entry.other),
        ("MAILBOX", entry.mailbox.as_deref().unwrap_or_default()),
        ("STARTED_MS", &started),
        ("LEFT", "customer's side"),
        ("RIGHT", "agent's side"),
    ];
    let comments = comments.iter().filter(|(_, value)| !value.is_empty());
    let comments: Vec<_> = comments.map(|(name, value)| format!("{name}={value}")).collect();
    header.extend(u32::try_from(comments.len()).unwrap_or(0).to_le_bytes());
    for comment in comments {
        header.extend(u32::try_from(comment.len()).unwrap_or(0).to_le_bytes());
        header.extend(comment.as_bytes());
    }
    header
}

/// Stream 0 is left, stream 1 right.
const MAPPING: [u8; CHANNELS] = [0, 1];
/// Bits per second of both channels: narrowband speech is transparent at 16,000 each.
const BITRATE: i32 = 32_000;
/// What a core has to spare for hundreds of recordings.
const COMPLEXITY: i32 = 2;
/// 20 ms of both channels.
const PACKET_SAMPLES: usize = 160 * CHANNELS;
/// What libopus makes at most of 20 ms, twice.
const PACKET_BYTES_MAX: usize = 2 * 1_280;
/// Granule positions count 48 kHz whatever the input (RFC 7845 4).
const UPSAMPLING: u64 = 6;
const UPSAMPLING_I32: i32 = 6;
/// 20 ms.
const PACKET_GRANULES: u64 = 960;
/// A page per second: a crash costs no more.
const PAGE_PACKETS: usize = 50;
