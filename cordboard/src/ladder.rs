//! `cordboard ladder ID`: the story of a call, as text.

use std::{fmt::Write, path::PathBuf};

use anyhow::Context;
use clap::Args;
use io_store::Store;
use jiff::Timestamp;
use model::story::{Heard, LegStory, Story};

use crate::remote::ServerOptions;

/// What `cordboard ladder` takes.
#[derive(Args)]
pub struct LadderOptions {
    /// CallUUID; of a data folder also ConnID.
    id: String,
    /// The data folder.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    #[command(flatten)]
    server: ServerOptions,
    /// Show the session descriptions too.
    #[arg(long)]
    sdp: bool,
}

/// Shows who told whom what in a call, how its media came about and how it sounded.
///
/// # Errors
/// When there is no such story.
pub async fn ladder(options: &LadderOptions) -> anyhow::Result<()> {
    if let Some(remote) = options.server.remote()? {
        let body = remote.get(&format!("history/calls/{}/story", options.id), &[])?;
        crate::say(text(&serde_json::from_str(&body)?, options.sdp).trim_end());
        return Ok(());
    }
    anyhow::ensure!(
        options.data.join("cordboard.db").exists(),
        "there is no history in {}; name the folder with --data",
        options.data.display()
    );
    let store = Store::open(&options.data).await?;
    let story = store.story(&options.id).await?.with_context(|| {
        format!(
            "there is no story of a call {}; one that is up is told by the server: --server URL",
            options.id
        )
    })?;
    let story: Story = serde_json::from_value(story)?;
    crate::say(text(&story, options.sdp).trim_end());
    Ok(())
}

/// A story for a terminal.
fn text(story: &Story, with_sdp: bool) -> String {
    let mut text = String::new();
    let began = moment(story.began_ms);
    let _ = writeln!(text, "Call {} (ConnID {}), {began}", story.call_uuid, story.conn_id);
    let names = story.ladder.iter().flat_map(|rung| [&rung.from, &rung.to]);
    let width = names.map(|name| name.chars().count()).max().unwrap_or_default();
    for (at, rung) in story.ladder.iter().enumerate() {
        if story.left_out > 0 && at == story.ladder.len().saturating_sub(LAST_SHOWN) {
            let _ = writeln!(text, "           … {} hand-overs are left out", story.left_out);
        }
        let seconds = since(story, rung.at_ms);
        let (from, to) = (&rung.from, &rung.to);
        let _ = writeln!(text, "{seconds:9.3}  {from:>width$} -> {to:<width$}  {}", rung.text);
    }
    for leg in &story.legs {
        tell_leg(&mut text, story, leg, with_sdp);
    }
    text
}

fn tell_leg(text: &mut String, story: &Story, leg: &LegStory, with_sdp: bool) {
    let codec = leg.codec.as_deref().unwrap_or("no codec");
    let _ = writeln!(text, "\nLeg {} to {}, {codec}", leg.leg, leg.name);
    for reached in &leg.milestones {
        let seconds = since(story, reached.at_ms);
        let address = reached.address.as_deref().unwrap_or_default();
        let line = format!("{seconds:9.3}  {} {address}", reached.name);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if let Some(heard) = &leg.quality {
        let _ = writeln!(text, "           {}", quality(heard));
    }
    for sdp in leg.sdp.iter().filter(|_| with_sdp) {
        let whose = if sdp.is_ours { "Ours" } else { "Theirs" };
        let _ = writeln!(text, "{:9.3}  {whose}:", since(story, sdp.at_ms));
        for line in sdp.text.lines() {
            let _ = writeln!(text, "           {line}");
        }
    }
}

fn quality(heard: &Heard) -> String {
    let mut text = format!(
        "{} packets heard, {} lost ({:.1} %), jitter {:.1} ms",
        heard.received, heard.lost, heard.loss_percent, heard.jitter_ms
    );
    if let Some(trip) = heard.round_trip_ms {
        let _ = write!(text, ", round trip {trip:.0} ms");
    }
    if let Some(mos) = heard.mos {
        let _ = write!(text, ", MOS {mos:.1}");
    }
    let _ = write!(
        text,
        "; {} sent, {:.1} % of them lost over there",
        heard.sent, heard.reported_loss_percent
    );
    text
}

/// Seconds since the call's first message.
fn since(story: &Story, at_ms: u64) -> f64 {
    at_ms.saturating_sub(story.began_ms) as f64 / 1000.0
}

fn moment(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default()
}

/// Of a ladder with a gap, what stands after the gap.
const LAST_SHOWN: usize = 200;

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use model::story::{Description, Reached, Rung};

    use super::*;

    #[test]
    fn a_story_is_told_with_seconds_since_its_first_message() {
        let rung = |at_ms, from: &str, to: &str, text: &str| Rung {
            at_ms,
            from: from.into(),
            to: to.into(),
            text: text.into(),
        };
        let at_ms = 1_800_000_000_000;
        let story = Story {
            call_uuid: "A".repeat(32),
            conn_id: "0001abcdef012345".into(),
            began_ms: at_ms,
            ended_ms: Some(at_ms + 20_000),
            ladder: vec![
                rung(at_ms, "carrier", "signaling", "INVITE sip:5000@site"),
                rung(at_ms + 1_204, "switch", "all", "EventRinging 5001 other=5551234567"),
            ],
            left_out: 0,
            legs: vec![LegStory {
                leg: "in1".into(),
                name: "carrier".into(),
                codec: Some("PCMU".into()),
                sdp: vec![Description { at_ms, is_ours: false, text: "v=0\ns=-\n".into() }],
                milestones: vec![Reached {
                    at_ms: at_ms + 40,
                    name: "rtpReceived".into(),
                    address: Some("192.0.2.7:4000".into()),
                }],
                quality: Some(Heard {
                    at_ms,
                    received: 900,
                    lost: 100,
                    sent: 1000,
                    loss_percent: 10.0,
                    jitter_ms: 2.0,
                    mos: Some(3.34),
                    ..Heard::default()
                }),
                points: Vec::new(),
            }],
        };
        expect![[r#"
            Call AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA (ConnID 0001abcdef012345), 2027-01-15T08:00:00Z
                0.000    carrier -> signaling  INVITE sip:5000@site
                1.204     switch -> all        EventRinging 5001 other=5551234567

            Leg in1 to carrier, PCMU
                0.040  rtpReceived 192.0.2.7:4000
                       900 packets heard, 100 lost (10.0 %), jitter 2.0 ms, MOS 3.3; 1000 sent, 0.0 % of them lost over there
                0.000  Theirs:
                       v=0
                       s=-
        "#]]
        .assert_eq(&text(&story, true));
        assert!(!text(&story, false).contains("Theirs"));
    }
}
