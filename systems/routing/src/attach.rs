//! The data that the router attaches to calls: the customer's, and those of its own choice.

use model::{
    Configuration, ConnId, Dn, KvList,
    config::{Customer, Person},
    request::{NoAnswer, NoAnswerAction},
};

use crate::{
    calls::Call,
    plan::{Plan, Team},
};

/// What is known of the caller; nothing when the number isn't known.
pub fn customer(configuration: &Configuration, ani: &str) -> KvList {
    match find_customer(configuration, ani) {
        Some(customer) => KvList::new()
            .with("customer_id", customer.id.as_str())
            .with("customer_name", customer.name.as_str())
            .with("account_type", customer.account_type.as_str())
            .with("call_reason", customer.reason.as_str())
            .with("CustomerSegment", customer.account_type.as_str()),
        None => KvList::new(),
    }
}

/// What reporting and desktops read of the choice, after what still waits to be attached.
pub fn target(
    call: &Call,
    conn: ConnId,
    plan: &Plan,
    (team, agent): (&Team, Option<&Person>),
) -> KvList {
    let mut pairs = call.attach.clone();
    pairs.update("RStrategyName", plan.strategy.as_str());
    if let Some(skills) = team.skills() {
        pairs.update("RRequestedSkillCombination", skills.to_string());
    }
    pairs.update("RTargetRequested", requested(call));
    pairs.update("RTargetObjectSelected", &*team.name);
    if let Some(agent) = agent {
        pairs.update("RTargetAgentSelected", agent.employee_id.as_str());
        if let Some(place) = &agent.place {
            pairs.update("RTargetPlaceSelected", place.as_str());
        }
    }
    name_stay(&mut pairs, call, conn, plan);
    pairs
}

/// The same for a call that is sent somewhere without choosing an agent.
pub fn goal(call: &Call, conn: ConnId, plan: &Plan, to: &Dn) -> KvList {
    let mut pairs = call.attach.clone();
    pairs.update("RStrategyName", plan.strategy.as_str());
    pairs.update("RTargetObjectSelected", to.as_str());
    name_stay(&mut pairs, call, conn, plan);
    pairs
}

/// What happens when nobody answers.
pub fn no_answer(plan: &Plan) -> NoAnswer {
    NoAnswer { timeout_s: plan.source.no_answer_s, action: NoAnswerAction::NotReady }
}

/// The call's stay in the virtual queue, by a number of its own.
fn name_stay(pairs: &mut KvList, call: &Call, conn: ConnId, plan: &Plan) {
    if plan.source.virtual_queue.is_some() {
        pairs.update("RVQID", format!("{conn}-{}", call.stays));
    }
}

/// Whom the call waited for, e.g. `?:Support > 5, Backup`.
pub fn requested(call: &Call) -> String {
    let names: Vec<&str> = call.teams.iter().map(|(team, _)| &*team.name).collect();
    names.join(", ")
}

/// By the number as it came, then by its digits, then without the country code of the North
/// American plan, which carriers add or leave out as they like.
fn find_customer<'a>(configuration: &'a Configuration, ani: &str) -> Option<&'a Customer> {
    let digits: String = ani.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix('1').filter(|rest| rest.len() == NANP_DIGITS);
    let known = |number: &str| configuration.customers.get(number);
    known(ani)
        .or_else(|| known(&digits))
        .or_else(|| known(&format!("+{digits}")))
        .or_else(|| known(national?))
}

/// Digits of a North American number without its country code.
const NANP_DIGITS: usize = 10;
