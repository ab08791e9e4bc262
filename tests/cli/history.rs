//! `airlift history` and `airlift verify`: what they show is what was recorded, and nothing but that is removed.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::Stdio,
    time::{Duration, Instant, SystemTime},
};

use airlift::{
    history::{Device as Other, Ending, FileEntry, History, TransferRecord},
    model::{
        ContentKind, DeviceId, Digest, Direction, FileFate, FileRecord, NotScanned, Screening, Side,
        TransferId,
    },
};
use serde_json::Value;

use crate::harness::{Device, Running, content};

/// What it tells a script, until its end, which must be a good one.
fn told(device: &Device, args: &[&str]) -> Vec<Value> {
    let mut running = Running::start(&mut device.command(&[&["--json"], args].concat()));
    let lines: Vec<_> = std::iter::from_fn(|| running.event()).collect();
    let complaints = running.complaints();
    assert_eq!((running.exit(), complaints.as_str()), (0, ""), "{args:?}: {lines:?}");
    lines
}

fn text(device: &Device, args: &[&str]) -> (String, String, i32) {
    Running::start(&mut device.command(args)).text()
}

/// The names of what it lists, in its order.
fn names(device: &Device, args: &[&str]) -> Vec<String> {
    let lines = told(device, &[&["history"], args].concat());
    lines.iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect()
}

/// Waits until so many are recorded: that comes after the transfer.
fn recorded(device: &Device, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let lines = told(device, &["history"]);
        if lines.len() >= count {
            return lines;
        }
        assert!(Instant::now() < deadline, "{} of {count} are recorded", lines.len());
    }
}

/// In the year 2026, at noon of its `day`th day, in UTC.
fn noon(day: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24 * (20_453 + day)) + Duration::from_hours(12)
}

fn transfer(n: u8, direction: Direction, device: &str, day: u64, ending: Ending) -> TransferRecord {
    TransferRecord {
        id: TransferId([n; 16]),
        direction,
        device: Other { id: Some(DeviceId::of_public_key(device.as_bytes())), name: device.to_owned() },
        called: format!("what {device} offered"),
        began: noon(day) - Duration::from_mins(1),
        as_of: noon(day),
        ending,
        took: Duration::from_millis(1500),
        bytes: 3000,
        why: None,
    }
}

fn file(path: &str, at: Option<&Path>, size: u64, kind: ContentKind, fate: FileFate) -> FileEntry {
    FileEntry {
        record: FileRecord { path: path.to_owned(), at: at.map(Path::to_owned), size: Some(size), fate },
        kind,
    }
}

fn stored(content: &[u8], screening: Screening) -> FileFate {
    FileFate::Stored { digest: Some(Digest(*blake3::hash(content).as_bytes())), screening }
}

/// A home in which one of everything is recorded.
fn full() -> Device {
    use ContentKind::{Archive, Document, Other, Picture, Program, Video};
    let device = Device::new();
    fs::create_dir_all(device.home()).unwrap();
    let mut history = History::open(&device.home()).unwrap();
    let whole = device.file("report.pdf", "report");
    let gone = device.path("tax, \"old\"\n.docx");
    let (receive, send) = (Direction::Receive, Direction::Send);
    let why = "The disk is full.".to_owned();
    for (transfer, files) in [
        (
            transfer(1, receive, "Anna’s laptop", 10, Ending::Failed(Side::Here)),
            vec![
                file("report.pdf", Some(&whole), 6, Document, stored(b"report", Screening::Clean)),
                file("tax, \"old\"\n.docx", Some(&gone), 2000, Document, stored(b"tax", Screening::Off)),
                file("trip/北京/长城.jpg", None, 70_000, Picture, FileFate::Failed { side: Side::Here, why }),
                file("trip/left.zip", None, 5, Archive, FileFate::LeftOut),
            ],
        ),
        (
            transfer(2, receive, "Büro", 20, Ending::Complete),
            vec![
                file(
                    "big.mkv",
                    Some(&device.path("big.mkv")),
                    8_000_000_000,
                    Video,
                    stored(b"", Screening::NotScanned(NotScanned::TooLarge)),
                ),
                file(
                    "setup.exe",
                    None,
                    4096,
                    Program,
                    FileFate::Infected { digest: None, name: "Marker.UNOFFICIAL".to_owned() },
                ),
                file("later.bin", None, 7, Other, FileFate::Held { digest: None, why: NotScanned::Busy }),
            ],
        ),
        (transfer(3, send, "Büro", 30, Ending::Declined(Side::There)), vec![]),
        (
            transfer(4, send, "Anna’s laptop", 40, Ending::Complete),
            vec![file("report.pdf", Some(&whole), 6, Document, FileFate::Already { digest: None })],
        ),
    ] {
        history.record(&transfer, &files).unwrap();
    }
    device
}

#[test]
fn what_was_sent_and_received_is_shown_on_both_sides_as_it_is() {
    let (here, there) = (Device::new(), Device::new());
    let (receiver, to) = there.receive(&["--accept", "all", "--once"]);
    let bytes = content(300_000);
    let paths = [here.file("film.bin", &bytes), here.file("notes.txt", "Hello.\n"), here.path("trip")];
    here.file("trip/run.sh", "#!/bin/sh\n");
    let sender = here.send(&[&paths[0], &paths[1], &paths[2]], &to, &[]);
    let (end, code) = sender.end();
    assert_eq!(code, 0, "{end}");
    assert_eq!(receiver.end().1, 0);
    let whole = |device: &Device, way: &str| {
        let lines = recorded(device, 3);
        assert_eq!(lines.len(), 3, "{lines:?}");
        for line in &lines {
            assert_eq!((&line["event"], &line["direction"]), (&"entry".into(), &way.into()), "{line}");
            assert_eq!((&line["outcome"], &line["scan"]), (&"stored".into(), &"off".into()), "{line}");
            let read = fs::read(line["place"].as_str().unwrap()).unwrap();
            assert_eq!(line["bytes"], read.len());
            assert_eq!(line["digest"], blake3::hash(&read).to_hex().as_str());
            assert_eq!(line["transfer"]["outcome"], "complete");
        }
        let kinds: BTreeSet<_> = lines
            .iter()
            .map(|line| format!("{}{}: {}", line["folder"], line["name"], line["kind"]))
            .collect();
        assert_eq!(
            kinds.into_iter().collect::<Vec<_>>(),
            ["\"\"\"film.bin\": \"other\"", "\"\"\"notes.txt\": \"text\"", "\"trip\"\"run.sh\": \"program\""]
        );
    };
    whole(&here, "send");
    whole(&there, "receive");
    assert_eq!(told(&there, &["verify"]).last().unwrap()["unchanged"], 3);

    // What a person is shown of the same.
    let (shown, wrong, code) = text(&there, &["history", "run"]);
    assert_eq!((wrong.as_str(), code), ("", 0));
    assert!(shown.contains("run.sh, 10 B, program, from ") && shown.lines().count() == 2, "{shown}");
    assert!(shown.contains(there.inbox().join("trip/run.sh").to_str().unwrap()), "{shown}");
    fs::remove_file(there.inbox().join("trip/run.sh")).unwrap();
    assert!(text(&there, &["history", "run"]).0.contains("run.sh (not there any more)"));

    let film = there.inbox().join("film.bin");
    fs::write(&film, content(299_999)).unwrap();
    let mut verify = Running::start(&mut there.command(&["verify", "--json"]));
    let lines: Vec<_> = std::iter::from_fn(|| verify.event()).collect();
    assert_eq!(verify.exit(), 1);
    let state = |name: &str| lines.iter().find(|line| line["name"] == name).unwrap()["state"].clone();
    assert_eq!([state("film.bin"), state("notes.txt"), state("run.sh")], ["changed", "unchanged", "gone"]);
    let end = lines.last().unwrap();
    assert_eq!((&end["event"], &end["unchanged"]), (&"verified".into(), &1.into()), "{end}");
    assert_eq!((&end["changed"], &end["gone"]), (&1.into(), &1.into()), "{end}");
    let (shown, _, code) = text(&there, &["verify", "film"]);
    assert!(code == 1 && shown.starts_with("changed (recorded ") && shown.contains("film.bin"), "{shown}");
    assert_eq!(text(&there, &["verify", "notes"]).2, 0);
    assert_eq!(text(&there, &["verify", "nothing of the kind"]).2, 1);
}

#[test]
fn every_filter_shows_what_a_hand_count_does() {
    let device = full();
    let all = [
        "report.pdf",
        "what Büro offered",
        "later.bin",
        "setup.exe",
        "big.mkv",
        "left.zip",
        "长城.jpg",
        "tax, \"old\"\n.docx",
        "report.pdf",
    ];
    assert_eq!(names(&device, &[]), all);
    let anna = DeviceId::of_public_key("Anna’s laptop".as_bytes()).to_string();
    for (args, expected) in [
        (&["report"][..], &["report.pdf", "report.pdf"][..]),
        (&["REPORT", "pdf"], &["report.pdf", "report.pdf"]),
        (&["北京"], &["长城.jpg"]),
        (&["nothing"], &[]),
        (&["--kind", "picture"], &["长城.jpg"]),
        (&["--kind", "document", "--from", "Anna’s laptop"], &["tax, \"old\"\n.docx", "report.pdf"]),
        (&["--from", "anna's laptop", "--outcome", "failed"], &["长城.jpg"]),
        (&["--to", &anna], &["report.pdf"]),
        (&["--to", &anna[..14]], &["report.pdf"]),
        (&["--from", "Büro"], &["later.bin", "setup.exe", "big.mkv"]),
        (&["--direction", "send"], &["report.pdf", "what Büro offered"]),
        (&["--larger", "69999"], &["big.mkv", "长城.jpg"]),
        (&["--smaller", "6"], &["left.zip"]),
        (&["--larger", "5", "--smaller", "2000", "--direction", "receive"], &["later.bin", "report.pdf"]),
        (&["--outcome", "infected"], &["setup.exe"]),
        (&["--outcome", "held"], &["later.bin"]),
        (&["--outcome", "left-out"], &["left.zip"]),
        (&["--outcome", "declined"], &["what Büro offered"]),
        (&["--outcome", "already"], &["report.pdf"]),
        (&["--scan", "clean"], &["report.pdf"]),
        (&["--scan", "infected"], &["setup.exe"]),
        (&["--since", "2026-02-05"], &["report.pdf"]),
        (&["--until", "2026-01-14", "--kind", "archive"], &["left.zip"]),
        (
            &["--since", "2026-01-15", "--until", "2026-02-05"],
            &["what Büro offered", "later.bin", "setup.exe", "big.mkv"],
        ),
        (&["--until", "1d", "--kind", "video"], &["big.mkv"]),
        (&["--sort", "size", "--limit", "2"], &["big.mkv", "长城.jpg"]),
        (&["--sort", "name", "--limit", "3"], &["big.mkv", "later.bin", "left.zip"]),
        (&["--limit", "1"], &["report.pdf"]),
    ] {
        assert_eq!(names(&device, args), expected, "{args:?}");
    }
    for args in [["--from", "Nobody"], ["--to", "\u{202e}"]] {
        let (shown, wrong, code) = text(&device, &["history", args[0], args[1]]);
        assert_eq!((shown.as_str(), code), ("", 1));
        assert!(wrong.contains("no id there begins with it") && !wrong.contains('\u{202e}'), "{wrong}");
    }
}

#[test]
fn a_person_reads_what_became_of_each() {
    let device = full();
    let (shown, wrong, code) = text(&device, &["history"]);
    assert_eq!((wrong.as_str(), code), ("", 0));
    for part in [
        "report.pdf, 6 B, document, from Anna’s laptop, clean\n",
        "tax, \"old\"\\n.docx, 2.00 kB, document, from Anna’s laptop\n",
        "old\"\\n.docx (not there any more)\n",
        "trip/北京/长城.jpg, 70.0 kB, from Anna’s laptop\n           Failed: The disk is full.\n",
        "           It was not wanted.\n",
        "           Not checked for viruses: too large for the virus scanner.\n",
        "           “Marker.UNOFFICIAL” was found in it. In quarantine.\n",
        "           Held until it can be checked for viruses: the virus scanner is busy.\n",
        "what Büro offered, to Büro\n           The other device declined.\n",
        "           It was there before, and is the same.\n",
    ] {
        assert!(shown.contains(part), "{part} is not in:\n{shown}");
    }
    let (shown, ..) = text(&device, &["history", "--limit", "2"]);
    assert!(
        shown.ends_with("The first 2 of 9. --limit shows more; words and filters find fewer.\n"),
        "{shown}"
    );
}

/// A table as RFC 4180 has it: its records, each a list of fields.
fn table(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut letters, mut is_quoted) = (text.chars().peekable(), false);
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut field)),
            '\r' if !is_quoted => {
                assert_eq!(letters.next(), Some('\n'), "a line ends in both");
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            _ => field.push(letter),
        }
    }
    assert!(!is_quoted && record.is_empty() && field.is_empty(), "the last line ends, too");
    records
}

#[test]
fn a_table_has_every_field_in_its_column_whatever_is_in_it() {
    let device = full();
    let output = device.command(&["history", "--csv"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let records = table(std::str::from_utf8(&output.stdout).unwrap());
    let (heading, records) = records.split_first().unwrap();
    let lines = told(&device, &["history"]);
    assert_eq!(records.len(), lines.len());
    for (record, line) in records.iter().zip(&lines) {
        assert_eq!(record.len(), heading.len());
        let field = |name: &str| &record[heading.iter().position(|column| column == name).unwrap()];
        for name in ["id", "direction", "folder", "kind", "outcome", "scan"] {
            assert_eq!(field(name), line[name].as_str().unwrap(), "{name}");
        }
        let name = line["name"].as_str().unwrap().replace('\n', "\\n");
        assert_eq!(field("name"), &name, "no field breaks a line");
        let device = line.get("from").or(line.get("to")).unwrap();
        assert_eq!(field("device"), device["name"].as_str().unwrap());
        assert_eq!(
            field("bytes"),
            &line["bytes"].as_u64().map(|bytes| bytes.to_string()).unwrap_or_default()
        );
        assert_eq!(field("problem"), line["problem"].as_str().unwrap_or_default());
        assert_eq!(field("transfer"), line["transfer"]["id"].as_str().unwrap());
    }
}

#[test]
fn what_is_removed_is_named_and_nothing_else_goes_and_no_file() {
    let device = full();
    let report = device.path("report.pdf");
    for args in
        [&["history", "remove", "--words", "report"][..], &["history", "clear"], &["history", "remove", "-y"]]
    {
        let (_, wrong, code) = text(&device, args);
        assert_eq!(code, 2, "nobody was asked, so nothing is removed: {args:?}");
        assert!(wrong.contains("--yes") || wrong.contains("Say what to remove"), "{wrong}");
    }
    assert_eq!(names(&device, &[]).len(), 9);
    let (shown, _, code) =
        text(&device, &["history", "remove", "--words", "report", "--direction", "send", "--yes"]);
    assert_eq!(code, 0);
    assert!(
        shown.contains("report.pdf, 6 B, document, to Anna’s laptop") && shown.contains("1 entry"),
        "{shown}"
    );
    let lines = told(&device, &["history"]);
    assert_eq!(lines.len(), 8);
    let ids: Vec<_> = lines[..2].iter().map(|line| line["id"].as_str().unwrap()).collect();
    let (_, wrong, code) = text(&device, &["history", "remove", ids[0], "1", "--yes"]);
    assert!(code == 1 && wrong.contains("no entry 1 "), "{wrong}");
    let removed = told(&device, &["history", "remove", ids[0], ids[1], ids[0], "--yes"]);
    assert_eq!(
        (&removed[0]["event"], &removed[0]["entries"]),
        (&"entries_removed".into(), &2.into()),
        "{removed:?}"
    );
    assert_eq!(
        names(&device, &[]),
        ["setup.exe", "big.mkv", "left.zip", "长城.jpg", "tax, \"old\"\n.docx", "report.pdf"]
    );
    let (shown, _, code) =
        text(&device, &["history", "remove", "--words", "report", "--kind", "video", "-y"]);
    assert_eq!((shown.as_str(), code), ("Nothing in the history fits, so nothing is removed.\n", 0));
    assert_eq!(told(&device, &["history", "clear", "--yes"])[0]["event"], "history_cleared");
    let (shown, ..) = text(&device, &["history"]);
    assert_eq!(shown, "Nothing was sent or received yet. What is, is listed here from then on.\n");
    assert_eq!(fs::read(report).unwrap(), b"report");
}

#[test]
fn many_entries_come_in_order_each_once_and_go_in_one_command() {
    let device = Device::new();
    fs::create_dir_all(device.home()).unwrap();
    let mut history = History::open(&device.home()).unwrap();
    let fate = || FileFate::Already { digest: None };
    let files: Vec<_> =
        (0..1203).map(|n| file(&format!("{n:04}.txt"), None, n, ContentKind::Text, fate())).collect();
    history.record(&transfer(1, Direction::Receive, "Büro", 10, Ending::Complete), &files).unwrap();
    let by_name: Vec<_> = (0..1203).map(|n| format!("{n:04}.txt")).collect();
    let by_size: Vec<_> = by_name.iter().rev().cloned().collect();
    assert_eq!(names(&device, &["--sort", "name"]), by_name);
    assert_eq!(names(&device, &["--sort", "size"]), by_size);
    assert_eq!(names(&device, &["--sort", "size", "--limit", "501"]), by_size[..501]);
    let newest = names(&device, &[]);
    assert_eq!(newest.iter().cloned().collect::<BTreeSet<_>>(), by_name.iter().cloned().collect());
    let (shown, ..) = text(&device, &["history"]);
    assert_eq!(shown.lines().filter(|line| line.contains(".txt")).count(), 50);
    assert!(
        shown.ends_with("The first 50 of 1,203. --limit shows more; words and filters find fewer.\n"),
        "{shown}"
    );

    // A reader that has seen enough is no failure.
    let mut listing = device.command(&["history", "--json"]);
    let mut child = listing.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.contains("\"entry\""), "{line}");
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));

    let removed = told(&device, &["history", "remove", "--larger", "99", "--yes"]);
    assert_eq!(removed[0]["entries"], 1103);
    assert_eq!(names(&device, &["--sort", "name"]), by_name[..100]);
}

#[test]
fn two_that_receive_into_one_home_and_one_that_removes_lose_nothing() {
    let (there, here, other) = (Device::new(), Device::new(), Device::new());
    let (first, to_first) = there.receive(&["--accept", "all", "--once"]);
    let (second, to_second) = there.receive(&["--accept", "all", "--once"]);
    for (device, letter) in [(&here, "a"), (&other, "b")] {
        for n in 0..300 {
            device.file(&format!("{letter}/{letter}{n}.txt"), format!("{letter}{n}"));
        }
    }
    let senders =
        [here.send(&[&here.path("a")], &to_first, &[]), other.send(&[&other.path("b")], &to_second, &[])];
    // Meanwhile somebody removes what is not there, and reads.
    for _ in 0..5 {
        let removed = told(&there, &["history", "remove", "--words", "nothing of the kind", "--yes"]);
        assert_eq!(removed[0]["entries"], 0);
    }
    for process in senders.into_iter().chain([first, second]) {
        let (end, code) = process.end();
        assert_eq!(code, 0, "{end}");
    }
    assert_eq!(recorded(&there, 600).len(), 600);
    let found: BTreeSet<_> = names(&there, &[]).into_iter().collect();
    let expected = ["a", "b"].iter().flat_map(|letter| (0..300).map(move |n| format!("{letter}{n}.txt")));
    assert_eq!(found, expected.collect());
    assert_eq!(recorded(&here, 300).len(), 300);
    let removed = told(&there, &["history", "remove", "--words", "a/a", "--from", &id_of(&here), "--yes"]);
    assert_eq!(removed[0]["entries"], 300);
    assert_eq!(names(&there, &[]).len(), 300);
    assert!(there.inbox().join("a/a7.txt").exists(), "no file goes");
}

/// A device’s id.
fn id_of(device: &Device) -> String {
    told(device, &["id"])[0]["device_id"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_sender_could_not_record_is_said_before_it_ends_and_is_no_fault_of_the_transfer() {
    let (here, there) = (Device::new(), Device::new());
    let (_receiver, to) = there.receive(&["--accept", "all"]);
    let file = here.file("film.bin", content(30_000));
    let (_, said, exit) = text(&here, &["send", "--to", &to, file.to_str().unwrap()]);
    assert!(exit == 0 && !said.contains("history"), "{said}");
    let history = here.home().join("history.db");
    for damage in [true, false] {
        for beside in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(here.home().join(format!("history.db{beside}")));
        }
        let words = if damage {
            fs::write(&history, "no history at all, for as long as it is").unwrap();
            "The history was damaged."
        } else {
            fs::create_dir(&history).unwrap();
            "1 file is missing in the history:"
        };
        let (_, said, exit) = text(&here, &["send", "--to", &to, file.to_str().unwrap()]);
        assert_eq!((exit, said.matches(words).count()), (0, 1), "{said}");
    }
    // The same for scripts: mostly after the end, and before it where it is known by then.
    let mut sender = here.send(&[&file], &to, &[]);
    let events: Vec<_> = std::iter::from_fn(|| sender.event()).collect();
    let is_said = |event: &Value| event["problem"].as_str().is_some_and(|why| why.contains("in the history"));
    let count = |word: &str| events.iter().filter(|event| event["event"] == word).count();
    let said: Vec<_> = events.iter().filter(|event| is_said(event)).collect();
    assert_eq!((said.len(), count("error"), count("finished")), (1, 1, 1), "{events:#?}");
    assert_eq!(sender.exit(), 0);
}
