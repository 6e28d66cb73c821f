//! SRTP of a plain line, with keys from SDP (SDES, RFC 4568).

use model::random::Random;
use wire_rtp::{Profile, SrtpReceiver, SrtpSender};
use wire_sdp::{Crypto, Media, Suite};

/// Both directions of a line.
pub struct Sdes {
    tag: u32,
    suite: Suite,
    ours: Vec<u8>,
    sender: SrtpSender,
    /// Their key, once they said it.
    theirs: Option<(Vec<u8>, SrtpReceiver)>,
}

impl Sdes {
    /// With a key of ours, for a first offer.
    #[must_use]
    pub fn offered(random: &mut Random) -> Option<Self> {
        Self::new(1, OFFERED, random)
    }

    fn new(tag: u32, suite: Suite, random: &mut Random) -> Option<Self> {
        let mut ours = vec![0; suite.material_len()];
        random.fill(&mut ours);
        let (key, salt) = ours.split_at_checked(suite.key_len())?;
        let sender = SrtpSender::new(profile(suite), key, salt).ok()?;
        Some(Self { tag, suite, ours, sender, theirs: None })
    }

    /// What a section's key means for a line that had `before`: the same keys go on, so that a hold
    /// does not begin the packets' count anew. `None`: the section is in the clear.
    #[must_use]
    pub fn described(before: Option<Self>, media: &Media, random: &mut Random) -> Option<Self> {
        let (tag, suite, theirs) = media.sdes()?;
        let mut sdes = match before.filter(|before| before.suite == suite) {
            Some(before) => Self { tag, ..before },
            None => Self::new(tag, suite, random)?,
        };
        if sdes.theirs.as_ref().is_none_or(|(known, _)| *known != theirs) {
            let receiver = receiver(suite, &theirs)?;
            sdes.theirs = Some((theirs, receiver));
        }
        Some(sdes)
    }

    /// Our key for the SDP.
    #[must_use]
    pub fn crypto(&self) -> Crypto {
        Crypto::new(self.tag, self.suite, &self.ours)
    }

    /// Opens a packet in place; `None` when it is not authentic.
    pub fn open(&mut self, packet: &mut [u8], is_rtcp: bool) -> Option<usize> {
        let (_, receiver) = self.theirs.as_mut()?;
        match is_rtcp {
            true => receiver.unprotect_rtcp(packet).ok(),
            false => receiver.unprotect_rtp(packet).ok(),
        }
    }

    /// Protects what was written to `buffer[..len]`.
    pub fn seal(&mut self, buffer: &mut [u8], len: usize, is_rtcp: bool) -> Option<usize> {
        match is_rtcp {
            true => self.sender.protect_rtcp(buffer, len).ok(),
            false => self.sender.protect_rtp(buffer, len).ok(),
        }
    }
}

/// What every phone that has SRTP has (RFC 4568 6.2).
const OFFERED: Suite = Suite::AesCm128Sha1_80;

fn receiver(suite: Suite, material: &[u8]) -> Option<SrtpReceiver> {
    let (key, salt) = material.split_at_checked(suite.key_len())?;
    SrtpReceiver::new(profile(suite), key, salt).ok()
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
