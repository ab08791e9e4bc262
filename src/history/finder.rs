//! Who answers while somebody types: on a thread of its own, which gives up what is not wanted any more.

use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use rusqlite::InterruptHandle;

use super::{
    error::HistoryError,
    page::{Count, Cursor, Page},
    query::Query,
    reader::Reader,
};

/// A question to the [`Finder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub query: Query,
    /// Where an earlier page ended.
    pub after: Option<Cursor>,
    /// Rows at most, 1 to 10,000.
    pub limit: usize,
    pub counting: Counting,
}

/// Whether all rows are to be counted as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    Counted,
    NotCounted,
}

/// Tells which question an answer is to. Later ones are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// An answer to the newest question. The page comes first, the count after it.
#[derive(Debug)]
pub struct Answer {
    pub to: Ticket,
    pub found: Result<Found, HistoryError>,
}

#[derive(Debug)]
pub enum Found {
    Page(Page),
    Count(Count),
}

/// Owns a thread and its [`Reader`]. Ends it when it is dropped.
pub struct Finder {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

/// Where questions and answers lie.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    /// Rings when there is a question, or no more will come.
    ring: Condvar,
}

#[derive(Default)]
struct State {
    newest: Ticket,
    /// Not begun with.
    asked: Option<Asked>,
    /// To the newest question, so at most two.
    answers: VecDeque<Answer>,
    /// Stops the question that is begun with.
    stopper: Option<InterruptHandle>,
    open: Open,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Open,
    Closed,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a question; `None` when no more will come.
    fn next(&self) -> Option<(Ticket, Asked)> {
        let mut state = self.state();
        loop {
            if state.open == Open::Closed {
                return None;
            }
            if let Some(asked) = state.asked.take() {
                return Some((state.newest, asked));
            }
            state = self.ring.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether nobody has asked anything else since, and somebody may.
    fn wants_no_other(&self) -> bool {
        let state = self.state();
        state.open == Open::Open && state.asked.is_none()
    }

    /// Whether anybody still wants to know. From then on it can be stopped.
    fn begin(&self, ticket: Ticket, stopper: Option<InterruptHandle>) -> bool {
        let mut state = self.state();
        state.stopper = stopper;
        state.open == Open::Open && state.newest == ticket
    }

    /// Whether anybody still wants to know.
    fn put(&self, answer: Answer) -> bool {
        let mut state = self.state();
        let is_wanted = state.open == Open::Open && state.newest == answer.to;
        if is_wanted {
            state.answers.push_back(answer);
        }
        is_wanted
    }
}

impl Finder {
    /// `wake` is called, from the thread, whenever there is an answer to be fetched.
    ///
    /// # Errors
    /// When the system has no thread. What is wrong with the history is said in the answers.
    pub fn start(home: &Path, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let (its, home) = (Arc::clone(&desk), home.to_owned());
        let thread = thread::Builder::new().name("finder".to_owned());
        let thread = thread.spawn(move || answer_all(&its, &home, wake))?;
        Ok(Self { desk, thread: Some(thread) })
    }

    /// Asks, and gives up what was asked before, with its answers. Never blocks.
    #[expect(clippy::must_use_candidate, reason = "it is asked all the same")]
    pub fn ask(&self, asked: Asked) -> Ticket {
        let mut state = self.desk.state();
        state.newest.0 += 1;
        state.asked = Some(asked);
        state.answers.clear();
        if let Some(stopper) = &state.stopper {
            stopper.interrupt();
        }
        self.desk.ring.notify_one();
        state.newest
    }

    /// The next answer to the newest question, if it is there. Never blocks.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        self.desk.state().answers.pop_front()
    }
}

impl Drop for Finder {
    fn drop(&mut self) {
        {
            let mut state = self.desk.state();
            state.open = Open::Closed;
            if let Some(stopper) = &state.stopper {
                stopper.interrupt();
            }
            self.desk.ring.notify_one();
        }
        if let Some(thread) = self.thread.take() {
            // It had no way to fail but a defect, which has been told.
            let _ = thread.join();
        }
    }
}

fn answer_all(desk: &Arc<Desk>, home: &Path, wake: impl Fn()) {
    let mut reader = None;
    while let Some((to, asked)) = desk.next() {
        let open = reader.take().map_or_else(
            || {
                let asks = Arc::clone(desk);
                Reader::open_while(home, move || asks.wants_no_other())
            },
            Ok,
        );
        let tell = |found| {
            let is_wanted = desk.put(Answer { to, found });
            if is_wanted {
                wake();
            }
            is_wanted
        };
        let reader = match open {
            Ok(open) => reader.insert(open),
            Err(problem) => {
                tell(Err(problem));
                continue;
            }
        };
        let stopper = match reader.stopper() {
            Ok(stopper) => stopper,
            Err(problem) => {
                tell(Err(problem));
                continue;
            }
        };
        if !desk.begin(to, stopper) {
            continue;
        }
        let page = reader.page(&asked.query, asked.after.as_ref(), asked.limit);
        let is_told = page.is_ok();
        if tell(page.map(Found::Page)) && is_told && asked.counting == Counting::Counted {
            tell(reader.count(&asked.query).map(Found::Count));
        }
    }
}
