//! What the desk derives from the configuration: who sits where, and ids that last.

use std::collections::BTreeMap;

use model::{AgentId, Configuration, Dn, UserName};
use sha2::{Digest, Sha256};

/// Lookups over one configuration.
#[derive(Debug, Default)]
pub(crate) struct Site {
    users_of_dn: BTreeMap<Dn, Vec<UserName>>,
    user_of_agent: BTreeMap<AgentId, UserName>,
}

impl Site {
    pub(crate) fn new(configuration: &Configuration) -> Self {
        let mut site = Self::default();
        for (user, person) in &configuration.persons {
            site.user_of_agent.insert(person.employee_id.clone(), user.clone());
            if let Some(dn) = configuration.dn_of(person) {
                site.users_of_dn.entry(dn.clone()).or_default().push(user.clone());
            }
        }
        site
    }

    /// The people whose place has this DN first: several when they work in shifts.
    pub(crate) fn users_of_dn(&self, dn: &Dn) -> &[UserName] {
        self.users_of_dn.get(dn).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn user_of_agent(&self, agent: &AgentId) -> Option<&UserName> {
        self.user_of_agent.get(agent)
    }
}

/// A person's id: the same after every start.
pub(crate) fn user_id(user: &UserName) -> String {
    hex(&digest("user", user.as_str()))
}

/// A device's id: the same after every start, written as a UUID.
pub(crate) fn device_id(dn: &Dn) -> String {
    let mut bytes = digest("device", dn.as_str());
    // RFC 9562 5.8: version 8 is for ids derived in one's own way.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex(&bytes);
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

fn digest(kind: &str, name: &str) -> [u8; 16] {
    let whole = Sha256::new().chain_update(kind).chain_update([0]).chain_update(name).finalize();
    let mut half = [0; 16];
    half.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    half
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
