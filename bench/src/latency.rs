//! How long people wait: from INVITE to the push that rings, from the answer to Established.
//! One call after the other, media and all, on an otherwise idle server.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{
    net::UdpSocket,
    time::{sleep, timeout},
};
use wire_sip::Message;

use crate::{
    agent::{Agent, AgentNews},
    counts::Counts,
    figures::Spread,
    phone::Sound,
    processes::Server,
    trunk::{Trunk, TrunkFact},
    voice::Voice,
};

/// What was measured.
#[derive(Default)]
pub struct Latency {
    /// INVITE sent to Ringing pushed.
    pub ringing: Spread,
    /// The answer sent to Established pushed.
    pub established: Spread,
    /// The answer sent to 200 OK at the trunk.
    pub answered: Spread,
    /// The answer sent to the first packet of voice, decrypted at the browser.
    pub sound: Spread,
}

/// Measures so many calls.
pub async fn measure(calls: u64, voice: &Arc<Voice>) -> Result<Latency> {
    let counts = Arc::new(Counts::default());
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let server = Server::start(socket.local_addr()?).await?;
    let mut trunk = Trunk::start(socket, server.sip, Arc::clone(&counts), false)?;
    let sound = Sound::Real(Arc::clone(voice));
    let mut agent = Agent::start(server.http, AGENT, sound, &counts).await?;
    let rtp = UdpSocket::bind("127.0.0.1:0").await?;
    let mut latency = Latency::default();
    for call in 0..WARM_UP_CALLS + calls {
        let mut one = Latency::default();
        let place = rtp.local_addr()?;
        timeout(CALL_LIMIT, one_call(&mut trunk, &mut agent, call, place, &mut one))
            .await
            .with_context(|| format!("call {call} hangs"))??;
        if call >= WARM_UP_CALLS {
            latency.append(one);
        }
        sleep(PAUSE).await;
    }
    drop((trunk, agent));
    server.stop().await?;
    Ok(latency)
}

async fn one_call(
    trunk: &mut Trunk,
    agent: &mut Agent,
    call: u64,
    rtp: SocketAddr,
    latency: &mut Latency,
) -> Result<()> {
    let called = trunk.call(call, rtp).await?;
    let (rang, id) = agent.is_told("Ringing").await?;
    latency.ringing.add(rang - called);
    // A person who looks before they click; the phone rings meanwhile.
    sleep(LOOK).await;
    let clicked = Instant::now();
    agent.act(&id, "answer").await?;
    let (established, first_sound) = both(agent).await?;
    let (answered, answer) = until_answered(trunk, call).await?;
    latency.established.add(established - clicked);
    latency.answered.add(answered - clicked);
    latency.sound.add(first_sound - clicked);
    trunk.hang_up(call, &answer).await?;
    agent.is_told("Released").await?;
    agent.ready().await
}

/// When the page was told that the call is up, and when it heard something.
async fn both(agent: &mut Agent) -> Result<(Instant, Instant)> {
    let (mut established, mut sound) = (None, None);
    loop {
        match agent.hears().await? {
            AgentNews::Call { at, state, .. } if state == "Established" => established = Some(at),
            AgentNews::FirstSound { at } => sound = Some(at),
            AgentNews::Call { .. } => {}
        }
        if let (Some(established), Some(sound)) = (established, sound) {
            return Ok((established, sound));
        }
    }
}

async fn until_answered(trunk: &mut Trunk, call: u64) -> Result<(Instant, Message)> {
    loop {
        let news = trunk.news.recv().await.context("the trunk is gone")?;
        match news.what {
            TrunkFact::Answered(answer) if news.call == call => return Ok((news.at, *answer)),
            TrunkFact::Refused(status) => bail!("call {call} was refused with {status}"),
            TrunkFact::Answered(_) | TrunkFact::Over | TrunkFact::Progress => {}
        }
    }
}

impl Latency {
    fn append(&mut self, one: Self) {
        self.ringing.append(one.ringing);
        self.established.append(one.established);
        self.answered.append(one.answered);
        self.sound.append(one.sound);
    }
}

const AGENT: u32 = 5001;
/// Not counted: the first calls fill caches.
const WARM_UP_CALLS: u64 = 5;
const CALL_LIMIT: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(60);
const PAUSE: Duration = Duration::from_millis(40);
