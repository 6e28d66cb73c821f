//! How events get their call, their agent and their capabilities.

use model::{Capabilities, ConnId, Dn, Now};

use crate::{
    Switch,
    call::{Call, PartyId},
    outbox::Draft,
};

impl Switch {
    /// An event of a call at a DN that has a part in it.
    pub(crate) fn say(&mut self, now: Now, conn: ConnId, draft: Draft<'_>) {
        let Some(call) = self.calls.get(&conn) else { return };
        let capabilities = self.capabilities(call, draft.dn);
        let dn = draft.dn.clone();
        self.out.call_event(now, call, &self.dns, capabilities, draft);
        self.offered.insert((dn.clone(), conn), capabilities);
        self.touched.insert(dn);
        self.touch(conn);
    }

    /// A DN's last event of a call.
    pub(crate) fn say_last(&mut self, now: Now, conn: ConnId, draft: Draft<'_>) {
        let Some(call) = self.calls.get(&conn) else { return };
        self.offered.remove(&(draft.dn.clone(), conn));
        self.out.call_event(now, call, &self.dns, Capabilities::NONE, draft);
        self.touch(conn);
    }

    /// An event of a call that has ended.
    pub(crate) fn say_of_ended(&mut self, now: Now, call: &Call, draft: Draft<'_>) {
        self.offered.remove(&(draft.dn.clone(), call.conn));
        self.touched.insert(draft.dn.clone());
        self.out.call_event(now, call, &self.dns, Capabilities::NONE, draft);
    }

    /// Everybody who hears of a call: its DNs and the route point that has it.
    pub(crate) fn told_dns(&self, conn: ConnId) -> Vec<Dn> {
        self.calls.get(&conn).map(|call| call.told().cloned().collect()).unwrap_or_default()
    }

    /// The DNs of ours who have a part in a call, its route point left out.
    pub(crate) fn party_dns(&self, conn: ConnId) -> Vec<Dn> {
        let Some(call) = self.calls.get(&conn) else { return Vec::new() };
        call.parties.iter().filter(|party| party.is_told()).map(|party| party.dn.clone()).collect()
    }

    /// The party's own number for good.
    pub(crate) fn id_of(&self, conn: ConnId, dn: &Dn) -> Option<PartyId> {
        Some(self.calls.get(&conn)?.ours(dn)?.id)
    }

    /// What changes in a call may change what each of its DNs may ask of all of its calls.
    pub(crate) fn touch(&mut self, conn: ConnId) {
        if let Some(call) = self.calls.get(&conn) {
            let ours = call.parties.iter().filter(|party| party.is_ours());
            self.touched.extend(ours.map(|party| party.dn.clone()));
        }
    }

    /// Once an input is dealt with: supervisors who are free again join, recordings follow, phones
    /// show what became of their calls, and capabilities that changed without an event of their
    /// call are told.
    pub(crate) fn finish(&mut self, now: Now) {
        self.watch_again(now);
        for conn in std::mem::take(&mut self.patched) {
            self.mind_tapes(now, conn);
        }
        for dn in std::mem::take(&mut self.touched) {
            self.show_held(&dn);
            for conn in self.dns.calls(&dn).to_vec() {
                let Some(call) = self.calls.get(&conn).filter(|call| call.has_part(&dn)) else {
                    continue;
                };
                let now = self.capabilities(call, &dn);
                let key = (dn.clone(), conn);
                // Nothing was told of the call yet: its first event will.
                if self.offered.get(&key).is_some_and(|before| *before != now) {
                    self.offered.insert(key, now);
                    self.out.capabilities(&dn, conn, now);
                }
            }
        }
    }
}
