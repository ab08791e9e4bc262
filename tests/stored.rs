//! "Stored" is what was recorded, not what looks like it. Random histories of one accepted transfer: its sender's files
//! change, links are cut, the receiver loses its power before it could note what it has stored, its person edits,
//! touches and removes what has come, and another device stores files of the same name, size and time meanwhile. The
//! model: what was sent, and what is whose.
//!
//! `AIRLIFT_HISTORIES=N` makes N of them, instead of a few.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "support/histories.rs"]
mod histories;
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use airlift::{
    disk::{Earlier, Ledger},
    model::{Conflict, Outcome, TransferId},
    transfer::Attempt,
};
use histories::{cases, conflict};
use proptest::prelude::*;
use support::{
    pair::Pair,
    pipe::Budget,
    tree::{contents, noise},
};

/// What happens between two attempts. Names are numbers of a few.
#[derive(Clone, Debug)]
enum Act {
    /// The sender's file has other content.
    Edit {
        name: u8,
        bytes: usize,
    },
    Remove {
        name: u8,
    },
    /// The receiver's person does something with a file of that name, if there is one.
    There {
        name: u8,
        deed: Deed,
    },
    /// Another device stores a file of that name, and of the size and time that the sender's has now.
    Other {
        name: u8,
    },
    Attempt {
        cut: Option<usize>,
        end: End,
    },
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Touch,
    Edit,
    Remove,
    /// Another file of the same size and time takes its place.
    Swap,
}

/// How the receiver comes out of an attempt.
#[derive(Clone, Copy, Debug)]
enum End {
    Alive,
    /// Without power, before what was stored since the last sync was noted.
    Dies,
}

const NAMES: u8 = 4;

fn act() -> impl Strategy<Value = Act> {
    let name = 0..NAMES;
    let bytes = prop_oneof![0_usize..200, Just(100_000_usize)];
    let cut = prop_oneof![
        1 => Just(None),
        3 => (3_000_usize..20_000).prop_map(Some),
        6 => (20_000_usize..400_000).prop_map(Some),
    ];
    let end = prop::sample::select(vec![End::Alive, End::Dies]);
    let deed = prop::sample::select(vec![Deed::Touch, Deed::Edit, Deed::Remove, Deed::Swap]);
    prop_oneof![
        2 => (name.clone(), bytes).prop_map(|(name, bytes)| Act::Edit { name, bytes }),
        1 => name.clone().prop_map(|name| Act::Remove { name }),
        3 => (name.clone(), deed).prop_map(|(name, deed)| Act::There { name, deed }),
        2 => name.prop_map(|name| Act::Other { name }),
        5 => (cut, end).prop_map(|(cut, end)| Act::Attempt { cut, end }),
    ]
}

struct World {
    from: tempfile::TempDir,
    to: tempfile::TempDir,
    home: tempfile::TempDir,
    transfer: TransferId,
    conflict: Conflict,
    /// Every content that the sender has had, by name.
    sent: BTreeMap<u8, BTreeSet<Vec<u8>>>,
    agreed: BTreeSet<u8>,
    /// What is not this transfer's, by its path in the receiving folder.
    theirs: BTreeMap<String, Vec<u8>>,
    /// What of that its person was told would be replaced.
    told: BTreeSet<String>,
    /// Left out, because something stood there.
    skipped: BTreeSet<u8>,
    /// What had come of these is not what came any more, as its person wanted.
    lost: BTreeSet<u8>,
    earlier: Option<Earlier>,
    is_over: bool,
    marks: u64,
}

impl World {
    fn new(conflict: Conflict, sizes: [usize; 3], there: [Option<bool>; 3]) -> Self {
        let folder = || tempfile::tempdir().unwrap();
        let (from, to, home) = (folder(), folder(), folder());
        fs::create_dir(from.path().join("t")).unwrap();
        let mut world = Self {
            from,
            to,
            home,
            transfer: TransferId(airlift::identity::random()),
            conflict,
            sent: BTreeMap::new(),
            agreed: BTreeSet::new(),
            theirs: BTreeMap::new(),
            told: BTreeSet::new(),
            skipped: BTreeSet::new(),
            lost: BTreeSet::new(),
            earlier: None,
            is_over: false,
            marks: 0,
        };
        for (name, bytes) in (0..).zip(sizes) {
            world.edit(name, bytes);
        }
        // Where both are kept, the transfer has a folder of its own.
        for (name, is_like) in (0..).zip(there).filter(|_| conflict != Conflict::KeepBoth) {
            let Some(is_like) = is_like else { continue };
            let path = world.to.path().join("t").join(format!("f{name}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if is_like {
                world.plant(name, &path);
            } else {
                let content = world.new_content(50);
                fs::write(&path, content).unwrap();
            }
            world.theirs.insert(format!("t/f{name}"), fs::read(&path).unwrap());
        }
        world
    }

    /// Content that no other file has, unless it is too short to be told from others.
    fn new_content(&mut self, bytes: usize) -> Vec<u8> {
        self.marks += 1;
        noise(self.marks, bytes)
    }

    fn source(&self, name: u8) -> PathBuf {
        self.from.path().join("t").join(format!("f{name}"))
    }

    fn edit(&mut self, name: u8, bytes: usize) {
        let content = self.new_content(bytes + 8);
        fs::write(self.source(name), &content).unwrap();
        self.sent.entry(name).or_default().insert(content);
    }

    /// A file with the size and time of the sender's, and other content.
    fn plant(&mut self, name: u8, at: &Path) -> Vec<u8> {
        let (bytes, time) = match fs::metadata(self.source(name)) {
            Ok(there) => (usize::try_from(there.len()).unwrap(), there.modified().unwrap()),
            Err(_) => (60, SystemTime::UNIX_EPOCH),
        };
        let content = self.new_content(bytes);
        fs::write(at, &content).unwrap();
        fs::File::options().write(true).open(at).unwrap().set_modified(time).unwrap();
        content
    }

    /// The paths of what this transfer has stored under a name.
    fn ours(&self, name: u8) -> Vec<String> {
        let is_ours = |(path, content): &(String, Vec<u8>)| {
            name_of(path) == name && self.theirs.get(path) != Some(content)
        };
        contents(self.to.path()).into_iter().filter(is_ours).map(|(path, _)| path).collect()
    }

    fn there(&mut self, name: u8, deed: Deed) {
        let Some(path) = self.ours(name).into_iter().next() else { return };
        let at = self.to.path().join(&path);
        match deed {
            Deed::Touch => {
                let file = fs::File::options().write(true).open(&at).unwrap();
                file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
                return;
            }
            Deed::Edit => {
                let content = self.new_content(70);
                fs::write(&at, &content).unwrap();
                self.theirs.insert(path, content);
            }
            Deed::Remove => fs::remove_file(&at).unwrap(),
            Deed::Swap => {
                // It stays elsewhere, so that the new one is another file.
                fs::rename(&at, self.home.path().join(format!("moved-{}", self.marks))).unwrap();
                let content = self.plant(name, &at);
                self.theirs.insert(path, content);
            }
        }
        self.lost.insert(name);
    }

    /// Another device stores a file under the same name, or beside it.
    fn other(&mut self, name: u8) {
        let folder = self.to.path().join("t");
        let path = ["", " (1)", " (2)"].map(|number| folder.join(format!("f{name}{number}")));
        let Some(path) = path.into_iter().find(|path| !path.exists()).filter(|_| folder.exists()) else {
            return;
        };
        let content = self.plant(name, &path);
        let local = path.strip_prefix(self.to.path()).unwrap().to_str().unwrap().to_owned();
        self.theirs.insert(local, content);
    }

    async fn attempt(&mut self, cut: Option<usize>, end: End) {
        if self.is_over || fs::read_dir(self.from.path().join("t")).unwrap().next().is_none() {
            return;
        }
        let path = self.home.path().join("a.ledger");
        if self.earlier.is_none() {
            self.agreed = (0..NAMES).filter(|name| self.source(*name).exists()).collect();
            let place = |name: &u8| format!("t/f{name}");
            let stands = self.agreed.iter().filter(|name| self.theirs.contains_key(&place(name)));
            match self.conflict {
                Conflict::Replace => self.told = stands.map(place).collect(),
                Conflict::Skip => self.skipped = stands.copied().collect(),
                Conflict::KeepBoth | Conflict::Complete => {}
            }
            // Nothing has come of an earlier offer.
            let _ = fs::remove_file(&path);
        }
        let ledger = Arc::new(Ledger::open(&path).unwrap());
        let earlier = self.earlier.clone().map(|earlier| Earlier { ledger: Arc::clone(&ledger), ..earlier });
        let pair = Pair {
            transfer: self.transfer,
            conflict: self.conflict,
            budget: cut.map_or_else(Budget::default, Budget::of),
            attempt: earlier.map_or(Attempt::First, |earlier| Attempt::Again(Box::new(earlier))),
            ledger,
            ..Pair::default()
        };
        let ends = pair.run(&[&self.from.path().join("t")], self.to.path()).await;
        if ends.kept.is_some() {
            self.earlier = ends.kept;
        }
        if let End::Dies = end {
            forget_what_was_not_synced(&path);
        }
        self.is_over = ends.received.outcome == Outcome::Complete;
    }

    /// Nothing is lost that is not this transfer's, nothing stands twice, nothing is there that was not sent.
    fn check(&mut self, history: &dyn std::fmt::Debug) {
        let there = contents(self.to.path());
        for (path, content) in self.theirs.clone() {
            if there.get(&path) != Some(&content) {
                assert!(self.told.remove(&path), "{path} is gone, and nobody was told: {history:?}");
                self.theirs.remove(&path);
            }
        }
        for name in 0..NAMES {
            let ours = self.ours(name);
            assert!(ours.len() <= 1, "stored more than once: {ours:?}: {history:?}");
            for path in ours {
                assert!(self.agreed.contains(&name), "{path} was not agreed: {history:?}");
                assert!(self.sent[&name].contains(&there[&path]), "{path} is not what was sent: {history:?}");
            }
        }
        if !self.is_over {
            return;
        }
        for name in
            self.agreed.iter().filter(|name| !self.skipped.contains(name) && !self.lost.contains(name))
        {
            let Ok(now) = fs::read(self.source(*name)) else { continue };
            let is_there = there.iter().any(|(path, content)| name_of(path) == *name && *content == now);
            assert!(is_there, "it is complete, and f{name} is not there as it is now: {history:?}");
        }
    }
}

/// Of a file that this test has named.
fn name_of(path: &str) -> u8 {
    path.rsplit('/').next().unwrap()[1..2].parse().unwrap()
}

/// What was noted after the last intent was not synced; see `src/disk/ledger.rs` for the form of its lines.
fn forget_what_was_not_synced(path: &Path) {
    let bytes = fs::read(path).unwrap();
    let (mut at, mut synced) = (16, 16);
    while at < bytes.len() {
        let says = at + 10;
        let end = says + usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let is_intent = bytes[says] == 0;
        at = end;
        if is_intent {
            synced = end;
        }
    }
    fs::write(path, &bytes[..synced]).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_between_attempts_what_is_called_stored_is_what_was_sent_and_stands_there_once(
        conflict in conflict(),
        sizes in [0_usize..100, 0_usize..20_000, 0_usize..200_000],
        there in [any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>()],
        acts in prop::collection::vec(act(), 4..20),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut world = World::new(conflict, sizes, there);
        let history = (conflict, sizes, there, &acts);
        runtime.block_on(world.attempt(Some(30_000), End::Alive));
        world.check(&history);
        for act in &acts {
            // What happens after the end is another story.
            if world.is_over {
                break;
            }
            match *act {
                Act::Edit { name, bytes } => world.edit(name, bytes),
                Act::Remove { name } => drop(fs::remove_file(world.source(name))),
                Act::There { name, deed } => world.there(name, deed),
                Act::Other { name } => world.other(name),
                Act::Attempt { cut, end } => runtime.block_on(world.attempt(cut, end)),
            }
            world.check(&history);
        }
        runtime.block_on(world.attempt(None, End::Alive));
        world.check(&history);
    }
}
