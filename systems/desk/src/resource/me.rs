//! `/api/v2/me`: the person, and the contact-centre session.

use model::{Now, config::Person, config::Role};
use serde_json::{Map, Value, json};
use wire_rest::{MeCommand, Problem, SkillLevel, User, read_me_operation};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
    site,
};

impl Desk {
    pub(crate) fn me(&self, now: Now, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let person =
            self.configuration.persons.get(&caller.user).ok_or_else(|| unknown("person"))?;
        let user = show_user(person, &caller.base);
        let mut user = match json!(user) {
            Value::Object(user) => user,
            other => return Ok(other),
        };
        let everything = [
            ("features", self.feature_list(caller)),
            ("devices", self.device_list(caller)),
            ("channels", self.channel_list(caller)),
            ("calls", self.call_list(now, caller)),
            ("settings", self.section_list(&caller.base)),
            ("skills", skills(person)),
            // Other media than voice are not offered: they are there, and empty.
            ("interactions", Vec::new()),
            ("chats", Vec::new()),
            ("workitems", Vec::new()),
            ("groups", Vec::new()),
        ];
        for (name, items) in everything {
            if ask.query.asks_for("subresources", name) {
                user.insert(name.into(), Value::Array(items));
            }
        }
        if !ask.query.asks_for("subresources", "skills") {
            user.insert("skills".into(), Value::Array(skills(person)));
        }
        let mut out = Map::new();
        out.insert("statusCode".into(), json!(0));
        out.insert("user".into(), Value::Object(user));
        // What was pushed with an older stamp is in here already.
        out.insert("serverGenerationTimestamp".into(), json!(self.stamp_ms));
        Ok(Value::Object(out))
    }

    pub(crate) fn me_operation(&mut self, now: Now, caller: Caller, ask: &Ask) {
        match read_me_operation(&ask.body) {
            Ok(MeCommand::End) => self.end_session(now, caller),
            Ok(MeCommand::Start(start)) => self.start_session(now, caller, start),
            Ok(MeCommand::State(command)) => self.set_state(now, caller, &command),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }
}

fn skills(person: &Person) -> Vec<Value> {
    person
        .skills
        .iter()
        .map(|(name, level)| json!(SkillLevel { name: name.to_string(), level: *level }))
        .collect()
}

fn show_user(person: &Person, base: &str) -> User {
    let id = site::user_id(&person.user_name);
    let path = format!("/users/{id}");
    User {
        id,
        user_name: person.user_name.to_string(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        email_address: String::new(),
        employee_id: person.employee_id.to_string(),
        roles: roles(person),
        enabled: true,
        change_password_on_first_login: false,
        uri: format!("{base}/api/v2{path}"),
        path,
    }
}

/// A person's roles in GWS's words.
pub(super) fn roles(person: &Person) -> Vec<&'static str> {
    let word = |role: &Role| match role {
        Role::Admin => "ROLE_ADMIN",
        Role::Agent => "ROLE_AGENT",
        Role::Supervisor => "ROLE_SUPERVISOR",
    };
    person.roles.iter().map(word).collect()
}
