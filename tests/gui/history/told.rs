//! A history that is made up, and the page that shows it.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use airlift::{
    engine::{
        Snapshot, Wake,
        history::{
            Asked, Became, Count, Cursor, Device, Ending, Found, HistoryError, Item, Page, Query, Row, RowId,
            TransferRow,
        },
    },
    gui::{Find, Past},
    model::{ContentKind, DeviceId, Digest, Direction, Problem, ProblemKind, Screening, Side, TransferId},
};
use egui::{Key, accesskit::Role};
use egui_kittest::{
    Node,
    kittest::{NodeT as _, Queryable as _},
};

use crate::bench::{Bench, snapshot};

pub fn id(number: usize) -> RowId {
    number.to_string().parse().unwrap()
}

/// A file that came from Anna.
pub fn row(number: usize, name: &str) -> Row {
    Row {
        id: id(number),
        when: SystemTime::now() - Duration::from_mins(1),
        item: Item::File,
        name: name.to_owned(),
        folder: String::new(),
        place: Some(PathBuf::from("/srv/inbox").join(name)),
        size: Some(4_210_000),
        kind: ContentKind::Document,
        direction: Direction::Receive,
        device: Device { id: Some(DeviceId::of_public_key(b"Anna")), name: "Anna".to_owned() },
        became: Became::Stored,
        screening: Screening::Clean,
        digest: Some(Digest([7; 32])),
        side: None,
        why: None,
        transfer: TransferRow {
            id: TransferId([1; 16]),
            began: SystemTime::now() - Duration::from_secs(62),
            ended: Some(SystemTime::now() - Duration::from_mins(1)),
            ending: Ending::Complete,
            took: Duration::from_secs(2),
            bytes: 4_210_000,
            why: None,
        },
    }
}

pub type Answers = fn(&Asked, &[Row]) -> Vec<Result<Found, HistoryError>>;

/// A history that says what it is told to say, and remembers what it was asked.
#[derive(Clone)]
pub struct Told {
    rows: Arc<Vec<Row>>,
    pub asked: Arc<Mutex<Vec<Asked>>>,
    pub answers: Answers,
}

/// One who answers for it.
pub struct Teller {
    told: Told,
    due: Vec<Result<Found, HistoryError>>,
}

/// Rows whose name holds what is typed.
pub fn by_name(asked: &Asked, rows: &[Row]) -> Vec<Result<Found, HistoryError>> {
    let found: Vec<_> = rows.iter().filter(|row| row.name.contains(&asked.query.words)).cloned().collect();
    let count = Count::Exactly(found.len() as u64);
    vec![Ok(Found::Page(Page { rows: found, next: None })), Ok(Found::Count(count))]
}

/// A million, of which nobody holds more than is asked for.
pub fn a_million(asked: &Asked, _: &[Row]) -> Vec<Result<Found, HistoryError>> {
    const ALL: usize = 1_000_000;
    let first = match &asked.after {
        None => ALL,
        Some(after) => (1..=ALL).rev().find(|number| Cursor::newest(id(*number)) == *after).unwrap() - 1,
    };
    let rows: Vec<_> =
        (1..=first).rev().take(asked.limit).map(|number| row(number, &format!("file {number}"))).collect();
    let next = rows.last().map(|row| Cursor::newest(row.id));
    vec![Ok(Found::Page(Page { rows, next })), Ok(Found::Count(Count::MoreThan(Count::MOST)))]
}

impl Told {
    pub fn new(rows: Vec<Row>) -> Self {
        Self { rows: Arc::new(rows), asked: Arc::default(), answers: by_name }
    }

    pub fn last(&self) -> Query {
        self.asked.lock().unwrap().last().expect("something was asked").query.clone()
    }

    pub fn times(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Past for Told {
    fn finder(&self, _: Wake) -> std::io::Result<Box<dyn Find>> {
        Ok(Box::new(Teller { told: self.clone(), due: Vec::new() }))
    }
}

impl Find for Teller {
    fn ask(&mut self, asked: Asked) {
        self.due = (self.told.answers)(&asked, &self.told.rows);
        self.due.reverse();
        self.told.asked.lock().unwrap().push(asked);
    }

    fn answer(&mut self) -> Option<Result<Found, HistoryError>> {
        self.due.pop()
    }
}

pub const SIZE: [f32; 2] = [1040.0, 760.0];

pub fn page_of(told: &Told, snapshot: Snapshot, size: [f32; 2]) -> Bench {
    let mut bench = Bench::over(Box::new(told.clone()), snapshot, size);
    bench.press("History");
    bench
}

pub fn page(told: &Told) -> Bench {
    page_of(told, snapshot(), SIZE)
}

/// The names of the rows on the screen, from the top.
pub fn rows(bench: &Bench) -> Vec<String> {
    let rows = bench.window.query_all_by_role(Role::ListBoxOption);
    let mut rows: Vec<_> =
        rows.map(|row| (row.rect().top(), row.accesskit_node().label().unwrap())).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, label)| label.split(',').next().unwrap().to_owned()).collect()
}

#[track_caller]
pub fn open_row(bench: &mut Bench, name: &str) {
    let is_it = |row: &Node<'_>| row.accesskit_node().label().is_some_and(|label| label.starts_with(name));
    let row = bench.window.query_all_by_role(Role::ListBoxOption).find(is_it);
    row.unwrap_or_else(|| panic!("no row {name}")).click();
    bench.window.run();
}

pub fn choose(bench: &mut Bench, chip: &str, entry: &str) {
    bench.press(chip);
    let choice = bench.window.query_all_by_label(entry).last().expect("an entry of the menu");
    choice.click();
    bench.window.run();
}

pub fn key(bench: &mut Bench, key: Key) {
    bench.window.key_press(key);
    bench.window.run();
}

pub fn problem(text: &str) -> Problem {
    Problem { side: Side::Here, kind: ProblemKind::Files, text: text.to_owned() }
}

/// Turns the wheel down by 2,000 points, and shows every frame until that is over. How many there were.
pub fn wheel(bench: &mut Bench) -> u64 {
    bench.window.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, -2_000.0),
        modifiers: egui::Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    });
    bench.window.run()
}
