//! The tray: what is to be sent, and what each thing in it holds, counted by the engine.
//!
//! Knows paths, texts and sizes. Must not know whom anything goes to, or how it is painted.

use std::{collections::HashSet, path::PathBuf};

use egui::Context;
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::{
    engine::{Command, Handle, Unheard},
    gui::{
        icons::{self, Icon},
        links::is_link,
        paths,
    },
    model::{Problem, Source, Summary, Text, text},
};

/// How many are counted at once: the engine's queue has room for other things then.
const AT_ONCE: usize = 8;
/// Characters of a text that stand for it.
const TITLE: usize = 80;

#[derive(Default)]
pub struct Tray {
    items: Vec<Item>,
    paths: HashSet<PathBuf>,
    total: String,
    /// What was in it before it was emptied.
    before: Option<Vec<Item>>,
}

pub struct Item {
    pub what: What,
    pub name: String,
    /// What there is to know beside the name.
    pub hint: String,
    /// The name of the button that takes it out.
    pub remove: String,
    pub icon: Icon,
    pub size: Size,
}

pub enum What {
    Path(PathBuf),
    Text(Text),
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

impl Tray {
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What all of it comes to, for the screen.
    pub fn total(&self) -> &str {
        &self.total
    }

    /// Why nothing can be sent of it, if so.
    pub fn obstacle(&self) -> Option<&'static str> {
        let is_bad = |item: &Item| matches!(item.size, Size::Bad(_));
        self.items.iter().any(is_bad).then_some("Take out what can’t be sent, then press the device again.")
    }

    /// What one is asked to send for it: all files at once, and each text by itself.
    pub fn sources(&self) -> Vec<Vec<Source>> {
        let (mut files, mut texts) = (Vec::new(), Vec::new());
        for item in &self.items {
            match &item.what {
                What::Path(path) => files.push(Source::Path(path.clone())),
                What::Text(text) => texts.push(vec![Source::Text(text.clone())]),
            }
        }
        if !files.is_empty() {
            texts.insert(0, files);
        }
        texts
    }

    /// Adds what is not in it yet.
    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        for path in paths {
            if self.paths.insert(path.clone()) {
                let name = paths::name(&path);
                self.items.push(Item {
                    hint: paths::shown(&path),
                    remove: format!("Remove {name}"),
                    icon: icons::FILE,
                    size: Size::Unasked,
                    what: What::Path(path),
                    name,
                });
                self.before = None;
            }
        }
        self.sum();
    }

    /// Adds a text.
    pub fn add_text(&mut self, text: Text) {
        let whole: &str = text.as_str();
        let line = whole.split_whitespace().collect::<Vec<_>>().join(" ");
        let start: String = line.chars().take(TITLE).collect();
        let name = format!("“{}”", text::visible(&start));
        let shown = if is_link(whole) {
            "Link".to_owned()
        } else {
            format!("Text, {}", text::bytes(whole.len() as u64))
        };
        let summary = Box::new(Summary { bytes: whole.len() as u64, ..Summary::default() });
        self.items.push(Item {
            remove: format!("Remove {name}"),
            hint: String::new(),
            icon: icons::FILE_TEXT,
            size: Size::Known { summary, shown },
            what: What::Text(text),
            name,
        });
        self.before = None;
        self.sum();
    }

    pub fn remove(&mut self, i: usize) {
        let item = self.items.remove(i);
        if let What::Path(path) = &item.what {
            self.paths.remove(path);
        }
        self.sum();
    }

    /// Empties it; [`Tray::restore`] brings back what was in it.
    pub fn clear(&mut self) {
        let before = std::mem::take(&mut self.items);
        self.before = (!before.is_empty()).then_some(before);
        self.paths.clear();
        self.sum();
    }

    /// Empties it for good.
    pub fn empty(&mut self) {
        self.clear();
        self.before = None;
    }

    pub fn can_restore(&self) -> bool {
        self.before.is_some()
    }

    pub fn restore(&mut self) {
        if let Some(before) = self.before.take() {
            self.items = before;
            let paths = self.items.iter().filter_map(|item| match &item.what {
                What::Path(path) => Some(path.clone()),
                What::Text(_) => None,
            });
            self.paths = paths.collect();
            self.sum();
        }
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
            let What::Path(path) = &item.what else { continue };
            let (reply, answer) = oneshot::channel();
            match handle.try_send(Command::Measure { path: path.clone(), reply }) {
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
        let (mut open, mut texts) = (false, 0);
        for item in &self.items {
            texts += u64::from(matches!(item.what, What::Text(_)));
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
        let things = text::count(self.items.len() as u64, "thing", "things");
        self.total = match (self.items.is_empty(), open) {
            (true, _) => String::new(),
            (false, true) => format!("{things}, counting…"),
            (false, false) if whole.bytes == 0 && whole.files == 0 => things,
            (false, false) if texts > 0 => format!("{things}, {}", text::bytes(whole.bytes)),
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
