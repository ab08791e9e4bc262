//! The page of known devices.

use airlift::{
    engine::{Command, DeviceChange, Event, Snapshot},
    gui::{Pick, Picked},
    model::{DeviceId, KnownDevice, Problem, ProblemKind, Side, Trust},
};
use egui::{
    Key,
    accesskit::{Role, Toggled},
};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::bench::{Bench, INBOX, known, nearby, snapshot};

fn with(known: Vec<KnownDevice>) -> Snapshot {
    Snapshot { known, ..snapshot() }
}

fn page(known: Vec<KnownDevice>) -> Bench {
    let mut bench = Bench::with(with(known), [1040.0, 720.0]);
    bench.press("Devices");
    bench
}

fn change(bench: &mut Bench) -> (DeviceId, DeviceChange) {
    match bench.command() {
        Command::Device { id, change } => (id, change),
        other => panic!("{other:?}"),
    }
}

fn id(name: &str) -> DeviceId {
    DeviceId::of_public_key(name.as_bytes())
}

#[test]
fn every_known_device_is_listed_with_its_whole_id_when_it_was_seen_and_how_it_was_met() {
    let mut bench = page(vec![known("Anna", Trust::Known), known("Evil", Trust::Blocked)]);
    for name in ["Anna", "Evil"] {
        bench.must_say(name);
        bench.must_say(&id(name).to_string());
    }
    bench.must_say("Last seen 2 hours ago · you have compared a code");
    bench.must_say("It gets no answer");
    assert!(!bench.says("Here now"));
    bench.publish(Event::Nearby(vec![nearby("Anna", 7)]));
    bench.must_say("Here now");
    assert!(bench.button("Receive").is_none());
    bench.window.key_press(Key::Escape);
    bench.window.run();
    assert!(bench.button("Receive").is_some());
}

#[test]
fn trust_is_set_changed_and_revoked() {
    for (word, trust) in [
        ("Always accept", Trust::Trusted),
        ("My own", Trust::Own),
        ("Blocked", Trust::Blocked),
        ("Known", Trust::Known),
    ] {
        let before = if trust == Trust::Known { Trust::Trusted } else { Trust::Known };
        let mut bench = page(vec![known("Anna", before)]);
        bench.window.get_by_role_and_label(Role::RadioButton, word).click();
        bench.window.run();
        assert_eq!(change(&mut bench), (id("Anna"), DeviceChange::Trust(trust)));
        bench.publish(Event::Known(vec![known("Anna", trust)]));
        let chosen = bench.window.get_by_role_and_label(Role::RadioButton, word);
        assert_eq!(chosen.accesskit_node().toggled(), Some(Toggled::True), "{word}");
    }
}

#[test]
fn forgetting_takes_two_presses_in_two_places() {
    let mut bench = page(vec![known("Anna", Trust::Trusted)]);
    let first = bench.button("Forget Anna").unwrap().rect().center();
    bench.press("Forget Anna");
    let second = bench.button("Really forget Anna").unwrap().rect();
    assert!(!second.contains(first), "a double click forgets nobody");
    bench.press("Keep");
    assert!(bench.commands().is_empty());
    bench.press("Forget Anna");
    bench.press("Really forget Anna");
    assert_eq!(change(&mut bench), (id("Anna"), DeviceChange::Trust(Trust::Stranger)));
    bench.publish(Event::Known(Vec::new()));
    bench.must_say("No device is known yet.");
}

#[test]
fn a_device_gets_a_folder_of_its_own_and_gives_it_back() {
    let mut bench = page(vec![known("Anna", Trust::Known)]);
    bench.must_say("Where everything goes");
    bench.desk.answers.borrow_mut().push_back(Picked::Chosen(vec!["/srv/anna".into()]));
    bench.press("Change the folder for Anna");
    assert_eq!(*bench.desk.asked.borrow(), [Pick::Destination(INBOX.into())]);
    assert_eq!(change(&mut bench), (id("Anna"), DeviceChange::Folder(Some("/srv/anna".into()))));
    let kept = KnownDevice { folder: Some("/srv/anna".into()), ..known("Anna", Trust::Known) };
    bench.publish(Event::Known(vec![kept]));
    bench.must_say("/srv/anna");
    bench.press("The usual folder for Anna");
    assert_eq!(change(&mut bench), (id("Anna"), DeviceChange::Folder(None)));
}

#[test]
fn the_folder_can_be_typed_where_there_is_no_dialog() {
    let mut bench = page(vec![known("Anna", Trust::Known)]);
    bench.desk.answers.borrow_mut().push_back(Picked::NoDialog);
    bench.press("Change the folder for Anna");
    bench.must_say("This desktop has no file dialog.");
    bench.type_into("Folder for what it sends", "/srv/typed");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    assert_eq!(change(&mut bench), (id("Anna"), DeviceChange::Folder(Some("/srv/typed".into()))));
}

#[test]
fn nothing_moves_on_the_page_because_of_what_was_chosen_or_who_came() {
    let mut bench = page(vec![known("Anna", Trust::Own), known("Bert", Trust::Trusted)]);
    let place = |bench: &Bench, name| bench.window.get_by_label(name).rect();
    let before = (place(&bench, "Forget Anna"), place(&bench, "Forget Bert"));
    let now = vec![known("Aaron", Trust::Own), known("Anna", Trust::Blocked), known("Bert", Trust::Own)];
    bench.publish(Event::Known(now));
    assert_eq!(place(&bench, "Forget Anna"), before.0);
    assert!(place(&bench, "Forget Aaron").top() > place(&bench, "Forget Bert").top());
    // Opened anew, it is in order again.
    bench.press("Done");
    bench.press("Devices");
    assert!(place(&bench, "Forget Anna").top() > place(&bench, "Forget Bert").top());
}

#[test]
fn however_long_the_names_are_everything_stays_in_the_window() {
    let name = "名".repeat(64);
    let folder = format!("/{name}/{name}/{name}");
    let device = KnownDevice { folder: Some(folder.into()), ..known(&name, Trust::Known) };
    for size in [[640.0, 520.0], [1280.0, 800.0]] {
        let mut bench = Bench::with(with(vec![device.clone()]), size);
        bench.press("Devices");
        let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
        bench.press(&format!("Forget {name}"));
        for button in
            ["Keep", "Done", &format!("Really forget {name}"), &format!("Change the folder for {name}")]
        {
            let place = bench.button(button).unwrap().rect();
            assert!(window.contains_rect(place), "{button}: {place:?}");
        }
    }
}

#[test]
fn what_was_decided_and_can_t_be_kept_is_told() {
    let mut bench = page(vec![known("Evil", Trust::Blocked)]);
    let text = "The disk is full. What was decided about devices holds until Airlift is quit.";
    let problem = Problem { side: Side::Here, kind: ProblemKind::Files, text: text.to_owned() };
    bench.publish(Event::Unkept(Some(problem)));
    bench.must_say(text);
    bench.publish(Event::Unkept(None));
}
