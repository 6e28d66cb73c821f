//! The T-Server's face: clients, registered DNs, requests in, events out.
//!
//! A client is sent the events of the DNs it has registered and may ask only about those, as in
//! T-Library; a DN may be registered by many clients, by one alone, or to look on. Calls and
//! agents are the switch's affair: this system keeps of them only what EventRegistered and the
//! answers to queries tell, learnt from the same events that it passes on, and the last events
//! themselves for clients that lost their connection. Bytes and sockets are the port's
//! (`io/cti`).
//!
//! Deviation from T-Library: requests are not acknowledged (EventACK); the event that a request
//! causes, or EventError, carries its ReferenceID.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Instant,
};

use model::{
    ClientId, Configuration, ConnId, Dn, Event, KvList, Now, Origin, ReferenceId, System, TError,
    TRequest,
    error::Refusal,
    tserver::{Answer, ClientInput, ClientMessage, ClientOutput, ClientRequest, RegisterMode},
};

use crate::{
    registrations::{Obstacle, Registrations},
    replay::{Replay, TooOld},
    snapshot::Snapshots,
};

mod registrations;
mod replay;
mod snapshot;

/// What cti can be told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The port reports of a client.
    Client(ClientInput),
    /// The site's configuration; before the first one no DN is known.
    Configuration(Arc<Configuration>),
    /// The switch says that something happened.
    Event(Arc<Event>),
    /// The switch says what becomes of a client's request.
    Outcome(Outcome),
}

/// The switch's word on a request of `Origin::Cti(client)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is being carried out; an event follows.
    Accepted {
        /// Whose request.
        client: ClientId,
        /// The client's number for it.
        reference: ReferenceId,
    },
    /// It is not carried out, or came to nothing after all.
    Refused {
        /// Whose request.
        client: ClientId,
        /// The client's number for it.
        reference: ReferenceId,
        /// The DN that it was about.
        this_dn: Dn,
        /// Why.
        refusal: Refusal,
    },
}

/// What cti can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// For the port.
    Client(ClientOutput),
    /// For the switch; its origin is `Origin::Cti`.
    Request(TRequest),
}

/// The T-Server's face.
#[derive(Debug, Default)]
pub struct Cti {
    configuration: Arc<Configuration>,
    clients: BTreeMap<ClientId, Client>,
    registrations: Registrations,
    snapshots: Snapshots,
    replay: Replay,
    /// The number of the last event.
    sequence: u64,
    out: VecDeque<Output>,
}

#[derive(Debug, Default)]
struct Client {
    /// As the client calls itself.
    application: String,
    dns: BTreeSet<Dn>,
    /// Requests that the switch has not spoken on.
    pending: BTreeSet<ReferenceId>,
}

impl Cti {
    /// A face without clients.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many clients are connected.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    fn handle_client(&mut self, input: ClientInput) {
        match input {
            ClientInput::Closed { client } => self.close(client),
            ClientInput::Opened { client, application } => self.open(client, application),
            ClientInput::Request { client, reference, reasons, extensions, request } => {
                if !self.clients.contains_key(&client) {
                    return;
                }
                let about = (client, reference);
                let outcome = match request {
                    ClientRequest::Call(request) => {
                        let origin = Origin::Cti(client);
                        let asked = TRequest { origin, reference, reasons, extensions, request };
                        self.pass_on(client, asked)
                    }
                    ClientRequest::QueryAddress { dn } => self.query_address(about, dn),
                    ClientRequest::QueryCall { dn, conn } => self.query_call(about, dn, conn),
                    ClientRequest::QueryServer => self.query_server(about),
                    ClientRequest::RegisterAddress { dn } => {
                        self.register(about, dn, RegisterMode::Share)
                    }
                    ClientRequest::RegisterAddressAs { dn, mode } => self.register(about, dn, mode),
                    ClientRequest::Resume { after, dns } => self.resume(about, after, dns),
                    ClientRequest::Unsupported(name) => Err((None, unsupported(&name))),
                    ClientRequest::UnregisterAddress { dn } => self.unregister(about, dn),
                };
                if let Err((this_dn, refusal)) = outcome {
                    self.send(client, ClientMessage::Error { reference, this_dn, refusal });
                }
            }
        }
    }

    fn open(&mut self, client: ClientId, application: String) {
        if self.clients.len() >= CLIENTS_MAX {
            let reason = format!(
                "This T-Server has {CLIENTS_MAX} clients already. Close one that is not needed."
            );
            self.out.push_back(Output::Client(ClientOutput::Close { client, reason }));
            return;
        }
        self.clients.insert(client, Client { application, ..Client::default() });
        self.send(client, ClientMessage::LinkConnected);
    }

    fn close(&mut self, client: ClientId) {
        for dn in self.clients.remove(&client).unwrap_or_default().dns {
            self.registrations.unregister(client, &dn);
        }
    }

    fn register(&mut self, (client, reference): About, dn: Dn, mode: RegisterMode) -> Outcomes {
        if !self.configuration.dns.contains_key(&dn) {
            let message = format!(
                "DN {dn} is not configured. Look for the right number, or add the DN to the \
                 configuration."
            );
            return Err((Some(dn), Refusal::new(TError::DnNotConfigured, message)));
        }
        let Some(known) = self.clients.get_mut(&client) else { return Ok(()) };
        if known.dns.len() >= DNS_PER_CLIENT_MAX && !known.dns.contains(&dn) {
            let message = format!(
                "A client registers at most {DNS_PER_CLIENT_MAX} DNs. Unregister some first."
            );
            return Err((Some(dn), Refusal::new(TError::InvalidAttribute, message)));
        }
        if let Err(obstacle) = self.registrations.register(client, &dn, mode) {
            let refusal = self.seized(&dn, obstacle);
            return Err((Some(dn), refusal));
        }
        known.dns.insert(dn.clone());
        let extensions = self.snapshots.extensions(&dn);
        self.answer((client, reference), dn, extensions, Answer::Registered);
        Ok(())
    }

    fn seized(&self, dn: &Dn, obstacle: Obstacle) -> Refusal {
        let message = match obstacle {
            Obstacle::IsPrivate(owner) => {
                let owner = self.clients.get(&owner).map_or("", |owner| &owner.application);
                format!(
                    "DN {dn} is registered privately by the client `{owner}`. Unregister it \
                     there, or end that client."
                )
            }
            Obstacle::IsShared(others) => format!(
                "DN {dn} can't be private: {others} other client(s) have registered it. \
                 Unregister it there, or register it with RegisterMode Share."
            ),
        };
        Refusal::new(TError::ResourceSeized, message)
    }

    /// Replays what the client missed, then registers. EventRegistered comes after the events, so
    /// that what it says is what is.
    fn resume(&mut self, about: About, after: u64, dns: Vec<(Dn, RegisterMode)>) -> Outcomes {
        if dns.len() > RESUMED_DNS_MAX {
            return Err((None, resync(after)));
        }
        let registrations = &self.registrations;
        let is_free = |dn: &Dn| registrations.owner(dn).is_none_or(|owner| owner == about.0);
        let wanted: BTreeSet<&Dn> = dns.iter().map(|(dn, _)| dn).filter(|dn| is_free(dn)).collect();
        let missed = match self.replay.since(after, self.sequence, |dn| wanted.contains(dn)) {
            Ok(missed) => missed,
            Err(TooOld) => return Err((None, resync(after))),
        };
        for event in missed {
            self.send(about.0, ClientMessage::Event { event, reference: None });
        }
        for (dn, mode) in dns {
            if let Err((this_dn, refusal)) = self.register(about, dn, mode) {
                let reference = about.1;
                self.send(about.0, ClientMessage::Error { reference, this_dn, refusal });
            }
        }
        Ok(())
    }

    fn unregister(&mut self, (client, reference): About, dn: Dn) -> Outcomes {
        let known = self.clients.get_mut(&client);
        if !known.is_some_and(|known| known.dns.remove(&dn)) {
            let refusal = not_registered(&dn);
            return Err((Some(dn), refusal));
        }
        self.registrations.unregister(client, &dn);
        self.send(client, ClientMessage::Unregistered { reference, this_dn: dn });
        Ok(())
    }

    fn query_address(&mut self, about: About, dn: Dn) -> Outcomes {
        if self.registrations.mode(about.0, &dn).is_none() {
            let refusal = not_registered(&dn);
            return Err((Some(dn), refusal));
        }
        let extensions = self.snapshots.extensions(&dn);
        self.answer(about, dn, extensions, Answer::AddressInfo);
        Ok(())
    }

    fn query_call(&mut self, about: About, dn: Dn, conn: ConnId) -> Outcomes {
        if self.registrations.mode(about.0, &dn).is_none() {
            let refusal = not_registered(&dn);
            return Err((Some(dn), refusal));
        }
        let Some(parties) = self.snapshots.parties(&dn, conn) else {
            let message = format!("DN {dn} is not in a call {conn}. It may be over by now.");
            return Err((Some(dn), Refusal::new(TError::InvalidConnId, message)));
        };
        let answer = Answer::PartyInfo { conn, parties: parties.to_vec() };
        let extensions = self.snapshots.call_extensions(conn);
        self.answer(about, dn, extensions, answer);
        Ok(())
    }

    fn query_server(&mut self, about: About) -> Outcomes {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let extensions = KvList::new()
            .with("ServerVersion", env!("CARGO_PKG_VERSION"))
            .with("ServerRole", SERVER_ROLE_PRIMARY)
            .with("Clients", count(self.clients.len()))
            .with("RegisteredDNs", count(self.registrations.dns()));
        self.answer(about, Dn::from(""), extensions, Answer::ServerInfo);
        Ok(())
    }

    fn answer(
        &mut self,
        (client, reference): About,
        this_dn: Dn,
        extensions: KvList,
        answer: Answer,
    ) {
        let sequence = self.sequence;
        let message =
            ClientMessage::Registered { reference, this_dn, extensions, sequence, answer };
        self.send(client, message);
    }

    fn pass_on(&mut self, client: ClientId, asked: TRequest) -> Outcomes {
        let Some(known) = self.clients.get_mut(&client) else { return Ok(()) };
        let dn = asked.request.dn();
        match self.registrations.mode(client, dn) {
            None => return Err((Some(dn.clone()), not_registered(dn))),
            Some(RegisterMode::Monitor) => return Err((Some(dn.clone()), only_monitors(dn))),
            Some(RegisterMode::Share | RegisterMode::Private) => {}
        }
        if known.pending.len() >= PENDING_PER_CLIENT_MAX {
            let message = format!(
                "More than {PENDING_PER_CLIENT_MAX} requests of this client wait. Send the next \
                 ones when these have been answered."
            );
            return Err((Some(dn.clone()), Refusal::new(TError::ResourceSeized, message)));
        }
        if !known.pending.insert(asked.reference) {
            let message = format!(
                "A request with the ReferenceID {} waits already. Number requests differently.",
                asked.reference
            );
            return Err((Some(dn.clone()), Refusal::new(TError::InvalidAttribute, message)));
        }
        self.out.push_back(Output::Request(asked));
        Ok(())
    }

    fn handle_event(&mut self, event: &Arc<Event>) {
        self.sequence = event.sequence;
        self.snapshots.learn(event);
        self.replay.keep(event);
        for client in self.registrations.listeners(&event.this_dn) {
            let reference = event
                .reference
                .filter(|(origin, _)| *origin == Origin::Cti(client))
                .map(|(_, reference)| reference);
            let message = ClientMessage::Event { event: Arc::clone(event), reference };
            self.out.push_back(Output::Client(ClientOutput::Send { client, message }));
        }
    }

    fn handle_outcome(&mut self, outcome: Outcome) {
        let (Outcome::Accepted { client, reference } | Outcome::Refused { client, reference, .. }) =
            &outcome;
        let Some(known) = self.clients.get_mut(client) else { return };
        known.pending.remove(reference);
        match outcome {
            Outcome::Accepted { .. } => {}
            Outcome::Refused { client, reference, this_dn, refusal } => {
                let this_dn = Some(this_dn);
                self.send(client, ClientMessage::Error { reference, this_dn, refusal });
            }
        }
    }

    fn send(&mut self, client: ClientId, message: ClientMessage) {
        self.out.push_back(Output::Client(ClientOutput::Send { client, message }));
    }
}

impl System for Cti {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, _now: Now, input: Input) {
        match input {
            Input::Client(input) => self.handle_client(input),
            Input::Configuration(configuration) => {
                self.snapshots.keep_only(|dn| configuration.dns.contains_key(dn));
                self.configuration = configuration;
            }
            Input::Event(event) => self.handle_event(&event),
            Input::Outcome(outcome) => self.handle_outcome(outcome),
        }
    }

    fn handle_timeout(&mut self, _now: Now) {}

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

/// A client's request: who asks and under which number.
type About = (ClientId, ReferenceId);

/// What a request of a client comes to before the switch: a refusal names the DN, if any.
type Outcomes = Result<(), (Option<Dn>, Refusal)>;

fn not_registered(dn: &Dn) -> Refusal {
    Refusal::new(
        TError::ClientNotRegistered,
        format!(
            "This client has not registered DN {dn}. Send RequestRegisterAddress for it first."
        ),
    )
}

fn only_monitors(dn: &Dn) -> Refusal {
    Refusal::new(
        TError::ClientNotRegistered,
        format!(
            "This client registered DN {dn} with RegisterMode Monitor and may ask nothing of it. \
             Register it again with RegisterMode Share."
        ),
    )
}

fn resync(after: u64) -> Refusal {
    Refusal::new(
        TError::OutOfService,
        format!(
            "Not all events since {after} can be sent again. Resync: register the DNs again; \
             EventRegistered says how they are now."
        ),
    )
}

fn unsupported(name: &str) -> Refusal {
    let name = name.strip_prefix("Request").unwrap_or(name);
    Refusal::new(TError::UnsupportedOperation, format!("Request{name} is not supported yet."))
}

/// ServerRole in EventServerInfo; there is no backup.
const SERVER_ROLE_PRIMARY: i64 = 0;
/// Clients at one time.
const CLIENTS_MAX: usize = 256;
/// DNs of one client: more than any one switch has here.
const DNS_PER_CLIENT_MAX: usize = 10_000;
/// DNs that one client resumes at once: each is answered, and what the port queues is limited.
const RESUMED_DNS_MAX: usize = 500;
/// Requests of one client that the switch has not spoken on.
const PENDING_PER_CLIENT_MAX: usize = 1000;
