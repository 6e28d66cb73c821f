//! `/api/v2/me/devices` and the phone behind the one device of a person.

use model::{AgentId, Now, UserName, config::DnKind};
use serde_json::{Value, json};
use wire_rest::{Phone, Problem, Setting};

use crate::{
    Desk, TurnAccess,
    dispatch::{Ask, unknown},
    http::Caller,
    view::DnView,
};

impl Desk {
    /// The DN of a person, with the agent that he or she is.
    pub(crate) fn own_view(&self, user: &UserName) -> Option<(&DnView, AgentId)> {
        let person = self.configuration.persons.get(user)?;
        let dn = self.configuration.dn_of(person)?;
        Some((self.views.view(dn)?, person.employee_id.clone()))
    }

    pub(crate) fn device_list(&self, caller: &Caller) -> Vec<Value> {
        let own = self.own_view(&caller.user);
        let may = self.may_monitor(&caller.user);
        own.iter().map(|(view, agent)| json!(view.show(agent, &caller.base, may))).collect()
    }

    pub(crate) fn devices(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        Ok(Value::Object(ask.query.collection("devices", self.device_list(caller))))
    }

    pub(crate) fn device_read(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let (view, agent) = self.own_device(caller, ask)?;
        let may = self.may_monitor(&caller.user);
        Ok(json!({"statusCode": 0, "device": view.show(&agent, &caller.base, may)}))
    }

    pub(crate) fn device_calls(
        &self,
        now: Now,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<Value, Problem> {
        self.own_device(caller, ask)?;
        self.calls(now, caller, ask)
    }

    /// The DN's `TServer` section.
    pub(crate) fn device_settings(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let (view, _) = self.own_device(caller, ask)?;
        let has_talk = match self.configuration.dns.get(&view.dn).map(|dn| &dn.kind) {
            Some(DnKind::Extension { cti_control, .. }) => *cti_control,
            Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue) | None => false,
        };
        let setting =
            |name: &str, value: &str| json!(Setting { name: name.to_owned(), value: json!(value) });
        let settings = [
            setting("contact", "*"),
            setting("sip-cti-control", if has_talk { "talk" } else { "" }),
        ];
        Ok(json!({"statusCode": 0, "settings": settings}))
    }

    /// What a browser's phone needs to register the person's DN.
    pub(crate) fn phone_settings(&self, now: Now, caller: &Caller) -> Result<Value, Problem> {
        let person = self.configuration.persons.get(&caller.user);
        let (person, dn) = person
            .and_then(|person| Some((person, self.configuration.dn_of(person)?)))
            .ok_or_else(|| unknown("phone of yours"))?;
        let password = match self.configuration.dns.get(dn).map(|dn| &dn.kind) {
            Some(DnKind::Extension { password, .. }) => password.clone().unwrap_or_default(),
            Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue) | None => {
                return Err(unknown("phone of yours"));
            }
        };
        let phone = Phone {
            dn: dn.to_string(),
            sip_uri: format!("sip:{dn}@{}", self.configuration.switch.domain),
            authorization_user: dn.to_string(),
            password,
            websocket_path: "/ws",
            ice_servers: self.ice_servers(now, caller),
            display_name: person.full_name(),
        };
        Ok(json!({"statusCode": 0, "phone": phone}))
    }

    /// TURN by UDP, by TCP, and hidden in TLS: the browser takes whatever passes.
    fn ice_servers(&self, now: Now, caller: &Caller) -> Vec<Value> {
        let Some(turn) = &self.settings.turn else { return Vec::new() };
        let until = (now.unix + turn.lifetime).as_secs();
        let username = format!("{until}:{}", caller.user);
        let credential = wire_stun::password(&turn.secret, &username);
        let urls = match turn.urls.as_slice() {
            [] => own_turn(&caller.base, turn),
            urls => urls.to_vec(),
        };
        vec![json!({ "urls": urls, "username": username, "credential": credential })]
    }

    /// `{id}` is the device's id or its number.
    pub(super) fn own_device(
        &self,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<(&DnView, AgentId), Problem> {
        self.own_view(&caller.user)
            .filter(|(view, _)| view.device == ask.param || view.dn.as_str() == ask.param)
            .ok_or_else(|| unknown("device of yours"))
    }
}

/// Our own server, by the name under which the browser found us.
fn own_turn(base: &str, turn: &TurnAccess) -> Vec<String> {
    let (scheme, place) = base.split_once("://").unwrap_or(("", base));
    // The colons of an IPv6 address stand in brackets.
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (place, None),
    };
    let https = match scheme {
        "https" => port.unwrap_or(443),
        _ => turn.https_port,
    };
    vec![
        format!("turn:{host}:{}?transport=udp", turn.port),
        format!("turn:{host}:{}?transport=tcp", turn.port),
        format!("turns:{host}:{https}?transport=tcp"),
    ]
}
