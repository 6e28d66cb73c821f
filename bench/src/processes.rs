//! The programs under measurement: started, their ready line read, their CPU time told, stopped.

use std::{
    collections::BTreeMap,
    env, fs,
    net::{SocketAddr, UdpSocket},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    time::clock_getcpuclockid,
    unistd::Pid,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// A program that runs until it is dropped.
pub struct Program {
    child: Child,
    pid: Pid,
}

impl Program {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        let pid = Pid::from_raw(child.id().context("it ended at once")?.try_into()?);
        Ok(Self { child, pid })
    }

    /// User and system time of all its threads so far, those that ended too.
    pub fn cpu(&self) -> Result<Duration> {
        Ok(clock_getcpuclockid(self.pid)?.now()?.into())
    }

    /// The same, of the threads that run, added up by name.
    pub fn cpu_by_thread(&self) -> Result<BTreeMap<String, Duration>> {
        let mut spent = BTreeMap::new();
        for task in fs::read_dir(format!("/proc/{}/task", self.pid))? {
            let task = task?.path();
            // A thread may end while we look.
            let (Ok(name), Ok(times)) =
                (fs::read_to_string(task.join("comm")), fs::read_to_string(task.join("schedstat")))
            else {
                continue;
            };
            let ns = times.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
            *spent.entry(name.trim().to_owned()).or_default() += Duration::from_nanos(ns);
        }
        Ok(spent)
    }

    async fn first_line(&mut self) -> Result<String> {
        let output = self.child.stdout.take().context("its output is not ours")?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(START_LIMIT, lines.next_line()).await.context("it is not ready")??;
        // Its output must not fill up, nor be closed under it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        line.context("it ended before it was ready")
    }
}

/// The server with the demo site, on free ports, its data in a folder that goes with it.
pub struct Server {
    pub program: Program,
    pub http: SocketAddr,
    pub sip: SocketAddr,
    /// Of all browsers.
    pub media: SocketAddr,
    _folder: TempDir,
}

impl Server {
    /// `trunk` is where it probes its carrier.
    pub async fn start(trunk: SocketAddr) -> Result<Self> {
        Self::start_with(trunk, "").await
    }

    /// With more of a configuration file.
    pub async fn start_with(trunk: SocketAddr, more: &str) -> Result<Self> {
        let binary = beside_us("cordboard")?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("cordboard.toml");
        let names = [
            "http", "https", "sip_ws", "sip", "sips", "tserver", "config", "stat", "media", "turn",
        ];
        let ports: String = names.map(|name| format!("{name} = 0\n")).concat();
        let demo = format!("[demo]\ntrunk_contact = \"{trunk}\"\n");
        let text = format!("[ports]\n{ports}rtp = [20000, 25998]\n{demo}{more}");
        fs::write(&file, text)?;
        let mut command = Command::new(&binary);
        command.args(["run", "--demo", "--data"]).arg(folder.path().join("data"));
        command.arg("--config").arg(&file).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut program = Program::start(&mut command)
            .with_context(|| format!("{} can't be started", binary.display()))?;
        let ready = program.first_line().await.context("cordboard")?;
        let port = |name: &str| {
            let word = ready.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            word.and_then(|word| word.parse().ok()).with_context(|| format!("no {name}: {ready}"))
        };
        Ok(Self {
            http: port("http")?,
            sip: port("sip")?,
            media: port("media")?,
            program,
            _folder: folder,
        })
    }

    /// As a service manager ends it.
    pub async fn stop(mut self) -> Result<()> {
        kill(self.program.pid, Signal::SIGTERM)?;
        let status = timeout(STOP_LIMIT, self.program.child.wait()).await??;
        anyhow::ensure!(status.success(), "cordboard ended with {status}");
        Ok(())
    }
}

/// The least that a server on UDP can do: this program again, sending back what comes.
pub async fn start_echo() -> Result<(Program, SocketAddr)> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("echo").stdout(Stdio::piped());
    let mut program = Program::start(&mut command)?;
    let address = program.first_line().await?.parse()?;
    Ok((program, address))
}

/// This program again, as the codec alone at the pace of calls.
pub fn start_codec() -> Result<Program> {
    Program::start(Command::new(env::current_exe()?).arg("codec"))
}

/// This program again, as a nuisance.
pub fn start_flood(sip: SocketAddr, media: SocketAddr) -> Result<Program> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["nuisance", &sip.to_string(), &media.to_string()]).stdout(Stdio::null());
    Program::start(&mut command)
}

/// SIPp answering calls; `None` when it is not installed.
pub fn start_sipp() -> Result<Option<(Program, SocketAddr)>> {
    let address = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = Command::new("sipp");
    command.args(["-sn", "uas", "-nostdin", "-i", "127.0.0.1", "-p"]);
    command.arg(address.port().to_string()).stdout(Stdio::null()).stderr(Stdio::null());
    match Program::start(&mut command) {
        Ok(program) => Ok(Some((program, address))),
        Err(_) => Ok(None),
    }
}

fn beside_us(name: &str) -> Result<PathBuf> {
    let binary = env::current_exe()?.with_file_name(name);
    if !binary.exists() {
        bail!(
            "{} is missing: `make bench` builds it, or `cargo build --release -p {name}`",
            binary.display()
        );
    }
    Ok(binary)
}

const START_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(35);
