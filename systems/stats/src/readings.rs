//! The values that alarms watch, read and put in words.

use std::time::Duration;

use model::{
    Dn, Now, TrunkName,
    monitor::{Threshold, Watched},
};

use crate::{Stats, thresholds::Reading};

impl Stats {
    /// Lets alarms with thresholds begin and end.
    pub(crate) fn look_at_thresholds(&mut self, now: Now) {
        let mut watches = std::mem::take(&mut self.watches);
        let changes = watches.look(now, |threshold| self.read(now, threshold));
        self.watches = watches;
        changes.into_iter().for_each(|change| self.handle_alarm(change));
    }

    fn read(&self, now: Now, threshold: &Threshold) -> Reading {
        match &threshold.watched {
            Watched::Abandoned { queue, above, clear, minutes } => {
                let totals = self.queues.last_minutes(now, &Dn::from(queue.as_str()), *minutes);
                let Some(percent) = totals.abandoned_percent() else { return Reading::Well };
                let words = format!(
                    "{queue}: {percent:.0} % of the callers of the last {minutes} min gave up; the \
                     limit is {above} %. Get more agents ready, or offer a callback."
                );
                reading(f64::from(percent), (*above).into(), (*clear).into(), words)
            }
            Watched::Agents { skill, below } => {
                let agents = match skill {
                    Some(skill) => self.logged_in_with(skill),
                    None => self.logged_in(),
                };
                let of = skill.as_ref().map_or(String::new(), |skill| format!(" with {skill}"));
                let words = format!(
                    "{agents} agents{of} are logged in; there should be {below}. Have somebody log \
                     in."
                );
                if agents < *below { Reading::Beyond(words) } else { Reading::Well }
            }
            Watched::ServiceLevel { queue, below, clear, minutes } => {
                let totals = self.queues.last_minutes(now, &Dn::from(queue.as_str()), *minutes);
                let Some(percent) = totals.service_level_percent() else { return Reading::Well };
                let seconds = self.settings.service_level_seconds;
                let words = format!(
                    "{queue}: {percent:.0} % of the calls of the last {minutes} min were answered \
                     within {seconds} s; the goal is {below} %. Get more agents ready."
                );
                // A floor is a ceiling upside down.
                reading(-f64::from(percent), -f64::from(*below), -f64::from(*clear), words)
            }
            Watched::Trunk { trunk } => {
                let up = self.trunks_up.get(&TrunkName::from(trunk.as_str())).copied();
                if up == Some(false) {
                    Reading::Beyond(format!(
                        "Trunk {trunk} doesn't answer: calls over it fail. Look at the network and \
                         ask the carrier."
                    ))
                } else {
                    Reading::Well
                }
            }
            Watched::Voice { of, below, clear } => {
                let Some((name, mos, heard)) = self.voices.worst(of.as_deref()) else {
                    return Reading::Well;
                };
                let limit = f64::from(*below) / 10.0;
                let words = format!(
                    "{name} sounds poor: MOS {mos:.1}, {:.0} % of its packets lost, jitter {:.0} \
                     ms; the limit is {limit}. Look at its call, then at its network.",
                    heard.loss_percent, heard.jitter_ms
                );
                let (below, clear) = (f64::from(*below), f64::from(*clear));
                reading(-f64::from(mos) * 10.0, -below, -clear, words)
            }
            Watched::Wait { queue, above, clear } => {
                let waits = self.waits(now, &Dn::from(queue.as_str()));
                let longest = waits.iter().max().map_or(0, Duration::as_secs);
                let words = format!(
                    "{queue}: somebody waits for {longest} s, {} in all; the limit is {above} s. \
                     Get more agents ready.",
                    waits.len()
                );
                if waits.is_empty() {
                    return Reading::Well;
                }
                reading(longest as f64, (*above).into(), (*clear).into(), words)
            }
        }
    }

    fn logged_in(&self) -> u32 {
        let counts = self.agent_counts();
        counts.after_call_work + counts.not_ready + counts.on_call + counts.ready
    }

    fn logged_in_with(&self, skill: &str) -> u32 {
        let rows = self.skill_rows();
        rows.iter().find(|row| row.name.as_str() == skill).map_or(0, |row| row.logged_in)
    }
}

fn reading(value: f64, above: f64, clear: f64, words: String) -> Reading {
    if value > above {
        Reading::Beyond(words)
    } else if value > clear {
        Reading::Between(words)
    } else {
        Reading::Well
    }
}
