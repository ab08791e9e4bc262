use super::*;
use crate::{
    model::{FileMode, Pipeline},
    wire::message::{CAN, RawGroup, Receipt},
};

const DIGEST: Digest = Digest([7; 32]);

fn say(machine: &mut Machine, message: FromReceiver) -> Result<Order, Violation> {
    machine.on_message(message, |entry| RelPath::parse(&format!("file {entry}")).ok())
}

/// The receiver's first words.
pub fn greet(machine: &mut Machine) {
    let hello =
        FromReceiver::Hello { name: "Ben".into(), commitment: [0; 32], knows: Acquaintance::Known, can: CAN };
    say(machine, hello).expect("hello");
    say(machine, FromReceiver::Nonce([0; 32])).expect("nonce");
}

/// A sender that has offered a folder and `files` files.
fn offered(files: u32) -> Machine {
    let mut machine = Machine::new();
    greet(&mut machine);
    machine.offered(EntryKind::Folder);
    for _ in 0..files {
        machine.offered(EntryKind::File { size: Some(10), mode: FileMode::Regular });
    }
    machine.all_offered();
    machine
}

fn flowing(files: u32) -> Machine {
    let mut machine = offered(files);
    say(&mut machine, FromReceiver::Accept { token: [1; 16] }).expect("accept");
    for entry in 1..=files {
        machine.sent(entry, Sent { size: 10, digest: DIGEST });
    }
    machine
}

#[test]
fn who_has_not_revealed_their_nonce_can_t_accept() {
    let mut machine = Machine::new();
    let hello =
        FromReceiver::Hello { name: "Ben".into(), commitment: [0; 32], knows: Acquaintance::Known, can: CAN };
    say(&mut machine, hello).expect("hello");
    machine.offered(EntryKind::Folder);
    machine.all_offered();
    let accept = FromReceiver::Accept { token: [1; 16] };
    assert!(matches!(say(&mut machine, accept), Err(Violation::OutOfTurn("accept"))));
}

#[test]
fn all_is_verified_only_when_every_receipt_has_the_senders_own_digest() {
    let mut machine = flowing(2);
    let receipts = (1..=2).map(|entry| Receipt::stored(entry, DIGEST)).collect();
    assert!(matches!(
        say(&mut machine, FromReceiver::Receipts(receipts)),
        Ok(Order::Answered { count: 0, .. })
    ));
    assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
    let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
    assert!(report.verified());
    assert_eq!((report.files, report.bytes, report.digest), (2, 20, None));
}

#[test]
fn a_receiver_that_lies_about_what_it_has_is_caught() {
    let other = Digest([8; 32]);
    let lies = [
        vec![Receipt::stored(1, other)],
        vec![Receipt::stored(0, DIGEST)],
        vec![Receipt::stored(3, DIGEST)],
        vec![Receipt::stored(1, DIGEST), Receipt::stored(1, DIGEST)],
        vec![Receipt::failed(1, "full"), Receipt::stored(1, DIGEST)],
        vec![Receipt::failed(0, "a folder"), Receipt::failed(0, "the same folder")],
        vec![Receipt::failed(9, "never offered")],
    ];
    for lie in lies {
        let mut machine = flowing(2);
        assert!(say(&mut machine, FromReceiver::Receipts(lie.clone())).is_err(), "{lie:?}");
    }
    let mut early = flowing(2);
    assert!(matches!(say(&mut early, FromReceiver::Done), Err(Violation::BadReceipt)));
    let mut unsent = offered(1);
    say(&mut unsent, FromReceiver::Accept { token: [1; 16] }).expect("accept");
    let receipt = FromReceiver::Receipts(vec![Receipt::stored(1, DIGEST)]);
    assert!(matches!(say(&mut unsent, receipt), Err(Violation::BadReceipt)));
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "that is what is tried")]
fn exceptions_must_ascend_and_stay_within_the_offer() {
    for ranges in [vec![0..0], vec![2..1], vec![0..4], vec![1..2, 1..2], vec![2..3, 0..1], vec![0..1, 1..2]] {
        let mut machine = offered(2);
        let except = FromReceiver::Except(ranges.clone());
        assert!(matches!(say(&mut machine, except), Err(Violation::BadEntry)), "{ranges:?}");
    }
    let mut machine = offered(3);
    for range in [0..1, 2..3] {
        say(&mut machine, FromReceiver::Except(vec![range])).expect("ascending");
    }
    let order = say(&mut machine, FromReceiver::Accept { token: [1; 16] });
    let Ok(Order::Flow { answer, .. }) = order else { panic!("{order:?}") };
    let Wants { unwanted, .. } = *answer;
    assert_eq!(unwanted, [0..1, 2..3]);
    let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
    assert_eq!(report.left_out.total(), 1, "a folder that is left out is no file");
}

#[test]
fn what_a_receiver_says_it_holds_must_be_possible() {
    let chunk = crate::model::CHUNK as u64;
    let long = || {
        let mut machine = Machine::new();
        greet(&mut machine);
        machine.offered(EntryKind::Folder);
        for size in [Some(100 * chunk), Some(Group::WORTH), None] {
            machine.offered(EntryKind::File { size, mode: FileMode::Regular });
        }
        machine.all_offered();
        machine
    };
    let group = |first, level| RawGroup { first, level, value: [0; 32] };
    for (entry, groups, is_right) in [
        (1, vec![group(0, 6), group(64, 5), group(96, 2)], true),
        (1, vec![group(96, 2), group(0, 6)], false),
        (1, vec![group(0, 6), group(32, 5)], false),
        (1, vec![group(64, 6)], false),
        (1, vec![group(1, 1)], false),
        (0, vec![group(0, 0)], false),
        (2, vec![group(0, 0)], false),
        (3, vec![group(0, 0)], false),
        (4, vec![group(0, 0)], false),
    ] {
        let said = say(&mut long(), FromReceiver::Held { entry, groups: groups.clone() });
        assert_eq!(said.is_ok(), is_right, "{entry}: {groups:?}");
    }
    let mut machine = long();
    say(&mut machine, FromReceiver::Held { entry: 1, groups: vec![group(32, 5)] }).expect("once");
    let again = say(&mut machine, FromReceiver::Held { entry: 1, groups: vec![group(0, 5)] });
    assert!(matches!(again, Err(Violation::BadGroup)), "over two messages, too");
    let mut machine = long();
    machine.groups = limits::MAX_HELD;
    let more = say(&mut machine, FromReceiver::Held { entry: 1, groups: vec![group(32, 5)] });
    assert!(matches!(more, Err(Violation::BadGroup)), "more than may be");
    let late = say(&mut flowing(1), FromReceiver::Held { entry: 1, groups: Vec::new() });
    assert!(matches!(late, Err(Violation::OutOfTurn("held"))));
}

#[test]
fn files_that_an_earlier_attempt_stored_count_and_are_not_awaited() {
    let mut machine = offered(3);
    say(&mut machine, FromReceiver::Stored(vec![1..2])).expect("a file");
    say(&mut machine, FromReceiver::Except(vec![2..3])).expect("another");
    let order = say(&mut machine, FromReceiver::Accept { token: [1; 16] });
    let Ok(Order::Flow { answer, .. }) = order else { panic!("{order:?}") };
    assert_eq!((answer.stored, answer.unwanted), (vec![1..2], vec![2..3]));
    machine.stored_earlier(10);
    let receipt = FromReceiver::Receipts(vec![Receipt::stored(1, DIGEST)]);
    assert!(matches!(say(&mut machine, receipt), Err(Violation::BadReceipt)), "it was not sent");
    machine.sent(3, Sent { size: 10, digest: DIGEST });
    say(&mut machine, FromReceiver::Receipts(vec![Receipt::stored(3, DIGEST)])).expect("sent");
    assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
    let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
    assert_eq!((report.files, report.bytes, report.left_out.total()), (2, 20, 1));
}

#[test]
fn a_pause_and_a_full_disk_are_heard_at_every_moment_and_nothing_is_lost_by_them() {
    for machine in [Machine::new, || offered(2), || flowing(2)] {
        let end = say(&mut machine(), FromReceiver::Ending(Ending::Paused));
        assert!(
            matches!(end, Ok(Order::End(ended @ Ended::Paused { by: Side::There })) if ended.may_go_on())
        );
        let end = say(&mut machine(), FromReceiver::Ending(Ending::Full));
        assert!(
            matches!(end, Ok(Order::End(ended @ Ended::NoRoom { at: Side::There })) if ended.may_go_on())
        );
    }
}

#[test]
fn a_file_that_failed_makes_the_transfer_incomplete_and_names_the_side() {
    let mut machine = flowing(2);
    let receipts = vec![Receipt::failed(1, "full\u{1b}[2K"), Receipt::stored(2, DIGEST)];
    say(&mut machine, FromReceiver::Receipts(receipts)).expect("honest");
    assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
    let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
    assert!(!report.verified());
    assert_eq!((report.files, report.failed), (1, 1));
    assert_eq!((report.problems[0].side, report.problems[0].path.as_str()), (Side::There, "file 1"));
    assert_eq!(report.problems[0].why, "full\\u{1b}[2K");
}

#[test]
fn a_file_that_breaks_here_may_be_set_aside_there_at_the_same_moment() {
    let mut machine = flowing(2);
    let path = RelPath::parse("file 1").expect("a path");
    machine.broken(1, &path, &SourceError::NoPermission("file 1".to_owned()));
    let order = say(&mut machine, FromReceiver::NotNow(vec![1, 2]));
    assert!(matches!(order, Ok(Order::SetAside(_))), "{order:?}");
    say(&mut machine, FromReceiver::Receipts(vec![Receipt::stored(2, DIGEST)])).expect("it had come");
    assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
    for lie in [0, 2, 3] {
        let said = say(&mut machine, FromReceiver::NotNow(vec![lie]));
        assert!(matches!(said, Err(Violation::BadEntry)), "{lie}");
    }
}
