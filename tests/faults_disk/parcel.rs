//! What is sent in these tests, and what may stand in the receiving folder.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::harness::{Device, Running, content, tree};

type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// A device with things to send.
pub struct Parcel {
    pub here: Device,
    sources: Vec<PathBuf>,
    pub tree: Tree,
}

/// How it looks from the sender.
#[derive(Debug)]
pub enum News {
    Over(Value),
    Interrupted,
    /// There is no room.
    Paused(Value),
}

impl Parcel {
    /// A file of so many MiB, small files, an empty one and folders.
    pub fn mixed(megabytes: usize) -> Self {
        let here = Device::new();
        here.file("film.bin", content(megabytes << 20));
        here.file("notes/a.txt", content(70_000));
        here.file("notes/empty", "");
        for number in 0..6 {
            here.file(&format!("notes/deep/{number}"), content(30_000 + number));
        }
        Self::of(here, &["film.bin", "notes"])
    }

    pub fn file(bytes: usize) -> Self {
        let here = Device::new();
        here.file("film.bin", content(bytes));
        Self::of(here, &["film.bin"])
    }

    pub fn of(here: Device, names: &[&str]) -> Self {
        let sources = names.iter().map(|name| here.path(name)).collect();
        let tree = tree(here.path("").as_path());
        Self { here, sources, tree }
    }

    pub fn send(&self, to: &str, args: &[&str]) -> Running {
        let sources: Vec<_> = self.sources.iter().map(PathBuf::as_path).collect();
        self.here.send(&sources, to, args)
    }

    /// What is wrong with what has a name of its own there; nothing, if it is what was sent.
    pub fn wrong(&self, inbox: &Path) -> Option<String> {
        finished(inbox).into_iter().find_map(|(path, bytes)| {
            let Some(wanted) = self.tree.get(&offered(&path)) else {
                return Some(format!("{} was not sent", path.display()));
            };
            let (Some(bytes), Some(wanted)) = (&bytes, wanted) else { return None };
            let is_zero = bytes.iter().all(|byte| *byte == 0);
            let (path, len, all) = (path.display(), bytes.len(), wanted.len());
            (bytes != wanted)
                .then(|| format!("{path} has other content: {len} bytes of {all}, all zero: {is_zero}"))
        })
    }

    /// What of it is not there, or not what was sent.
    pub fn wrong_or_missing(&self, inbox: &Path) -> Option<String> {
        let there: Vec<_> = finished(inbox).keys().map(|path| offered(path)).collect();
        let missing = self.tree.keys().find(|path| !there.contains(path));
        self.wrong(inbox).or(missing.map(|path| format!("{} is not there", path.display())))
    }

    pub fn nothing_is_wrong(&self, inbox: &Path, when: &str) {
        assert_eq!(self.wrong(inbox), None, "{when}");
    }

    /// Nothing but what was sent, and all of that.
    pub fn is_exactly_there(&self, inbox: &Path, when: &str) {
        let there = finished(inbox);
        let (found, sent): (Vec<_>, Vec<_>) = (there.keys().collect(), self.tree.keys().collect());
        assert_eq!(found, sent, "{when}");
        self.is_there(inbox, when);
    }

    /// How often each content is in it.
    pub fn contents(&self) -> BTreeMap<String, usize> {
        contents(&self.tree)
    }

    /// The content of what comes last.
    pub fn last(&self) -> &Vec<u8> {
        self.tree.values().flatten().last().unwrap()
    }

    pub fn bytes(&self) -> u64 {
        self.tree.values().flatten().map(|bytes| bytes.len() as u64).sum()
    }

    pub fn is_there(&self, inbox: &Path, when: &str) {
        assert_eq!(self.wrong_or_missing(inbox), None, "{when}");
    }
}

/// How often each content is there, whatever it is called.
pub fn contents(tree: &Tree) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for bytes in tree.values().flatten() {
        *all.entry(short(bytes)).or_default() += 1;
    }
    all
}

/// A content so that it can be read.
pub fn short(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) if text.len() < 40 => text.to_owned(),
        _ => format!("{} bytes, {}", bytes.len(), blake3::hash(bytes)),
    }
}

/// What has names of its own in a receiving folder.
pub fn finished(inbox: &Path) -> Tree {
    let is_ours = |path: &Path| path.iter().any(|name| name.to_string_lossy().starts_with(".airlift-"));
    tree(inbox).into_iter().filter(|(path, _)| !is_ours(path)).collect()
}

/// A path without the number that it got because another was there.
fn offered(path: &Path) -> PathBuf {
    let text = path.to_str().unwrap();
    match (text.find(" ("), text.find(')')) {
        (Some(begin), Some(end)) => PathBuf::from(format!("{}{}", &text[..begin], &text[end + 1..])),
        _ => path.to_owned(),
    }
}

/// The sender's next news.
pub fn news(sender: &mut Running) -> News {
    loop {
        match sender.event() {
            Some(event) if event["event"] == "finished" => return News::Over(event),
            Some(event) if event["event"] == "interrupted" => return News::Interrupted,
            Some(event) if event["event"] == "paused" => return News::Paused(event),
            Some(_) => {}
            None => panic!("the sender ended without a word: {}", sender.complaints()),
        }
    }
}
