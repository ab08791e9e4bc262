//! What a search over the history takes from a key press to the first rows, and what recording takes:
//! `cargo bench --bench history`, with `AIRLIFT_HISTORY_ROWS=1000000` for a history that nobody fills soon.
//!
//! Beside it, in the same run: `grep` over a list of the same names, and `plocate` where it is installed. Processor time is
//! that of the one thread, and wall time says what else the machine did.
#![allow(clippy::unwrap_used, reason = "a bench that can't go on has failed")]
#![allow(clippy::print_stdout, reason = "it tells what it has measured")]

mod clock;
mod made;
mod others;

use airlift::{
    history::{Asked, Became, Counting, DeviceIs, Finder, History, Left, Order, Query, Reader, Screened},
    model::{ContentKind, Direction},
};
use clock::{Measured, measured};

/// Rows of a page, as many as a window shows at once.
const PAGE: usize = 50;
/// How often each is asked.
const TIMES: usize = 15;

fn main() {
    // `cargo test --benches` and `cargo bench -- --list` ask for something else.
    let args: Vec<_> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.iter().any(|arg| arg == "--list" || arg == "--test") {
        return;
    }
    let rows = std::env::var("AIRLIFT_HISTORY_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let home = tempfile::tempdir().unwrap();
    println!("A history of {rows} files\n");
    recorded(home.path(), rows);
    let mut reader = Reader::open(home.path()).unwrap();
    typed(&mut reader);
    kinds(&mut reader);
    pages(&mut reader);
    finder(home.path());
    others::beside(home.path(), &mut reader, rows);
    let mut history = History::open(home.path()).unwrap();
    let more = measured(1, || {
        for (transfer, files) in made::transfers(10_000, 9) {
            history.record(&transfer, &files).unwrap();
        }
    });
    println!(
        "\n10,000 files more recorded: {more}; put into the tables: {}",
        measured(1, || all_put_in(&mut history))
    );
}

/// What is recorded of many files at once waits until somebody reads, who is not to be measured with it.
fn all_put_in(history: &mut History) {
    while history.put_in().unwrap() == Left::More {}
}

fn recorded(home: &std::path::Path, rows: usize) {
    let mut history = History::open(home).unwrap();
    let mut slowest = std::time::Duration::ZERO;
    let all = measured(1, || {
        for (transfer, files) in made::transfers(rows, 1) {
            let begun = std::time::Instant::now();
            history.record(&transfer, &files).unwrap();
            slowest = slowest.max(begun.elapsed());
        }
    });
    let put_in = measured(1, || all_put_in(&mut history));
    drop(history);
    let bytes = std::fs::metadata(home.join(History::FILE)).unwrap().len();
    println!(
        "recorded: {all}, the slowest transfer {slowest:.1?}; put into the tables after that: {put_in}; the file has {} MB, {} bytes for each\n",
        bytes / 1_000_000,
        bytes / rows as u64
    );
}

fn words(words: &str) -> Query {
    Query { words: words.to_owned(), ..Query::default() }
}

/// Each key of some words, as they are typed.
fn typed(reader: &mut Reader) {
    let typed = ["img_2024", "report final", "写真", "résumé", "holiday 2023", "qxz", "0000", ".pdf anna"];
    let keys: Vec<_> = typed
        .iter()
        .flat_map(|words| {
            let ends = words.char_indices().map(|(at, c)| at + c.len_utf8());
            ends.map(|end| words[..end].to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let mut each: Vec<_> = keys
        .iter()
        .map(|key| (measured(TIMES, || reader.page(&words(key), None, PAGE).unwrap()), key))
        .collect();
    each.sort_by(|a, b| a.0.cpu.total_cmp(&b.0.cpu));
    let (middle, worst) = (&each[each.len() / 2], &each[each.len() - 1]);
    println!(
        "{} key presses to the first {PAGE} rows: median {}, worst {} (“{}”)\n",
        keys.len(),
        middle.0,
        worst.0,
        worst.1
    );
}

fn kinds(reader: &mut Reader) {
    let sorted = |order| move |query: Query| Query { order, ..query };
    let (by_name, by_size) = (sorted(Order::Name), sorted(Order::Size));
    let of = |kind, query: Query| Query { kind: Some(kind), ..query };
    let kinds: Vec<(&str, Query)> = vec![
        ("nothing", words("")),
        ("a word that is frequent", words("img_2024")),
        ("digits that are everywhere", words("000")),
        ("a word that is rare", words("写真 0417")),
        ("a word that is nowhere", words("qqqzzz")),
        ("two letters that are frequent", words("im")),
        ("two letters that are nowhere", words("qq")),
        ("one letter that is nowhere", words("ʬ")),
        ("two letters and a word", words("qz img_2024")),
        ("pictures", of(ContentKind::Picture, words(""))),
        ("sound (rare)", of(ContentKind::Sound, words(""))),
        ("infected (three)", Query { outcome: Some(Became::Infected), ..words("") }),
        (
            "sent to one device",
            Query {
                direction: Some(Direction::Send),
                device: Some(DeviceIs::Called("Büro 5".to_owned())),
                ..words("")
            },
        ),
        ("a word, and a kind that never has it", of(ContentKind::Sound, words("img_2024"))),
        ("a frequent word, and another kind that is frequent", of(ContentKind::Document, words("img_2024"))),
        (
            "not scanned and failed (nothing)",
            Query { outcome: Some(Became::Failed), screening: Some(Screened::NotScanned), ..words("") },
        ),
        ("larger than 1 GB", Query { larger: Some(1_000_000_000), ..words("") }),
        ("a word, larger than 8 GB (nothing)", Query { larger: Some(8_000_000_000), ..words("img_2024") }),
        (
            "a week two years ago",
            Query { since: Some(made::day(100)), until: Some(made::day(107)), ..words("") },
        ),
        (
            "a week two years ago, with a word",
            Query { since: Some(made::day(100)), until: Some(made::day(107)), ..words("report") },
        ),
        ("all by name", by_name(words(""))),
        ("all by size", by_size(words(""))),
        ("a frequent word by name", by_name(words("img_2024"))),
        ("a frequent word by size", by_size(words("img_2024"))),
        ("a word in a hundredth by size", by_size(words("report 77"))),
        ("texts by size (the small are the last)", by_size(of(ContentKind::Text, words("")))),
        ("two letters that are nowhere, by name", by_name(words("qq"))),
        (
            "a week two years ago by size",
            by_size(Query { since: Some(made::day(100)), until: Some(made::day(107)), ..words("") }),
        ),
    ];
    println!(
        "| first {PAGE} rows | found | processor | wall | count | processor |\n|---|---|---|---|---|---|"
    );
    for (name, query) in &kinds {
        let mut found = 0;
        let page = measured(TIMES, || found = reader.page(query, None, PAGE).unwrap().rows.len());
        let mut count = None;
        let counted = measured(3, || count = Some(reader.count(query).unwrap()));
        println!(
            "| {name} | {found} | {:.2} ms | {:.2} ms | {:?} | {:.2} ms |",
            page.cpu,
            page.wall,
            count.unwrap(),
            counted.cpu
        );
    }
}

/// How long each next page takes, as far down as somebody scrolls.
fn pages(reader: &mut Reader) {
    println!("\n| a page of {PAGE} more, 200 in a row | median | worst |\n|---|---|---|");
    let by = |order, query: Query| Query { order, ..query };
    for (name, query) in [
        ("all", words("")),
        ("a frequent word", words("img_2024")),
        ("pictures", Query { kind: Some(ContentKind::Picture), ..words("") }),
        ("two frequent letters", words("im")),
        ("all by name", by(Order::Name, words(""))),
        ("all by size", by(Order::Size, words(""))),
        ("a frequent word by name", by(Order::Name, words("img_2024"))),
        ("a frequent word by size", by(Order::Size, words("img_2024"))),
        ("some thousands by size", by(Order::Size, words("report 77"))),
    ] {
        let mut after = None;
        let mut each = Vec::new();
        for _ in 0..200 {
            let mut next = None;
            each.push(measured(1, || next = reader.page(&query, after.as_ref(), PAGE).unwrap().next).cpu);
            after = next;
            if after.is_none() {
                break;
            }
        }
        each.sort_by(f64::total_cmp);
        println!("| {name} | {:.2} ms | {:.2} ms |", each[each.len() / 2], each[each.len() - 1]);
    }
}

/// The same from where a window asks.
fn finder(home: &std::path::Path) {
    let (rings, ring) = std::sync::mpsc::sync_channel(8);
    let finder = Finder::start(home, move || rings.send(()).unwrap_or_default()).unwrap();
    let ask = |query| finder.ask(Asked { query, after: None, limit: PAGE, counting: Counting::NotCounted });
    let answered = || {
        ring.recv().unwrap();
        finder.answer().unwrap().found.unwrap()
    };
    ask(words("warm"));
    answered();
    let Measured { wall, .. } = measured(TIMES, || {
        ask(words("img_2024"));
        answered()
    });
    println!("\nasked on another thread and fetched: {wall:.2} ms of wall time");
}
