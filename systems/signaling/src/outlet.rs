//! The side towards sockets, switch and media: connections, what is to be sent and said, and the
//! timers that everything shares.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, SocketAddr},
};

use model::{
    id::FlowId,
    leg::LegFact,
    media::MediaCommand,
    sip::{FIRST_OUTGOING_FLOW, SipOutput, Transport},
};
use wire_sip::{StreamFramer, StreamLimits};

use crate::{Output, limits::FLOWS_MAX, timers::Timers, watch::News};

/// Where a message goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// Along a connection.
    Flow(FlowId),
    /// As a datagram.
    Udp(SocketAddr),
}

/// Where a message came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The connection, or the datagram's sender.
    pub hop: Hop,
    /// The far end's address.
    pub remote: SocketAddr,
    /// What carried it.
    pub transport: Transport,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Flow {
    /// What it speaks.
    pub transport: Transport,
    /// The far end.
    pub remote: SocketAddr,
    framer: StreamFramer,
}

/// Queue, timers and connections.
#[derive(Debug)]
pub(crate) struct Outlet {
    /// What goes out, oldest first.
    pub outputs: VecDeque<Output>,
    /// What waits.
    pub timers: Timers,
    flows: BTreeMap<FlowId, Flow>,
    /// Connections that we asked for, by whom they lead to.
    outgoing: BTreeMap<(Transport, SocketAddr), FlowId>,
    /// What the certificates of those have to be for that were found by a name.
    names: BTreeMap<SocketAddr, String>,
    next_flow: u64,
    /// What was said and those who watch have not been told.
    news: Vec<News>,
    /// The address that Via and Contact show.
    pub advertised: SocketAddr,
    /// The same over TLS.
    advertised_tls: Option<SocketAddr>,
}

impl Outlet {
    pub fn new(advertised: SocketAddr, advertised_tls: Option<SocketAddr>) -> Self {
        Self {
            outputs: VecDeque::new(),
            timers: Timers::default(),
            flows: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            names: BTreeMap::new(),
            news: Vec::new(),
            next_flow: FIRST_OUTGOING_FLOW,
            advertised,
            advertised_tls,
        }
    }

    /// Tells the switch.
    pub fn say(&mut self, fact: LegFact) {
        self.news.extend(News::of(&fact));
        self.outputs.push_back(Output::Fact(fact));
    }

    /// What was said since the last time.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Tells media.
    pub fn media(&mut self, command: MediaCommand) {
        self.outputs.push_back(Output::Media(command));
    }

    /// Sends a message. On a connection that is gone it is lost, as on any network.
    pub fn send(&mut self, hop: &Hop, bytes: Vec<u8>) {
        let output = match *hop {
            Hop::Udp(remote) => SipOutput::Datagram { remote, bytes },
            Hop::Flow(flow) if self.flows.contains_key(&flow) => {
                SipOutput::FlowBytes { flow, bytes }
            }
            Hop::Flow(_) => return,
        };
        self.outputs.push_back(Output::Sip(output));
    }

    /// Whether nothing sent there gets lost on its way, so that nothing is repeated.
    pub fn is_reliable(&self, hop: &Hop) -> bool {
        matches!(hop, Hop::Flow(_))
    }

    /// Where whoever is there reaches us.
    pub fn our_place(&self, hop: &Hop) -> SocketAddr {
        match self.transport(hop) {
            Transport::Tls => self.advertised_tls.unwrap_or(self.advertised),
            Transport::Tcp | Transport::Udp | Transport::Ws | Transport::Wss => self.advertised,
        }
    }

    /// What a message to there is carried by.
    pub fn transport(&self, hop: &Hop) -> Transport {
        match hop {
            Hop::Udp(_) => Transport::Udp,
            Hop::Flow(flow) => self.flows.get(flow).map_or(Transport::Tcp, |flow| flow.transport),
        }
    }

    /// A connection to a peer over TCP or TLS: the one that we have to it, or a new one.
    pub fn connect(&mut self, transport: Transport, remote: SocketAddr) -> Hop {
        if let Some(flow) = self.outgoing.get(&(transport, remote)) {
            return Hop::Flow(*flow);
        }
        let flow = FlowId(self.next_flow);
        self.next_flow += 1;
        self.outgoing.insert((transport, remote), flow);
        self.flows.insert(flow, Flow::new(transport, remote));
        let name = self.names.get(&remote).cloned();
        let connect = SipOutput::Connect { flow, remote, transport, name };
        self.outputs.push_back(Output::Sip(connect));
        Hop::Flow(flow)
    }

    /// Whoever is at these addresses shows a certificate for this name.
    pub fn is_called(&mut self, name: &str, addresses: impl Iterator<Item = SocketAddr>) {
        self.names.retain(|_, known| known != name);
        self.names.extend(addresses.map(|address| (address, name.to_owned())));
    }

    /// The way to a peer by a transport.
    pub fn way(&mut self, transport: Transport, remote: SocketAddr) -> Hop {
        match transport {
            Transport::Udp => Hop::Udp(remote),
            Transport::Tls => self.connect(Transport::Tls, remote),
            Transport::Tcp | Transport::Ws | Transport::Wss => self.connect(Transport::Tcp, remote),
        }
    }

    /// A connection is up. One beyond the limit is closed again.
    pub fn flow_opened(&mut self, id: FlowId, transport: Transport, remote: SocketAddr) {
        if self.flows.contains_key(&id) {
            return;
        }
        if self.flows.len() >= FLOWS_MAX {
            self.outputs.push_back(Output::Sip(SipOutput::CloseFlow { flow: id }));
            return;
        }
        self.flows.insert(id, Flow::new(transport, remote));
    }

    /// A connection is gone; `None` when it was not known.
    pub fn flow_closed(&mut self, id: FlowId) -> Option<Flow> {
        let flow = self.flows.remove(&id)?;
        let to = (flow.transport, flow.remote);
        if self.outgoing.get(&to) == Some(&id) {
            self.outgoing.remove(&to);
        }
        Some(flow)
    }

    /// Ends a connection.
    pub fn close_flow(&mut self, id: FlowId) {
        self.outputs.push_back(Output::Sip(SipOutput::CloseFlow { flow: id }));
    }

    pub fn flow(&self, id: FlowId) -> Option<&Flow> {
        self.flows.get(&id)
    }

    pub fn flow_mut(&mut self, id: FlowId) -> Option<&mut Flow> {
        self.flows.get_mut(&id)
    }

    /// The connections of a source, but for WebSockets.
    pub fn flows_from(&self, source: IpAddr) -> Vec<FlowId> {
        let is_one = |flow: &Flow| {
            flow.remote.ip() == source && matches!(flow.transport, Transport::Tcp | Transport::Tls)
        };
        self.flows.iter().filter(|(_, flow)| is_one(flow)).map(|(id, _)| *id).collect()
    }

    pub fn flow_count(&self) -> usize {
        self.flows.len()
    }
}

impl Flow {
    fn new(transport: Transport, remote: SocketAddr) -> Self {
        Self { transport, remote, framer: StreamFramer::new(StreamLimits::default()) }
    }

    /// Cuts the stream.
    pub fn framer(&mut self) -> &mut StreamFramer {
        &mut self.framer
    }
}

/// Whether a connection of this kind is the only way to a phone at its far end: a browser can't be
/// called back, and a phone has no certificate that we could ask for.
pub(crate) fn is_only_way(transport: Transport) -> bool {
    match transport {
        Transport::Tls | Transport::Ws | Transport::Wss => true,
        Transport::Tcp | Transport::Udp => false,
    }
}
