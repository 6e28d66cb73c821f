//! Ten thousand random walks: signaling, phones, agents, a router and clients do whatever they
//! may in any order, and a small model of the outside watches what the switch says.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
mod watch;

use std::{collections::BTreeMap, time::Duration};

use common::Site;
use model::{
    AgentId, ConnId, Dn, KvList, LegId, Request, WorkMode,
    leg::{Cause, LegFact, LegSource},
    media::MediaFact,
    random::Random,
    request::{NoAnswer, NoAnswerAction, Treatment},
};
use switch::Input;
use watch::Watch;

const WALKS: u64 = 10_000;
const STEPS: u64 = 80;

#[test]
fn nothing_gets_stuck_and_nothing_leaks_in_10000_walks() {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..WALKS {
        let mut walk = Walk {
            site: Site::new(),
            watch: Watch::default(),
            random: Random::from_number(seed),
            conns: vec![ConnId(1)],
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
    // The walks go everywhere: each of the 19 events came up many times.
    assert_eq!(seen.len(), 19, "{seen:?}");
    assert!(seen.values().all(|count| *count > 100), "{seen:?}");
}

struct Walk {
    site: Site,
    watch: Watch,
    random: Random,
    conns: Vec<ConnId>,
}

impl Walk {
    fn walk(&mut self) {
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
        match self.random.below(100) {
            0..12 => self.offer(),
            12..40 => self.leg_fact(),
            40..50 => self.phone(),
            50..56 => {
                let ms = self.random.below(20_000);
                self.site.wait(Duration::from_millis(ms));
            }
            56..59 => self.media(),
            59..70 => self.route_somewhere(),
            70..84 => self.agent_request(),
            _ => self.call_request(),
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
            8 => LegFact::Lost { leg },
            _ => LegFact::PhoneDidNotAnswer { leg },
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
        let Some(leg) = self.leg() else { return };
        let fact = match self.random.below(2) {
            0 => MediaFact::Lost { leg },
            _ => MediaFact::Flowing { leg },
        };
        self.site.tell(Input::Media(fact));
    }

    fn ask(&mut self, request: Request) {
        let reference = self.site.ask(request.clone());
        self.watch.asked(reference, request);
    }

    fn route_somewhere(&mut self) {
        let conn = self.watch.waiting().unwrap_or(ConnId(1));
        let target = self.dn();
        let action =
            self.pick(&[NoAnswerAction::None, NoAnswerAction::Logout, NoAnswerAction::NotReady]);
        let no_answer = NoAnswer { timeout_s: 15, action };
        self.ask(Request::RouteCall { dn: "5000".into(), conn, target, no_answer });
    }

    fn agent_request(&mut self) {
        let dn = self.dn();
        let work_mode = self.pick(&[WorkMode::ManualIn, WorkMode::AutoIn, WorkMode::AfterCallWork]);
        let agent: AgentId = self.pick(&["5001", "5002", "5003"]).into();
        let request = match self.random.below(8) {
            0..3 => Request::AgentLogin { dn, agent, work_mode },
            3 => Request::AgentLogout { dn },
            4 => Request::AgentNotReady { dn, work_mode },
            _ => Request::AgentReady { dn, work_mode },
        };
        self.ask(request);
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
