//! What is offered, as a tree of which every part can be left out.
//!
//! Knows entries, folders and ticks. Must not know how they are painted. However many entries there are: what takes long is
//! done in steps, and a row costs what it shows.

use std::collections::HashMap;

use crate::model::{EntryKind, EntryNo, LeaveOut, Listing};

/// A place in the tree. The root, which is not shown, is 0.
pub type Place = u32;

const ROOT: Place = 0;
/// No place.
const NONE: Place = Place::MAX;

pub struct Tree {
    list: Listing,
    nodes: Vec<Node>,
    /// Folders by their paths, until all of them are placed.
    folders: HashMap<Box<str>, Place>,
    /// Where the last entry was put: the next one often comes beside it.
    last: Place,
    placed: usize,
    rows: Vec<Row>,
    search: Option<Search>,
}

struct Node {
    /// An entry that it is, or that is in it: its path begins with this one’s.
    sample: EntryNo,
    /// Bytes of that path.
    length: u32,
    /// Whether the sample is it itself; a folder may only be implied.
    is_offered: bool,
    is_folder: bool,
    is_open: bool,
    parent: Place,
    first: Place,
    last: Place,
    next: Place,
    /// Files and empty folders at or below it: what can be chosen. And those of them that are left out.
    leaves: Counted,
    out: Counted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    leaves: u32,
    files: u32,
    bytes: u64,
}

impl Counted {
    fn add(&mut self, other: Self) {
        self.leaves += other.leaves;
        self.files += other.files;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    fn take(&mut self, other: Self) {
        self.leaves = self.leaves.saturating_sub(other.leaves);
        self.files = self.files.saturating_sub(other.files);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

/// One line of what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub place: Place,
    /// Folders above it that are shown.
    pub depth: u16,
}

/// Whether something comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    In,
    /// Some of what is in it.
    Part,
    Out,
}

/// Whether there is more to do before what is shown is all there is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Done,
    More,
}

/// What is shown of a place.
pub struct Shown<'a> {
    pub name: &'a str,
    /// The folder that it is in, as it is offered.
    pub within: &'a str,
    pub kind: EntryKind,
    pub tick: Tick,
    pub is_open: bool,
    pub files: u64,
    pub bytes: u64,
}

/// How much is chosen, of how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    pub files: u64,
    pub of: u64,
    pub bytes: u64,
    /// Bytes that are left out.
    pub spared: u64,
}

struct Search {
    needle: String,
    looked: usize,
}

impl Tree {
    pub fn new(list: Listing) -> Self {
        let root = Node::new(0, 0, NONE);
        let nodes = vec![Node { is_folder: true, is_open: true, ..root }];
        Self { list, nodes, folders: HashMap::new(), last: ROOT, placed: 0, rows: Vec::new(), search: None }
    }

    /// True where both are of one and the same offer.
    pub fn is_of_same(&self, other: &Self) -> bool {
        self.list == other.list
    }

    /// Does so many entries’ worth of what is left to do.
    pub fn work(&mut self, entries: usize) -> Pace {
        if self.placed < self.list.len() {
            let list = self.list.clone();
            let end = list.len().min(self.placed.saturating_add(entries));
            for (at, entry) in list.iter().enumerate().take(end).skip(self.placed) {
                // Plans refuse what has more.
                let Ok(no) = EntryNo::try_from(at) else { break };
                self.put(no, entry.path.as_str(), entry.kind);
            }
            self.placed = end;
            if end == list.len() {
                self.folders = HashMap::new();
                let only = self.nodes[ROOT as usize].first;
                if only != NONE && self.nodes[only as usize].next == NONE {
                    self.nodes[only as usize].is_open = true;
                }
                self.show_tree();
            }
            return Pace::More;
        }
        self.look(entries)
    }

    /// True once every entry has its place.
    pub fn is_whole(&self) -> bool {
        self.placed == self.list.len()
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn is_searched(&self) -> bool {
        self.search.is_some()
    }

    pub fn shown(&self, place: Place) -> Shown<'_> {
        let node = &self.nodes[place as usize];
        let path = self.path(place);
        let (within, name) = path.rsplit_once('/').unwrap_or(("", path));
        let kind = match self.list.get(node.sample as usize) {
            Some(entry) if node.is_offered => entry.kind,
            _ => EntryKind::Folder,
        };
        Shown {
            name,
            within,
            kind,
            tick: node.tick(),
            is_open: node.is_open,
            files: node.leaves.files.into(),
            bytes: node.leaves.bytes,
        }
    }

    pub fn total(&self) -> Total {
        let Node { leaves, out, .. } = &self.nodes[ROOT as usize];
        Total {
            files: (leaves.files - out.files).into(),
            of: leaves.files.into(),
            bytes: leaves.bytes - out.bytes,
            spared: out.bytes,
        }
    }

    /// True where nothing is left to come.
    pub fn is_empty(&self) -> bool {
        self.nodes[ROOT as usize].tick() == Tick::Out
    }

    /// Leaves it out, or takes it in again, with all that is in it.
    pub fn turn(&mut self, place: Place) {
        let tick = if self.nodes[place as usize].tick() == Tick::In { Tick::Out } else { Tick::In };
        self.set(place, tick);
    }

    /// The same of all rows that are shown, and what is in them.
    pub fn set_all(&mut self, tick: Tick) {
        if self.is_searched() {
            for row in std::mem::take(&mut self.rows) {
                self.set(row.place, tick);
                self.rows.push(row);
            }
        } else {
            self.set(ROOT, tick);
        }
    }

    /// Opens or closes the folder in this row.
    pub fn open(&mut self, row: usize) {
        let Some(&Row { place, depth }) = self.rows.get(row) else { return };
        let node = &mut self.nodes[place as usize];
        if !node.is_folder || self.search.is_some() {
            return;
        }
        node.is_open = !node.is_open;
        if node.is_open {
            let mut below = Vec::new();
            self.list_below(place, depth + 1, &mut below);
            self.rows.splice((row + 1)..=row, below);
        } else {
            let after = self.rows[row + 1..].iter().position(|row| row.depth <= depth);
            let end = after.map_or(self.rows.len(), |after| row + 1 + after);
            self.rows.drain(row + 1..end);
        }
    }

    /// Shows what has this in its name, as one list; of nothing, the tree.
    pub fn search(&mut self, text: &str) {
        let needle = text.trim().to_lowercase();
        if needle.is_empty() {
            if self.search.take().is_some() {
                self.show_tree();
            }
            return;
        }
        self.rows.clear();
        self.search = Some(Search { needle, looked: 1 });
    }

    /// The numbers of what is left out. Looks at all of it.
    pub fn left_out(&self) -> LeaveOut {
        let out = self.nodes.iter().filter(|node| node.is_offered && node.tick() == Tick::Out);
        out.map(|node| node.sample).collect()
    }

    fn path(&self, place: Place) -> &str {
        let node = &self.nodes[place as usize];
        self.list.get(node.sample as usize).map_or("", |entry| &entry.path.as_str()[..node.length as usize])
    }

    fn put(&mut self, no: EntryNo, path: &str, kind: EntryKind) {
        let within = path.rsplit_once('/').map_or("", |(within, _)| within);
        match kind {
            EntryKind::Folder => {
                let place = self.folder(no, path);
                let node = &mut self.nodes[place as usize];
                (node.sample, node.is_offered) = (no, true);
            }
            EntryKind::File { size, .. } => {
                let parent = self.folder(no, within);
                let bytes = size.unwrap_or_default();
                let leaves = Counted { leaves: 1, files: 1, bytes };
                self.attach(Node { is_offered: true, leaves, ..Node::new(no, path.len(), parent) });
            }
        }
    }

    /// The place of a folder, which is made with those above it where there is none.
    fn folder(&mut self, no: EntryNo, path: &str) -> Place {
        if path.is_empty() {
            return ROOT;
        }
        if self.last != ROOT && self.path(self.last) == path {
            return self.last;
        }
        let place = if let Some(place) = self.folders.get(path) {
            *place
        } else {
            let parent = self.folder(no, path.rsplit_once('/').map_or("", |(within, _)| within));
            let leaves = Counted { leaves: 1, ..Counted::default() };
            let place = self.attach(Node { is_folder: true, leaves, ..Node::new(no, path.len(), parent) });
            self.folders.insert(path.into(), place);
            place
        };
        self.last = place;
        place
    }

    fn attach(&mut self, node: Node) -> Place {
        let place = Place::try_from(self.nodes.len()).unwrap_or(NONE);
        let Node { parent, leaves: mut own, .. } = node;
        self.nodes.push(node);
        let above = &mut self.nodes[parent as usize];
        let before = std::mem::replace(&mut above.last, place);
        if before == NONE {
            above.first = place;
            // An empty folder counted for itself: now this counts in its stead.
            if parent != ROOT {
                own.leaves = 0;
            }
        } else {
            self.nodes[before as usize].next = place;
        }
        self.above(place, |node| node.leaves.add(own));
        place
    }

    /// Does this to all folders that a place is in.
    fn above(&mut self, place: Place, mut change: impl FnMut(&mut Node)) {
        let mut at = self.nodes[place as usize].parent;
        while at != NONE {
            let node = &mut self.nodes[at as usize];
            change(node);
            at = node.parent;
        }
    }

    fn set(&mut self, place: Place, tick: Tick) {
        let before = self.nodes[place as usize].out;
        let mut left = vec![place];
        while let Some(at) = left.pop() {
            let node = &mut self.nodes[at as usize];
            node.out = if tick == Tick::Out { node.leaves } else { Counted::default() };
            let mut child = node.first;
            while child != NONE {
                left.push(child);
                child = self.nodes[child as usize].next;
            }
        }
        let now = self.nodes[place as usize].out;
        self.above(place, |node| {
            node.out.take(before);
            node.out.add(now);
        });
    }

    fn show_tree(&mut self) {
        let mut rows = Vec::new();
        self.list_below(ROOT, 0, &mut rows);
        self.rows = rows;
    }

    /// What is in an open folder, and in those in it that are open.
    fn list_below(&self, place: Place, depth: u16, rows: &mut Vec<Row>) {
        let mut left = vec![(self.nodes[place as usize].first, depth)];
        while let Some((at, depth)) = left.pop() {
            if at == NONE {
                continue;
            }
            let node = &self.nodes[at as usize];
            rows.push(Row { place: at, depth });
            left.push((node.next, depth));
            if node.is_open {
                left.push((node.first, depth.saturating_add(1)));
            }
        }
    }

    fn look(&mut self, places: usize) -> Pace {
        let Some(mut search) = self.search.take() else { return Pace::Done };
        let end = self.nodes.len().min(search.looked.saturating_add(places));
        for at in search.looked..end {
            let Ok(place) = Place::try_from(at) else { break };
            let path = self.path(place);
            let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
            if name.to_lowercase().contains(&search.needle) {
                self.rows.push(Row { place, depth: 0 });
            }
        }
        search.looked = end;
        let pace = if end < self.nodes.len() { Pace::More } else { Pace::Done };
        self.search = Some(search);
        pace
    }
}

impl Node {
    fn new(sample: EntryNo, length: usize, parent: Place) -> Self {
        Self {
            sample,
            length: u32::try_from(length).unwrap_or_default(),
            is_offered: false,
            is_folder: false,
            is_open: false,
            parent,
            first: NONE,
            last: NONE,
            next: NONE,
            leaves: Counted::default(),
            out: Counted::default(),
        }
    }

    fn tick(&self) -> Tick {
        match self.out.leaves {
            0 => Tick::In,
            out if out >= self.leaves.leaves => Tick::Out,
            _ => Tick::Part,
        }
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
