//! The RTP packet of RFC 3550 5.1: header, header extension, padding, payload.

use thiserror::Error;

use crate::{read_u16, read_u32};

/// What the first bytes of a datagram say it is (RFC 7983, RFC 5761 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// A DTLS record.
    Dtls,
    /// RTCP or SRTCP.
    Rtcp,
    /// RTP or SRTP.
    Rtp,
    /// A STUN message.
    Stun,
    /// None of these.
    Unknown,
}

impl PacketKind {
    /// Looks at the first two bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match (bytes.first(), bytes.get(1)) {
            (Some(0..=3), _) => Self::Stun,
            (Some(20..=63), _) => Self::Dtls,
            // RFC 5761 4: RTCP packet types 192-223 are RTP payload types 64-95 with the marker.
            (Some(128..=191), Some(192..=223)) => Self::Rtcp,
            (Some(128..=191), Some(_)) => Self::Rtp,
            _ => Self::Unknown,
        }
    }
}

/// One RTP packet, its payload still in the datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpPacket<'a> {
    /// The fixed fields.
    pub header: RtpHeader,
    /// Profile number and bytes of the header extension.
    pub extension: Option<(u16, &'a [u8])>,
    /// What is carried, without padding.
    pub payload: &'a [u8],
}

impl<'a> RtpPacket<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// Says which part does not hold.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        let header_len = header_len(bytes)?;
        let first = *bytes.first().ok_or(RtpError::Short)?;
        let second = *bytes.get(1).ok_or(RtpError::Short)?;
        let mut end = bytes.len();
        if first & PADDING != 0 {
            let padding = usize::from(*bytes.last().ok_or(RtpError::Short)?);
            // RFC 3550 5.1: the count includes itself, so 0 is no count.
            if padding == 0 || header_len + padding > end {
                return Err(RtpError::Padding);
            }
            end -= padding;
        }
        let extension = if first & EXTENSION == 0 {
            None
        } else {
            let at = FIXED_LEN + 4 * usize::from(first & CSRC_COUNT);
            let profile = read_u16(bytes, at).ok_or(RtpError::Short)?;
            Some((profile, bytes.get(at + 4..header_len).ok_or(RtpError::Short)?))
        };
        Ok(Self {
            header: RtpHeader {
                marker: second & MARKER != 0,
                payload_type: second & PAYLOAD_TYPE,
                sequence: read_u16(bytes, 2).ok_or(RtpError::Short)?,
                timestamp: read_u32(bytes, 4).ok_or(RtpError::Short)?,
                ssrc: read_u32(bytes, 8).ok_or(RtpError::Short)?,
            },
            extension,
            payload: bytes.get(header_len..end).ok_or(RtpError::Padding)?,
        })
    }
}

/// The fixed fields of a packet, as we send them: no CSRC, no extension, no padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpHeader {
    /// First packet after a pause, first of a telephone event.
    pub marker: bool,
    /// 0-127.
    pub payload_type: u8,
    /// One more with each packet.
    pub sequence: u16,
    /// In units of the payload's clock.
    pub timestamp: u32,
    /// The stream's number.
    pub ssrc: u32,
}

impl RtpHeader {
    /// Bytes that `write` takes.
    pub const LEN: usize = FIXED_LEN;

    /// Writes the header to the start of `out` and returns the rest for the payload; `None` when
    /// it does not fit.
    pub fn write<'a>(&self, out: &'a mut [u8]) -> Option<&'a mut [u8]> {
        let (head, rest) = out.split_first_chunk_mut::<FIXED_LEN>()?;
        let marker = if self.marker { MARKER } else { 0 };
        head[0] = VERSION_2;
        head[1] = marker | (self.payload_type & PAYLOAD_TYPE);
        head[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        head[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        head[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        Some(rest)
    }
}

/// Length of the header with CSRCs and extension: what SRTP leaves readable.
///
/// # Errors
/// When the datagram is not RTP version 2 or ends inside its header.
pub fn header_len(bytes: &[u8]) -> Result<usize, RtpError> {
    let first = *bytes.first().ok_or(RtpError::Short)?;
    if first & VERSION_MASK != VERSION_2 {
        return Err(RtpError::Version);
    }
    let mut len = FIXED_LEN + 4 * usize::from(first & CSRC_COUNT);
    if first & EXTENSION != 0 {
        len += 4 + 4 * usize::from(read_u16(bytes, len + 2).ok_or(RtpError::Short)?);
    }
    if len > bytes.len() { Err(RtpError::Short) } else { Ok(len) }
}

/// Why a datagram is no RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RtpError {
    /// The padding is longer than the payload.
    #[error("padding does not fit")]
    Padding,
    /// It ends too early.
    #[error("packet too short")]
    Short,
    /// It is not version 2.
    #[error("not RTP version 2")]
    Version,
}

const CSRC_COUNT: u8 = 0x0f;
const EXTENSION: u8 = 0x10;
const FIXED_LEN: usize = 12;
const MARKER: u8 = 0x80;
const PADDING: u8 = 0x20;
const PAYLOAD_TYPE: u8 = 0x7f;
const VERSION_2: u8 = 0x80;
const VERSION_MASK: u8 = 0xc0;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> RtpHeader {
        RtpHeader {
            marker: true,
            payload_type: 111,
            sequence: 7,
            timestamp: 960,
            ssrc: 0xdead_beef,
        }
    }

    #[test]
    fn a_written_header_reads_back() {
        let mut bytes = [0_u8; 16];
        let rest = header().write(&mut bytes).expect("it fits");
        rest.copy_from_slice(b"opus");
        let packet = RtpPacket::parse(&bytes).unwrap();
        assert_eq!(packet.header, header());
        assert_eq!(packet.payload, b"opus");
        assert_eq!(packet.extension, None);
    }

    #[test]
    fn csrcs_extension_and_padding_are_taken_off_the_payload() {
        let mut bytes = vec![0xb1, 0x00, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([0, 0, 0, 9]); // one CSRC
        bytes.extend([0xbe, 0xde, 0, 1, 0x10, 0x55, 0, 0]); // one word of extension
        bytes.extend([1, 2, 3, 0, 0, 3]); // three bytes and three of padding
        let packet = RtpPacket::parse(&bytes).unwrap();
        assert_eq!(packet.payload, [1, 2, 3]);
        assert_eq!(packet.extension, Some((0xbede, &[0x10, 0x55, 0, 0][..])));
        assert_eq!(header_len(&bytes), Ok(24));
    }

    #[test]
    fn padding_of_zero_or_beyond_the_payload_is_refused() {
        let mut bytes = [0_u8; 14];
        bytes[0] = 0xa0;
        assert_eq!(RtpPacket::parse(&bytes), Err(RtpError::Padding));
        bytes[13] = 3;
        assert_eq!(RtpPacket::parse(&bytes), Err(RtpError::Padding));
    }

    #[test]
    fn first_bytes_tell_stun_dtls_rtp_and_rtcp_apart() {
        assert_eq!(PacketKind::of(&[0, 1]), PacketKind::Stun);
        assert_eq!(PacketKind::of(&[22, 254]), PacketKind::Dtls);
        assert_eq!(PacketKind::of(&[128, 200]), PacketKind::Rtcp);
        assert_eq!(PacketKind::of(&[128, 128 + 111]), PacketKind::Rtp);
        assert_eq!(PacketKind::of(&[128, 0]), PacketKind::Rtp);
        assert_eq!(PacketKind::of(&[128]), PacketKind::Unknown);
        assert_eq!(PacketKind::of(&[]), PacketKind::Unknown);
    }

    proptest! {
        #[test]
        fn any_bytes_parse_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = RtpPacket::parse(&bytes);
        }

        #[test]
        fn any_header_survives_the_round_trip(
            marker: bool, payload_type in 0_u8..128, sequence: u16, timestamp: u32, ssrc: u32,
        ) {
            let header = RtpHeader { marker, payload_type, sequence, timestamp, ssrc };
            let mut bytes = [0_u8; 12];
            header.write(&mut bytes).expect("it fits");
            prop_assert_eq!(RtpPacket::parse(&bytes).unwrap().header, header);
        }
    }
}
