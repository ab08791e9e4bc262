//! How much each source may log: a pure function of time.
//!
//! Knows sources, levels and moments. Must not know where lines go, nor who asks.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tracing::Level;

/// Sources that are told apart. Ours are fewer than two hundred; what a library makes up must not fill memory.
const MAX_SOURCES: usize = 1000;
/// Time between two looks at which of so many can be forgotten.
const LOOK: Duration = Duration::from_secs(1);

/// What a source may log: `burst` lines at once, each of which it has back after `each`.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    burst: u32,
    each: Duration,
}

/// A hundred lines show what is going on, and six a minute that it still does. A source that is driven
/// without end, as garbage connections drive the one that turns them away, so logs some 2 MB a day, and
/// all that strangers can drive together need most of a day to push out what was logged before.
const USUAL: Allowance = Allowance { burst: 100, each: Duration::from_secs(10) };
/// Somebody has asked for these to look into something, which takes more lines.
const TALKATIVE: Allowance = Allowance { burst: 1000, each: Duration::from_secs(1) };

impl Allowance {
    fn of(level: Level) -> Self {
        match level {
            Level::ERROR | Level::WARN | Level::INFO => USUAL,
            Level::DEBUG | Level::TRACE => TALKATIVE,
        }
    }
}

/// One place in the sources of the program or of a library. Each has an allowance of its own, so no
/// other can crowd it out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub level: Level,
    pub target: String,
    pub line: Option<u32>,
}

impl Source {
    /// What shares an allowance when there are too many sources; never with those of another level.
    fn any(level: Level) -> Self {
        Self { level, target: String::new(), line: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Log,
    LeaveOut,
    /// As [`Answer::LeaveOut`]; and nothing of this source has been left out since that was last told.
    LeaveOutFirst,
}

/// What was left out of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub lines: u64,
    pub since: Instant,
    pub level: Level,
    /// The first of the lines.
    pub example: String,
}

/// All sources that have logged lately.
#[derive(Default)]
pub struct Allowances {
    sources: HashMap<Source, State>,
    looked: Option<Instant>,
}

struct State {
    /// When its allowance is whole again, if it logs nothing until then.
    whole: Instant,
    left_out: Option<LeftOut>,
}

impl Allowances {
    pub fn ask(&mut self, source: &Source, now: Instant) -> Answer {
        let level = source.level;
        let Allowance { burst, each } = Allowance::of(level);
        let state = self.state(source, now);
        let owed = state.whole.saturating_duration_since(now);
        if owed <= each * (burst - 1) {
            state.whole = now + owed + each;
            return Answer::Log;
        }
        if let Some(left_out) = &mut state.left_out {
            left_out.lines += 1;
            return Answer::LeaveOut;
        }
        state.left_out = Some(LeftOut { lines: 1, since: now, level, example: String::new() });
        Answer::LeaveOutFirst
    }

    /// The line after whose [`Answer::LeaveOutFirst`] others like it are told of.
    pub fn remember(&mut self, source: &Source, example: String) {
        let state = match self.sources.get_mut(source) {
            None => self.sources.get_mut(&Source::any(source.level)),
            state => state,
        };
        if let Some(left_out) = state.and_then(|state| state.left_out.as_mut()) {
            left_out.example = example;
        }
    }

    /// Takes what has been left out since this was last asked, the most first.
    pub fn left_out(&mut self) -> Vec<LeftOut> {
        let mut left_out: Vec<_> =
            self.sources.values_mut().filter_map(|state| state.left_out.take()).collect();
        left_out.sort_by_key(|left_out| std::cmp::Reverse(left_out.lines));
        left_out
    }

    fn state(&mut self, source: &Source, now: Instant) -> &mut State {
        let is_full = |sources: &HashMap<_, _>| sources.len() >= MAX_SOURCES && !sources.contains_key(source);
        let may_look = self.looked.is_none_or(|then| now.saturating_duration_since(then) >= LOOK);
        if may_look && is_full(&self.sources) {
            self.looked = Some(now);
            // Whoever has a whole allowance is as good as new.
            self.sources.retain(|_, state| state.whole > now || state.left_out.is_some());
        }
        let source = if is_full(&self.sources) { Source::any(source.level) } else { source.clone() };
        self.sources.entry(source).or_insert(State { whole: now, left_out: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(level: Level, line: u32) -> Source {
        Source { level, target: "airlift::engine".to_owned(), line: Some(line) }
    }

    /// How many of so many lines at one moment are logged.
    fn logged(allowances: &mut Allowances, source: &Source, lines: u32, now: Instant) -> usize {
        (0..lines).filter(|_| allowances.ask(source, now) == Answer::Log).count()
    }

    #[test]
    fn a_source_has_a_burst_and_then_a_line_each_ten_seconds_and_after_a_pause_a_burst_again() {
        let (mut all, begin) = (Allowances::default(), Instant::now());
        let at = |seconds| begin + Duration::from_secs(seconds);
        let flood = source(Level::INFO, 1);
        assert_eq!(logged(&mut all, &flood, 10_000, at(0)), 100);
        assert_eq!(logged(&mut all, &flood, 10_000, at(9)), 0);
        assert_eq!(logged(&mut all, &flood, 10_000, at(10)), 1);
        assert_eq!(logged(&mut all, &flood, 10_000, at(70)), 6);
        assert_eq!(logged(&mut all, &flood, 10_000, at(5000)), 100);
    }

    #[test]
    fn a_day_of_a_flood_is_as_many_lines_as_the_allowance_says() {
        let (mut all, begin) = (Allowances::default(), Instant::now());
        let flood = source(Level::WARN, 1);
        let day = (0..86_400).map(|second| logged(&mut all, &flood, 20, begin + Duration::from_secs(second)));
        assert_eq!(day.sum::<usize>(), 100 + 8639);
    }

    #[test]
    fn no_source_takes_anothers_lines_nor_one_level_those_of_another() {
        let (mut all, now) = (Allowances::default(), Instant::now());
        assert_eq!(logged(&mut all, &source(Level::INFO, 1), 10_000, now), 100);
        assert_eq!(logged(&mut all, &source(Level::INFO, 2), 10, now), 10);
        assert_eq!(logged(&mut all, &source(Level::ERROR, 1), 10, now), 10);
        assert_eq!(logged(&mut all, &source(Level::DEBUG, 3), 10_000, now), 1000);
    }

    #[test]
    fn what_is_left_out_is_counted_once_with_the_first_of_its_lines() {
        let (mut all, begin) = (Allowances::default(), Instant::now());
        let (loud, quiet) = (source(Level::INFO, 1), source(Level::ERROR, 2));
        logged(&mut all, &loud, 100, begin);
        assert_eq!(all.ask(&quiet, begin), Answer::Log);
        assert_eq!(all.left_out(), []);
        let now = begin + Duration::from_secs(1);
        assert_eq!(all.ask(&loud, now), Answer::LeaveOutFirst);
        all.remember(&loud, "turned away".to_owned());
        logged(&mut all, &loud, 41, now + Duration::from_secs(2));
        let left_out =
            LeftOut { lines: 42, since: now, level: Level::INFO, example: "turned away".to_owned() };
        assert_eq!(all.left_out(), [left_out]);
        assert_eq!(all.left_out(), []);
        assert_eq!(all.ask(&loud, now), Answer::LeaveOutFirst);
    }

    #[test]
    fn sources_without_end_fill_no_memory_and_share_what_is_left_by_level() {
        let (mut all, now) = (Allowances::default(), Instant::now());
        let infos =
            (0..100_000).filter(|line| all.ask(&source(Level::INFO, *line), now) == Answer::Log).count();
        assert_eq!(infos, MAX_SOURCES + 100);
        assert_eq!(all.left_out().iter().map(|left_out| left_out.lines).sum::<u64>(), 100_000 - 1100);
        assert_eq!(all.ask(&source(Level::ERROR, 7), now), Answer::Log);
        assert!(all.sources.len() <= MAX_SOURCES + 5);
        // Those that have been quiet since make room.
        all.ask(&source(Level::INFO, 100_001), now + Duration::from_secs(11));
        assert!(all.sources.len() < 10, "{}", all.sources.len());
    }

    #[test]
    fn moments_in_the_wrong_order_are_no_harm() {
        let (mut all, begin) = (Allowances::default(), Instant::now());
        let one = source(Level::INFO, 1);
        assert_eq!(all.ask(&one, begin + Duration::from_secs(100)), Answer::Log);
        assert_eq!(all.ask(&one, begin), Answer::Log);
    }
}
