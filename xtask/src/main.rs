//! Chores of the workspace: `cargo run -p xtask -- tidy` checks the rules of the house.
//!
//! The same check runs as a test of this crate, so `cargo test` alone is enough to know.

mod tidy;

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

fn main() -> Result<ExitCode> {
    match env::args().nth(1).as_deref() {
        Some("tidy") => run_tidy(),
        Some(other) => bail!("unknown chore `{other}`; there is: tidy"),
        None => bail!("which chore? There is: tidy"),
    }
}

fn run_tidy() -> Result<ExitCode> {
    let root = workspace_root()?;
    let findings = tidy::check(&root).context("reading the workspace")?;
    let mut out = io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    if findings.is_empty() {
        writeln!(out, "tidy: the house is in order")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "tidy: {} findings", findings.len())?;
    Ok(ExitCode::FAILURE)
}

/// Cargo says at run time where the package is; a binary outlives the checkout it was built in.
fn workspace_root() -> Result<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR").context("run this by `cargo run -p xtask`")?;
    let root = Path::new(&package).parent().context("xtask lies one level under the root")?;
    Ok(root.to_owned())
}
