//! From a request to the resource that answers it.

use std::sync::Arc;

use model::{
    Now,
    api::{ApiId, ApiRequest},
};
use serde_json::Value;
use wire_rest::{Problem, Query, StatusCode};

use crate::{
    Desk,
    http::{CSRF_HEADER, Caller, ReplyTo, access_denied, is_from_our_pages},
    login::{Identity, Waiting, foreign_page},
    router::{self, NoRoute, Op, Route},
};

/// A request of somebody known, without its wrapping.
#[derive(Debug)]
pub(crate) struct Ask {
    /// What stands for `{id}` in the path.
    pub(crate) param: String,
    pub(crate) query: Query,
    /// The Range header.
    pub(crate) range: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Desk {
    pub(crate) fn request(&mut self, now: Now, request: ApiRequest) {
        let route = match router::find(&request.method, &request.path) {
            Ok(route) => route,
            Err(no_route) => return self.no_route(&request, &no_route),
        };
        if route.op == Op::Login {
            return self.login(now, request);
        }
        if route.op == Op::OpenApi {
            return self.open_api(request.id);
        }
        match self.identify(now, &request) {
            Identity::Known { session, by_basic } => {
                let Some(known) = self.sessions.session(session) else { return };
                let caller = Caller {
                    reply: ReplyTo::new(request.id),
                    user: known.user.clone(),
                    session,
                    base: Arc::clone(&known.base),
                };
                self.known(now, caller, by_basic, &route, request);
            }
            Identity::None => self.fail(ReplyTo::new(request.id), &access_denied()),
            Identity::Unchecked(claim) => self.check(now, claim, Waiting::Request(request)),
        }
    }

    fn known(
        &mut self,
        now: Now,
        mut caller: Caller,
        by_basic: bool,
        route: &Route,
        request: ApiRequest,
    ) {
        self.meter.requests += 1;
        self.sessions.touch(now, caller.session);
        self.seat_used(now, &caller.user, caller.session);
        let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
        let may_go_on = if route.op == Op::Bayeux {
            by_basic || is_from_our_pages(&request)
        } else {
            is_read || by_basic || self.has_csrf(&caller, &request)
        };
        self.identify_reply(&mut caller.reply, caller.session, &request, is_read || !may_go_on);
        if !may_go_on {
            let problem = if route.op == Op::Bayeux { foreign_page() } else { no_csrf() };
            return self.fail(caller.reply, &problem);
        }
        let query = Query::read(&request.query);
        let range = request.header("range").map(str::to_owned);
        let ask = Ask { param: route.param.clone(), query, range, body: request.body };
        self.serve(now, route.op, caller, &ask);
    }

    fn has_csrf(&self, caller: &Caller, request: &ApiRequest) -> bool {
        let Some(session) = self.sessions.session(caller.session) else { return false };
        request.header(CSRF_HEADER).is_some_and(|token| session.has_csrf(token))
    }

    /// Resources that can answer at once do; those that ask the switch answer later.
    fn serve(&mut self, now: Now, op: Op, caller: Caller, ask: &Ask) {
        let answer = match op {
            Op::Bayeux => return self.bayeux_request(now, caller, &ask.body),
            Op::CallAction | Op::CallConference | Op::CallOperation | Op::CallTransfer => {
                return self.call_command(now, op, caller, ask);
            }
            Op::CallsDial | Op::DeviceDial => return self.dial(now, op, caller, ask),
            Op::DeviceOperation => return self.device_operation(now, caller, ask),
            Op::ChannelOperation => return self.channel_operation(now, caller, ask),
            Op::CustomerCall => return self.customer_call(caller, ask),
            Op::ConfigurationApply
            | Op::ConfigurationAudit
            | Op::ConfigurationChanges
            | Op::ConfigurationDelete
            | Op::ConfigurationExport
            | Op::ConfigurationImport
            | Op::ConfigurationKinds
            | Op::ConfigurationPut
            | Op::ConfigurationRead
            | Op::ConfigurationSoundDelete
            | Op::ConfigurationSoundPut
            | Op::ConfigurationSounds => return self.configuration(op, caller, ask),
            Op::Explain => return self.explain(caller, ask),
            Op::Replay => return self.replay(caller, ask),
            Op::HistoryAgentStates
            | Op::HistoryCall
            | Op::HistoryCalls
            | Op::HistoryExport
            | Op::HistoryIntervals
            | Op::HistoryStory => {
                return self.history(op, caller, ask);
            }
            Op::Logout => return self.logout(now, caller),
            Op::MeOperation => return self.me_operation(now, caller, ask),
            Op::Recording | Op::RecordingDelete | Op::RecordingSound | Op::Recordings => {
                return self.recordings(op, caller, ask);
            }
            Op::StateSet => return self.state_set(now, caller, ask),
            Op::StatisticDefinitions
            | Op::Statistics
            | Op::StatisticsClose
            | Op::StatisticsOpen
            | Op::StatisticsOperation
            | Op::StatisticsPeek
            | Op::StatisticsRead => return self.statistics(op, caller, ask),
            Op::BusinessAttributes => self.business_attributes(&caller, ask),
            Op::CallCustomer => self.call_customer(&caller, ask),
            Op::CallRead => self.call(now, &caller, ask),
            Op::Calls => self.calls(now, &caller, ask),
            Op::Channel => self.channel(&caller, ask),
            Op::Channels => self.channels(&caller, ask),
            Op::Contact => self.contact(&caller, ask),
            Op::Contacts => self.contacts(&caller, ask),
            Op::Device => self.device_read(&caller, ask),
            Op::DeviceCalls => self.device_calls(now, &caller, ask),
            Op::DeviceSettings => self.device_settings(&caller, ask),
            Op::Devices => self.devices(&caller, ask),
            Op::Features => Ok(Value::Object(self.features(&caller, ask))),
            Op::Groups => Ok(Value::Object(ask.query.collection("groups", Vec::new()))),
            Op::InternalIndex => Err(not_offered("an index of contacts")),
            Op::InternalOperation | Op::WorkbinOperation => Ok(crate::http::done()),
            Op::InternalSettings => Ok(self.internal_settings(&caller)),
            Op::Me => self.me(now, &caller, ask),
            Op::Monitor => self.monitor(now, &caller, ask),
            Op::MonitorTrends => self.monitor_trends(ask),
            Op::PhoneSettings => self.phone_settings(now, &caller),
            Op::Services => Ok(Value::Object(self.services(&caller, ask))),
            Op::Settings => Ok(Value::Object(self.settings(&caller, ask))),
            Op::SettingsGroup => self.settings_group(&caller, ask),
            Op::State => self.state(&caller),
            Op::Version => Ok(self.version()),
            Op::Workbin => Err(unknown("workbin")),
            Op::Workbins => Ok(Value::Object(ask.query.collection("workbins", Vec::new()))),
            // Answered before anybody is asked who he or she is.
            Op::Login | Op::OpenApi => Err(unknown("resource")),
        };
        match answer {
            Ok(body) => self.succeed(caller.reply, &body),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    fn no_route(&mut self, request: &ApiRequest, no_route: &NoRoute) {
        let mut reply = ReplyTo::new(request.id);
        match no_route {
            NoRoute::Method(methods) => {
                reply.header("allow", methods.join(", "));
                let message = format!("{} is not offered here.", request.method);
                let problem = Problem::new(405, StatusCode::Forbidden, "MethodNotAllowed", message)
                    .hint(format!("Offered here: {}.", methods.join(", ")));
                self.fail(reply, &problem);
            }
            NoRoute::Path => {
                let hint = "GET /api/openapi.json lists every resource.";
                self.fail(reply, &unknown("resource").hint(hint));
            }
        }
    }

    /// A client left before its response.
    pub(crate) fn abandoned(&mut self, now: Now, id: ApiId) {
        self.check_abandoned(id);
        self.connect_abandoned(now, id);
        // A request at the switch takes its course; the edge passes over its response.
    }
}

/// There is no such thing.
pub(crate) fn unknown(what: &str) -> Problem {
    Problem::new(404, StatusCode::NotFound, "NotFound", format!("There is no such {what}."))
}

fn not_offered(what: &str) -> Problem {
    let message = format!("This server has not got {what}.");
    Problem::new(500, StatusCode::Internal, "NotOffered", message)
}

fn no_csrf() -> Problem {
    let message = "Missing or invalid Csrf token";
    Problem::new(403, StatusCode::NoPermission, "InvalidCsrfToken", message)
        .hint("Send the header that X-CSRF-HEADER of a GET names, with the value of X-CSRF-TOKEN.")
}
