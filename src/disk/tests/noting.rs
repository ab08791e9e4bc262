//! What another attempt takes for stored: what this transfer has put there, and nothing that looks like it.

use super::*;

const OLD: Timestamp = Timestamp { seconds: 1_000_000, nanos: 0 };

fn timed(path: &str, seconds: i64) -> Entry {
    Entry { modified: Some(Timestamp { seconds, ..OLD }), ..file(path, 5) }
}

/// A file of somebody else, with the size and time of the ones that are offered.
fn plant(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    let time = OLD.to_system_time().unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

const NOTHING: Fates = Fates { stored: Vec::new(), likely: Vec::new() };

#[test]
fn what_was_stored_is_not_wanted_again_whatever_has_become_of_it() {
    for conflict in [Conflict::KeepBoth, Conflict::Replace, Conflict::Skip, Conflict::Complete] {
        let temp = temp();
        let entries = ["edited", "touched", "gone", "still"].map(|name| timed(name, OLD.seconds));
        let (intake, earlier) = begin_noting(temp.path(), &entries, conflict, Ledger::default());
        for no in 0..4 {
            store_one(&intake, no, b"12345").unwrap();
        }
        drop(intake);
        fs::write(temp.path().join("edited"), "by its owner").unwrap();
        let touched = fs::File::options().write(true).open(temp.path().join("touched")).unwrap();
        touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        fs::remove_file(temp.path().join("gone")).unwrap();
        let (_, fates) = begin_again(temp.path(), &entries, conflict, &earlier);
        assert_eq!(fates, Fates { stored: vec![0, 1, 2, 3], likely: vec![] }, "{conflict:?}");
    }
}

#[test]
fn what_looks_like_an_offered_file_and_was_not_stored_by_this_transfer_is_compared() {
    for conflict in [Conflict::KeepBoth, Conflict::Replace, Conflict::Complete] {
        let temp = temp();
        let entries = ["a", "b"].map(|name| timed(name, OLD.seconds));
        plant(&temp.path().join("b"), "older");
        let (intake, earlier) = begin_noting(temp.path(), &entries, conflict, Ledger::default());
        drop(intake);
        // Another device stores one of the same name, size and time meanwhile.
        plant(&temp.path().join("a"), "other");
        let (intake, fates) = begin_again(temp.path(), &entries, conflict, &earlier);
        assert_eq!(fates.stored, [0; 0], "{conflict:?}");
        for no in fates.likely {
            assert!(matches!(
                intake.compare(no, digest(b"12345"), &|| false),
                crate::disk::Compared::Differs
            ));
        }
        let stored = [0, 1].map(|no| store_one(&intake, no, b"12345").unwrap().path.as_str().to_owned());
        // Its person was told that one is replaced, and of nothing else.
        let b = if conflict == Conflict::Replace { "b" } else { "b (1)" };
        assert_eq!(stored, ["a (1)", b], "{conflict:?}");
        assert_eq!(fs::read_to_string(temp.path().join("a")).unwrap(), "other");
    }
}

/// The ledger of an attempt that died after its files had their names, and before that was noted.
fn died_before_it_was_noted(temp: &TempDir, entries: &[Entry], then: impl Fn()) -> (Earlier, Fates) {
    let path = temp.path().join("a.ledger");
    let inbox = temp.path().join("in");
    let ledger = Ledger::open(&path).unwrap();
    let (intake, earlier) = begin_noting(&inbox, entries, Conflict::KeepBoth, ledger);
    let group = (0..).zip(entries).map(|(no, _)| write(&intake, no, b"12345").unwrap()).collect();
    let intents = fs::read(&path).unwrap().len();
    for (_, stored) in store(&intake, group) {
        stored.unwrap();
    }
    // What is stored is noted after all intents, and is shorter.
    let whole = fs::read(&path).unwrap();
    let kept = intents + (whole.len() - intents) * 3 / 4;
    fs::write(&path, &whole[..kept]).unwrap();
    then();
    let earlier = Earlier { ledger: Arc::new(Ledger::open(&path).unwrap()), ..earlier };
    let (_, fates) = begin_again(&inbox, entries, Conflict::KeepBoth, &earlier);
    (earlier, fates)
}

#[test]
fn what_had_its_name_when_a_run_died_before_noting_it_is_stored_and_nothing_else_under_that_name_is() {
    let entries = [timed("a", OLD.seconds)];
    let stored = Fates { stored: vec![0], likely: vec![] };
    let (temp, place) = (temp(), "in/a");
    let (earlier, fates) = died_before_it_was_noted(&temp, &entries, || ());
    assert_eq!(fates, stored);
    // By then it is noted.
    fs::remove_file(temp.path().join(place)).unwrap();
    assert_eq!(begin_again(&temp.path().join("in"), &entries, Conflict::KeepBoth, &earlier).1, stored);

    let temp = super::temp();
    let (_, fates) = died_before_it_was_noted(&temp, &entries, || {
        fs::remove_file(temp.path().join(place)).unwrap();
    });
    assert_eq!(fates, NOTHING);

    let temp = super::temp();
    let (_, fates) = died_before_it_was_noted(&temp, &entries, || {
        // It stays there meanwhile, so that its number is not given out again.
        fs::rename(temp.path().join(place), temp.path().join("elsewhere")).unwrap();
        plant(&temp.path().join(place), "other");
    });
    assert_eq!(fates, Fates { stored: vec![], likely: vec![0] });
}

#[test]
fn a_file_that_changes_at_the_sender_takes_the_place_of_what_was_stored_of_it_unless_that_was_changed() {
    for (change, expected, files) in [
        ("nothing", "a", 1),
        // Its content is what was stored, and nothing else is lost.
        ("its time", "a", 1),
        ("its content", "a (1)", 2),
        ("its place", "a", 2),
        ("another in its place", "a (1)", 3),
    ] {
        let temp = temp();
        let there = temp.path().join("a");
        let entries = [timed("a", OLD.seconds), timed("missing", OLD.seconds)];
        let (intake, earlier) = begin_noting(temp.path(), &entries, Conflict::KeepBoth, Ledger::default());
        store_one(&intake, 0, b"12345").unwrap();
        drop(intake);
        match change {
            "its time" => plant(&there, "12345"),
            "its content" => plant(&there, "edits"),
            "its place" => fs::rename(&there, temp.path().join("mine")).unwrap(),
            "another in its place" => {
                fs::rename(&there, temp.path().join("mine")).unwrap();
                plant(&there, "other");
            }
            _ => {}
        }
        let entries = [timed("a", OLD.seconds + 7), timed("missing", OLD.seconds)];
        let (intake, fates) = begin_again(temp.path(), &entries, Conflict::KeepBoth, &earlier);
        assert_eq!(fates, NOTHING, "{change}");
        assert_eq!(store_one(&intake, 0, b"54321").unwrap().path.as_str(), expected, "{change}");
        assert_eq!(fs::read(temp.path().join(expected)).unwrap(), b"54321", "{change}");
        assert_eq!(tree(temp.path()).len(), files, "{change}");
    }
}

#[test]
fn what_was_there_before_and_found_to_be_the_same_is_never_replaced() {
    let temp = temp();
    plant(&temp.path().join("a"), "12345");
    let entries = [timed("a", OLD.seconds), timed("missing", OLD.seconds)];
    let (intake, earlier) = begin_noting(temp.path(), &entries, Conflict::Complete, Ledger::default());
    let same = match intake.compare(0, digest(b"12345"), &|| false) {
        crate::disk::Compared::Same(same) => same,
        other => panic!("{other:?}"),
    };
    assert!(intake.make_last(vec![same])[0].1.is_ok());
    drop(intake);
    let entries = [timed("a", OLD.seconds + 7), timed("missing", OLD.seconds)];
    let (intake, _) = begin_again(temp.path(), &entries, Conflict::Complete, &earlier);
    assert_eq!(store_one(&intake, 0, b"54321").unwrap().path.as_str(), "a (1)");
    assert_eq!(fs::read(temp.path().join("a")).unwrap(), b"12345");
}

#[test]
fn what_was_edited_before_it_was_noted_as_stored_is_not_taken_for_what_was_stored() {
    let entries = [timed("a", OLD.seconds), timed("missing", OLD.seconds)];
    let temp = temp();
    let inbox = temp.path().join("in");
    let (earlier, fates) = died_before_it_was_noted(&temp, &entries, || {
        fs::write(inbox.join("a"), "edits").unwrap();
    });
    assert_eq!(fates.stored, [0, 1]);
    let entries = [timed("a", OLD.seconds + 7), timed("missing", OLD.seconds)];
    // As if it had to come again: else nothing more of this transfer may.
    let more =
        earlier.ledger.arrived(|arrived| earlier.accord.as_ref().unwrap().with(&entries[..1], arrived));
    let earlier = Earlier { accord: Some(Arc::new(more)), ..earlier };
    let (intake, _) = begin_again(&inbox, &entries, Conflict::KeepBoth, &earlier);
    assert_eq!(store_one(&intake, 0, b"54321").unwrap().path.as_str(), "a (1)");
    assert_eq!(fs::read_to_string(inbox.join("a")).unwrap(), "edits");
}

#[test]
fn where_nobody_knows_any_more_what_was_said_nothing_is_replaced_or_left_out() {
    for conflict in [Conflict::Replace, Conflict::Skip] {
        let temp = temp();
        let entries = [timed("a", OLD.seconds)];
        plant(&temp.path().join("a"), "mine, and longer");
        let (intake, earlier) = begin_noting(temp.path(), &entries, conflict, Ledger::default());
        drop(intake);
        let inbox = Inbox::open(temp.path(), &OffLimits::default()).unwrap();
        let lost = Earlier { accord: None, ..earlier };
        let plan = inbox.plan_again(&entries, &lost, conflict).unwrap();
        let intake = Intake::begin(inbox, entries.to_vec(), plan, ID, Watch::nobody()).unwrap();
        assert_eq!(store_one(&intake, 0, b"12345").unwrap().path.as_str(), "a (1)", "{conflict:?}");
        assert_eq!(fs::read_to_string(temp.path().join("a")).unwrap(), "mine, and longer");
    }
}

#[test]
fn only_the_very_file_that_was_told_of_is_replaced_and_none_of_its_size_and_time_in_its_place() {
    for between_attempts in [false, true] {
        let temp = temp();
        let there = temp.path().join("a");
        plant(&there, "older");
        let entries = [timed("a", OLD.seconds + 7)];
        let (mut intake, earlier) = begin_noting(temp.path(), &entries, Conflict::Replace, Ledger::default());
        // It stays elsewhere, so that its number is not given out again.
        fs::rename(&there, temp.path().join("moved")).unwrap();
        plant(&there, "other");
        if between_attempts {
            drop(intake);
            intake = begin_again(temp.path(), &entries, Conflict::Replace, &earlier).0;
        }
        assert_eq!(store_one(&intake, 0, b"12345").unwrap().path.as_str(), "a (1)", "{between_attempts}");
        assert_eq!(fs::read_to_string(&there).unwrap(), "other");
    }
}
