//! Random walks, 2.4 million steps: signaling, phones, agents, a router and clients do whatever
//! they may in any order, and a small model of the outside watches what the switch says.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
mod watch;

use std::{collections::BTreeMap, time::Duration};

use common::Site;
use model::{
    AgentId, Capability as C, ConnId, Dn, KvList, LegId, Request, TError, WorkMode,
    config::DnRecord,
    leg::{Button, Cause, LegFact, LegSource},
    media::MediaFact,
    random::Random,
    recording::RecordingFact,
    request::{MergeType, MonitorMode, NoAnswer, NoAnswerAction, Treatment},
};
use switch::Input;
use watch::Watch;

const WALKS: u64 = 15_000;
const STEPS: u64 = 80;

/// Whatever may come in any order: phones come and go, nobody does what is asked.
#[test]
fn nothing_gets_stuck_and_nothing_leaks_in_15000_wild_walks() {
    let seen = walk_all(Temper::Wild);
    // Each of the events that need no cooperation came up many times.
    let common = seen.values().filter(|count| **count > 100).count();
    assert!(common >= 26, "{seen:?}");
}

/// People who mostly do what is expected of them, so that calls of many parties come about.
#[test]
fn nothing_gets_stuck_and_nothing_leaks_in_15000_busy_walks() {
    let seen = walk_all(Temper::Busy);
    // The walks go everywhere: each of the 39 events came up many times.
    assert_eq!(seen.len(), 39, "{seen:?}");
    assert!(seen.values().all(|count| *count > 40), "{seen:?}");
}

#[derive(Clone, Copy, PartialEq)]
enum Temper {
    Busy,
    Wild,
}

fn walk_all(temper: Temper) -> BTreeMap<&'static str, u64> {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..WALKS {
        let mut walk = Walk {
            site: Site::new(),
            watch: Watch::default(),
            random: Random::from_number(seed),
            conns: vec![ConnId(1)],
            temper,
        };
        let walked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walk.walk()));
        if let Err(panic) = walked {
            let ladder = walk.site.take_ladder();
            let what = panic.downcast_ref::<String>().map(String::as_str);
            let what = what.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            panic!("seed {seed}: {what}\n{ladder}");
        }
        for event in &walk.site.events {
            *seen.entry(event.name.as_str()).or_default() += 1;
        }
    }
    seen
}

/// Requests that name two calls, in an order that is drawn by lot here.
fn is_two_calls(request: &Request) -> bool {
    matches!(
        request,
        Request::AlternateCall { .. }
            | Request::CompleteConference { .. }
            | Request::CompleteTransfer { .. }
            | Request::MergeCalls { .. }
            | Request::ReconnectCall { .. }
    )
}

fn is_about_a_listener(request: &Request) -> bool {
    matches!(request, Request::ListenDisconnect { .. } | Request::ListenReconnect { .. })
}

struct Walk {
    site: Site,
    watch: Watch,
    random: Random,
    conns: Vec<ConnId>,
    temper: Temper,
}

impl Walk {
    fn walk(&mut self) {
        use DnRecord::{Always, Never, OnDemand};
        let modes = [Always, Never, OnDemand, OnDemand];
        let [first, second] = [self.pick(&modes), self.pick(&modes)];
        self.site.set_record(&[("5001", first), ("5002", second)]);
        if self.temper == Temper::Busy {
            for dn in ["5001", "5002", "5003", "5004"] {
                self.fact(LegFact::DnInService { dn: dn.into() });
                self.look();
            }
        }
        for _ in 0..STEPS {
            self.step();
            self.look();
        }
        for leg in self.watch.live_legs() {
            self.fact(LegFact::Ended { leg, cause: Cause::Normal });
            self.look();
        }
        // Longer than any timer of a call, and than after-call work and recovery.
        self.site.wait_s(120);
        self.look();
        for leg in self.watch.live_legs() {
            self.fact(LegFact::Ended { leg, cause: Cause::Normal });
            self.look();
        }
        assert!(self.site.switch.is_idle(), "not idle: {:?}", self.site.switch.counts());
        let counts = self.site.switch.counts();
        assert_eq!((counts.busy_dns, counts.timers), (0, 0), "left over");
        self.watch.assert_quiet();
    }

    /// Shows the watch what was said since it last looked.
    fn look(&mut self) {
        for output in std::mem::take(&mut self.site.outputs) {
            if let switch::Output::Event(event) = &output
                && let Some(call) = &event.call
                && !self.conns.contains(&call.conn)
            {
                self.conns.push(call.conn);
            }
            self.watch.see(&output);
        }
    }

    fn step(&mut self) {
        match (self.random.below(100), self.temper) {
            (step, Temper::Busy) => self.busy_step(step),
            (step, Temper::Wild) => self.wild_step(step),
        }
    }

    fn busy_step(&mut self, step: u64) {
        match step {
            0..6 => self.offer(),
            6..44 => self.good_fact(),
            44..46 => self.leg_fact(),
            46..47 => self.phone(),
            47..50 => {
                let ms = self.random.below(4000);
                self.site.wait(Duration::from_millis(ms));
            }
            50..51 => self.media(),
            51..56 => self.route_somewhere(),
            56..60 => self.agent_request(),
            60..62 => self.device_request(),
            62..68 => self.make_call(),
            68..71 => self.call_request(),
            _ => self.party_request(),
        }
    }

    /// The phone that was called last rings and is answered.
    fn good_fact(&mut self) {
        let Some(leg) = self.watch.newest_called() else { return };
        let fact = match self.random.below(5) {
            0 | 1 => LegFact::Ringing { leg },
            2 => LegFact::EarlyMedia { leg },
            _ => LegFact::Answered { leg },
        };
        self.fact(fact);
    }

    fn wild_step(&mut self, step: u64) {
        match step {
            0..12 => self.offer(),
            12..40 => self.leg_fact(),
            40..50 => self.phone(),
            50..56 => {
                let ms = self.random.below(20_000);
                self.site.wait(Duration::from_millis(ms));
            }
            56..59 => self.media(),
            59..70 => self.route_somewhere(),
            70..78 => self.agent_request(),
            78..82 => self.device_request(),
            82..87 => self.make_call(),
            87..93 => self.call_request(),
            _ => self.party_request(),
        }
    }

    fn fact(&mut self, fact: LegFact) {
        self.watch.told(&fact);
        self.site.fact(fact);
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.random.below(choices.len() as u64)).unwrap()].clone()
    }

    fn dn(&mut self) -> Dn {
        self.pick(&["5001", "5002", "5003", "5004"]).into()
    }

    fn offer(&mut self) {
        let dnis = self.pick(&["+18005551234", "5000", "5001", "5002", "5004", "911"]);
        let source = match self.random.below(4) {
            0 => LegSource::Dn(self.dn()),
            _ => LegSource::Trunk("pstn".into()),
        };
        let leg = self.site.offer_from(source, "5551234567", dnis);
        self.watch.offered(leg);
    }

    fn leg(&mut self) -> Option<LegId> {
        let live = self.watch.live_legs();
        (!live.is_empty()).then(|| self.pick(&live))
    }

    fn leg_fact(&mut self) {
        let Some(leg) = self.leg() else { return };
        let cause = self.pick(&[
            Cause::Normal,
            Cause::Busy,
            Cause::Rejected,
            Cause::Unreachable,
            Cause::Cancelled,
            Cause::NoAnswer,
        ]);
        let fact = match self.random.below(10) {
            0..4 => LegFact::Ringing { leg },
            4..7 => LegFact::Answered { leg },
            7 => LegFact::Ended { leg, cause },
            8 if self.random.below(2) == 0 => LegFact::EarlyMedia { leg },
            8 if self.random.below(2) == 0 => {
                LegFact::Referred { leg, target: self.destination(), replaces: None }
            }
            8 => LegFact::Lost { leg },
            _ if self.random.below(3) == 0 => LegFact::PhoneDidNotAnswer { leg },
            _ if self.random.below(2) == 0 => LegFact::Moved { leg, target: self.destination() },
            _ => LegFact::Pressed { leg, button: self.pick(&[Button::Hold, Button::Talk]) },
        };
        self.fact(fact);
    }

    fn phone(&mut self) {
        let dn = self.dn();
        let fact = match self.random.below(3) {
            0 => LegFact::DnOutOfService { dn },
            _ => LegFact::DnInService { dn },
        };
        self.fact(fact);
    }

    fn media(&mut self) {
        if let Some(recording) = self.watch.tape().filter(|_| self.random.below(4) == 0) {
            let reason = String::from("The disk is full.");
            let fact = RecordingFact::Failed { recording, reason };
            return self.site.tell(Input::Recording(fact));
        }
        let Some(leg) = self.leg() else { return };
        let fact = match self.random.below(5) {
            4 => {
                let legs = self.watch.live_legs();
                MediaFact::Levels { levels: legs.into_iter().map(|leg| (leg, 20)).collect() }
            }
            0 => MediaFact::Holds { leg, is_held: true },
            1 => MediaFact::Holds { leg, is_held: false },
            2 => MediaFact::Lost { leg },
            _ => MediaFact::Flowing { leg },
        };
        self.site.tell(Input::Media(fact));
    }

    fn ask(&mut self, request: Request) {
        let reference = self.site.ask(request.clone());
        self.watch.asked(reference, request);
    }

    fn device_request(&mut self) {
        let (dn, target) = (self.dn(), self.dn());
        let destination = self.pick(&["5001", "5003", "5000", "5559876543"]).to_owned();
        let mode = self.pick(&[MonitorMode::Coach, MonitorMode::Connect, MonitorMode::Mute]);
        let is_all = self.random.below(2) == 0;
        let request = match self.random.below(13) {
            0 => Request::SetDndOn { dn },
            1 | 2 => Request::SetDndOff { dn },
            3 => Request::CallForwardSet { dn, destination },
            4 | 5 => Request::CallForwardCancel { dn },
            6..9 => Request::CancelMonitoring { dn, target },
            9 => Request::DistributeUserEvent { dn, user_data: KvList::new().with("x", "y") },
            _ => Request::MonitorNextCall { dn, target, mode, is_all },
        };
        self.ask(request);
    }

    fn make_call(&mut self) {
        let dn = self.dn();
        let destination = self.destination();
        self.ask(Request::MakeCall { dn, destination, user_data: KvList::new() });
    }

    fn destination(&mut self) -> String {
        self.pick(&["5000", "5001", "5002", "5003", "5559876543", "+1", "5559876544"]).into()
    }

    /// What only a party may ask, of one who has a part; and what is offered is what is taken.
    fn party_request(&mut self) {
        let parts = self.watch.parts();
        if parts.is_empty() {
            return;
        }
        let (dn, conn) = self.pick(&parts);
        let other = self.watch.other_call(&dn, conn).unwrap_or(conn);
        let destination = self.destination();
        let user_data = KvList::new();
        let digits = "1#".to_owned();
        let party: Dn = self.pick(&["5001", "5002", "5003", "5559876543", "5551234567"]).into();
        let (held, current) = (conn, other);
        let (what, request) = match self.random.below(25) {
            20 => {
                let merge = self.pick(&[MergeType::ForConference, MergeType::ForTransfer]);
                (C::MergeCalls, Request::MergeCalls { dn, held, current, merge })
            }
            21..25 => {
                let is_deaf = self.watch.may(C::ListenReconnect, &dn, conn);
                let listener = self.pick(&[party, dn.clone()]);
                match is_deaf && self.random.below(4) > 0 {
                    false => {
                        (C::ListenDisconnect, Request::ListenDisconnect { dn, conn, listener })
                    }
                    true => (C::ListenReconnect, Request::ListenReconnect { dn, conn, listener }),
                }
            }
            0 => (C::AlternateCall, Request::AlternateCall { dn, held, current }),
            1 | 2 => (C::CompleteConference, Request::CompleteConference { dn, held, current }),
            3 | 4 => (C::CompleteTransfer, Request::CompleteTransfer { dn, held, current }),
            5 => (C::DeleteFromConference, Request::DeleteFromConference { dn, conn, party }),
            6 => (C::HoldCall, Request::HoldCall { dn, conn }),
            7 | 8 => (
                C::InitiateConference,
                Request::InitiateConference { dn, conn, destination, user_data },
            ),
            9 | 10 => (
                C::InitiateTransfer,
                Request::InitiateTransfer { dn, conn, destination, user_data },
            ),
            11 => (C::MuteTransfer, Request::MuteTransfer { dn, conn, destination, user_data }),
            12 => (C::ReconnectCall, Request::ReconnectCall { dn, held, current }),
            13 => (C::RedirectCall, Request::RedirectCall { dn, conn, destination }),
            14 => (C::RetrieveCall, Request::RetrieveCall { dn, conn }),
            15 => match self.random.below(3) {
                0 => (C::SendDtmf, Request::SendDtmf { dn, conn, digits }),
                1 => (C::SetMuteOn, Request::SetMuteOn { dn, conn }),
                _ => (C::SetMuteOff, Request::SetMuteOff { dn, conn }),
            },
            16 | 17 => match self.random.below(4) {
                0 => (C::StartRecording, Request::StartRecording { dn, conn }),
                1 => (C::PauseRecording, Request::PauseRecording { dn, conn }),
                2 => (C::ResumeRecording, Request::ResumeRecording { dn, conn }),
                _ => (C::StopRecording, Request::StopRecording { dn, conn }),
            },
            18 => (
                C::SingleStepConference,
                Request::SingleStepConference { dn, conn, destination, user_data },
            ),
            _ => (
                C::SingleStepTransfer,
                Request::SingleStepTransfer { dn, conn, destination, user_data },
            ),
        };
        let is_offered = self.watch.may(what, request.dn(), conn);
        let reference = self.site.ask(request.clone());
        let refusal = self.site.outputs.iter().find_map(|output| match output {
            switch::Output::Refused { reference: r, refusal, .. } if *r == reference => {
                Some(refusal.error)
            }
            _ => None,
        });
        match refusal {
            None => assert!(is_offered, "{} was taken but not offered", request.name()),
            // About what was asked for, not about the call.
            Some(TError::InvalidDestination | TError::DnBusy | TError::OutOfService) => {}
            Some(TError::AlreadyInState) if is_about_a_listener(&request) => {}
            Some(_) if conn != other && is_two_calls(&request) => {}
            Some(error) => {
                let name = request.name();
                assert!(!is_offered, "{name} was offered but refused: {}", error.as_str());
            }
        }
        self.watch.asked(reference, request);
    }

    fn route_somewhere(&mut self) {
        let conn = self.watch.waiting().unwrap_or(ConnId(1));
        let target = match self.random.below(12) {
            0 => self.pick(&["5000", "5559876543", "+1"]).into(),
            _ => self.dn(),
        };
        let action =
            self.pick(&[NoAnswerAction::None, NoAnswerAction::Logout, NoAnswerAction::NotReady]);
        let no_answer = NoAnswer { timeout_s: 15, action };
        let request = Request::RouteCall { dn: "5000".into(), conn, target, no_answer };
        let record = self.pick(&["", "", "destination", "disable_destination", "source"]);
        let mut extensions = KvList::new();
        if !record.is_empty() {
            extensions.attach("record", record);
        }
        let reference = self.site.ask_with(request.clone(), extensions);
        self.watch.asked(reference, request);
    }

    fn agent_request(&mut self) {
        let dn = self.dn();
        let work_mode = self.pick(&[WorkMode::ManualIn, WorkMode::AutoIn, WorkMode::AfterCallWork]);
        let agent: AgentId = self.pick(&["5001", "5002", "5003"]).into();
        let request = match self.random.below(9) {
            8 => return self.set_idle_reason(dn),
            0..3 => Request::AgentLogin { dn, agent, work_mode },
            3 => Request::AgentLogout { dn },
            4 => Request::AgentNotReady { dn, work_mode },
            _ => Request::AgentReady { dn, work_mode },
        };
        self.ask(request);
    }

    fn set_idle_reason(&mut self, dn: Dn) {
        let reason = self.pick(&["lunch", "training"]);
        let request = Request::AgentSetIdleReason { dn };
        let extensions = KvList::new().with("ReasonCode", reason);
        let reference = self.site.ask_with(request.clone(), extensions);
        self.watch.asked(reference, request);
    }

    fn call_request(&mut self) {
        let conns = self.conns.clone();
        let newest = conns[conns.len() - 1];
        let conn = if self.random.below(2) == 0 { newest } else { self.pick(&conns) };
        // Mostly somebody who has a part in the call.
        let dn = match self.watch.party(conn) {
            Some(dn) if self.random.below(5) > 0 => dn,
            _ => self.pick(&["5000", "5001", "5002", "5003"]).into(),
        };
        let key = self.pick(&["a", "b", "c"]);
        let user_data = KvList::new().with(key, i64::try_from(self.random.below(9)).unwrap());
        let treatment = self.pick(&[Treatment::Music, Treatment::RingBack, Treatment::Silence]);
        let request = match self.random.below(12) {
            0..4 => Request::AnswerCall { dn, conn },
            4 => Request::ApplyTreatment { dn: "5000".into(), conn, treatment },
            5 => Request::AttachUserData { dn, conn, user_data },
            6 => Request::UpdateUserData { dn, conn, user_data },
            7 => Request::DeletePair { dn, conn, key: key.into() },
            8 => Request::DeleteUserData { dn, conn },
            9 => Request::ClearCall { dn, conn },
            _ => Request::ReleaseCall { dn, conn },
        };
        self.ask(request);
    }
}
