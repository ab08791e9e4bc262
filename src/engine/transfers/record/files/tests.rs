use super::{
    super::{Said, Sending, Who},
    *,
};
use crate::{
    disk::Names,
    model::{Conflict, DeviceId, DeviceName, Landing, RelPath, Source, Summary},
};

fn record(id: u8) -> Record {
    let name = DeviceName::parse("Büro").unwrap();
    let peer = Who { id: DeviceId::of_public_key(b"x"), name, address: "10.0.0.7:27543".into() };
    let mut summary = Summary::default();
    let kind = crate::model::EntryKind::File { size: Some(7), mode: crate::model::FileMode::Regular };
    let path = RelPath::parse("办公室").unwrap();
    summary.add(&crate::model::Entry {
        path,
        kind,
        access: crate::model::Access::Shared,
        modified: None,
        holes: 0,
    });
    let landing = Landing {
        folder: Some("/srv/in".into()),
        name: Some("a".into()),
        conflict: Conflict::Skip,
        ..Landing::default()
    };
    Record::Receiving(Receiving {
        id: TransferId([id; 16]),
        peer,
        landing,
        summary,
        names: Names::default(),
        began: SystemTime::UNIX_EPOCH,
        missing: Missing::Unsent,
        said: Said::Person,
        volume: None,
    })
}

#[test]
fn a_record_is_found_again_by_the_next_run_and_by_nobody_while_one_has_it() {
    let home = tempfile::tempdir().unwrap();
    assert!(Kept::all(home.path()).is_empty());
    let kept = Kept::create(home.path(), &record(1)).unwrap();
    assert!(Kept::all(home.path()).is_empty(), "it is in use");
    let again = Kept::create(home.path(), &record(1)).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::ResourceBusy);
    drop(kept);
    let mut found = Kept::all(home.path());
    assert_eq!(found.len(), 1);
    let (kept, found_record) = found.remove(0);
    assert_eq!(found_record, record(1));
    assert!(Kept::all(home.path()).is_empty(), "it is in use again");
    kept.remove();
    assert!(Kept::all(home.path()).is_empty());
}

#[test]
fn a_record_that_is_replaced_stays_with_whoever_has_it() {
    let home = tempfile::tempdir().unwrap();
    let kept = Kept::create(home.path(), &record(1)).unwrap();
    let Record::Receiving(mut receiving) = record(1) else { unreachable!() };
    receiving.missing = Missing::Failed;
    let kept = kept.replace(&Record::Receiving(receiving.clone())).unwrap();
    assert!(Kept::all(home.path()).is_empty(), "it is in use");
    drop(kept);
    assert_eq!(Kept::all(home.path()).remove(0).1, Record::Receiving(receiving));
}

#[test]
fn a_record_of_before_something_could_fail_is_one_that_was_interrupted() {
    let home = tempfile::tempdir().unwrap();
    drop(Kept::create(home.path(), &record(1)).unwrap());
    let path = home.path().join(FOLDER).join(format!("{}.json", TransferId([1; 16])));
    let older = fs::read_to_string(&path).unwrap().replace(",\"rest\":\"unsent\"", "");
    assert!(!older.contains("rest"));
    fs::write(&path, older).unwrap();
    assert_eq!(Kept::all(home.path()).remove(0).1, record(1));
}

#[test]
fn a_record_that_can_t_be_understood_is_kept_aside_and_the_others_are_found() {
    let home = tempfile::tempdir().unwrap();
    drop(Kept::create(home.path(), &record(1)).unwrap());
    let whole = fs::read(home.path().join(FOLDER).join(format!("{}.json", TransferId([1; 16])))).unwrap();
    for (name, text) in [
        ("cut", &whole[..whole.len() / 2]),
        ("empty", b"".as_slice()),
        ("later", b"{\"version\":2,\"record\":{}}"),
    ] {
        fs::write(home.path().join(FOLDER).join(format!("{name}.json")), text).unwrap();
    }
    assert_eq!(Kept::all(home.path()).len(), 1);
    for name in ["cut", "empty", "later"] {
        assert!(home.path().join(FOLDER).join(format!("{name}.damaged")).exists(), "{name}");
    }
}

#[test]
fn who_has_paused_it_is_known_to_the_next_run_and_forgotten_with_it() {
    let home = tempfile::tempdir().unwrap();
    let kept = Kept::create(home.path(), &record(1)).unwrap();
    let paused = Marks::default().with(Side::Here).with(Side::There);
    kept.mark(paused);
    drop(kept);
    let (kept, _) = Kept::all(home.path()).remove(0);
    assert_eq!(kept.marks(), paused);
    kept.mark(paused.without(Side::Here));
    assert_eq!(kept.marks().pause(), Some(crate::model::Pause::Person(Side::There)));
    kept.mark(Marks::default());
    assert_eq!(kept.marks(), Marks::default());
    kept.mark(paused);
    fs::write(kept.path.with_extension(PAUSED), "{").unwrap();
    assert!(kept.marks().has(Side::Here), "a damaged one goes on only when a person says so");
    kept.remove();
    assert_eq!(fs::read_dir(home.path().join(FOLDER)).unwrap().count(), 0);
    assert_eq!(Kept::create(home.path(), &record(1)).unwrap().marks(), Marks::default());
}

#[test]
fn what_is_typed_is_found_from_another_folder_and_streams_are_not_kept() {
    let path = Source::Path("photo.jpg".into());
    let paths = Sending::paths(std::slice::from_ref(&path)).unwrap().unwrap();
    assert_eq!(paths, [std::env::current_dir().unwrap().join("photo.jpg").into_os_string()]);
    let stream = Source::StandardInput { name: "x".into() };
    assert_eq!(Sending::paths(&[path, stream]).unwrap(), None);
}

#[test]
fn what_a_crash_has_left_before_it_had_its_name_is_swept_away_when_nobody_writes_it_any_more() {
    let home = tempfile::tempdir().unwrap();
    let kept = Kept::create(home.path(), &record(1)).unwrap();
    let folder = home.path().join(FOLDER);
    let [old, young] = [nameless(&folder), nameless(&folder)].map(|new| new.unwrap().keep().unwrap());
    old.0.set_modified(SystemTime::now() - 2 * OLD).unwrap();
    Kept::sweep(home.path());
    assert!(!old.1.exists() && young.1.exists());
    drop(kept);
    assert_eq!(Kept::all(home.path()).len(), 1, "what has its name stays");
}
