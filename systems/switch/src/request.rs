//! Requests: who asked, which handler takes them, and what they have in common.

use model::{
    Capability, KvList, Now, Origin, ReferenceId, Request, TError, TRequest, error::Refusal,
};

use crate::Switch;

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
            Request::AgentSetIdleReason { dn } => self.set_idle_reason(now, asker, &dn),
            Request::AgentReady { dn, work_mode } => self.agent_ready(now, asker, &dn, work_mode),
            Request::CallForwardCancel { dn } => self.forward_calls(now, asker, &dn, None),
            Request::CallForwardSet { dn, destination } => {
                self.forward_calls(now, asker, &dn, Some(&destination))
            }
            Request::CancelMonitoring { dn, target } => {
                self.cancel_monitoring(now, asker, (&dn, &target))
            }
            Request::DistributeUserEvent { dn, user_data } => {
                self.distribute_user_event(now, asker, &dn, user_data)
            }
            Request::MakeCall { dn, destination, user_data } => {
                self.make_call(now, asker, &dn, &destination, user_data)
            }
            Request::MonitorNextCall { dn, target, mode, is_all } => {
                self.monitor_next_call(now, asker, (&dn, &target), mode, is_all)
            }
            Request::SetDndOff { dn } => self.set_dnd(now, asker, &dn, false),
            Request::SetDndOn { dn } => self.set_dnd(now, asker, &dn, true),
            request => self.carry_out_in_call(now, asker, request),
        }
    }

    /// Requests about a call that is there.
    fn carry_out_in_call(
        &mut self,
        now: Now,
        asker: &Asker,
        request: Request,
    ) -> Result<(), Refusal> {
        match request {
            Request::AnswerCall { dn, conn } => self.answer_call(now, asker, &dn, conn),
            Request::ApplyTreatment { dn, conn, treatment } => {
                self.apply_treatment(now, asker, &dn, conn, treatment)
            }
            Request::AttachUserData { dn, conn, user_data } => {
                self.attach_user_data(now, asker, &dn, conn, user_data)
            }
            Request::ClearCall { dn, conn } => self.clear_call(now, asker, &dn, conn),
            Request::DeleteFromConference { dn, conn, party } => {
                self.delete_from_conference(now, asker, (&dn, conn), &party)
            }
            Request::DeletePair { dn, conn, key } => self.delete_pair(now, asker, &dn, conn, &key),
            Request::DeleteUserData { dn, conn } => self.delete_user_data(now, asker, &dn, conn),
            Request::HoldCall { dn, conn } => self.hold_call(now, asker, &dn, conn),
            Request::ListenDisconnect { dn, conn, listener } => {
                self.set_deaf(now, asker, (&dn, conn), &listener, true)
            }
            Request::ListenReconnect { dn, conn, listener } => {
                self.set_deaf(now, asker, (&dn, conn), &listener, false)
            }
            Request::PauseRecording { dn, conn } => {
                self.pause_recording(now, asker, (&dn, conn), true)
            }
            Request::RedirectCall { dn, conn, destination } => {
                self.redirect_call(now, asker, (&dn, conn), &destination)
            }
            Request::ReleaseCall { dn, conn } => self.release_call(now, asker, &dn, conn),
            Request::ResumeRecording { dn, conn } => {
                self.pause_recording(now, asker, (&dn, conn), false)
            }
            Request::RetrieveCall { dn, conn } => self.retrieve_call(now, asker, &dn, conn),
            Request::RouteCall { dn, conn, target, no_answer } => {
                self.route_call(now, asker, (&dn, conn), &target, no_answer)
            }
            Request::SendDtmf { dn, conn, digits } => {
                self.send_dtmf(now, asker, (&dn, conn), &digits)
            }
            Request::SetMuteOff { dn, conn } => self.set_mute(now, asker, (&dn, conn), false),
            Request::SetMuteOn { dn, conn } => self.set_mute(now, asker, (&dn, conn), true),
            Request::SingleStepConference { dn, conn, destination, user_data } => {
                self.single_step_conference(now, asker, (&dn, conn), &destination, user_data)
            }
            Request::SingleStepTransfer { dn, conn, destination, user_data } => {
                self.single_step_transfer(now, asker, (&dn, conn), &destination, user_data)
            }
            Request::StartRecording { dn, conn } => self.start_recording(now, asker, &dn, conn),
            Request::StopRecording { dn, conn } => self.stop_recording(now, asker, &dn, conn),
            Request::UpdateUserData { dn, conn, user_data } => {
                self.update_user_data(now, asker, &dn, conn, user_data)
            }
            request => self.carry_out_with_two_calls(now, asker, request),
        }
    }

    /// Requests that make a second call or take two.
    fn carry_out_with_two_calls(
        &mut self,
        now: Now,
        asker: &Asker,
        request: Request,
    ) -> Result<(), Refusal> {
        match request {
            Request::AlternateCall { dn, held, current } => {
                self.alternate_call(now, asker, &dn, (held, current))
            }
            Request::CompleteConference { dn, held, current } => {
                self.complete_conference(now, asker, &dn, (held, current))
            }
            Request::CompleteTransfer { dn, held, current } => {
                self.complete_transfer(now, asker, &dn, (held, current))
            }
            Request::InitiateConference { dn, conn, destination, user_data } => {
                let what = (Capability::InitiateConference, false);
                self.initiate(now, asker, what, (&dn, conn), &destination, user_data)
            }
            Request::InitiateTransfer { dn, conn, destination, user_data } => {
                let what = (Capability::InitiateTransfer, false);
                self.initiate(now, asker, what, (&dn, conn), &destination, user_data)
            }
            Request::MergeCalls { dn, held, current, merge } => {
                self.merge_calls(now, asker, &dn, (held, current), merge)
            }
            Request::MuteTransfer { dn, conn, destination, user_data } => {
                let what = (Capability::MuteTransfer, true);
                self.initiate(now, asker, what, (&dn, conn), &destination, user_data)
            }
            Request::ReconnectCall { dn, held, current } => {
                self.reconnect_call(now, asker, &dn, (held, current))
            }
            other => Err(Refusal::new(
                TError::UnsupportedOperation,
                format!("{} is not supported here.", other.name()),
            )),
        }
    }
}
