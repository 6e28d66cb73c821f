//! From the switch's events to the messages that people's browsers are sent.

use std::sync::Arc;

use model::{
    AgentId, Capabilities, ConnId, Dn, Event, EventName, KvList, Now, Origin, UserName,
    config::Role, error::Refusal,
};
use serde_json::{Value, json};
use wire_rest::{
    CallMessage, CallWord, DeviceMessage, ErrorMessage, LevelsMessage, NotificationType,
    StateMessage,
};

use crate::{
    Desk, site,
    view::{CallView, Change},
};

/// Channels that messages are sent on.
pub(crate) const CALLS: &str = "/v2/me/calls";
pub(crate) const LEVELS: &str = "/v2/me/calls/levels";
pub(crate) const DEVICES: &str = "/v2/me/devices";
pub(crate) const STATISTICS: &str = "/v2/statistics";
pub(crate) const STATE: &str = "/v2/me/state";
pub(crate) const USERS: &str = "/v2/users";

impl Desk {
    pub(crate) fn event(&mut self, now: Now, event: &Event) {
        self.stamp_ms = self.stamp_ms.max(event.at.unix_ms());
        let at_ms = event.at.unix_ms();
        let change = self.views.apply(event);
        if let Some((Origin::Desk, reference)) = event.reference {
            self.event_of_request(event, reference);
        }
        match change {
            Change::Agent => {
                self.push_device(now, &event.this_dn, at_ms);
                self.push_state(now, event, at_ms);
            }
            Change::Call { call, news } => {
                self.push_call(now, event, &call, news);
                self.push_watched(now, event, &call);
                if call.state == CallWord::Released {
                    self.call_ended(now, &event.this_dn);
                }
            }
            // The new one first: there is no moment without a call.
            Change::Moved { call, old } => {
                self.push_call(now, event, &call, NotificationType::StatusChange);
                self.push_call(now, event, &old, NotificationType::StatusChange);
            }
            Change::None => {}
            Change::Phone => self.push_device(now, &event.this_dn, at_ms),
        }
    }

    /// What may be asked of a call changed without an event of that call.
    pub(crate) fn offered(&mut self, now: Now, dn: &Dn, conn: ConnId, capabilities: Capabilities) {
        self.stamp_ms = self.stamp_ms.max(now.unix_ms());
        if let Some(call) = self.views.offered(dn, conn, capabilities) {
            self.push_call_as_is(now, dn, &call);
        }
    }

    /// How loud everybody in a conference is. Whoever is behind is told the next time.
    pub(crate) fn speakers(&mut self, now: Now, dn: &Dn, conn: ConnId, levels: &[(Dn, u8)]) {
        let Some(view) = self.views.view(dn) else { return };
        let Some(call) = view.calls().iter().find(|call| call.conn == conn) else { return };
        let message = LevelsMessage { call_id: call.uuid.as_str(), levels, at_ms: now.unix_ms() };
        let message: Arc<str> = wire_bayeux::event(LEVELS, &message.to_json()).into();
        for user in self.talkers(dn) {
            for (key, _) in self.bayeux.subscribers(&user, LEVELS) {
                if !self.bayeux.is_behind(&key) {
                    self.deliver(now, &key, Arc::clone(&message));
                }
            }
        }
    }

    /// A supervisor's call changes the device that says so, and the call that is heard.
    fn push_watched(&mut self, now: Now, event: &Event, call: &CallView) {
        if !call.is_watching {
            return;
        }
        let heard = if call.state == CallWord::Released {
            self.views.unwatch(call.conn)
        } else if event.name == EventName::Established {
            self.views.watch(&event.this_dn, call.conn)
        } else {
            None
        };
        self.push_device(now, &event.this_dn, event.at.unix_ms());
        if let Some((dn, call)) = heard {
            self.push_call_as_is(now, &dn, &call);
        }
    }

    fn push_call(&mut self, now: Now, event: &Event, call: &CallView, news: NotificationType) {
        // As GWS: a change of user data carries none.
        let has_extensions = news != NotificationType::AttachedDataChanged;
        let extensions = has_extensions.then_some(&event.extensions);
        self.push_call_at((now, event.at), &event.this_dn, call, (news, extensions));
    }

    fn push_call_as_is(&mut self, now: Now, dn: &Dn, call: &CallView) {
        self.push_call_at((now, now), dn, call, (NotificationType::StatusChange, None));
    }

    fn push_call_at(
        &mut self,
        (now, at): (Now, Now),
        dn: &Dn,
        call: &CallView,
        (notification, extensions): (NotificationType, Option<&KvList>),
    ) {
        let Some(view) = self.views.view(dn) else { return };
        let mut shown = call.show(at, &view.device, "", view.calls());
        // The message has them itself, as GWS does.
        shown.extensions = KvList::new();
        for user in self.talkers(dn) {
            self.push(now, &user, CALLS, |base| {
                let mut call = shown.clone();
                let links = [&mut call.parent_call_uri, &mut call.consult_call_uri];
                let links = links.into_iter().flatten();
                for uri in links.chain([&mut call.uri, &mut call.device_uri]) {
                    uri.insert_str(0, base);
                }
                let message = CallMessage {
                    notification,
                    call: &call,
                    phone_number: dn.as_str(),
                    extensions,
                    at_ms: at.unix_ms(),
                };
                message.to_json()
            });
        }
    }

    /// Who is told of calls at a DN: the agent who is logged in there, else those whose DN it is.
    fn talkers(&self, dn: &Dn) -> Vec<UserName> {
        let agent = self.views.view(dn).and_then(|view| view.agent());
        match agent.and_then(|agent| self.site.user_of_agent(agent)) {
            Some(user) => vec![user.clone()],
            None => self.site.users_of_dn(dn).to_vec(),
        }
    }

    fn push_device(&mut self, now: Now, dn: &Dn, at_ms: u64) {
        for user in self.site.users_of_dn(dn).to_vec() {
            let Some(agent) = self.agent_id(&user) else { continue };
            let Some(view) = self.views.view(dn) else { return };
            let shown = view.show(&agent, "", self.may_monitor(&user));
            self.push(now, &user, DEVICES, |base| {
                let mut device = shown.clone();
                device.uri.insert_str(0, base);
                let monitoring = device.supervisor_monitoring_state.as_mut();
                if let Some(uri) = monitoring.and_then(|here| here.target_device_uri.as_mut()) {
                    uri.insert_str(0, base);
                }
                DeviceMessage { device: &device, at_ms }.to_json()
            });
        }
    }

    fn push_state(&mut self, now: Now, event: &Event, at_ms: u64) {
        let Some(agent) = event.agent.as_ref().map(|agent| agent.agent.clone()) else { return };
        let Some(user) = self.site.user_of_agent(&agent).cloned() else { return };
        let Some(view) = self.views.view(&event.this_dn) else { return };
        let state = view.state_word(&agent);
        let user_state = view.show(&agent, "", false).user_state;
        let data = StateMessage { state, user_state: &user_state, at_ms }.to_json();
        self.push(now, &user, STATE, |_| data.clone());

        let configuration = Arc::clone(&self.configuration);
        let Some(person) = configuration.persons.get(&user) else { return };
        let data = json!({
            "messageType": "UserStateChangeMessage",
            "user": {
                "id": site::user_id(&user),
                "userName": user,
                "firstName": person.first_name,
                "lastName": person.last_name,
                "phoneNumber": event.this_dn,
                "userState": user_state,
            },
            "metrics": {"eventProcessing": {"serverGenerationTimestamp": at_ms}},
        });
        for supervisor in self.bayeux.listeners_to(USERS) {
            if self.is_supervisor(&supervisor) {
                self.push(now, &supervisor, USERS, |_| data.clone());
            }
        }
    }

    /// Something that had been accepted came to nothing.
    pub(crate) fn push_error(&mut self, now: Now, user: &UserName, dn: &Dn, refusal: &Refusal) {
        let Some(view) = self.views.view(dn) else { return };
        let path = format!("/devices/{}", view.device);
        let at_ms = now.unix_ms();
        self.push(now, user, DEVICES, |base| {
            let message = ErrorMessage {
                device_path: &path,
                device_uri: &format!("{base}/api/v2{path}"),
                error_code: refusal.error.as_str(),
                message: &refusal.message,
                at_ms,
            };
            message.to_json()
        });
    }

    /// Sends one message to each of a person's subscribed clients; `data` is made once for each
    /// address under which they know the server.
    pub(crate) fn push(
        &mut self,
        now: Now,
        user: &UserName,
        channel: &str,
        data: impl Fn(&str) -> Value,
    ) {
        let mut made: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for (key, base) in self.bayeux.subscribers(user, channel) {
            let message = match made.iter().find(|(known, _)| *known == base) {
                Some((_, message)) => Arc::clone(message),
                None => {
                    let message: Arc<str> = wire_bayeux::event(channel, &data(&base)).into();
                    made.push((base, Arc::clone(&message)));
                    message
                }
            };
            self.deliver(now, &key, message);
        }
    }

    pub(crate) fn agent_id(&self, user: &UserName) -> Option<AgentId> {
        self.configuration.persons.get(user).map(|person| person.employee_id.clone())
    }

    /// Whether a person may hear others' calls.
    pub(crate) fn may_monitor(&self, user: &UserName) -> bool {
        let person = self.configuration.persons.get(user);
        person.is_some_and(|person| person.roles.contains(&Role::Supervisor))
    }

    pub(crate) fn is_supervisor(&self, user: &UserName) -> bool {
        let person = self.configuration.persons.get(user);
        person
            .is_some_and(|p| p.roles.contains(&Role::Supervisor) || p.roles.contains(&Role::Admin))
    }
}
