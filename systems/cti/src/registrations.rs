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
        if let Some(owner) = self.owner(dn).filter(|owner| *owner != client) {
            return Err(Obstacle::IsPrivate(owner));
        }
        let others = self.listeners(dn).filter(|other| *other != client).count();
        if mode == RegisterMode::Private && others > 0 {
            return Err(Obstacle::IsShared(others));
        }
        self.0.entry(dn.clone()).or_default().insert(client, mode);
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

    /// Who has a DN for itself.
    pub fn owner(&self, dn: &Dn) -> Option<ClientId> {
        let mut known = self.0.get(dn)?.iter();
        known.find(|(_, mode)| **mode == RegisterMode::Private).map(|(client, _)| *client)
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
