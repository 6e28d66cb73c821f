//! Measurements as ratios in one run: `make bench`, or `cargo run --release -p bench -- --quick`
//! for a trial, `-- --routing`, `-- --statistics` and `-- --flood` for the router, the Stat Server
//! or a flood of strangers alone. The server under measurement is the `cordboard` binary beside
//! this one.

mod agent;
mod browser;
mod counts;
mod figures;
mod flood;
mod latency;
mod load;
mod phone;
mod processes;
mod report;
mod rest;
mod routing_time;
mod statistics_time;
mod talking;
mod transcoding;
mod trunk;
mod voice;

use std::{
    env, fs,
    io::{Write, stdout},
    net::UdpSocket,
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use tokio::runtime::Runtime;

use crate::{browser::Spoken, report::Report, voice::Voice};

fn main() -> Result<()> {
    match env::args().nth(1).as_deref() {
        None => {
            let text = Runtime::new()?.block_on(run(&FULL))?;
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md"), &text)?;
            say(&text)
        }
        Some("--routing") => say(&routing_time::measure(ROUNDS)?.text()),
        Some("--statistics") => say(&statistics_time::measure(STATISTICS_S)?.text()),
        Some("--flood") => say(&Runtime::new()?.block_on(flood::measure(FLOOD))?.text()),
        Some("--quick") => say(&Runtime::new()?.block_on(run(&QUICK))?),
        Some("echo") => echo(),
        Some("nuisance") => {
            let mut places = env::args().skip(2).map(|place| place.parse());
            let (Some(sip), Some(media)) = (places.next(), places.next()) else {
                anyhow::bail!("nuisance takes two addresses")
            };
            flood::flood(sip?, media?)
        }
        Some("codec") => transcoding::paced(TALKS as usize, &Voice::new()?),
        Some(other) => {
            anyhow::bail!(
                "{other} is unknown: --quick, --routing, --statistics, --flood, or nothing"
            )
        }
    }
}

/// How much of everything.
struct Plan {
    latency_calls: u64,
    load_calls: u64,
    media_calls: u64,
    talk: Duration,
    virtual_seconds: u64,
}

async fn run(plan: &Plan) -> Result<String> {
    let voice = Arc::new(Voice::new()?);
    let latency_load = figures::load();
    say("waiting times …\n")?;
    let latency = latency::measure(plan.latency_calls, &voice).await?;
    say("CPU per call …\n")?;
    let signalled = load::cordboard(plan.load_calls, CALLS_PER_SECOND, None).await?;
    let sipp = load::sipp(plan.load_calls, CALLS_PER_SECOND).await?;
    let message_echo = load::echo(MESSAGE_BYTES, MESSAGES_PER_SECOND, 1).await?;
    let with_media =
        load::cordboard(plan.media_calls, MEDIA_CALLS_PER_SECOND, Some(&voice)).await?;
    say("CPU per second of talk …\n")?;
    let talking = talking::measure(TALKS, plan.talk, &voice).await?;
    let paced_codec = talking::codec_alone(plan.talk).await?;
    let packets = u64::from(TALKS) * 100;
    let voice_echo = load::echo(VOICE_BYTES, packets, PACKETS_TOGETHER).await?;
    let seconds = plan.virtual_seconds;
    let opus = transcoding::measure(TALKS.into(), seconds, Spoken::Opus, &voice)?;
    let pcmu = transcoding::measure(TALKS.into(), seconds, Spoken::Pcmu, &voice)?;
    let recorded = transcoding::measure_recorded(TALKS.into(), seconds, &voice)?;
    say("routing …\n")?;
    let decisions = routing_time::measure(ROUNDS)?;
    say("statistics …\n")?;
    let statistics = statistics_time::measure(STATISTICS_S)?;
    let load = figures::load();
    let report = Report {
        latency,
        latency_load,
        signalled,
        with_media,
        sipp,
        message_echo,
        talking,
        paced_codec,
        voice_echo,
        opus,
        pcmu,
        recorded,
        decisions,
        statistics,
        load,
    };
    Ok(report.text())
}

/// The program that others are compared with.
fn echo() -> Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    say(&format!("{}\n", socket.local_addr()?))?;
    let mut buffer = [0; 2048];
    loop {
        let (len, from) = socket.recv_from(&mut buffer)?;
        socket.send_to(buffer.get(..len).unwrap_or_default(), from)?;
    }
}

fn say(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

const FULL: Plan = Plan {
    latency_calls: 300,
    load_calls: 1500,
    media_calls: 400,
    talk: Duration::from_secs(20),
    virtual_seconds: 100,
};
/// Calls that are served, and agents who become ready.
const ROUNDS: usize = 1_500;
/// Of the centre's time.
const STATISTICS_S: u32 = 60;
const QUICK: Plan = Plan {
    latency_calls: 20,
    load_calls: 200,
    media_calls: 40,
    talk: Duration::from_secs(4),
    virtual_seconds: 10,
};
const CALLS_PER_SECOND: u64 = 30;
/// `str0m`'s handshakes take the same two cores.
const MEDIA_CALLS_PER_SECOND: u64 = 10;
/// A SIP message without SDP, or a push.
const MESSAGE_BYTES: usize = 500;
const MESSAGES_PER_SECOND: u64 = 1000;
/// Calls at a time; also the 10 x 100 s of virtual time.
const TALKS: u32 = 10;
const VOICE_BYTES: usize = 172;
/// Streams whose packets come at about the same time.
const PACKETS_TOGETHER: u64 = 2;
const FLOOD: Duration = Duration::from_secs(15);
