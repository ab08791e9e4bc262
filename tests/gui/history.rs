//! The page of what came and went.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use airlift::{
    engine::{
        Command, DeviceChange, Event, HistoryChange, Keep, Settings, Snapshot, Wake,
        history::{
            Asked, Became, Count, Cursor, Device, DeviceIs, Ending, Found, HistoryError, Item, Order, Page,
            Query, Row, RowId, Screened, TransferRow,
        },
    },
    gui::{Find, Past},
    model::{
        ContentKind, DeviceId, Digest, Direction, NotScanned, Problem, ProblemKind, Rechecked, Recording,
        Screening, Side, TransferId, Trust,
    },
};
use egui::{Key, Modifiers, Rect, accesskit::Role, pos2};
use egui_kittest::{
    Node,
    kittest::{NodeT as _, Queryable as _},
};

use crate::bench::{Bench, Empty, known, snapshot};

fn id(number: usize) -> RowId {
    number.to_string().parse().unwrap()
}

/// A file that came from Anna.
fn row(number: usize, name: &str) -> Row {
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

type Answers = fn(&Asked, &[Row]) -> Vec<Result<Found, HistoryError>>;

/// A history that says what it is told to say, and remembers what it was asked.
#[derive(Clone)]
struct Told {
    rows: Arc<Vec<Row>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Answers,
}

/// One who answers for it.
struct Teller {
    told: Told,
    due: Vec<Result<Found, HistoryError>>,
}

/// Rows whose name holds what is typed.
fn by_name(asked: &Asked, rows: &[Row]) -> Vec<Result<Found, HistoryError>> {
    let found: Vec<_> = rows.iter().filter(|row| row.name.contains(&asked.query.words)).cloned().collect();
    let count = Count::Exactly(found.len() as u64);
    vec![Ok(Found::Page(Page { rows: found, next: None })), Ok(Found::Count(count))]
}

impl Told {
    fn new(rows: Vec<Row>) -> Self {
        Self { rows: Arc::new(rows), asked: Arc::default(), answers: by_name }
    }

    fn last(&self) -> Query {
        self.asked.lock().unwrap().last().expect("something was asked").query.clone()
    }

    fn times(&self) -> usize {
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

const SIZE: [f32; 2] = [1040.0, 760.0];

fn page_of(told: &Told, snapshot: Snapshot, size: [f32; 2]) -> Bench {
    let mut bench = Bench::over(Box::new(told.clone()), snapshot, size);
    bench.press("History");
    bench
}

fn page(told: &Told) -> Bench {
    page_of(told, snapshot(), SIZE)
}

/// The names of the rows on the screen, from the top.
fn rows(bench: &Bench) -> Vec<String> {
    let rows = bench.window.query_all_by_role(Role::ListBoxOption);
    let mut rows: Vec<_> =
        rows.map(|row| (row.rect().top(), row.accesskit_node().label().unwrap())).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, label)| label.split(',').next().unwrap().to_owned()).collect()
}

#[track_caller]
fn open_row(bench: &mut Bench, name: &str) {
    let is_it = |row: &Node<'_>| row.accesskit_node().label().is_some_and(|label| label.starts_with(name));
    let row = bench.window.query_all_by_role(Role::ListBoxOption).find(is_it);
    row.unwrap_or_else(|| panic!("no row {name}")).click();
    bench.window.run();
}

fn choose(bench: &mut Bench, chip: &str, entry: &str) {
    bench.press(chip);
    let choice = bench.window.query_all_by_label(entry).last().expect("an entry of the menu");
    choice.click();
    bench.window.run();
}

fn key(bench: &mut Bench, key: Key) {
    bench.window.key_press(key);
    bench.window.run();
}

fn problem(text: &str) -> Problem {
    Problem { side: Side::Here, kind: ProblemKind::Files, text: text.to_owned() }
}

#[test]
fn what_is_typed_is_found_at_once_and_the_number_with_it() {
    let told = Told::new(vec![row(3, "holiday.jpg"), row(2, "report.pdf"), row(1, "写真.png")]);
    let mut bench = page(&told);
    assert_eq!(rows(&bench), ["holiday.jpg", "report.pdf", "写真.png"]);
    bench.must_say("3 entries");
    bench.must_say("Today");
    // The field has the keyboard from the first moment.
    bench.window.event(egui::Event::Text("rep".to_owned()));
    bench.window.run();
    assert_eq!(rows(&bench), ["report.pdf"]);
    bench.must_say("1 entry");
    assert_eq!(told.last().words, "rep");
    bench.press("Clear the search");
    assert_eq!(rows(&bench).len(), 3);
    bench.window.event(egui::Event::Text("写".to_owned()));
    bench.window.run();
    assert_eq!(rows(&bench), ["写真.png"]);
}

#[test]
fn every_chip_asks_for_what_it_says_and_is_taken_back() {
    let told = Told::new(vec![row(1, "a")]);
    let mut bench = page(&told);
    choose(&mut bench, "Kind: any", "Pictures");
    assert_eq!(told.last(), Query { kind: Some(ContentKind::Picture), ..Query::default() });
    choose(&mut bench, "Kind: Pictures", "Any");
    assert_eq!(told.last(), Query::default());
    choose(&mut bench, "Direction: any", "Sent");
    choose(&mut bench, "Outcome: any", "Failed");
    choose(&mut bench, "Virus check: any", "Not checked");
    choose(&mut bench, "Size: any", "Over 100 MB");
    let expected = Query {
        direction: Some(Direction::Send),
        outcome: Some(Became::Failed),
        screening: Some(Screened::NotScanned),
        larger: Some(100_000_000),
        ..Query::default()
    };
    assert_eq!(told.last(), expected);
    choose(&mut bench, "When: any", "Today");
    let since = told.last().since.unwrap();
    assert!(since <= SystemTime::now() && since.elapsed().unwrap() <= Duration::from_hours(25));
    choose(&mut bench, "Order: Newest first", "Largest first");
    assert_eq!(told.last().order, Order::Size);
    bench.press("Clear filters");
    assert_eq!(told.last(), Query { order: Order::Size, ..Query::default() });
}

#[test]
fn devices_that_are_known_and_those_that_were_met_can_be_chosen() {
    let mut guest = row(1, "a");
    guest.device = Device { id: None, name: "A guest".to_owned() };
    let told = Told::new(vec![guest]);
    let snapshot = Snapshot { known: vec![known("Bert", Trust::Known)], ..snapshot() };
    let mut bench = page_of(&told, snapshot, SIZE);
    choose(&mut bench, "Device: any", "Bert");
    let bert = DeviceIs::Id(DeviceId::of_public_key(b"Bert"));
    assert_eq!(told.last().device, Some(bert));
    choose(&mut bench, "Device: Bert", "A guest");
    assert_eq!(told.last().device, Some(DeviceIs::Called("A guest".to_owned())));
}

#[test]
fn nothing_at_all_and_nothing_found_are_told_apart() {
    let mut bench = Bench::new();
    bench.press("History");
    bench.must_say("Nothing has been recorded yet");
    assert!(bench.button("Clear the history").is_none());

    let told = Told::new(vec![row(1, "report.pdf")]);
    let mut bench = page(&told);
    bench.window.event(egui::Event::Text("zzz".to_owned()));
    bench.window.run();
    bench.must_say("Nothing is found");
    bench.press("Show everything");
    assert_eq!(rows(&bench), ["report.pdf"]);
}

#[test]
fn where_the_history_is_off_it_says_so_and_lets_it_be_turned_on() {
    let settings = Settings { history: Keep::Off, ..snapshot().settings };
    let off = Snapshot { settings, ..snapshot() };
    let mut bench = Bench::over(Empty::past(), off.clone(), SIZE);
    bench.press("History");
    bench.must_say("The history is off");
    bench.press("Change what is recorded");
    bench.window.get_by_role_and_label(Role::RadioButton, "90 days").click();
    bench.window.run();
    bench.press("Save");
    match bench.command() {
        Command::Apply(settings) => assert_eq!(settings.history, Keep::Days(90)),
        other => panic!("{other:?}"),
    }
    // What is there already is shown all the same.
    let bench = page_of(&Told::new(vec![row(1, "old.pdf")]), off, SIZE);
    bench.must_say("Nothing is recorded any more.");
    assert_eq!(rows(&bench), ["old.pdf"]);
}

#[test]
fn a_history_that_can_t_be_read_says_why_and_can_be_tried_again() {
    let mut told = Told::new(vec![row(1, "a")]);
    told.answers = |_, _| vec![Err(HistoryError::Locked)];
    let mut bench = page(&told);
    bench.must_say("The history can’t be shown");
    bench.must_say("Another program uses the history just now. Try again in a moment.");
    let before = told.times();
    bench.press("Try again");
    assert!(told.times() > before);
    bench.publish(Event::Unrecorded(Some(problem("The disk is full: nothing is recorded."))));
    bench.must_say("The disk is full: nothing is recorded.");
}

#[test]
fn an_entry_is_shown_closely_with_all_that_is_known_of_it() {
    let mut failed = row(2, "film.mkv");
    failed.became = Became::Failed;
    failed.side = Some(Side::There);
    failed.why = Some("The disk is full.".to_owned());
    failed.digest = None;
    let mut marked = row(1, "setup.exe");
    marked.screening = Screening::NotScanned(NotScanned::TooLarge);
    let told = Told::new(vec![failed, marked]);
    for size in [SIZE, [640.0, 520.0]] {
        let mut bench = page_of(&told, snapshot(), size);
        bench.must_say("Not checked");
        open_row(&mut bench, "film.mkv");
        bench.must_say("Failed on the other device.");
        bench.must_say("The disk is full.");
        bench.press("Close the details");
        assert!(!bench.says("The disk is full."));
        open_row(&mut bench, "setup.exe");
        for said in [
            "4.21 MB (4,210,000 bytes)",
            "Not checked: too large for the virus scanner.",
            "2.10 MB/s",
            "/srv/inbox",
            "Anna",
        ] {
            bench.must_say(said);
        }
        bench.button("Copy the digest").unwrap().scroll_to_me();
        bench.window.run();
        bench.press("Copy the digest");
        bench.must_say(&format!("Copied {}", Digest([7; 32])));
        key(&mut bench, Key::Escape);
        assert!(bench.button("Copy the digest").is_none());
        assert_eq!(rows(&bench).len(), 2, "Escape closes one thing at a time");
        key(&mut bench, Key::Escape);
        assert!(bench.button("Receive").is_some());
    }
}

#[test]
fn the_file_is_opened_shown_and_made_ready_to_be_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.pdf");
    std::fs::write(&file, "x").unwrap();
    let mut report = row(1, "report.pdf");
    report.place = Some(file.clone());
    let mut bench = page(&Told::new(vec![report]));
    open_row(&mut bench, "report.pdf");
    bench.press("Open");
    bench.press("Show in folder");
    assert_eq!(*bench.desk.opened.borrow(), [("open", file.clone()), ("reveal", file.clone())]);
    bench.press("Send again…");
    bench.must_say("report.pdf");
    match bench.command() {
        Command::Measure { path, .. } => assert_eq!(path, file),
        other => panic!("{other:?}"),
    }
    let anna = DeviceId::of_public_key(b"Anna").to_string();
    let to = bench.window.get_by_role_and_label(Role::TextInput, "To");
    assert_eq!(to.accesskit_node().value(), Some(anna));
}

#[test]
fn removing_is_asked_about_and_leaves_the_file() {
    let told = Told::new(vec![row(2, "a.txt"), row(1, "b.txt")]);
    let mut bench = page(&told);
    open_row(&mut bench, "a.txt");
    bench.press("Remove from history…");
    bench.must_say("The file itself stays where it is.");
    key(&mut bench, Key::Escape);
    assert!(bench.commands().is_empty());
    bench.press("Remove from history…");
    bench.press("Keep it");
    assert!(bench.commands().is_empty());
    bench.press("Remove from history…");
    bench.press("Remove");
    let Command::History { change, reply } = bench.command() else { panic!("another command") };
    assert_eq!(change, HistoryChange::Remove(vec![id(2)]));
    reply.send(Ok(1)).unwrap();
    bench.window.run();
    assert_eq!(rows(&bench), ["b.txt"]);
    assert!(bench.button("Close the details").is_none());
}

#[test]
fn clearing_is_asked_about_and_what_went_wrong_is_told() {
    let told = Told::new(vec![row(1, "a.txt")]);
    let mut bench = page(&told);
    bench.press("Clear the history");
    bench.must_say("Everything that is recorded is removed for good");
    bench.press("Clear");
    let Command::History { change, reply } = bench.command() else { panic!("another command") };
    assert_eq!(change, HistoryChange::Clear);
    reply.send(Err(problem("The disk is full."))).unwrap();
    bench.window.run();
    bench.must_say("The disk is full.");
    assert_eq!(rows(&bench), ["a.txt"]);
}

#[test]
fn a_device_that_is_known_can_be_left_out_from_now_on() {
    let told = Told::new(vec![row(1, "a.txt")]);
    let mut bench = page(&told);
    open_row(&mut bench, "a.txt");
    assert!(bench.button("Never record Anna").is_none(), "nothing is kept of a stranger");
    bench.publish(Event::Known(vec![known("Anna", Trust::Known)]));
    bench.button("Never record Anna").unwrap().scroll_to_me();
    bench.window.run();
    bench.press("Never record Anna");
    bench.must_say("What is recorded already stays until you remove it.");
    bench.press("Never record");
    match bench.command() {
        Command::Device { id, change: DeviceChange::Recording(Recording::Never) } => {
            assert_eq!(id, DeviceId::of_public_key(b"Anna"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_keyboard_leads_through_the_list_and_back_to_the_field() {
    let told = Told::new((0..60).rev().map(|i| row(i + 1, &format!("file {i:02}"))).collect());
    let mut bench = page(&told);
    key(&mut bench, Key::ArrowDown);
    key(&mut bench, Key::ArrowDown);
    key(&mut bench, Key::Enter);
    bench.must_say("Close the details");
    let heading = |bench: &Bench, name: &str| bench.window.query_all_by_label(name).count();
    assert_eq!(heading(&bench, "file 58"), 1, "the second is shown closely");
    // What is shown closely goes with the choice, and the choice stays in sight.
    for _ in 0..40 {
        key(&mut bench, Key::ArrowDown);
    }
    assert_eq!(heading(&bench, "file 18"), 1);
    assert!(rows(&bench).contains(&"file 18".to_owned()), "{:?}", rows(&bench));
    key(&mut bench, Key::PageDown);
    key(&mut bench, Key::PageDown);
    key(&mut bench, Key::PageDown);
    assert!(rows(&bench).contains(&"file 00".to_owned()), "{:?}", rows(&bench));
    bench.window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    bench.window.run();
    bench.window.event(egui::Event::Text("file 3".to_owned()));
    bench.window.run();
    let found = rows(&bench);
    assert!(found.len() > 5 && found.iter().all(|name| name.starts_with("file 3")), "{found:?}");
}

#[test]
fn however_long_or_odd_the_names_are_everything_stays_in_the_window() {
    let names = [
        "a".repeat(255),
        "漢".repeat(85),
        "\u{202e}gpj.exe".to_owned(),
        String::new(),
        "\u{301}".repeat(80),
        "x\ny".to_owned(),
    ];
    for size in [[640.0, 520.0], [1280.0, 800.0]] {
        let window = Rect::from_min_max(pos2(0.0, 0.0), pos2(size[0], size[1]));
        for name in &names {
            let mut long = row(1, name);
            long.folder = format!("{name}/{name}");
            long.device.name = name.repeat(3);
            long.why = Some(name.repeat(3));
            long.screening = Screening::Infected(name.clone());
            let mut bench = page_of(&Told::new(vec![long]), snapshot(), size);
            let row = bench.window.get_by_role(Role::ListBoxOption);
            assert!(window.contains_rect(row.rect()), "{name}: {:?}", row.rect());
            row.click();
            bench.window.run();
            for button in ["Close the details", "Remove from history…"] {
                bench.button(button).expect(button).scroll_to_me();
                bench.window.run();
                let place = bench.button(button).expect(button).rect();
                assert!(window.contains_rect(place), "{name} in {size:?}: {button} at {place:?}");
            }
            assert!(!bench.says("\u{202e}") && !bench.says("x\ny"), "nothing hides");
        }
    }
}

/// A million, of which nobody holds more than is asked for.
fn a_million(asked: &Asked, _: &[Row]) -> Vec<Result<Found, HistoryError>> {
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

#[test]
fn of_a_million_rows_only_those_on_the_screen_are_painted_and_all_can_be_reached() {
    let mut told = Told::new(Vec::new());
    told.answers = a_million;
    let mut bench = page(&told);
    bench.must_say("more than 10,000 entries");
    let on_screen = rows(&bench);
    assert!((5..30).contains(&on_screen.len()), "{}", on_screen.len());
    assert_eq!(on_screen[0], "file 1000000");
    bench.window.hover_at(pos2(400.0, 500.0));
    for _ in 0..100 {
        let wheel = egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, -2_000.0),
            modifiers: Modifiers::NONE,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
        };
        bench.window.event(wheel);
        bench.window.run();
        assert!(rows(&bench).len() < 30);
    }
    let down = rows(&bench);
    let number: usize = down[0].trim_start_matches("file ").parse().unwrap();
    assert!(number < 997_000, "{down:?}");
    // Without a hole.
    for (i, name) in down.iter().enumerate() {
        assert_eq!(*name, format!("file {}", number - i));
    }
    assert!(told.asked.lock().unwrap().iter().all(|asked| asked.limit <= 200));
}

#[test]
fn a_page_at_rest_draws_nothing() {
    let told = Told::new((0..300).map(|i| row(300 - i, &format!("file {i}"))).collect());
    let mut bench = page(&told);
    open_row(&mut bench, "file 3");
    assert!(bench.next_frame_in() > Duration::from_hours(1));
}

#[test]
fn what_is_recorded_meanwhile_is_shown_and_nothing_jumps_for_it() {
    let told = Told::new((0..60).map(|i| row(60 - i, &format!("file {i:02}"))).collect());
    let mut bench = page(&told);
    let before = told.times();
    bench.publish(Event::Recorded(1));
    assert!(told.times() > before, "at its top, the list is asked for again");
    for _ in 0..30 {
        key(&mut bench, Key::ArrowDown);
    }
    let (times, shown) = (told.times(), rows(&bench));
    bench.publish(Event::Recorded(2));
    assert_eq!((told.times(), rows(&bench)), (times, shown));
}

#[test]
fn gone_files_are_shown_as_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut here = row(2, "here.txt");
    here.place = Some(folder.path().join("here.txt"));
    std::fs::write(here.place.as_ref().unwrap(), "x").unwrap();
    let mut gone = row(1, "gone.txt");
    gone.place = Some(folder.path().join("gone.txt"));
    let mut bench = page(&Told::new(vec![here, gone]));
    wait(&mut bench, |bench| bench.says("gone.txt, 4.21 MB · from Anna") && bench.says("Gone"));
    assert_eq!(bench.window.query_all_by_label("Gone").count(), 1);
    open_row(&mut bench, "gone.txt");
    assert!(bench.is_dead("Open"));
    open_row(&mut bench, "here.txt");
    assert!(!bench.is_dead("Open"));
}

/// Lets the threads of the page do their work.
#[track_caller]
fn wait(bench: &mut Bench, until: impl Fn(&Bench) -> bool) {
    let end = std::time::Instant::now() + Duration::from_mins(1);
    while !until(bench) {
        assert!(std::time::Instant::now() < end, "waited too long");
        std::thread::park_timeout(Duration::from_millis(5));
        bench.window.step();
    }
}

/// A file that came while nobody could look into it, and that is there.
fn unseen() -> (tempfile::TempDir, Row) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("setup.exe");
    std::fs::write(&place, "x").unwrap();
    let screening = Screening::NotScanned(NotScanned::NoScanner);
    (folder, Row { place: Some(place), screening, ..row(1, "setup.exe") })
}

#[test]
fn what_came_while_nobody_could_look_into_it_can_be_checked_again() {
    for (answer, said, not_said) in [
        (Rechecked::Clean, ["Checked: nothing was found.", "Nothing was found."], "doesn’t answer"),
        (
            Rechecked::NotScanned(NotScanned::Busy),
            [
                "Not checked this time either: the virus scanner is busy.",
                "Not checked: the virus scanner is busy.",
            ],
            "doesn’t answer",
        ),
        (
            Rechecked::Caught("Eve\u{202e}il".to_owned()),
            ["A virus was found in it: it is in quarantine.", "Found: Eve\\u{202e}il"],
            "Saved in",
        ),
        (Rechecked::Gone, ["Gone: it was moved, renamed or deleted.", "doesn’t answer"], "Nothing was found"),
    ] {
        let (_folder, row) = unseen();
        let mut bench = page(&Told::new(vec![row]));
        open_row(&mut bench, "setup.exe");
        bench.press("Check again");
        let Command::CheckAgain { rows, reply } = bench.command() else { panic!("another command") };
        assert_eq!(rows, [id(1)]);
        bench.must_say("Checking for viruses…");
        assert!(bench.button("Check again").is_none());
        reply.send(vec![(id(1), answer)]).unwrap();
        bench.window.run();
        for said in said {
            bench.must_say(said);
        }
        assert!(!bench.says(not_said), "{not_said}");
    }
}

#[test]
fn nothing_is_checked_any_further_once_that_is_stopped_or_the_details_are_closed() {
    for how in ["Stop checking", "Close the details"] {
        let (_folder, row) = unseen();
        let mut bench = page(&Told::new(vec![row]));
        open_row(&mut bench, "setup.exe");
        bench.press("Check again");
        let Command::CheckAgain { reply, .. } = bench.command() else { panic!("another command") };
        assert!(!reply.is_closed());
        bench.press(how);
        assert!(reply.is_closed(), "{how}");
    }
}

#[test]
fn what_was_looked_into_or_was_sent_is_not_offered_to_be_checked_again() {
    for (direction, screening) in [
        (Direction::Receive, Screening::Clean),
        (Direction::Receive, Screening::Off),
        (Direction::Send, Screening::NotScanned(NotScanned::Busy)),
    ] {
        let (_folder, row) = unseen();
        let mut bench = page(&Told::new(vec![Row { direction, screening, ..row }]));
        open_row(&mut bench, "setup.exe");
        bench.button("Open").unwrap();
        assert!(bench.button("Check again").is_none(), "{direction:?}");
    }
}

#[test]
fn what_was_deleted_from_quarantine_is_said_to_be_and_is_not_looked_for_there() {
    let why = Some("It was deleted from quarantine.".to_owned());
    let infected = Screening::Infected("Win.Test.Marker".to_owned());
    let deleted =
        Row { became: Became::Infected, screening: infected, place: None, why, ..row(1, "evil.exe") };
    let mut bench = page(&Told::new(vec![deleted]));
    open_row(&mut bench, "evil.exe");
    bench.must_say("A virus was found in it, and it was deleted.");
    assert!(bench.button("Show the quarantine").is_none());
}
