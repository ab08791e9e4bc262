//! The window as a whole: at rest, at work, narrow, closing.

use std::{sync::Arc, time::Duration};

use airlift::{
    engine::{Command, DeviceCard, Event, Settings},
    model::{ByteRate, DeviceId, DeviceName, Direction, Outcome, Progress, Side, Transfer, TransferState},
};
use egui::{Key, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::bench::{Bench, LINE, Still, ended, file, snapshot, transfer};

fn active(number: u8) -> Transfer {
    transfer(number, Direction::Send, vec![file(&format!("f{number}"), 1000)], TransferState::Active)
}

#[test]
fn the_bar_names_this_device() {
    let mut bench = Bench::new();
    bench.must_say("Quiet Heron");
    let name = DeviceName::parse("Büro 办公室").unwrap();
    bench.publish(Event::Device(DeviceCard { id: DeviceId::of_public_key(b"other"), name }));
    bench.must_say("Büro 办公室");
}

#[test]
fn a_window_at_rest_draws_no_frames() {
    let mut bench = Bench::new();
    assert_eq!(bench.next_frame_in(), Duration::MAX);
    bench.drop_files(&["/a/b"]);
    drop(bench.commands());
    bench.type_into(LINE, "laptop");
    bench.transfer(&transfer(1, Direction::Send, vec![file("x", 1)], TransferState::Waiting));
    bench.transfer(&transfer(
        2,
        Direction::Send,
        vec![file("y", 1)],
        ended(Outcome::Cancelled { by: Side::Here }),
    ));
    assert_eq!(bench.next_frame_in(), Duration::MAX, "a caret, a list and waiting transfers draw nothing");
}

#[test]
fn progress_is_drawn_twice_a_second_and_only_while_something_flows() {
    let mut bench = Bench::new();
    for number in 1..=10 {
        let some = Progress { bytes: 10, total: Some(1000), rate: 10.0, ..Progress::default() };
        bench.engine.publisher.show_progress(active(number).id, Arc::new(Still(some)));
        bench.transfer(&active(number));
    }
    let wait = bench.next_frame_in();
    assert!(wait > Duration::ZERO && wait <= Duration::from_millis(500), "{wait:?}");
    for number in 1..=10 {
        bench.transfer(&Transfer { state: ended(Outcome::Complete), ..active(number) });
    }
    assert_eq!(bench.next_frame_in(), Duration::MAX);
}

#[test]
fn a_notice_goes_by_itself_and_the_window_rests_again() {
    let mut bench = Bench::new();
    bench.engine.commands.close();
    bench.press("Receive");
    bench.must_say("Airlift’s engine has stopped.");
    bench.wait(9.0);
    assert!(!bench.says("Airlift’s engine has stopped."));
    assert_eq!(bench.next_frame_in(), Duration::MAX);
}

/// Where a panel's title stands.
fn place(bench: &Bench, title: &str) -> Option<egui::Rect> {
    bench.window.query_by_role_and_label(egui::accesskit::Role::Heading, title).map(|node| node.rect())
}

#[test]
fn a_wide_window_has_both_panels_beside_each_other() {
    for width in [860.0, 1100.0, 1920.0] {
        let wide = Bench::with(snapshot(), [width, 760.0]);
        let (send, receive) = (place(&wide, "Send").unwrap(), place(&wide, "Receive").unwrap());
        assert!((send.top() - receive.top()).abs() < 1.0 && receive.left() > send.right());
        assert!(place(&wide, "Activity").unwrap().top() > receive.bottom(), "{width}");
        assert!(wide.button("Show activity").is_none());
    }
}

#[test]
fn a_narrow_window_has_a_bar_at_its_foot_that_opens_what_goes_on_as_a_sheet() {
    for size in [[859.0, 600.0], [640.0, 520.0], [360.0, 480.0]] {
        let mut narrow = Bench::with(snapshot(), size);
        assert!(place(&narrow, "Send").is_some() && place(&narrow, "Activity").is_none());
        narrow.transfer(&active(1));
        narrow.must_say("1 running");
        let show = narrow.button("Show activity").unwrap().rect();
        assert!(show.bottom() <= size[1] && show.right() <= size[0], "{show:?} in {size:?}");
        narrow.press("Show activity");
        assert!(place(&narrow, "Send").is_none());
        narrow.must_say("f1");
        narrow.press("Hide activity");
        assert!(place(&narrow, "Send").is_some());
        narrow.press("Show activity");
        narrow.window.key_press(Key::Escape);
        narrow.window.run();
        assert!(place(&narrow, "Send").is_some());
        // It can be made to receive without the sheet.
        narrow.transfer(&Transfer { state: ended(Outcome::Complete), ..active(1) });
        narrow.press("Receive");
        assert!(matches!(narrow.commands()[0], Command::Receive(_)));
    }
}

#[test]
fn everything_can_be_reached_by_keyboard() {
    let mut bench = Bench::new();
    let mut reached = Vec::new();
    for _ in 0..20 {
        bench.window.key_press(Key::Tab);
        bench.window.run();
        for node in bench.window.root().children_recursive() {
            if node.is_focused() {
                reached.extend(node.accesskit_node().label());
            }
        }
    }
    for name in
        ["Choose files", "Choose folder", "Type a path", LINE, "Receive", "Change the receiving folder"]
    {
        assert!(reached.iter().any(|label| label == name), "{name} is not among {reached:?}");
    }
}

#[test]
fn a_face_that_fell_behind_is_right_again() {
    let mut bench = Bench::new();
    for round in 0..3000_u32 {
        let state = if round % 2 == 0 { TransferState::Preparing } else { TransferState::Waiting };
        bench.engine.publisher.publish(Event::Transfer(Box::new(transfer(
            1,
            Direction::Send,
            vec![file("x", 1)],
            state,
        ))));
    }
    bench.engine.publisher.publish(Event::Transfer(Box::new(active(2))));
    bench.window.run();
    bench.must_say("Waiting for Pixel 9 to accept");
    bench.must_say("f2");
}

fn close(bench: &mut Bench) -> Vec<ViewportCommand> {
    let viewport = bench.window.input_mut().viewports.get_mut(&ViewportId::ROOT).unwrap();
    viewport.events.push(ViewportEvent::Close);
    bench.window.step();
    bench.window.input_mut().viewports.get_mut(&ViewportId::ROOT).unwrap().events.clear();
    bench.window.output().viewport_output[&ViewportId::ROOT].commands.clone()
}

#[test]
fn a_window_with_nothing_running_just_closes() {
    let mut bench = Bench::new();
    bench.transfer(&Transfer { state: ended(Outcome::Complete), ..active(1) });
    assert!(!close(&mut bench).contains(&ViewportCommand::CancelClose));
}

#[test]
fn a_window_with_transfers_asks_before_it_closes() {
    let mut bench = Bench::new();
    bench.transfer(&active(1));
    assert!(close(&mut bench).contains(&ViewportCommand::CancelClose));
    bench.window.run_steps(3);
    bench.must_say("1 transfer is not finished");
    bench.press("Keep running");
    assert!(!bench.says("1 transfer is not finished"));

    close(&mut bench);
    bench.window.run_steps(3);
    bench.window.key_press(Key::Escape);
    bench.window.run();
    assert!(!bench.says("1 transfer is not finished"));

    // An offer that came meanwhile stays where it is.
    bench.transfer(&transfer(2, Direction::Receive, vec![file("new", 1)], TransferState::Waiting));
    close(&mut bench);
    bench.window.run_steps(3);
    bench.must_say("2 transfers are not finished");
    bench.window.key_press(Key::Escape);
    bench.window.run();
    assert!(!bench.says("2 transfers are not finished"));
    bench.must_say("Pixel 9 wants to send you new");

    close(&mut bench);
    bench.window.run_steps(3);
    bench.window.get_by_label("Cancel and close").click();
    bench.window.step();
    let commands = &bench.window.output().viewport_output[&ViewportId::ROOT].commands;
    assert!(commands.contains(&ViewportCommand::Close), "{commands:?}");
    assert!(!close(&mut bench).contains(&ViewportCommand::CancelClose));
}

#[test]
fn the_device_gets_another_name_from_the_bar() {
    let mut bench = Bench::new();
    bench.press("More");
    bench.press("Rename this device");
    bench.type_into("Name", "  Büro 办公室 ");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    let Command::Apply(settings) = bench.command() else { panic!() };
    assert_eq!(settings.device_name, DeviceName::parse("Büro 办公室").ok());
    bench.type_into("Name", " ");
    bench.window.key_press(Key::Enter);
    bench.window.run();
    bench.must_say("can't be empty");
    assert!(bench.commands().is_empty());
}

#[test]
fn a_speed_limit_is_set_and_lifted_on_the_page_of_settings_and_what_is_none_is_refused_there() {
    let mut bench = Bench::new();
    bench.settings();
    for (typed, reason) in [
        ("fast", "“fast” is no speed. Type it like 20MB/s or 500kB/s."),
        ("20Mb/s", "could mean bits or bytes"),
    ] {
        bench.type_into("Speed limit", typed);
        bench.window.key_press(Key::Enter);
        bench.window.run();
        bench.must_say(reason);
        assert!(bench.commands().is_empty());
    }
    for (typed, limit) in [("20MB/s", ByteRate::new(20_000_000)), (" ", None)] {
        bench.type_into("Speed limit", typed);
        bench.window.key_press(Key::Enter);
        bench.window.run();
        let Command::Apply(settings) = bench.command() else { panic!() };
        assert_eq!(settings, Settings { limit, ..snapshot().settings });
        bench.publish(Event::Settings(Box::new(settings)));
    }
}
