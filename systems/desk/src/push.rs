//! From the switch's events to the messages that people's browsers are sent.

use std::sync::Arc;

use model::{AgentId, Dn, Event, KvList, Now, UserName, config::Role, error::Refusal};
use serde_json::{Value, json};
use wire_rest::{
    CallMessage, CallWord, DeviceMessage, ErrorMessage, NotificationType, StateMessage,
};

use crate::{
    Desk, site,
    view::{CallView, Change},
};

/// Channels that messages are sent on.
pub(crate) const CALLS: &str = "/v2/me/calls";
pub(crate) const DEVICES: &str = "/v2/me/devices";
pub(crate) const STATE: &str = "/v2/me/state";
pub(crate) const USERS: &str = "/v2/users";

impl Desk {
    pub(crate) fn event(&mut self, now: Now, event: &Event) {
        self.stamp_ms = self.stamp_ms.max(event.at.unix_ms());
        let at_ms = event.at.unix_ms();
        match self.views.apply(event) {
            Change::Agent => {
                self.push_device(now, &event.this_dn, at_ms);
                self.push_state(now, event, at_ms);
            }
            Change::Call { call, news } => {
                self.push_call(now, event, &call, news);
                if call.state == CallWord::Released {
                    self.call_ended(now, &event.this_dn);
                }
            }
            Change::None => {}
            Change::Phone => self.push_device(now, &event.this_dn, at_ms),
        }
    }

    fn push_call(&mut self, now: Now, event: &Event, call: &CallView, news: NotificationType) {
        let Some(view) = self.views.view(&event.this_dn) else { return };
        let device = view.device.clone();
        // As GWS: a change of user data carries none.
        let has_extensions = news != NotificationType::AttachedDataChanged;
        for user in self.talkers(&event.this_dn) {
            self.push(now, &user, CALLS, |base| {
                let mut shown = call.show(event.at, &device, base);
                // The message has them itself, as GWS does.
                shown.extensions = KvList::new();
                let message = CallMessage {
                    notification: news,
                    call: &shown,
                    phone_number: event.this_dn.as_str(),
                    extensions: has_extensions.then_some(&event.extensions),
                    at_ms: event.at.unix_ms(),
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
            let shown = view.show(&agent, "");
            self.push(now, &user, DEVICES, |base| {
                let mut device = shown.clone();
                device.uri = format!("{base}{}", device.uri);
                DeviceMessage { device: &device, at_ms }.to_json()
            });
        }
    }

    fn push_state(&mut self, now: Now, event: &Event, at_ms: u64) {
        let Some(agent) = event.agent.as_ref().map(|agent| agent.agent.clone()) else { return };
        let Some(user) = self.site.user_of_agent(&agent).cloned() else { return };
        let Some(view) = self.views.view(&event.this_dn) else { return };
        let state = view.state_word(&agent);
        let user_state = view.show(&agent, "").user_state;
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
    fn push(&mut self, now: Now, user: &UserName, channel: &str, data: impl Fn(&str) -> Value) {
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

    pub(crate) fn is_supervisor(&self, user: &UserName) -> bool {
        let person = self.configuration.persons.get(user);
        person
            .is_some_and(|p| p.roles.contains(&Role::Supervisor) || p.roles.contains(&Role::Admin))
    }
}
