//! A carrier wants to know who we are: digest (RFC 3261 22.2).

use std::net::SocketAddr;

use model::{Now, config::Account, random::Random};
use wire_sip::{
    HeaderName, Message, Method,
    digest::{Answer, answer},
};

use super::uri_host;
use crate::{
    Signaling,
    dialog::{TAG_DIGITS, via},
    leg::Stage,
    outlet::Hop,
    transaction::{TransactionId, client::User},
};

/// The header that answers a challenge to a request, and its value. `None` when the response is no
/// challenge, when it is one to the same answer again, or when it can't be answered.
pub(crate) fn proof(
    random: &mut Random,
    (user, password): (&str, &str),
    request: &Message,
    response: &Message,
) -> Option<(HeaderName, String)> {
    let (asks, answers) = match response.status()? {
        401 => (HeaderName::WwwAuthenticate, HeaderName::Authorization),
        407 => (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization),
        _ => return None,
    };
    // A wrong answer stays wrong; one to a nonce that is only old is given once more.
    let given = request.credentials(answers).next().map(|given| given.nonce.to_vec());
    let cnonce = random.hex(TAG_DIGITS);
    let method = request.method()?.to_string();
    let with = Answer {
        username: user,
        password,
        method: &method,
        uri: request.request_uri()?,
        body: request.body(),
        cnonce: &cnonce,
        nonce_count: 1,
    };
    let mut challenges = response.challenges(asks);
    let value = challenges.find_map(|challenge| {
        let may = match &given {
            None => true,
            Some(given) => challenge.stale && challenge.nonce != given.as_slice(),
        };
        may.then(|| answer(&challenge, &with)).flatten()
    })?;
    Some((answers, value))
}

impl Signaling {
    /// Who we are to whoever a request went to: by the address, or, where a dialog leads on to
    /// another one, by the carrier's name in To.
    fn account_for(&self, request: &Message, remote: SocketAddr) -> Option<&Account> {
        let by_name = || {
            let to = request.to().ok()?;
            let host = to.uri.rsplit_once('@')?.1;
            let mut trunks = self.configuration.trunks.values();
            let trunk = trunks.find(|trunk| uri_host(trunk).is_some_and(|known| known == host))?;
            trunk.account.as_ref()
        };
        self.trunks.account_at(remote).or_else(by_name)
    }

    /// Sends a request once more with the proof that a carrier asks for. False: there is none to
    /// give, and the refusal is what it is.
    pub(crate) fn answer_challenge(
        &mut self,
        now: Now,
        id: TransactionId,
        user: &User,
        response: &Message,
    ) -> bool {
        if !matches!(response.status(), Some(401 | 407)) {
            return false;
        }
        let Some((request, hop)) = self.clients.request(id) else { return false };
        let (request, hop) = (request.clone(), hop.clone());
        if matches!(request.method(), Some(Method::Cancel | Method::Register) | None) {
            return false;
        }
        let remote = match hop {
            Hop::Udp(remote) => remote,
            Hop::Flow(flow) => match self.outlet.flow(flow) {
                Some(flow) => flow.remote,
                None => return false,
            },
        };
        let account = self.account_for(&request, remote).cloned();
        let Some(Account { user: name, password: Some(password), .. }) = account else {
            return false;
        };
        let proof = proof(&mut self.random, (&name, &password), &request, response);
        let Some((header, value)) = proof else { return false };

        let (local, remote) = (request.from_tag(), request.to_tag());
        let known = local.and_then(|local| {
            let remote = remote.unwrap_or_default();
            self.legs.by_tags(request.call_id(), local, remote).map(|leg| leg.id)
        });
        let mut cseq = request.cseq().map_or(1, |cseq| cseq.number + 1);
        if let Some(leg) = known.and_then(|leg| self.legs.get_mut(leg)) {
            let is_called = matches!(leg.stage, Stage::Outgoing(_));
            if matches!(user, User::Invite(_)) && !is_called {
                // Cancelled meanwhile.
                return false;
            }
            cseq = leg.dialog.next_cseq();
        }
        let method = request.method().map(ToString::to_string).unwrap_or_default();
        let again = request
            .edit()
            .replace(HeaderName::Via, via(&self.outlet, &mut self.random, &hop))
            .replace(HeaderName::CSeq, format!("{cseq} {method}"))
            .remove(header)
            .add(header, value)
            .finish();
        let begun = self.clients.start(&mut self.outlet, now, again, hop, user.clone());
        if let User::Invite(leg) = user
            && let Some(leg) = self.legs.get_mut(*leg)
            && let Stage::Outgoing(outgoing) = &mut leg.stage
        {
            outgoing.invite = begun;
            outgoing.has_provisional = false;
            let id = leg.id;
            self.expect_a_word(now, id);
        }
        begun.is_some()
    }
}
