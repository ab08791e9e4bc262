use std::time::{Duration, SystemTime};

use super::*;
use crate::model::Proof;

fn id(name: &str) -> DeviceId {
    DeviceId::of_public_key(name.as_bytes())
}

fn open(name: &str) -> Announcement {
    let claim =
        Claim::Open { id: id(name), name: DeviceName::parse(name).unwrap(), kind: DeviceKind::Laptop };
    Announcement { claim, channel: None }
}

fn at(addresses: &[&str]) -> Vec<Place> {
    addresses.iter().map(|a| Place { address: a.parse().unwrap(), interface: None }).collect()
}

fn known(name: &str) -> KnownDevice {
    let now = SystemTime::UNIX_EPOCH;
    KnownDevice {
        id: id(name),
        name: DeviceName::parse(name).unwrap(),
        kind: DeviceKind::Phone,
        trust: Trust::Known,
        proof: Proof::Compared,
        folder: None,
        recording: crate::model::Recording::default(),
        addresses: Vec::new(),
        met: now,
        seen: now,
    }
}

fn addresses(directory: &Directory, name: &str) -> Vec<String> {
    directory.routes(id(name)).iter().map(|route| route.address.to_string()).collect()
}

const FAST: RouteAnswer = RouteAnswer::Proved(Duration::from_millis(1));
const SLOW: RouteAnswer = RouteAnswer::Proved(Duration::from_millis(50));

#[test]
fn one_device_is_one_line_whatever_it_is_announced_as() {
    let mut directory = Directory::new(id("us"));
    directory.sight("1".into(), open("ben"), at(&["10.0.0.7:1", "[fd00::7]:1"]), &[]);
    directory.sight("2".into(), open("ben"), at(&["10.0.0.7:1", "10.0.1.7:1"]), &[]);
    directory.sight("3".into(), open("anna"), at(&["10.0.0.8:1"]), &[]);
    directory.sight("4".into(), open("us"), at(&["10.0.0.1:1"]), &[]);
    let names: Vec<_> = directory.nearby(&[]).iter().map(|near| near.name.to_string()).collect();
    assert_eq!(names, ["anna", "ben"]);
    assert_eq!(addresses(&directory, "ben"), ["10.0.0.7:1", "10.0.1.7:1", "[fd00::7]:1"]);
    directory.gone("2");
    assert_eq!(addresses(&directory, "ben"), ["10.0.0.7:1", "[fd00::7]:1"]);
    directory.gone("1");
    assert_eq!(directory.nearby(&[]).len(), 1);
}

#[test]
fn what_answered_fastest_comes_first_and_what_answered_with_another_key_last() {
    let mut directory = Directory::new(id("us"));
    let places = at(&["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1", "10.0.0.5:1"]);
    let routes: Vec<_> = places.iter().map(|place| place.address).collect();
    directory.sight("1".into(), open("ben"), places, &[]);
    let now = Instant::now();
    assert_eq!(directory.due(now).len(), 5);
    assert_eq!(directory.nearby(&[])[0].sighting, Sighting::Unproved);
    for (route, answer) in [(0, RouteAnswer::Other), (1, RouteAnswer::Silent), (2, SLOW), (3, FAST)] {
        directory.tried(id("ben"), routes[route], answer, now);
    }
    let ranked = ["10.0.0.4:1", "10.0.0.3:1", "10.0.0.5:1", "10.0.0.2:1", "10.0.0.1:1"];
    assert_eq!(addresses(&directory, "ben"), ranked);
    assert_eq!(directory.nearby(&[])[0].sighting, Sighting::Proved);
    assert_eq!(directory.due(now), [(id("ben"), routes[4])]);
    let later = now + limits::RETRY_ROUTE[0];
    assert_eq!(directory.next_due(now), Some(later));
    assert_eq!(directory.due(later), [(id("ben"), routes[1]), (id("ben"), routes[4])]);
}

#[test]
fn who_does_not_answer_is_called_again_soon_and_then_less_and_less_often() {
    let mut directory = Directory::new(id("us"));
    let place = at(&["10.0.0.7:1"]);
    let route = place[0].address;
    directory.sight("1".into(), open("ben"), place, &[]);
    let mut now = Instant::now();
    let mut waits = Vec::new();
    for _ in 0..40 {
        assert_eq!(directory.due(now), [(id("ben"), route)]);
        directory.tried(id("ben"), route, RouteAnswer::Silent, now);
        assert_eq!(directory.due(now), []);
        let again = directory.next_due(now).unwrap();
        waits.push(again.duration_since(now).as_secs());
        now = again;
    }
    assert_eq!((&waits[..5], waits[39]), (&[1, 2, 4, 8, 15][..], 15));
    directory.tried(id("ben"), route, FAST, now);
    assert_eq!((directory.due(now), directory.next_due(now)), (vec![], None));
}

#[test]
fn a_changed_address_is_a_new_route_of_the_same_device_and_the_old_one_is_forgotten() {
    let mut directory = Directory::new(id("us"));
    let now = Instant::now();
    directory.sight("1".into(), open("ben"), at(&["10.0.0.7:1"]), &[]);
    directory.tried(id("ben"), "10.0.0.7:1".parse().unwrap(), FAST, now);
    directory.sight("1".into(), open("ben"), at(&["10.0.9.9:1"]), &[]);
    assert_eq!(directory.nearby(&[])[0].sighting, Sighting::Unproved);
    assert_eq!(directory.due(now).len(), 1);
    // What comes late of an old route is no news.
    directory.tried(id("ben"), "10.0.0.7:1".parse().unwrap(), FAST, now);
    assert_eq!(directory.nearby(&[])[0].sighting, Sighting::Unproved);
    // Nor is what was found out there before: the address may have changed hands.
    directory.sight("1".into(), open("ben"), at(&["10.0.0.7:1"]), &[]);
    assert_eq!(directory.nearby(&[])[0].sighting, Sighting::Unproved);
}

#[test]
fn somebody_else_s_id_leads_to_could_not_verify_and_takes_nothing_from_the_device_itself() {
    let mut directory = Directory::new(id("us"));
    let now = Instant::now();
    let mut lie = open("ben");
    if let Claim::Open { name, .. } = &mut lie.claim {
        *name = DeviceName::parse("Liar").unwrap();
    }
    directory.sight("0".into(), lie, at(&["10.0.0.66:1"]), &[]);
    directory.tried(id("ben"), "10.0.0.66:1".parse().unwrap(), RouteAnswer::Other, now);
    assert_eq!(directory.nearby(&[])[0].sighting, Sighting::Disproved);
    directory.sight("1".into(), open("ben"), at(&["10.0.0.7:1"]), &[]);
    directory.tried(id("ben"), "10.0.0.7:1".parse().unwrap(), FAST, now);
    let near = &directory.nearby(&[])[0];
    assert_eq!((near.sighting, near.name.as_str()), (Sighting::Proved, "ben"));
    assert_eq!(near.routes[0].address, "10.0.0.7:1".parse().unwrap());
}

#[test]
fn a_flood_is_capped_and_keeps_nobody_out_who_is_known() {
    let mut directory = Directory::new(id("us"));
    for n in 0..10_000 {
        directory.sight(n.to_string(), open(&format!("flood {n}")), at(&["10.0.0.66:1"]), &[known("ben")]);
    }
    assert_eq!(directory.nearby(&[]).len(), limits::MAX_SIGHTINGS);
    directory.sight("ben".into(), open("ben"), at(&["10.0.0.7:1"]), &[known("ben")]);
    assert!(directory.nearby(&[]).iter().any(|near| near.id == id("ben")));
    assert_eq!(directory.nearby(&[]).len(), limits::MAX_SIGHTINGS);
    let many: Vec<_> = (1..200).map(|n| format!("10.0.1.{n}:1")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    directory.sight("ben".into(), open("ben"), at(&many), &[]);
    assert_eq!(directory.routes(id("ben")).len(), limits::MAX_ROUTES);
}

/// As many strangers as there is room for, `1000` and on.
fn flooded() -> Directory {
    let mut directory = Directory::new(id("us"));
    for n in 1000..1000 + limits::MAX_SIGHTINGS {
        directory.sight(n.to_string(), open(&n.to_string()), at(&["10.0.0.66:1"]), &[]);
    }
    directory
}

fn has(directory: &Directory, name: &str) -> bool {
    directory.nearby(&[]).iter().any(|near| near.id == id(name))
}

#[test]
fn a_claim_takes_the_place_of_no_device_that_has_answered_unless_it_is_said_to_be_known() {
    let mut directory = flooded();
    for n in 1000..1000 + limits::MAX_SIGHTINGS {
        let route = "10.0.0.66:1".parse().unwrap();
        directory.tried(id(&n.to_string()), route, FAST, Instant::now());
    }
    for (knows, comes) in [(vec![], false), (vec![known("ben")], true)] {
        directory.sight("ben".into(), open("ben"), at(&["10.0.0.7:1"]), &knows);
        assert_eq!(has(&directory, "ben"), comes);
    }
}

#[test]
fn a_flood_keeps_no_honest_newcomer_out_whom_nobody_knows() {
    let mut directory = flooded();
    directory.sight("ben".into(), open("ben"), at(&["10.0.0.7:1"]), &[]);
    assert!(has(&directory, "ben"));
    directory.tried(id("ben"), "10.0.0.7:1".parse().unwrap(), FAST, Instant::now());
    for n in 0..1000 {
        directory.sight(n.to_string(), open(&format!("more {n}")), at(&["10.0.0.66:1"]), &[]);
    }
    assert!(has(&directory, "ben"), "it has answered, and they have not");
    assert_eq!(directory.nearby(&[]).len(), limits::MAX_SIGHTINGS);
}

#[test]
fn whoever_did_not_answer_makes_room_first_and_whoever_did_only_for_one_that_is_known() {
    for (vain, answer) in [("1100", RouteAnswer::Silent), ("1200", RouteAnswer::Other)] {
        let mut directory = flooded();
        directory.tried(id(vain), "10.0.0.66:1".parse().unwrap(), answer, Instant::now());
        directory.sight("ben".into(), open("ben"), at(&["10.0.0.7:1"]), &[]);
        assert!(has(&directory, "ben") && has(&directory, "1000") && !has(&directory, vain));
    }
    let mut directory = flooded();
    for near in directory.nearby(&[]) {
        directory.tried(near.id, near.routes[0].address, FAST, Instant::now());
    }
    directory.sight("carl".into(), open("carl"), at(&["10.0.0.7:1"]), &[known("ben")]);
    directory.sight("ben".into(), open("ben"), at(&["10.0.0.7:1"]), &[known("ben")]);
    assert!(has(&directory, "ben") && !has(&directory, "carl"));
}

#[test]
fn a_flood_keeps_nobody_from_being_found_by_the_number_of_a_code_nor_does_one_of_codes_keep_out_others() {
    let mut directory = flooded();
    for n in 0..1000 {
        directory.sight(n.to_string(), nameless(8), at(&["10.0.0.66:1"]), &[]);
    }
    directory.sight("ben".into(), nameless(7), at(&["10.0.0.7:1"]), &[]);
    assert_eq!(directory.candidates(7, &[])[0].instance, "ben");
    assert_eq!(directory.nearby(&[]).len(), limits::MAX_SIGHTINGS);
    assert_eq!(directory.instances().count(), limits::MAX_SIGHTINGS + limits::MAX_SIGHTINGS_OF_CODES);
}

#[test]
fn a_veiled_device_is_seen_by_those_who_know_it_and_are_meant() {
    let nonce = [7; 8];
    let claim = Claim::Veiled { nonce, tags: vec![tag(id("ben"), id("us"), &nonce)] };
    let veiled = Announcement { claim, channel: None };
    let places = || at(&["10.0.0.7:1"]);
    let mut directory = Directory::new(id("us"));
    directory.sight("1".into(), veiled.clone(), places(), &[known("ben")]);
    assert_eq!(directory.nearby(&[known("ben")])[0].id, id("ben"));
    for knows in [vec![], vec![known("anna")], vec![KnownDevice { trust: Trust::Blocked, ..known("ben") }]] {
        let mut directory = Directory::new(id("us"));
        directory.sight("1".into(), veiled.clone(), places(), &knows);
        assert_eq!(directory.nearby(&[]), []);
    }
    let mut other = Directory::new(id("other"));
    other.sight("1".into(), veiled, places(), &[known("ben")]);
    assert_eq!(other.nearby(&[]), []);
}

fn nameless(channel: u16) -> Announcement {
    Announcement { claim: Claim::Nameless, channel: Some(channel) }
}

#[test]
fn whoever_gives_out_a_code_is_found_by_its_number_at_all_its_addresses_and_not_shown() {
    let mut directory = Directory::new(id("us"));
    directory.sight("1".into(), nameless(7), at(&["[fe80::7%2]:1", "10.0.0.7:1"]), &[]);
    directory.sight("2".into(), nameless(8), at(&["10.0.0.8:1"]), &[]);
    let ben = Announcement { channel: Some(7), ..open("ben") };
    directory.sight("3".into(), ben, at(&["10.0.0.9:1", "10.0.1.9:1", "10.0.2.9:1"]), &[]);
    let now = Instant::now();
    directory.tried(id("ben"), "10.0.0.9:1".parse().unwrap(), RouteAnswer::Other, now);
    directory.tried(id("ben"), "10.0.2.9:1".parse().unwrap(), FAST, now);
    let mut found = directory.candidates(7, &[]);
    found.sort_by(|a, b| a.instance.cmp(&b.instance));
    let found: Vec<_> = found.iter().map(|found| (found.id, found.places.as_slice())).collect();
    let places = |addresses: &[&str]| addresses.iter().map(|a| a.parse().unwrap()).collect::<Vec<_>>();
    let (nameless, ben) = (places(&["10.0.0.7:1", "[fe80::7%2]:1"]), places(&["10.0.2.9:1", "10.0.1.9:1"]));
    assert_eq!(found, [(None, &nameless[..]), (Some(id("ben")), &ben[..])]);
    assert_eq!(directory.nearby(&[]).len(), 1);
}

#[test]
fn who_is_called_first_with_a_code_is_known_or_has_answered_and_nobody_chooses_the_rest() {
    let mut firsts = BTreeSet::new();
    for _ in 0..200 {
        let mut directory = Directory::new(id("us"));
        for label in ["0", "00", "000", "f"] {
            directory.sight(label.into(), nameless(7), at(&["10.0.0.66:1"]), &[]);
        }
        firsts.insert(directory.candidates(7, &[])[0].instance.clone());
        for name in ["anna", "ben"] {
            let open = Announcement { channel: Some(7), ..open(name) };
            directory.sight(name.into(), open, at(&["10.0.0.7:1"]), &[]);
        }
        directory.tried(id("ben"), "10.0.0.7:1".parse().unwrap(), FAST, Instant::now());
        let found = directory.candidates(7, &[known("anna")]);
        assert_eq!(found.len(), 6);
        assert_eq!([&*found[0].instance, &*found[1].instance], ["anna", "ben"]);
    }
    assert_eq!(firsts.len(), 4, "a chance of one in 10^24 that one of them is never first");
}

#[test]
fn nobody_finds_the_number_of_a_code_that_they_announce_themselves() {
    let mut directory = Directory::new(id("us"));
    for label in ["first", "second"] {
        directory.is_announced_as(label);
    }
    for label in ["first", "second", "third"] {
        let instance = format!("{label}._airlift._tcp.local.");
        directory.sight(instance, nameless(7), at(&["10.0.0.1:1"]), &[]);
    }
    let found: Vec<_> = directory.candidates(7, &[]).into_iter().map(|found| found.instance).collect();
    assert_eq!(found, ["third._airlift._tcp.local."]);
}

#[test]
fn addresses_that_can_t_be_another_device_s_are_ignored() {
    let mut directory = Directory::new(id("us"));
    directory.sight(
        "1".into(),
        open("ben"),
        at(&["127.0.0.1:1", "[::ffff:127.0.0.1]:1", "0.0.0.0:1", "224.0.0.1:1", "10.0.0.7:0"]),
        &[],
    );
    assert_eq!(directory.nearby(&[]), []);
}

#[test]
fn a_flood_in_the_name_of_a_known_device_keeps_that_device_out_no_more_than_others() {
    let mut directory = Directory::new(id("us"));
    let now = Instant::now();
    for n in 0..1000 {
        directory.sight(n.to_string(), open("ben"), at(&["10.0.0.66:1"]), &[known("ben")]);
        directory.tried(id("ben"), "10.0.0.66:1".parse().unwrap(), RouteAnswer::Other, now);
    }
    assert_eq!(directory.instances().count(), limits::MAX_SIGHTINGS_OF_ONE);
    directory.sight("ben".into(), open("ben"), at(&["10.0.0.7:1"]), &[known("ben")]);
    directory.tried(id("ben"), "10.0.0.7:1".parse().unwrap(), FAST, now);
    assert_eq!(directory.nearby(&[])[0].sighting, Sighting::Proved);
    // And the flood goes on.
    for n in 1000..2000 {
        directory.sight(n.to_string(), open("ben"), at(&["10.0.0.66:1"]), &[known("ben")]);
    }
    assert_eq!(directory.nearby(&[])[0].sighting, Sighting::Proved);
    assert_eq!(addresses(&directory, "ben")[0], "10.0.0.7:1");
}

#[test]
fn a_device_with_many_addresses_keeps_nobody_waiting() {
    let now = Instant::now();
    let many: Vec<_> = (1..=limits::MAX_ROUTES).map(|n| format!("10.0.1.{n}:1")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    // Whichever of their ids is the smaller one.
    for (liar, honest) in [("liar", "ben"), ("ben", "liar")] {
        let mut directory = Directory::new(id("us"));
        directory.sight("1".into(), open(liar), at(&many), &[]);
        directory.tried(id(liar), "10.0.1.1:1".parse().unwrap(), RouteAnswer::Silent, now);
        directory.sight("2".into(), open(honest), at(&["10.0.0.7:1"]), &[]);
        assert_eq!(directory.due(now)[0].0, id(honest));
    }
}

/// What `name` says it is called, where it is another.
fn called(name: &str, other: &str) -> Announcement {
    let claim =
        Claim::Open { id: id(name), name: DeviceName::parse(other).unwrap(), kind: DeviceKind::Server };
    Announcement { claim, channel: None }
}

#[test]
fn a_known_device_has_the_name_it_is_known_by_whatever_it_or_anybody_announces() {
    let mut directory = Directory::new(id("us"));
    let (ben, now) = (known("ben"), Instant::now());
    let knows = std::slice::from_ref(&ben);
    // Whether it is known before it is seen, or after.
    for before in [knows, &[]] {
        directory.sight("1".into(), called("ben", "Anna’s laptop"), at(&["10.0.0.7:1"]), before);
        directory.tried(id("ben"), "10.0.0.7:1".parse().unwrap(), FAST, now);
        let near = &directory.nearby(knows)[0];
        assert_eq!((near.name.as_str(), near.kind), ("ben", DeviceKind::Phone));
    }
}

#[test]
fn of_a_stranger_who_is_announced_by_two_names_neither_is_believed_not_even_at_its_own_address() {
    let mut directory = Directory::new(id("us"));
    let ben = "10.0.0.7:1";
    directory.sight("1".into(), open("ben"), at(&[ben]), &[]);
    directory.tried(id("ben"), ben.parse().unwrap(), FAST, Instant::now());
    for label in ["0", "2"] {
        directory.sight(label.into(), called("ben", "Liar"), at(&[ben, "10.0.0.66:1"]), &[]);
        let near = &directory.nearby(&[])[0];
        assert_eq!((near.name.as_str(), near.kind), (&*id("ben").short(), DeviceKind::Unknown));
        // It is not believed any more when the other is silenced.
        directory.gone("1");
        assert_eq!(directory.nearby(&[])[0].name.as_str(), id("ben").short());
        directory.gone(label);
        assert_eq!(directory.nearby(&[]), []);
        directory.sight("1".into(), open("ben"), at(&[ben]), &[]);
        directory.tried(id("ben"), ben.parse().unwrap(), FAST, Instant::now());
        assert_eq!(directory.nearby(&[])[0].name.as_str(), "ben");
    }
    // What is not proved is not told beside what is.
    directory.sight("0".into(), called("ben", "Liar"), at(&["10.0.0.66:1"]), &[]);
    assert_eq!(directory.nearby(&[])[0].name.as_str(), "ben");
}

#[test]
fn lies_in_a_stranger_s_name_don_t_keep_its_own_announcement_out_of_the_dispute() {
    let ben = "10.0.0.7:1";
    let mut directory = Directory::new(id("us"));
    directory.sight("1".into(), called("ben", "Liar"), at(&[ben]), &[]);
    directory.tried(id("ben"), ben.parse().unwrap(), FAST, Instant::now());
    for n in 2..100 {
        directory.sight(n.to_string(), called("ben", "Liar"), at(&[ben]), &[]);
    }
    directory.sight("a".into(), open("ben"), at(&[ben]), &[]);
    for n in 100..200 {
        directory.sight(n.to_string(), called("ben", "Liar"), at(&[ben]), &[]);
    }
    assert_eq!(directory.instances().count(), limits::MAX_SIGHTINGS_OF_ONE);
    assert_eq!(directory.nearby(&[])[0].name.as_str(), id("ben").short());
}

#[test]
fn an_announcement_that_turns_into_that_of_another_device_takes_no_more_places_than_a_new_one() {
    let mut directory = Directory::new(id("us"));
    for name in ["liar", "ben"] {
        for n in 0..50 {
            let announced = if name == "ben" { open("ben") } else { open(&format!("liar {n}")) };
            directory.sight(n.to_string(), announced, at(&["10.0.0.66:1"]), &[]);
        }
    }
    assert_eq!(directory.instances().count(), limits::MAX_SIGHTINGS_OF_ONE);
}

#[test]
fn nobody_is_called_who_is_not_in_a_network_of_this_device() {
    let mut directory = Directory::new(id("us"));
    let far =
        ["203.0.113.7:443", "100.128.0.1:1", "172.32.0.1:1", "[2001:db8::7]:1", "[::ffff:203.0.113.7]:1"];
    let near = ["10.0.0.7:1", "100.64.0.7:1", "169.254.0.7:1", "[fd00::7]:1", "[fe80::7%2]:1"];
    let announced = Announcement { channel: Some(7), ..open("ben") };
    directory.sight("1".into(), announced, at(&[far, near].concat()), &[]);
    directory.sight("2".into(), Announcement { channel: Some(7), ..open("far") }, at(&far), &[]);
    let due = |directory: &Directory| {
        let due = directory.due(Instant::now());
        due.iter().map(|(_, address)| address.to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!(due(&directory), near.map(str::to_owned).into());
    assert_eq!(directory.nearby(&[]).len(), 1);
    assert_eq!(addresses(&directory, "ben").len(), near.len());
    assert_eq!(directory.candidates(7, &[]).len(), 1);

    directory.be_in(Networks::of(vec![
        ("203.0.113.200".parse().unwrap(), 24),
        ("198.51.100.7".parse().unwrap(), 32),
        ("2001:db8::1".parse().unwrap(), 128),
    ]));
    let now_near = ["203.0.113.7:443", "[2001:db8::7]:1", "[::ffff:203.0.113.7]:1"];
    assert_eq!(due(&directory), [&near[..], &now_near].concat().into_iter().map(str::to_owned).collect());
    assert_eq!(directory.nearby(&[]).len(), 2);
}

#[test]
fn every_announcement_has_its_turn_to_be_asked_for_however_many_there_are() {
    let directory = flooded();
    let (mut last, mut asked) = (None, Vec::new());
    for _ in 0..limits::MAX_SIGHTINGS.div_ceil(limits::ASKED_AT_ONCE) {
        let portion = directory.portion(last.as_deref());
        assert!(portion.len() <= limits::ASKED_AT_ONCE);
        last = portion.last().cloned();
        asked.extend(portion);
    }
    let all: BTreeSet<_> = directory.instances().map(str::to_owned).collect();
    assert_eq!(asked.iter().cloned().collect::<BTreeSet<_>>(), all);
    // One that is all alone is asked each time.
    let mut directory = Directory::new(id("us"));
    directory.sight("x".into(), open("ben"), at(&["10.0.0.7:1"]), &[]);
    for last in [None, Some("x"), Some("y"), Some("a")] {
        assert_eq!(directory.portion(last), ["x"]);
    }
}
