//! The dial plan: which trunk an outside number takes, and the digits that are sent there.

use serde::{Deserialize, Serialize};

use crate::{TrunkName, config::Configuration};

/// Numbers that begin with these digits go there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialRule {
    /// What the dialled number begins with, e.g. `9` or `+44`; empty: every number. For an
    /// emergency number, the whole number.
    #[serde(rename = "match", default)]
    pub matches: String,
    /// Where the call goes.
    pub trunk: TrunkName,
    /// Where it goes, one after the other, when that trunk is full or doesn't take it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<TrunkName>,
    /// How many characters are taken off the front.
    #[serde(default)]
    pub strip: u8,
    /// What is put before the rest.
    #[serde(default)]
    pub prefix: String,
    /// An emergency number: dialled exactly so, before any other rule, and sent unchanged.
    #[serde(default)]
    pub emergency: bool,
}

/// What becomes of a dialled number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    /// Where the call goes: the next when one doesn't take it.
    pub trunks: Vec<TrunkName>,
    /// The number that is sent there.
    pub number: String,
    /// Whether it is an emergency call.
    pub is_emergency: bool,
}

impl DialRule {
    fn applies(&self, number: &str) -> bool {
        match self.emergency {
            true => number == self.matches,
            false => number.starts_with(&self.matches),
        }
    }

    fn number(&self, dialled: &str) -> String {
        if self.emergency {
            return dialled.to_owned();
        }
        let rest: String = dialled.chars().skip(usize::from(self.strip)).collect();
        format!("{}{rest}", self.prefix)
    }
}

impl Configuration {
    /// What the dial plan makes of a number: an emergency number first, then the rule that matches
    /// the most digits. `None` when no rule speaks of it.
    #[must_use]
    pub fn dial(&self, number: &str) -> Option<Dialled> {
        let rules = self.dial_plan.iter().filter(|(_, rule)| rule.applies(number));
        // Of rules that match alike the first by name wins.
        let best = rules.max_by(|(a_name, a), (b_name, b)| {
            let worth = |rule: &DialRule| (rule.emergency, rule.matches.len());
            worth(a).cmp(&worth(b)).then_with(|| b_name.cmp(a_name))
        });
        best.map(|(_, rule)| Dialled {
            trunks: [&rule.trunk].into_iter().chain(&rule.then).cloned().collect(),
            number: rule.number(number),
            is_emergency: rule.emergency,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(rules: &[(&str, &str, u8, &str, &str)]) -> Configuration {
        let mut site = Configuration::default();
        for (name, matches, strip, prefix, trunk) in rules {
            let rule = DialRule {
                matches: (*matches).into(),
                trunk: (*trunk).into(),
                then: Vec::new(),
                strip: *strip,
                prefix: (*prefix).into(),
                emergency: *name == "emergency",
            };
            site.dial_plan.insert((*name).into(), rule);
        }
        site
    }

    #[test]
    fn the_longest_match_picks_the_trunk_and_its_digits_are_translated() {
        let site = site(&[
            ("all", "", 0, "", "default"),
            ("outside", "9", 1, "", "pstn"),
            ("britain", "90044", 3, "+", "london"),
            ("emergency", "112", 0, "", "pstn"),
        ]);
        for (dialled, trunk, number, is_emergency) in [
            ("5551234", "default", "5551234", false),
            ("95551234", "pstn", "5551234", false),
            ("900442012345", "london", "+442012345", false),
            ("112", "pstn", "112", true),
            ("1123", "default", "1123", false),
            ("9", "pstn", "", false),
        ] {
            let (trunks, number) = (vec![trunk.into()], number.into());
            let expected = Dialled { trunks, number, is_emergency };
            assert_eq!(site.dial(dialled), Some(expected), "{dialled}");
        }
    }

    #[test]
    fn emergency_numbers_are_found_before_longer_or_equal_rules_change_them() {
        let site = site(&[("a", "112", 3, "0", "far"), ("emergency", "112", 0, "", "near")]);
        let found = site.dial("112").map(|found| (found.trunks, found.number));
        assert_eq!(found, Some((vec!["near".into()], "112".into())));
    }

    #[test]
    fn a_number_that_no_rule_speaks_of_is_not_dialled() {
        assert_eq!(site(&[("outside", "9", 1, "", "pstn")]).dial("5551234"), None);
        assert_eq!(Configuration::default().dial("5551234"), None);
    }
}
