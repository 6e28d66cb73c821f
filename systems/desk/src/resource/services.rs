//! Features, back-end services and the version.

use serde_json::{Map, Value, json};
use wire_rest::{Feature, Service};

use crate::{Desk, dispatch::Ask, http::Caller};

impl Desk {
    pub(crate) fn feature_list(&self, caller: &Caller) -> Vec<Value> {
        let base = &caller.base;
        let may_hear = self.is_supervisor(&caller.user);
        let recordings = FEATURE_RECORDINGS.iter().filter(|_| may_hear);
        let demo = FEATURE_DEMO.iter().filter(|_| self.settings.demo);
        let show =
            |(id, display_name, description): &(&'static str, &'static str, &'static str)| {
                let path = format!("/features/{id}");
                json!(Feature {
                    id,
                    display_name,
                    description,
                    auto_assign_on_contact_center_create: true,
                    uri: format!("{base}/api/v2{path}"),
                    path,
                })
            };
        FEATURES.iter().chain(recordings).chain(demo).map(show).collect()
    }

    pub(crate) fn features(&self, caller: &Caller, ask: &Ask) -> Map<String, Value> {
        ask.query.collection("features", self.feature_list(caller))
    }

    pub(crate) fn services(&self, caller: &Caller, ask: &Ask) -> Map<String, Value> {
        let base = &caller.base;
        let is_configured = self.configuration.version > 0;
        let all = [
            ("configuration", "Configuration Server", "Provisioning", is_configured),
            ("voice", "T-Server", "Voice", true),
        ];
        let items = all.map(|(id, name, r#type, is_up)| {
            let path = format!("/services/{id}");
            json!(Service {
                id: id.to_owned(),
                name: name.to_owned(),
                r#type,
                state: if is_up { "Active" } else { "Inactive" },
                uri: format!("{base}/api/v2{path}"),
                path,
            })
        });
        ask.query.collection("services", items.to_vec())
    }

    pub(crate) fn version(&self) -> Value {
        json!({"statusCode": 0, "version": self.settings.version})
    }
}

const FEATURES: [(&str, &str, &str); 2] = [
    ("api-voice", "Voice", "Takes calls."),
    ("api-devices-webrtc", "Browser phone", "The browser is the phone."),
];
const FEATURE_RECORDINGS: [(&str, &str, &str); 1] =
    [("recordings", "Recordings", "Lists recordings of calls and hears them.")];
const FEATURE_DEMO: [(&str, &str, &str); 1] =
    [("demo", "Demo site", "Simulated customers call at the press of a button.")];
