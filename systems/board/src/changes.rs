//! Changes of the configuration: who waits for what became of them.

use std::collections::BTreeMap;

use model::{
    Dn,
    api::ApiId,
    config::{Change, ChangeRefusal, Difference, DnKind, Edit, Object, ObjectKind},
};

use crate::{Board, Cord, Output};

/// Who asked for a change.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// A request of the desk's.
    Desk(ApiId),
    /// The world outside, under its own number.
    World(u64),
}

/// Changes that the directory has not answered.
#[derive(Debug, Default)]
pub struct Changes {
    last: u64,
    waiting: BTreeMap<u64, By>,
}

/// What became of a change.
type Outcome = Result<(u64, Vec<Difference>), ChangeRefusal>;

impl Board {
    /// Where a change goes: to the directory, or back with what it would do or why it can't.
    pub(crate) fn change(&mut self, by: By, who: String, change: Change, is_plan: bool) -> Cord {
        let in_use = self.in_use(&change);
        if !in_use.is_empty() {
            return answer(by, Err(ChangeRefusal::Problems(in_use)));
        }
        if is_plan {
            let version = self.systems.directory.current().version;
            let plan = self.systems.directory.plan(change);
            return answer(by, plan.map(|differences| (version, differences)));
        }
        self.changes.last += 1;
        let reference = self.changes.last;
        self.changes.waiting.insert(reference, by);
        Cord::Directory(directory::Input::Change { reference, who, change })
    }

    pub(crate) fn answer_change(&mut self, reference: u64, outcome: Outcome) {
        if let Some(by) = self.changes.waiting.remove(&reference) {
            self.lay(answer(by, outcome));
        }
    }

    /// DNs that are to be deleted, or to be something else, and have a call: nobody's call is cut
    /// by a change.
    fn in_use(&self, change: &Change) -> Vec<String> {
        let site = self.systems.directory.current();
        let is_other = |dn: &Dn, new: &DnKind| {
            let old = site.dns.get(dn).map(|object| &object.kind);
            old.is_some_and(|old| std::mem::discriminant(old) != std::mem::discriminant(new))
        };
        let busy = change.edits.iter().filter_map(|edit| match edit {
            Edit::Delete(ObjectKind::Dn, name) => Some((Dn::from(name.as_str()), "delete")),
            Edit::Put(Object::Dn(dn, new)) if is_other(dn, &new.kind) => {
                Some((dn.clone(), "change the kind of"))
            }
            Edit::Delete(..) | Edit::Put(_) => None,
        });
        let text = |(dn, what): (Dn, &str)| {
            let call = self.systems.switch.call_of(&dn)?;
            Some(format!(
                "DN {dn}: it has a call ({call}); {what} it when the call is over, or end the call."
            ))
        };
        busy.filter_map(text).collect()
    }
}

fn answer(by: By, outcome: Outcome) -> Cord {
    match by {
        By::Desk(id) => Cord::Desk(desk::Input::Changed { id, outcome }),
        By::World(reference) => Cord::World(Output::Changed { reference, outcome }),
    }
}
