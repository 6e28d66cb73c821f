//! The past under another configuration: `cordboard replay`, and the same over REST.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use clap::Args;
use io_store::Store;
use model::{
    Configuration,
    config::Edit,
    history::ReplayQuery,
    monitor::Settings,
    replay::{Figures, Lived},
};
use serde_json::{Value, json};

use crate::{apply, say, site_file::SiteFile};

/// What `cordboard replay` takes.
#[derive(Args)]
pub struct ReplayOptions {
    /// What is changed: TOML or YAML, as for `apply`; what it does not name stays.
    #[arg(short, long)]
    file: PathBuf,
    /// The data folder, whose history is lived through again.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Calls that came then or later, e.g. 2026-01-27 or 2026-01-27T22:58:08Z.
    #[arg(long, value_parser = crate::cdr::moment)]
    from: u64,
    /// Calls that came before then.
    #[arg(long, value_parser = crate::cdr::moment)]
    to: u64,
}

/// Shows what was, what the router makes of it now, and what it would make of it.
///
/// # Errors
/// When there is no history, or the file makes a site that can't work.
pub async fn replay(options: &ReplayOptions) -> anyhow::Result<()> {
    anyhow::ensure!(
        options.data.join("cordboard.db").exists(),
        "there is no history in {}; name the folder with --data",
        options.data.display()
    );
    let file = SiteFile::read(&options.file)?;
    let store = Store::open(&options.data).await?;
    let site = Arc::new(store.load().await?.unwrap_or_default());
    let edits = apply::edits(&site, &file, false);
    let query = ReplayQuery { from_ms: options.from, to_ms: options.to, edits };
    let told = lived(&store, site, query).await?;
    store.close().await;
    let told = match told {
        Ok(told) => told,
        Err(NotLived::Problems(problems)) => {
            let name = options.file.display();
            anyhow::bail!("{name} makes a site that can't work:\n{}", problems.join("\n"))
        }
        Err(NotLived::TooMany) => anyhow::bail!(
            "more than {CALLS_MAX} calls came in that time: give a shorter one with --from and --to"
        ),
    };
    table(&told).iter().for_each(|line| say(line));
    Ok(())
}

/// A span of the past, three times.
pub struct Replayed {
    /// As it was.
    was: Lived,
    /// As the router would have it now.
    is: Lived,
    /// As it would have it under the changed configuration.
    changed: Lived,
    in_time_s: u32,
}

/// Why the past is not lived through.
pub enum NotLived {
    /// The changed site can't work; a line per problem.
    Problems(Vec<String>),
    /// The span has too many calls.
    TooMany,
}

/// Lives through a span again, on a thread of its own.
///
/// # Errors
/// When the history can't be read.
pub async fn lived(
    store: &Store,
    site: Arc<Configuration>,
    query: ReplayQuery,
) -> anyhow::Result<Result<Replayed, NotLived>> {
    let ReplayQuery { from_ms, to_ms, edits } = query;
    let changed = match changed(&site, edits) {
        Ok(changed) => changed,
        Err(problems) => return Ok(Err(NotLived::Problems(problems))),
    };
    let Some(past) = store.past(from_ms, to_ms, CALLS_MAX).await? else {
        return Ok(Err(NotLived::TooMany));
    };
    let any = crate::now().instant;
    let in_time_s = Settings::of(&site).0.service_level_seconds;
    let replayed = tokio::task::spawn_blocking(move || Replayed {
        was: routing::replay::as_it_was(&past, in_time_s),
        is: routing::replay::replay(&past, site, in_time_s, any),
        changed: routing::replay::replay(&past, changed, in_time_s, any),
        in_time_s,
    });
    Ok(Ok(replayed.await.context("the past is too much for the router")?))
}

fn changed(site: &Configuration, edits: Vec<Edit>) -> Result<Arc<Configuration>, Vec<String>> {
    directory::edited(site, edits).map(Arc::new)
}

impl Replayed {
    /// As REST tells it.
    pub fn to_json(&self) -> Value {
        json!({
            "statusCode": 0, "serviceLevelSeconds": self.in_time_s,
            "asItWas": self.was, "asItIs": self.is, "asChanged": self.changed,
        })
    }
}

/// For a terminal: each route point and their sum, three lines each.
fn table(told: &Replayed) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<16} {:<10} {:>8} {:>8} {:>8} {:>6} {:>7} {:>8} {:>8} {:>8}",
        "route point",
        "",
        "offered",
        "answered",
        "gave up",
        "other",
        format!("in {} s", told.in_time_s),
        "average",
        "90 %",
        "longest"
    )];
    let ways = [("was", &told.was), ("is", &told.is), ("changed", &told.changed)];
    for (at, one) in told.was.route_points.iter().enumerate() {
        for (way, lived) in &ways {
            if let Some(of) = lived.route_points.get(at) {
                lines.push(line(one.name.as_str(), way, &of.figures));
            }
        }
    }
    lines.extend(ways.iter().map(|(way, lived)| line("all", way, &lived.total)));
    let busy = ways.map(|(way, lived)| match lived.occupancy_percent {
        Some(percent) => format!("{way} {percent:.0} %"),
        None => format!("{way} –"),
    });
    lines.push(format!("Agents' time that calls took: {}", busy.join(", ")));
    lines
}

fn line(name: &str, way: &str, figures: &Figures) -> String {
    let seconds = |value: Option<f32>| value.map_or("–".into(), |value| format!("{value:.1} s"));
    let percent = |value: Option<f32>| value.map_or("–".into(), |value| format!("{value:.1} %"));
    format!(
        "{name:<16} {way:<10} {:>8} {:>8} {:>8} {:>6} {:>7} {:>8} {:>8} {:>8}",
        figures.offered,
        figures.answered,
        figures.abandoned,
        figures.other,
        percent(figures.service_level_percent),
        seconds(figures.average_wait_seconds),
        seconds(figures.wait_90_percent_seconds),
        seconds(Some(figures.longest_wait_seconds)),
    )
}

/// Some seconds of work.
pub const CALLS_MAX: usize = 100_000;
