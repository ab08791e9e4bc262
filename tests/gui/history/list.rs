//! What is searched, filtered, listed and scrolled.

use std::time::{Duration, SystemTime};

use airlift::{
    engine::{
        Command, Event, Keep, Settings, Snapshot,
        history::{Became, Device, DeviceIs, HistoryError, Order, Query, Screened},
    },
    model::{ContentKind, DeviceId, Direction, Screening, Trust},
};
use egui::{Key, Modifiers, Rect, accesskit::Role, pos2};
use egui_kittest::kittest::Queryable as _;

use crate::bench::{Bench, Empty, known, snapshot};

use super::told::{SIZE, Told, a_million, choose, key, open_row, page, page_of, problem, row, rows, wheel};

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
        wheel(&mut bench);
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
fn escape_closes_the_menu_of_a_chip_and_nothing_below_it() {
    let told = Told::new(vec![row(1, "a.txt")]);
    let mut bench = page(&told);
    choose(&mut bench, "Kind: any", "Documents");
    open_row(&mut bench, "a.txt");
    bench.press("Direction: any");
    assert!(bench.window.query_by_label("Received").is_some());
    key(&mut bench, Key::Escape);
    assert!(bench.window.query_by_label("Received").is_none());
    assert!(bench.button("Close the details").is_some());
    key(&mut bench, Key::Escape);
    assert!(bench.button("Close the details").is_none());
    bench.press("Direction: any");
    key(&mut bench, Key::Escape);
    assert_eq!(told.last().kind, Some(ContentKind::Document), "the filters stay");
    key(&mut bench, Key::Escape);
    assert_eq!(told.last(), Query::default());
    bench.press("Direction: any");
    key(&mut bench, Key::Escape);
    assert_eq!(rows(&bench), ["a.txt"], "the page stays");
    key(&mut bench, Key::Escape);
    assert!(bench.button("Receive").is_some());
}
