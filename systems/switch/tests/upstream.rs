//! In front of a SIP server that is there already: it presses our phones' buttons, and what they
//! dial is its affair.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    LegId,
    leg::{Button, LegFact, LegSource},
};

fn in_front() -> Site {
    let mut site = Site::with(|settings| settings.upstream = Some("pstn".into()));
    site.fact(LegFact::DnInService { dn: "5001".into() });
    site.fact(LegFact::DnInService { dn: "5002".into() });
    site.forget_ladder();
    site
}

fn press(site: &mut Site, leg: LegId, button: Button) {
    site.fact(LegFact::Pressed { leg, button });
}

#[test]
fn talk_answers_what_rings_and_goes_on_with_what_hold_holds() {
    let mut site = in_front();
    let upstream = site.offer("5001");
    let phone = site.rung();
    site.fact(LegFact::Ringing { leg: phone });
    site.forget_ladder();
    press(&mut site, upstream, Button::Hold);
    press(&mut site, upstream, Button::Talk);
    press(&mut site, upstream, Button::Talk);
    site.fact(LegFact::Answered { leg: phone });
    press(&mut site, upstream, Button::Talk);
    press(&mut site, upstream, Button::Hold);
    press(&mut site, upstream, Button::Hold);
    press(&mut site, upstream, Button::Talk);
    expect![[r#"
        0.0    in1 pressed: Hold
        0.0    in1 pressed: Talk
               out1 answer-phone
               5001 may AttachUserData ClearCall RedirectCall ReleaseCall
        0.0    in1 pressed: Talk
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5001 call=1 Inbound Destination other=5551234567/Origination ext{BusinessCall:0}
        0.0    in1 pressed: Talk
        0.0    in1 pressed: Hold
               media play in1 Music
               media hear out1 
               EventHeld 5001 call=1 Inbound Destination other=5551234567/Origination
        0.0    in1 pressed: Hold
        0.0    in1 pressed: Talk
               media hear in1 out1
               media hear out1 in1
               EventRetrieved 5001 call=1 Inbound Destination other=5551234567/Origination
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_has_not_rung_yet_answers_when_it_does() {
    let mut site = in_front();
    let upstream = site.offer("5001");
    let phone = site.rung();
    press(&mut site, upstream, Button::Talk);
    assert!(!site.ladder.contains("answer-phone"));
    site.fact(LegFact::Ringing { leg: phone });
    assert!(site.ladder.contains("answer-phone"));
}

#[test]
fn what_a_phone_dials_leaves_by_the_upstream_colleagues_and_route_points_too() {
    for number in ["5002", "5000", "112"] {
        let mut site = in_front();
        site.offer_from(LegSource::Dn("5001".into()), "5001", number);
        let ladder = site.take_ladder();
        assert!(ladder.contains(&format!("dial {number}")), "{number}: {ladder}");
    }
}
