//! What a caller hears and is asked on the way: prompts, keys, messages, and what programs answer.
//!
//! Something said never delays an offer: the call waits for its agents meanwhile, and the routing
//! cuts it off. While keys, a message or a program's answer are awaited the call is offered to
//! nobody. Whatever goes wrong with any of these, the strategy goes on.

use std::{sync::Arc, time::Duration};

use model::{
    ConnId, Event, KvList, KvValue, Now, Origin, ReferenceId, Request,
    prompt::{Piece, Prompt},
    request::Treatment,
    strategy::{Collect, Pastime, Say, Step, Voicemail, Webhook},
};

use crate::{
    Output, Router,
    calls::{Asked, Asks, Call, Stage},
    facts::data,
    plan::Op,
    run::update,
    timers::Timer,
};

impl Router {
    /// Says something to a caller.
    pub(crate) fn play(&mut self, now: Now, conn: ConnId, say: &[Say], what: Asked) {
        let prompt = self.prompt(now, conn, &[say]);
        if prompt.pieces.is_empty() {
            return match what {
                Asked::Pastime => self.tell_to_wait(conn),
                Asked::Keys(_) | Asked::Message | Asked::Prompt | Asked::Webhook => {
                    self.treated(now, conn, what, None);
                }
            };
        }
        self.treat(conn, Treatment::Announcement(Arc::new(prompt)), what);
    }

    /// Asks for keys.
    pub(crate) fn collect(&mut self, now: Now, conn: ConnId, collect: &Collect, tries: u8) {
        let is_again = tries + 1 < collect.tries;
        let first: &[Say] = if is_again { &collect.invalid } else { &[] };
        let prompt = self.prompt(now, conn, &[first, &collect.prompt]);
        let entry = collect.keys.clone();
        self.calls.change(conn, |call| call.stage = Stage::Asking);
        let treatment = Treatment::CollectDigits(Arc::new(prompt), entry);
        self.treat(conn, treatment, Asked::Keys(tries));
    }

    /// Lets the caller leave a message.
    pub(crate) fn take_message(&mut self, now: Now, conn: ConnId, voicemail: &Voicemail) {
        let prompt = Arc::new(self.prompt(now, conn, &[&voicemail.prompt]));
        let Voicemail { mailbox, limit_s, .. } = voicemail.clone();
        self.calls.change(conn, |call| call.stage = Stage::Asking);
        self.treat(conn, Treatment::RecordMessage { prompt, limit_s, mailbox }, Asked::Message);
    }

    /// Asks a program.
    pub(crate) fn ask_program(&mut self, now: Now, conn: ConnId, webhook: &Webhook) {
        let Some(call) = self.calls.call(conn) else { return };
        let body = question(now, conn, call, webhook);
        self.last_reference += 1;
        let reference = ReferenceId(self.last_reference);
        let timeout = Duration::from_secs(u64::from(webhook.timeout_s));
        self.calls.change(conn, |call| {
            call.stage = Stage::Asking;
            call.asks = Some(Asks { reference, what: Asked::Webhook });
        });
        let url = webhook.url.clone();
        let question = model::webhook::Webhook { id: reference.0, url, timeout, body };
        self.out.push_back(Output::Webhook(question));
        self.timers.set(now.instant + timeout + ANSWER_GRACE, Timer::Webhook(reference));
        self.tell_to_wait(conn);
    }

    /// What a program answered, or why it did not.
    pub(crate) fn program_answered(
        &mut self,
        now: Now,
        reference: ReferenceId,
        answer: Result<serde_json::Value, String>,
    ) {
        let Some(conn) = self.calls.asking_for(reference) else { return };
        let Some(call) = self.calls.call(conn) else { return };
        let Some(plan) = call.plan.clone() else { return };
        let at = call.at;
        let understood = answer.and_then(|answer| Answer::read(&answer));
        self.calls.change(conn, |call| {
            call.asks = None;
            call.stage = Stage::Waiting;
        });
        match (understood, plan.ops.get(at)) {
            (Ok(answer), Some(Op::Webhook(_, to))) => {
                self.calls.change(conn, |call| update(&mut call.attach, &answer.user_data));
                let put_in = match answer.steps.is_empty() {
                    true => None,
                    false => plan.with_steps_behind(to.saturating_sub(1).max(at), &answer.steps),
                };
                match put_in {
                    Some(plan) => {
                        self.calls.change(conn, |call| {
                            call.plan = Some(Arc::new(plan));
                            call.aims.clear();
                        });
                        self.step_to(conn, 0);
                    }
                    None => self.step_to(conn, *to),
                }
            }
            (Err(problem), _) => {
                tracing::warn!(conn_id = %conn, problem, "a webhook failed");
                self.calls
                    .change(conn, |call| call.attach.update("WebhookError", problem.as_str()));
                self.step_on(conn);
            }
            (Ok(_), _) => self.step_on(conn),
        }
        self.go_on(now, conn);
    }

    /// EventTreatmentEnd.
    pub(crate) fn treatment_ended(&mut self, now: Now, conn: ConnId, event: &Event) {
        let Some((Origin::Router, reference)) = event.reference else { return };
        let Some(asks) = self.calls.call(conn).and_then(|call| call.asks) else { return };
        if asks.reference != reference {
            return;
        }
        if asks.what == Asked::Pastime && event.extensions.text("Completion") == Some("failed") {
            return self.treatment_refused(now, conn);
        }
        let keys = event.extensions.text("CollectedDigits").map(str::to_owned);
        self.treated(now, conn, asks.what, keys);
    }

    /// The switch would not do what was asked of it.
    pub(crate) fn treatment_refused(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.call(conn) else { return };
        let (Some(asks), at) = (call.asks, call.pastime) else { return };
        if asks.what != Asked::Pastime {
            return self.treated(now, conn, asks.what, None);
        }
        // What fails at once would be tried without end: music in between.
        self.calls.change(conn, |call| {
            call.asks = None;
            call.hears_music = false;
        });
        self.timers.set(now.instant + PASTIME_AGAIN, Timer::Pastime(conn, at));
        self.tell_to_wait(conn);
    }

    /// What was asked is answered, or was in vain.
    fn treated(&mut self, now: Now, conn: ConnId, what: Asked, keys: Option<String>) {
        self.calls.change(conn, |call| {
            call.asks = None;
            call.hears_music = false;
            if call.stage == Stage::Asking {
                call.stage = Stage::Waiting;
            }
        });
        match what {
            Asked::Keys(tries) => return self.keys_entered(now, conn, keys, tries),
            Asked::Message | Asked::Prompt | Asked::Webhook => self.step_on(conn),
            Asked::Pastime => self.calls.change(conn, |call| call.pastime += 1),
        }
        self.go_on(now, conn);
    }

    fn keys_entered(&mut self, now: Now, conn: ConnId, keys: Option<String>, tries: u8) {
        let Some(call) = self.calls.call(conn) else { return };
        let op = call.plan.as_ref().and_then(|plan| plan.ops.get(call.at));
        let Some(Op::Collect(collect)) = op else { return self.go_on(now, conn) };
        let collect = Arc::clone(collect);
        let is_accepted = |keys: &String| match collect.accept.is_empty() {
            true => !keys.is_empty(),
            false => collect.accept.contains(keys),
        };
        let accepted = keys.filter(is_accepted);
        if accepted.is_none() && tries > 0 {
            return self.collect(now, conn, &collect, tries - 1);
        }
        let entered = accepted.unwrap_or_default();
        self.calls.change(conn, |call| call.attach.update(collect.into.clone(), entered));
        self.step_on(conn);
        self.go_on(now, conn);
    }

    /// What a call that waits hears next.
    pub(crate) fn entertain(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.call(conn) else { return };
        if call.stage != Stage::Waiting || call.asks.is_some() || call.promise.is_some() {
            return;
        }
        let at = call.pastime;
        match pastime(call) {
            None => self.tell_to_wait(conn),
            Some(Pastime::MusicS(_)) if call.hears_music => {}
            Some(Pastime::MusicS(seconds)) => {
                let until = now.instant + Duration::from_secs(u64::from(*seconds));
                self.timers.set(until, Timer::Pastime(conn, at));
                self.tell_to_wait(conn);
            }
            Some(Pastime::Play(say)) => {
                let say = say.clone();
                self.play(now, conn, &say, Asked::Pastime);
            }
        }
    }

    /// The music has lasted long enough.
    pub(crate) fn pastime_is_over(&mut self, now: Now, conn: ConnId, at: usize) {
        let is_it = |call: &Call| {
            let hears_it = call.hears_music && call.asks.is_none();
            call.pastime == at && hears_it && call.stage == Stage::Waiting
        };
        if self.calls.call(conn).is_some_and(is_it) {
            self.calls.change(conn, |call| {
                call.pastime += 1;
                call.hears_music = false;
            });
            self.entertain(now, conn);
        }
    }

    fn treat(&mut self, conn: ConnId, treatment: Treatment, what: Asked) {
        let Some(call) = self.calls.call(conn) else { return };
        let dn = call.route_point.clone();
        self.flush(conn);
        let reference = self.ask(Request::ApplyTreatment { dn, conn, treatment });
        self.calls.change(conn, |call| {
            call.asks = Some(Asks { reference, what });
            call.hears_music = false;
        });
    }

    /// Pieces with everything that only the router knows filled in.
    fn prompt(&self, now: Now, conn: ConnId, parts: &[&[Say]]) -> Prompt {
        let Some(call) = self.calls.call(conn) else { return Prompt::default() };
        let language = data(call, "Language");
        let piece = |say: &Say| match say {
            Say::Beep => Some(Piece::Beep),
            Say::Media(name) => Some(Piece::Media(name.clone())),
            Say::PauseMs(ms) => Some(Piece::Pause(Duration::from_millis(u64::from(*ms)))),
            Say::Text(text) => Some(Piece::Text(self.fill_in(now, conn, text))),
            Say::Texts(texts) => {
                let general = language.split('-').next().unwrap_or_default();
                let own = texts.get(&language).or_else(|| texts.get(general));
                let text = own.or_else(|| texts.values().next())?;
                Some(Piece::Text(self.fill_in(now, conn, text)))
            }
        };
        let pieces = parts.iter().flat_map(|part| part.iter()).filter_map(piece).collect();
        Prompt { language, pieces }
    }
}

/// What the call hears now by its strategy, beside music.
fn pastime(call: &Call) -> Option<&Pastime> {
    let op = call.plan.as_ref()?.ops.get(call.at)?;
    let Op::Target(targeting) = op else { return None };
    let pastimes = &targeting.while_waiting;
    pastimes.get(call.pastime.checked_rem(pastimes.len())?)
}

/// What a program is told of a call.
fn question(now: Now, conn: ConnId, call: &Call, webhook: &Webhook) -> serde_json::Value {
    let mut user_data = (*call.user_data).clone();
    update(&mut user_data, &call.attach);
    let is_sent = |key: &str| webhook.send.is_empty() || webhook.send.iter().any(|k| k == key);
    let sent: KvList = user_data.into_iter().filter(|(key, _)| is_sent(key)).collect();
    let waited = now.instant.saturating_duration_since(call.entered.instant);
    serde_json::json!({
        "connId": conn.to_string(),
        "ani": call.ani,
        "dnis": call.dnis,
        "routePoint": call.route_point.as_str(),
        "strategy": call.plan.as_ref().map(|plan| plan.strategy.as_str()),
        "waitSeconds": waited.as_secs(),
        "userData": sent,
    })
}

/// A program's answer, understood.
#[derive(Debug, Default)]
struct Answer {
    user_data: KvList,
    steps: Vec<Step>,
}

impl Answer {
    /// `{"user_data":{"key":"text or number"},"steps":[…]}`, both optional.
    fn read(answer: &serde_json::Value) -> Result<Self, String> {
        let Some(answer) = answer.as_object() else {
            return Err("the answer is no JSON object".to_owned());
        };
        let mut read = Self::default();
        for (key, value) in answer {
            match key.as_str() {
                "user_data" => read.user_data = read_user_data(value)?,
                "steps" => {
                    read.steps = serde_json::from_value(value.clone())
                        .map_err(|error| format!("`steps` of the answer: {error}"))?;
                }
                // Programs may say more than is asked.
                _ => {}
            }
        }
        if read.steps.len() > ANSWERED_STEPS_MAX {
            return Err(format!("the answer has more than {ANSWERED_STEPS_MAX} steps"));
        }
        Ok(read)
    }
}

fn read_user_data(value: &serde_json::Value) -> Result<KvList, String> {
    let Some(pairs) = value.as_object() else {
        return Err("`user_data` of the answer is no object".to_owned());
    };
    let mut list = KvList::new();
    for (key, value) in pairs {
        let value = match value {
            serde_json::Value::String(text) => KvValue::Str(text.clone()),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(number) => KvValue::Int(number),
                None => KvValue::Str(number.to_string()),
            },
            serde_json::Value::Bool(flag) => KvValue::Str(flag.to_string()),
            serde_json::Value::Null => KvValue::Str(String::new()),
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
                return Err(format!("`user_data`.`{key}` of the answer is no text or number"));
            }
        };
        list.update(key.as_str(), value);
    }
    Ok(list)
}

/// Steps that a program may answer with.
const ANSWERED_STEPS_MAX: usize = 50;
/// Music after something that could not be said.
const PASTIME_AGAIN: Duration = Duration::from_secs(15);
/// A program's answer may be on its way when its time is up.
const ANSWER_GRACE: Duration = Duration::from_secs(1);
