//! Any bytes as RTP, RTCP and both protected: no panic, and nothing forged is taken.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_rtp::rtcp::Compound;
use wire_rtp::{PacketKind, Profile, RtpPacket, SrtpReceiver, TelephoneEvent};

fuzz_target!(|bytes: &[u8]| {
    let _ = PacketKind::of(bytes);
    if let Ok(packet) = RtpPacket::parse(bytes) {
        let _ = TelephoneEvent::parse(packet.payload);
    }
    let _ = Compound::new(bytes).count();
    for profile in [Profile::Aes128CmSha1_80, Profile::Aes256CmSha1_80, Profile::AeadAes128Gcm] {
        let key = vec![7; profile.key_len()];
        let salt = vec![9; profile.salt_len()];
        let receiver = SrtpReceiver::new(profile, &key, &salt);
        let mut receiver = receiver.expect("the lengths are the profile's");
        assert!(receiver.unprotect_rtp(&mut bytes.to_vec()).is_err());
        assert!(receiver.unprotect_rtcp(&mut bytes.to_vec()).is_err());
    }
});
