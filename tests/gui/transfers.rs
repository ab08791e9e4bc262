//! The list of transfers.

use std::{sync::Arc, time::Duration};

use airlift::{
    engine::{Command, Event},
    model::{
        Bottleneck, Digest, Direction, FileProblem, LeftOut, Outcome, Pause, Peer, Problem, ProblemKind,
        Progress, Report, Retry, Side, Skipped, Transfer, TransferId, TransferState,
    },
};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::bench::{Bench, Still, ended, file, summary, transfer};

fn sending(state: TransferState) -> Transfer {
    transfer(1, Direction::Send, vec![file("clip.mp4", 2_100_000_000)], state)
}

fn received(report: Report) -> TransferState {
    TransferState::Finished(Box::new(report))
}

#[test]
fn an_empty_list_says_so() {
    Bench::new().must_say("Nothing has been sent or received yet");
}

#[test]
fn each_state_before_the_content_is_said_and_can_be_cancelled() {
    let mut bench = Bench::new();
    let nameless = Peer { address: "laptop.local".to_owned(), ..Peer::default() };
    let connecting =
        Transfer { peer: nameless, summary: summary(Vec::new()), ..sending(TransferState::Connecting) };
    bench.transfer(&connecting);
    bench.must_say("Connecting…");
    bench.must_say("to laptop.local");
    bench.transfer(&sending(TransferState::Preparing));
    bench.must_say("Looking through what goes there…");
    bench.transfer(&sending(TransferState::Waiting));
    bench.must_say("Waiting for Pixel 9 to accept");
    bench.must_say("1 file, 2.10 GB");
    bench.press("Cancel: clip.mp4");
    assert!(matches!(bench.command(), Command::Cancel(TransferId(id)) if id == [1; 16]));
}

#[test]
fn what_flows_shows_how_far_how_fast_and_how_long() {
    let mut bench = Bench::new();
    let half =
        Progress { bytes: 1_050_000_000, total: Some(2_100_000_000), rate: 1e8, ..Progress::default() };
    let active = sending(TransferState::Active);
    bench.engine.publisher.show_progress(active.id, Arc::new(Still(half)));
    bench.transfer(&active);
    bench.must_say("50 % · 11 s left");
    bench.must_say("to Pixel 9");
    bench.must_say("1.05 of 2.10 GB · 100 MB/s");
    let bar = bench.window.get_by_role_and_label(Role::ProgressIndicator, "Progress: clip.mp4");
    assert_eq!(bar.accesskit_node().numeric_value(), Some(50.0));
    // The rate of all of them stands above.
    assert!(bench.window.query_by_label("100 MB/s").is_some());
    bench.press("Cancel: clip.mp4");
    assert!(matches!(bench.command(), Command::Cancel(_)));
}

#[test]
fn what_limits_a_transfer_is_said_once_it_is_known() {
    let mut bench = Bench::new();
    let active = sending(TransferState::Active);
    let mut show = |limited_by| {
        let progress = Progress { bytes: 5, total: Some(10), limited_by, ..Progress::default() };
        bench.engine.publisher.show_progress(active.id, Arc::new(Still(progress)));
        bench.transfer(&active);
        let bar = bench.window.get_by_role_and_label(Role::ProgressIndicator, "Progress: clip.mp4");
        (bar.accesskit_node().description().unwrap_or_default(), bar.rect())
    };
    let (limits, place) = show(None);
    assert_eq!(limits, "");
    for (limit, sentence) in [
        (Bottleneck::Disk(Side::Here), "Limited by this device’s disk"),
        (Bottleneck::Disk(Side::There), "Limited by the other device’s disk"),
        (Bottleneck::Network, "Limited by the network"),
        (Bottleneck::Limit(Side::Here), "Limited by the speed limit set here"),
    ] {
        assert_eq!(show(Some(limit)), (sentence.to_owned(), place));
    }
}

#[test]
fn of_several_files_the_one_in_hand_is_named() {
    let mut bench = Bench::new();
    let file_in_hand = Some("trip/\u{202e}b".to_owned());
    let progress = Progress { bytes: 5, total: Some(10), file: file_in_hand, ..Progress::default() };
    let active = transfer(1, Direction::Send, vec![file("a", 5), file("b", 5)], TransferState::Active);
    bench.engine.publisher.show_progress(active.id, Arc::new(Still(progress)));
    bench.transfer(&active);
    bench.must_say("trip/\\u{202e}b");
}

#[test]
fn a_stream_of_unknown_length_shows_what_is_known() {
    let mut bench = Bench::new();
    let some = Progress { bytes: 5_000_000, rate: 1e6, ..Progress::default() };
    let active = sending(TransferState::Active);
    bench.engine.publisher.show_progress(active.id, Arc::new(Still(some)));
    bench.transfer(&active);
    bench.must_say("5.00 MB · 1.00 MB/s");
    assert!(!bench.says(" %"));
}

#[test]
fn what_is_complete_is_verified_and_can_be_opened_shown_and_removed() {
    let mut bench = Bench::new();
    let report = Report {
        files: 1,
        bytes: 48_300_000,
        took: Duration::from_secs(2),
        digest: Some(Digest([7; 32])),
        saved: vec!["/srv/inbox/clip (1).mp4".into()],
        left_out: LeftOut { there: 3, ..LeftOut::default() },
        ..Report::of(Outcome::Complete)
    };
    let done = transfer(1, Direction::Receive, vec![file("clip.mp4", 48_300_000)], received(report));
    bench.transfer(&done);
    bench.must_say("Verified");
    bench.must_say("from Pixel 9");
    bench.must_say("1 file, 48.3 MB in 2 s · 3 files left out");
    bench.press("Open: clip.mp4");
    bench.press("Show in folder: clip.mp4");
    let path = std::path::PathBuf::from("/srv/inbox/clip (1).mp4");
    assert_eq!(*bench.desk.opened.borrow(), [("open", path.clone()), ("reveal", path)]);
    bench.press("Remove from list: clip.mp4");
    let Command::Forget(id) = bench.command() else { panic!() };
    bench.publish(Event::Forgotten(id));
    bench.must_say("Nothing has been sent or received yet");
}

#[test]
fn of_several_received_things_the_folder_is_opened() {
    let mut bench = Bench::new();
    let report = Report {
        files: 2,
        saved: vec!["/srv/inbox/a".into(), "/srv/inbox/b".into()],
        ..Report::of(Outcome::Complete)
    };
    bench.transfer(&transfer(1, Direction::Receive, vec![file("a", 1), file("b", 2)], received(report)));
    bench.press("Open: a and 1 more");
    assert_eq!(*bench.desk.opened.borrow(), [("open", "/srv/inbox".into())]);
}

#[test]
fn what_its_person_should_know_of_how_it_was_stored_is_said() {
    let mut bench = Bench::new();
    let notes = vec!["The disk can’t promise\u{202e} much.".to_owned()];
    let report = Report { notes, ..Report::of(Outcome::Complete) };
    bench.transfer(&transfer(1, Direction::Receive, vec![file("x", 1)], received(report)));
    bench.unfold("x");
    bench.must_say("The disk can’t promise\\u{202e} much.");
}

#[test]
fn what_was_sent_is_verified_and_has_nothing_to_open_here() {
    let mut bench = Bench::new();
    let report = Report { files: 1, bytes: 10, ..Report::of(Outcome::Complete) };
    bench.transfer(&sending(received(report)));
    bench.must_say("Verified");
    assert!(bench.button("Open: clip.mp4").is_none());
}

#[test]
fn what_cannot_be_opened_is_told() {
    let mut bench = Bench::new();
    *bench.desk.refusal.borrow_mut() = Some("no program opens this".to_owned());
    let report = Report { saved: vec!["/srv/inbox/x".into()], ..Report::of(Outcome::Complete) };
    bench.transfer(&transfer(1, Direction::Receive, vec![file("x", 1)], received(report)));
    bench.press("Open: x");
    bench.must_say("x could not be opened: no program opens this (/srv/inbox/x).");
}

#[test]
fn every_other_ending_is_shown_as_what_it_is() {
    let mut bench = Bench::new();
    let problem = Problem {
        side: Side::There,
        kind: ProblemKind::Link,
        text: "The link broke. Send it again.".to_owned(),
    };
    let reason = Some("no\u{202e}room".to_owned());
    for (outcome, sentence) in [
        (Outcome::Declined { by: Side::There, reason }, "The other device declined: no\\u{202e}room"),
        (Outcome::Declined { by: Side::Here, reason: None }, "Declined here."),
        (Outcome::Cancelled { by: Side::Here }, "Cancelled here."),
        (Outcome::Cancelled { by: Side::There }, "Cancelled by the other device."),
        (Outcome::Failed(problem), "The connection broke."),
    ] {
        bench.transfer(&sending(ended(outcome)));
        bench.must_say(sentence);
        assert!(!bench.says("Verified"));
        assert!(bench.button("Cancel: clip.mp4").is_none());
    }
}

#[test]
fn the_files_that_failed_can_be_listed() {
    let mut bench = Bench::new();
    let problem = |path: &str| FileProblem {
        path: path.to_owned(),
        side: Side::Here,
        why: "no permission".to_owned(),
        error: None,
    };
    let report = Report {
        failed: 7,
        problems: vec![problem("a/x"), problem("a/\u{202e}y")],
        ..Report::of(Outcome::Failed(Problem {
            side: Side::Here,
            kind: ProblemKind::Files,
            text: "7 files were not sent.".to_owned(),
        }))
    };
    bench.transfer(&sending(received(report)));
    assert!(!bench.says("a/x"));
    bench.unfold("clip.mp4");
    bench.must_say("7 files were not transferred");
    bench.must_say("a/x (here): no permission");
    bench.must_say("a/\\u{202e}y (here): no permission");
    bench.must_say("and 5 more");
}

#[test]
fn what_failed_can_be_retried_where_that_is_possible() {
    for (retry, offered) in [(Retry::Possible, true), (Retry::Impossible, false)] {
        let mut bench = Bench::new();
        let text = "1 of 4 files did not arrive.".to_owned();
        let problem = Problem { side: Side::Here, kind: ProblemKind::Incomplete, text };
        let report = Report { failed: 1, retry, ..Report::of(Outcome::Failed(problem)) };
        let name = "clip.mp4";
        let state = TransferState::Finished(Box::new(report));
        bench.transfer(&transfer(7, Direction::Send, vec![file(name, 1)], state));
        assert_eq!(bench.button("Try again: clip.mp4").is_some(), offered);
        if !offered {
            continue;
        }
        bench.press("Try again: clip.mp4");
        let Command::Retry(id) = bench.command() else { panic!("not a retry") };
        assert_eq!(id.0[0], 7);
        // The row it was becomes one that runs again.
        bench.transfer(&transfer(7, Direction::Send, vec![file(name, 1)], TransferState::Connecting));
        assert!(bench.button("Try again: clip.mp4").is_none());
        assert!(bench.button("Cancel: clip.mp4").is_some());
    }
}

#[test]
fn what_was_not_sent_is_said_whatever_has_become_of_the_rest() {
    let text = "1 of 4 files did not arrive.".to_owned();
    let problem = Problem { side: Side::Here, kind: ProblemKind::Incomplete, text };
    let incomplete = Report { failed: 1, ..Report::of(Outcome::Failed(problem)) };
    for report in [Report { files: 4, ..Report::of(Outcome::Complete) }, incomplete] {
        let mut bench = Bench::new();
        let state = TransferState::Finished(Box::new(report));
        let mut sent = transfer(1, Direction::Send, vec![file("clip.mp4", 1)], state);
        sent.summary.skipped = Skipped { links: 2, special: 1, ..Skipped::default() };
        bench.transfer(&sent);
        bench.unfold("clip.mp4");
        bench.must_say("eft out: 2 links and 1 socket, pipe or device");
    }
}

#[test]
fn what_failed_is_counted_as_what_it_is() {
    let mut bench = Bench::new();
    let problem = Problem { side: Side::There, kind: ProblemKind::Incomplete, text: String::new() };
    let report = Report { failed: 2, failed_folders: 1, ..Report::of(Outcome::Failed(problem)) };
    let state = TransferState::Finished(Box::new(report));
    bench.transfer(&transfer(1, Direction::Send, vec![file("clip.mp4", 1)], state));
    bench.unfold("clip.mp4");
    bench.must_say("2 files and 1 folder were not transferred");
}

#[test]
fn what_was_there_already_is_said() {
    for (direction, place) in [(Direction::Send, "there"), (Direction::Receive, "here")] {
        let mut bench = Bench::new();
        let report = Report { files: 400, already: 312, ..Report::of(Outcome::Complete) };
        let state = TransferState::Finished(Box::new(report));
        bench.transfer(&transfer(1, direction, vec![file("clip.mp4", 1)], state));
        bench.must_say(&format!("312 files {place} already"));
    }
}

#[test]
fn the_newest_is_on_top_and_the_finished_can_be_cleared_at_once() {
    let mut bench = Bench::new();
    for (number, name) in [(1, "old"), (2, "new")] {
        let done = ended(Outcome::Cancelled { by: Side::Here });
        bench.transfer(&transfer(number, Direction::Send, vec![file(name, 1)], done));
    }
    bench.transfer(&transfer(3, Direction::Send, vec![file("waits", 1)], TransferState::Waiting));
    let top = |name: &str| bench.window.get_by_label(name).rect().top();
    assert!(top("waits") < top("new") && top("new") < top("old"));
    bench.press("Clear finished");
    let mut forgotten: Vec<u8> = bench
        .commands()
        .iter()
        .map(|c| match c {
            Command::Forget(id) => id.0[0],
            other => panic!("{other:?}"),
        })
        .collect();
    forgotten.sort_unstable();
    assert_eq!(forgotten, [1, 2]);
}

#[test]
fn of_a_long_list_only_what_is_seen_is_drawn() {
    let mut bench = Bench::new();
    for number in 0..200 {
        let done = ended(Outcome::Cancelled { by: Side::Here });
        let name = format!("file {number}");
        bench.engine.publisher.publish(Event::Transfer(Box::new(transfer(
            number,
            Direction::Send,
            vec![file(&name, 1)],
            done,
        ))));
    }
    bench.window.run();
    let drawn = (0..200).filter(|n| bench.window.query_by_label(&format!("file {n}")).is_some()).count();
    assert!((2..20).contains(&drawn), "{drawn}");
    assert!(bench.says("file 199"));
}

#[test]
fn what_flows_or_was_interrupted_can_be_paused_and_what_can_t_wait_can_t() {
    let mut bench = Bench::new();
    let why = Problem { side: Side::There, kind: ProblemKind::Link, text: "The link broke.".to_owned() };
    for state in [TransferState::Active, TransferState::Interrupted { why, again: None }] {
        bench.transfer(&sending(state));
        bench.press("Pause: clip.mp4");
        assert!(matches!(bench.command(), Command::Pause(TransferId(id)) if id == [1; 16]));
    }
    bench.transfer(&sending(TransferState::Waiting));
    assert!(bench.button("Pause: clip.mp4").is_none());
    let mut stream = sending(TransferState::Active);
    stream.summary.streams = 1;
    bench.transfer(&stream);
    assert!(bench.button("Pause: clip.mp4").is_none(), "standard input is read once");
}

#[test]
fn what_is_paused_says_by_whom_and_only_that_side_takes_it_up() {
    let mut bench = Bench::new();
    bench.transfer(&sending(TransferState::Paused(Pause::Person(Side::Here))));
    bench.must_say("Paused here.");
    assert!(bench.button("Pause: clip.mp4").is_none() && bench.button("Try now: clip.mp4").is_none());
    bench.press("Resume: clip.mp4");
    assert!(matches!(bench.command(), Command::Resume(TransferId(id)) if id == [1; 16]));
    bench.press("Give up: clip.mp4");
    assert!(matches!(bench.command(), Command::Cancel(_)));

    bench.transfer(&sending(TransferState::Paused(Pause::Person(Side::There))));
    bench.must_say("Paused by Pixel 9.");
    assert!(bench.button("Resume: clip.mp4").is_none());
    bench.press("Try now: clip.mp4");
    assert!(matches!(bench.command(), Command::Retry(_)));
    assert_eq!(bench.next_frame_in(), Duration::MAX, "a window at rest draws nothing");
}

#[test]
fn a_full_disk_is_said_at_both_sides_with_what_is_to_be_done() {
    let mut bench = Bench::new();
    let full = TransferState::Paused(Pause::NoRoom { lacks: Some(1_200_000_000) });
    bench.transfer(&transfer(1, Direction::Receive, vec![file("clip.mp4", 2_100_000_000)], full));
    bench.must_say(
        "The disk here is full: 1.20 GB more are needed. Free some space, and it goes on by itself.",
    );
    assert!(bench.button("Resume: clip.mp4").is_none());
    assert!(bench.button("Give up: clip.mp4").is_some() && bench.button("Pause: clip.mp4").is_some());
    let full = TransferState::Paused(Pause::NoRoom { lacks: None });
    bench.transfer(&transfer(2, Direction::Send, vec![file("clip.mp4", 1)], full));
    bench.must_say("The disk of Pixel 9 is full. It goes on by itself when there is room.");
    assert!(bench.button("Try now: clip.mp4").is_some());
}
