//! What attempts that were killed have left of files whose fate is known later, and who may read what is looked into.

use std::{mem::ManuallyDrop, os::unix::fs::PermissionsExt as _};

use super::{
    screening::{Fake, MARK, Place, busy, clean, fake},
    *,
};
use crate::model::{Group, Screening, Unscanned};

fn ours(place: &Place) -> Vec<String> {
    let files = place.files().into_iter().map(|path| path.to_str().unwrap().to_owned());
    files.filter(|name| name.starts_with(".airlift-")).collect()
}

fn again(place: &Place, entries: &[Entry], earlier: &Earlier, fake: &Arc<Fake>) -> Intake {
    let watch = || place.watch(fake, Unscanned::LetIn);
    watch().recall(ID, &earlier.ledger);
    let inbox = Inbox::open(place.to.path(), &OffLimits::default()).unwrap();
    let plan = inbox.plan_again(entries, earlier, Conflict::KeepBoth).unwrap();
    let intake = Intake::begin(inbox, entries.to_vec(), plan, ID, watch()).unwrap();
    let (accord, ledger) = (earlier.accord.clone().unwrap(), Arc::clone(&earlier.ledger));
    intake.keep_book(Book { accord, ledger }).unwrap();
    intake
}

/// Two attempts that were killed once the file was whole; nothing of them is dropped.
fn killed_twice(place: &Place, entries: &[Entry], content: &[u8]) -> Earlier {
    let intake = place.begin(entries, &clean(), Unscanned::LetIn);
    let accord = {
        let inbox = Inbox::open(place.to.path(), &OffLimits::default()).unwrap();
        inbox.plan(entries, None, Conflict::KeepBoth).unwrap().accord([7; 32], entries)
    };
    let earlier = Earlier {
        names: intake.names(),
        accord: Some(Arc::new(accord)),
        ledger: Arc::default(),
        volume: None,
    };
    let first = write(&intake, 0, content).unwrap();
    let second = again(place, entries, &earlier, &clean());
    let newer = write(&second, 0, content).unwrap();
    let _killed = ManuallyDrop::new((first, newer, intake, second));
    assert_eq!(ours(place).len(), 2);
    earlier
}

#[test]
fn what_killed_attempts_have_left_of_a_file_goes_as_soon_as_it_is_kept_apart_or_has_its_name() {
    for (content, others) in [(MARK, 0), (b"a fine", 1)] {
        let place = Place::new();
        let entries = [file("a", 6), file("b", 1)];
        let earlier = killed_twice(&place, &entries, content);
        // Of another file of the same transfer, and of another transfer.
        let other = ours(&place)[0].replace(&blake3::hash(b"a").to_hex()[..16], &"0".repeat(16));
        let another = ours(&place)[0].replace("abababab", "cdcdcdcd");
        for name in [&other, &another] {
            fs::write(place.to.path().join(name), "1").unwrap();
        }
        let intake = again(&place, &entries, &earlier, &clean());
        let placed = super::place(&intake, vec![write(&intake, 0, content).unwrap()]).remove(0).1.unwrap();
        assert_eq!(matches!(placed, Placed::Named(_)), others == 1);
        let mut left = [other, another];
        left.sort();
        let mut there = ours(&place);
        there.sort();
        assert_eq!(there, left, "before the transfer is over");
        assert_eq!(place.files().len(), 2 + others);
    }
}

#[test]
fn what_was_kept_apart_by_an_attempt_that_was_killed_right_then_leaves_nothing_else_behind() {
    let place = Place::new();
    let entries = [file("a", 6), file("b", 1)];
    let earlier = killed_twice(&place, &entries, MARK);
    let (names, unknowing) = (ours(&place), Earlier { ledger: Arc::default(), ..earlier.clone() });
    let intake = again(&place, &entries, &earlier, &clean());
    let placed = super::place(&intake, vec![write(&intake, 0, MARK).unwrap()]).remove(0).1.unwrap();
    assert!(matches!(placed, Placed::Apart(_)));
    let _killed = ManuallyDrop::new(intake);
    // As if it had come to no more than the move.
    for name in &names {
        fs::write(place.to.path().join(name), MARK).unwrap();
    }
    let intake = again(&place, &entries, &unknowing, &clean());
    assert!(!intake.wants(0));
    assert_eq!(ours(&place), Vec::<String>::new());
}

#[test]
fn what_is_looked_into_is_its_owners_alone_until_it_has_its_name() {
    let program = |path: &str, size| {
        let kind = EntryKind::File { size: Some(size), mode: FileMode::Executable };
        Entry { kind, ..file(path, 0) }
    };
    let large = Group::WORTH + 1;
    let entries = [file("plain", 5), program("tool", 4), file("film", large)];
    let contents = [b"plain".to_vec(), b"tool".to_vec(), vec![7; usize::try_from(large).unwrap()]];
    let mode = |metadata: fs::Metadata| metadata.permissions().mode() & 0o777;
    let said = Arc::new(std::sync::Mutex::new(Vec::new()));
    for unseen in [busy(), clean()] {
        let place = Place::new();
        fs::write(place.to.path().join("ordinary"), "").unwrap();
        let ordinary = mode(fs::metadata(place.to.path().join("ordinary")).unwrap());
        let (modes, answer) = (Arc::clone(&said), Arc::clone(&unseen));
        let looker = fake(move |file, name| {
            modes.lock().unwrap().push(mode(file.metadata().unwrap()));
            (answer.look)(file, name)
        });
        let intake = place.begin(&entries, &looker, Unscanned::LetIn);
        let files = (0..).zip(&contents).map(|(no, content)| write(&intake, no, content).unwrap()).collect();
        for (no, placed) in super::place(&intake, files) {
            let Ok(Placed::Named(stored)) = placed else { panic!("{no}") };
            assert_ne!(stored.screening, Screening::Off);
        }
        assert_eq!(said.lock().unwrap().drain(..).collect::<Vec<_>>(), [0o600; 3]);
        let at = |name: &str| mode(fs::metadata(place.to.path().join(name)).unwrap());
        assert_eq!((at("plain"), at("film")), (ordinary, ordinary));
        assert_eq!(at("tool") & 0o100, 0o100);
        assert_eq!(at("tool") & 0o666, ordinary);
    }
}
