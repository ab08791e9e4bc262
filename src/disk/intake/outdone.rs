//! What earlier attempts have left of a file whose fate is known now: nobody goes on with that any more, and it may be
//! what a virus was found in.
//!
//! Knows by which names an attempt can have left something. Must not know what the fate is.

use cap_std::fs::Dir;

use super::{
    own::{open_own, stem},
    shared::{Missing, Shared},
};
use crate::{
    disk::{
        inbox::{local::above, plan::Attempt},
        naming::{JOURNAL, PART},
    },
    model::Entry,
};

/// Of a file whose partial file had this name now, without its ending. It has its own, or is in quarantine.
pub fn clear_beside(shared: &Shared, entry: &Entry, ours: &str) {
    let first = stem(&shared.prefix, entry.path.as_str());
    // Before the first attempt there was none: what was in its way is somebody else's.
    if matches!(shared.plan.attempt, Attempt::Again) {
        clear(shared, entry, &first, Some(ours));
    }
}

/// Of what an earlier attempt has put into quarantine: it may have come to no more than that.
pub fn clear_apart(shared: &Shared) {
    for entry in shared.plan.apart().iter().filter_map(|(no, ..)| shared.entry(*no)) {
        clear(shared, entry, &stem(&shared.prefix, entry.path.as_str()), None);
    }
}

/// Each attempt takes the first name that is free.
fn clear(shared: &Shared, entry: &Entry, first: &str, ours: Option<&str>) {
    // A folder that is gone has nothing left in it.
    let Ok(folder) = shared.folder(above(&shared.local(&entry.path)), Missing::Fail) else { return };
    let mut is_past = ours.is_none_or(|ours| ours == first);
    if ours != Some(first) {
        remove(&folder.dir, first);
    }
    for number in 1_u32.. {
        let stem = format!("{first}-{number}");
        if ours == Some(stem.as_str()) {
            is_past = true;
        } else if !remove(&folder.dir, &stem) && is_past {
            return;
        }
    }
}

/// True when something was there and is gone.
fn remove(dir: &Dir, stem: &str) -> bool {
    let journal = format!("{stem}{JOURNAL}");
    // Whoever has locked it goes on with it.
    let lock = open_own(dir, &journal).ok().map(|file| file.try_lock().map(|()| file));
    if matches!(lock, Some(Err(_))) {
        return false;
    }
    let part = format!("{stem}{PART}");
    // A link, or what has another name, is nothing that was left here.
    let is_removed = open_own(dir, &part).is_ok() && dir.remove_file(part).is_ok();
    if lock.is_some() {
        let _ = dir.remove_file(journal);
    }
    is_removed
}
