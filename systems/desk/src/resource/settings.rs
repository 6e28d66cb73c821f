//! `/api/v2/settings` and what the genuine desktop reads at its start.

use serde_json::{Map, Value, json};
use wire_rest::{Problem, Section, Setting, agent_state_settings};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
};

impl Desk {
    pub(crate) fn section_list(&self, base: &str) -> Vec<Value> {
        sections(base).into_iter().map(|section| json!(section)).collect()
    }

    pub(crate) fn settings(&self, caller: &Caller, ask: &Ask) -> Map<String, Value> {
        ask.query.collection("settings", self.section_list(&caller.base))
    }

    pub(crate) fn settings_group(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let section = sections(&caller.base).into_iter().find(|section| section.name == ask.param);
        let section = section.ok_or_else(|| unknown("group of settings"))?;
        Ok(json!({"statusCode": 0, "settings": section}))
    }

    pub(crate) fn internal_settings(&self, caller: &Caller) -> Value {
        let desktop = section("interaction-workspace", "Workspace", Vec::new(), &caller.base);
        let mut all = vec![json!(desktop)];
        all.extend(self.section_list(&caller.base));
        json!({
            "statusCode": 0,
            "agentStates": agent_state_settings(),
            "settings": all,
        })
    }

    /// Dispositions; there are none yet.
    pub(crate) fn business_attributes(
        &self,
        _caller: &Caller,
        ask: &Ask,
    ) -> Result<Value, Problem> {
        let mut centre = json!({"id": "cordboard", "name": self.configuration.switch.name});
        if let (true, Some(centre)) =
            (ask.query.asks_for("subresources", "businessAttributes"), centre.as_object_mut())
        {
            centre.insert("businessAttributes".into(), json!([]));
        }
        Ok(json!({"statusCode": 0, "contactCenter": centre}))
    }
}

fn sections(base: &str) -> [Section; 5] {
    let setting = |name: &str, value: Value| json!(Setting { name: name.to_owned(), value });
    [
        section(
            "general-settings",
            "General",
            vec![
                setting("countryCode", json!("1")),
                setting("countryDigits", json!("10")),
                setting("countryName", json!("United States")),
            ],
            base,
        ),
        section(
            "reporting",
            "Reporting",
            vec![setting("defaultServiceLevelInterval", json!("20"))],
            base,
        ),
        section("agent-states", "Agent states", agent_state_settings(), base),
        section("voice", "Voice", Vec::new(), base),
        section("voice-operations", "Voice operations", Vec::new(), base),
    ]
}

fn section(name: &str, display_name: &str, settings: Vec<Value>, base: &str) -> Section {
    let path = format!("/settings/{name}");
    Section {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        key: "name",
        settings,
        uri: format!("{base}/api/v2{path}"),
        path,
    }
}
