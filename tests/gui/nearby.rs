//! Device cards in the Send panel, and “Can’t see a device?”.

use std::{sync::Arc, time::Duration};

use airlift::{
    engine::{
        Command, DeviceChange, Event, ReceivingState,
        doctor::{Finding, Health},
    },
    gui::{Pick, Picked},
    model::{
        DeviceId, Direction, Nearby, Outcome, Problem, ProblemKind, Progress, Side, Sighting, Source, Target,
        Transfer, TransferState, Trust,
    },
};
use egui::Key;
use egui_kittest::kittest::NodeT as _;

use crate::bench::{Bench, LINE, Still, ended, file, known, nearby, snapshot, transfer};

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
fn pressing_a_device_sends_what_is_in_the_tray_and_the_next_press_the_same_to_another() {
    let mut bench = Bench::new();
    bench.must_say("No device is in sight.");
    bench.publish(Event::Nearby(vec![nearby("Anna", 7), nearby("Bert", 8)]));
    assert!(!bench.says("No device is in sight."));
    drop_elsewhere(&mut bench, "/a/b");
    bench.press("Send to Anna");
    assert_eq!(sent(&mut bench), (Target::Device(id("Anna")), vec![path("/a/b")]));
    bench.must_say("Sending to Anna");
    bench.press("Send to Bert");
    assert_eq!(sent(&mut bench), (Target::Device(id("Bert")), vec![path("/a/b")]));
    // Something else that is put in takes the place of what has gone.
    drop_elsewhere(&mut bench, "/a/c");
    assert!(!bench.says("Remove b") && !bench.says("Sending to"));
    bench.press("Send to Bert");
    assert_eq!(sent(&mut bench), (Target::Device(id("Bert")), vec![path("/a/c")]));
    bench.press("Done");
    assert!(!bench.says("Remove c"));
    // Whom something was sent to last comes first.
    let top = |name: &str| bench.button(name).unwrap().rect().min;
    assert!(top("Send to Bert").x < top("Send to Anna").x);
}

#[test]
fn with_nothing_in_the_tray_a_device_asks_for_files_first_and_gets_them() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(vec!["/a/b".into()]));
    bench.press("Send to Anna");
    assert_eq!(*bench.desk.asked.borrow(), [Pick::Files]);
    assert_eq!(sent(&mut bench), (Target::Device(id("Anna")), vec![path("/a/b")]));
    // A dialog that is cancelled sends nothing, then or later.
    bench.press("Done");
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(Vec::new()));
    bench.press("Send to Anna");
    drop_elsewhere(&mut bench, "/a/c");
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(vec!["/a/d".into()]));
    bench.press("Choose files");
    assert!(!bench.commands().iter().any(|c| matches!(c, Command::Send { .. })));
}

#[test]
fn what_nobody_is_asked_about_can_be_taken_back_for_a_moment_in_which_nothing_leaves() {
    let mut snapshot = snapshot();
    snapshot.nearby = vec![nearby("Anna", 7)];
    snapshot.known = vec![known("Anna", Trust::Own)];
    let mut bench = Bench::with(snapshot, [1100.0, 760.0]);
    drop_elsewhere(&mut bench, "/a/b");
    drop(bench.commands());
    bench.press("Send to Anna");
    bench.wait(1.0);
    // Pressed twice, it goes there once.
    bench.press("Send to Anna");
    assert!(bench.commands().is_empty());
    bench.press("Undo sending");
    bench.wait(3.0);
    assert!(bench.commands().is_empty(), "it was taken back");
    bench.press("Send to Anna");
    bench.wait(2.5);
    assert_eq!(sent(&mut bench), (Target::Device(id("Anna")), vec![path("/a/b")]));
    assert!(bench.button("Undo sending").is_none());
    bench.wait(3.0);
    assert!(bench.commands().is_empty());
}

#[test]
fn the_card_says_how_far_it_is_and_what_is_on_its_way_does_not_go_twice() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    drop_elsewhere(&mut bench, "/a/b");
    bench.press("Send to Anna");
    let commands = bench.commands();
    let Some(Command::Send { id, .. }) = commands.iter().find(|c| matches!(c, Command::Send { .. })) else {
        panic!("{commands:?}")
    };
    let active =
        Transfer { id: *id, ..transfer(1, Direction::Send, vec![file("b", 1000)], TransferState::Active) };
    let half = Progress { bytes: 500, total: Some(1000), rate: 100.0, ..Progress::default() };
    bench.engine.publisher.show_progress(*id, Arc::new(Still(half)));
    bench.transfer(&active);
    let said = |bench: &Bench| bench.button("Send to Anna").unwrap().accesskit_node().description();
    assert_eq!(said(&bench).as_deref(), Some("50 % · 5 s left"));
    bench.press("Send to Anna");
    assert!(bench.commands().is_empty());
    bench.transfer(&Transfer { state: ended(Outcome::Complete), ..active });
    assert_eq!(said(&bench).as_deref(), Some("Sent"));
    bench.press("Send to Anna");
    assert!(matches!(bench.command(), Command::Send { .. }), "once more, because somebody wants it");
}

#[test]
fn one_that_is_known_and_away_is_a_pill_and_what_is_sent_to_it_is_asked_of_the_engine() {
    let mut snapshot = snapshot();
    snapshot.known = vec![known("Kitchen", Trust::Known), known("Thief", Trust::Blocked)];
    let mut bench = Bench::with(snapshot, [1100.0, 760.0]);
    assert!(!bench.says("Thief"));
    bench.drop_files(&["/a/b"]);
    drop(bench.commands());
    bench.press("Send to Kitchen when it is back");
    assert_eq!(sent(&mut bench), (Target::Device(id("Kitchen")), vec![path("/a/b")]));
    bench.publish(Event::Nearby(vec![nearby("Kitchen", 7)]));
    assert!(bench.button("Send to Kitchen when it is back").is_none());
    assert!(bench.button("Send to Kitchen").is_some());
}

#[test]
fn nine_of_twenty_devices_are_in_sight_beside_a_full_tray_and_four_that_run() {
    let mut bench = Bench::with(snapshot(), [1100.0, 760.0]);
    bench.publish(Event::Nearby((0..20).map(|i| nearby(&format!("device {i:02}"), i)).collect()));
    bench.drop_files(&["/a/1", "/a/2", "/a/3"]);
    for number in 1..=10 {
        bench.transfer(&transfer(
            number,
            Direction::Send,
            vec![file(&format!("f{number}"), 9)],
            TransferState::Active,
        ));
    }
    bench.window.run_steps(2);
    let window = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1100.0, 700.0));
    let in_sight = |name: &str| bench.button(name).is_some_and(|node| window.contains_rect(node.rect()));
    let devices = (0..20).filter(|i| in_sight(&format!("Send to device {i:02}"))).count();
    assert!(devices >= 9, "{devices} devices");
    let rows = (1..=10).filter(|i| in_sight(&format!("Cancel: f{i}"))).count();
    assert!(rows >= 4, "{rows} rows");
}

#[test]
fn however_many_devices_there_are_the_tab_key_stops_eight_times_at_most_on_the_way_to_sending() {
    let mut bench = Bench::with(snapshot(), [1100.0, 760.0]);
    bench.publish(Event::Nearby((0..200).map(|i| nearby(&format!("device {i:03}"), 1)).collect()));
    bench.drop_files(&["/a/1", "/a/2", "/a/3"]);
    drop(bench.commands());
    let focused = |bench: &Bench| {
        let nodes = bench.window.root().children_recursive();
        let nodes =
            nodes.filter(egui_kittest::Node::is_focused).filter_map(|node| node.accesskit_node().label());
        nodes.collect::<Vec<_>>()
    };
    // The first stops are those of the bar: a person’s way begins at the panel.
    let mut stops = 0;
    let mut reached = Vec::new();
    while !focused(&bench).iter().any(|label| label.starts_with("Send to device")) {
        bench.window.key_press(Key::Tab);
        bench.window.run();
        reached.extend(focused(&bench));
        stops += usize::from(
            !focused(&bench).iter().any(|label| ["Devices", "History", "More"].contains(&label.as_str())),
        );
        assert!(stops <= 8, "{reached:?}");
    }
    // Arrows lead on, and Enter sends.
    bench.window.key_press(Key::ArrowRight);
    bench.window.run();
    bench.window.key_press(Key::ArrowDown);
    bench.window.run();
    let label = focused(&bench);
    bench.window.key_press(Key::Enter);
    bench.window.run();
    assert_eq!(label, ["Send to device 004"], "{reached:?}");
    assert_eq!(sent(&mut bench).0, Target::Device(id("device 004")));
    // What has the keyboard is brought into sight.
    bench.window.key_press(Key::End);
    bench.wait(1.0);
    assert_eq!(focused(&bench), ["Send to device 199"]);
    let last = bench.button("Send to device 199").unwrap().rect();
    assert!(last.bottom() < 740.0 && last.top() > 60.0, "{last:?}");
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
        bench.type_into(LINE, typed);
        bench.press(button);
        assert_eq!(sent(&mut bench).0, typed.parse().unwrap());
        let left = bench.line().unwrap_or_default();
        assert_eq!(left.is_empty(), typed.starts_with('7'), "{left}");
    }
}

#[test]
fn files_dropped_on_a_card_are_sent_to_it_with_what_is_in_the_tray() {
    let mut bench = Bench::new();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    let card = bench.button("Send to Anna").unwrap().rect().center();
    // Where the pointer is is not told before it is let go.
    bench.drop_files(&["/a/b", "/a/c"]);
    bench.window.hover_at(card);
    bench.window.run();
    assert_eq!(sent(&mut bench), (Target::Device(id("Anna")), vec![path("/a/b"), path("/a/c")]));
    bench.must_say("Sending to Anna");
    // The pointer that comes by later sends nothing.
    drop_elsewhere(&mut bench, "/a/d");
    bench.wait(1.0);
    bench.window.hover_at(card);
    bench.window.run();
    assert!(!bench.commands().iter().any(|c| matches!(c, Command::Send { .. })));
    bench.must_say("Remove d");
}

#[test]
fn one_that_another_device_answers_for_says_so_and_nothing_can_be_sent_to_it() {
    let mut bench = Bench::new();
    drop_elsewhere(&mut bench, "/a/b");
    bench.publish(Event::Nearby(vec![Nearby { sighting: Sighting::Disproved, ..nearby("Anna", 7) }]));
    bench.must_say("Could not verify");
    assert!(bench.is_dead("Send to Anna"));
    bench.press("Send to Anna");
    bench.drop_files(&["/a/c"]);
    let card = bench.button("Send to Anna").unwrap().rect().center();
    bench.window.hover_at(card);
    bench.window.run();
    assert!(!bench.commands().iter().any(|c| matches!(c, Command::Send { .. })));
}

#[test]
fn nothing_moves_under_the_pointer_because_somebody_came_or_left() {
    let mut bench = Bench::new();
    let place = |bench: &Bench, name| bench.button(&format!("Send to {name}")).map(|node| node.rect());
    bench.publish(Event::Nearby(vec![nearby("Bert", 8), nearby("Carl", 9)]));
    let (bert, carl) = (place(&bench, "Bert").unwrap(), place(&bench, "Carl").unwrap());
    bench.window.hover_at(bert.center());
    bench.window.run();
    bench.publish(Event::Nearby(vec![nearby("Anna", 7), nearby("Bert", 8), nearby("Carl", 9)]));
    assert_eq!((place(&bench, "Bert"), place(&bench, "Carl")), (Some(bert), Some(carl)));
    bench.publish(Event::Nearby(vec![nearby("Anna", 7), nearby("Carl", 9)]));
    assert_eq!((place(&bench, "Bert"), place(&bench, "Carl")), (Some(bert), Some(carl)));
    bench.must_say("Has left");
    bench.press("Send to Bert");
    assert!(bench.desk.asked.borrow().is_empty(), "it has left");
    bench.window.hover_at(egui::pos2(5.0, 5.0));
    bench.window.run();
    assert_eq!(place(&bench, "Bert"), None);
    assert_eq!(place(&bench, "Anna"), Some(bert));
}

#[test]
fn nothing_moves_under_what_is_dragged_from_elsewhere_though_its_place_is_not_told() {
    let mut bench = Bench::new();
    let place = |bench: &Bench, name| bench.button(&format!("Send to {name}")).map(|node| node.rect());
    bench.publish(Event::Nearby(vec![nearby("Bert", 8), nearby("Carl", 9)]));
    let bert = place(&bench, "Bert").unwrap();
    bench.drag(&["/a/b"]);
    bench.publish(Event::Nearby(vec![nearby("Anna", 7), nearby("Bert", 8), nearby("Carl", 9)]));
    assert_eq!(place(&bench, "Bert"), Some(bert));
    // Let go of, and not yet told where.
    bench.drop_files(&["/a/b"]);
    bench.publish(Event::Nearby(vec![nearby("Aaron", 6), nearby("Bert", 8), nearby("Carl", 9)]));
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
    bench.must_say("Laptop · you trust it");
    bench.must_say("Laptop · never met");
    assert!(!bench.says("192.168.1."), "no address is said");
    bench.press("More about Bert");
    bench.must_say(&id("Bert").to_string());
    bench.press("Block this device");
    let Command::Device { id: whom, change } = bench.command() else { panic!() };
    assert_eq!((whom, change), (id("Bert"), DeviceChange::Trust(Trust::Blocked)));
    bench.publish(Event::Known(vec![known("Anna", Trust::Trusted), known("Bert", Trust::Blocked)]));
    bench.window.hover_at(egui::pos2(5.0, 5.0));
    bench.window.run();
    assert!(bench.button("Send to Bert").is_none());
    bench.press("More about Anna");
    assert!(bench.button("Block this device").is_none());
}

#[test]
fn of_five_hundred_devices_with_long_names_each_can_be_reached() {
    for size in [[360.0, 480.0], [640.0, 520.0], [1280.0, 800.0]] {
        let mut snapshot = snapshot();
        let name = |i: usize| format!("{i:03} {}", "写真 صور ".repeat(6));
        snapshot.nearby = (0..500).map(|i| nearby(name(i).trim(), 1)).collect();
        let mut bench = Bench::with(snapshot, size);
        bench.drop_files(&["/a/b"]);
        let last = name(499).trim().to_owned();
        let button = format!("Send to {last}");
        bench.button(&button).unwrap().scroll_to_me();
        bench.wait(1.0);
        let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
        assert!(window.contains_rect(bench.button(&button).unwrap().rect()), "{size:?}");
        bench.press(&button);
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
