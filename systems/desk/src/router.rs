//! Paths and methods: the whole of `/api` as one table.

/// What is asked, by resource and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Bayeux,
    BusinessAttributes,
    CallAction,
    CallConference,
    CallCustomer,
    CallOperation,
    CallRead,
    CallTransfer,
    Calls,
    CallsDial,
    ChannelOperation,
    Channel,
    Channels,
    ConfigurationApply,
    ConfigurationAudit,
    ConfigurationChanges,
    ConfigurationDelete,
    ConfigurationExport,
    ConfigurationImport,
    ConfigurationKinds,
    ConfigurationPut,
    ConfigurationRead,
    ConfigurationSoundDelete,
    ConfigurationSoundPut,
    ConfigurationSounds,
    Contact,
    Contacts,
    CustomerCall,
    Device,
    DeviceCalls,
    DeviceDial,
    DeviceOperation,
    DeviceSettings,
    Devices,
    Explain,
    Features,
    Groups,
    HistoryAgentStates,
    HistoryCall,
    HistoryCalls,
    HistoryExport,
    HistoryIntervals,
    HistoryStory,
    Replay,
    InternalIndex,
    InternalOperation,
    InternalSettings,
    Login,
    Logout,
    Me,
    MeOperation,
    Monitor,
    MonitorTrends,
    OpenApi,
    PhoneSettings,
    Recording,
    RecordingDelete,
    RecordingSound,
    Recordings,
    Services,
    Settings,
    SettingsGroup,
    State,
    StateSet,
    StatisticDefinitions,
    Statistics,
    StatisticsClose,
    StatisticsOpen,
    StatisticsOperation,
    StatisticsPeek,
    StatisticsRead,
    Version,
    Workbin,
    WorkbinOperation,
    Workbins,
}

/// A path that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) op: Op,
    /// What stands for `{id}`.
    pub(crate) param: String,
}

/// A path that was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoRoute {
    /// The resource takes these methods only.
    Method(Vec<&'static str>),
    /// There is no such resource.
    Path,
}

/// Finds what a request asks for. A slash at the end makes no difference.
pub(crate) fn find(method: &str, path: &str) -> Result<Route, NoRoute> {
    if is_bayeux(path) {
        return match method {
            "POST" => Ok(Route { op: Op::Bayeux, param: String::new() }),
            _ => Err(NoRoute::Method(vec!["POST"])),
        };
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    // GET does for HEAD: the edge leaves the body out.
    let method = if method == "HEAD" { "GET" } else { method };
    let (ops, param) = ROUTES
        .iter()
        .find_map(|(template, ops)| Some((ops, fit(template, path)?)))
        .ok_or(NoRoute::Path)?;
    match ops.iter().find(|(offered, _)| *offered == method) {
        Some((_, op)) => Ok(Route { op: *op, param: param.to_owned() }),
        None => Err(NoRoute::Method(ops.iter().map(|(offered, _)| *offered).collect())),
    }
}

/// Whether Bayeux is spoken here: a base path, or one with the message type that CometD appends.
pub(crate) fn is_bayeux(path: &str) -> bool {
    BAYEUX_BASES.iter().any(|base| {
        path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// What stands for `{id}`, or for `{path}` with its slashes (empty when there is neither), when
/// `path` is of this form.
fn fit<'a>(template: &str, path: &'a str) -> Option<&'a str> {
    if let Some(before) = template.strip_suffix("{path}") {
        return path.strip_prefix(before).filter(|rest| !rest.is_empty());
    }
    let Some((before, after)) = template.split_once("{id}") else {
        return (template == path).then_some("");
    };
    let id = path.strip_prefix(before)?.strip_suffix(after)?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

/// Every path and method, for the test that keeps the published description true.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let bayeux = BAYEUX_BASES.iter().map(|base| (*base, "POST"));
    let rest = ROUTES.iter().flat_map(|(path, ops)| ops.iter().map(|(method, _)| (*path, *method)));
    bayeux.chain(rest)
}

const BAYEUX_BASES: [&str; 3] = ["/notifications", "/api/v2/notifications", "/genesys/cometd"];

type Ops = &'static [(&'static str, Op)];

/// Fixed paths before those with `{id}`: the first that fits counts.
const ROUTES: &[(&str, Ops)] = &[
    ("/api/openapi.json", &[("GET", Op::OpenApi)]),
    ("/api/demo/customer-call", &[("POST", Op::CustomerCall)]),
    ("/api/v2/login", &[("POST", Op::Login)]),
    ("/api/v2/logout", &[("POST", Op::Logout)]),
    ("/api/v2/me", &[("GET", Op::Me), ("POST", Op::MeOperation)]),
    ("/api/v2/me/calls", &[("GET", Op::Calls), ("POST", Op::CallsDial)]),
    (
        "/api/v2/me/calls/{id}",
        &[("GET", Op::CallRead), ("POST", Op::CallOperation), ("PUT", Op::CallAction)],
    ),
    ("/api/v2/me/calls/{id}/customer", &[("GET", Op::CallCustomer)]),
    ("/api/v2/me/calls/{id}/transfer", &[("POST", Op::CallTransfer)]),
    ("/api/v2/me/calls/{id}/conference", &[("POST", Op::CallConference)]),
    ("/api/v2/me/state", &[("GET", Op::State), ("POST", Op::StateSet), ("PUT", Op::StateSet)]),
    ("/api/v2/me/channels", &[("GET", Op::Channels)]),
    ("/api/v2/me/channels/{id}", &[("GET", Op::Channel), ("POST", Op::ChannelOperation)]),
    ("/api/v2/me/devices", &[("GET", Op::Devices)]),
    ("/api/v2/me/devices/{id}", &[("GET", Op::Device), ("POST", Op::DeviceOperation)]),
    ("/api/v2/me/devices/{id}/calls", &[("GET", Op::DeviceCalls), ("POST", Op::DeviceDial)]),
    ("/api/v2/me/devices/{id}/settings/tserver", &[("GET", Op::DeviceSettings)]),
    ("/api/v2/me/settings", &[("GET", Op::Settings)]),
    ("/api/v2/me/settings/phone", &[("GET", Op::PhoneSettings)]),
    ("/api/v2/me/groups", &[("GET", Op::Groups)]),
    ("/api/v2/devices/{id}/settings/tserver", &[("GET", Op::DeviceSettings)]),
    ("/api/v2/groups", &[("GET", Op::Groups)]),
    ("/api/v2/features", &[("GET", Op::Features)]),
    ("/api/v2/services", &[("GET", Op::Services)]),
    ("/api/v2/settings", &[("GET", Op::Settings)]),
    ("/api/v2/settings/{id}", &[("GET", Op::SettingsGroup)]),
    ("/api/v2/contacts", &[("GET", Op::Contacts)]),
    ("/api/v2/contacts/{id}", &[("GET", Op::Contact)]),
    ("/api/v2/diagnostics/version", &[("GET", Op::Version)]),
    ("/api/v2/workbins", &[("GET", Op::Workbins)]),
    ("/api/v2/workbins/{id}", &[("GET", Op::Workbin), ("POST", Op::WorkbinOperation)]),
    ("/api/v2/configuration", &[("GET", Op::ConfigurationKinds)]),
    ("/api/v2/configuration/audit", &[("GET", Op::ConfigurationAudit)]),
    ("/api/v2/configuration/changes", &[("POST", Op::ConfigurationChanges)]),
    ("/api/v2/configuration/apply", &[("POST", Op::ConfigurationApply)]),
    ("/api/v2/configuration/export", &[("GET", Op::ConfigurationExport)]),
    (
        "/api/v2/configuration/sounds",
        &[
            ("GET", Op::ConfigurationSounds),
            ("PUT", Op::ConfigurationSoundPut),
            ("DELETE", Op::ConfigurationSoundDelete),
        ],
    ),
    ("/api/v2/configuration/import/{id}", &[("POST", Op::ConfigurationImport)]),
    (
        "/api/v2/configuration/{path}",
        &[
            ("GET", Op::ConfigurationRead),
            ("PUT", Op::ConfigurationPut),
            ("DELETE", Op::ConfigurationDelete),
        ],
    ),
    ("/api/v2/history/intervals", &[("GET", Op::HistoryIntervals)]),
    ("/api/v2/history/calls", &[("GET", Op::HistoryCalls)]),
    ("/api/v2/history/calls/export", &[("GET", Op::HistoryExport)]),
    ("/api/v2/history/calls/{id}", &[("GET", Op::HistoryCall)]),
    ("/api/v2/history/calls/{id}/story", &[("GET", Op::HistoryStory)]),
    ("/api/v2/history/agents/{id}/states", &[("GET", Op::HistoryAgentStates)]),
    ("/api/v2/monitor", &[("GET", Op::Monitor)]),
    ("/api/v2/monitor/trends", &[("GET", Op::MonitorTrends)]),
    ("/api/v2/routing/explain", &[("GET", Op::Explain)]),
    ("/api/v2/routing/replay", &[("POST", Op::Replay)]),
    ("/api/v2/recordings", &[("GET", Op::Recordings)]),
    ("/api/v2/recordings/{id}", &[("GET", Op::Recording), ("DELETE", Op::RecordingDelete)]),
    ("/api/v2/recordings/{id}/audio", &[("GET", Op::RecordingSound)]),
    ("/api/v2/statistics", &[("GET", Op::Statistics), ("POST", Op::StatisticsOpen)]),
    ("/api/v2/statistics/definitions", &[("GET", Op::StatisticDefinitions)]),
    ("/api/v2/statistics/peek", &[("GET", Op::StatisticsPeek)]),
    (
        "/api/v2/statistics/{id}",
        &[
            ("GET", Op::StatisticsRead),
            ("POST", Op::StatisticsOperation),
            ("DELETE", Op::StatisticsClose),
        ],
    ),
    ("/internal-api/me/settings", &[("GET", Op::InternalSettings)]),
    ("/internal-api/contact-center", &[("GET", Op::BusinessAttributes)]),
    ("/internal-api/lucene/index", &[("GET", Op::InternalIndex)]),
    ("/internal-api/operations", &[("POST", Op::InternalOperation)]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn op(method: &str, path: &str) -> Result<(Op, String), NoRoute> {
        find(method, path).map(|route| (route.op, route.param))
    }

    #[test]
    fn paths_are_found_with_and_without_the_slash_at_the_end() {
        assert_eq!(op("GET", "/api/v2/me"), Ok((Op::Me, String::new())));
        assert_eq!(op("GET", "/api/v2/me/"), Ok((Op::Me, String::new())));
        assert_eq!(op("PUT", "/api/v2/me/calls/X1"), Ok((Op::CallAction, "X1".into())));
        assert_eq!(op("GET", "/api/v2/me/calls/X1/customer"), Ok((Op::CallCustomer, "X1".into())));
        assert_eq!(op("GET", "/api/v2/me/settings/phone"), Ok((Op::PhoneSettings, String::new())));
        assert_eq!(op("GET", "/api/v2/settings/voice"), Ok((Op::SettingsGroup, "voice".into())));
    }

    #[test]
    fn other_paths_and_methods_are_told_apart() {
        assert_eq!(op("GET", "/api/v3/me"), Err(NoRoute::Path));
        assert_eq!(op("GET", "/api/v2/me/calls//"), Err(NoRoute::Path));
        assert_eq!(op("GET", "/api/v2/me/calls/a/b"), Err(NoRoute::Path));
        assert_eq!(op("DELETE", "/api/v2/me"), Err(NoRoute::Method(vec!["GET", "POST"])));
    }

    #[test]
    fn bayeux_is_spoken_on_three_bases_and_all_below_them() {
        for path in ["/notifications", "/notifications/", "/genesys/cometd/connect"] {
            assert_eq!(op("POST", path), Ok((Op::Bayeux, String::new())), "{path}");
        }
        assert!(is_bayeux("/api/v2/notifications/handshake"));
        assert!(!is_bayeux("/notificationsx"));
        assert_eq!(op("GET", "/notifications"), Err(NoRoute::Method(vec!["POST"])));
    }
}
