use super::*;

fn id(n: u16) -> DeviceId {
    DeviceId::of_public_key(&n.to_le_bytes())
}

fn name(text: &str) -> DeviceName {
    DeviceName::parse(text).unwrap()
}

fn met(n: u16, called: &str, trust: Trust) -> Change {
    Change::Met { id: id(n), name: name(called), proof: Proof::Compared, trust }
}

fn heard(n: u16, called: &str, at: Whereabouts) -> Change {
    Change::Heard(Heard { id: id(n), name: Some(name(called)), kind: Some(DeviceKind::Phone), at: Some(at) })
}

impl TrustStore {
    fn alter(&self, changes: &[Change]) -> Result<Look, TrustError> {
        let looks =
            changes.iter().map(|change| self.change(change.clone())).collect::<Result<Vec<_>, _>>()?;
        let look = self.write()?;
        Ok(if looks.contains(&Look::Changed) { Look::Changed } else { look })
    }
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_one_process_changes_another_sees_at_its_next_look_and_keeps() {
    let home = home();
    let (one, two) = (TrustStore::open(home.path()).unwrap(), TrustStore::open(home.path()).unwrap());
    assert_eq!(one.alter(&[met(1, "Anna", Trust::Known)]).unwrap(), Look::Changed);
    assert_eq!(two.trust_of(id(1)), Trust::Stranger, "before it looks");
    assert_eq!(two.look(), Look::Changed);
    assert_eq!(two.look(), Look::Same);
    // Without a look: its change must not undo the other's.
    two.alter(&[met(2, "Bo", Trust::Trusted)]).unwrap();
    one.alter(&[Change::Folder { id: id(1), folder: Some("/srv/anna".into()) }]).unwrap();
    two.look();
    let again = TrustStore::open(home.path()).unwrap();
    for store in [&one, &two, &again] {
        let names: Vec<_> = store.devices().iter().map(|known| known.name.to_string()).collect();
        assert_eq!(names, ["Anna", "Bo"]);
        assert_eq!(store.known(id(1)).unwrap().folder, Some("/srv/anna".into()));
        assert_eq!(store.trust_of(id(2)), Trust::Trusted);
    }
    assert_eq!(one.devices(), again.devices());
}

#[test]
fn many_at_once_lose_no_change() {
    let home = home();
    std::thread::scope(|threads| {
        for n in 0..8 {
            let home = home.path();
            threads.spawn(move || {
                let store = TrustStore::open(home).unwrap();
                for i in 0..8 {
                    store.alter(&[met(n * 8 + i, &format!("{n} {i}"), Trust::Known)]).unwrap();
                }
            });
        }
    });
    assert_eq!(TrustStore::open(home.path()).unwrap().devices().len(), 64);
}

#[test]
fn a_meeting_raises_trust_and_never_lowers_it_nor_lifts_a_block() {
    let home = home();
    let store = TrustStore::open(home.path()).unwrap();
    let judged = |trust| Change::Judged { id: id(1), name: name("Anna"), trust };
    for (change, trust) in [
        (met(1, "Anna", Trust::Stranger), Trust::Known),
        (met(1, "Anna", Trust::Trusted), Trust::Trusted),
        (met(1, "Anna", Trust::Known), Trust::Trusted),
        (judged(Trust::Own), Trust::Own),
        (judged(Trust::Known), Trust::Known),
        (judged(Trust::Blocked), Trust::Blocked),
        (met(1, "Anna", Trust::Trusted), Trust::Blocked),
        (judged(Trust::Stranger), Trust::Stranger),
    ] {
        store.alter(std::slice::from_ref(&change)).unwrap();
        assert_eq!(store.trust_of(id(1)), trust, "{change:?}");
    }
    assert!(store.devices().is_empty());
}

#[test]
fn what_is_heard_of_a_stranger_is_not_kept_and_of_a_known_device_is() {
    let home = home();
    let store = TrustStore::open(home.path()).unwrap();
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    let first = address("10.0.0.7:99");
    assert_eq!(store.alter(&[heard(1, "Anna", Whereabouts::Answered(first))]).unwrap(), Look::Same);
    assert!(store.devices().is_empty() && !home.path().join("devices.json").exists());
    store.alter(&[met(1, "Anna", Trust::Known), heard(1, "Annas", Whereabouts::Answered(first))]).unwrap();
    let known = store.known(id(1)).unwrap();
    assert_eq!(
        (known.name.as_str(), known.kind, &known.addresses[..]),
        ("Annas", DeviceKind::Phone, &[first][..])
    );
    // Where it waits at a host that it calls from is known already.
    let other = address("10.0.0.8:27543");
    store.alter(&[heard(1, "Annas", Whereabouts::Called(other))]).unwrap();
    store.alter(&[heard(1, "Annas", Whereabouts::Called(address("10.0.0.7:27543")))]).unwrap();
    assert_eq!(store.known(id(1)).unwrap().addresses, [first, other]);
    for n in 0..20 {
        store.alter(&[heard(1, "Annas", Whereabouts::Answered(address(&format!("10.0.1.{n}:1"))))]).unwrap();
    }
    assert_eq!(store.known(id(1)).unwrap().addresses.len(), KnownDevice::MAX_ADDRESSES);
}

#[test]
fn a_name_of_another_device_is_a_caution_and_is_not_learned_until_it_is_made_sure_of() {
    let home = home();
    let store = TrustStore::open(home.path()).unwrap();
    store.alter(&[met(1, "Anna’s laptop", Trust::Trusted), met(2, "Bo", Trust::Trusted)]).unwrap();
    let other_key = Some(Caution::OtherKey { name: name("Anna’s laptop"), known: id(1) });
    assert_eq!(store.caution(id(1), &name("ANNA'S laptop")), None);
    assert_eq!(store.caution(id(3), &name("Carl")), None);
    for impostor in [2, 3] {
        assert_eq!(store.caution(id(impostor), &name("ANNA'S ｌａｐｔｏｐ")), other_key);
    }
    let there = Whereabouts::Answered("10.0.0.7:99".parse().unwrap());
    store.alter(&[heard(2, "annas laptop", there)]).unwrap();
    assert_eq!(store.caution(id(2), &name("annas laptop")), other_key, "it was told once");
    store.alter(&[met(2, "annas laptop", Trust::Known)]).unwrap();
    assert_eq!(store.caution(id(2), &name("annas laptop")), None, "two devices may share a name");
    assert_eq!(store.caution(id(1), &name("Anna’s laptop")), None);
}

#[test]
fn what_can_t_be_understood_is_kept_aside_and_the_rest_is_used() {
    let home = home();
    let path = home.path().join("devices.json");
    let store = TrustStore::open(home.path()).unwrap();
    store.alter(&[met(1, "Anna", Trust::Trusted), met(2, "Bo", Trust::Blocked)]).unwrap();
    let whole = std::fs::read_to_string(&path).unwrap();
    for (damaged, left) in [
        (whole[..whole.len() / 2].to_owned(), 0),
        (String::new(), 0),
        ("[]".to_owned(), 0),
        (whole.replace("\"Anna\"", "\"\\u202e\""), 1),
        (whole.replace("\"trusted\"", "\"stranger\""), 1),
        (whole.replace("\"trusted\"", "\"admired\""), 1),
        (whole.replace(&id(1).to_string(), &id(2).to_string()), 1),
    ] {
        std::fs::write(&path, &damaged).unwrap();
        // Who knew them already goes on with that.
        assert_eq!(store.look(), Look::Same);
        assert_eq!(store.devices().len(), 2);
        let fresh = TrustStore::open(home.path()).unwrap();
        assert_eq!(fresh.devices().len(), left, "{damaged}");
        assert_eq!(
            fresh.trust_of(id(1)),
            if fresh.known(id(1)).is_some() { Trust::Trusted } else { Trust::Stranger }
        );
        assert_eq!(std::fs::read_to_string(home.path().join("devices.json.damaged")).unwrap(), damaged);
        store.alter(&[met(3, "Carl", Trust::Known)]).unwrap();
        assert_eq!(TrustStore::open(home.path()).unwrap().devices().len(), 3);
        store.alter(&[Change::Judged { id: id(3), name: name("Carl"), trust: Trust::Stranger }]).unwrap();
    }
}

#[test]
fn a_newer_file_is_neither_read_nor_replaced() {
    let home = home();
    let store = TrustStore::open(home.path()).unwrap();
    store.alter(&[met(1, "Anna", Trust::Known)]).unwrap();
    let newer = "{\"version\":2,\"people\":[]}";
    std::fs::write(home.path().join("devices.json"), newer).unwrap();
    assert!(matches!(TrustStore::open(home.path()), Err(TrustError::Newer { .. })));
    assert_eq!(store.look(), Look::Same);
    let block = Change::Judged { id: id(1), name: name("Anna"), trust: Trust::Blocked };
    assert!(matches!(store.alter(&[block]), Err(TrustError::Newer { .. })));
    assert_eq!(store.trust_of(id(1)), Trust::Blocked, "for this run");
    assert_eq!(std::fs::read_to_string(home.path().join("devices.json")).unwrap(), newer);
}

#[test]
fn when_all_places_are_taken_the_one_that_was_not_met_for_longest_makes_room_and_nobody_who_was_judged() {
    let now = now();
    let mut devices = Vec::new();
    let judged = |n, trust| Change::Judged { id: id(n), name: name("x"), trust };
    for n in 0..u16::try_from(MAX_DEVICES).unwrap() - 2 {
        fold(&mut devices, &judged(n, [Trust::Blocked, Trust::Trusted, Trust::Own][n as usize % 3]), now)
            .unwrap();
    }
    fold(&mut devices, &met(2001, "newer", Trust::Known), now).unwrap();
    fold(&mut devices, &met(2002, "older", Trust::Known), now - Duration::from_hours(1)).unwrap();
    fold(&mut devices, &met(2003, "newest", Trust::Trusted), now).unwrap();
    assert_eq!(devices.len(), MAX_DEVICES);
    assert!(!devices.iter().any(|known| known.name.as_str() == "older"));
    fold(&mut devices, &met(2004, "another", Trust::Trusted), now).unwrap();
    let full = fold(&mut devices, &met(2005, "one more", Trust::Trusted), now);
    assert!(matches!(full, Err(TrustError::Full)));
    assert_eq!(devices.len(), MAX_DEVICES);
}

#[cfg(unix)]
#[test]
fn a_folder_of_any_name_is_kept_and_nobody_else_can_read_the_file_or_lock_it() {
    use std::os::unix::{ffi::OsStringExt as _, fs::PermissionsExt as _};
    let home = home();
    let folder = PathBuf::from(std::ffi::OsString::from_vec(vec![b'/', 0xff, b'x']));
    let store = TrustStore::open(home.path()).unwrap();
    store
        .alter(&[met(1, "Anna", Trust::Known), Change::Folder { id: id(1), folder: Some(folder.clone()) }])
        .unwrap();
    assert_eq!(TrustStore::open(home.path()).unwrap().known(id(1)).unwrap().folder, Some(folder));
    for file in ["devices.json", "devices.lock"] {
        let mode = std::fs::metadata(home.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn what_a_person_decides_while_it_can_t_be_written_holds_and_is_written_when_it_can_be() {
    let home = home();
    let store = TrustStore::open(home.path()).unwrap();
    store.alter(&[met(1, "Anna", Trust::Trusted)]).unwrap();
    let (lock, away) = (home.path().join("devices.lock"), home.path().join("away"));
    std::fs::rename(&lock, &away).unwrap();
    // No lock can be had: as on a disk that is full.
    std::fs::create_dir(&lock).unwrap();
    let block = Change::Judged { id: id(1), name: name("Anna"), trust: Trust::Blocked };
    assert!(matches!(store.alter(&[block]), Err(TrustError::File { .. })));
    assert_eq!(store.trust_of(id(1)), Trust::Blocked);
    std::fs::remove_dir(&lock).unwrap();
    let other = TrustStore::open(home.path()).unwrap();
    other.alter(&[met(2, "Bo", Trust::Known)]).unwrap();
    assert_eq!(other.trust_of(id(1)), Trust::Trusted);
    assert_eq!(store.look(), Look::Changed);
    assert_eq!(store.trust_of(id(1)), Trust::Blocked, "a look does not undo it");
    store.alter(&[met(3, "Carl", Trust::Known)]).unwrap();
    other.look();
    assert_eq!((other.trust_of(id(1)), other.devices().len()), (Trust::Blocked, 3));
}
