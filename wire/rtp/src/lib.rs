//! RTP, RTCP and SRTP packets (RFC 3550, 3711, 4733, 7714).
//!
//! Bytes to values and back, over borrowed buffers: nothing here allocates per packet, reads a
//! clock or knows a peer. What a packet means for a leg is the gateway's affair.
//!
//! Deviations from the standards, on purpose:
//! - SRTP: no MKI, key derivation rate 0, no authentication-only profiles: DTLS-SRTP never asks
//!   for them (RFC 5764 4.1.2).
//! - RTCP: profile extensions of SR and RR are skipped; packet types that we do not act on are
//!   passed over by their length.

pub mod event;
pub mod rtcp;
pub mod rtp;
pub mod srtp;

pub use event::TelephoneEvent;
pub use rtcp::{ReportBlock, RtcpPacket, SenderInfo};
pub use rtp::{PacketKind, RtpError, RtpHeader, RtpPacket};
pub use srtp::{Profile, SrtpError, SrtpReceiver, SrtpSender};

/// A big-endian number of two bytes at `at`, if it is there.
fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// A big-endian number of four bytes at `at`, if it is there.
fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
