//! The list of things to send, each with what the engine counted in it.

use std::{collections::HashSet, path::PathBuf};

use egui::Context;
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::{
    engine::{Command, Handle, Unheard},
    gui::{
        icons::{self, Icon},
        paths,
    },
    model::{Problem, Summary, text},
};

/// How many are counted at once: the engine's queue has room for other things then.
const AT_ONCE: usize = 8;

#[derive(Default)]
pub struct Chosen {
    items: Vec<Item>,
    paths: HashSet<PathBuf>,
    total: String,
}

pub struct Item {
    pub path: PathBuf,
    pub name: String,
    pub path_shown: String,
    /// The name of the button that takes it out.
    pub remove: String,
    pub icon: Icon,
    pub size: Size,
}

pub enum Size {
    Unasked,
    Counting(oneshot::Receiver<Result<Summary, Problem>>),
    Known {
        summary: Box<Summary>,
        shown: String,
    },
    /// The engine didn't say. It will when it sends.
    Unknown,
    /// It can't be sent.
    Bad(String),
}

impl Chosen {
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What all of it comes to, for the screen.
    pub fn total(&self) -> &str {
        &self.total
    }

    /// Adds what is not in the list yet.
    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        for path in paths {
            if self.paths.insert(path.clone()) {
                let name = paths::name(&path);
                self.items.push(Item {
                    path_shown: paths::shown(&path),
                    remove: format!("Remove {name}"),
                    icon: icons::FILE,
                    size: Size::Unasked,
                    path,
                    name,
                });
            }
        }
        self.sum();
    }

    pub fn remove(&mut self, i: usize) {
        let item = self.items.remove(i);
        self.paths.remove(&item.path);
        self.sum();
    }

    /// Takes out those that are in the list.
    pub fn take_out(&mut self, paths: &[PathBuf]) {
        self.items.retain(|item| !paths.contains(&item.path));
        for path in paths {
            self.paths.remove(path);
        }
        self.sum();
    }

    pub fn clear(&mut self) {
        self.items.clear();
        self.paths.clear();
        self.sum();
    }

    /// Asks what the items hold, a few at a time, and takes the answers that are there.
    pub fn measure(&mut self, ctx: &Context, handle: &Handle) {
        let mut heard = false;
        let mut counting = 0;
        for item in &mut self.items {
            let Size::Counting(reply) = &mut item.size else { continue };
            item.size = match reply.try_recv() {
                Ok(Ok(summary)) => {
                    if let Some(top) = summary.top.first() {
                        item.icon = Icon::of_entry(&top.name, top.kind);
                    }
                    Size::Known { shown: size_of(&summary), summary: Box::new(summary) }
                }
                Ok(Err(problem)) => Size::Bad(text::visible(&problem.text).into_owned()),
                Err(TryRecvError::Closed) => Size::Unknown,
                Err(TryRecvError::Empty) => {
                    counting += 1;
                    continue;
                }
            };
            heard = true;
        }
        for item in self.items.iter_mut().filter(|item| matches!(item.size, Size::Unasked)) {
            if counting == AT_ONCE {
                break;
            }
            let (reply, answer) = oneshot::channel();
            match handle.try_send(Command::Measure { path: item.path.clone(), reply }) {
                Ok(()) => {
                    item.size = Size::Counting(answer);
                    counting += 1;
                }
                Err(Unheard::Busy) => {
                    // A person who sees “counting…” can wait: ask again when there is room.
                    ctx.request_repaint_after_secs(0.2);
                    break;
                }
                Err(Unheard::Gone) => {
                    item.size = Size::Unknown;
                    heard = true;
                }
            }
        }
        if heard {
            self.sum();
        }
    }

    fn sum(&mut self) {
        let mut whole = Summary::default();
        let mut open = false;
        for item in &self.items {
            match &item.size {
                Size::Known { summary, .. } => {
                    whole.files += summary.files;
                    whole.folders += summary.folders;
                    whole.bytes = whole.bytes.saturating_add(summary.bytes);
                    whole.streams += summary.streams;
                }
                Size::Unasked | Size::Counting(_) => open = true,
                Size::Unknown | Size::Bad(_) => {}
            }
        }
        self.total = match (self.items.is_empty(), open) {
            (true, _) => String::new(),
            (false, true) => format!("{}, counting…", text::count(self.items.len() as u64, "item", "items")),
            (false, false) if whole.files + whole.folders == 0 => {
                text::count(self.items.len() as u64, "item", "items")
            }
            (false, false) => whole.size_line(),
        };
    }
}

fn size_of(summary: &Summary) -> String {
    let mut size = text::bytes(summary.bytes);
    if summary.folders > 0 {
        size = format!("{}, {size}", text::count(summary.files, "file", "files"));
    }
    let skipped = summary.skipped;
    let left_out = text::count(skipped.total(), "thing", "things");
    match (skipped.own, skipped.total() - skipped.own) {
        (0, 0) => size,
        (0, _) => format!("{size}, {left_out} left out"),
        (_, 0) => format!("{size}, Airlift’s own folder left out"),
        (_, _) => format!("{size}, {left_out} left out, Airlift’s own folder among them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Skipped;

    #[test]
    fn what_is_left_out_is_counted_and_airlifts_own_folder_is_named() {
        for (own, links, expected) in [
            (0, 0, "5 B"),
            (0, 2, "5 B, 2 things left out"),
            (1, 0, "5 B, Airlift’s own folder left out"),
            (1, 2, "5 B, 3 things left out, Airlift’s own folder among them"),
        ] {
            let skipped = Skipped { links, own, ..Skipped::default() };
            assert_eq!(size_of(&Summary { bytes: 5, skipped, ..Summary::default() }), expected);
        }
    }
}
