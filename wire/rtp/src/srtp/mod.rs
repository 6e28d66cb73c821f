//! SRTP and SRTCP (RFC 3711 and, for AES-GCM, RFC 7714): in place, keyed once, no allocation per
//! packet.
//!
//! One sender or receiver holds one direction of one DTLS association. Streams (SSRCs) are kept
//! apart inside; a stream is remembered only after its first packet proved authentic, so forged
//! packets cost a check and leave nothing behind.

mod cipher;
mod derive;
mod replay;

use thiserror::Error;

use crate::rtp;
use crate::{read_u16, read_u32};
use cipher::Cipher;
use replay::Window;

/// The protection profiles that DTLS can settle on (RFC 5764 4.1.2, RFC 7714 14.2), and those that
/// SDES has beside them (RFC 4568 6.2, RFC 6188).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// `AES_CM_128_HMAC_SHA1_32`: RTP bears a tag of four bytes, RTCP the usual one.
    Aes128CmSha1_32,
    /// `SRTP_AES128_CM_HMAC_SHA1_80`.
    Aes128CmSha1_80,
    /// `AES_256_CM_HMAC_SHA1_32`.
    Aes256CmSha1_32,
    /// `AES_256_CM_HMAC_SHA1_80`.
    Aes256CmSha1_80,
}

impl Profile {
    /// Bytes of the master key.
    #[must_use]
    pub fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::Aes128CmSha1_32 | Self::Aes128CmSha1_80 => 16,
            Self::AeadAes256Gcm | Self::Aes256CmSha1_32 | Self::Aes256CmSha1_80 => 32,
        }
    }

    /// Bytes of the master salt.
    #[must_use]
    pub fn salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            Self::Aes128CmSha1_32
            | Self::Aes128CmSha1_80
            | Self::Aes256CmSha1_32
            | Self::Aes256CmSha1_80 => 14,
        }
    }

    /// Bytes that an RTP packet grows by.
    #[must_use]
    pub fn tag_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => cipher::GCM_TAG_LEN,
            Self::Aes128CmSha1_32 | Self::Aes256CmSha1_32 => cipher::SHA1_32_TAG_LEN,
            Self::Aes128CmSha1_80 | Self::Aes256CmSha1_80 => cipher::SHA1_80_TAG_LEN,
        }
    }
}

/// Bytes that a packet grows by at most, RTP or RTCP, with any profile.
pub const OVERHEAD_MAX: usize = cipher::GCM_TAG_LEN + INDEX_LEN;

/// Why a packet was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SrtpError {
    /// The tag does not fit: forged, damaged or under another key.
    #[error("authentication failed")]
    Authentication,
    /// Key or salt has the wrong length.
    #[error("key material has the wrong length")]
    Key,
    /// Sent so many packets under one key that another would weaken it (RFC 3711 9.2).
    #[error("key is used up")]
    KeyUsedUp,
    /// Not RTP or RTCP, or no room for the tag.
    #[error("malformed packet")]
    Malformed,
    /// Seen before, or too old to tell.
    #[error("replayed packet")]
    Replayed,
}

/// The sending direction.
pub struct SrtpSender {
    rtp: Cipher,
    rtcp: Cipher,
    streams: Streams<SendStream>,
}

impl SrtpSender {
    /// Under one side's master key and salt.
    ///
    /// # Errors
    /// When a length is not the profile's.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, SrtpError> {
        let (rtp, rtcp) = derive::ciphers(profile, key, salt)?;
        Ok(Self { rtp, rtcp, streams: Streams::default() })
    }

    /// Protects the RTP packet in `buffer[..len]`; returns its new length.
    ///
    /// # Errors
    /// When it is no RTP packet or the buffer has no room for the tag.
    pub fn protect_rtp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let packet = buffer.get(..len).ok_or(SrtpError::Malformed)?;
        let header_len = rtp::header_len(packet).map_err(|_| SrtpError::Malformed)?;
        let sequence = read_u16(packet, 2).ok_or(SrtpError::Malformed)?;
        let ssrc = read_u32(packet, 8).ok_or(SrtpError::Malformed)?;
        let stream = self.streams.find_or_add(ssrc);
        let index = stream.index_of(sequence);
        if index > RTP_INDEX_MAX {
            return Err(SrtpError::KeyUsedUp);
        }
        let len = self.rtp.seal_rtp(buffer, header_len, len, ssrc, index)?;
        stream.last = Some(stream.last.map_or(index, |last| last.max(index)));
        Ok(len)
    }

    /// Protects the RTCP compound in `buffer[..len]`; returns its new length.
    ///
    /// # Errors
    /// When it is too short or the buffer has no room for index and tag.
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let packet = buffer.get(..len).ok_or(SrtpError::Malformed)?;
        let ssrc = read_u32(packet, 4).ok_or(SrtpError::Malformed)?;
        let stream = self.streams.find_or_add(ssrc);
        let index = stream.rtcp_index;
        if index > RTCP_INDEX_MAX {
            return Err(SrtpError::KeyUsedUp);
        }
        let len = self.rtcp.seal_rtcp(buffer, len, ssrc, index)?;
        stream.rtcp_index = index + 1;
        Ok(len)
    }
}

/// The receiving direction.
pub struct SrtpReceiver {
    rtp: Cipher,
    rtcp: Cipher,
    streams: Streams<ReceiveStream>,
}

impl SrtpReceiver {
    /// Under the other side's master key and salt.
    ///
    /// # Errors
    /// When a length is not the profile's.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, SrtpError> {
        let (rtp, rtcp) = derive::ciphers(profile, key, salt)?;
        Ok(Self { rtp, rtcp, streams: Streams::default() })
    }

    /// Checks and opens an SRTP packet in place; returns the length of the RTP packet.
    ///
    /// # Errors
    /// Says why it was not taken; the buffer may then hold anything.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let header_len = rtp::header_len(packet).map_err(|_| SrtpError::Malformed)?;
        let sequence = read_u16(packet, 2).ok_or(SrtpError::Malformed)?;
        let ssrc = read_u32(packet, 8).ok_or(SrtpError::Malformed)?;
        let index = match self.streams.find(ssrc) {
            Some(stream) => {
                let index = stream.rtp.guess(sequence).ok_or(SrtpError::Replayed)?;
                stream.rtp.check(index)?;
                index
            }
            None => u64::from(sequence),
        };
        let len = self.rtp.open_rtp(packet, header_len, ssrc, index)?;
        self.streams.find_or_add(ssrc).rtp.accept(index);
        Ok(len)
    }

    /// Checks and opens an SRTCP packet in place; returns the length of the RTCP compound.
    ///
    /// # Errors
    /// Says why it was not taken; the buffer may then hold anything.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let ssrc = read_u32(packet, 4).ok_or(SrtpError::Malformed)?;
        let (index, encrypted) = self.rtcp.rtcp_index(packet)?;
        if let Some(stream) = self.streams.find(ssrc) {
            stream.rtcp.check(index)?;
        }
        let len = self.rtcp.open_rtcp(packet, ssrc, index, encrypted)?;
        self.streams.find_or_add(ssrc).rtcp.accept(index);
        Ok(len)
    }
}

/// A small table of streams; the one that was quiet for longest gives way.
struct Streams<T> {
    streams: Vec<(u32, u64, T)>,
    uses: u64,
}

impl<T> Default for Streams<T> {
    fn default() -> Self {
        Self { streams: Vec::new(), uses: 0 }
    }
}

impl<T: Default> Streams<T> {
    fn find(&mut self, ssrc: u32) -> Option<&mut T> {
        self.uses += 1;
        let uses = self.uses;
        self.streams.iter_mut().find(|(known, _, _)| *known == ssrc).map(|(_, used, stream)| {
            *used = uses;
            stream
        })
    }

    fn find_or_add(&mut self, ssrc: u32) -> &mut T {
        self.uses += 1;
        let at = match self.streams.iter().position(|(known, _, _)| *known == ssrc) {
            Some(at) => at,
            None => {
                if self.streams.len() >= STREAMS_MAX {
                    let oldest = (0..self.streams.len())
                        .min_by_key(|at| self.streams.get(*at).map(|(_, used, _)| *used));
                    self.streams.swap_remove(oldest.unwrap_or(0));
                }
                self.streams.push((ssrc, 0, T::default()));
                self.streams.len() - 1
            }
        };
        let (_, used, stream) = self.streams.get_mut(at).expect("it was found or pushed");
        *used = self.uses;
        stream
    }
}

/// What a sender keeps per stream.
#[derive(Default)]
struct SendStream {
    last: Option<u64>,
    rtcp_index: u32,
}

impl SendStream {
    /// The 48-bit index of a sequence number: it wraps when the number falls by half its range.
    fn index_of(&self, sequence: u16) -> u64 {
        let Some(last) = self.last else { return u64::from(sequence) };
        replay::nearest(last, sequence).unwrap_or(u64::from(sequence))
    }
}

/// What a receiver keeps per stream.
#[derive(Default)]
struct ReceiveStream {
    rtp: Window,
    rtcp: Window,
}

/// Bytes of the SRTCP index word.
const INDEX_LEN: usize = 4;
/// RFC 3711 3.3.1: 2^48 packets under one key.
const RTP_INDEX_MAX: u64 = (1 << 48) - 1;
/// RFC 3711 3.4: 2^31 packets under one key.
const RTCP_INDEX_MAX: u32 = (1 << 31) - 1;
/// Streams remembered per direction; a browser leg has one.
const STREAMS_MAX: usize = 8;

#[cfg(test)]
mod tests;
