//! What may be asked of a call, in GWS's words.

use model::{Capabilities, Capability};
use wire_rest::CallWord;

/// The operations that would be taken now: the desktop's buttons.
pub(super) fn words(capabilities: Capabilities, state: CallWord) -> Vec<&'static str> {
    if state == CallWord::Released {
        return Vec::new();
    }
    let mut words = Vec::new();
    for capability in IN_ORDER {
        // As GWS: a ringing call is answered or sent elsewhere.
        let is_shown = *capability != Capability::ReleaseCall || state != CallWord::Ringing;
        if capabilities.has(*capability) && is_shown {
            words.extend_from_slice(words_of(*capability));
        }
    }
    words
}

fn words_of(capability: Capability) -> &'static [&'static str] {
    match capability {
        Capability::AlternateCall => &["SwapCalls"],
        Capability::AnswerCall => &["Answer"],
        Capability::AttachUserData => {
            &["AttachUserData", "UpdateUserData", "DeleteUserData", "DeleteUserDataPair"]
        }
        Capability::ClearCall => &["ClearCall"],
        Capability::CompleteConference => &["CompleteConference"],
        Capability::CompleteTransfer => &["CompleteTransfer"],
        Capability::DeleteFromConference => &["RemoveParticipantFromConference"],
        Capability::HoldCall => &["Hold"],
        Capability::InitiateConference => &["InitiateConference"],
        Capability::InitiateTransfer => &["InitiateTransfer"],
        Capability::ListenDisconnect => &["ListenDisconnect"],
        Capability::ListenReconnect => &["ListenReconnect"],
        Capability::MergeCalls => &["MergeCalls"],
        Capability::MuteTransfer => &["MuteTransfer"],
        Capability::PauseRecording => &["PauseRecording"],
        Capability::ReconnectCall => &["Reconnect"],
        Capability::RedirectCall => &["Redirect"],
        Capability::ReleaseCall => &["Hangup"],
        Capability::ResumeRecording => &["ResumeRecording"],
        Capability::RetrieveCall => &["Retrieve"],
        Capability::SendDtmf => &["SendDtmf"],
        Capability::SetMuteOff => &["UnmuteCall"],
        Capability::SetMuteOn => &["MuteCall"],
        Capability::SingleStepConference => &["SingleStepConference"],
        Capability::SingleStepTransfer => &["SingleStepTransfer"],
        Capability::StartRecording => &["StartRecording"],
        Capability::StopRecording => &["StopRecording"],
    }
}

/// GWS's order: what is done most comes first, user data last.
const IN_ORDER: &[Capability] = &[
    Capability::AnswerCall,
    Capability::ReleaseCall,
    Capability::ClearCall,
    Capability::HoldCall,
    Capability::RetrieveCall,
    Capability::SetMuteOn,
    Capability::SetMuteOff,
    Capability::SendDtmf,
    Capability::AlternateCall,
    Capability::ReconnectCall,
    Capability::CompleteTransfer,
    Capability::CompleteConference,
    Capability::MergeCalls,
    Capability::InitiateTransfer,
    Capability::SingleStepTransfer,
    Capability::MuteTransfer,
    Capability::InitiateConference,
    Capability::SingleStepConference,
    Capability::DeleteFromConference,
    Capability::ListenDisconnect,
    Capability::ListenReconnect,
    Capability::RedirectCall,
    Capability::StartRecording,
    Capability::PauseRecording,
    Capability::ResumeRecording,
    Capability::StopRecording,
    Capability::AttachUserData,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_its_place_among_the_words() {
        for capability in Capability::ALL {
            assert!(IN_ORDER.contains(capability), "{capability:?}");
        }
        let all: Capabilities = Capability::ALL.iter().copied().collect();
        assert_eq!(words(all, CallWord::Established).len(), Capability::ALL.len() + 3);
        assert!(!words(all, CallWord::Ringing).contains(&"Hangup"));
        assert!(words(all, CallWord::Released).is_empty());
    }
}
