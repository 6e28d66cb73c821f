//! Requests: who asked, which handler takes them, and what they have in common.

use model::{
    ConnId, Dn, KvList, Now, Origin, ReferenceId, Request, TError, TRequest, error::Refusal,
};

use crate::{Switch, call::Call};

/// Who asked, and the number under which the outcome is awaited.
pub type AskerId = (Origin, ReferenceId);

/// What every request carries.
#[derive(Debug)]
pub struct Asker {
    /// Where the outcome goes.
    pub id: AskerId,
    /// AttributeReasons.
    pub reasons: KvList,
    /// AttributeExtensions.
    pub extensions: KvList,
}

impl Switch {
    /// Carries a request out or refuses it. Each handler checks everything first, then accepts,
    /// then acts; so a refused request has changed nothing.
    pub(crate) fn handle_request(&mut self, now: Now, request: TRequest) {
        let TRequest { origin, reference, reasons, extensions, request } = request;
        let asker = Asker { id: (origin, reference), reasons, extensions };
        let dn = request.dn().clone();
        if let Err(refusal) = self.carry_out(now, &asker, request) {
            self.meter.request_refused(refusal.error);
            self.out.refuse(asker.id, &dn, refusal);
        }
    }

    fn carry_out(&mut self, now: Now, asker: &Asker, request: Request) -> Result<(), Refusal> {
        match request {
            Request::AgentLogin { dn, agent, work_mode } => {
                self.agent_login(now, asker, &dn, &agent, work_mode)
            }
            Request::AgentLogout { dn } => self.agent_logout(now, asker, &dn),
            Request::AgentNotReady { dn, work_mode } => {
                self.agent_not_ready(now, asker, &dn, work_mode)
            }
            Request::AgentReady { dn, work_mode } => self.agent_ready(now, asker, &dn, work_mode),
            Request::AnswerCall { dn, conn } => self.answer_call(now, asker, &dn, conn),
            Request::ApplyTreatment { dn, conn, treatment } => {
                self.apply_treatment(now, asker, &dn, conn, treatment)
            }
            Request::AttachUserData { dn, conn, user_data } => {
                self.attach_user_data(now, asker, &dn, conn, user_data)
            }
            Request::ClearCall { dn, conn } => self.clear_call(now, asker, &dn, conn),
            Request::DeletePair { dn, conn, key } => self.delete_pair(now, asker, &dn, conn, &key),
            Request::DeleteUserData { dn, conn } => self.delete_user_data(now, asker, &dn, conn),
            Request::ReleaseCall { dn, conn } => self.release_call(now, asker, &dn, conn),
            Request::RouteCall { dn, conn, target, no_answer } => {
                self.route_call(now, asker, (&dn, conn), &target, no_answer)
            }
            Request::AlternateCall { .. }
            | Request::CallForwardCancel { .. }
            | Request::CallForwardSet { .. }
            | Request::CancelMonitoring { .. }
            | Request::CompleteConference { .. }
            | Request::CompleteTransfer { .. }
            | Request::DeleteFromConference { .. }
            | Request::DistributeUserEvent { .. }
            | Request::HoldCall { .. }
            | Request::InitiateConference { .. }
            | Request::InitiateTransfer { .. }
            | Request::MakeCall { .. }
            | Request::MonitorNextCall { .. }
            | Request::MuteTransfer { .. }
            | Request::ReconnectCall { .. }
            | Request::RedirectCall { .. }
            | Request::RetrieveCall { .. }
            | Request::SendDtmf { .. }
            | Request::SetDndOff { .. }
            | Request::SetDndOn { .. }
            | Request::SetMuteOff { .. }
            | Request::SetMuteOn { .. }
            | Request::SingleStepConference { .. }
            | Request::SingleStepTransfer { .. } => {
                Err(Refusal::new(TError::UnsupportedOperation, "Not supported yet."))
            }
            Request::UpdateUserData { dn, conn, user_data } => {
                self.update_user_data(now, asker, &dn, conn, user_data)
            }
        }
    }

    /// The call, when `dn` has a part in it.
    pub(crate) fn party(&self, conn: ConnId, dn: &Dn) -> Result<&Call, Refusal> {
        self.calls.get(&conn).filter(|call| call.has_party(dn)).ok_or_else(|| {
            Refusal::new(
                TError::InvalidConnId,
                format!(
                    "There is no call {conn} at {dn}. The call has ended or went elsewhere; ask \
                     for the calls that are up and try again with one of them."
                ),
            )
        })
    }
}
