//! Receivers that claim to have files: what they may say of which, and when.

use super::{tests::greet, *};
use crate::{
    disk::SourceError,
    model::{FileMode, Pipeline},
    wire::message::Receipt,
};

const OWN: Sent = Sent { size: 10, digest: Digest([7; 32]) };

fn say(machine: &mut Machine, message: FromReceiver) -> Result<Order, Violation> {
    machine.on_message(message, |entry| RelPath::parse(&format!("file {entry}")).ok())
}

/// A sender that has offered a folder, three files and a stream.
fn offered() -> Machine {
    let mut machine = Machine::new();
    greet(&mut machine);
    machine.offered(EntryKind::Folder);
    for size in [Some(10), Some(10), Some(10), None] {
        machine.offered(EntryKind::File { size, mode: FileMode::Regular });
    }
    machine.all_offered();
    machine
}

fn accept(machine: &mut Machine) -> Result<Wants, Violation> {
    match say(machine, FromReceiver::Accept { token: [1; 16] })? {
        Order::Flow { answer, .. } => Ok(*answer),
        other => panic!("{other:?}"),
    }
}

/// The receiver says that the first two files seem to be there.
fn flowing() -> Machine {
    let mut machine = offered();
    say(&mut machine, FromReceiver::Likely(vec![1..3])).expect("files");
    let answer = accept(&mut machine).expect("files");
    assert_eq!(answer.likely, [1..3]);
    assert_eq!(answer.doubts.next(), crate::transfer::sender::doubts::Next::Wait);
    machine
}

fn stored(entry: EntryNo) -> FromReceiver {
    FromReceiver::Receipts(vec![Receipt::stored(entry, OWN.digest)])
}

#[test]
fn a_likely_file_is_verified_by_its_digest_like_any_other_and_counts_as_there_already() {
    let mut machine = flowing();
    machine.asked(1, OWN);
    machine.asked(2, OWN);
    assert!(matches!(say(&mut machine, stored(1)), Ok(Order::Answered { count: 1, .. })));
    let differ = say(&mut machine, FromReceiver::Differ(vec![2]));
    assert!(matches!(differ, Ok(Order::Answered { count: 1, differ, .. }) if differ == [2]));
    for entry in 2..=4 {
        machine.sent(entry, OWN);
        assert!(matches!(say(&mut machine, stored(entry)), Ok(Order::Answered { count: 0, .. })));
    }
    assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
    let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
    assert_eq!((report.files, report.bytes, report.already), (4, 40, 1));
}

#[test]
fn only_files_that_were_offered_are_wanted_and_have_a_length_can_be_there() {
    let hello = || FromReceiver::Likely(vec![1..2]);
    for words in [
        vec![FromReceiver::Likely(vec![0..1])],
        vec![FromReceiver::Likely(vec![3..5])],
        vec![FromReceiver::Likely(vec![3..6])],
        vec![FromReceiver::Likely(vec![2..3, 1..2])],
        vec![hello(), hello()],
        vec![hello(), FromReceiver::Except(vec![1..2])],
        vec![hello(), FromReceiver::Stored(vec![0..3])],
    ] {
        let mut machine = offered();
        let said: Result<Vec<_>, _> = words.iter().map(|word| say(&mut machine, word.clone())).collect();
        let result = said.and_then(|_| accept(&mut machine));
        assert!(matches!(result, Err(Violation::BadEntry)), "{words:?}");
    }
    let late = say(&mut flowing(), FromReceiver::Likely(vec![3..4]));
    assert!(matches!(late, Err(Violation::OutOfTurn("likely"))));
    let early = say(&mut offered(), FromReceiver::Differ(vec![1]));
    assert!(matches!(early, Err(Violation::OutOfTurn("differ"))));
}

#[test]
fn a_receiver_that_answers_what_it_was_not_asked_is_caught() {
    let failed = |entry| FromReceiver::Receipts(vec![Receipt::failed(entry, "full")]);
    let other = FromReceiver::Receipts(vec![Receipt::stored(1, Digest([8; 32]))]);
    // Only the first likely file's digest was told, and nothing was sent.
    for lie in [
        vec![FromReceiver::Differ(vec![0])],
        vec![FromReceiver::Differ(vec![2])],
        vec![FromReceiver::Differ(vec![3])],
        vec![FromReceiver::Differ(vec![9])],
        vec![FromReceiver::Differ(vec![1, 1])],
        vec![FromReceiver::Differ(vec![1]), FromReceiver::Differ(vec![1])],
        vec![FromReceiver::Differ(vec![1]), stored(1)],
        vec![stored(1), FromReceiver::Differ(vec![1])],
        vec![stored(1), stored(1)],
        vec![stored(2)],
        vec![failed(2)],
        vec![other],
        vec![stored(1), FromReceiver::Done],
    ] {
        let mut machine = flowing();
        machine.asked(1, OWN);
        let (last, before) = lie.split_last().expect("some");
        for word in before {
            say(&mut machine, word.clone()).expect("honest so far");
        }
        assert!(matches!(say(&mut machine, last.clone()), Err(Violation::BadReceipt)), "{lie:?}");
    }
}

#[test]
fn a_likely_file_that_can_t_be_read_here_fails_and_is_not_awaited() {
    let mut machine = flowing();
    let path = RelPath::parse("file 1").expect("a path");
    machine.broken(1, &path, &SourceError::NoPermission("file 1".to_owned()));
    machine.asked(2, OWN);
    for entry in [3, 4] {
        machine.sent(entry, OWN);
    }
    for entry in 2..=4 {
        say(&mut machine, stored(entry)).expect("honest");
    }
    assert!(matches!(say(&mut machine, FromReceiver::Done), Ok(Order::Finish)));
    let report = machine.into_tally().report(Ended::Complete, Pipeline::default());
    assert_eq!((report.files, report.already, report.failed), (3, 1, 1));
}
