//! Strategies, step by step: each slip is told with the way to its step, e.g.
//! `steps[1].branch.then[0]`.

use model::{
    Configuration,
    condition::{Condition, Fact},
    prompt::{KEYS_MAX, KeyEntry},
    skill::SkillExpression,
    strategy::{Collect, Menu, Pastime, Say, Step, Target, Voicemail, Webhook, Who},
};

/// What is wrong with the steps of strategies. What they name is looked up elsewhere.
pub fn judge(site: &Configuration, said: &mut Vec<String>) {
    for (name, strategy) in &site.strategies {
        let mut judge = Judge::default();
        judge.steps("steps", &strategy.steps, 1);
        said.extend(judge.said.into_iter().map(|text| format!("Strategy {name}, {text}")));
        if judge.count > STEPS_MAX {
            let count = judge.count;
            said.push(format!("Strategy {name}, steps: {count}; at most {STEPS_MAX} are taken."));
        }
        if strategy.default.is_none() && !ends(&strategy.steps) {
            said.push(format!(
                "Strategy {name}, default: a call can be through with all steps and have found \
                 nobody; say where it goes then."
            ));
        }
    }
}

/// Whether every call ends in the steps themselves: released, or waiting for good.
fn ends(steps: &[Step]) -> bool {
    let mut leads_out = false;
    Step::each(steps, &mut |step| leads_out |= matches!(step, Step::Hours { .. }));
    let waits_for_somebody =
        |to: &[Target]| to.iter().any(|target| !matches!(target.who, Who::LastAgent { .. }));
    match steps.last() {
        None => true,
        Some(Step::Release) => !leads_out,
        Some(Step::Target { to, timeout_s, only_if_logged_in, .. }) => {
            !leads_out && timeout_s.is_none() && !only_if_logged_in && waits_for_somebody(to)
        }
        Some(_) => false,
    }
}

#[derive(Default)]
struct Judge {
    said: Vec<String>,
    count: usize,
    /// Whether a call can have waited for somebody before.
    has_target: bool,
}

impl Judge {
    fn steps(&mut self, path: &str, steps: &[Step], depth: usize) {
        if depth > DEPTH_MAX {
            return self.say(path, &format!("they nest deeper than {DEPTH_MAX}."));
        }
        for (at, step) in steps.iter().enumerate() {
            self.count += 1;
            self.step(&format!("{path}[{at}]"), step, depth + 1);
        }
    }

    fn step(&mut self, path: &str, step: &Step, depth: usize) {
        match step {
            Step::Branch { when, then, otherwise } => {
                self.condition(path, when);
                self.steps(&format!("{path}.branch.then"), then, depth);
                self.steps(&format!("{path}.branch.otherwise"), otherwise, depth);
            }
            Step::Callback(callback) => {
                if !self.has_target {
                    self.say(
                        path,
                        "callback: no target step comes before; nobody would call back.",
                    );
                }
                if callback.attempts == 0 || callback.expires_min == 0 {
                    self.say(path, "callback: give it one attempt and one minute at least.");
                }
            }
            Step::Collect(collect) => self.collect(path, collect),
            Step::Hours { closed, .. } => {
                self.steps(&format!("{path}.hours.closed"), closed, depth);
            }
            Step::Menu(menu) => self.menu(path, menu, depth),
            Step::Play { prompt } => self.prompt(&format!("{path}.play.prompt"), prompt),
            Step::Attach { .. } | Step::Priority { .. } | Step::Release | Step::Route(_) => {}
            Step::Target { to, timeout_s, while_waiting, .. } => {
                self.has_target = true;
                self.target(path, to, *timeout_s, while_waiting);
            }
            Step::Voicemail(voicemail) => self.voicemail(path, voicemail),
            Step::Webhook(webhook) => self.webhook(path, webhook, depth),
        }
    }

    fn condition(&mut self, path: &str, when: &str) {
        let condition = match Condition::parse(when) {
            Ok(condition) => condition,
            Err(error) => return self.say(path, &format!("branch `{when}`, {error}.")),
        };
        for fact in condition.facts() {
            if let Fact::AgentsLoggedIn(skills) | Fact::AgentsReady(skills) = fact {
                self.skills(&format!("{path}.branch"), skills);
            }
        }
    }

    fn target(&mut self, path: &str, to: &[Target], timeout_s: Option<u32>, heard: &[Pastime]) {
        if to.is_empty() {
            self.say(path, "a target step names nobody; say who takes the call.");
        }
        if timeout_s == Some(0) {
            self.say(path, "a target step waits for 0 seconds; give it one at least.");
        }
        for target in to {
            if target.weight == 0 {
                self.say(path, "a target has weight 0; give it one at least, or leave it out.");
            }
            if let Who::Skills(text) = &target.who {
                self.skills(&format!("{path}.target"), text);
            }
        }
        for (at, pastime) in heard.iter().enumerate() {
            let path = format!("{path}.target.while_waiting[{at}]");
            match pastime {
                Pastime::MusicS(0) => self.say(&path, "0 seconds of music; give it one at least."),
                Pastime::MusicS(_) => {}
                Pastime::Play(prompt) => self.prompt(&path, prompt),
            }
        }
    }

    fn skills(&mut self, path: &str, text: &str) {
        if let Err(error) = SkillExpression::parse(text) {
            self.say(path, &format!("`{text}`, {error}."));
        }
    }

    fn collect(&mut self, path: &str, collect: &Collect) {
        if collect.into.is_empty() {
            self.say(path, "collect, into: it is empty; name the user data key.");
        }
        self.keys(path, &collect.keys, collect.tries);
        if !collect.prompt.is_empty() {
            self.prompt(&format!("{path}.collect.prompt"), &collect.prompt);
        }
    }

    fn keys(&mut self, path: &str, keys: &KeyEntry, tries: u8) {
        let KeyEntry { keys_max, first_s, next_s, ends_with, barge_in: _ } = keys;
        let times = 1..=KEY_S_MAX;
        if !(1..=KEYS_MAX).contains(keys_max)
            || !times.contains(first_s)
            || !times.contains(next_s)
            || !(1..=TRIES_MAX).contains(&tries)
        {
            self.say(
                path,
                &format!(
                    "keys: 1 to {KEYS_MAX} of them, 1 to {KEY_S_MAX} seconds for each, 1 to \
                     {TRIES_MAX} tries."
                ),
            );
        }
        if let Some(odd) = ends_with.chars().find(|key| !is_key(*key)) {
            self.say(path, &format!("keys, ends_with: `{odd}` is no key of a telephone."));
        }
    }

    fn menu(&mut self, path: &str, menu: &Menu, depth: usize) {
        if menu.choices.is_empty() {
            self.say(path, "menu, choices: there is none; name the keys and their steps.");
        }
        let usual = KeyEntry::default();
        self.keys(path, &KeyEntry { first_s: menu.first_s, ..usual }, menu.tries);
        self.prompt(&format!("{path}.menu.prompt"), &menu.prompt);
        for (choice, steps) in &menu.choices {
            let is_entry = !choice.is_empty()
                && choice.len() <= usize::from(KEYS_MAX)
                && choice.chars().all(is_key);
            if !is_entry {
                self.say(path, &format!("menu, choices: `{choice}` can't be entered by keys."));
            }
            self.steps(&format!("{path}.menu.choices.{choice}"), steps, depth);
        }
        self.steps(&format!("{path}.menu.otherwise"), &menu.otherwise, depth);
    }

    fn voicemail(&mut self, path: &str, voicemail: &Voicemail) {
        let Voicemail { mailbox, prompt, limit_s } = voicemail;
        if mailbox.is_empty() || mailbox.chars().count() > MAILBOX_CHARS_MAX {
            self.say(
                path,
                &format!(
                    "voicemail, mailbox: give it a name of up to {MAILBOX_CHARS_MAX} characters."
                ),
            );
        }
        if !(1..=MESSAGE_S_MAX).contains(limit_s) {
            self.say(path, &format!("voicemail, limit_s: 1 to {MESSAGE_S_MAX} seconds."));
        }
        self.prompt(&format!("{path}.voicemail.prompt"), prompt);
    }

    fn webhook(&mut self, path: &str, webhook: &Webhook, depth: usize) {
        let Webhook { url, timeout_s, send: _, failed } = webhook;
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_url = host.is_some_and(|host| {
            !host.is_empty() && !host.starts_with('/') && !url.chars().any(char::is_whitespace)
        });
        if !is_url {
            self.say(path, &format!("webhook, url: `{url}` is no http:// or https:// address."));
        }
        if !(1..=WEBHOOK_S_MAX).contains(timeout_s) {
            self.say(path, &format!("webhook, timeout_s: 1 to {WEBHOOK_S_MAX} seconds."));
        }
        self.steps(&format!("{path}.webhook.failed"), failed, depth);
    }

    fn prompt(&mut self, path: &str, prompt: &[Say]) {
        let is_empty = |say: &Say| match say {
            Say::Beep | Say::Media(_) => false,
            Say::PauseMs(ms) => *ms == 0,
            Say::Text(text) => text.trim().is_empty(),
            Say::Texts(texts) => {
                texts.is_empty() || texts.values().any(|text| text.trim().is_empty())
            }
        };
        if prompt.is_empty() || prompt.iter().any(is_empty) {
            self.say(path, "nothing is said; give it a text, a media file, a pause or a beep.");
        }
        let chars = |say: &Say| match say {
            Say::Beep | Say::Media(_) | Say::PauseMs(_) => 0,
            Say::Text(text) => text.len(),
            Say::Texts(texts) => texts.values().map(String::len).max().unwrap_or(0),
        };
        if prompt.len() > PIECES_MAX || prompt.iter().map(chars).sum::<usize>() > TEXT_MAX {
            self.say(path, &format!("at most {PIECES_MAX} pieces and {TEXT_MAX} bytes of text."));
        }
    }

    fn say(&mut self, path: &str, text: &str) {
        self.said.push(format!("{path}: {text}"));
    }
}

fn is_key(key: char) -> bool {
    key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D')
}

/// How deep steps nest.
const DEPTH_MAX: usize = 16;
/// The longest wait for a key.
const KEY_S_MAX: u32 = 120;
const MAILBOX_CHARS_MAX: usize = 100;
/// The longest message.
const MESSAGE_S_MAX: u32 = 1800;
/// Pieces of one prompt.
const PIECES_MAX: usize = 50;
/// Steps of one strategy, nested ones counted.
const STEPS_MAX: usize = 200;
/// What is said at one go.
const TEXT_MAX: usize = 4_000;
/// How often a caller is asked.
const TRIES_MAX: u8 = 9;
/// The longest wait for a program.
const WEBHOOK_S_MAX: u32 = 30;
