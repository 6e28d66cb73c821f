//! Whose calls a supervisor hears.

use model::{Dn, request::MonitorMode};
use wire_rest::{SupervisorMonitoring, monitor_word};

use crate::site;

/// A supervisor's wish, as the switch took it.
#[derive(Clone, Debug)]
pub(crate) struct Supervision {
    pub(crate) target: Dn,
    pub(crate) mode: MonitorMode,
    /// Every call, not only the next.
    pub(crate) is_all: bool,
}

impl Supervision {
    pub(super) fn new(target: Dn, mode: &str) -> Self {
        let mut supervision = Self { target, mode: MonitorMode::Mute, is_all: true };
        supervision.set_mode(mode);
        supervision
    }

    /// By the word in Extensions; one that is not known changes nothing.
    pub(super) fn set_mode(&mut self, word: &str) {
        let modes = [MonitorMode::Connect, MonitorMode::Coach, MonitorMode::Mute];
        if let Some(mode) = modes.into_iter().find(|mode| mode.as_str() == word) {
            self.mode = mode;
        }
    }

    pub(super) fn show(supervision: Option<&Self>, base: &str) -> SupervisorMonitoring {
        let uri = |here: &Self| format!("{base}/api/v2/devices/{}", site::device_id(&here.target));
        SupervisorMonitoring {
            state: supervision.map_or("Off", |here| monitor_word(here.mode)),
            mode: match supervision {
                Some(Self { is_all: false, .. }) => "NextCall",
                Some(_) | None => "AllCalls",
            },
            // The switch leaves a call with the one who is heard.
            scope: "Agent",
            target_device_uri: supervision.map(uri),
            phone_number: supervision.map(|here| here.target.to_string()),
        }
    }
}
