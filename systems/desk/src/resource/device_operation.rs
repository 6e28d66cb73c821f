//! Operations of a device: do not disturb, forwarding, and hearing others' calls.

use model::{Dn, KvList, Now, Request, request::MonitorMode};
use wire_rest::{
    DeviceCommand, MonitorTarget, MonitorWish, Problem, StatusCode, read_device_operation,
};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
    request::Wish,
    view::DnView,
};

impl Desk {
    pub(crate) fn device_operation(&mut self, now: Now, caller: Caller, ask: &Ask) {
        match self.device_wishes(&caller, ask) {
            Ok(wishes) => self.ask_wishes(now, &caller.user, wishes, caller.reply),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    /// What the switch is asked, one after the other.
    fn device_wishes(&self, caller: &Caller, ask: &Ask) -> Result<Vec<Wish>, Problem> {
        let (view, _) = self.own_device(caller, ask)?;
        let command = read_device_operation(&ask.body)?;
        let dn = self.free_dn(&caller.user, false)?;
        Ok(match command {
            DeviceCommand::CancelMonitoring => {
                self.check_monitor(caller)?;
                vec![cancel(view).ok_or_else(not_monitoring)?]
            }
            DeviceCommand::DoNotDisturb(true) => vec![Wish::new(Request::SetDndOn { dn })],
            DeviceCommand::DoNotDisturb(false) => vec![Wish::new(Request::SetDndOff { dn })],
            DeviceCommand::Forward(Some(destination)) => {
                vec![Wish::new(Request::CallForwardSet { dn, destination })]
            }
            DeviceCommand::Forward(None) => vec![Wish::new(Request::CallForwardCancel { dn })],
            DeviceCommand::Monitor(wish) => {
                self.check_monitor(caller)?;
                self.monitor_wishes(view, &wish)?
            }
        })
    }

    fn check_monitor(&self, caller: &Caller) -> Result<(), Problem> {
        if self.may_monitor(&caller.user) {
            return Ok(());
        }
        let message = "Only supervisors may listen to others' calls.";
        Err(Problem::new(403, StatusCode::NoPermission, "NotASupervisor", message)
            .hint("An administrator can give this person the role."))
    }

    fn monitor_wishes(&self, view: &DnView, wish: &MonitorWish) -> Result<Vec<Wish>, Problem> {
        let target = match &wish.target {
            MonitorTarget::Device(device) => {
                let found = self.views.by_device(device).ok_or_else(|| unknown("device"))?;
                found.dn.clone()
            }
            MonitorTarget::Number(number) => Dn::from(number.as_str()),
        };
        let (mode, is_all) = (wish.mode, wish.is_all);
        let next = Wish::new(Request::MonitorNextCall {
            dn: view.dn.clone(),
            target: target.clone(),
            mode,
            is_all,
        });
        let Some(present) = &view.supervision else { return Ok(vec![next]) };
        if present.target != target {
            return Ok(cancel(view).into_iter().chain([next]).collect());
        }
        let mut wishes = switches(view, present.mode, mode);
        if wishes.is_empty() || is_all {
            // The calls after this one are heard in the same way.
            wishes.push(next);
        }
        Ok(wishes)
    }
}

/// Ends the present monitoring: of a call that was to be the only one, by leaving it.
fn cancel(view: &DnView) -> Option<Wish> {
    let present = view.supervision.as_ref()?;
    let dn = view.dn.clone();
    let heard = view.calls().iter().find(|call| call.is_watching);
    Some(Wish::new(match heard {
        Some(call) if !present.is_all => Request::ReleaseCall { dn, conn: call.conn },
        Some(_) | None => Request::CancelMonitoring { dn, target: present.target.clone() },
    }))
}

/// From one way of hearing the present call to another, by mute and unmute as T-Library has it.
fn switches(view: &DnView, from: MonitorMode, to: MonitorMode) -> Vec<Wish> {
    let Some(call) = view.calls().iter().find(|call| call.is_watching) else { return Vec::new() };
    let (dn, conn) = (view.dn.clone(), call.conn);
    let on = || Wish::new(Request::SetMuteOn { dn: dn.clone(), conn });
    let off = || Wish::new(Request::SetMuteOff { dn: dn.clone(), conn });
    let coach = || KvList::new().with("MonitorMode", MonitorMode::Coach.as_str());
    match (from, to) {
        (MonitorMode::Coach | MonitorMode::Connect, MonitorMode::Mute) => vec![on()],
        (MonitorMode::Mute, MonitorMode::Connect) => vec![off()],
        // Whoever coaches isn't muted, so that it takes both.
        (MonitorMode::Coach, MonitorMode::Connect) => vec![on(), off()],
        (MonitorMode::Mute, MonitorMode::Coach) => vec![off().with_extensions(coach())],
        (MonitorMode::Connect, MonitorMode::Coach) => vec![on().with_extensions(coach())],
        (MonitorMode::Coach, MonitorMode::Coach)
        | (MonitorMode::Connect, MonitorMode::Connect)
        | (MonitorMode::Mute, MonitorMode::Mute) => Vec::new(),
    }
}

fn not_monitoring() -> Problem {
    let message = "Nobody is listened to from this device.";
    Problem::new(409, StatusCode::NotValidNow, "NotMonitoring", message)
        .hint("ListenIn, Coach or BargeIn begin it.")
}
