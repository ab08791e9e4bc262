//! The hidden room of another disk than the home's: whose it is, and who may look into it.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use super::{
    screening::{MARK, Place, clean},
    *,
};
use crate::model::Unscanned;

/// With a receiving folder on another disk than the one for temporary files.
fn on_another_disk() -> Option<Place> {
    let other = tempfile::tempdir_in("/dev/shm").ok()?;
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    let is_other = device(other.path()) != device(temp().path());
    is_other.then(|| Place { home: temp(), to: other })
}

#[test]
fn a_hidden_room_that_others_may_look_into_is_shut_to_them_before_anything_is_put_there() {
    let Some(place) = on_another_disk() else { return skip("no second disk to receive on, /dev/shm") };
    let room = place.to.path().join(".airlift-quarantine");
    for mode in [0o755, 0o777] {
        fs::create_dir(&room).unwrap();
        fs::set_permissions(&room, fs::Permissions::from_mode(mode)).unwrap();
        place.receive("a", MARK, &clean(), Unscanned::LetIn).unwrap();
        assert_eq!(fs::metadata(&room).unwrap().permissions().mode() & 0o777, 0o700);
        place.quarantine().delete(&place.only()).unwrap();
    }
}

#[test]
fn somebody_elses_hidden_room_is_not_used_however_private_it_is() {
    let Some(place) = on_another_disk() else { return skip("no second disk to receive on, /dev/shm") };
    let room = place.to.path().join(".airlift-quarantine");
    fs::create_dir(&room).unwrap();
    if chown(&room, Some(65534), None).is_err() {
        return skip("only root can make a folder somebody else's");
    }
    for mode in [0o700, 0o777] {
        fs::set_permissions(&room, fs::Permissions::from_mode(mode)).unwrap();
        let error = place.receive("a", MARK, &clean(), Unscanned::LetIn).unwrap_err();
        assert!(matches!(error, DiskError::NoPermission(_)), "{error}");
        assert_eq!(fs::read_dir(&room).unwrap().count(), 0);
        assert_eq!(place.quarantine().list().unwrap(), []);
    }
}
