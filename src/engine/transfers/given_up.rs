//! Notes of transfers that a person here has given up while their senders could not be told: each
//! hears of it when it calls, instead of making an offer of it anew. No other transfer has its id ever.
//!
//! Knows the notes, empty files in the data folder. Must not know who tells anybody. Blocks.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{disk, model::TransferId};

/// In the data folder.
pub const FOLDER: &str = "given-up";

fn path(home: &Path, id: TransferId) -> PathBuf {
    home.join(FOLDER).join(id.to_string())
}

/// Its sender is to be told.
pub fn note(home: &Path, id: TransferId) {
    let folder = home.join(FOLDER);
    let noted = disk::make_private(&folder).and_then(|()| {
        tempfile::NamedTempFile::new_in(folder)?.persist(path(home, id))?;
        Ok(())
    });
    if let Err(problem) = noted {
        // It makes an offer anew, and a person can decline that.
        tracing::warn!(%problem, "that a transfer was given up can’t be noted");
    }
}

#[must_use]
pub fn is_noted(home: &Path, id: TransferId) -> bool {
    path(home, id).exists()
}

/// Forgets those that nobody has called for in so long a time.
pub fn sweep(home: &Path, limit: Duration) {
    let Ok(listed) = fs::read_dir(home.join(FOLDER)) else { return };
    for path in listed.filter_map(Result::ok).map(|entry| entry.path()) {
        let written = fs::metadata(&path).and_then(|there| there.modified());
        let is_old = written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age > limit));
        if is_old && let Err(problem) = fs::remove_file(&path) {
            tracing::warn!(%problem, "a note can’t be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_there_until_its_sender_has_not_called_for_long() {
        let home = tempfile::tempdir().unwrap();
        let (one, two) = (TransferId([1; 16]), TransferId([2; 16]));
        note(home.path(), two);
        note(home.path(), two);
        assert_eq!([one, two].map(|id| is_noted(home.path(), id)), [false, true]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!([home.path().join(FOLDER), path(home.path(), two)].map(mode), [0o700, 0o600]);
        }
        sweep(home.path(), Duration::from_hours(1));
        assert!(is_noted(home.path(), two));
        let file = fs::File::options().write(true).open(path(home.path(), two)).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_hours(2)).unwrap();
        sweep(home.path(), Duration::from_hours(1));
        assert!(!is_noted(home.path(), two));
    }
}
