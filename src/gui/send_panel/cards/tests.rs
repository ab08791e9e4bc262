use std::time::SystemTime;

use super::{card::Presence, *};
use crate::model::{DeviceKind, DeviceName, Proof, Route};

fn nearby(name: &str, key: u8) -> Nearby {
    Nearby {
        id: DeviceId::of_public_key(&[key]),
        name: DeviceName::parse(name).unwrap(),
        kind: DeviceKind::Laptop,
        sighting: Sighting::Proved,
        routes: vec![Route {
            address: "10.0.0.7:27543".parse().unwrap(),
            interface: None,
            answer: crate::model::RouteAnswer::Untried,
        }],
    }
}

fn known(key: u8, trust: Trust) -> KnownDevice {
    KnownDevice {
        id: DeviceId::of_public_key(&[key]),
        name: DeviceName::parse("x").unwrap(),
        kind: DeviceKind::Laptop,
        trust,
        proof: Proof::Compared,
        folder: None,
        recording: crate::model::Recording::default(),
        addresses: Vec::new(),
        met: SystemTime::UNIX_EPOCH,
        seen: SystemTime::UNIX_EPOCH,
    }
}

fn names(cards: &[Card]) -> Vec<&str> {
    cards.iter().map(|card| card.name.as_str()).collect()
}

#[test]
fn ones_own_come_first_and_blocked_ones_never() {
    let mut cards = Cards::default();
    let here = [nearby("anna", 1), nearby("Bert", 2), nearby("zoe", 3), nearby("evil", 4)];
    cards.hear(&here, &[known(3, Trust::Own), known(2, Trust::Trusted), known(4, Trust::Blocked)]);
    assert_eq!(names(&cards.wanted), ["zoe", "Bert", "anna"]);
    assert!(cards.away.is_empty(), "all of them are here, or blocked");
}

#[test]
fn whom_something_was_sent_to_last_comes_before_all_others() {
    let mut cards = Cards::default();
    let here = [nearby("anna", 1), nearby("Bert", 2), nearby("zoe", 3)];
    cards.hear(&here, &[known(3, Trust::Own)]);
    cards.used([DeviceId::of_public_key(&[2])].into_iter());
    assert_eq!(names(&cards.wanted), ["Bert", "zoe", "anna"]);
    cards.used([1, 2].map(|key| DeviceId::of_public_key(&[key])).into_iter());
    cards.hear(&here, &[known(3, Trust::Own)]);
    assert_eq!(names(&cards.wanted), ["anna", "Bert", "zoe"]);
}

#[test]
fn while_the_pointer_is_there_nothing_moves() {
    let mut cards = Cards::default();
    cards.hear(&[nearby("b", 1), nearby("d", 2)], &[]);
    let shown = cards.wanted.clone();
    cards.hear(&[nearby("a", 3), nearby("d", 2), nearby("c", 4)], &[]);
    let now = in_place(&shown, &cards.wanted);
    assert_eq!(names(&now), ["b", "d", "a", "c"]);
    assert!(!now[0].can_be_sent_to() && now[1].can_be_sent_to());
    assert_eq!(now[0].presence, Presence::Gone);
    // One that comes back takes its own place again.
    cards.hear(&[nearby("b", 1)], &[]);
    assert!(in_place(&now, &cards.wanted)[0].can_be_sent_to());
}

#[test]
fn of_two_that_share_a_name_the_ids_are_told_and_of_no_other_anything_but_what_it_is() {
    let mut cards = Cards::default();
    cards.hear(&[nearby("Laptop", 1), nearby("laptop ", 2), nearby("other", 3)], &[]);
    let id = |key: u8| DeviceId::of_public_key(&[key]).short();
    for key in [1, 2] {
        let card = cards.find(DeviceId::of_public_key(&[key])).unwrap();
        assert!(card.line.ends_with(&id(key)) && card.label.contains(&id(key)), "{card:?}");
    }
    assert_eq!(cards.find(DeviceId::of_public_key(&[3])).unwrap().line, "Laptop · never met");
}
