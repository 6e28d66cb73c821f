//! Calls that the router sends to other places than an agent.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::Site;
use expect_test::expect;
use model::{
    ConnId, Request,
    config::{DnKind, DnObject},
    leg::{Cause, LegFact},
    request::Treatment,
};
use switch::{Input, Output};

/// A call that waits at 5000; there is a route point 5900 too.
fn waiting() -> (Site, ConnId) {
    let mut configuration = common::configuration();
    let kind = DnKind::RoutePoint { dnis: Vec::new(), strategy: "Sales".into() };
    configuration.dns.insert("5900".into(), DnObject::new(kind));
    let mut site = Site::at_work();
    site.tell(Input::Configuration(Arc::new(configuration)));
    site.offer("+18005551234");
    let conn = site.conn();
    site.ask(Request::ApplyTreatment { dn: "5000".into(), conn, treatment: Treatment::Music });
    site.forget_ladder();
    (site, conn)
}

#[test]
fn a_call_is_sent_on_to_another_route_point_and_keeps_its_time() {
    let (mut site, conn) = waiting();
    site.wait_s(30);
    site.ask(common::route(conn, "5900"));
    expect![[r#"
        30.0   RequestRouteCall #4 at 5000
               ok #4
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5900/Destination #4
               EventTreatmentEnd 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{TreatmentType:2}
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5900/Destination
               EventQueued 5900 call=1 Inbound Destination queue=5900 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5900 call=1 Inbound Destination queue=5900 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_call_is_sent_to_an_outside_number() {
    let (mut site, conn) = waiting();
    site.ask(common::route(conn, "5559876543"));
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    expect![[r#"
        0.0    RequestRouteCall #4 at 5000
               ok #4
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5559876543/Destination #4
               out1 dial 5559876543 by pstn from 5551234567
        0.0    out1 rings
               EventTreatmentEnd 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination parties=5551234567+5559876543 ext{TreatmentType:2}
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5559876543/Destination parties=5551234567+5559876543
               media play in1 RingBack
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
        0.0    out1 ended: Normal
               in1 release Normal
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn an_outside_number_that_is_busy_brings_the_call_back_to_its_route_point() {
    let (mut site, conn) = waiting();
    site.ask(common::route(conn, "5559876543"));
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Busy });
    expect![[r#"
        0.0    out1 ended: Busy
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_place_that_there_is_not_is_refused() {
    let (mut site, conn) = waiting();
    let reference = site.ask(common::route(conn, "nowhere"));
    let refused = site.outcome(reference);
    let [Output::Refused { refusal, .. }] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!(refusal.error, model::TError::InvalidDestination);
}

#[test]
fn a_call_that_is_sent_in_a_circle_ends() {
    let (mut site, conn) = waiting();
    for _ in 0..200 {
        if site.switch.counts().calls == 0 {
            return;
        }
        site.ask(common::route_at("5000", conn, "5900"));
        site.ask(common::route_at("5900", conn, "5000"));
    }
    panic!("it goes round for ever");
}

#[test]
fn who_dials_into_a_circle_of_forwarding_is_told_so() {
    let mut site = Site::at_work();
    site.fact(LegFact::DnInService { dn: "5003".into() });
    for (dn, to) in [("5002", "5003"), ("5003", "5002")] {
        site.ask(Request::CallForwardSet { dn: dn.into(), destination: to.into() });
    }
    site.forget_ladder();
    let (dn, destination) = ("5001".into(), "5002".into());
    site.ask(Request::MakeCall { dn, destination, user_data: model::KvList::new() });
    expect![[r#"
        0.0    RequestMakeCall #5 at 5001
               refused #5 InvalidDestination (415): The calls of 5002 are forwarded, and nobody is reached there. Choose another number.
    "#]].assert_eq(&site.take_ladder());
}
