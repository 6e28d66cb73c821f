//! What a call costs: calls at a steady rate, answered by PUT, over as soon as they are up.
//! The same calls go to SIPp, and as many messages to an echo, to have something to compare with.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    net::UdpSocket,
    time::{interval, sleep, timeout},
};

use crate::{
    agent::{Agent, AgentNews},
    counts::{Counts, Messages},
    phone::Sound,
    processes::{Program, Server, start_echo, start_sipp},
    trunk::{Trunk, TrunkFact},
    voice::Voice,
};

/// What a kind of call cost a program.
pub struct Cost {
    pub calls: u64,
    pub per_second: u64,
    pub cpu: Duration,
    /// What it needs in as long a time without calls.
    pub idle: Duration,
    pub took: Duration,
    pub messages: Messages,
    /// By the names of threads, the calls' and the idle time together.
    pub threads: BTreeMap<String, Duration>,
}

impl Cost {
    pub fn ms_per_call(&self) -> f64 {
        (self.cpu.as_secs_f64() - self.idle.as_secs_f64()).max(0.0) * 1e3 / self.calls as f64
    }

    pub fn idle_ms_per_second(&self) -> f64 {
        self.idle.as_secs_f64() * 1e3 / self.took.as_secs_f64()
    }

    pub fn messages_per_call(&self) -> f64 {
        self.messages.all() as f64 / self.calls as f64
    }
}

/// Calls through the whole server to agents. With a voice they last until DTLS is through and sound
/// comes, and the agent hangs up; without one no media runs and the caller hangs up at once.
pub async fn cordboard(calls: u64, per_second: u64, voice: Option<&Arc<Voice>>) -> Result<Cost> {
    let counts = Arc::new(Counts::default());
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let server = Server::start(socket.local_addr()?).await?;
    let mut trunk = Trunk::start(socket, server.sip, Arc::clone(&counts), voice.is_none())?;
    let mut agents = Vec::new();
    for number in AGENTS {
        let sound = voice.map_or(Sound::None, |voice| Sound::Real(Arc::clone(voice)));
        let agent = Agent::start(server.http, number, sound, &counts).await?;
        agents.push(tokio::spawn(take_calls(agent)));
    }
    run(&mut trunk, 0, WARM_UP_CALLS, per_second).await?;
    let idle = idle(&server.program).await?;
    let (before, cpu) = (counts.messages(), server.program.cpu()?);
    let threads_before = server.program.cpu_by_thread()?;
    let began = Instant::now();
    run(&mut trunk, WARM_UP_CALLS, calls, per_second).await?;
    // What comes after the last BYE belongs to the calls too.
    sleep(SETTLE).await;
    let cpu = server.program.cpu()? - cpu;
    let mut threads = server.program.cpu_by_thread()?;
    for (name, spent) in &mut threads {
        *spent -= threads_before.get(name).copied().unwrap_or_default().min(*spent);
    }
    let took = began.elapsed();
    let idle = idle.mul_f64(took.as_secs_f64());
    let messages = counts.messages().since(before);
    for agent in agents {
        ensure!(!agent.is_finished(), "an agent gave up: {:?}", agent.await);
        agent.abort();
    }
    drop(trunk);
    server.stop().await?;
    Ok(Cost { calls, per_second, cpu, idle, took, messages, threads })
}

/// The same calls to SIPp, which answers them and does nothing else.
pub async fn sipp(calls: u64, per_second: u64) -> Result<Option<Cost>> {
    let Some((program, address)) = start_sipp()? else { return Ok(None) };
    sleep(SIPP_START).await;
    let counts = Arc::new(Counts::default());
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let mut trunk = Trunk::start(socket, address, Arc::clone(&counts), true)?;
    run(&mut trunk, 0, WARM_UP_CALLS, per_second).await?;
    let idle = idle(&program).await?;
    let (before, cpu) = (counts.messages(), program.cpu()?);
    let began = Instant::now();
    run(&mut trunk, WARM_UP_CALLS, calls, per_second).await?;
    let cpu = program.cpu()? - cpu;
    let took = began.elapsed();
    let idle = idle.mul_f64(took.as_secs_f64());
    let messages = counts.messages().since(before);
    let threads = BTreeMap::new();
    Ok(Some(Cost { calls, per_second, cpu, idle, took, messages, threads }))
}

/// CPU time of sending one datagram back, when `per_second` of `bytes` come, `together` at once.
pub async fn echo(bytes: usize, per_second: u64, together: u64) -> Result<Duration> {
    let (program, address) = start_echo().await?;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let (datagram, mut buffer) = (vec![b'x'; bytes], vec![0; 2048]);
    let mut ticks = interval(Duration::from_secs(together) / u32::try_from(per_second)?);
    let rounds = ECHOES / together;
    let cpu = program.cpu()?;
    for _ in 0..rounds {
        ticks.tick().await;
        for _ in 0..together {
            socket.send_to(&datagram, address).await?;
        }
        for _ in 0..together {
            timeout(ECHO_LIMIT, socket.recv_from(&mut buffer)).await.context("no echo")??;
        }
    }
    Ok((program.cpu()? - cpu) / u32::try_from(rounds * together)?)
}

/// Makes calls at an even pace and waits until all are over.
async fn run(trunk: &mut Trunk, first: u64, calls: u64, per_second: u64) -> Result<()> {
    // Nothing is sent there: the caller hangs up at once, or does not listen.
    let rtp = UdpSocket::bind("127.0.0.1:0").await?;
    let rtp: SocketAddr = rtp.local_addr()?;
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(per_second)?);
    let (mut made, mut over) = (0, 0);
    while over < calls {
        tokio::select! {
            _ = ticks.tick(), if made < calls => {
                trunk.call(first + made, rtp).await?;
                made += 1;
            }
            news = timeout(CALL_LIMIT, trunk.news.recv()) => {
                let news = news.context("calls hang")?.context("the trunk is gone")?;
                match news.what {
                    TrunkFact::Over => over += 1,
                    TrunkFact::Refused(status) => bail!("refused with {status}"),
                    TrunkFact::Answered(_) | TrunkFact::Progress => {}
                }
            }
        }
    }
    Ok(())
}

/// An agent who answers whatever rings, ends it as soon as there is sound, and is ready again at
/// once.
async fn take_calls(mut agent: Agent) -> Result<()> {
    let mut current = String::new();
    loop {
        match agent.hears().await? {
            // What may be asked of a call that rings is told anew once it is being answered.
            AgentNews::Call { id, state, .. } if state == "Ringing" && id != current => {
                agent.act(&id, "answer").await?;
                current = id;
            }
            AgentNews::Call { state, .. } if state == "Released" => agent.ready().await?,
            AgentNews::FirstSound { .. } => agent.act(&current, "release").await?,
            AgentNews::Call { .. } => {}
        }
    }
}

/// CPU time per second while nobody calls.
async fn idle(program: &Program) -> Result<Duration> {
    sleep(SETTLE).await;
    let cpu = program.cpu()?;
    sleep(IDLE).await;
    Ok((program.cpu()? - cpu).div_f64(IDLE.as_secs_f64()))
}

/// The demo site's agents who know Support.
const AGENTS: std::ops::RangeInclusive<u32> = 5001..=5015;
const WARM_UP_CALLS: u64 = 60;
const CALL_LIMIT: Duration = Duration::from_secs(10);
const ECHOES: u64 = 10_000;
const ECHO_LIMIT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(4);
const SETTLE: Duration = Duration::from_millis(500);
const SIPP_START: Duration = Duration::from_secs(1);
