//! The data that the router attaches to calls: the customer's, and those of its own choice.

use model::{
    Configuration, ConnId, KvList,
    config::{Customer, Person},
};

use crate::{calls::Call, plan::Plan};

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
pub fn target(call: &Call, conn: ConnId, plan: &Plan, agent: Option<&Person>) -> KvList {
    let mut pairs = call.attach.clone();
    pairs.update("RStrategyName", plan.strategy.as_str());
    pairs.update("RRequestedSkillCombination", &*plan.text);
    // A virtual group: every agent who satisfies the expression.
    pairs.update("RTargetRequested", format!("?:{}", plan.text));
    pairs.update("RTargetObjectSelected", format!("?:{}", plan.text));
    if let Some(agent) = agent {
        pairs.update("RTargetAgentSelected", agent.employee_id.as_str());
        if let Some(place) = &agent.place {
            pairs.update("RTargetPlaceSelected", place.as_str());
        }
    }
    if plan.virtual_queue.is_some() {
        pairs.update("RVQID", format!("{conn}-{}", call.stays));
    }
    pairs
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
