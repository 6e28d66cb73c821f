//! A strategy made ready to run.

use std::{collections::BTreeMap, sync::Arc};

use model::{Configuration, Dn, StrategyName, skill::SkillExpression};

/// What a strategy says, parsed.
#[derive(Debug)]
pub struct Plan {
    /// Its name.
    pub strategy: StrategyName,
    /// Who suits.
    pub skills: SkillExpression,
    /// The same as text; calls with equal texts wait in one line.
    pub text: Arc<str>,
    /// Where the call counts as waiting too.
    pub virtual_queue: Option<Dn>,
    /// Whether the customer's record is attached.
    pub attach_customer: bool,
    /// Seconds that an agent's phone rings.
    pub no_answer_s: u32,
    /// Whether the agent's part is recorded; `None`: as the phone's DN says.
    pub record: Option<bool>,
}

/// Every strategy that parses. The directory publishes no other; a call under one that does not
/// would wait, and `explain` would say why.
pub fn compile(configuration: &Configuration) -> BTreeMap<StrategyName, Arc<Plan>> {
    configuration
        .strategies
        .iter()
        .filter_map(|(name, strategy)| {
            let skills = SkillExpression::parse(&strategy.skills).ok()?;
            let plan = Plan {
                strategy: name.clone(),
                text: skills.to_string().into(),
                skills,
                virtual_queue: strategy.virtual_queue.clone(),
                attach_customer: strategy.attach_customer,
                no_answer_s: strategy.no_answer_s,
                record: strategy.record,
            };
            Some((name.clone(), Arc::new(plan)))
        })
        .collect()
}
