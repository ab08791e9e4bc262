//! What somebody looks into before it gets its name, and what becomes of what must not have one.

use std::{
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    sync::Mutex,
};

use super::*;
use crate::{
    disk::{Again, LetIn, Quarantine, QuarantineError, Screen, ScreenOf, SentBy},
    model::{Caught, NotScanned, QuarantineDone, QuarantineId, QuarantinePlace, Screening, Unscanned},
};

pub(super) const MARK: &[u8] = b"MARKER";

pub(super) type Look = Box<dyn Fn(&fs::File, &str) -> Screening + Send + Sync>;

/// Says what it is told to, of the content that it reads.
pub(super) struct Fake {
    pub(super) look: Look,
    /// What it was shown, by its number.
    seen: Mutex<Vec<u64>>,
}

impl Screen for Fake {
    fn screen(&self, file: &fs::File, size: u64, name: &str, _: &dyn Fn() -> bool) -> Screening {
        use std::os::unix::fs::FileExt as _;
        let mut content = vec![0; usize::try_from(size).unwrap()];
        file.read_exact_at(&mut content, 0).unwrap();
        assert!(file.write_at(b"x", 0).is_err(), "it can be written to");
        self.seen.lock().unwrap().push(file.metadata().unwrap().ino());
        if content.windows(MARK.len()).any(|part| part == MARK) {
            return Screening::Infected("Test.Marker".to_owned());
        }
        (self.look)(file, name)
    }
}

pub(super) fn fake(look: impl Fn(&fs::File, &str) -> Screening + Send + Sync + 'static) -> Arc<Fake> {
    Arc::new(Fake { look: Box::new(look), seen: Mutex::default() })
}

pub(super) fn clean() -> Arc<Fake> {
    fake(|_, _| Screening::Clean)
}

pub(super) fn busy() -> Arc<Fake> {
    fake(|_, _| Screening::NotScanned(NotScanned::Busy))
}

/// A home and a receiving folder.
pub(super) struct Place {
    pub(super) home: TempDir,
    pub(super) to: TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        Self { home: temp(), to: temp() }
    }

    pub(super) fn room(&self) -> PathBuf {
        self.home.path().join("quarantine")
    }

    pub(super) fn quarantine(&self) -> Quarantine {
        Quarantine::at(self.room())
    }

    pub(super) fn watch(&self, fake: &Arc<Fake>, unscanned: Unscanned) -> Watch {
        let fake = Arc::clone(fake);
        let screens: ScreenOf = Arc::new(move |_| Some(Arc::clone(&fake) as Arc<dyn Screen>));
        let from = SentBy { id: None, name: "Eve\u{202e}".to_owned() };
        Watch::by(screens, unscanned, self.quarantine(), from)
    }

    pub(super) fn begin(&self, entries: &[Entry], fake: &Arc<Fake>, unscanned: Unscanned) -> Intake {
        let inbox = Inbox::open(self.to.path(), &OffLimits::default()).unwrap();
        let plan = inbox.plan(entries, None, Conflict::KeepBoth).unwrap();
        Intake::begin(inbox, entries.to_vec(), plan, ID, self.watch(fake, unscanned)).unwrap()
    }

    /// Receives one file, and says what became of it.
    pub(super) fn receive(
        &self,
        name: &str,
        content: &[u8],
        fake: &Arc<Fake>,
        unscanned: Unscanned,
    ) -> Result<Placed, DiskError> {
        let entries = [file(name, content.len() as u64)];
        let intake = self.begin(&entries, fake, unscanned);
        place(&intake, vec![write(&intake, 0, content).unwrap()]).remove(0).1
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        tree(self.to.path()).into_keys().filter(|path| self.to.path().join(path).is_file()).collect()
    }

    pub(super) fn only(&self) -> QuarantineId {
        let items = self.quarantine().list().unwrap();
        assert_eq!(items.len(), 1, "{items:?}");
        items[0].id.clone()
    }
}

#[test]
fn what_is_looked_into_is_the_very_file_that_gets_the_name_and_it_says_so() {
    let place = Place::new();
    let fake = clean();
    let Ok(Placed::Named(stored)) = place.receive("a.txt", b"fine", &fake, Unscanned::LetIn) else {
        panic!()
    };
    assert_eq!(stored.screening, Screening::Clean);
    let there = fs::metadata(place.to.path().join("a.txt")).unwrap();
    assert_eq!(*fake.seen.lock().unwrap(), [there.ino()]);
    assert_eq!(place.quarantine().list().unwrap(), []);
    assert!(!place.room().exists(), "nothing is made before it is needed");
}

#[test]
fn what_a_virus_is_found_in_is_moved_into_the_quarantine_and_never_has_its_name() {
    let place = Place::new();
    let fake = clean();
    let Ok(Placed::Apart(apart)) = place.receive("sub/evil.exe", b"a MARKER in it", &fake, Unscanned::LetIn)
    else {
        panic!()
    };
    assert_eq!(apart.why, Caught::Infected("Test.Marker".to_owned()));
    assert_eq!(place.files(), Vec::<PathBuf>::new(), "no part of it stays");
    let items = place.quarantine().list().unwrap();
    let [item] = &items[..] else { panic!("{items:?}") };
    assert_eq!((item.name.as_str(), item.path.as_str(), item.size), ("evil.exe", "sub/evil.exe", 14));
    assert_eq!((item.folder.as_path(), item.place), (place.to.path(), QuarantinePlace::Here));
    assert_eq!(item.digest, Some(digest(b"a MARKER in it")));
    assert!(item.from_name.starts_with("Eve") && !item.from_name.contains('\u{202e}'));
    let lies = place.room().join(item.id.as_str());
    let there = fs::metadata(&lies).unwrap();
    assert_eq!(*fake.seen.lock().unwrap(), [there.ino()], "it was moved, not copied");
    assert_eq!(there.permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::metadata(place.room()).unwrap().permissions().mode() & 0o077, 0);
}

#[test]
fn what_could_not_be_looked_into_is_let_in_held_or_refused_as_its_person_wants() {
    let place = Place::new();
    let Ok(Placed::Named(stored)) = place.receive("in", b"x", &busy(), Unscanned::LetIn) else { panic!() };
    assert_eq!(stored.screening, Screening::NotScanned(NotScanned::Busy));
    let Ok(Placed::Apart(apart)) = place.receive("held", b"x", &busy(), Unscanned::Hold) else { panic!() };
    assert_eq!(apart.why, Caught::Held(NotScanned::Busy));
    let Err(DiskError::Unscanned { why, .. }) = place.receive("no", b"x", &busy(), Unscanned::Refuse) else {
        panic!()
    };
    assert_eq!(why, NotScanned::Busy);
    assert_eq!(place.files(), [PathBuf::from("in")]);
    place.only();
}

#[test]
fn what_changes_while_somebody_looks_or_after_that_was_not_looked_into() {
    for late in [false, true] {
        let place = Place::new();
        let to = place.to.path().to_owned();
        let spoil = move || {
            for entry in fs::read_dir(&to).unwrap() {
                let path = entry.unwrap().path();
                fs::OpenOptions::new().append(true).open(&path).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            }
        };
        let early = spoil.clone();
        let fake = fake(move |_, _| {
            if !late {
                early();
            }
            Screening::Clean
        });
        let entries = [file("a", 4)];
        let intake = place.begin(&entries, &fake, Unscanned::Hold);
        let Looked::Screened(file) = intake.screen(write(&intake, 0, b"fine").unwrap(), &|| false) else {
            panic!()
        };
        let changed = Screening::NotScanned(NotScanned::Changed);
        assert_eq!(*file.screening() == changed, !late);
        if late {
            spoil();
        }
        let Ok(Placed::Apart(apart)) = intake.store(vec![file]).remove(0).1 else { panic!() };
        assert_eq!(apart.why, Caught::Held(NotScanned::Changed));
        drop(intake);
        assert_eq!(place.files(), Vec::<PathBuf>::new());
    }
}

#[test]
fn another_file_under_the_name_of_a_partial_one_is_neither_looked_into_nor_stored() {
    let place = Place::new();
    let entries = [file("a", 4)];
    let fake = clean();
    let intake = place.begin(&entries, &fake, Unscanned::LetIn);
    let verified = write(&intake, 0, b"fine").unwrap();
    let part = fs::read_dir(place.to.path()).unwrap().next().unwrap().unwrap().path();
    fs::write(place.to.path().join("other"), "evil").unwrap();
    fs::rename(place.to.path().join("other"), &part).unwrap();
    let Looked::Failed(0, why) = intake.screen(verified, &|| false) else { panic!() };
    assert!(matches!(why, DiskError::Vanished(_)), "{why}");
    assert!(fake.seen.lock().unwrap().is_empty());
}

#[test]
fn a_released_file_gets_its_name_or_the_next_free_one_with_its_time_and_its_mode() {
    let place = Place::new();
    let time = Timestamp { seconds: 1_700_000_000, nanos: 0 };
    let kind = EntryKind::File { size: Some(6), mode: FileMode::Executable };
    let entries = [Entry { modified: Some(time), kind, ..file("sub/run", 6) }];
    let intake = place.begin(&entries, &clean(), Unscanned::LetIn);
    let placed = super::place(&intake, vec![write(&intake, 0, MARK).unwrap()]).remove(0).1.unwrap();
    assert!(matches!(placed, Placed::Apart(_)));
    drop(intake);
    fs::create_dir_all(place.to.path().join("sub")).unwrap();
    fs::write(place.to.path().join("sub/run"), "other").unwrap();
    let id = place.only();
    let (at, why) = place.quarantine().release(&id, &OffLimits::default()).unwrap();
    assert_eq!(at, place.to.path().join("sub/run (1)"));
    assert!(matches!(why, Caught::Infected(_)));
    assert_eq!(fs::read(&at).unwrap(), MARK);
    assert_eq!(fs::read_to_string(place.to.path().join("sub/run")).unwrap(), "other");
    let there = fs::metadata(&at).unwrap();
    assert_eq!((there.mtime(), there.permissions().mode() & 0o100), (1_700_000_000, 0o100));
    assert_eq!(place.quarantine().list().unwrap(), []);
    assert!(matches!(place.quarantine().delete(&id), Err(QuarantineError::NotThere)));
    // Nothing but the lock is left of it.
    let left: Vec<_> = tree(&place.room()).into_keys().collect();
    assert_eq!(left, [PathBuf::from("lock")]);
}

#[test]
fn what_was_changed_in_quarantine_is_not_released_and_can_be_deleted() {
    let place = Place::new();
    place.receive("a", MARK, &clean(), Unscanned::LetIn).unwrap();
    let id = place.only();
    fs::write(place.room().join(id.as_str()), "NOTHER").unwrap();
    let released = place.quarantine().release(&id, &OffLimits::default());
    assert!(matches!(released, Err(QuarantineError::Changed(_))), "{released:?}");
    assert_eq!(place.files(), Vec::<PathBuf>::new());
    place.quarantine().delete(&id).unwrap();
    let left: Vec<_> = tree(&place.room()).into_keys().collect();
    assert_eq!(left, [PathBuf::from("lock")]);
}

#[test]
fn what_is_checked_once_more_is_released_when_it_is_clean_and_stays_otherwise() {
    let place = Place::new();
    place.receive("a", b"held", &busy(), Unscanned::Hold).unwrap();
    let (id, quarantine) = (place.only(), place.quarantine());
    let rescan = |said: Screening| {
        quarantine.rescan(&id, &move |_, _, _| said.clone(), &OffLimits::default()).unwrap()
    };
    assert_eq!(rescan(Screening::Off), None);
    let locked = Caught::Held(NotScanned::Locked);
    assert_eq!(
        rescan(Screening::NotScanned(NotScanned::Locked)),
        Some(QuarantineDone::Stays(locked.clone()))
    );
    assert_eq!(quarantine.list().unwrap()[0].why, Some(locked));
    let found = Caught::Infected("Late".to_owned());
    assert_eq!(rescan(Screening::Infected("Late".to_owned())), Some(QuarantineDone::Stays(found.clone())));
    // What was found in it once is not forgotten because nobody answers now.
    assert_eq!(rescan(Screening::NotScanned(NotScanned::Busy)), Some(QuarantineDone::Stays(found)));
    let at = place.to.path().join("a");
    let released = QuarantineDone::Released { at: at.clone(), screening: Screening::Clean };
    assert_eq!(rescan(Screening::Clean), Some(released));
    assert_eq!(fs::read(at).unwrap(), b"held");
}

#[test]
fn on_another_disk_it_lies_hidden_where_it_was_to_go_and_is_found_and_never_sent() {
    let Some(other) = other_disk() else {
        return skip("no second disk to receive on, /dev/shm");
    };
    let place = Place { home: temp(), to: other };
    place.receive("a", MARK, &clean(), Unscanned::LetIn).unwrap();
    let id = place.only();
    let room = place.to.path().join(".airlift-quarantine");
    assert!(room.join(id.as_str()).is_file() && room.join(format!("{id}.json")).is_file());
    assert_eq!(fs::metadata(&room).unwrap().permissions().mode() & 0o077, 0);
    fs::write(place.to.path().join("b"), "mine").unwrap();
    let (entries, sources) = scan_all(&[place.to.path()]);
    let named: Vec<_> = entries.iter().map(|entry| entry.path.to_string()).collect();
    assert!(named.iter().all(|path| !path.contains("quarantine")), "{named:?}");
    drop(sources);
    // Whoever picks it is refused.
    let picked = Scan::new(vec![Source::Path(room.join(id.as_str()))], &OffLimits::default());
    assert!(matches!(picked, Err(SourceError::Own(_))));
    assert!(OffLimits::default().admits(&room).is_err(), "nothing is received into it");
    let (at, _) = place.quarantine().release(&id, &OffLimits::default()).unwrap();
    assert_eq!(fs::read(at).unwrap(), MARK);
    assert!(!room.exists(), "the hidden room goes with the last that was in it");
}

/// A folder on another disk than the one for temporary files.
fn other_disk() -> Option<TempDir> {
    let other = tempfile::tempdir_in("/dev/shm").ok()?;
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    (device(other.path()) != device(temp().path())).then_some(other)
}

#[test]
fn what_lies_on_a_disk_that_is_away_is_listed_and_nothing_is_done_with_it() {
    let Some(other) = other_disk() else {
        return skip("no second disk to receive on, /dev/shm");
    };
    let place = Place { home: temp(), to: other };
    place.receive("a", MARK, &clean(), Unscanned::LetIn).unwrap();
    let id = place.only();
    let (here, gone) = (place.to.path().to_owned(), place.to.path().with_extension("away"));
    fs::rename(&here, &gone).unwrap();
    assert_eq!(place.quarantine().list().unwrap()[0].place, QuarantinePlace::Away);
    assert!(matches!(place.quarantine().delete(&id), Err(QuarantineError::Away(_))));
    assert!(matches!(place.quarantine().release(&id, &OffLimits::default()), Err(QuarantineError::Away(_))));
    fs::rename(&gone, &here).unwrap();
    place.quarantine().delete(&id).unwrap();
}

/// What an attempt leaves of one file for the next, held to one accord.
struct Attempts {
    place: Place,
    /// The second of them never came.
    entries: [Entry; 2],
    earlier: Earlier,
}

impl Attempts {
    /// The first attempt puts a file into quarantine, and may have come to note that.
    fn new(noted: bool) -> Self {
        let place = Place::new();
        let time = Timestamp { seconds: 1_700_000_000, nanos: 0 };
        let entries = [Entry { modified: Some(time), ..file("a", 6) }, file("b", 1)];
        let intake = place.begin(&entries, &clean(), Unscanned::LetIn);
        let accord = {
            let inbox = Inbox::open(place.to.path(), &OffLimits::default()).unwrap();
            inbox.plan(&entries, None, Conflict::KeepBoth).unwrap().accord([7; 32], &entries)
        };
        let (accord, ledger) = (Arc::new(accord), Arc::new(Ledger::default()));
        intake.keep_book(Book { accord: Arc::clone(&accord), ledger: Arc::clone(&ledger) }).unwrap();
        let placed = super::place(&intake, vec![write(&intake, 0, MARK).unwrap()]).remove(0).1.unwrap();
        assert!(matches!(placed, Placed::Apart(_)));
        // A crash in between: it lies there, and the ledger knows nothing.
        let ledger = if noted { ledger } else { Arc::default() };
        let earlier = Earlier { names: intake.names(), accord: Some(accord), ledger, volume: None };
        Self { place, entries, earlier }
    }

    fn plan(&self, entries: &[Entry]) -> Plan {
        self.place.watch(&clean(), Unscanned::LetIn).recall(ID, &self.earlier.ledger);
        let inbox = Inbox::open(self.place.to.path(), &OffLimits::default()).unwrap();
        inbox.plan_again(entries, &self.earlier, Conflict::KeepBoth).unwrap()
    }
}

#[test]
fn what_is_in_quarantine_is_neither_asked_for_again_nor_taken_for_stored_whether_it_was_noted_or_not() {
    for noted in [true, false] {
        let attempts = Attempts::new(noted);
        let plan = attempts.plan(&attempts.entries);
        assert_eq!(plan.stored(), []);
        let caught = (0, digest(MARK), Caught::Infected("Test.Marker".to_owned()));
        assert_eq!(plan.apart(), [caught], "noted: {noted}");
        assert_eq!((plan.unwanted(), plan.needs()), (&[0..1][..], 1));
        // Asked once more, it is the same.
        assert_eq!(attempts.plan(&attempts.entries).apart().len(), 1);
        assert_eq!(attempts.place.quarantine().list().unwrap().len(), 1);
    }
}

#[test]
fn what_has_changed_at_its_sender_since_it_was_put_into_quarantine_comes_again() {
    let attempts = Attempts::new(true);
    let time = Timestamp { seconds: 1_800_000_000, nanos: 0 };
    let changed = [Entry { modified: Some(time), ..file("a", 6) }, file("b", 1)];
    let plan = attempts.plan(&changed);
    assert_eq!((plan.apart(), plan.unwanted(), plan.needs()), (&[][..], &[][..], 7));
}

/// A file that was let in, as the history has it.
fn let_in(place: &Place, name: &str, content: &[u8]) -> LetIn {
    place.receive(name, content, &busy(), Unscanned::LetIn).unwrap();
    LetIn {
        at: place.to.path().join(name),
        size: content.len() as u64,
        digest: Digest(*blake3::hash(content).as_bytes()),
        transfer: ID,
        offered: format!("offered/{name}"),
        from: SentBy { id: None, name: "Eve".to_owned() },
    }
}

/// Said by whoever looks without looking.
fn says(said: Screening) -> Arc<Fake> {
    fake(move |_, _| said.clone())
}

#[test]
fn what_was_let_in_unseen_is_looked_into_again_and_only_the_very_file_that_came() {
    let place = Place::new();
    let again =
        |file: &LetIn, fake: &Arc<Fake>| place.quarantine().look_again(file, &**fake, &|| false).unwrap();
    let known = let_in(&place, "a", b"fine");
    let inode = fs::metadata(&known.at).unwrap().ino();
    let looker = clean();
    assert!(matches!(again(&known, &looker), Again::Stands(Screening::Clean)));
    assert_eq!(*looker.seen.lock().unwrap(), [inode]);
    let locked = Screening::NotScanned(NotScanned::Locked);
    assert!(matches!(again(&known, &says(locked.clone())), Again::Stands(said) if said == locked));
    let over = place.quarantine().look_again(&known, &*clean(), &|| true).unwrap();
    assert!(matches!(over, Again::Over));

    // Whoever looks takes its time, and it is written to meanwhile.
    let at = known.at.clone();
    let slow = fake(move |_, _| {
        fs::write(&at, "more").unwrap();
        Screening::Clean
    });
    let changed = Screening::NotScanned(NotScanned::Changed);
    assert!(matches!(again(&known, &slow), Again::Stands(said) if said == changed));
    // Of the same size, and another content; of another size; a link to it; nothing.
    assert!(matches!(again(&known, &clean()), Again::Changed));
    fs::write(&known.at, "fine!").unwrap();
    assert!(matches!(again(&known, &clean()), Again::Changed));
    let moved = place.to.path().join("moved");
    fs::write(&known.at, "fine").unwrap();
    fs::rename(&known.at, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &known.at).unwrap();
    assert!(matches!(again(&known, &clean()), Again::Gone));
    fs::remove_file(&known.at).unwrap();
    let looker = clean();
    assert!(matches!(again(&known, &looker), Again::Gone));
    assert!(looker.seen.lock().unwrap().is_empty(), "nobody is shown anything else");
    assert_eq!(place.quarantine().list().unwrap(), []);
}

#[test]
fn what_is_found_in_a_file_that_was_let_in_moves_it_into_quarantine_and_a_release_gives_it_its_place_back() {
    for (place, where_to) in [
        (Some(Place::new()), "the same disk"),
        (other_disk().map(|to| Place { home: temp(), to }), "another disk"),
    ] {
        let Some(place) = place else {
            skip("no second disk to receive on, /dev/shm");
            continue;
        };
        let file = let_in(&place, "sub/tool", b"a tool");
        fs::set_permissions(&file.at, fs::Permissions::from_mode(0o755)).unwrap();
        let inode = fs::metadata(&file.at).unwrap().ino();
        let found = says(Screening::Infected("Late".to_owned()));
        let again = place.quarantine().look_again(&file, &*found, &|| false).unwrap();
        let Again::Caught(name, id) = again else { panic!("{where_to}: {again:?}") };
        assert_eq!((name.as_str(), file.at.exists()), ("Late", false), "{where_to}");
        let item = place.quarantine().list().unwrap().remove(0);
        assert_eq!((&item.id, &item.why), (&id, &Some(Caught::Infected("Late".to_owned()))));
        assert_eq!((item.name.as_str(), item.from_name.as_str()), ("tool", "Eve"), "{where_to}");
        assert_eq!(place.quarantine().origin(&id), Some((ID, "offered/sub/tool".to_owned())));
        let (at, _) = place.quarantine().release(&id, &OffLimits::default()).unwrap();
        let there = fs::metadata(&at).unwrap();
        assert_eq!((&at, there.ino()), (&file.at, inode), "{where_to}: the very file, never a copy");
        assert_ne!(there.permissions().mode() & 0o100, 0, "{where_to}: a program still");
    }
}

#[test]
fn what_is_found_in_a_file_that_was_written_to_meanwhile_moves_nothing() {
    let place = Place::new();
    let file = let_in(&place, "a", b"fine");
    let at = file.at.clone();
    let slow = fake(move |_, _| {
        fs::remove_file(&at).unwrap();
        fs::write(&at, "mine").unwrap();
        Screening::Infected("Late".to_owned())
    });
    let again = place.quarantine().look_again(&file, &*slow, &|| false).unwrap();
    assert!(matches!(again, Again::Changed), "{again:?}");
    assert_eq!(fs::read(&file.at).unwrap(), b"mine");
    assert_eq!(place.quarantine().list().unwrap(), []);
}

#[test]
fn what_can_not_be_moved_into_quarantine_is_said_to_stand_where_it_stood() {
    let place = Place::new();
    let file = let_in(&place, "a", b"fine");
    fs::write(place.room(), "no folder").unwrap();
    let found = says(Screening::Infected("Late".to_owned()));
    let again = place.quarantine().look_again(&file, &*found, &|| false).unwrap();
    assert!(matches!(again, Again::Stuck(ref name, _) if name == "Late"), "{again:?}");
    assert_eq!(fs::read(&file.at).unwrap(), b"fine");
}
