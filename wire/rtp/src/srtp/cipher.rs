//! The two ciphers over whole packets: AES-CM with HMAC-SHA1 (RFC 3711 4.1.1, 4.2.1) and AES-GCM
//! (RFC 7714 8, 9). They know nothing of streams or windows.

use aes::cipher::{Array, Block, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use hmac::{Hmac, Mac};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{INDEX_LEN, SrtpError};
use crate::read_u32;

/// One direction's RTP or RTCP.
pub(super) enum Cipher {
    Cm(AesCm),
    Gcm(Gcm),
}

impl Cipher {
    pub(super) fn seal_rtp(
        &self,
        buffer: &mut [u8],
        header_len: usize,
        len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError> {
        match self {
            Self::Cm(cm) => {
                let (packet, room) = buffer.split_at_mut_checked(len).ok_or(MALFORMED)?;
                let tag = room.get_mut(..cm.tag_len).ok_or(MALFORMED)?;
                cm.crypt(packet.get_mut(header_len..).ok_or(MALFORMED)?, ssrc, index);
                tag.copy_from_slice(cut(&cm.sum(packet, &rollover(index)), cm.tag_len));
                Ok(len + cm.tag_len)
            }
            Self::Gcm(gcm) => {
                let (packet, room) = buffer.split_at_mut_checked(len).ok_or(MALFORMED)?;
                let (header, payload) = packet.split_at_mut_checked(header_len).ok_or(MALFORMED)?;
                let tag = room.get_mut(..GCM_TAG_LEN).ok_or(MALFORMED)?;
                let nonce = gcm.nonce(ssrc, index);
                let sealed = gcm
                    .key
                    .seal_in_place_separate_tag(nonce, Aad::from(&*header), payload)
                    .map_err(|_| MALFORMED)?;
                tag.copy_from_slice(sealed.as_ref());
                Ok(len + GCM_TAG_LEN)
            }
        }
    }

    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError> {
        match self {
            Self::Cm(cm) => {
                let len = packet.len().checked_sub(cm.tag_len).ok_or(MALFORMED)?;
                let (packet, tag) = packet.split_at_mut(len);
                let payload_at = header_len.min(len);
                if payload_at < header_len {
                    return Err(MALFORMED);
                }
                verify(cut(&cm.sum(packet, &rollover(index)), cm.tag_len), tag)?;
                cm.crypt(packet.get_mut(payload_at..).ok_or(MALFORMED)?, ssrc, index);
                Ok(len)
            }
            Self::Gcm(gcm) => {
                let len = packet.len().checked_sub(GCM_TAG_LEN).ok_or(MALFORMED)?;
                let (packet, tag) = packet.split_at_mut(len);
                let (header, payload) = packet.split_at_mut_checked(header_len).ok_or(MALFORMED)?;
                gcm.open(gcm.nonce(ssrc, index), header, payload, tag)?;
                Ok(len)
            }
        }
    }

    pub(super) fn seal_rtcp(
        &self,
        buffer: &mut [u8],
        len: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<usize, SrtpError> {
        let word = (ENCRYPTED | index).to_be_bytes();
        match self {
            Self::Cm(cm) => {
                let end = len + INDEX_LEN;
                let payload = buffer.get_mut(RTCP_HEADER_LEN..len).ok_or(MALFORMED)?;
                cm.crypt(payload, ssrc, u64::from(index));
                buffer.get_mut(len..end).ok_or(MALFORMED)?.copy_from_slice(&word);
                let (packet, room) = buffer.split_at_mut_checked(end).ok_or(MALFORMED)?;
                let tag = room.get_mut(..cm.tag_len).ok_or(MALFORMED)?;
                tag.copy_from_slice(cut(&cm.sum(packet, &[]), cm.tag_len));
                Ok(end + cm.tag_len)
            }
            Self::Gcm(gcm) => {
                let (packet, room) = buffer.split_at_mut_checked(len).ok_or(MALFORMED)?;
                let (header, payload) =
                    packet.split_at_mut_checked(RTCP_HEADER_LEN).ok_or(MALFORMED)?;
                let (tag, room) = room.split_at_mut_checked(GCM_TAG_LEN).ok_or(MALFORMED)?;
                let nonce = gcm.nonce(ssrc, u64::from(index));
                let aad = rtcp_aad(header, word)?;
                let sealed = gcm
                    .key
                    .seal_in_place_separate_tag(nonce, Aad::from(aad), payload)
                    .map_err(|_| MALFORMED)?;
                tag.copy_from_slice(sealed.as_ref());
                room.get_mut(..INDEX_LEN).ok_or(MALFORMED)?.copy_from_slice(&word);
                Ok(len + GCM_TAG_LEN + INDEX_LEN)
            }
        }
    }

    /// The SRTCP index of a packet and whether it is encrypted.
    pub(super) fn rtcp_index(&self, packet: &[u8]) -> Result<(u32, bool), SrtpError> {
        let behind = match self {
            Self::Cm(cm) => cm.tag_len,
            Self::Gcm(_) => 0,
        };
        let at = packet.len().checked_sub(INDEX_LEN + behind).ok_or(MALFORMED)?;
        let word = read_u32(packet, at).ok_or(MALFORMED)?;
        Ok((word & !ENCRYPTED, word & ENCRYPTED != 0))
    }

    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        ssrc: u32,
        index: u32,
        encrypted: bool,
    ) -> Result<usize, SrtpError> {
        match self {
            Self::Cm(cm) => {
                let end = packet.len().checked_sub(cm.tag_len).ok_or(MALFORMED)?;
                let (packet, tag) = packet.split_at_mut(end);
                verify(cut(&cm.sum(packet, &[]), cm.tag_len), tag)?;
                let len = end.checked_sub(INDEX_LEN).ok_or(MALFORMED)?;
                if encrypted {
                    let payload = packet.get_mut(RTCP_HEADER_LEN..len).ok_or(MALFORMED)?;
                    cm.crypt(payload, ssrc, u64::from(index));
                }
                Ok(len)
            }
            Self::Gcm(gcm) => {
                let end = packet.len().checked_sub(INDEX_LEN).ok_or(MALFORMED)?;
                let (packet, word) = packet.split_at_mut(end);
                let word: [u8; INDEX_LEN] = (&*word).try_into().map_err(|_| MALFORMED)?;
                let len = end.checked_sub(GCM_TAG_LEN).ok_or(MALFORMED)?;
                let (packet, tag) = packet.split_at_mut(len);
                let nonce = gcm.nonce(ssrc, u64::from(index));
                let (header, payload) =
                    packet.split_at_mut_checked(RTCP_HEADER_LEN).ok_or(MALFORMED)?;
                if encrypted {
                    gcm.open(nonce, &rtcp_aad(header, word)?, payload, tag)?;
                } else {
                    // RFC 7714 9.3: everything is associated data, and there is no plaintext.
                    let mut aad = [0_u8; CLEAR_RTCP_MAX];
                    let whole = aad.get_mut(..len + INDEX_LEN).ok_or(MALFORMED)?;
                    let (front, back) = whole.split_at_mut(len);
                    front.copy_from_slice(packet);
                    back.copy_from_slice(&word);
                    gcm.open(nonce, whole, &mut [], tag)?;
                }
                Ok(len)
            }
        }
    }
}

/// AES in counter mode and HMAC-SHA1 cut to a length, both keyed.
pub(super) struct AesCm {
    aes: Aes,
    salt: [u8; SALT_LEN],
    hmac: Hmac<Sha1>,
    tag_len: usize,
}

/// By the length of the key.
enum Aes {
    Short(Aes128),
    Long(Aes256),
}

impl AesCm {
    pub(super) fn new(
        key: &[u8],
        salt: [u8; SALT_LEN],
        auth: &[u8],
        tag_len: usize,
    ) -> Result<Self, SrtpError> {
        let aes = match key.len() {
            16 => Aes::Short(Aes128::new_from_slice(key).map_err(|_| SrtpError::Key)?),
            _ => Aes::Long(Aes256::new_from_slice(key).map_err(|_| SrtpError::Key)?),
        };
        let hmac = Hmac::new_from_slice(auth).map_err(|_| SrtpError::Key)?;
        Ok(Self { aes, salt, hmac, tag_len })
    }

    /// Xors the key stream of one packet over `data` (RFC 3711 4.1.1).
    pub(super) fn crypt(&self, data: &mut [u8], ssrc: u32, index: u64) {
        let mut iv = [0_u8; 16];
        iv[..SALT_LEN].copy_from_slice(&self.salt);
        for (byte, ssrc) in iv[4..8].iter_mut().zip(ssrc.to_be_bytes()) {
            *byte ^= ssrc;
        }
        for (byte, index) in iv[8..14].iter_mut().zip(&index.to_be_bytes()[2..]) {
            *byte ^= index;
        }
        let mut counter = 0_u16;
        for chunk in data.chunks_mut(16 * BLOCKS) {
            let mut blocks: [Block<Aes128>; BLOCKS] = [Array(iv); BLOCKS];
            let used = chunk.len().div_ceil(16);
            let blocks = blocks.get_mut(..used).unwrap_or_default();
            for block in &mut *blocks {
                let [.., high, low] = &mut block.0;
                [*high, *low] = counter.to_be_bytes();
                // RFC 3711 4.1.1: 2^16 blocks at most, far above any datagram.
                counter = counter.wrapping_add(1);
            }
            match &self.aes {
                Aes::Short(aes) => aes.encrypt_blocks(blocks),
                Aes::Long(aes) => aes.encrypt_blocks(blocks),
            }
            for (data, block) in chunk.chunks_mut(16).zip(&*blocks) {
                data.iter_mut().zip(block.iter()).for_each(|(data, key)| *data ^= key);
            }
        }
    }

    fn sum(&self, packet: &[u8], behind: &[u8]) -> [u8; 20] {
        let mut hmac = self.hmac.clone();
        hmac.update(packet);
        hmac.update(behind);
        hmac.finalize().into_bytes().into()
    }
}

/// AES-GCM, keyed.
pub(super) struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

impl Gcm {
    pub(super) fn new(key: &[u8], salt: [u8; 12]) -> Result<Self, SrtpError> {
        let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
        let key = UnboundKey::new(algorithm, key).map_err(|_| SrtpError::Key)?;
        Ok(Self { key: LessSafeKey::new(key), salt })
    }

    /// RFC 7714 8.1 and 9.1: two zero bytes, the SSRC and the 48-bit index (SRTCP's has 31 bits),
    /// xored with the salt.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut iv = [0_u8; 12];
        iv[2..6].copy_from_slice(&ssrc.to_be_bytes());
        iv[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        iv.iter_mut().zip(self.salt).for_each(|(byte, salt)| *byte ^= salt);
        Nonce::assume_unique_for_key(iv)
    }

    fn open(
        &self,
        nonce: Nonce,
        aad: &[u8],
        payload: &mut [u8],
        tag: &[u8],
    ) -> Result<(), SrtpError> {
        let tag = Tag::try_from(tag).map_err(|_| MALFORMED)?;
        self.key
            .open_in_place_separate_tag(nonce, Aad::from(aad), tag, payload, 0..)
            .map_err(|_| SrtpError::Authentication)?;
        Ok(())
    }
}

/// The tag is the beginning of the sum.
fn cut(sum: &[u8; 20], len: usize) -> &[u8] {
    sum.get(..len).unwrap_or(sum)
}

fn rollover(index: u64) -> [u8; 4] {
    let [_, _, a, b, c, d, _, _] = index.to_be_bytes();
    [a, b, c, d]
}

fn rtcp_aad(header: &[u8], word: [u8; INDEX_LEN]) -> Result<[u8; 12], SrtpError> {
    let mut aad = [0; RTCP_HEADER_LEN + INDEX_LEN];
    aad[..RTCP_HEADER_LEN].copy_from_slice(header.get(..RTCP_HEADER_LEN).ok_or(MALFORMED)?);
    aad[RTCP_HEADER_LEN..].copy_from_slice(&word);
    Ok(aad)
}

fn verify(ours: &[u8], theirs: &[u8]) -> Result<(), SrtpError> {
    if bool::from(ours.ct_eq(theirs)) { Ok(()) } else { Err(SrtpError::Authentication) }
}

/// Blocks that go through AES at once; the hardware pipelines eight.
const BLOCKS: usize = 8;
/// Longest unencrypted SRTCP that is looked at: a datagram's usual size.
const CLEAR_RTCP_MAX: usize = 1500;
const ENCRYPTED: u32 = 1 << 31;
pub(super) const GCM_TAG_LEN: usize = 16;
const MALFORMED: SrtpError = SrtpError::Malformed;
const RTCP_HEADER_LEN: usize = 8;
pub(super) const SALT_LEN: usize = 14;
pub(super) const SHA1_32_TAG_LEN: usize = 4;
pub(super) const SHA1_80_TAG_LEN: usize = 10;
