//! What talking costs the real server: several calls at a time with voice both ways, Opus and
//! SRTP at the browsers, G.711 at the trunk, every datagram through the kernel.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    net::UdpSocket,
    task::JoinHandle,
    time::{interval, sleep, timeout},
};
use wire_rtp::RtpHeader;
use wire_sdp::SessionDescription;

use crate::{
    agent::{Agent, AgentNews},
    counts::Counts,
    phone::Sound,
    processes::{Server, start_codec},
    trunk::{Trunk, TrunkFact},
    voice::{FRAME, FRAME_TIME, Voice},
};

/// What was measured.
pub struct Talking {
    pub calls: u32,
    pub cpu: Duration,
    pub talked: Duration,
    /// Packets of voice that came out of the server, of those that had to.
    pub arrived: f64,
}

impl Talking {
    /// CPU milliseconds per second of one call.
    pub fn ms_per_call_second(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3 / (f64::from(self.calls) * self.talked.as_secs_f64())
    }
}

/// Measures so many calls for so long.
pub async fn measure(calls: u32, talked: Duration, voice: &Arc<Voice>) -> Result<Talking> {
    let counts = Arc::new(Counts::default());
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let server = Server::start(socket.local_addr()?).await?;
    let mut trunk = Trunk::start(socket, server.sip, Arc::clone(&counts), false)?;
    let heard = Arc::new(AtomicU64::new(0));
    let mut agents = Vec::new();
    let mut telephones = Telephones::default();
    for call in 0..calls {
        let sound = Sound::Real(Arc::clone(voice));
        agents.push(Agent::start(server.http, FIRST_AGENT + call, sound, &counts).await?);
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
        trunk.call(call.into(), socket.local_addr()?).await?;
        telephones.waiting.insert(call.into(), socket);
    }
    for agent in &mut agents {
        timeout(SETUP_LIMIT, answer(agent)).await.context("nothing rings")??;
    }
    while !telephones.waiting.is_empty() {
        let news = timeout(SETUP_LIMIT, trunk.news.recv()).await.context("no answer")?;
        let news = news.context("the trunk is gone")?;
        match news.what {
            TrunkFact::Answered(answer) => {
                telephones.talk(news.call, answer.body(), voice, &heard)?;
            }
            TrunkFact::Refused(status) => bail!("refused with {status}"),
            TrunkFact::Over => bail!("a call ended by itself"),
            TrunkFact::Progress => {}
        }
    }
    // Jitter buffers settle.
    sleep(SETTLE).await;
    let (cpu, before) = (server.program.cpu()?, heard.load(Ordering::Relaxed));
    sleep(talked).await;
    let cpu = server.program.cpu()? - cpu;
    let heard = heard.load(Ordering::Relaxed) - before;
    let expected = f64::from(calls) * talked.as_secs_f64() / FRAME_TIME.as_secs_f64();
    let arrived = heard as f64 / expected;
    ensure!(arrived > 0.9, "the telephones heard {heard} packets of {expected}");
    drop((telephones, trunk, agents));
    // Calls without a BYE would be waited for.
    drop(server);
    Ok(Talking { calls, cpu, talked, arrived })
}

/// CPU time of libopus alone for as many calls at the same pace.
pub async fn codec_alone(talked: Duration) -> Result<Duration> {
    let program = start_codec()?;
    sleep(SETTLE).await;
    let cpu = program.cpu()?;
    sleep(talked).await;
    Ok(program.cpu()? - cpu)
}

async fn answer(agent: &mut Agent) -> Result<()> {
    let (_, id) = agent.is_told("Ringing").await?;
    agent.act(&id, "answer").await?;
    while !matches!(agent.hears().await?, AgentNews::FirstSound { .. }) {}
    Ok(())
}

/// The callers' ears and mouths.
#[derive(Default)]
struct Telephones {
    waiting: HashMap<u64, Arc<UdpSocket>>,
    talking: Vec<JoinHandle<()>>,
}

impl Telephones {
    fn talk(
        &mut self,
        call: u64,
        sdp: &[u8],
        voice: &Arc<Voice>,
        heard: &Arc<AtomicU64>,
    ) -> Result<()> {
        // A repeated answer changes nothing.
        let Some(socket) = self.waiting.remove(&call) else { return Ok(()) };
        let description =
            SessionDescription::parse(sdp).map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        let (_, media) = description.audio().map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        let to = media.rtp_address().context("the answer has no address")?;
        let (voice, heard) = (Arc::clone(voice), Arc::clone(heard));
        self.talking.push(tokio::spawn(async move {
            let mut ticks = interval(FRAME_TIME);
            let mut buffer = [0; 2048];
            let mut packet = [0; 12 + FRAME];
            let mut frame = 0;
            loop {
                tokio::select! {
                    _ = ticks.tick() => {
                        rtp(frame, &voice, &mut packet);
                        frame += 1;
                        // A server that is gone is noticed by what is not heard.
                        let _ = socket.send_to(&packet, to).await;
                    }
                    received = socket.recv(&mut buffer) => {
                        heard.fetch_add(u64::from(received.is_ok()), Ordering::Relaxed);
                    }
                }
            }
        }));
        Ok(())
    }
}

impl Drop for Telephones {
    fn drop(&mut self) {
        self.talking.iter().for_each(JoinHandle::abort);
    }
}

/// The packet of a carrier with this number.
pub fn rtp(frame: usize, voice: &Voice, packet: &mut [u8; 12 + FRAME]) {
    let header = RtpHeader {
        marker: frame == 0,
        payload_type: 0,
        sequence: frame as u16,
        timestamp: (frame * FRAME) as u32,
        ssrc: 77,
    };
    if let Some(payload) = header.write(packet) {
        payload.copy_from_slice(voice.pcmu(frame));
    }
}

const FIRST_AGENT: u32 = 5001;
const SETUP_LIMIT: Duration = Duration::from_secs(15);
const SETTLE: Duration = Duration::from_secs(2);
