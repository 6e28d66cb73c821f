//! RTCP (RFC 3550 6): compound packets of SR, RR, SDES and BYE, read and written.

use crate::{read_u16, read_u32};

/// The packets of one compound, oldest first; stops at the first that does not hold.
#[derive(Clone, Debug)]
pub struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Over a whole datagram.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = RtcpPacket<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let head = *self.rest.first()?;
        let kind = *self.rest.get(1)?;
        if head & VERSION_MASK != VERSION_2 {
            self.rest = &[];
            return None;
        }
        let len = 4 + 4 * usize::from(read_u16(self.rest, 2)?);
        let packet = self.rest.get(..len)?;
        self.rest = self.rest.get(len..)?;
        let count = usize::from(head & COUNT);
        let parsed = RtcpPacket::parse(kind, count, packet);
        if parsed.is_none() {
            self.rest = &[];
        }
        parsed
    }
}

/// One packet of a compound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RtcpPacket<'a> {
    /// Streams that end.
    Bye(Words<'a>),
    /// A type that we do not act on.
    Other(u8),
    /// RR: who reports, and its blocks.
    ReceiverReport {
        /// The reporter.
        ssrc: u32,
        /// One per stream that it hears.
        blocks: Blocks<'a>,
    },
    /// SR: what the reporter sent, and its blocks.
    SenderReport {
        /// The reporter.
        ssrc: u32,
        /// Its clock and counts.
        info: SenderInfo,
        /// One per stream that it hears.
        blocks: Blocks<'a>,
    },
    /// SDES, unread: names of streams.
    SourceDescription,
}

impl<'a> RtcpPacket<'a> {
    fn parse(kind: u8, count: usize, packet: &'a [u8]) -> Option<Self> {
        Some(match kind {
            SENDER_REPORT => Self::SenderReport {
                ssrc: read_u32(packet, 4)?,
                info: SenderInfo::parse(packet.get(8..)?)?,
                blocks: Blocks(packet.get(28..28 + count * ReportBlock::LEN)?),
            },
            RECEIVER_REPORT => Self::ReceiverReport {
                ssrc: read_u32(packet, 4)?,
                blocks: Blocks(packet.get(8..8 + count * ReportBlock::LEN)?),
            },
            SOURCE_DESCRIPTION => Self::SourceDescription,
            BYE => Self::Bye(Words(packet.get(4..4 + 4 * count)?)),
            other => Self::Other(other),
        })
    }

    /// The report blocks of an SR or RR.
    #[must_use]
    pub fn blocks(&self) -> Blocks<'a> {
        match *self {
            Self::ReceiverReport { blocks, .. } | Self::SenderReport { blocks, .. } => blocks,
            Self::Bye(_) | Self::Other(_) | Self::SourceDescription => Blocks(&[]),
        }
    }
}

/// Report blocks, read one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks<'a>(&'a [u8]);

impl Iterator for Blocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_at_checked(ReportBlock::LEN)?;
        self.0 = rest;
        ReportBlock::parse(block)
    }
}

/// Stream numbers, read one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words<'a>(&'a [u8]);

impl Iterator for Words<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }
}

/// The sender's part of an SR (RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// NTP time: seconds since 1900 in the upper half, fraction in the lower.
    pub ntp: u64,
    /// The same moment on the stream's clock.
    pub timestamp: u32,
    /// Packets sent since the stream began.
    pub packets: u32,
    /// Payload bytes sent since the stream began.
    pub octets: u32,
}

impl SenderInfo {
    fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            ntp: (u64::from(read_u32(bytes, 0)?) << 32) | u64::from(read_u32(bytes, 4)?),
            timestamp: read_u32(bytes, 8)?,
            packets: read_u32(bytes, 12)?,
            octets: read_u32(bytes, 16)?,
        })
    }
}

/// What a receiver says about one stream (RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost since the beginning; negative when duplicates outnumber losses.
    pub lost: i32,
    /// Highest sequence number, extended by its cycles.
    pub highest_sequence: u32,
    /// Interarrival jitter in units of the stream's clock.
    pub jitter: u32,
    /// Middle 32 bits of the last SR's NTP time; 0 when none came.
    pub last_sr: u32,
    /// Since that SR came, in 1/65536 s.
    pub delay_since_last_sr: u32,
}

impl ReportBlock {
    const LEN: usize = 24;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let loss = read_u32(bytes, 4)?;
        let [fraction_lost, ..] = loss.to_be_bytes();
        // RFC 3550 6.4.1: the cumulative loss is a signed number of 24 bits.
        #[expect(clippy::cast_possible_wrap, reason = "the sign bit is moved into place")]
        let lost = ((loss << 8) as i32) >> 8;
        Some(Self {
            ssrc: read_u32(bytes, 0)?,
            fraction_lost,
            lost,
            highest_sequence: read_u32(bytes, 8)?,
            jitter: read_u32(bytes, 12)?,
            last_sr: read_u32(bytes, 16)?,
            delay_since_last_sr: read_u32(bytes, 20)?,
        })
    }
}

/// Writes a compound: SR when something was sent and RR otherwise, then SDES with the CNAME
/// (RFC 3550 6.1). Returns its length, `None` when it does not fit.
pub fn write_report(
    out: &mut [u8],
    ssrc: u32,
    sent: Option<SenderInfo>,
    blocks: &[ReportBlock],
    cname: &str,
) -> Option<usize> {
    let mut writer = Writer { out, at: 0 };
    let blocks = blocks.get(..blocks.len().min(usize::from(COUNT)))?;
    let count = u8::try_from(blocks.len()).ok()?;
    let (kind, head) = if sent.is_some() { (SENDER_REPORT, 28) } else { (RECEIVER_REPORT, 8) };
    writer.start(count, kind, head + blocks.len() * ReportBlock::LEN)?;
    writer.word(ssrc)?;
    if let Some(info) = sent {
        writer.bytes(&info.ntp.to_be_bytes())?;
        writer.word(info.timestamp)?;
        writer.word(info.packets)?;
        writer.word(info.octets)?;
    }
    for block in blocks {
        writer.word(block.ssrc)?;
        let lost = block.lost.clamp(LOST_MIN, LOST_MAX);
        #[expect(clippy::cast_sign_loss, reason = "two's complement in 24 bits")]
        let lost = (lost as u32) & 0x00ff_ffff;
        writer.word((u32::from(block.fraction_lost) << 24) | lost)?;
        writer.word(block.highest_sequence)?;
        writer.word(block.jitter)?;
        writer.word(block.last_sr)?;
        writer.word(block.delay_since_last_sr)?;
    }
    let name = cname.as_bytes().get(..cname.len().min(usize::from(u8::MAX)))?;
    // RFC 3550 6.5: the chunk ends with one null byte at least, on a word boundary.
    let chunk = (4 + 2 + name.len() + 1).next_multiple_of(4);
    writer.start(1, SOURCE_DESCRIPTION, 4 + chunk)?;
    writer.word(ssrc)?;
    writer.bytes(&[SDES_CNAME, u8::try_from(name.len()).ok()?])?;
    writer.bytes(name)?;
    for _ in 4 + 2 + name.len()..chunk {
        writer.bytes(&[0])?;
    }
    Some(writer.at)
}

/// Writes a BYE for one stream behind what stands in `out[..at]`; returns the new length.
pub fn write_bye(out: &mut [u8], at: usize, ssrc: u32) -> Option<usize> {
    let mut writer = Writer { out, at };
    writer.start(1, BYE, 8)?;
    writer.word(ssrc)?;
    Some(writer.at)
}

struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn start(&mut self, count: u8, kind: u8, len: usize) -> Option<()> {
        let [high, low] = u16::try_from(len / 4 - 1).ok()?.to_be_bytes();
        self.bytes(&[VERSION_2 | count, kind, high, low])
    }

    fn word(&mut self, word: u32) -> Option<()> {
        self.bytes(&word.to_be_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.at + bytes.len();
        self.out.get_mut(self.at..end)?.copy_from_slice(bytes);
        self.at = end;
        Some(())
    }
}

const BYE: u8 = 203;
const COUNT: u8 = 0x1f;
const LOST_MAX: i32 = 0x007f_ffff;
const LOST_MIN: i32 = -0x0080_0000;
const RECEIVER_REPORT: u8 = 201;
const SDES_CNAME: u8 = 1;
const SENDER_REPORT: u8 = 200;
const SOURCE_DESCRIPTION: u8 = 202;
const VERSION_2: u8 = 0x80;
const VERSION_MASK: u8 = 0xc0;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block() -> ReportBlock {
        ReportBlock {
            ssrc: 5,
            fraction_lost: 12,
            lost: -3,
            highest_sequence: 70_000,
            jitter: 9,
            last_sr: 0x1234_5678,
            delay_since_last_sr: 655,
        }
    }

    #[test]
    fn a_sender_report_with_cname_and_bye_reads_back() {
        let info = SenderInfo { ntp: 0x0102_0304_0506_0708, timestamp: 8, packets: 2, octets: 320 };
        let mut out = [0xff_u8; 200];
        let len = write_report(&mut out, 77, Some(info), &[block()], "leg@cordboard").unwrap();
        let len = write_bye(&mut out, len, 77).unwrap();
        let packets: Vec<_> = Compound::new(&out[..len]).collect();
        assert_eq!(packets.len(), 3);
        let RtcpPacket::SenderReport { ssrc: 77, info: read, blocks } = packets[0] else {
            panic!("{:?}", packets[0])
        };
        assert_eq!(read, info);
        assert_eq!(blocks.collect::<Vec<_>>(), [block()]);
        assert_eq!(packets[1], RtcpPacket::SourceDescription);
        let RtcpPacket::Bye(mut streams) = packets[2] else { panic!("{:?}", packets[2]) };
        assert_eq!(streams.next(), Some(77));
        assert_eq!(len % 4, 0);
    }

    #[test]
    fn a_receiver_report_is_written_when_nothing_was_sent() {
        let mut out = [0_u8; 100];
        let len = write_report(&mut out, 1, None, &[], "c").unwrap();
        let mut packets = Compound::new(&out[..len]);
        assert!(matches!(packets.next(), Some(RtcpPacket::ReceiverReport { ssrc: 1, .. })));
    }

    #[test]
    fn a_count_beyond_the_packet_ends_the_compound() {
        // RR that claims two blocks and has none.
        let bytes = [0x82, 201, 0, 1, 0, 0, 0, 1];
        assert_eq!(Compound::new(&bytes).next(), None);
    }

    proptest! {
        #[test]
        fn any_bytes_parse_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            for packet in Compound::new(&bytes) {
                let _ = packet.blocks().count();
            }
        }
    }
}
