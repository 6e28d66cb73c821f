//! A strategy made ready to run: its nested steps laid out one after the other, expressions read.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use model::{
    AgentId, Configuration, KvList, StrategyName,
    condition::{Condition, Fact},
    config::Strategy,
    id::GroupName,
    prompt::KeyEntry,
    skill::SkillExpression,
    strategy::{
        Callback, Choice, Collect, Goal, Menu, Pastime, Say, Step, Target, Voicemail, Webhook, Who,
    },
};

/// What a strategy says. Operations follow one another; jumps lead forward only, so every run
/// ends.
#[derive(Debug)]
pub struct Plan {
    /// Its name.
    pub strategy: StrategyName,
    /// What it was made of.
    pub source: Strategy,
    /// What to do, in order; behind the last one comes the default.
    pub ops: Vec<Op>,
    /// Where calls go that have been through all of it.
    pub default: Option<Goal>,
}

/// One operation.
#[derive(Clone, Debug)]
pub enum Op {
    /// User data to attach.
    Attach(KvList),
    /// Keep the caller's place.
    Callback(Callback),
    /// Ask for keys.
    Collect(Arc<Collect>),
    /// Go on there.
    Jump(usize),
    /// Say something.
    Play(Arc<[Say]>),
    /// Whom the call comes before from now on.
    Priority {
        /// Higher is served first.
        base: i64,
        /// What every minute of waiting adds.
        per_minute: i64,
    },
    /// Hang up.
    Release,
    /// Send the call there.
    Route(Goal),
    /// Wait for one of these.
    Target(Arc<Targeting>),
    /// Go on there unless this holds.
    Unless(Condition, usize),
    /// Record a message.
    Voicemail(Arc<Voicemail>),
    /// Ask a program, and go on there unless it fails.
    Webhook(Arc<Webhook>, usize),
}

impl Op {
    /// Whether calls that are under way can follow another in its place.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Jump(to), Self::Jump(other)) => to == other,
            (Self::Unless(_, to), Self::Unless(_, other)) => to == other,
            (Self::Webhook(_, to), Self::Webhook(_, other)) => to == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// The same, so many operations further on.
    fn moved(&self, by: impl Fn(usize) -> usize) -> Self {
        match self {
            Self::Jump(to) => Self::Jump(by(*to)),
            Self::Unless(condition, to) => Self::Unless(condition.clone(), by(*to)),
            Self::Webhook(webhook, to) => Self::Webhook(Arc::clone(webhook), by(*to)),
            Self::Attach(_)
            | Self::Callback(_)
            | Self::Collect(_)
            | Self::Play(_)
            | Self::Priority { .. }
            | Self::Release
            | Self::Route(_)
            | Self::Target(_)
            | Self::Voicemail(_) => self.clone(),
        }
    }
}

/// Whom a call waits for.
#[derive(Debug)]
pub struct Targeting {
    /// Who may take it, with the shares of those who may.
    pub to: Vec<(Wish, u32)>,
    /// Who of the free ones does.
    pub choose: Choice,
    /// Whether earlier wishes stay.
    pub keep: bool,
    /// Whether to pass on when nobody of these is logged in.
    pub only_if_logged_in: bool,
    /// How long, if not for good.
    pub timeout: Option<Duration>,
    /// What the caller hears in turn; nothing: music.
    pub while_waiting: Vec<Pastime>,
}

/// Who is wanted, as far as a strategy can say it without knowing the call.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Whoever had the caller last.
    LastAgent {
        /// How long ago at most.
        within: Duration,
    },
    /// These.
    Team(Arc<Team>),
}

/// Agents who are asked for under one name; calls that want the same team wait in one line.
#[derive(Debug)]
pub struct Team {
    /// Its name with its kind: a group may be called like an agent.
    pub key: Arc<str>,
    /// E.g. `?:Support > 0`, `Backup` or `5001`, as reporting reads it.
    pub name: Arc<str>,
    /// Who belongs to it.
    pub who: Members,
}

/// Who belongs to a team.
#[derive(Debug)]
pub enum Members {
    /// One agent.
    Agent(AgentId),
    /// An agent group's.
    Group(GroupName),
    /// Whose skills satisfy the expression.
    Skills(SkillExpression),
}

impl Team {
    /// The team of one agent.
    pub fn of_agent(agent: &AgentId) -> Self {
        Self {
            key: format!("{agent}.A").into(),
            name: agent.as_str().into(),
            who: Members::Agent(agent.clone()),
        }
    }

    fn of_group(name: &str) -> Self {
        Self {
            key: format!("{name}.GA").into(),
            name: name.into(),
            who: Members::Group(name.into()),
        }
    }

    /// A virtual group: every agent who satisfies the expression.
    pub fn of_skills(expression: &str) -> Option<Self> {
        let skills = SkillExpression::parse(expression).ok()?;
        let name: Arc<str> = format!("?:{skills}").into();
        Some(Self { key: Arc::clone(&name), name, who: Members::Skills(skills) })
    }

    /// The skill expression, when it is one.
    pub fn skills(&self) -> Option<&SkillExpression> {
        match &self.who {
            Members::Skills(skills) => Some(skills),
            Members::Agent(_) | Members::Group(_) => None,
        }
    }
}

/// Every strategy that can run. The directory publishes no other; a call under one that can't
/// would wait, and `explain` would say why. Those that are as before stay the same, so that calls
/// keep their place in them.
pub fn compile(
    configuration: &Configuration,
    before: &BTreeMap<StrategyName, Arc<Plan>>,
) -> BTreeMap<StrategyName, Arc<Plan>> {
    let strategies = configuration.strategies.iter();
    let plans = strategies.filter_map(|(name, strategy)| {
        let known = before.get(name).filter(|plan| plan.source == *strategy);
        let plan = known.cloned().or_else(|| Plan::new(name, strategy).map(Arc::new))?;
        Some((name.clone(), plan))
    });
    plans.collect()
}

impl Plan {
    /// Every team that is named in it.
    pub fn teams(&self) -> impl Iterator<Item = &Team> {
        let targets = self.ops.iter().filter_map(|op| match op {
            Op::Target(targeting) => Some(targeting),
            Op::Attach(_)
            | Op::Callback(_)
            | Op::Collect(_)
            | Op::Jump(_)
            | Op::Play(_)
            | Op::Priority { .. }
            | Op::Release
            | Op::Route(_)
            | Op::Unless(..)
            | Op::Voicemail(_)
            | Op::Webhook(..) => None,
        });
        targets.flat_map(|targeting| &targeting.to).filter_map(|(wish, _)| match wish {
            Wish::LastAgent { .. } => None,
            Wish::Team(team) => Some(&**team),
        })
    }

    /// Whether calls that are under way in this plan can go on in the other from where they are.
    pub fn is_like(&self, other: &Self) -> bool {
        self.ops.len() == other.ops.len()
            && self.ops.iter().zip(&other.ops).all(|(op, other)| op.is_like(other))
    }

    /// This plan with steps put in behind one of its operations; those before it are left out.
    pub fn with_steps_behind(&self, at: usize, steps: &[Step]) -> Option<Self> {
        let mut layout = Layout::default();
        layout.steps(steps)?;
        let first = at + 1;
        let mut ops = layout.ops;
        let put_in = ops.len();
        let moved = |to: usize| to.saturating_sub(first) + put_in;
        let rest = self.ops.get(first..).unwrap_or_default();
        let end = put_in + rest.len();
        for jump in layout.to_the_end {
            if let Some(Op::Jump(to)) = ops.get_mut(jump) {
                *to = end;
            }
        }
        ops.extend(rest.iter().map(|op| op.moved(moved)));
        Some(Self {
            strategy: self.strategy.clone(),
            source: self.source.clone(),
            ops,
            default: self.default.clone(),
        })
    }

    fn new(name: &StrategyName, strategy: &Strategy) -> Option<Self> {
        let mut layout = Layout::default();
        if strategy.steps.is_empty() {
            // The first form: one skill expression, and nothing after it.
            let team = Team::of_skills(&strategy.skills)?;
            layout.ops.push(Op::Target(Arc::new(Targeting {
                to: vec![(Wish::Team(Arc::new(team)), 1)],
                choose: Choice::LongestIdle,
                keep: false,
                only_if_logged_in: false,
                timeout: None,
                while_waiting: Vec::new(),
            })));
        } else {
            layout.steps(&strategy.steps)?;
        }
        Some(Self {
            strategy: name.clone(),
            source: strategy.clone(),
            ops: layout.finish(),
            default: strategy.default.clone(),
        })
    }
}

#[derive(Default)]
struct Layout {
    ops: Vec<Op>,
    /// Jumps behind the last operation, wherever that will be.
    to_the_end: Vec<usize>,
}

impl Layout {
    fn finish(mut self) -> Vec<Op> {
        let end = self.ops.len();
        for at in self.to_the_end {
            if let Some(Op::Jump(to)) = self.ops.get_mut(at) {
                *to = end;
            }
        }
        self.ops
    }

    fn steps(&mut self, steps: &[Step]) -> Option<()> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    /// `None` for an expression that can't be read.
    fn step(&mut self, step: &Step) -> Option<()> {
        match step {
            Step::Attach { user_data } => {
                let mut pairs = KvList::new();
                for (key, value) in user_data {
                    pairs.update(key.as_str(), value.as_str());
                }
                self.ops.push(Op::Attach(pairs));
            }
            Step::Branch { when, then, otherwise } => {
                let unless = self.unless(Condition::parse(when).ok()?);
                self.steps(then)?;
                let over = self.jump();
                self.lead_here(unless);
                self.steps(otherwise)?;
                self.lead_here(over);
            }
            Step::Callback(callback) => self.ops.push(Op::Callback(callback.clone())),
            Step::Collect(collect) => self.ops.push(Op::Collect(Arc::new(collect.clone()))),
            Step::Hours { calendar, closed } => {
                let unless = self.unless(Condition::is_so(Fact::Open(calendar.clone())));
                let over = self.jump();
                self.lead_here(unless);
                self.steps(closed)?;
                let end = self.jump();
                self.to_the_end.push(end);
                self.lead_here(over);
            }
            Step::Menu(menu) => self.menu(menu)?,
            Step::Play { prompt } => self.ops.push(Op::Play(prompt.as_slice().into())),
            Step::Priority { base, per_minute } => {
                self.ops.push(Op::Priority { base: *base, per_minute: *per_minute });
            }
            Step::Release => self.ops.push(Op::Release),
            Step::Route(goal) => self.ops.push(Op::Route(goal.clone())),
            Step::Target { to, choose, keep, only_if_logged_in, timeout_s, while_waiting } => {
                let to: Option<Vec<_>> = to.iter().map(wish).collect();
                self.ops.push(Op::Target(Arc::new(Targeting {
                    to: to?,
                    choose: *choose,
                    keep: *keep,
                    only_if_logged_in: *only_if_logged_in,
                    timeout: timeout_s.map(|seconds| Duration::from_secs(u64::from(seconds))),
                    while_waiting: while_waiting.clone(),
                })));
            }
            Step::Voicemail(voicemail) => {
                self.ops.push(Op::Voicemail(Arc::new(voicemail.clone())));
            }
            Step::Webhook(webhook) => {
                self.ops.push(Op::Webhook(Arc::new(webhook.clone()), 0));
                let asks = self.ops.len() - 1;
                self.steps(&webhook.failed)?;
                self.lead_here(asks);
            }
        }
        Some(())
    }

    /// Keys, and a way for each choice.
    fn menu(&mut self, menu: &Menu) -> Option<()> {
        let keys_max = menu.choices.keys().map(String::len).max().unwrap_or(1);
        let keys = KeyEntry {
            keys_max: u8::try_from(keys_max).ok()?,
            first_s: menu.first_s,
            ..KeyEntry::default()
        };
        self.ops.push(Op::Collect(Arc::new(Collect {
            prompt: menu.prompt.clone(),
            into: menu.into.clone(),
            keys,
            accept: menu.choices.keys().cloned().collect(),
            tries: menu.tries,
            invalid: menu.invalid.clone(),
        })));
        let mut over = Vec::new();
        for (choice, steps) in &menu.choices {
            let is_chosen = Condition::is_text(Fact::Data(menu.into.clone()), choice);
            let unless = self.unless(is_chosen);
            self.steps(steps)?;
            over.push(self.jump());
            self.lead_here(unless);
        }
        self.steps(&menu.otherwise)?;
        over.into_iter().for_each(|jump| self.lead_here(jump));
        Some(())
    }

    fn unless(&mut self, condition: Condition) -> usize {
        self.ops.push(Op::Unless(condition, 0));
        self.ops.len() - 1
    }

    fn jump(&mut self) -> usize {
        self.ops.push(Op::Jump(0));
        self.ops.len() - 1
    }

    fn lead_here(&mut self, at: usize) {
        let here = self.ops.len();
        if let Some(Op::Jump(to) | Op::Unless(_, to) | Op::Webhook(_, to)) = self.ops.get_mut(at) {
            *to = here;
        }
    }
}

fn wish(target: &Target) -> Option<(Wish, u32)> {
    let team = match &target.who {
        Who::Agent(agent) => Team::of_agent(agent),
        Who::Group(name) => Team::of_group(name),
        Who::LastAgent { within_days } => {
            let within = Duration::from_secs(u64::from(*within_days) * 24 * 3600);
            return Some((Wish::LastAgent { within }, target.weight));
        }
        Who::Skills(expression) => Team::of_skills(expression)?,
    };
    Some((Wish::Team(Arc::new(team)), target.weight))
}
