//! A thread that says, a minute later, what was left out.
//!
//! Knows when to say it, and in which words. Must not know why it was left out.

use std::{
    io::Write,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use jiff::Timestamp;
use tracing::Level;
use tracing_appender::non_blocking::ErrorCounter;

use super::{
    allowance::LeftOut,
    limit::{Bell, Limit},
};
use crate::model::text;

/// From the first line that is left out until that is told.
const LATER: Duration = Duration::from_mins(1);

#[must_use]
pub fn bell() -> (SyncSender<Bell>, Receiver<Bell>) {
    sync_channel(1)
}

/// A place that lines go to, and what is known of those that don't get there.
pub struct Output {
    pub limit: Limit,
    pub writer: Box<dyn Write + Send>,
    /// Counts the lines that found the queue to the disk full.
    pub queue: Option<ErrorCounter>,
    /// How many of these have been told of.
    pub told: usize,
}

impl Output {
    fn tell(&mut self, now: Instant) {
        let left_out = self.limit.left_out();
        let mut lines: Vec<_> = left_out.iter().map(|left_out| words(left_out, now)).collect();
        let lost = self.queue.as_ref().map_or(0, ErrorCounter::dropped_lines);
        if lost > self.told {
            let count = text::count(lines_of(lost - self.told), "line", "lines");
            lines.push(format!("{count} found no room to wait for the disk, and were left out"));
            self.told = lost;
        }
        for line in lines {
            // There is no other place to say that it can't be said.
            let _ = self.writer.write_all(notice(SystemTime::now(), &line).as_bytes());
        }
    }
}

/// Tells until it is dropped, and at that moment for the last time.
pub struct Teller {
    bell: SyncSender<Bell>,
    thread: Option<JoinHandle<()>>,
}

impl Teller {
    pub fn start(bell: SyncSender<Bell>, hears: Receiver<Bell>, outputs: Vec<Output>) -> Self {
        let thread = thread::Builder::new().name("log".to_owned());
        // Without a thread nothing is told, and everything else goes on.
        Self { bell, thread: thread.spawn(move || tell(&hears, outputs)).ok() }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        let _ = self.bell.send(Bell::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn tell(hears: &Receiver<Bell>, mut outputs: Vec<Output>) {
    loop {
        // While nothing is left out there is nothing to wake up for.
        let is_over = !matches!(hears.recv(), Ok(Bell::LeftOut)) || ends_within(hears, LATER);
        for output in &mut outputs {
            output.tell(Instant::now());
        }
        if is_over {
            return;
        }
    }
}

fn ends_within(hears: &Receiver<Bell>, time: Duration) -> bool {
    let until = Instant::now() + time;
    loop {
        match hears.recv_timeout(until.saturating_duration_since(Instant::now())) {
            // Told with the others.
            Ok(Bell::LeftOut) => {}
            Ok(Bell::End) | Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
}

fn words(left_out: &LeftOut, now: Instant) -> String {
    let LeftOut { lines, since, level, example } = left_out;
    let count = text::count(*lines, "more line", "more lines");
    let time = text::duration(Duration::from_secs(now.saturating_duration_since(*since).as_secs().max(1)));
    let were = if *lines == 1 { "was" } else { "were" };
    format!("{count} like this {were} left out within {time}: {level} {example}")
}

/// A line of the log that no filter sees, in the form of all others.
pub fn notice(now: SystemTime, said: &str) -> String {
    let time = Timestamp::try_from(now).unwrap_or_default();
    format!("{time:.6} {:>5} airlift::logging: {said}\n", Level::WARN)
}

fn lines_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_told_in_a_sentence() {
        let since = Instant::now();
        let example = "airlift::engine: turned away address=192.0.2.7:4".to_owned();
        let left_out = LeftOut { lines: 12_345, since, level: Level::INFO, example };
        assert_eq!(
            words(&left_out, since + Duration::from_mins(1)),
            "12,345 more lines like this were left out within 1 min 00 s: \
             INFO airlift::engine: turned away address=192.0.2.7:4"
        );
        let one = LeftOut { lines: 1, ..left_out };
        assert!(words(&one, since).starts_with("1 more line like this was left out within 1 s: "));
    }

    #[test]
    fn a_notice_looks_like_every_other_line() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_001);
        assert_eq!(notice(now, "so"), "2023-11-14T22:13:20.000001Z  WARN airlift::logging: so\n");
    }
}
