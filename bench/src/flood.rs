//! What strangers can do to calls: calls wait with music, while somebody sends what nobody asked
//! for to every port that there is. Judged by when each packet of music came, as the kernel saw it.

use std::{
    io::{IoSliceMut, Write, stdout},
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    os::fd::AsRawFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use nix::sys::{
    socket::{
        ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt::ReceiveTimestampns,
    },
    time::TimeSpec,
};
use tokio::time::sleep;

use crate::{
    counts::Counts,
    processes::{Server, start_flood},
    trunk::Trunk,
};

/// What was measured.
pub struct Flood {
    quiet: Spell,
    flooded: Spell,
}

/// One stretch of time.
struct Spell {
    /// How far the time between two packets was from 20 ms, sorted, in milliseconds.
    jitter: Vec<f64>,
    /// Packets that came, of those that had to.
    arrived: f64,
    /// Of one core.
    cpu: f64,
}

impl Spell {
    fn at(&self, share: f64) -> f64 {
        let last = self.jitter.len().saturating_sub(1);
        let place = (last as f64 * share).round() as usize;
        self.jitter.get(place).copied().unwrap_or(f64::NAN)
    }

    fn line(&self, name: &str) -> String {
        let (half, most, all) = (self.at(0.5), self.at(0.99), self.at(1.0));
        format!(
            "| {name} | {half:.2} ms | {most:.2} ms | {all:.1} ms | {:.2} % | {:.0} % |\n",
            self.arrived * 100.0,
            self.cpu * 100.0
        )
    }
}

impl Flood {
    pub fn text(&self) -> String {
        let head = "| | half | 99 of 100 | longest | arrived | CPU of one core |\n\
                    |---|---|---|---|---|---|\n";
        let lines = [self.quiet.line("quiet"), self.flooded.line("flooded")].concat();
        format!(
            "{CALLS} calls with music, and {PACKETS_PER_S} packets a second that nobody asked for, \
             from {SOURCES} sources: how far the time between two packets of a call is from 20 \
             ms.\n\n{head}{lines}"
        )
    }
}

/// Measures for so long without and with a flood.
pub async fn measure(span: Duration) -> Result<Flood> {
    let counts = Arc::new(Counts::default());
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
    let server = Server::start_with(socket.local_addr()?, "[sip]\nallow = []\n").await?;
    let trunk = Trunk::start(socket, server.sip, counts, false)?;
    let mut ears = Vec::new();
    for call in 0..CALLS {
        let ear = UdpSocket::bind("127.0.0.1:0")?;
        ear.set_nonblocking(true)?;
        setsockopt(&ear, ReceiveTimestampns, &true)?;
        trunk.call(call, ear.local_addr()?).await?;
        ears.push(ear);
    }
    sleep(SETTLE).await;
    let quiet = spell(&server, &ears, span).await?;
    let flood = start_flood(server.sip, server.media)?;
    sleep(SETTLE).await;
    let flooded = spell(&server, &ears, span).await?;
    drop((flood, trunk, server));
    ensure!(quiet.arrived > 0.9, "no music: {:.2} of it arrived", quiet.arrived);
    Ok(Flood { quiet, flooded })
}

async fn spell(server: &Server, ears: &[UdpSocket], span: Duration) -> Result<Spell> {
    let over = Arc::new(AtomicBool::new(false));
    let ears = ears.iter().map(UdpSocket::try_clone).collect::<Result<Vec<_>, _>>()?;
    let listener = thread::spawn({
        let over = Arc::clone(&over);
        move || listen(&ears, &over)
    });
    let cpu = server.program.cpu()?;
    sleep(span).await;
    let cpu = server.program.cpu()? - cpu;
    over.store(true, Ordering::Relaxed);
    let times = listener.join().map_err(|_| anyhow::anyhow!("the listener broke"))??;
    let heard: usize = times.iter().map(Vec::len).sum();
    let mut jitter: Vec<f64> = times
        .iter()
        .flat_map(|times| times.windows(2))
        .map(|pair| match pair {
            [a, b] => ((b - a) - 20.0).abs(),
            _ => 0.0,
        })
        .collect();
    jitter.sort_by(f64::total_cmp);
    let expected = CALLS as f64 * span.as_secs_f64() * 50.0;
    Ok(Spell {
        jitter,
        arrived: heard as f64 / expected,
        cpu: cpu.as_secs_f64() / span.as_secs_f64(),
    })
}

/// When each packet of each call came, in milliseconds.
fn listen(ears: &[UdpSocket], over: &AtomicBool) -> Result<Vec<Vec<f64>>> {
    let mut times: Vec<Vec<f64>> = ears.iter().map(|_| Vec::new()).collect();
    // What came before does not count.
    for ear in ears {
        while arrival(ear)?.is_some() {}
    }
    while !over.load(Ordering::Relaxed) {
        for (ear, times) in ears.iter().zip(&mut times) {
            while let Some(at) = arrival(ear)? {
                times.push(at);
            }
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(times)
}

fn arrival(ear: &UdpSocket) -> Result<Option<f64>> {
    let mut bytes = [0; 512];
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let mut control = nix::cmsg_space!(TimeSpec);
    let fd = ear.as_raw_fd();
    match recvmsg::<SockaddrIn>(fd, &mut parts, Some(&mut control), MsgFlags::empty()) {
        Ok(message) => {
            let at = message.cmsgs()?.find_map(|control| match control {
                ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
                _ => None,
            });
            Ok(Some(at.context("the kernel says no times")?.as_secs_f64() * 1e3))
        }
        Err(nix::errno::Errno::EAGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The program that floods: to the SIP port, the browsers' media port and the ports of RTP.
pub fn flood(sip: SocketAddr, media: SocketAddr) -> Result<()> {
    let mut sources = Vec::new();
    for number in 0..SOURCES {
        let [.., high, low] = number.to_be_bytes();
        sources.push(UdpSocket::bind((Ipv4Addr::new(127, 9, high, low), 0))?);
    }
    writeln!(stdout(), "flooding")?;
    let start = Instant::now();
    let mut sent: u32 = 0;
    loop {
        let due = (start.elapsed().as_secs_f64() * f64::from(PACKETS_PER_S)) as u32;
        while sent < due {
            let source = sources.get((sent % SOURCES) as usize).context("a source")?;
            let (to, packet) = nuisance(sent, source.local_addr()?, sip, media);
            // A full buffer is what a flood meets.
            let _ = source.send_to(&packet, to);
            sent += 1;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// What scanners, broken programs and bad people send.
fn nuisance(
    number: u32,
    from: SocketAddr,
    sip: SocketAddr,
    media: SocketAddr,
) -> (SocketAddr, Vec<u8>) {
    let request = |method: &str, user: u32| {
        format!(
            "{method} sip:{user}@{sip} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{user}@{sip}>;tag={number}\r\nTo: <sip:{user}@{sip}>\r\n\
             Call-ID: {number}\r\nCSeq: 1 {method}\r\nContact: <sip:{user}@{from}>\r\n\
             User-Agent: friendly-scanner\r\nContent-Length: 0\r\n\r\n"
        )
        .into_bytes()
    };
    // Even ports of the server's range, one after the other.
    let rtp = SocketAddr::new(sip.ip(), 20_000 + (number.wrapping_mul(2) % 5_998) as u16);
    match number % 8 {
        0 => (sip, request("REGISTER", 100 + number % 5_000)),
        1 => (sip, request("INVITE", 900 + number % 5_000)),
        2 => (sip, request("OPTIONS", 100)),
        3 => (sip, b"INVITE sip:x SIP/2.0\r\nVia: nonsense\r\n\r\n".to_vec()),
        4 => (sip, number.to_be_bytes().repeat(50)),
        // STUN with a user that nobody has, and the first bytes of DTLS.
        5 => (
            media,
            [&[0, 1, 0, 12, 0x21, 0x12, 0xA4, 0x42][..], &[7; 12], &[0, 6, 0, 8], b"nobody:x"]
                .concat(),
        ),
        6 => (media, [&[22, 0xFE, 0xFD][..], &[0; 8], &[0, 50], &[1; 50]].concat()),
        _ => (rtp, [&[0x80, 0][..], &[1; 10], &[0xFF; 160]].concat()),
    }
}

const CALLS: u64 = 50;
const PACKETS_PER_S: u32 = 5_000;
const SOURCES: u32 = 2_000;
const SETTLE: Duration = Duration::from_secs(3);
