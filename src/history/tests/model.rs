//! Random histories and random questions, beside a list that is looked through from its beginning to its end.

use std::{collections::BTreeMap, path::PathBuf, time::SystemTime};

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{all, at, device, home};
use crate::{
    history::{
        Became, Count, Device, DeviceIs, Ending, FileEntry, History, Item, Later, Order, Query, Reader, Row,
        RowId, Screened, TransferRecord, Which, fold, search::Effort,
    },
    model::{
        Caught, ContentKind, Digest, Direction, FileFate, FileRecord, NotScanned, Screening, Side, TransferId,
    },
};

/// What is known of a row without any table.
#[derive(Clone, Debug)]
struct Listed {
    second: u64,
    /// Within its second.
    turn: u64,
    transfer: (u8, Direction),
    /// `None` for the transfer itself.
    path: Option<String>,
    name: String,
    folder: String,
    size: Option<u64>,
    kind: ContentKind,
    became: Became,
    screening: Screening,
    digest: Option<Digest>,
    failed: Option<(Side, String)>,
    /// Something was done with it after it had come; `Some(true)` when that says why by itself.
    later: Option<bool>,
}

/// The list.
#[derive(Clone, Debug, Default)]
struct Naive {
    rows: Vec<Listed>,
    /// What was recorded of each last.
    transfers: BTreeMap<(u8, u8), (Device, Ending)>,
    /// How each was called last, and when.
    devices: BTreeMap<String, (Device, u64)>,
}

fn which(transfer: (u8, Direction)) -> (u8, u8) {
    (transfer.0, u8::from(transfer.1 == Direction::Send))
}

fn key(device: &Device) -> String {
    device.id.map_or_else(|| format!("called {}", device.name), |id| id.to_string())
}

fn screening(fate: &FileFate) -> Screening {
    match fate {
        FileFate::Stored { screening, .. } => screening.clone(),
        FileFate::Held { why, .. } => Screening::NotScanned(why.clone()),
        FileFate::Infected { name, .. } => Screening::Infected(name.clone()),
        _ => Screening::Off,
    }
}

fn digest(fate: &FileFate) -> Option<Digest> {
    match fate {
        FileFate::Stored { digest, .. }
        | FileFate::Already { digest }
        | FileFate::Held { digest, .. }
        | FileFate::Infected { digest, .. } => *digest,
        FileFate::Failed { .. } | FileFate::LeftOut => None,
    }
}

fn failed(fate: &FileFate) -> Option<(Side, String)> {
    match fate {
        FileFate::Failed { side, why } => Some((*side, why.clone())),
        _ => None,
    }
}

impl Listed {
    /// True when a fate that is told is no news.
    fn knows(&self, FileRecord { fate, size, .. }: &FileRecord) -> bool {
        let has_come =
            matches!(fate, FileFate::Stored { .. } | FileFate::Held { .. } | FileFate::Infected { .. });
        let is_that = self.digest.is_some() && self.digest == digest(fate);
        let is_so = (self.became, &self.screening, &self.failed)
            == (Became::of(fate), &screening(fate), &failed(fate))
            && self.later != Some(true)
            && (self.digest.is_none() || digest(fate).is_none() || is_that);
        // Another attempt only knows how it came.
        is_so && self.size == *size || self.later.is_some() && has_come && is_that
    }

    fn later(&mut self, later: &Later) {
        self.later = Some(matches!(later, Later::Stuck { .. } | Later::Deleted));
        let (became, screening) = match later {
            Later::LetIn { screening, .. } => (Became::Stored, screening.clone()),
            Later::Stuck { found, .. } => (Became::Stored, Screening::Infected(found.clone())),
            Later::KeptApart(Caught::Infected(name)) => (Became::Infected, Screening::Infected(name.clone())),
            Later::KeptApart(Caught::Held(why)) => (Became::Held, Screening::NotScanned(why.clone())),
            Later::Deleted => return,
        };
        (self.became, self.screening, self.failed) = (became, screening, None);
    }
}

impl Naive {
    fn record(&mut self, told: &Told) {
        let transfer = (told.transfer, told.direction);
        let (second, device) = (told.second, told.device());
        let known = self.devices.entry(key(&device)).or_insert_with(|| (device.clone(), second));
        if second >= known.1 {
            *known = (device.clone(), second);
        }
        self.transfers.insert(which(transfer), (device, told.ending));
        if told.files.is_empty() {
            let is_known = self.rows.iter().any(|row| row.transfer == transfer && row.path.is_some());
            let became = Became::of_whole(told.ending);
            let is_listed =
                |row: &Listed| row.transfer == transfer && row.became == became && row.name == told.called;
            if !is_known && !self.rows.iter().any(is_listed) {
                self.rows.retain(|row| row.transfer != transfer);
                self.list(Listed {
                    second,
                    turn: 0,
                    transfer,
                    path: None,
                    name: told.called.clone(),
                    folder: String::new(),
                    size: None,
                    kind: ContentKind::Other,
                    became,
                    screening: Screening::Off,
                    digest: None,
                    failed: None,
                    later: None,
                });
            }
        }
        for FileEntry { record, kind } in &told.files {
            self.rows.retain(|row| row.transfer != transfer || row.path.is_some());
            let same =
                |row: &&mut Listed| row.transfer == transfer && row.path.as_ref() == Some(&record.path);
            if let Some(row) = self.rows.iter_mut().find(same)
                && row.knows(record)
            {
                row.digest = row.digest.or(digest(&record.fate));
                row.kind = if *kind == ContentKind::Other { row.kind } else { *kind };
                continue;
            }
            self.rows.retain(|row| row.transfer != transfer || row.path.as_ref() != Some(&record.path));
            let (folder, name) = record.path.rsplit_once('/').unwrap_or(("", &record.path));
            self.list(Listed {
                second,
                turn: 0,
                transfer,
                path: Some(record.path.clone()),
                name: name.to_owned(),
                folder: folder.to_owned(),
                size: record.size,
                kind: *kind,
                became: Became::of(&record.fate),
                screening: screening(&record.fate),
                digest: digest(&record.fate),
                failed: failed(&record.fate),
                later: None,
            });
        }
        self.forget();
    }

    fn list(&mut self, row: Listed) {
        let turns = self.rows.iter().filter(|other| other.second == row.second).map(|other| other.turn + 1);
        let turn = turns.max().unwrap_or(0);
        self.rows.push(Listed { turn, ..row });
        self.rows.sort_by_key(|row| std::cmp::Reverse((row.second, row.turn)));
    }

    /// What nothing is left of, is nowhere.
    fn forget(&mut self) {
        let rows = &self.rows;
        self.transfers.retain(|transfer, _| rows.iter().any(|row| which(row.transfer) == *transfer));
        let transfers = &self.transfers;
        self.devices.retain(|known, _| transfers.values().any(|(device, _)| key(device) == *known));
    }

    fn device(&self, row: &Listed) -> &Device {
        &self.transfers[&which(row.transfer)].0
    }

    fn is_meant(&self, row: &Listed, query: &Query) -> bool {
        let device = self.device(row);
        let texts = [&row.name, &row.folder, &device.name].map(|text| fold::fold(text));
        let words = fold::words(&query.words);
        let seconds = |time: SystemTime| time.duration_since(at(0)).unwrap().as_secs();
        words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
            && query.kind.is_none_or(|kind| kind == row.kind)
            && query.direction.is_none_or(|direction| direction == row.transfer.1)
            && query.outcome.is_none_or(|became| became == row.became)
            && query.screening.is_none_or(|screened| screened == Screened::of(&row.screening))
            && query.since.is_none_or(|since| row.second >= seconds(since))
            && query.until.is_none_or(|until| row.second < seconds(until))
            && query.larger.is_none_or(|larger| row.size.is_some_and(|size| size > larger))
            && query.smaller.is_none_or(|smaller| row.size.is_some_and(|size| size < smaller))
            && query.device.as_ref().is_none_or(|asked| match asked {
                DeviceIs::Id(id) => device.id == Some(*id),
                DeviceIs::Called(name) => {
                    fold::fold(&self.devices[&key(device)].0.name) == fold::fold(name.trim())
                }
            })
    }

    fn answer(&self, query: &Query) -> Vec<&Listed> {
        let mut found: Vec<_> = self.rows.iter().filter(|row| self.is_meant(row, query)).collect();
        let text = |row: &&Listed| fold::row(&row.name, &row.folder, &self.device(row).name);
        // The newest come first already, and stay so.
        match query.order {
            Order::Newest => {}
            Order::Name => found.sort_by_key(text),
            Order::Size => found.sort_by_key(|row| std::cmp::Reverse(row.size.map_or(-1, i128::from))),
        }
        found
    }
}

/// What is recorded at once.
#[derive(Clone, Debug)]
struct Told {
    transfer: u8,
    direction: Direction,
    device: u8,
    second: u64,
    ending: Ending,
    called: String,
    files: Vec<FileEntry>,
}

impl Told {
    fn device(&self) -> Device {
        match self.device {
            0 => Device { id: None, name: "Guest 写".to_owned() },
            1 => device(1, "Anna’s laptop"),
            2 => device(1, "ANNA’S LAPTOP"),
            _ => device(2, "büro"),
        }
    }

    fn record(&self) -> TransferRecord {
        TransferRecord {
            id: TransferId([self.transfer; 16]),
            direction: self.direction,
            device: self.device(),
            called: self.called.clone(),
            ending: self.ending,
            ..super::transfer(0, self.second)
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    Record(Told),
    /// Which rows of those that are listed, counted from the newest.
    Remove(Vec<usize>),
    Forget(u64),
    Clear,
    Later(usize, Later),
}

fn direction() -> impl Strategy<Value = Direction> {
    select(&[Direction::Send, Direction::Receive][..])
}

fn scan() -> impl Strategy<Value = Screening> {
    select(vec![
        Screening::Off,
        Screening::Clean,
        Screening::NotScanned(NotScanned::TooLarge),
        Screening::Infected("Eins.Zwei \"3\"".to_owned()),
    ])
}

fn fate() -> impl Strategy<Value = FileFate> {
    let digest = || Some(Digest([3; 32]));
    prop_oneof![
        3 => scan().prop_map(move |screening| FileFate::Stored { digest: digest(), screening }),
        1 => Just(FileFate::Already { digest: digest() }),
        1 => Just(FileFate::Held { digest: digest(), why: NotScanned::Locked }),
        1 => Just(FileFate::Infected { digest: digest(), name: "Drei".to_owned() }),
        1 => Just(FileFate::Failed { side: Side::There, why: "It can’t be read.".to_owned() }),
        1 => Just(FileFate::LeftOut),
    ]
}

fn later() -> impl Strategy<Value = Later> {
    let found = || "Drei".to_owned();
    let at = || PathBuf::from("/in/a");
    prop_oneof![
        3 => scan().prop_map(move |screening| Later::LetIn { at: at(), screening }),
        1 => Just(Later::Stuck { at: at(), found: found(), why: "It is shut.".to_owned() }),
        1 => Just(Later::KeptApart(Caught::Infected(found()))),
        1 => Just(Later::KeptApart(Caught::Held(NotScanned::Locked))),
        1 => Just(Later::Deleted),
    ]
}

/// Characters that mean something somewhere.
const NASTY: &str = "\"-*AND:()^{}+,.'%_\\ NEARO|a\0\u{1}\u{2}\u{301}\u{fffa}\u{200d}写真がก한😀é/";

fn nasty(most: usize) -> impl Strategy<Value = String> {
    vec(select(NASTY.chars().collect::<Vec<_>>()), 0..most).prop_map(String::from_iter)
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec![
            "a.txt", "Ab.txt", "img_1.jpg", "img_2.jpg", "x/y/img_1.jpg", "写真/写.jpg", "Résumé final.pdf", "z",
            "holiday/写真 1.jpg", "🎉 party.png", "zq", "holiday/IMG_1.JPG", "Straße 50%.doc",
        ]).prop_map(str::to_owned),
        1 => nasty(8),
    ]
}

fn entry() -> impl Strategy<Value = FileEntry> {
    let size = option::weighted(0.9, select(&[0, 1, 5, 5, 100, 1 << 40][..]));
    (path(), size, fate(), select(&ContentKind::ALL[..])).prop_map(|(path, size, fate, kind)| FileEntry {
        record: FileRecord { path, at: None, size, fate },
        kind,
    })
}

fn told() -> impl Strategy<Value = Told> {
    let ending = select(vec![
        Ending::NotYet,
        Ending::Complete,
        Ending::Declined(Side::There),
        Ending::Cancelled(Side::Here),
        Ending::Failed(Side::Here),
    ]);
    (0u8..3, direction(), 0u8..4, 0u64..6, ending, path(), vec(entry(), 0..6)).prop_map(
        |(transfer, direction, device, second, ending, called, files)| Told {
            transfer,
            direction,
            device,
            second,
            ending,
            called,
            files,
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => told().prop_map(Act::Record),
        2 => vec(0usize..12, 0..3).prop_map(Act::Remove),
        1 => (0u64..4).prop_map(Act::Forget),
        1 => Just(Act::Clear),
        4 => (0usize..8, later()).prop_map(|(row, later)| Act::Later(row, later)),
    ]
}

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        5 => select(vec![
            "a", "ab", "txt", "写", "写真", "resume", "RÉSUMÉ", "zq", "img", "img_1", "y/img", "anna", "jpg", "z", "zz", "e",
            "g", "1", "strasse", "50%", "guest", "龘", "o",
        ]).prop_map(str::to_owned),
        1 => nasty(5),
    ];
    vec(word, 0..3).prop_map(|words| words.join(" "))
}

fn query() -> impl Strategy<Value = Query> {
    let device = select(vec![
        DeviceIs::Id(device(1, "").id.unwrap()),
        DeviceIs::Id(device(9, "").id.unwrap()),
        DeviceIs::Called(" anna’s laptop".to_owned()),
        DeviceIs::Called("Guest 写".to_owned()),
        DeviceIs::Called("buro".to_owned()),
    ]);
    let rarely = 0.25;
    let size = || option::weighted(rarely, select(&[0, 1, 4, 5, 6, 1 << 40, u64::MAX][..]));
    let time = || option::weighted(rarely, (0u64..7).prop_map(at));
    let order = select(&[Order::Newest, Order::Name, Order::Size][..]);
    let filters = (
        option::weighted(rarely, select(&ContentKind::ALL[..])),
        option::weighted(rarely, direction()),
        option::weighted(rarely, device),
        option::weighted(rarely, select(&Became::ALL[..])),
        option::weighted(rarely, select(&Screened::ALL[..])),
    );
    (words(), filters, (time(), time()), (size(), size()), order).prop_map(
        |(words, (kind, direction, device, outcome, screening), (since, until), (larger, smaller), order)| {
            Query { words, kind, direction, device, outcome, since, until, larger, smaller, screening, order }
        },
    )
}

/// What both must agree on.
fn essence(row: &Row) -> (u64, Item, String, String, Option<u64>, ContentKind, Became, Screening, Device) {
    let second = row.when.duration_since(at(0)).unwrap().as_secs();
    let Row { item, name, folder, size, kind, became, screening, device, .. } = row.clone();
    (second, item, name, folder, size, kind, became, screening, device)
}

fn do_it(act: &Act, history: &mut History, reader: &mut Reader, naive: &mut Naive) {
    // Not where nobody has to: what waits is put in by whoever reads.
    let mut id = |row: usize| {
        let listed = all(reader, &Query::default(), 50);
        listed.get(row).map_or(RowId(77), |row| row.id)
    };
    match act {
        Act::Record(told) => {
            history.record(&told.record(), &told.files).unwrap();
            naive.record(told);
        }
        Act::Remove(rows) => {
            let ids: Vec<_> = rows.iter().map(|row| id(*row)).collect();
            let before = naive.rows.len();
            let mut at = 0;
            naive.rows.retain(|_| {
                at += 1;
                !rows.contains(&(at - 1))
            });
            assert_eq!(history.remove(&ids).unwrap(), (before - naive.rows.len()) as u64);
        }
        Act::Forget(second) => {
            history.forget_before(at(*second)).unwrap();
            naive.rows.retain(|row| row.second >= *second);
        }
        Act::Clear => {
            history.clear().unwrap();
            naive.rows.clear();
        }
        Act::Later(row, later) => {
            history.later(&Which::Row(id(*row)), later).unwrap();
            if let Some(row) = naive.rows.get_mut(*row) {
                row.later(later);
            }
        }
    }
    naive.forget();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_that_of_a_list_which_is_looked_through(
        acts in vec(act(), 1..10),
        queries in vec(query(), 1..12),
        few in 0i64..6,
        walk in 0usize..6,
        limit in 1usize..5,
        at_once in select(&[0, 2, 1000][..]),
    ) {
        let home = home();
        let mut history = History::open(home.path()).unwrap();
        history.at_once = at_once;
        let mut reader = Reader::open(home.path()).unwrap();
        // So that a handful of rows are many.
        reader.effort = Effort { few, walk };
        let mut naive = Naive::default();
        for act in &acts {
            do_it(act, &mut history, &mut reader, &mut naive);
        }
        for query in queries.iter().chain([&Query::default()]) {
            let found: Vec<_> = all(&mut reader, query, limit).iter().map(essence).collect();
            let meant = naive.answer(query);
            let expected: Vec<_> = meant.iter().map(|row| {
                let item = if row.path.is_some() { Item::File } else { Item::Transfer };
                let Listed { second, name, folder, size, kind, became, screening, .. } = (*row).clone();
                (second, item, name, folder, size, kind, became, screening, naive.device(row).clone())
            }).collect();
            prop_assert_eq!(&found, &expected, "{:?}", query);
            prop_assert_eq!(reader.count(query).unwrap(), Count::Exactly(expected.len() as u64), "{:?}", query);
        }
        let mut devices: Vec<_> = naive.devices.values().map(|(device, _)| key(device)).collect();
        let mut found: Vec<_> = reader.devices().unwrap().iter().map(key).collect();
        devices.sort();
        found.sort();
        prop_assert_eq!(found, devices);
    }
}

/// As many as are asked for, or as few as a change can wait for.
fn cases() -> u32 {
    std::env::var("AIRLIFT_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(96)
}
