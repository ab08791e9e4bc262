//! What a ledger says after whatever has been done to it.

use super::*;
use crate::model::{Access, EntryKind, FileMode, NotScanned, RelPath};

const TIME: Timestamp = Timestamp { seconds: -5, nanos: 999_999_999 };

fn saved(number: u64) -> Saved {
    let digest = Digest(*blake3::hash(&number.to_le_bytes()).as_bytes());
    let screening = match number {
        0 => Screening::Off,
        1 => Screening::Clean,
        _ => Screening::NotScanned(NotScanned::Failed("can’t".to_owned())),
    };
    let path = format!("t/f{number}").into();
    Saved { path, size: number, digest, identity: None, screening, touched: None }
}

fn arrival(number: u64) -> Arrival {
    Arrival { mark: Mark(number), size: 10 * number, modified: (number != 1).then_some(TIME) }
}

fn entry(number: u64) -> Entry {
    let kind = EntryKind::File { size: Some(10 * number), mode: FileMode::Regular };
    let (path, modified) = (RelPath::parse("any").unwrap(), arrival(number).modified);
    Entry { path, kind, access: Access::Shared, modified, holes: 0 }
}

/// What it says of each of a few.
type Said = Vec<(u32, Coming, Option<(Saved, Coming)>, Option<Saved>)>;

fn said(ledger: &Ledger) -> Said {
    let of = |number| {
        let (mark, entry) = (Mark(number), entry(number));
        let (times, coming) = ledger.arrived(|a| (a.times(mark), a.coming(mark, &entry)));
        (times, coming, ledger.intended(mark, &entry), ledger.last(mark))
    };
    (0..5).map(of).collect()
}

/// Writes a bit of everything, and returns what it says after each step and how long its file is by then.
fn write(ledger: &Ledger, length: impl Fn() -> u64) -> Vec<(u64, Said)> {
    let mut steps = vec![(length(), said(ledger))];
    let mut step = |ledger: &Ledger| steps.push((length(), said(ledger)));
    for number in 0..3 {
        ledger.intend(&[(arrival(number), saved(number))]);
        step(ledger);
    }
    ledger.stored(&[(Mark(1), Some(TIME))]);
    step(ledger);
    ledger.found(&[arrival(3)]);
    step(ledger);
    // What was never intended is not stored.
    ledger.stored(&[(Mark(4), None)]);
    step(ledger);
    ledger.stored(&[(Mark(0), None)]);
    step(ledger);
    // Once more, and then it is not known who stands there.
    ledger.intend(&[(arrival(1), saved(7))]);
    step(ledger);
    ledger.found(&[arrival(0)]);
    step(ledger);
    steps
}

#[test]
fn cut_anywhere_or_with_any_byte_changed_it_says_what_stood_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ledger");
    let ledger = Ledger::open(&path).unwrap();
    let steps = write(&ledger, || std::fs::metadata(&path).unwrap().len());
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(said(&Ledger::open(&path).unwrap()), steps.last().unwrap().1);
    assert_eq!(write(&Ledger::default(), || 0).last().unwrap().1, steps.last().unwrap().1, "in memory");
    for at in 0..bytes.len() {
        let before =
            steps.iter().rev().find(|(end, _)| *end <= at as u64).map_or(&steps[0].1, |(_, said)| said);
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        for damaged in [&bytes[..at], &changed] {
            std::fs::write(&path, damaged).unwrap();
            let ledger = Ledger::open(&path).unwrap();
            assert_eq!(said(&ledger), *before, "at {at}");
            // It goes on after that.
            ledger.found(&[arrival(4)]);
            let said = said(&Ledger::open(&path).unwrap());
            assert_eq!((&said[..4], said[4].0), (&before[..4], 1), "at {at}");
        }
    }
}

#[test]
fn what_was_intended_of_an_entry_that_has_changed_since_is_not_what_is_offered() {
    let ledger = Ledger::default();
    ledger.intend(&[(arrival(2), saved(2))]);
    assert_eq!(ledger.intended(Mark(2), &entry(2)), Some((saved(2), Coming::Unchanged)));
    let changed = Entry { modified: None, ..entry(2) };
    assert_eq!(ledger.intended(Mark(2), &changed), Some((saved(2), Coming::Changed)));
}

#[test]
fn what_was_intended_and_has_its_name_is_stored_and_noted_when_it_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ledger");
    let ledger = Ledger::open(&path).unwrap();
    ledger.intend(&[(arrival(1), saved(1)), (arrival(2), saved(2))]);
    for is_noted in [false, true] {
        let ledger = Ledger::open(&path).unwrap();
        ledger.resolve(|saved| saved.size == 2);
        assert_eq!(ledger.arrived(|a| (a.times(Mark(1)), a.times(Mark(2)))), (0, 1));
        assert_eq!(ledger.unsettled().len(), usize::from(!is_noted));
        let touched = is_noted.then_some(TIME);
        assert_eq!(ledger.last(Mark(2)), Some(Saved { touched, ..saved(2) }));
        ledger.stored(&[(Mark(2), Some(TIME))]);
        assert!(ledger.unsettled().is_empty());
    }
}
