//! Several people and programs deal with the quarantine at once.

use std::{
    fs::File,
    sync::{Condvar, Mutex},
    thread,
    time::Duration,
};

use super::{
    screening::{MARK, Place, busy, fake},
    *,
};
use crate::{
    disk::{Before, QuarantineError},
    model::{Caught, NotScanned, QuarantineDone, QuarantineId, Screening, Unscanned},
};

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// So many files that wait until they can be checked.
fn held(place: &Place, count: usize) -> Vec<QuarantineId> {
    let entries: Vec<_> = (0..count).map(|number| file(&format!("f{number}"), 1)).collect();
    let intake = place.begin(&entries, &busy(), Unscanned::Hold);
    for number in 0..count {
        let verified = write(&intake, EntryNo::try_from(number).unwrap(), b"x").unwrap();
        for (_, placed) in super::place(&intake, vec![verified]) {
            assert!(matches!(placed, Ok(Placed::Apart(_))), "{placed:?}");
        }
    }
    place.quarantine().list().unwrap().into_iter().map(|item| item.id).collect()
}

#[test]
fn what_is_put_into_quarantine_is_noted_as_that() {
    let place = Place::new();
    let entries = [file("found", 6), file("held", 1), file("named", 1)];
    let inbox = Inbox::open(place.to.path(), &OffLimits::default()).unwrap();
    let plan = inbox.plan(&entries, None, Conflict::KeepBoth).unwrap();
    let book = Book { accord: Arc::new(plan.accord([7; 32], &entries)), ledger: Arc::default() };
    let only_named = fake(|_, name| match name {
        "named" => Screening::Clean,
        _ => Screening::NotScanned(NotScanned::Busy),
    });
    let watch = place.watch(&only_named, Unscanned::Hold);
    let intake = Intake::begin(inbox, entries.to_vec(), plan, ID, watch).unwrap();
    intake.keep_book(book).unwrap();
    assert!((0..3).all(|no| intake.noted(no).is_none()));
    for (no, content) in [(0, MARK), (1, b"x"), (2, b"x")] {
        for (_, placed) in super::place(&intake, vec![write(&intake, no, content).unwrap()]) {
            placed.unwrap();
        }
    }
    let noted = [0, 1, 2].map(|no| intake.noted(no).unwrap());
    assert!(
        matches!(
            &noted,
            [
                Before::Apart { why: Caught::Infected(_), .. },
                Before::Apart { why: Caught::Held(NotScanned::Busy), .. },
                Before::Stored { .. },
            ]
        ),
        "{noted:?}"
    );
}

#[test]
fn several_are_checked_at_once_and_none_is_refused_for_the_others() {
    let place = Place::new();
    let ids = held(&place, 4);
    let (looking, all) = (Mutex::new(0), Condvar::new());
    let screen = |_: &File, _: u64, _: &str| {
        let mut count = looking.lock().unwrap();
        *count += 1;
        all.notify_all();
        let (count, waited) = all.wait_timeout_while(count, PATIENCE, |count| *count < ids.len()).unwrap();
        assert!(!waited.timed_out(), "only {count} are looked into at once");
        Screening::Clean
    };
    thread::scope(|scope| {
        for id in &ids {
            scope.spawn(|| {
                let done = place.quarantine().rescan(id, &screen, &OffLimits::default());
                let ended = matches!(done, Ok(Some(QuarantineDone::Released { .. })));
                // Nobody waits for one that has failed.
                *looking.lock().unwrap() += usize::from(!ended);
                all.notify_all();
                assert!(ended, "{done:?}");
            });
        }
    });
    assert_eq!(place.files().len(), ids.len());
}

#[test]
fn what_is_deleted_or_replaced_while_it_is_looked_into_is_not_released() {
    for replaced in [false, true] {
        let place = Place::new();
        let id = held(&place, 1).remove(0);
        let at = place.room().join(id.as_str());
        let screen = |_: &File, _: u64, _: &str| {
            if replaced {
                // Both at once, so that it isn't the same by its numbers.
                let new = at.with_extension("other");
                fs::write(&new, "x").unwrap();
                fs::rename(&new, &at).unwrap();
            } else {
                place.quarantine().delete(&id).unwrap();
            }
            Screening::Clean
        };
        let done = place.quarantine().rescan(&id, &screen, &OffLimits::default());
        assert!(matches!(done, Err(QuarantineError::NotThere)), "{done:?}");
        assert_eq!(place.files(), Vec::<PathBuf>::new());
    }
}

#[test]
fn what_is_written_to_while_it_is_looked_into_is_not_released() {
    let place = Place::new();
    let id = held(&place, 1).remove(0);
    let at = place.room().join(id.as_str());
    let screen = |_: &File, _: u64, _: &str| {
        fs::write(&at, "y").unwrap();
        fs::write(&at, "x").unwrap();
        let epoch = std::time::SystemTime::UNIX_EPOCH;
        File::options().write(true).open(&at).unwrap().set_modified(epoch).unwrap();
        Screening::Clean
    };
    let done = place.quarantine().rescan(&id, &screen, &OffLimits::default());
    assert!(matches!(done, Err(QuarantineError::Changed(_))), "{done:?}");
    assert_eq!(place.files(), Vec::<PathBuf>::new());
}

#[test]
fn whoever_finds_the_quarantine_in_use_waits() {
    let place = Place::new();
    let id = held(&place, 1).remove(0);
    place.quarantine().delete(&"0".repeat(16).parse().unwrap()).unwrap_err();
    let lock = File::options().write(true).open(place.room().join("lock")).unwrap();
    lock.lock().unwrap();
    thread::scope(|scope| {
        let (began, begins) = std::sync::mpsc::sync_channel(1);
        let (place, id) = (&place, &id);
        let deleting = scope.spawn(move || {
            began.send(()).unwrap();
            place.quarantine().delete(id)
        });
        begins.recv().unwrap();
        for _ in 0..100 {
            thread::yield_now();
        }
        lock.unlock().unwrap();
        deleting.join().unwrap().unwrap();
    });
    assert_eq!(place.quarantine().list().unwrap(), []);
}
