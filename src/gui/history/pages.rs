//! What has been found so far, page by page, and where each row stands in the list.
//!
//! Knows pages, days and heights. Must not know how a row is painted, or who answers. Only rows near the screen are held;
//! of the others it is known where they are, so that they can be asked for again.

use std::ops::Range;

use egui::Rangef;
use jiff::civil::Date;

use super::line::Line;
use crate::engine::history::{Cursor, Device, Page as Found, RowId};

/// Height of a row, and of a day’s heading above its rows.
pub const ROW: f32 = 54.0;
pub const HEAD: f32 = 34.0;

/// Rows that are asked for at once.
pub const PAGE: usize = 200;
/// Pages whose rows are held.
const HELD: usize = 12;
/// Rows that can be scrolled to. Beyond it, a place on the screen can’t be told exactly any more, and nobody gets there by
/// scrolling.
pub const MOST: usize = 100_000;

/// Whether rows stand under their days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    #[default]
    ByDay,
    None,
}

#[derive(Default)]
pub struct Pages {
    loaded: Vec<Page>,
    grouping: Grouping,
    /// Where the last page goes on; `None` where it is the last of all.
    next: Option<Cursor>,
    /// Rows that there are in all, as far as anybody has counted.
    expected: usize,
}

struct Page {
    /// Behind which place it begins; `None` for the first.
    after: Option<Cursor>,
    /// `None` while they are not held.
    lines: Option<Vec<Line>>,
    rows: usize,
    heads: usize,
    /// The day of its last row.
    last: Option<Date>,
}

/// A page that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub slot: usize,
    pub after: Option<Cursor>,
    pub limit: usize,
}

/// What stands in the list.
pub enum Piece<'a> {
    Head(Date),
    Row(&'a Line),
}

#[expect(clippy::cast_precision_loss, reason = "less than MOST")]
fn tall(rows: usize, heads: usize) -> f32 {
    rows as f32 * ROW + heads as f32 * HEAD
}

impl Pages {
    /// Begins anew.
    pub fn begin(&mut self, grouping: Grouping, found: Found) {
        *self = Self { grouping, ..Self::default() };
        self.fill(0, found);
    }

    /// Takes a page that was wanted.
    pub fn fill(&mut self, slot: usize, found: Found) {
        let lines: Vec<_> = found.rows.into_iter().map(Line::new).collect();
        if slot == self.loaded.len() {
            let after = self.next.take();
            self.next = found.next;
            self.loaded.push(Page { after, lines: None, rows: 0, heads: 0, last: None });
        }
        let Some(page) = self.loaded.get_mut(slot) else { return };
        page.lines = Some(lines);
        self.measure(slot);
    }

    /// How many rows there are in all, or so many and more.
    pub fn expect(&mut self, rows: usize) {
        self.expected = rows;
    }

    /// Counts what a page holds.
    fn measure(&mut self, slot: usize) {
        let mut before = slot.checked_sub(1).and_then(|before| self.loaded[before].last);
        let grouping = self.grouping;
        let page = &mut self.loaded[slot];
        let Some(lines) = &page.lines else { return };
        page.rows = lines.len();
        page.heads = 0;
        for line in lines {
            if grouping == Grouping::ByDay && before != Some(line.day) {
                page.heads += 1;
            }
            before = Some(line.day);
        }
        page.last = before;
    }

    pub fn is_empty(&self) -> bool {
        self.rows() == 0
    }

    /// Rows whose places are known.
    pub fn rows(&self) -> usize {
        self.loaded.iter().map(|page| page.rows).sum()
    }

    /// True where nothing more can be asked for.
    pub fn is_whole(&self) -> bool {
        self.next.is_none() || self.rows() >= MOST
    }

    /// Height of what is known, and of what is expected below it.
    pub fn height(&self) -> f32 {
        let known: f32 = self.loaded.iter().map(Page::height).sum();
        let rows = self.rows();
        let below = if self.is_whole() { 0 } else { self.expected.min(MOST).saturating_sub(rows).max(1) };
        known + tall(below, 0)
    }

    /// The pages that reach into a range, with where each begins.
    fn within(&self, range: Rangef) -> impl Iterator<Item = (usize, f32)> {
        let mut top = 0.0;
        let places = self.loaded.iter().enumerate().map(move |(slot, page)| {
            let begin = top;
            top += page.height();
            (slot, begin, top)
        });
        places
            .skip_while(move |(_, _, end)| *end < range.min)
            .take_while(move |(_, begin, _)| *begin <= range.max)
            .map(|(slot, begin, _)| (slot, begin))
    }

    /// Everything that is held of a range, with where it begins.
    pub fn pieces(&self, range: Rangef) -> impl Iterator<Item = (f32, Piece<'_>)> {
        self.within(range).flat_map(move |(slot, begin)| {
            let mut day = slot.checked_sub(1).and_then(|before| self.loaded[before].last);
            let mut top = begin;
            let lines = self.loaded[slot].lines.iter().flatten();
            lines.flat_map(move |line| {
                let is_new = self.grouping == Grouping::ByDay && day != Some(line.day);
                day = Some(line.day);
                let head = is_new.then(|| {
                    let at = top;
                    top += HEAD;
                    (at, Piece::Head(line.day))
                });
                let row = (top, Piece::Row(line));
                top += ROW;
                head.into_iter().chain([row]).filter(move |(at, _)| *at <= range.max && at + ROW >= range.min)
            })
        })
    }

    /// The page to ask for so that a range, or what comes below it, can be shown.
    pub fn wanted(&self, range: Rangef) -> Option<Wanted> {
        for (slot, _) in self.within(range) {
            let page = &self.loaded[slot];
            if page.lines.is_none() {
                return Some(Wanted { slot, after: page.after.clone(), limit: page.rows.max(1) });
            }
        }
        let known: f32 = self.loaded.iter().map(Page::height).sum();
        let ahead = 2.0 * range.span();
        if range.max + ahead < known || self.is_whole() {
            return None;
        }
        Some(Wanted { slot: self.loaded.len(), after: Some(self.next.clone()?), limit: PAGE })
    }

    /// Lets go of rows that are far from a range.
    pub fn release(&mut self, range: Rangef) {
        let held = self.loaded.iter().filter(|page| page.lines.is_some()).count();
        if held <= HELD {
            return;
        }
        let near: Range<usize> = {
            let mut shown = self.within(range).map(|(slot, _)| slot);
            let first = shown.next().unwrap_or(self.loaded.len());
            let last = shown.last().unwrap_or(first);
            first.saturating_sub(HELD / 3)..last + HELD / 3
        };
        for (slot, page) in self.loaded.iter_mut().enumerate() {
            if !near.contains(&slot) {
                page.lines = None;
            }
        }
    }

    fn lines(&self) -> impl Iterator<Item = (usize, usize, &Line)> {
        self.loaded.iter().enumerate().flat_map(|(slot, page)| {
            page.lines.iter().flatten().enumerate().map(move |(i, line)| (slot, i, line))
        })
    }

    /// The devices of the rows that are held.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.lines().map(|(_, _, line)| &line.row.device)
    }

    pub fn line(&self, id: RowId) -> Option<&Line> {
        self.lines().map(|(_, _, line)| line).find(|line| line.row.id == id)
    }

    /// Where a row begins, if it is held.
    pub fn place(&self, id: RowId) -> Option<f32> {
        let everything = Rangef::new(0.0, f32::INFINITY);
        self.pieces(everything).find_map(|(top, piece)| match piece {
            Piece::Row(line) if line.row.id == id => Some(top),
            Piece::Row(_) | Piece::Head(_) => None,
        })
    }

    /// The row so many below another, or above it; the nearest there is. Without another, the first.
    pub fn beside(&self, id: Option<RowId>, steps: isize) -> Option<RowId> {
        let held: Vec<RowId> = self.lines().map(|(_, _, line)| line.row.id).collect();
        let now = id.and_then(|id| held.iter().position(|held| *held == id));
        let to = match now {
            None => 0,
            Some(now) => now.saturating_add_signed(steps).min(held.len().saturating_sub(1)),
        };
        held.get(to).copied()
    }

    /// Takes a row out, and says whether it was there.
    pub fn remove(&mut self, id: RowId) -> bool {
        let Some((slot, i)) = self.lines().find(|(_, _, line)| line.row.id == id).map(|(s, i, _)| (s, i))
        else {
            return false;
        };
        if let Some(lines) = &mut self.loaded[slot].lines {
            lines.remove(i);
        }
        self.expected = self.expected.saturating_sub(1);
        for slot in slot..self.loaded.len() {
            self.measure(slot);
        }
        true
    }
}

impl Page {
    fn height(&self) -> f32 {
        tall(self.rows, self.heads)
    }
}
