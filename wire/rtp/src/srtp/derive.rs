//! Session keys from the master key (RFC 3711 4.3, RFC 7714 11), derivation rate 0.

use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};

use super::cipher::{AesCm, Cipher, Gcm, SALT_LEN, SHA1_80_TAG_LEN};
use super::{Profile, SrtpError};

/// The ciphers of RTP and of RTCP.
pub(super) fn ciphers(
    profile: Profile,
    key: &[u8],
    salt: &[u8],
) -> Result<(Cipher, Cipher), SrtpError> {
    if key.len() != profile.key_len() || salt.len() != profile.salt_len() {
        return Err(SrtpError::Key);
    }
    let rtp = cipher(profile, key, salt, [LABEL_RTP_KEY, LABEL_RTP_AUTH, LABEL_RTP_SALT])?;
    let rtcp = cipher(profile, key, salt, [LABEL_RTCP_KEY, LABEL_RTCP_AUTH, LABEL_RTCP_SALT])?;
    Ok((rtp, rtcp))
}

fn cipher(profile: Profile, key: &[u8], salt: &[u8], labels: [u8; 3]) -> Result<Cipher, SrtpError> {
    let [key_label, auth_label, salt_label] = labels;
    let mut session_key = [0_u8; 32];
    let session_key = session_key.get_mut(..key.len()).ok_or(SrtpError::Key)?;
    derive(key, salt, key_label, session_key)?;
    match profile {
        Profile::Aes128CmSha1_32
        | Profile::Aes128CmSha1_80
        | Profile::Aes256CmSha1_32
        | Profile::Aes256CmSha1_80 => {
            let mut auth = [0_u8; SHA1_KEY_LEN];
            derive(key, salt, auth_label, &mut auth)?;
            let mut session_salt = [0_u8; SALT_LEN];
            derive(key, salt, salt_label, &mut session_salt)?;
            // RFC 3711 5.2: the tag of RTCP is never a short one.
            let tag_len = match auth_label {
                LABEL_RTP_AUTH => profile.tag_len(),
                _ => SHA1_80_TAG_LEN,
            };
            Ok(Cipher::Cm(AesCm::new(session_key, session_salt, &auth, tag_len)?))
        }
        Profile::AeadAes128Gcm | Profile::AeadAes256Gcm => {
            let mut session_salt = [0_u8; 12];
            derive(key, salt, salt_label, &mut session_salt)?;
            Ok(Cipher::Gcm(Gcm::new(session_key, session_salt)?))
        }
    }
}

/// RFC 3711 4.3.3: the key stream of AES in counter mode whose IV is the salt with the label
/// xored in at its byte 7. RFC 7714 11: salts of 96 bits are padded with zeros on the right.
pub(super) fn derive(key: &[u8], salt: &[u8], label: u8, out: &mut [u8]) -> Result<(), SrtpError> {
    let mut iv = [0_u8; 16];
    iv.get_mut(..salt.len()).ok_or(SrtpError::Key)?.copy_from_slice(salt);
    iv[7] ^= label;
    match key.len() {
        16 => stream(&Aes128::new_from_slice(key).map_err(|_| SrtpError::Key)?, iv, out),
        32 => stream(&Aes256::new_from_slice(key).map_err(|_| SrtpError::Key)?, iv, out),
        _ => return Err(SrtpError::Key),
    }
    Ok(())
}

fn stream<C: BlockCipherEncrypt<BlockSize = aes::cipher::consts::U16>>(
    cipher: &C,
    iv: [u8; 16],
    out: &mut [u8],
) {
    for (count, chunk) in (0_u16..).zip(out.chunks_mut(16)) {
        let mut input = iv;
        let [.., high, low] = &mut input;
        [*high, *low] = count.to_be_bytes();
        let mut block = Block::<C>::from(input);
        cipher.encrypt_block(&mut block);
        chunk.iter_mut().zip(block.iter()).for_each(|(to, from)| *to = *from);
    }
}

const LABEL_RTP_KEY: u8 = 0;
const LABEL_RTP_AUTH: u8 = 1;
const LABEL_RTP_SALT: u8 = 2;
const LABEL_RTCP_KEY: u8 = 3;
const LABEL_RTCP_AUTH: u8 = 4;
const LABEL_RTCP_SALT: u8 = 5;
const SHA1_KEY_LEN: usize = 20;
