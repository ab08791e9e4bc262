//! Whether what is on the screen still stands where it was put: looked at in the background, remembered for a while.
//!
//! Knows places. Must not know what they are shown as. Only whether something stands there is asked; nothing is opened.

use std::{
    collections::HashMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::worker::Worker;
use crate::engine::Wake;

/// Places that are remembered.
const MOST: usize = 2_000;

/// What is known of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    /// Nobody has looked yet, or it can’t be told.
    Unknown,
    Yes,
    Gone,
}

pub struct Looking {
    /// `None` where the system has given no thread.
    worker: Option<Worker<PathBuf, There>>,
    known: HashMap<PathBuf, There>,
}

impl Looking {
    pub fn start(wake: Wake) -> Self {
        let worker = Worker::start("look", wake, |place: &PathBuf| look(place));
        let worker =
            worker.inspect_err(|problem| tracing::error!(%problem, "the system gives no thread")).ok();
        Self { worker, known: HashMap::new() }
    }

    /// Takes note of what was seen meanwhile.
    pub fn update(&mut self) {
        let Some(worker) = &self.worker else { return };
        let seen = worker.take();
        if self.known.len() + seen.len() > MOST {
            self.known.clear();
        }
        self.known.extend(seen);
    }

    /// Looks at those of these places that nothing is known of.
    pub fn want<'a>(&self, places: impl Iterator<Item = &'a Path>) {
        let Some(worker) = &self.worker else { return };
        worker.want(places.filter(|place| !self.known.contains_key(*place)).map(Path::to_owned));
    }

    /// Looks at everything again, when it is on the screen.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    pub fn of(&self, place: &Path) -> There {
        self.known.get(place).copied().unwrap_or(There::Unknown)
    }
}

fn look(place: &Path) -> There {
    match fs::symlink_metadata(place) {
        Ok(_) => There::Yes,
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => There::Gone,
        Err(_) => There::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_moved_away_is_gone_and_what_can_t_be_told_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        assert_eq!(look(&file), There::Yes);
        assert_eq!(look(&file.join("below")), There::Gone);
        fs::remove_file(&file).unwrap();
        assert_eq!(look(&file), There::Gone);
        assert_eq!(look(Path::new("with\0nul")), There::Unknown);
    }
}
