//! A site for the statistics' tests: configuration, events, time.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    AgentState, CallState, CallType, Capabilities, Configuration, ConnId, DnRole, Event, EventName,
    KvList, Now, WorkMode,
    config::{DnKind, DnObject, DnRecord, Person, Place, Role, Strategy, Trunk},
    event::{AgentAttributes, CallAttributes},
    id::CallUuids,
};

/// An event at a DN; what is not set is not in it.
#[derive(Clone, Debug)]
pub struct Happening {
    pub name: EventName,
    pub dn: String,
    pub conn: Option<u64>,
    pub call_type: CallType,
    pub call_state: CallState,
    pub queue: Option<&'static str>,
    pub state: Option<AgentState>,
    pub queued_at_ms: Option<i64>,
    pub previous: Option<u64>,
}

impl Happening {
    pub fn new(name: EventName, dn: &str) -> Self {
        Self {
            name,
            dn: dn.into(),
            conn: None,
            call_type: CallType::Inbound,
            call_state: CallState::Ok,
            queue: None,
            state: None,
            queued_at_ms: None,
            previous: None,
        }
    }

    pub fn call(name: EventName, dn: &str, conn: u64) -> Self {
        Self { conn: Some(conn), ..Self::new(name, dn) }
    }

    pub fn agent(name: EventName, dn: &str, state: AgentState) -> Self {
        Self { state: Some(state), ..Self::new(name, dn) }
    }

    pub fn event(&self, at: Now, sequence: u64) -> Arc<Event> {
        let call = self.conn.map(|conn| CallAttributes {
            conn: ConnId(conn),
            uuid: CallUuids::new(7).draw(),
            call_id: 1,
            call_type: self.call_type,
            call_state: self.call_state,
            this_role: DnRole::Destination,
            this_queue: self.queue.map(Into::into),
            other: None,
            third_party: None,
            ani: None,
            dnis: None,
            user_data: Arc::default(),
            previous_conn: self.previous.map(ConnId),
            parties: Vec::new(),
            capabilities: Capabilities::NONE,
            recording: None,
        });
        let agent = self.state.map(|state| AgentAttributes {
            agent: self.dn.as_str().into(),
            state,
            work_mode: WorkMode::Unknown,
            reason: None,
        });
        let extensions = match self.queued_at_ms {
            Some(ms) => KvList::new().with("QueuedAt", ms),
            None => KvList::new(),
        };
        Arc::new(Event {
            sequence,
            name: self.name,
            this_dn: self.dn.as_str().into(),
            at,
            call,
            agent,
            reference: None,
            reasons: KvList::new(),
            extensions,
        })
    }
}

pub fn start() -> Now {
    Now::new(Instant::now(), Duration::from_secs(1_800_000_000))
}

/// Agents 5001 to 5004; route points 5000 and 5900, of which 5000 feeds VQ_Support.
pub fn configuration() -> Configuration {
    let mut site = Configuration::default();
    for dn in ["5001", "5002", "5003", "5004"] {
        let kind = DnKind::Extension {
            password: None,
            cti_control: false,
            reject_not_ready: true,
            record: DnRecord::OnDemand,
        };
        site.dns.insert(dn.into(), DnObject::new(kind));
        site.places.insert(dn.into(), Place { dns: vec![dn.into()] });
        let person = Person {
            user_name: format!("agent{dn}").into(),
            first_name: String::new(),
            last_name: String::new(),
            employee_id: dn.into(),
            password_hash: String::new(),
            roles: [Role::Agent].into(),
            place: Some(dn.into()),
            skills: [].into(),
            wrap_up_s: 20,
            auto_answer: false,
        };
        site.persons.insert(person.user_name.clone(), person);
    }
    for (dn, queue) in [("5000", Some("VQ_Support")), ("5900", None)] {
        let kind = DnKind::RoutePoint { dnis: Vec::new(), strategy: dn.into() };
        site.dns.insert(dn.into(), DnObject::new(kind));
        let strategy = Strategy {
            skills: "Support > 0".into(),
            virtual_queue: queue.map(Into::into),
            attach_customer: false,
            no_answer_s: 15,
            record: None,
            steps: Vec::new(),
            default: None,
        };
        site.strategies.insert(dn.into(), strategy);
    }
    site.dns.insert("VQ_Support".into(), DnObject::new(DnKind::VirtualQueue));
    for (name, probe_s) in [("backup", 0), ("pstn", 30)] {
        let trunk = Trunk { contact: "192.0.2.1:5060".into(), probe_s, ..Trunk::default() };
        site.trunks.insert(name.into(), trunk);
    }
    site
}
