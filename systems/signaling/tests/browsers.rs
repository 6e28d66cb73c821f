//! Pages that come and go in the middle of everything: a random walk over WebSocket phones.
//! Whatever the order, each leg ends once, its media is closed once, and nothing stays behind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use model::{
    LegId,
    id::FlowId,
    leg::{Cause, LegCommand, LegFact, Progress},
    media::MediaCommand,
    random::Random,
    sip::Transport,
};
use wire_sip::{Message, Method};

const WALKS: u64 = 500;
const STEPS: u32 = 200;
const DNS: [&str; 3] = ["5002", "5003", "5004"];

struct Walk {
    bench: Bench,
    random: Random,
    next_flow: u64,
    next_leg: u64,
    flows: Vec<FlowId>,
    /// Requests that pages got and may respond to.
    requests: Vec<(To, Message)>,
    live: BTreeSet<LegId>,
    open: BTreeMap<LegId, bool>,
    callers: u32,
    asked: u32,
    lost: u32,
    answered: u32,
    referred: u32,
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self {
            bench: Bench::new(),
            random: Random::from_number(seed),
            next_flow: 1,
            next_leg: 1,
            flows: Vec::new(),
            requests: Vec::new(),
            live: BTreeSet::new(),
            open: BTreeMap::new(),
            callers: 0,
            asked: 0,
            lost: 0,
            answered: 0,
            referred: 0,
        }
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let at = self.random.below(from.len() as u64);
        from.get(usize::try_from(at).unwrap()).cloned()
    }

    fn step(&mut self) {
        match self.random.below(14) {
            0 => self.page_opens(),
            1 => {
                if let Some(flow) = self.pick(&self.flows.clone()) {
                    self.flows.retain(|other| *other != flow);
                    self.bench.close(flow);
                }
            }
            2 | 3 => self.switch_rings(),
            4..=6 => self.page_responds(),
            7 => self.command(|leg| LegCommand::Release { leg, cause: Cause::Normal }),
            8 => self.command(|leg| LegCommand::AnswerPhone { leg }),
            9 => {
                self.command(|leg| LegCommand::Progress { leg, progress: Progress::EarlyMedia });
                self.command(|leg| LegCommand::Answer { leg });
            }
            10 => self.page_calls(),
            11 => self.page_asks("INFO", "Content-Type: application/dtmf\r\n", "5"),
            12 => {
                self.page_asks("REFER", "Refer-To: <sip:5003@cordboard>\r\n", "");
                if self.random.below(2) == 0 {
                    self.command(|leg| LegCommand::ReferDone { leg, status: 200 });
                }
            }
            _ => {
                let ms = self.random.below(20_000);
                self.bench.pass_ms(ms);
            }
        }
        self.look();
    }

    fn page_opens(&mut self) {
        let flow = FlowId(self.next_flow);
        self.next_flow += 1;
        self.bench.open(flow, Transport::Wss);
        self.flows.push(flow);
        let dn = self.pick(&DNS).unwrap();
        let contact = format!("<sip:c{flow}@x.invalid;transport=ws>");
        self.bench.flow(flow, register(dn, &contact, 600, &format!("f{flow}"), 1, ""));
    }

    fn switch_rings(&mut self) {
        let leg = LegId(self.next_leg);
        self.next_leg += 1;
        self.live.insert(leg);
        let dn = self.pick(&DNS).unwrap();
        self.bench.ring(leg.0, dn);
    }

    fn page_responds(&mut self) {
        let Some((to, request)) = self.pick(&self.requests.clone()) else { return };
        let code = match request.method() {
            Some(Method::Invite) => self.pick(&[100, 180, 180, 183, 200, 200, 486, 500]).unwrap(),
            _ => self.pick(&[200, 200, 403]).unwrap(),
        };
        let sdp = if code == 200 || code == 183 { "v=0 page" } else { "" };
        self.bench.arrive(to, response(&request, code, "page", "", sdp));
    }

    fn page_calls(&mut self) {
        let Some(flow) = self.pick(&self.flows.clone()) else { return };
        self.callers += 1;
        let mut caller = Caller::new("x", &format!("w{}", self.callers));
        self.bench.flow(flow, caller.invite("Supported: 100rel\r\n", OFFER));
        if self.random.below(3) == 0 {
            self.bench.flow(flow, caller.same_branch("CANCEL"));
        }
    }

    /// A page asks something in a dialog of an INVITE that some page got, which may be over.
    fn page_asks(&mut self, method: &str, kind: &str, body: &str) {
        let is_invite = |(_, request): &&(To, Message)| request.method() == Some(&Method::Invite);
        let invites: Vec<_> = self.requests.iter().filter(is_invite).cloned().collect();
        let Some((to, invite)) = self.pick(&invites) else { return };
        self.asked += 1;
        let (us, id, cseq) = (invite.from().unwrap(), invite.call_id(), self.asked);
        let request = format!(
            "{method} sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bKa{cseq}\
             \r\nFrom: <sip:5002@cordboard>;tag=page\r\nTo: <{}>;tag={}\r\nCall-ID: {id}\r\nCSeq: \
             {cseq} {method}\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            us.uri,
            us.tag().unwrap(),
            body.len()
        );
        self.bench.arrive(to, request);
    }

    fn command(&mut self, make: impl Fn(LegId) -> LegCommand) {
        let legs: Vec<_> = self.live.iter().copied().collect();
        if let Some(leg) = self.pick(&legs) {
            self.bench.command(make(leg));
        }
    }

    /// Checks what was said against what may be said.
    fn look(&mut self) {
        for fact in self.bench.take_facts() {
            self.lost += u32::from(matches!(fact, LegFact::Lost { .. }));
            self.answered += u32::from(matches!(fact, LegFact::Answered { .. }));
            self.referred += u32::from(matches!(fact, LegFact::Referred { .. }));
            match fact {
                LegFact::Offered { leg, .. } => assert!(self.live.insert(leg), "{leg:?} again"),
                LegFact::Ended { leg, .. } | LegFact::Lost { leg } => {
                    assert!(self.live.remove(&leg), "{leg:?} ended twice");
                }
                LegFact::Answered { leg }
                | LegFact::Digit { leg, .. }
                | LegFact::EarlyMedia { leg }
                | LegFact::Referred { leg, .. }
                | LegFact::PhoneDidNotAnswer { leg }
                | LegFact::Moved { leg, .. }
                | LegFact::Pressed { leg, .. }
                | LegFact::Ringing { leg } => assert!(self.live.contains(&leg), "{leg:?} is over"),
                LegFact::DnInService { .. } | LegFact::DnOutOfService { .. } => {}
            }
        }
        for command in self.bench.take_media() {
            match command {
                MediaCommand::Open { leg, .. } => {
                    assert_eq!(self.open.insert(leg, true), None, "{leg:?} opened twice");
                }
                MediaCommand::Close { leg } => {
                    assert_eq!(self.open.insert(leg, false), Some(true), "{leg:?} closed twice");
                }
                MediaCommand::Answer { leg, .. } | MediaCommand::Reoffer { leg, .. } => {
                    assert_eq!(self.open.get(&leg), Some(&true), "{leg:?} is not open");
                }
                other => panic!("{other:?}"),
            }
        }
        for (to, message) in std::mem::take(&mut self.bench.sent) {
            if message.is_request() && message.method() != Some(&Method::Ack) {
                self.requests.push((to, message));
            }
        }
        if self.requests.len() > 8 {
            self.requests.remove(0);
        }
    }

    fn ends(&mut self, seed: u64) {
        for leg in self.live.clone() {
            self.bench.command(LegCommand::Release { leg, cause: Cause::Normal });
        }
        self.bench.pass_s(400);
        self.look();
        assert_eq!(self.live, BTreeSet::new(), "walk {seed}: legs that never ended");
        let open: Vec<_> = self.open.iter().filter(|(_, open)| **open).collect();
        assert!(open.is_empty(), "walk {seed}: media left open: {open:?}");
        assert!(self.bench.sip.is_idle(), "walk {seed}: {:?}", self.bench.sip.counts());
    }
}

#[test]
fn g6_pages_come_and_go_and_every_leg_ends_once() {
    let (mut lost, mut answered, mut referred) = (0, 0, 0);
    for seed in 0..WALKS {
        let mut walk = Walk::new(seed);
        for _ in 0..STEPS {
            walk.step();
        }
        walk.ends(seed);
        lost += walk.lost;
        answered += walk.answered;
        referred += walk.referred;
    }
    // The walk went through the places that it is for.
    assert!(
        lost > 200 && answered > 400 && referred > 60,
        "{lost} lost, {answered} answered, {referred} sent elsewhere"
    );
}
