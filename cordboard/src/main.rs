//! The program: configuration, assembly, command line.

mod apply;
mod cdr;
mod config;
mod control;
mod counters;
mod demo;
mod export;
mod history;
mod import;
mod ladder;
mod lock;
mod ports;
mod prompts;
mod recordings;
mod remote;
mod replay;
mod run;
mod site;
mod site_file;
mod sounds;
mod turn;
mod upstream;

use std::{
    io::IsTerminal,
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Parser, Subcommand};
use model::{Now, random::Random};
use tracing_subscriber::EnvFilter;

/// A whole contact centre in one program.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the site of a data folder what a file says, after showing what that changes.
    Apply(apply::ApplyOptions),
    /// Write call detail records as CSV or Parquet.
    Cdr(cdr::CdrOptions),
    /// Write the site of a data folder as a file.
    Export(export::ExportOptions),
    /// Put agents or DNs from a CSV file into the site of a data folder.
    Import(import::ImportOptions),
    /// Show who told whom what in a call, and how it sounded.
    Ladder(ladder::LadderOptions),
    /// Show what would have come of past calls under changed strategies.
    Replay(replay::ReplayOptions),
    /// Run every system in this process until SIGTERM.
    Run(run::RunOptions),
    /// Check a configuration file and say what is wrong with it.
    Check {
        /// The file.
        #[arg(long, default_value = "cordboard.toml")]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("CORDBOARD_LOG").unwrap_or_else(|_| LOGGED.into());
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal)
        .init();
    let result = match Cli::parse().command {
        Command::Apply(options) => wait_for(apply::apply(&options)),
        Command::Cdr(options) => wait_for(cdr::cdr(&options)),
        Command::Export(options) => wait_for(export::export(&options)),
        Command::Import(options) => wait_for(import::import(&options)),
        Command::Ladder(options) => wait_for(ladder::ladder(&options)),
        Command::Replay(options) => wait_for(replay::replay(&options)),
        Command::Run(options) => run::run(&options),
        Command::Check { config } => check(&config),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("cordboard: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// For commands that do one thing and end.
fn wait_for(task: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(task)
}

fn check(file: &std::path::Path) -> anyhow::Result<()> {
    let config = config::Config::load(Some(file))?;
    config.advertised().map_err(anyhow::Error::msg)?;
    config.media.music.as_deref().map(io_prompt::read_sound_file).transpose()?;
    say(&format!("{} is right", file.display()));
    Ok(())
}

/// A line on standard error, for the person who started us.
#[allow(clippy::print_stderr, reason = "what can't start has no log yet")]
fn complain(line: &str) {
    eprintln!("{line}");
}

/// A line on standard output, for people and for programs that started us.
#[allow(clippy::print_stdout, reason = "the one place where the program speaks to its terminal")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Both clocks.
pub(crate) fn now() -> Now {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now::new(std::time::Instant::now(), unix)
}

/// Random numbers that nobody can guess.
pub(crate) fn random() -> Random {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the operating system has random numbers");
    Random::new(seed)
}

/// What is logged unless `CORDBOARD_LOG` says otherwise: not what a decoder thinks of a file, which
/// whoever sent the file is told.
const LOGGED: &str = "info,symphonia_core=off";
