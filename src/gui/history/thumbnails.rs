//! Small pictures of what is on the screen: read and decoded in the background, with limits, the newest kept.
//!
//! Knows pictures. Must not know rows. Whoever asks has made sure that nothing bad was found in a file: decoders are fed
//! what others have sent.

mod decode;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use egui::{ColorImage, Context, TextureHandle, TextureOptions};

use super::worker::Worker;
use crate::engine::Wake;

/// Pictures that are kept.
const MOST: usize = 256;

pub struct Thumbnails {
    /// `None` where the system has given no thread.
    worker: Option<Worker<PathBuf, Option<ColorImage>>>,
    known: HashMap<PathBuf, Kept>,
    /// Counts frames, so that what was not shown for long goes first.
    now: u64,
}

struct Kept {
    /// `None` where there is no picture to be had.
    picture: Option<TextureHandle>,
    shown: u64,
}

impl Thumbnails {
    pub fn start(wake: Wake) -> Self {
        let worker = Worker::start("pictures", wake, |place: &PathBuf| {
            decode::small(place)
                .inspect_err(|why| tracing::debug!(%why, "a picture is shown by its kind alone"))
                .ok()
        });
        let worker =
            worker.inspect_err(|problem| tracing::error!(%problem, "the system gives no thread")).ok();
        Self { worker, known: HashMap::new(), now: 0 }
    }

    /// Takes what was decoded meanwhile.
    pub fn update(&mut self, ctx: &Context) {
        let Some(worker) = &self.worker else { return };
        self.now += 1;
        for (place, picture) in worker.take() {
            let picture =
                picture.map(|picture| ctx.load_texture("thumbnail", picture, TextureOptions::LINEAR));
            self.known.insert(place, Kept { picture, shown: self.now });
        }
        while self.known.len() > MOST {
            let oldest = self.known.iter().min_by_key(|(_, kept)| kept.shown).map(|(place, _)| place.clone());
            oldest.and_then(|place| self.known.remove(&place));
        }
    }

    /// Makes those of these that are not there yet.
    pub fn want<'a>(&self, places: impl Iterator<Item = &'a Path>) {
        let Some(worker) = &self.worker else { return };
        worker.want(places.filter(|place| !self.known.contains_key(*place)).map(Path::to_owned));
    }

    /// The picture of a place, once there is one.
    pub fn of(&mut self, place: &Path) -> Option<&TextureHandle> {
        let now = self.now;
        let kept = self.known.get_mut(place)?;
        kept.shown = now;
        kept.picture.as_ref()
    }
}
