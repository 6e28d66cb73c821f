//! `/api/v2/contacts`: finding people of the site.

use model::config::Person;
use serde_json::{Value, json};
use wire_rest::{Contact, PhoneNumber, Problem, Query};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
    site,
};

impl Desk {
    pub(crate) fn contacts(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let found = self.configuration.persons.values().filter(|p| self.fits(p, &ask.query));
        let contacts: Vec<Value> =
            found.map(|person| json!(self.show_contact(person, &caller.base))).collect();
        // Contacts have no resource of their own to read one by one from a list of addresses, so
        // a search gives them whole even without `fields`.
        let fields = if ask.query.value("fields").is_some() { "" } else { "fields=*" };
        let whole = Query::read(fields);
        let query = if fields.is_empty() { &ask.query } else { &whole };
        Ok(Value::Object(query.collection("contacts", contacts)))
    }

    pub(crate) fn contact(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let person = self
            .configuration
            .persons
            .values()
            .find(|p| site::user_id(&p.user_name) == ask.param || p.user_name.as_str() == ask.param)
            .ok_or_else(|| unknown("contact"))?;
        Ok(json!({"statusCode": 0, "contact": self.show_contact(person, &caller.base)}))
    }

    /// Different parameters must all fit; one parameter fits any of a person's names or numbers.
    fn fits(&self, person: &Person, query: &Query) -> bool {
        let names = [&person.first_name, &person.last_name, &person.full_name()]
            .map(|name| name.to_lowercase());
        let user_name = person.user_name.as_str().to_lowercase();
        let number = self.configuration.dn_of(person).map(|dn| dn.as_str().to_owned());
        let is_name = |pattern: &str| {
            names.iter().any(|name| glob(pattern, name)) || glob(pattern, &user_name)
        };
        let is_number = |pattern: &str| number.as_deref().is_some_and(|n| glob(pattern, n));
        let asked = |name: &str| query.value(name).map(str::to_lowercase);
        asked("name").is_none_or(|pattern| is_name(&pattern) || is_number(&pattern))
            && asked("phoneNumber").is_none_or(|pattern| is_number(&pattern))
            && asked("type").is_none_or(|kind| kind == "user")
            && asked("filterParameters").is_none_or(|text| {
                let pattern = format!("*{text}*");
                is_name(&pattern) || is_number(&pattern)
            })
    }

    fn show_contact(&self, person: &Person, base: &str) -> Contact {
        let id = site::user_id(&person.user_name);
        let path = format!("/contacts/{id}");
        let numbers = self.configuration.dn_of(person).map(|dn| PhoneNumber {
            phone_number: dn.to_string(),
            description: String::new(),
            switch_name: self.configuration.switch.name.clone(),
        });
        Contact {
            id,
            name: person.full_name(),
            r#type: "User",
            user_name: person.user_name.to_string(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            employee_id: person.employee_id.to_string(),
            email_address: String::new(),
            phone_numbers: numbers.into_iter().collect(),
            business_units: Vec::new(),
            roles: super::me::roles(person),
            uri: format!("{base}/api/v2{path}"),
            path,
        }
    }
}

/// Whether `text` is of a form in which `*` stands for anything. Takes time in proportion to both
/// lengths at most: after each piece found, nothing before it is looked at again.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match left.find(piece).and_then(|at| left.get(at + piece.len()..)) {
            Some(behind) => left = behind,
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(glob("agent5001", "agent5001") && !glob("agent", "agent5001"));
        assert!(glob("*", "") && glob("*5001", "agent5001") && glob("ag*50*1", "agent5001"));
        assert!(!glob("a*a", "a") && !glob("*x*", "agent5001") && glob("**", "a"));
    }
}
