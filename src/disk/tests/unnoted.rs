//! What is in quarantine and has lost its note, or had it damaged.

use super::{
    screening::{MARK, Place, clean},
    *,
};
use crate::{
    disk::QuarantineError,
    model::{QuarantineDone, Screening, Unscanned},
};

#[test]
fn what_has_lost_its_note_is_listed_as_of_unknown_origin_and_can_be_deleted_and_nothing_else() {
    for note in [None, Some("garbage"), Some("{\"version\":1}"), Some("")] {
        let place = Place::new();
        place.receive("a", MARK, &clean(), Unscanned::LetIn).unwrap();
        let id = place.only();
        let at = place.room().join(format!("{id}.json"));
        match note {
            None => fs::remove_file(&at).unwrap(),
            Some(damaged) => fs::write(&at, damaged).unwrap(),
        }
        // It is in nobody's way, and nobody else's in its.
        place.receive("b", MARK, &clean(), Unscanned::LetIn).unwrap();
        let items = place.quarantine().list().unwrap();
        assert_eq!(items.len(), 2, "{note:?}");
        let item = items.iter().find(|item| item.id == id).unwrap();
        assert_eq!((item.size, &item.why, item.digest), (MARK.len() as u64, &None, None), "{note:?}");
        assert_ne!(item.since, std::time::UNIX_EPOCH);
        let released = place.quarantine().release(&id, &OffLimits::default());
        assert!(matches!(released, Err(QuarantineError::Unnoted(_))), "{note:?}: {released:?}");
        let rescanned: Result<Option<QuarantineDone>, _> =
            place.quarantine().rescan(&id, &|_, _, _| Screening::Clean, &OffLimits::default());
        assert!(matches!(rescanned, Err(QuarantineError::Unnoted(_))), "{note:?}: {rescanned:?}");
        assert_eq!(place.files(), Vec::<PathBuf>::new());
        place.quarantine().delete(&id).unwrap();
        assert_eq!(place.quarantine().list().unwrap().len(), 1, "{note:?}: the other stays");
        let names: Vec<_> = tree(&place.room()).into_keys().collect();
        assert!(names.iter().all(|name| !name.to_str().unwrap().starts_with(id.as_str())), "{names:?}");
        assert!(matches!(place.quarantine().delete(&id), Err(QuarantineError::NotThere)));
    }
}

#[test]
fn nothing_but_files_of_its_own_names_is_taken_for_what_has_lost_its_note() {
    let place = Place::new();
    place.receive("a", MARK, &clean(), Unscanned::LetIn).unwrap();
    let outside = place.to.path().join("mine");
    fs::write(&outside, "mine").unwrap();
    fs::create_dir(place.room().join("abc")).unwrap();
    std::os::unix::fs::symlink(&outside, place.room().join("def")).unwrap();
    for name in ["lock", "notes.txt", "0a.json.new", "ABC"] {
        fs::write(place.room().join(name), "x").unwrap();
    }
    place.only();
    for name in ["abc", "def"] {
        let deleted = place.quarantine().delete(&name.parse().unwrap());
        assert!(matches!(deleted, Err(QuarantineError::NotThere)), "{name}: {deleted:?}");
    }
    assert_eq!(fs::read_to_string(outside).unwrap(), "mine");
}
