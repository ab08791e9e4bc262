//! All that runs, in two lines and a number.
//!
//! Knows rows. Must not know where it is shown.

use std::time::Duration;

use super::row::Row;
use crate::model::text;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum {
    /// How many have not ended, whether they flow or rest.
    pub running: usize,
    /// `2 running · 71 MB/s`; empty while nothing is to be told.
    pub headline: String,
    /// What else there is to know of it.
    pub about: String,
    /// How far all that flows is, together; `None` where that isn't known.
    pub fraction: Option<f32>,
    /// What all move together, in a second; empty while nothing flows.
    pub rate: String,
}

impl Sum {
    pub fn of(rows: &[Row]) -> Self {
        let live: Vec<&Row> = rows.iter().filter(|row| !row.is_finished() && !row.is_left()).collect();
        let asked = live.iter().filter(|row| row.asks()).count();
        let flowing: Vec<&&Row> = live.iter().filter(|row| row.flows()).collect();
        let rate: f64 = flowing.iter().map(|row| row.speed.rate).sum();
        let (done, total) = flowing.iter().fold((0_u64, Some(0_u64)), |(done, total), row| {
            let its = row.speed.total;
            (
                done.saturating_add(row.speed.bytes),
                total.zip(its).map(|(total, its)| total.saturating_add(its)),
            )
        });
        let total = total.filter(|total| *total > 0);
        #[expect(clippy::cast_precision_loss, reason = "for a ring and an estimate")]
        let left = total
            .filter(|_| rate >= 1.0)
            .and_then(|total| Duration::try_from_secs_f64(total.saturating_sub(done) as f64 / rate).ok());
        let shown_rate = if flowing.is_empty() { String::new() } else { text::rate(rate) };
        let running = format!("{} running", live.len());
        let headline = match (asked, live.len()) {
            (0, 0) => String::new(),
            (0, _) if flowing.is_empty() => running,
            (0, _) => format!("{running} · {shown_rate}"),
            (asked, _) => text::count(asked as u64, "offer waits for you", "offers wait for you"),
        };
        let about = match (left, live.len() - asked) {
            _ if asked > 0 && live.len() > asked => running_beside(live.len() - asked),
            (Some(left), _) => format!("{} left", text::duration(left)),
            (None, 1) => live.first().map_or(String::new(), |row| row.title.clone()),
            (None, _) => String::new(),
        };
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "for a ring")]
        let fraction = total.map(|total| (done as f64 / total as f64).min(1.0) as f32);
        Self { running: live.len(), headline, about, fraction, rate: shown_rate }
    }
}

fn running_beside(count: usize) -> String {
    format!("{count} running")
}
