//! Agent groups: who is in them by name, and who by skill.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    UserName,
    config::{Person, Role},
    skill::{SkillExpression, SkillSyntax},
};

/// CfgAgentGroup. Its agents are those named and those whose skills satisfy the expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentGroup {
    /// For people.
    pub description: String,
    /// Agents by name.
    pub members: BTreeSet<UserName>,
    /// Agents by skill, e.g. `Support > 2`: a virtual agent group.
    pub skills: Option<String>,
    /// Who looks after them.
    pub supervisors: BTreeSet<UserName>,
}

impl AgentGroup {
    /// Who belongs to it, ready to be asked often.
    ///
    /// # Errors
    /// When `skills` is no expression; the directory publishes no such group.
    pub fn membership(&self) -> Result<Membership, SkillSyntax> {
        let skills = self.skills.as_deref().map(SkillExpression::parse).transpose()?;
        Ok(Membership { members: self.members.clone(), skills })
    }
}

/// Who belongs to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    members: BTreeSet<UserName>,
    skills: Option<SkillExpression>,
}

impl Membership {
    /// Whether a person is an agent of the group.
    #[must_use]
    pub fn has(&self, person: &Person) -> bool {
        let level = |skill: &str| person.skills.get(skill).copied().unwrap_or(0);
        let is_named = self.members.contains(&person.user_name);
        let is_skilled = || self.skills.as_ref().is_some_and(|skills| skills.holds(level));
        person.roles.contains(&Role::Agent) && (is_named || is_skilled())
    }
}
