//! The four requests that change a call's user data. Every party may, at any stage.

use std::sync::Arc;

use model::{Capability, ConnId, Dn, DnRole, EventName, KvList, Now, TError, error::Refusal};

use crate::{Switch, outbox::Draft, request::Asker};

impl Switch {
    /// Adds pairs, also under keys that are there.
    pub(crate) fn attach_user_data(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
        user_data: KvList,
    ) -> Result<(), Refusal> {
        self.change_user_data(now, asker, dn, conn, |list| {
            for (key, value) in user_data {
                list.attach(key, value);
            }
        })
    }

    /// Replaces pairs or adds them.
    pub(crate) fn update_user_data(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
        user_data: KvList,
    ) -> Result<(), Refusal> {
        self.change_user_data(now, asker, dn, conn, |list| {
            for (key, value) in user_data {
                list.update(key, value);
            }
        })
    }

    /// Removes the pairs under one key; a key that isn't there is as good as removed.
    pub(crate) fn delete_pair(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
        key: &str,
    ) -> Result<(), Refusal> {
        self.change_user_data(now, asker, dn, conn, |list| {
            list.delete(key);
        })
    }

    /// Removes all pairs.
    pub(crate) fn delete_user_data(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        self.change_user_data(now, asker, dn, conn, |list| *list = KvList::new())
    }

    fn change_user_data(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
        change: impl FnOnce(&mut KvList),
    ) -> Result<(), Refusal> {
        let call = self.allow(Capability::AttachUserData, dn, conn)?;
        let role = call.ours(dn).map_or(DnRole::Destination, |party| party.role);
        let mut user_data = KvList::clone(&call.user_data);
        change(&mut user_data);
        check_user_data(&user_data)?;
        self.out.accept(asker.id);
        let Some(call) = self.calls.get_mut(&conn) else { return Ok(()) };
        call.user_data = Arc::new(user_data);
        for party in self.told_dns(conn) {
            let draft = Draft::new(EventName::AttachedDataChanged, &party)
                .third(dn, role)
                .reference(Some(asker.id));
            self.say(now, conn, draft);
        }
        Ok(())
    }
}

/// Whether a call may have this user data.
pub fn check_user_data(user_data: &KvList) -> Result<(), Refusal> {
    let (pairs, bytes) = user_data.weight();
    if pairs > USER_DATA_PAIRS_MAX || bytes > USER_DATA_BYTES_MAX {
        return Err(Refusal::new(
            TError::InvalidAttribute,
            format!(
                "The call's user data would have {pairs} pairs with {bytes} bytes; at most \
                 {USER_DATA_PAIRS_MAX} pairs with {USER_DATA_BYTES_MAX} bytes are allowed. Delete \
                 pairs that are no longer needed."
            ),
        ));
    }
    let depth = user_data.depth();
    if depth > USER_DATA_DEPTH_MAX {
        return Err(Refusal::new(
            TError::InvalidAttribute,
            format!(
                "The call's user data would have lists in lists to a depth of {depth}; at most \
                 {USER_DATA_DEPTH_MAX} are allowed. Put the pairs side by side."
            ),
        ));
    }
    Ok(())
}

/// Pairs of one call on all levels.
const USER_DATA_PAIRS_MAX: usize = 512;
/// Bytes of one call's keys and texts.
const USER_DATA_BYTES_MAX: usize = 64 * 1024;
/// Lists in lists: programs of clients read no deeper than some dozen levels.
const USER_DATA_DEPTH_MAX: usize = 16;
