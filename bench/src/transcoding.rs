//! What voice costs the gateway itself, without sockets: a shard in virtual time, its work timed
//! by the thread's CPU clock. In the same loop libopus alone does what it must do in any gateway.

use std::{
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use gateway::{Certificate, Shard, ShardSettings};
use model::{
    CallType, ConnId, Dn, LegId, Now,
    id::CallUuids,
    media::{LegKind, MediaCommand, MediaFact, MediaPort, MediaShard, PortRequest},
    random::Random,
    recording::{RecordCommand, RecordingAbout, RecordingId},
};
use nix::time::{ClockId, clock_gettime};
use opus::{Application, Bandwidth, Bitrate, Channels, Decoder, Encoder, Signal};

use crate::{
    browser::{Browser, Spoken},
    talking::rtp,
    voice::{FRAME, FRAME_TIME, Voice},
};

/// CPU time of so many call-seconds.
#[derive(Default)]
pub struct Bridging {
    pub call_seconds: f64,
    /// Taking browsers' packets in: ICE, SRTP, jitter buffer.
    pub from_browsers: Duration,
    /// Taking the trunk's packets in.
    pub from_trunk: Duration,
    /// Every 20 ms: decoding, encoding, SRTP out.
    pub ticks: Duration,
    /// libopus alone: decoding what the browsers sent, encoding what the trunk sent.
    pub libopus: Duration,
}

impl Bridging {
    pub fn shard(&self) -> Duration {
        self.from_browsers + self.from_trunk + self.ticks
    }

    /// How many times the codec alone the shard takes.
    pub fn to_libopus(&self) -> f64 {
        self.shard().as_secs_f64() / self.libopus.as_secs_f64()
    }

    /// Milliseconds per second of one call.
    pub fn ms(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e3 / self.call_seconds
    }

    /// Microseconds per 20 ms of one call.
    pub fn us(&self, time: Duration) -> f64 {
        self.ms(time) * 1e3 * FRAME_TIME.as_secs_f64()
    }
}

/// What the codec alone takes at the pace of real calls, when its caches are cold each time: the
/// work of a program that does nothing else, until it is stopped.
pub fn paced(calls: usize, voice: &Voice) -> Result<()> {
    let references: Result<Vec<_>> = (0..calls).map(|_| Reference::new()).collect();
    let mut references = references?;
    let part = calls.div_ceil(STEPS as usize);
    let mut due = Instant::now();
    for frame in 0.. {
        for (at, some) in references.chunks_mut(part).enumerate() {
            for (call, reference) in some.iter_mut().enumerate() {
                reference.work(voice, frame, frame + (at * part + call) * SHIFT);
            }
            due += FRAME_TIME / STEPS;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
    Ok(())
}

/// Bridges so many calls for so many seconds of virtual time.
pub fn measure(calls: u64, seconds: u64, spoken: Spoken, voice: &Voice) -> Result<Bridging> {
    measure_with(calls, seconds, spoken, voice, World::leave_alone)
}

/// The same while each call is recorded, browsers speaking Opus.
pub fn measure_recorded(calls: u64, seconds: u64, voice: &Voice) -> Result<Bridging> {
    measure_with(calls, seconds, Spoken::Opus, voice, World::record)
}

fn measure_with(
    calls: u64,
    seconds: u64,
    spoken: Spoken,
    voice: &Voice,
    prepare: fn(&mut World, u64),
) -> Result<Bridging> {
    let mut world = World::new(spoken)?;
    for call in 0..calls {
        world.call(call, voice)?;
        prepare(&mut world, call);
    }
    let references: Result<Vec<_>> = (0..calls).map(|_| Reference::new()).collect();
    let mut references = references?;
    let frames = |seconds: u64| seconds * 50;
    for frame in 0..frames(SETTLE_S) {
        world.round(frame as usize, voice, &mut references)?;
    }
    world.spent = Bridging::default();
    let heard = world.heard();
    for frame in frames(SETTLE_S)..frames(SETTLE_S + seconds) {
        world.round(frame as usize, voice, &mut references)?;
    }
    let heard = world.heard() - heard;
    ensure!(heard * 100 >= calls * frames(seconds) * 99, "browsers heard {heard} packets only");
    let call_seconds = (calls * seconds) as f64;
    Ok(Bridging { call_seconds, ..world.spent })
}

struct World {
    spoken: Spoken,
    now: Now,
    shard: Shard,
    ends: Vec<Ends>,
    spent: Bridging,
    /// To browsers and to the trunk: the shard's packets of this step.
    sent: Vec<(SocketAddr, Vec<u8>)>,
}

/// The two ends of a call.
struct Ends {
    browser: Browser,
    address: SocketAddr,
    trunk: SocketAddr,
    port: u16,
}

impl World {
    fn new(spoken: Spoken) -> Result<Self> {
        let key = rcgen::KeyPair::generate()?;
        let made = rcgen::CertificateParams::new(vec!["cordboard".into()])?.self_signed(&key)?;
        let certificate = Certificate { der: made.der().to_vec(), key_pkcs8: key.serialize_der() };
        let mut settings = ShardSettings::new(certificate);
        settings.browser_addresses = vec![BROWSERS.parse()?];
        Ok(Self {
            spoken,
            now: Now::new(Instant::now(), Duration::from_secs(1_800_000_000)),
            shard: Shard::new(settings, Random::from_number(1)),
            ends: Vec::new(),
            spent: Bridging::default(),
            sent: Vec::new(),
        })
    }

    /// Sets a call up as the board does, and runs until both hear each other.
    fn call(&mut self, call: u64, voice: &Voice) -> Result<()> {
        let (a, b) = (LegId(2 * call), LegId(2 * call + 1));
        let trunk: SocketAddr = format!("127.1.0.{call}:4000").parse()?;
        let address: SocketAddr = format!("127.2.0.{call}:50000").parse()?;
        let offer = format!(
            "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n",
            trunk.port(),
            ip = trunk.ip(),
        );
        let open = |leg, kind, offer| MediaCommand::open(leg, kind, offer);
        self.command(open(a, LegKind::Plain, Some(offer.into_bytes())));
        let Some(PortRequest::Open { port }) = self.shard.poll_port() else {
            anyhow::bail!("the shard asks for no port");
        };
        self.shard.handle_port(self.now, port, true);
        self.described(a)?;
        self.command(open(b, LegKind::Browser, None));
        let mut browser = Browser::new(self.now.instant, address, self.spoken)?;
        let sdp = browser.answer(&self.described(b)?)?.into_bytes();
        self.command(MediaCommand::Answer { leg: b, sdp });
        for (leg, source) in [(a, b), (b, a)] {
            self.command(MediaCommand::Hear { leg, sources: vec![source] });
        }
        self.ends.push(Ends { browser, address, trunk, port });
        for frame in 0..HANDSHAKE_FRAMES {
            self.round(frame, voice, &mut [])?;
        }
        let is_heard = self.ends.last().is_some_and(|ends| ends.browser.packets_heard() > 0);
        ensure!(is_heard, "call {call} did not come up");
        Ok(())
    }

    fn leave_alone(&mut self, _: u64) {}

    fn record(&mut self, call: u64) {
        let mut calls = CallUuids::new(call.into());
        let id = RecordingId { call: calls.draw(), part: 1 };
        let about = RecordingAbout {
            id,
            conn: ConnId(call),
            dn: Dn::from("5001"),
            agent: None,
            call_type: CallType::Inbound,
            ani: String::new(),
            dnis: String::new(),
            other: String::new(),
            mailbox: None,
            started: self.now,
        };
        let (left, right) = (vec![LegId(2 * call)], vec![LegId(2 * call + 1)]);
        for command in [
            RecordCommand::Start(Arc::new(about)),
            RecordCommand::Hear { recording: id, left, right },
        ] {
            self.command(MediaCommand::Record(command));
        }
    }

    fn command(&mut self, command: MediaCommand) {
        self.shard.handle_command(self.now, command);
    }

    fn described(&mut self, leg: LegId) -> Result<String> {
        while let Some(fact) = self.shard.poll_fact() {
            match fact {
                MediaFact::Described { leg: of, sdp } if of == leg => {
                    return Ok(String::from_utf8(sdp)?);
                }
                MediaFact::Refused { reason, .. } => anyhow::bail!("{reason}"),
                _ => {}
            }
        }
        anyhow::bail!("no SDP for {leg}")
    }

    /// 20 ms of all calls: everybody says one packet, the shard does what is due.
    fn round(&mut self, frame: usize, voice: &Voice, references: &mut [Reference]) -> Result<()> {
        let now = self.now.instant;
        let mut from_browsers = Vec::new();
        for (call, ends) in self.ends.iter_mut().enumerate() {
            // Everybody says something else at a time.
            let frame = frame + call * SHIFT;
            match self.spoken {
                Spoken::Opus => ends.browser.say(now, voice.opus(frame)),
                Spoken::Pcmu => ends.browser.say(now, voice.pcmu(frame)),
            }
        }
        self.collect(&mut from_browsers)?;
        let mut packet = [0; 12 + FRAME];
        rtp(frame, voice, &mut packet);
        let mut from_trunk: Vec<_> =
            self.ends.iter().map(|ends| (ends.port, ends.trunk, packet)).collect();

        let (shard, now) = (&mut self.shard, self.now);
        self.spent.from_browsers += timed(|| {
            for (from, bytes) in &mut from_browsers {
                shard.handle_packet(now, MediaPort::Browsers, *from, bytes);
            }
        })?;
        self.spent.from_trunk += timed(|| {
            for (port, from, packet) in &mut from_trunk {
                shard.handle_packet(now, MediaPort::Plain(*port), *from, packet);
            }
        })?;
        self.spent.libopus += timed(|| {
            for (call, reference) in references.iter_mut().enumerate() {
                reference.work(voice, frame, frame + call * SHIFT);
            }
        })?;
        for _ in 0..STEPS {
            self.step()?;
        }
        Ok(())
    }

    /// Lets a quarter of 20 ms pass.
    fn step(&mut self) -> Result<()> {
        self.now = self.now.later(FRAME_TIME / STEPS);
        let (shard, now) = (&mut self.shard, self.now);
        let sent = &mut self.sent;
        sent.clear();
        let mut buffer = [0; 1500];
        self.spent.ticks += timed(|| {
            if shard.poll_timeout().is_some_and(|due| due <= now.instant) {
                shard.handle_timeout(now);
            }
            while let Some(one) = shard.poll_transmit(&mut buffer) {
                sent.push((one.to, buffer.get(..one.len).unwrap_or_default().to_vec()));
            }
            while shard.poll_fact().is_some() {}
            // What a writer of files does with it is another thread's work.
            while shard.poll_recorded().is_some() {}
        })?;
        let ours = BROWSERS.parse()?;
        for (to, bytes) in self.sent.drain(..) {
            if let Some(ends) = self.ends.iter_mut().find(|ends| ends.address == to) {
                ends.browser.receive(self.now.instant, ours, &bytes)?;
            }
        }
        // Handshakes and reports; voice goes out in `round`.
        let mut out = Vec::new();
        self.collect(&mut out)?;
        for (from, mut bytes) in out {
            self.shard.handle_packet(self.now, MediaPort::Browsers, from, &mut bytes);
        }
        Ok(())
    }

    /// What the browsers want to send.
    fn collect(&mut self, out: &mut Vec<(SocketAddr, Vec<u8>)>) -> Result<()> {
        for ends in &mut self.ends {
            ends.browser.advance(self.now.instant)?;
            while let Some((_, bytes)) = ends.browser.sends() {
                out.push((ends.address, bytes));
            }
        }
        Ok(())
    }

    fn heard(&self) -> u64 {
        self.ends.iter().map(|ends| ends.browser.packets_heard()).sum()
    }
}

/// libopus with the gateway's settings.
struct Reference {
    decoder: Decoder,
    encoder: Encoder,
}

impl Reference {
    fn new() -> Result<Self> {
        let mut encoder = Encoder::new(8000, Channels::Mono, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Bits(24_000))?;
        encoder.set_complexity(0)?;
        encoder.set_max_bandwidth(Bandwidth::Narrowband)?;
        encoder.set_signal(Signal::Voice)?;
        Ok(Self { decoder: Decoder::new(8000, Channels::Mono)?, encoder })
    }

    fn work(&mut self, voice: &Voice, from_trunk: usize, from_browser: usize) {
        let (mut samples, mut payload) = ([0; FRAME], [0; 400]);
        let decoded = self.decoder.decode(voice.opus(from_browser), &mut samples, false);
        let encoded = self.encoder.encode(voice.samples(from_trunk), &mut payload);
        std::hint::black_box((decoded.is_ok(), encoded.is_ok(), samples, payload));
    }
}

/// CPU time of this thread: what other programs take is not counted.
fn timed(work: impl FnOnce()) -> Result<Duration> {
    let clock = ClockId::CLOCK_THREAD_CPUTIME_ID;
    let began: Duration = clock_gettime(clock)?.into();
    work();
    let ended: Duration = clock_gettime(clock)?.into();
    ended.checked_sub(began).context("a clock that goes back")
}

const BROWSERS: &str = "127.0.0.1:8444";
const HANDSHAKE_FRAMES: usize = 50;
const SETTLE_S: u64 = 2;
/// Frames between what two callers say at a time.
const SHIFT: usize = 37;
/// The shard spreads its legs over so many parts of 20 ms.
const STEPS: u32 = 4;
