//! Who has registered which DN, and with what rights.

use std::collections::BTreeMap;

use model::{ClientId, Dn, tserver::RegisterMode};

/// Every registration.
#[derive(Debug, Default)]
pub struct Registrations(BTreeMap<Dn, BTreeMap<ClientId, RegisterMode>>);

/// Why a DN can't be registered so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// This client has it for itself.
    IsPrivate(ClientId),
    /// It is to be private, and so many others have it.
    IsShared(usize),
}

impl Registrations {
    /// Registers, or changes the mode.
    pub fn register(
        &mut self,
        client: ClientId,
        dn: &Dn,
        mode: RegisterMode,
    ) -> Result<(), Obstacle> {
        let known = self.0.entry(dn.clone()).or_default();
        let mut others = known.iter().filter(|(other, _)| **other != client).peekable();
        if others.peek().is_some() {
            if let Some((owner, _)) = others.find(|(_, mode)| **mode == RegisterMode::Private) {
                return Err(Obstacle::IsPrivate(*owner));
            }
            if mode == RegisterMode::Private {
                let is_known = known.contains_key(&client);
                return Err(Obstacle::IsShared(known.len() - usize::from(is_known)));
            }
        }
        known.insert(client, mode);
        Ok(())
    }

    /// Forgets a registration.
    pub fn unregister(&mut self, client: ClientId, dn: &Dn) {
        if let Some(known) = self.0.get_mut(dn) {
            known.remove(&client);
            if known.is_empty() {
                self.0.remove(dn);
            }
        }
    }

    /// With what rights a client has a DN, if it has.
    pub fn mode(&self, client: ClientId, dn: &Dn) -> Option<RegisterMode> {
        self.0.get(dn)?.get(&client).copied()
    }

    /// Who is sent a DN's events.
    pub fn listeners(&self, dn: &Dn) -> impl Iterator<Item = ClientId> {
        self.0.get(dn).into_iter().flat_map(|known| known.keys().copied())
    }

    /// How many DNs are registered by anybody.
    pub fn dns(&self) -> usize {
        self.0.len()
    }
}
