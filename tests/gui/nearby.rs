//! Device cards in the Send panel, and “Can’t see a device?”.

use std::time::Duration;

use airlift::{
    engine::{
        Command, DeviceChange, Event, ReceivingState,
        doctor::{Finding, Health},
    },
    model::{DeviceId, Nearby, Problem, ProblemKind, Side, Sighting, Source, Target, Trust},
};
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, known, nearby, snapshot};

fn id(name: &str) -> DeviceId {
    DeviceId::of_public_key(name.as_bytes())
}

fn sent(bench: &mut Bench) -> (Target, Vec<Source>) {
    let sent = bench.commands().into_iter().find_map(|command| match command {
        Command::Send { to, sources, .. } => Some((to, sources)),
        _ => None,
    });
    sent.expect("it was asked to be sent")
}

fn pick(bench: &mut Bench, name: &str) {
    bench.window.get_by_role_and_label(Role::RadioButton, name).click();
    bench.window.run();
}

/// Drops something where no device is.
fn drop_elsewhere(bench: &mut Bench, path: &str) {
    bench.window.hover_at(egui::pos2(5.0, 5.0));
    bench.window.run();
    bench.drop_files(&[path]);
}

fn path(path: &str) -> Source {
    Source::Path(path.into())
}

#[test]
fn a_device_is_picked_before_the_files_or_after() {
    let mut bench = Bench::new();
    bench.must_say("No device is in sight.");
    bench.publish(Event::Nearby(vec![nearby("Anna", 7), nearby("Bert", 8)]));
    assert!(!bench.says("No device is in sight."));
    pick(&mut bench, "Anna");
    bench.must_say("Choose something to send");
    bench.window.hover_at(egui::pos2(5.0, 5.0));
    bench.drop_files(&["/a/b"]);
    bench.press("Send to Anna");
    assert_eq!(sent(&mut bench), (Target::Device(id("Anna")), vec![path("/a/b")]));

    drop_elsewhere(&mut bench, "/a/c");
    pick(&mut bench, "Bert");
    bench.press("Send to Bert");
    assert_eq!(sent(&mut bench), (Target::Device(id("Bert")), vec![path("/a/c")]));
}

#[test]
fn what_is_typed_counts_instead_of_what_was_picked_and_the_other_way_round() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    bench.drop_files(&["/a/b"]);
    bench.type_into("To", "laptop");
    pick(&mut bench, "Anna");
    assert!(bench.button("Send to Anna").is_some());
    assert_eq!(bench.window.get_by_label("To").value().as_deref().unwrap_or_default(), "");
    bench.type_into("To", "10.0.0.9");
    assert!(bench.button("Send to 10.0.0.9").is_some());
    // Picked twice is let go.
    pick(&mut bench, "Anna");
    pick(&mut bench, "Anna");
    bench.must_say("Choose a device, or type where to");
}

#[test]
fn codes_links_names_and_ids_can_be_typed_and_a_code_is_typed_for_once() {
    let mut bench = Bench::new();
    let link = format!("airlift://{}@10.0.0.7:27543", id("Anna").to_string().replace('-', ""));
    for (typed, button) in [
        ("7-abandon-ability", "Send by code 7-…"),
        (link.as_str(), "Send to 10.0.0.7:27543"),
        ("Anna’s laptop", "Send to Anna’s laptop"),
        (&id("Anna").to_string(), &format!("Send to {}", id("Anna").short())),
    ] {
        bench.drop_files(&["/a/b"]);
        bench.type_into("To", typed);
        bench.press(button);
        assert_eq!(sent(&mut bench).0, typed.parse().unwrap());
        let left = bench.window.get_by_label("To").value().unwrap_or_default();
        assert_eq!(left.is_empty(), typed.starts_with('7'), "{left}");
    }
}

#[test]
fn files_dropped_on_a_card_are_sent_to_it_and_others_stay() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    bench.drop_files(&["/a/kept"]);
    bench.wait(1.0);
    let card = bench.window.get_by_role_and_label(Role::RadioButton, "Anna").rect().center();
    // Where the pointer is is not told before it is let go.
    bench.drop_files(&["/a/b", "/a/c"]);
    bench.window.hover_at(card);
    bench.window.run();
    assert_eq!(sent(&mut bench), (Target::Device(id("Anna")), vec![path("/a/b"), path("/a/c")]));
    bench.must_say("Remove kept");
    assert!(!bench.says("Remove b"));
    // The pointer that comes by later sends nothing.
    bench.window.hover_at(egui::pos2(5.0, 5.0));
    bench.window.run();
    bench.drop_files(&["/a/d"]);
    bench.window.hover_at(card);
    bench.window.run();
    assert!(!bench.commands().iter().any(|c| matches!(c, Command::Send { .. })));
    bench.must_say("Remove d");
}

#[test]
fn one_that_another_device_answers_for_says_so_and_nothing_can_be_sent_to_it() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    drop_elsewhere(&mut bench, "/a/b");
    pick(&mut bench, "Anna");
    bench.publish(Event::Nearby(vec![Nearby { sighting: Sighting::Disproved, ..nearby("Anna", 7) }]));
    bench.must_say("Could not verify");
    assert!(bench.is_dead("This device could not be verified"));
    pick(&mut bench, "Anna");
    assert!(bench.is_dead("This device could not be verified"), "it can’t be pressed");
    bench.drop_files(&["/a/c"]);
    let card = bench.window.get_by_role_and_label(Role::RadioButton, "Anna").rect().center();
    bench.window.hover_at(card);
    bench.window.run();
    assert!(!bench.commands().iter().any(|c| matches!(c, Command::Send { .. })));
}

#[test]
fn one_that_has_left_can_still_be_tried() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    drop_elsewhere(&mut bench, "/a/b");
    pick(&mut bench, "Anna");
    bench.window.hover_at(egui::pos2(5.0, 5.0));
    bench.window.run();
    bench.publish(Event::Nearby(Vec::new()));
    bench.must_say("Anna is not in sight now. It is tried where it was last.");
    bench.press("Send to Anna");
    assert_eq!(sent(&mut bench).0, Target::Device(id("Anna")));
}

#[test]
fn nothing_moves_under_the_pointer_because_somebody_came_or_left() {
    let mut bench = Bench::new();
    let place = |bench: &Bench, name| {
        bench.window.query_by_role_and_label(Role::RadioButton, name).map(|node| node.rect())
    };
    bench.publish(Event::Nearby(vec![nearby("Bert", 8), nearby("Carl", 9)]));
    let (bert, carl) = (place(&bench, "Bert").unwrap(), place(&bench, "Carl").unwrap());
    bench.window.hover_at(bert.center());
    bench.window.run();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7), nearby("Bert", 8), nearby("Carl", 9)]));
    assert_eq!((place(&bench, "Bert"), place(&bench, "Carl")), (Some(bert), Some(carl)));
    bench.publish(Event::Nearby(vec![nearby("Anna", 7), nearby("Carl", 9)]));
    assert_eq!((place(&bench, "Bert"), place(&bench, "Carl")), (Some(bert), Some(carl)));
    bench.must_say("Has left");
    pick(&mut bench, "Bert");
    bench.must_say("Choose something to send");
    bench.window.hover_at(egui::pos2(5.0, 5.0));
    bench.window.run();
    assert_eq!(place(&bench, "Bert"), None);
    assert_eq!(place(&bench, "Anna"), Some(bert));
}

#[test]
fn nothing_moves_under_what_is_dragged_from_elsewhere_though_its_place_is_not_told() {
    let mut bench = Bench::new();
    let place = |bench: &Bench, name| {
        bench.window.query_by_role_and_label(Role::RadioButton, name).map(|node| node.rect())
    };
    bench.publish(Event::Nearby(vec![nearby("Bert", 8), nearby("Carl", 9)]));
    let bert = place(&bench, "Bert").unwrap();
    bench.drag(&["/a/b"]);
    bench.publish(Event::Nearby(vec![nearby("Anna", 7), nearby("Bert", 8), nearby("Carl", 9)]));
    assert_eq!(place(&bench, "Bert"), Some(bert));
    // Let go of, and not yet told where.
    bench.drop_files(&["/a/b"]);
    bench.publish(Event::Nearby(vec![nearby("Aaron", 6), nearby("Bert", 8), nearby("Carl", 9)]));
    assert_eq!(place(&bench, "Bert"), Some(bert));
    bench.window.hover_at(bert.center());
    bench.window.run();
    assert_eq!(sent(&mut bench), (Target::Device(id("Bert")), vec![path("/a/b")]));
}

#[test]
fn a_card_says_what_it_is_and_its_menu_blocks_a_stranger() {
    let mut snapshot = snapshot();
    snapshot.nearby = vec![nearby("Anna", 7), nearby("Bert", 8)];
    snapshot.known = vec![known("Anna", Trust::Trusted)];
    let mut bench = Bench::with(snapshot, [1040.0, 720.0]);
    bench.must_say("laptop, you trust it, 192.168.1.7");
    bench.must_say("laptop, never met, 192.168.1.8");
    bench.press("More about Bert");
    bench.must_say(&id("Bert").to_string());
    bench.press("Block this device");
    let Command::Device { id: whom, change } = bench.command() else { panic!() };
    assert_eq!((whom, change), (id("Bert"), DeviceChange::Trust(Trust::Blocked)));
    bench.publish(Event::Known(vec![known("Anna", Trust::Trusted), known("Bert", Trust::Blocked)]));
    bench.window.hover_at(egui::pos2(5.0, 5.0));
    bench.window.run();
    assert!(bench.window.query_by_role_and_label(Role::RadioButton, "Bert").is_none());
    bench.press("More about Anna");
    assert!(bench.button("Block this device").is_none());
}

#[test]
fn of_forty_devices_with_long_names_each_can_be_reached_and_the_button_stays_in_sight() {
    for size in [[640.0, 520.0], [1280.0, 800.0]] {
        let mut snapshot = snapshot();
        let name = |i: u8| format!("{i:02} {}", "写真".repeat(30));
        snapshot.nearby = (0..40).map(|i| nearby(&name(i), i)).collect();
        let mut bench = Bench::with(snapshot, size);
        bench.drop_files(&["/a/b"]);
        let last = name(39);
        bench.window.get_by_role_and_label(Role::RadioButton, &last).scroll_to_me();
        bench.wait(1.0);
        pick(&mut bench, &last);
        let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
        let send = format!("Send to {last}");
        assert!(window.contains_rect(bench.button(&send).unwrap().rect()));
        bench.press(&send);
        assert_eq!(sent(&mut bench).0, Target::Device(id(&last)));
    }
}

#[test]
fn why_a_device_may_not_be_seen_is_looked_into_and_said() {
    let mut bench = Bench::new();
    bench.press("Can’t see a device?");
    bench.must_say("Looking what may be in the way…");
    bench.must_say("such as 7-lantern-orbit");
    let Command::Examine { reply } = bench.command() else { panic!() };
    let text = "A firewall is at work. Let UDP port 5353 in.".to_owned();
    reply.send(vec![Finding { about: "Firewall", state: Health::Doubtful, text }]).unwrap();
    bench.window.run();
    bench.must_say("Firewall");
    bench.must_say("Let UDP port 5353 in.");
    bench.press("Look again");
    drop(bench.commands());
    bench.window.run();
    bench.must_say("could not be found out");
    assert_eq!(bench.next_frame_in(), Duration::MAX);
    bench.window.key_press(Key::Escape);
    bench.window.run();
    assert!(!bench.says("What always helps"));
}

#[test]
fn devices_that_are_here_draw_no_frames() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby((0..40).map(|i| nearby(&format!("n{i}"), i)).collect()));
    assert_eq!(bench.next_frame_in(), Duration::MAX);
}

#[test]
fn that_nobody_can_be_seen_is_said_where_devices_would_be_and_where_this_one_shows_itself() {
    let mut bench = Bench::new();
    let (port, addresses) = (27543, vec!["10.0.0.7".parse().unwrap()]);
    bench.publish(Event::Receiving(ReceivingState::On { port, addresses }));
    let (side, kind, text) = (Side::Here, ProblemKind::Other, "UDP port 5353 is held.".to_owned());
    bench.publish(Event::Deaf(Some(Problem { side, kind, text })));
    bench.must_say("UDP port 5353 is held.");
    bench.press("Nobody sees Quiet Heron now");
    bench.must_say("Nobody can see it now. Others must know an address.");
    bench.must_say(
        "No device can be seen from here now. “Can’t see a device?” says why; an address works all the same.",
    );
    bench.publish(Event::Deaf(None));
    bench.must_say("No device is in sight. Devices appear here by themselves as soon as they receive.");
}
