//! Random walks: whatever browsers, programs, passwords and the switch do in whatever order, each
//! request is answered exactly once, and after a long silence nothing is left.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::{Bench, Browser};
use desk::Input;
use model::{
    AgentState, EventName, KvList, System, TError,
    api::{ApiId, ApiInput, SocketId},
    random::Random,
};
use serde_json::{Value, json};

struct Walk {
    bench: Bench,
    random: Random,
    browsers: Vec<Browser>,
    clients: Vec<String>,
    open: BTreeSet<ApiId>,
    /// Abandoned; one that was at the switch is answered all the same.
    left: BTreeSet<ApiId>,
    sockets: u64,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut bench = Bench::with(|settings| {
            settings.limits.clients = 8;
            settings.limits.queue = 2;
            settings.limits.sessions = 6;
        });
        bench.checks_wait = true;
        let browsers = vec![
            Browser::default(),
            Browser::basic("agent5001", "demo"),
            Browser::basic("agent5002", "demo"),
            Browser::basic("agent5001", "wrong"),
        ];
        let random = Random::from_number(seed);
        let (clients, open) = (vec!["none".into()], BTreeSet::new());
        Self { bench, random, browsers, clients, open, left: BTreeSet::new(), sockets: 0 }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.below(u64::try_from(bound).unwrap())).unwrap()
    }

    fn any_client(&mut self) -> String {
        let at = self.below(self.clients.len());
        self.clients[at].clone()
    }

    fn any_browser(&mut self) -> Browser {
        let at = self.below(self.browsers.len());
        self.browsers[at].clone()
    }

    fn step(&mut self) {
        match self.below(12) {
            0..=3 => self.send(),
            4 | 5 => self.socket(),
            6 => self.bench.answer_checks(),
            7 | 8 => self.switch(),
            9 => {
                let ids: Vec<ApiId> = self.open.iter().copied().collect();
                if !ids.is_empty() && self.below(3) == 0 {
                    let id = ids[self.below(ids.len())];
                    self.open.remove(&id);
                    self.left.insert(id);
                    self.bench.input(Input::Api(ApiInput::Abandoned { id }));
                }
            }
            10 => {
                let seconds = [0, 1, 3, 31, 200][self.below(5)];
                self.bench.seconds(seconds);
            }
            _ => self.event(),
        }
        self.learn();
    }

    fn send(&mut self) {
        let client = self.any_client();
        let choices = [
            ("POST", "/api/v2/login", json!({"username": "agent5001", "password": "demo"})),
            ("POST", "/api/v2/logout", json!({})),
            ("POST", "/api/v2/me", json!({"operationName": "StartContactCenterSession"})),
            ("POST", "/api/v2/me", json!({"operationName": "EndContactCenterSession"})),
            ("PUT", "/api/v2/me/state", json!({"state": "Ready"})),
            ("PUT", "/api/v2/me/state", json!({"state": "NotReady", "reason": "Lunch"})),
            ("GET", "/api/v2/me?subresources=*", Value::Null),
            ("PUT", "/api/v2/me/calls/006c03a7194aa020", json!({"action": "answer"})),
            ("POST", "/api/v2/me/calls", json!({"destination": "5002"})),
            (
                "POST",
                "/api/v2/me/devices/5001/calls",
                json!({"operationName": "Dial", "destination": {"phoneNumber": "5002"}}),
            ),
            (
                "POST",
                "/api/v2/me/calls/006c03a7194aa020",
                json!({"operationName": "InitiateTransfer", "destination": "5002"}),
            ),
            ("POST", "/api/v2/me/calls/006c03a7194aa020/transfer", json!({"type": "complete"})),
            ("POST", "/api/v2/me/devices/5001", json!({"operationName": "DoNotDisturbOn"})),
            (
                "POST",
                "/notifications/",
                json!([{"channel": "/meta/handshake", "ext": {"ack": self.below(2) == 0}}]),
            ),
            (
                "POST",
                "/notifications/",
                json!([{"channel": "/meta/connect", "clientId": client,
                        "ext": {"ack": self.below(4)}}]),
            ),
            (
                "POST",
                "/notifications/",
                json!([{"channel": "/meta/subscribe", "clientId": client,
                        "subscription": "/v2/**"}]),
            ),
            (
                "POST",
                "/notifications/",
                json!([{"channel": "/meta/disconnect", "clientId": client}]),
            ),
            ("DELETE", "/api/v2/me", Value::Null),
        ];
        let (method, path, body) = &choices[self.below(choices.len())];
        let browser = self.any_browser();
        let id = self.bench.send(&browser, method, path, body);
        self.open.insert(id);
    }

    fn socket(&mut self) {
        let socket = SocketId(u64::try_from(self.below(4)).unwrap() + self.sockets);
        let client = self.any_client();
        let text = |message: Value| message.to_string();
        let input = match self.below(5) {
            0 => {
                self.sockets += 4;
                let browser = self.any_browser();
                let request = self.bench.request(&browser, "GET", "/notifications", "");
                ApiInput::SocketOpened { socket: SocketId(self.sockets), request }
            }
            1 => ApiInput::SocketClosed { socket },
            2 => ApiInput::SocketText {
                socket,
                text: text(json!([{"channel": "/meta/handshake",
                "ext": {"authentication": {"user": "agent5002", "credentials": "demo"}}}])),
            },
            3 => ApiInput::SocketText {
                socket,
                text: text(json!([
                {"channel": "/meta/connect", "clientId": client}])),
            },
            _ => ApiInput::SocketText { socket, text: "[".into() },
        };
        self.bench.input(Input::Api(input));
        self.bench.sockets.clear();
    }

    fn switch(&mut self) {
        if self.bench.requests.is_empty() {
            return;
        }
        let at = self.below(self.bench.requests.len());
        let reference = self.bench.requests[at].reference;
        match self.below(4) {
            0 => self.bench.refuse(reference, TError::InvalidCallState, "no"),
            1 => self.bench.refuse(reference, TError::AlreadyInState, "so already"),
            2 => self.bench.requests.clear(),
            _ => self.bench.accept(reference),
        }
    }

    fn event(&mut self) {
        let dn = ["5001", "5002"][self.below(2)];
        let none = KvList::new();
        match self.below(12) {
            8 => self.bench.call(EventName::Held, dn, &none, none.clone()),
            9 => self.bench.call(EventName::PartyChanged, dn, &none, none.clone()),
            10 => self.bench.event(EventName::DndOn, dn, |_| {}),
            11 => {
                // A call's first event answers whoever dialled.
                let dialled = self.bench.requests.last().map(|asked| asked.reference);
                self.bench.event(EventName::Dialing, dn, |event| {
                    event.call = Some(common::switch::inbound(&none));
                    event.reference = dialled.map(|reference| (model::Origin::Desk, reference));
                });
            }
            0 => self.bench.call(EventName::Ringing, dn, &none, none.clone()),
            1 => self.bench.call(EventName::Established, dn, &none, none.clone()),
            2 => self.bench.call(EventName::AttachedDataChanged, dn, &none, none.clone()),
            3 => self.bench.call(EventName::Released, dn, &none, none.clone()),
            4 => self.bench.agent(dn, dn, AgentState::Ready),
            5 => self.bench.agent(dn, dn, AgentState::LoggedOut),
            6 => self.bench.agent(dn, dn, AgentState::NotReady),
            _ => self.bench.phone(dn, true),
        }
    }

    /// Takes the responses that have come, with the cookies and client ids that they carry.
    fn learn(&mut self) {
        for (id, response) in std::mem::take(&mut self.bench.responses) {
            assert!(self.open.remove(&id) || self.left.remove(&id), "{id} was not waiting");
            let body: Value = serde_json::from_slice(&response.body).unwrap();
            assert!(!body.as_array().is_some_and(Vec::is_empty), "never an empty array");
            if let Some(client) = body[0]["clientId"].as_str() {
                self.clients.push(client.to_owned());
            }
            let sets_cookie = common::header(&response, "set-cookie").is_some();
            if sets_cookie && response.status == 200 && self.browsers.len() < 40 {
                let mut browser = Browser::default();
                browser.learn(&response);
                self.browsers.push(browser);
            }
        }
        for (_, message) in std::mem::take(&mut self.bench.frames) {
            if let Some(client) = message["clientId"].as_str() {
                self.clients.push(client.to_owned());
            }
        }
    }
}

#[test]
fn a_thousand_random_walks_leave_nothing_behind() {
    let mut reached = [
        "cordboard_desk_pushed_total",
        "cordboard_desk_clients_overflowed_total",
        "cordboard_desk_requests_overdue_total",
        "cordboard_desk_logins_failed_total",
        "cordboard_desk_logins_slowed_total",
    ]
    .map(|name| (name, 0.0));
    for seed in 0..1000 {
        let mut walk = Walk::new(seed);
        for _ in 0..200 {
            walk.step();
            assert!(walk.bench.metric("cordboard_desk_sessions") < 6.5, "seed {seed}");
            assert!(walk.bench.metric("cordboard_desk_bayeux_clients") < 8.5, "seed {seed}");
        }
        walk.bench.answer_checks();
        for dn in ["5001", "5002"] {
            walk.bench.call(EventName::Released, dn, &KvList::new(), KvList::new());
        }
        for socket in 0..=walk.sockets + 4 {
            walk.bench.input(Input::Api(ApiInput::SocketClosed { socket: SocketId(socket) }));
        }
        walk.bench.seconds(3 * 3600);
        walk.learn();
        assert!(walk.open.is_empty(), "seed {seed}: unanswered {:?}", walk.open);
        for name in ["sessions", "bayeux_clients", "bayeux_sockets", "requests_open"] {
            let left = walk.bench.metric(&format!("cordboard_desk_{name}"));
            assert!(left < 0.5, "seed {seed}: {left} {name} left");
        }
        assert_eq!(walk.bench.desk.poll_timeout(), None, "seed {seed}: a timer is left");
        for (name, total) in &mut reached {
            *total += walk.bench.metric(name);
        }
    }
    for (name, total) in reached {
        assert!(total > 10.0, "the walks hardly reach {name}: {total}");
    }
}
