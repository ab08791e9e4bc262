//! What is asked for, what has been found of it so far, and what is asked next.
//!
//! Knows questions, answers and pages. Must not know how anything is painted.

use std::time::SystemTime;

use egui::Rangef;

use super::{
    filters::Filters,
    pages::{Grouping, PAGE, Pages},
    source::{Find, Past},
};
use crate::{
    engine::{
        Wake,
        history::{Asked, Count, Counting, Found, HistoryError, Order},
    },
    model::text::{self, visible},
};

pub struct Search {
    /// `None` where the system has given no thread.
    finder: Option<Box<dyn Find>>,
    pub words: String,
    pub filters: Filters,
    pub order: Order,
    pub pages: Pages,
    pub count: Option<Count>,
    /// Why nothing could be found.
    pub problem: Option<String>,
    /// The page that is waited for, and whether the count is.
    page: Option<Awaited>,
    counting: Option<Counting>,
    /// What was recorded since it was asked: seen once the list is at its top.
    is_stale: bool,
    /// Whether anything was ever answered.
    pub is_answered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// The first, of something else: it is shown from its beginning.
    New,
    /// The first, of the same once more.
    Again,
    /// One more.
    More(usize),
}

/// What an answer has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    None,
    /// There is more to be shown.
    Rows,
    /// Something else is to be shown, from its beginning.
    Else,
}

impl Search {
    /// Starts one who answers, and asks for everything.
    pub fn start(past: &dyn Past, wake: Wake) -> Self {
        let finder = past.finder(wake);
        let problem = finder.as_ref().err().map(|problem| {
            tracing::error!(%problem, "the system gives no thread");
            "The history can’t be read: the system gives Airlift no thread. Close other programs, and try again."
                .to_owned()
        });
        let mut search = Self {
            finder: finder.ok(),
            words: String::new(),
            filters: Filters::default(),
            order: Order::default(),
            pages: Pages::default(),
            count: None,
            problem,
            page: None,
            counting: None,
            is_stale: false,
            is_answered: false,
        };
        search.find();
        search
    }

    /// Asks for what is typed and chosen now.
    pub fn find(&mut self) {
        self.ask_first(Awaited::New);
    }

    fn ask_first(&mut self, awaited: Awaited) {
        let Some(finder) = &mut self.finder else { return };
        let query = self.filters.query(&self.words, self.order, SystemTime::now());
        finder.ask(Asked { query, after: None, limit: PAGE, counting: Counting::Counted });
        self.page = Some(awaited);
        self.counting = Some(Counting::Counted);
        self.is_stale = false;
    }

    /// Something was recorded or removed: asks once more when the list’s beginning is in sight.
    pub fn changed(&mut self) {
        self.is_stale = true;
    }

    /// Asks for what is missing on the screen. `is_at_top` where the list’s beginning is in sight.
    pub fn follow(&mut self, view: Option<Rangef>, is_at_top: bool) {
        if self.page.is_some() || self.counting.is_some() {
            return;
        }
        if self.is_stale && is_at_top {
            return self.ask_first(Awaited::Again);
        }
        let (Some(view), Some(finder)) = (view, &mut self.finder) else { return };
        if let Some(wanted) = self.pages.wanted(view) {
            let query = self.filters.query(&self.words, self.order, SystemTime::now());
            let (after, limit) = (wanted.after, wanted.limit);
            finder.ask(Asked { query, after, limit, counting: Counting::NotCounted });
            self.page = Some(Awaited::More(wanted.slot));
        }
        self.pages.release(view);
    }

    /// Takes the answers that are there.
    pub fn update(&mut self) -> News {
        let mut news = News::None;
        while let Some(answer) = self.finder.as_mut().and_then(|finder| finder.answer()) {
            self.is_answered = true;
            match answer {
                Ok(Found::Page(page)) => {
                    self.problem = None;
                    news = match self.page.take() {
                        Some(Awaited::More(slot)) => {
                            self.pages.fill(slot, page);
                            News::Rows
                        }
                        awaited => {
                            self.pages.begin(self.grouping(), page);
                            if awaited == Some(Awaited::Again) { News::Rows } else { News::Else }
                        }
                    };
                }
                Ok(Found::Count(count)) => {
                    self.counting = None;
                    self.count = Some(count);
                    let (Count::Exactly(rows) | Count::MoreThan(rows)) = count;
                    self.pages.expect(usize::try_from(rows).unwrap_or(usize::MAX));
                }
                // Something else is asked by now.
                Err(HistoryError::Interrupted) => {}
                Err(problem) => {
                    tracing::warn!(%problem, "the history can’t be searched");
                    (self.page, self.counting) = (None, None);
                    self.problem = Some(visible(&problem.to_string()).into_owned());
                    news = News::Else;
                }
            }
        }
        news
    }

    fn grouping(&self) -> Grouping {
        match self.order {
            Order::Newest => Grouping::ByDay,
            Order::Name | Order::Size => Grouping::None,
        }
    }

    /// True where everything is asked for.
    pub fn is_unfiltered(&self) -> bool {
        self.words.trim().is_empty() && self.filters.is_empty()
    }

    /// How many there are, in words; empty while that isn’t known.
    pub fn counted(&self) -> String {
        match self.count {
            _ if self.problem.is_some() => String::new(),
            None => String::new(),
            Some(Count::Exactly(rows)) => text::count(rows, "entry", "entries"),
            Some(Count::MoreThan(rows)) => format!("more than {}", text::count(rows, "entry", "entries")),
        }
    }
}
