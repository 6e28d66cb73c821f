//! `cordboard export`: the site of a data folder as a file.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use io_store::Store;

use crate::{
    remote::ServerOptions,
    say,
    site_file::{self, Format},
};

/// What `cordboard export` takes.
#[derive(Args)]
pub struct ExportOptions {
    /// The data folder.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    #[command(flatten)]
    server: ServerOptions,
    /// Write to this file instead of standard output; its ending says how.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// How to write to standard output.
    #[arg(long, value_enum, default_value = "toml", conflicts_with = "output")]
    format: Format,
}

/// Writes the site, whether a server runs on the folder or not.
///
/// # Errors
/// When there is no site, or the file is there already.
pub async fn export(options: &ExportOptions) -> anyhow::Result<()> {
    let format = options.output.as_deref().map_or(Ok(options.format), Format::of)?;
    let text = match options.server.remote()? {
        Some(remote) => remote.get("configuration/export", &[("format", format.name())])?,
        None => of_folder(&options.data, format).await?,
    };
    let Some(path) = &options.output else {
        say(text.trim_end());
        return Ok(());
    };
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    // It has phones' passwords in it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let mut file = open.open(path).with_context(|| {
        format!("{} can't be written, or is there already; name another file", path.display())
    })?;
    file.write_all(text.as_bytes()).with_context(|| format!("writing {}", path.display()))?;
    Ok(())
}

async fn of_folder(data: &Path, format: Format) -> anyhow::Result<String> {
    anyhow::ensure!(
        data.join(DATABASE).exists(),
        "there is no site in {}; name the folder with --data",
        data.display()
    );
    let store = Store::open(data).await?;
    let site = store.load().await?.unwrap_or_default();
    store.close().await;
    site_file::write(&site, format)
}

const DATABASE: &str = "cordboard.db";
