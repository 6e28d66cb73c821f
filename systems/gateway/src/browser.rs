//! A browser's line: ICE-lite by `is`, DTLS 1.2 by `dimpl`, SRTP of our own, all on the one port
//! of all browsers.
//!
//! We never check candidates ourselves (RFC 8445 2.5), so the browser's candidates are not even
//! read: every address whose checks prove that it knows our password is answered, and the one
//! that it nominates is used. Checks that come before the browser's answer are kept by `is` and
//! answered then.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};
use is::stun::{StunMessage, StunPacket};
use is::{Candidate, IceAgent, IceAgentEvent, IceCreds, Protocol};
use model::Now;
use model::media::{DATAGRAM_LEN_MAX, MediaPort};
use model::random::Random;
use sha2::{Digest, Sha256, Sha384, Sha512};
use wire_rtp::{Profile, SrtpReceiver, SrtpSender};
use wire_sdp::{Fingerprint, IceCredentials, Setup};

use crate::outbox::Outbox;
use crate::settings::Certificate;

/// What all browsers' lines of a shard share.
pub struct BrowserShared {
    config: Arc<Config>,
    certificate: DtlsCertificate,
    fingerprint: Fingerprint,
}

impl BrowserShared {
    /// Under one certificate.
    #[must_use]
    pub fn new(certificate: &Certificate) -> Self {
        let config = Config::builder()
            // ICE has proved the address already; a cookie would cost a round trip.
            .use_server_cookie(false)
            .flight_start_rto(FLIGHT_RTO)
            .flight_retries(FLIGHT_RETRIES)
            .build()
            .expect("these settings are valid");
        let certificate = DtlsCertificate {
            certificate: certificate.der.clone(),
            private_key: certificate.key_pkcs8.clone(),
        };
        let fingerprint = Fingerprint::sha256(Sha256::digest(&certificate.certificate).into());
        Self { config: Arc::new(config), certificate, fingerprint }
    }

    /// What the SDP says about our certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint.clone()
    }
}

/// The line to one browser.
pub struct BrowserLine {
    ice: IceAgent,
    /// Our role: `ActPass` until the browser chose.
    setup: Setup,
    dtls: Option<Dtls>,
    dtls_timeout: Option<Instant>,
    /// The certificate that the browser announced.
    expected: Option<Fingerprint>,
    is_verified: bool,
    keys: Option<Keys>,
    send_to: Option<SocketAddr>,
    /// Addresses that proved to be this browser's.
    known: Vec<SocketAddr>,
    heard_at: Option<Instant>,
}

struct Keys {
    sender: SrtpSender,
    receiver: SrtpReceiver,
}

impl BrowserLine {
    /// With fresh credentials.
    #[must_use]
    pub fn new(random: &mut Random) -> Self {
        let mut ice = IceAgent::new(credentials(random));
        ice.set_ice_lite(true);
        ice.set_controlling(false);
        ice.set_control_tie_breaker(random.draw_u64());
        for address in [LOCAL_V4, LOCAL_V6] {
            let local = Candidate::host(address, Protocol::Udp).expect("a plain host address");
            ice.add_local_candidate(local);
        }
        Self {
            ice,
            setup: Setup::ActPass,
            dtls: None,
            dtls_timeout: None,
            expected: None,
            is_verified: false,
            keys: None,
            send_to: None,
            known: Vec::new(),
            heard_at: None,
        }
    }

    /// Our credentials for the SDP.
    #[must_use]
    pub fn ice(&self) -> IceCredentials {
        let IceCreds { ufrag, pass } = self.ice.local_credentials().clone();
        IceCredentials { ufrag, password: pass }
    }

    /// Our role for the SDP.
    #[must_use]
    pub fn setup(&self) -> Setup {
        self.setup
    }

    /// Sound can pass both ways.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.keys.is_some() && self.send_to.is_some()
    }

    /// The address that the browser nominated.
    #[must_use]
    pub fn nominated(&self) -> Option<SocketAddr> {
        self.send_to
    }

    /// The handshake is done.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// Addresses that proved to be this browser's.
    #[must_use]
    pub fn known(&self) -> &[SocketAddr] {
        &self.known
    }

    /// When anything authentic came last.
    #[must_use]
    pub fn heard_at(&self) -> Option<Instant> {
        self.heard_at
    }

    /// Takes what the browser's SDP says. `answered` tells our role when the browser answered an
    /// offer of ours, else it follows from the browser's offer. True when ICE was restarted and
    /// our own credentials are new.
    pub fn describe(
        &mut self,
        now: Now,
        theirs: (&IceCredentials, &Fingerprint),
        their_setup: Option<Setup>,
        is_answer: bool,
        shared: &BrowserShared,
        random: &mut Random,
    ) -> bool {
        let (ice, fingerprint) = theirs;
        let remote = IceCreds { ufrag: ice.ufrag.clone(), pass: ice.password.clone() };
        let restarted =
            !is_answer && self.ice.remote_credentials().is_some_and(|known| *known != remote);
        if restarted {
            self.ice.ice_restart(credentials(random), true);
        }
        self.ice.set_remote_credentials(remote);
        let is_new_peer = self.expected.as_ref() != Some(fingerprint);
        if is_new_peer {
            // RFC 8842 5.1: another fingerprint is another DTLS association.
            self.expected = Some(fingerprint.clone());
            self.is_verified = false;
            self.keys = None;
            self.setup = if is_answer {
                match their_setup {
                    Some(Setup::Passive) => Setup::Active,
                    Some(Setup::Active | Setup::ActPass | Setup::HoldConn) | None => Setup::Passive,
                }
            } else {
                Setup::answer_to(their_setup)
            };
            let mut dtls =
                Dtls::new_12(Arc::clone(&shared.config), shared.certificate.clone(), now.instant);
            dtls.set_active(self.setup == Setup::Active);
            self.dtls = Some(dtls);
            self.dtls_timeout = None;
        }
        restarted
    }

    /// A STUN message came that names our ufrag; true when its sender is new to us and proved
    /// to be this browser.
    pub fn stun(
        &mut self,
        now: Now,
        from: SocketAddr,
        message: StunMessage<'_>,
        outbox: &mut Outbox,
    ) -> bool {
        let destination = if from.is_ipv4() { LOCAL_V4 } else { LOCAL_V6 };
        let packet = StunPacket { proto: Protocol::Udp, source: from, destination, message };
        let accepted = self.ice.handle_packet(now.instant, packet);
        if accepted {
            self.heard_at = Some(now.instant);
        }
        self.drive_ice(now, outbox);
        self.drive_dtls(now, outbox);
        let is_new = accepted && !self.known.contains(&from);
        if is_new {
            if self.known.len() >= KNOWN_MAX {
                self.known.remove(0);
            }
            self.known.push(from);
        }
        is_new
    }

    /// A DTLS record came from one of the browser's addresses. Fails when the handshake can't
    /// succeed any more.
    pub fn dtls(&mut self, now: Now, packet: &[u8], outbox: &mut Outbox) -> bool {
        let Some(dtls) = &mut self.dtls else { return true };
        let fed = dtls.handle_timeout(now.instant).and_then(|()| dtls.handle_packet(packet));
        if let Err(error) = fed {
            tracing::warn!(%error, "DTLS with a browser failed");
            self.dtls = None;
            return self.keys.is_some();
        }
        self.drive_dtls(now, outbox)
    }

    /// Opens an RTP or RTCP packet in place; `None` when it is not authentic.
    pub fn open(&mut self, now: Now, packet: &mut [u8], is_rtcp: bool) -> Option<usize> {
        let keys = self.keys.as_mut()?;
        let opened = if is_rtcp {
            keys.receiver.unprotect_rtcp(packet)
        } else {
            keys.receiver.unprotect_rtp(packet)
        };
        let len = opened.ok()?;
        self.heard_at = Some(now.instant);
        Some(len)
    }

    /// Where to send, once sound can pass.
    #[must_use]
    pub fn send_to(&self) -> Option<SocketAddr> {
        self.keys.as_ref().and(self.send_to)
    }

    /// Protects what was written to `buffer[..len]`.
    pub fn seal(&mut self, buffer: &mut [u8], len: usize, is_rtcp: bool) -> Option<usize> {
        let keys = self.keys.as_mut()?;
        if is_rtcp {
            keys.sender.protect_rtcp(buffer, len).ok()
        } else {
            keys.sender.protect_rtp(buffer, len).ok()
        }
    }

    /// Time passes; false when the handshake failed for good.
    pub fn chores(&mut self, now: Now, outbox: &mut Outbox) -> bool {
        self.ice.handle_timeout(now.instant);
        self.drive_ice(now, outbox);
        if self.dtls_timeout.is_some_and(|at| at <= now.instant)
            && let Some(dtls) = &mut self.dtls
            && let Err(error) = dtls.handle_timeout(now.instant)
        {
            if self.keys.is_none() {
                tracing::warn!(%error, "DTLS with a browser failed");
                self.dtls = None;
                return false;
            }
            self.dtls = None;
        }
        self.drive_dtls(now, outbox)
    }

    /// Answers the checks that waited for the browser's credentials.
    pub fn answer_early_checks(&mut self, now: Now, outbox: &mut Outbox) {
        // `is` answers one of them each time.
        for _ in 0..EARLY_CHECKS {
            self.ice.handle_timeout(now.instant);
            if self.drive_ice(now, outbox) == 0 {
                break;
            }
        }
        self.drive_dtls(now, outbox);
    }

    fn drive_ice(&mut self, _now: Now, outbox: &mut Outbox) -> usize {
        let mut sent = 0;
        while let Some(transmit) = self.ice.poll_transmit() {
            sent += 1;
            outbox.push(MediaPort::Browsers, transmit.destination, |buffer| {
                let len = transmit.contents.len();
                buffer.get_mut(..len)?.copy_from_slice(&transmit.contents);
                Some(len)
            });
        }
        while let Some(event) = self.ice.poll_event() {
            match event {
                IceAgentEvent::NominatedSend { destination, .. } => {
                    self.send_to = Some(destination);
                }
                IceAgentEvent::DiscoveredRecv { .. }
                | IceAgentEvent::IceConnectionStateChange(_)
                | IceAgentEvent::IceRestart(_) => {}
            }
        }
        sent
    }

    /// Sends what DTLS wants to send and takes the keys; false when the certificate is not the
    /// announced one.
    fn drive_dtls(&mut self, now: Now, outbox: &mut Outbox) -> bool {
        // RFC 8842 5.2: no handshake before ICE has an address to send to.
        let (Some(to), Some(dtls)) = (self.send_to, &mut self.dtls) else { return true };
        if self.dtls_timeout.is_none() {
            let _ = dtls.handle_timeout(now.instant);
        }
        let mut room = [0_u8; DTLS_ROOM];
        let mut is_good = true;
        for _ in 0..DTLS_OUTPUTS_MAX {
            match dtls.poll_output(&mut room) {
                Output::Packet(packet) => outbox.push(MediaPort::Browsers, to, |buffer| {
                    buffer.get_mut(..packet.len())?.copy_from_slice(packet);
                    Some(packet.len())
                }),
                Output::PeerCert(der) => {
                    self.is_verified = fits(self.expected.as_ref(), der);
                    is_good &= self.is_verified;
                }
                Output::KeyingMaterial(material, profile) if self.is_verified => {
                    self.keys = keys(&material, profile, self.setup == Setup::Active);
                }
                Output::Timeout(at) => {
                    self.dtls_timeout = Some(at);
                    break;
                }
                // No data channels here; a browser that closes also falls silent.
                Output::KeyingMaterial(..)
                | Output::ApplicationData(_)
                | Output::BufferTooSmall { .. }
                | Output::CloseNotify
                | Output::Connected => {}
                // The enum is open for additions.
                _ => {}
            }
        }
        if !is_good {
            tracing::warn!("a browser's certificate is not the one that its SDP announced");
            self.dtls = None;
        }
        is_good
    }
}

/// RFC 5764 4.2: client key, server key, client salt, server salt.
fn keys(material: &[u8], profile: SrtpProfile, is_client: bool) -> Option<Keys> {
    let profile = match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmSha1_80,
        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
        SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
        _ => return None,
    };
    let (client_key, rest) = material.split_at_checked(profile.key_len())?;
    let (server_key, rest) = rest.split_at_checked(profile.key_len())?;
    let (client_salt, rest) = rest.split_at_checked(profile.salt_len())?;
    let server_salt = rest.get(..profile.salt_len())?;
    let (client, server) = ((client_key, client_salt), (server_key, server_salt));
    let (ours, theirs) = if is_client { (client, server) } else { (server, client) };
    Some(Keys {
        sender: SrtpSender::new(profile, ours.0, ours.1).ok()?,
        receiver: SrtpReceiver::new(profile, theirs.0, theirs.1).ok()?,
    })
}

fn fits(expected: Option<&Fingerprint>, der: &[u8]) -> bool {
    expected.is_some_and(|expected| match expected.hash.as_str() {
        "sha-256" => *expected.bytes == *Sha256::digest(der),
        "sha-384" => *expected.bytes == *Sha384::digest(der),
        "sha-512" => *expected.bytes == *Sha512::digest(der),
        // RFC 8122 5: the older hashes are no longer to be trusted.
        _ => false,
    })
}

fn credentials(random: &mut Random) -> IceCreds {
    let mut text = |len: usize| -> String {
        let letter = |_| ICE_CHARS.get(random.below(ICE_CHARS.len() as u64) as usize).copied();
        (0..len).filter_map(letter).map(char::from).collect()
    };
    IceCreds { ufrag: text(UFRAG_LEN), pass: text(PASSWORD_LEN) }
}

const DTLS_OUTPUTS_MAX: usize = 64;
const DTLS_ROOM: usize = DATAGRAM_LEN_MAX;
/// Checks that are answered at once when the browser's answer came; more have been repeated.
const EARLY_CHECKS: usize = 100;
const FLIGHT_RETRIES: usize = 7;
/// RFC 9147 5.8.2 advises 400 ms where the path is known to be short.
const FLIGHT_RTO: std::time::Duration = std::time::Duration::from_millis(300);
const ICE_CHARS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Addresses of one browser: its interfaces, behind NATs, of both families.
const KNOWN_MAX: usize = 16;
/// `is` pairs addresses, and a wildcard socket does not tell at which of ours a check came in.
/// So it knows us by one made-up address of each family, which never leaves this module.
const LOCAL_V4: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);
const LOCAL_V6: SocketAddr =
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), 9);
/// 142 bits.
const PASSWORD_LEN: usize = 24;
/// 71 bits: nobody meets another's by chance.
const UFRAG_LEN: usize = 12;
