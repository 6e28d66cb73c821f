//! The report: what was measured, in words that make clear what it is a figure of.

use std::{fmt::Write as _, time::Duration};

use crate::{
    figures::machine, latency::Latency, load::Cost, routing_time::Decisions,
    statistics_time::StatisticsCost, talking::Talking, transcoding::Bridging,
};

/// Everything of one run.
pub struct Report {
    pub latency: Latency,
    pub latency_load: String,
    pub signalled: Cost,
    pub with_media: Cost,
    pub sipp: Option<Cost>,
    /// One message sent back, at the rate of the calls' messages.
    pub message_echo: Duration,
    pub talking: Talking,
    /// libopus alone for the same calls at the same pace.
    pub paced_codec: Duration,
    /// One voice packet sent back, at the rate of the talk's packets.
    pub voice_echo: Duration,
    pub opus: Bridging,
    pub pcmu: Bridging,
    pub recorded: Bridging,
    pub decisions: Decisions,
    pub statistics: StatisticsCost,
    pub load: String,
}

impl Report {
    /// As Markdown.
    pub fn text(&self) -> String {
        let mut text = String::from(HEADING);
        let _ = write!(
            text,
            "Machine: {}. Load average {} when the waiting times were taken, {} at the end, the \
             measurement's own work included.\n\n",
            machine(),
            self.latency_load,
            self.load
        );
        self.waiting(&mut text);
        self.calls(&mut text);
        self.voice(&mut text);
        text.push('\n');
        text.push_str(&self.decisions.text());
        text.push('\n');
        text.push_str(&self.statistics.text());
        text
    }

    fn waiting(&self, text: &mut String) {
        text.push_str(WAITING);
        let rows = [
            ("INVITE sent → Ringing pushed", "median 20, max 100", &self.latency.ringing),
            ("answer PUT sent → Established pushed", "150", &self.latency.established),
            ("answer PUT sent → 200 OK at the trunk", "", &self.latency.answered),
            ("answer PUT sent → first voice at the browser", "", &self.latency.sound),
        ];
        for (what, aim, spread) in rows {
            let _ = writeln!(text, "| {what} | {aim} | {} |", spread.cells());
        }
        text.push('\n');
    }

    fn calls(&self, text: &mut String) {
        text.push_str(CALLS);
        let echo = |cost: &Cost| {
            // An echo takes one message and sends one.
            self.message_echo.as_secs_f64() * 1e3 * cost.messages_per_call() / 2.0
        };
        let mut row = |what: &str, cost: &Cost| {
            let (ms, floor) = (cost.ms_per_call(), echo(cost));
            let _ = writeln!(
                text,
                "| {what} | {} at {}/s | {:.1} | {ms:.2} | {floor:.2} | {:.1} |",
                cost.calls,
                cost.per_second,
                cost.messages_per_call(),
                ms / floor,
            );
        };
        row("Cordboard, no media", &self.signalled);
        row("Cordboard, ICE, DTLS and first sound", &self.with_media);
        if let Some(sipp) = &self.sipp {
            row("SIPp, which only answers", sipp);
        }
        let one = &self.signalled;
        let each = |count: u64| count as f64 / one.calls as f64;
        let _ = write!(
            text,
            "\nA call without media is {:.1} messages at the trunk, {:.1} at the phone's WebSocket, \
             {:.1} at the push, {:.1} of HTTP. One message echoed costs {:.1} us. Without calls the \
             server takes {:.1} ms of CPU a second with 15 agents ready.",
            each(one.messages.trunk),
            each(one.messages.phone),
            each(one.messages.push),
            each(one.messages.http),
            self.message_echo.as_secs_f64() * 1e6,
            one.idle_ms_per_second(),
        );
        let all: Duration = one.threads.values().sum();
        let share = |(name, spent): (&String, &Duration)| {
            format!("`{name}` {:.0} %", 100.0 * spent.as_secs_f64() / all.as_secs_f64())
        };
        let threads: Vec<_> = one.threads.iter().map(share).collect();
        let _ = write!(text, " By thread: {}.", threads.join(", "));
        match &self.sipp {
            Some(sipp) => {
                let ratio = one.ms_per_call() / sipp.ms_per_call();
                let _ = writeln!(
                    text,
                    " A whole call costs about {ratio:.0} times what SIPp takes to answer its trunk \
                     side alone; SIPp's share is so small that this ratio is rough.\n"
                );
            }
            None => text.push_str(" SIPp is not installed here, so that row is missing.\n\n"),
        }
    }

    fn voice(&self, text: &mut String) {
        text.push_str(VOICE);
        let reference = self.opus.ms(self.opus.libopus);
        let mut row = |what: &str, bridging: &Bridging, time: Duration| {
            let ms = bridging.ms(time);
            let _ = writeln!(
                text,
                "| {what} | {:.2} | {ms:.3} | {:.2} |",
                bridging.us(time),
                ms / reference
            );
        };
        row("libopus alone: decode and encode", &self.opus, self.opus.libopus);
        row("the shard: Opus ↔ PCMU", &self.opus, self.opus.shard());
        row("of it, browser's packet in", &self.opus, self.opus.from_browsers);
        row("of it, trunk's packet in", &self.opus, self.opus.from_trunk);
        row("of it, decoding, encoding, both packets out", &self.opus, self.opus.ticks);
        row("the shard: Opus ↔ PCMU, recorded", &self.recorded, self.recorded.shard());
        row("the shard: PCMU ↔ PCMU, without Opus", &self.pcmu, self.pcmu.shard());
        let server = self.talking.ms_per_call_second();
        let call_seconds = f64::from(self.talking.calls) * self.talking.talked.as_secs_f64();
        let codec = self.paced_codec.as_secs_f64() * 1e3 / call_seconds;
        let sockets = 2.0 * self.voice_echo.as_secs_f64() * 1e3 * 50.0;
        for (what, ms) in [
            ("at real pace: libopus alone", codec),
            ("at real pace: an echo of as many datagrams", sockets),
            ("at real pace: the whole server", server),
        ] {
            let _ = writeln!(text, "| {what} | {:.2} | {ms:.3} | {:.2} |", ms * 20.0, ms / codec);
        }
        let _ = write!(
            text,
            "\nThe shard ran {:.0} call-seconds of each kind; the server had {} calls for {} s, and \
             {:.1} % of its packets reached the callers. So transcoding in the shard takes {:.2} \
             times the codec that it can't do without, G.711 passed through {:.2} times; a recorded \
             call takes {:.2} times one that is not, its file's writing left out. At real pace \
             everything is dearer, since it wakes up to cold caches: the server takes {:.2} \
             times what the codec and the datagrams alone take.\n",
            self.opus.call_seconds,
            self.talking.calls,
            self.talking.talked.as_secs(),
            self.talking.arrived * 100.0,
            self.opus.ms(self.opus.shard()) / reference,
            self.pcmu.ms(self.pcmu.shard()) / reference,
            // Each against its own libopus: the two runs were not at the same time.
            self.recorded.to_libopus() / self.opus.to_libopus(),
            server / (codec + sockets),
        );
    }
}

const HEADING: &str = "# Measurements

Written by `make bench`: the release build of the real server on loopback, a carrier over UDP, \
agents without a browser (HTTP, push and SIP over WebSockets, `str0m` for ICE, DTLS and SRTP). \
Figures of different machines can't be compared; the ratios are of one run. To repeat, run \
`make bench` on a quiet machine; `cargo run --release -p bench -- --quick` is a short trial that \
writes nothing.

";

const WAITING: &str = "## What people wait for

Milliseconds, one call after the other, agent and media included. The phone rings at once and has \
its SDP ready when it is told to answer, so that its own work is not in the figures, but `str0m`'s \
half of the DTLS handshake is in the last.

| from → to | aim | calls | median | 95 of 100 | max |
|---|---|---|---|---|---|
";

const CALLS: &str = "## CPU per call

User and system time of the server's process, all threads, less what it takes without calls. Each \
call is routed by skill, pushed, answered by PUT and over at once, and the agent (one of 15) says \
Ready again. The echo is a program that sends each datagram of 500 bytes back, at 1,000 a second: \
the price of so many messages without any work.

| call | calls | messages per call | CPU ms per call | as many echoes, ms | ratio |
|---|---|---|---|---|---|
";

const VOICE: &str = "## CPU per second of a call that talks

Speech both ways, 50 packets a second each way. The shard runs in virtual time in this process and \
is timed by the thread's CPU clock; libopus alone runs in the same loop on the same packets with \
the same settings. At real pace, the server's process and the two it is compared with are timed as \
above, every datagram through the kernel. The ratio is to libopus alone in the same manner.

| what | us per 20 ms, both ways | CPU ms per call-second | ratio |
|---|---|---|---|
";
