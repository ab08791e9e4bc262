//! What is recorded of transfers, at both ends, against what is really there; and that no trouble with the history is a
//! transfer's.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "support/loud.rs"]
mod loud;
mod support;
#[path = "history/trouble.rs"]
mod trouble;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use airlift::{
    engine::{
        Command, Consent, DeviceChange, GoOn, HistoryChange, Keep, Settings,
        history::{Became, Count, Ending, Item, Order, Query, Reader, Row, Verdict, verify},
    },
    model::{
        Answer, ByteRate, ContentKind, Digest, Direction, Landing, Medium, Outcome, Recording, Side,
        Transfer, TransferId, TransferState, Trial,
    },
};
use support::{
    device::{Device, NOTHING_SKIPPED, Rogue, file, say},
    tree::{contents, noise, put},
};

/// All that is recorded in a home, the newest first.
fn rows(home: &Path) -> Vec<Row> {
    let mut reader = Reader::open(home).unwrap();
    let query = Query { order: Order::Newest, ..Query::default() };
    let page = reader.page(&query, None, 10_000).unwrap();
    assert_eq!(page.next, None, "a test with so many files reads them otherwise");
    page.rows
}

/// All that is recorded in a home by where it stands among what was sent.
fn by_path(home: &Path) -> BTreeMap<String, Row> {
    let mut found = BTreeMap::new();
    for row in rows(home) {
        let path =
            if row.folder.is_empty() { row.name.clone() } else { format!("{}/{}", row.folder, row.name) };
        assert!(found.insert(path.clone(), row).is_none(), "{path} is there twice");
    }
    found
}

fn digest(path: &Path) -> Digest {
    Digest(*blake3::hash(&fs::read(path).unwrap()).as_bytes())
}

/// What is recorded as there must be there, and be that.
fn is_true(row: &Row) {
    let place = row.place.as_deref().unwrap();
    let bytes = fs::metadata(place).unwrap().len();
    assert_eq!((row.size, row.digest), (Some(bytes), Some(digest(place))), "{row:?}");
    assert_eq!(verify(row, &|| false), Some(Verdict::Unchanged), "{row:?}");
}

/// Tells the receiver to take what it is offered, or not.
fn answer(receiver: &mut Device, answer: Answer) -> TransferId {
    let id = receiver.until("an offer", |state| {
        state.transfers.iter().find(|transfer| transfer.asks()).map(|transfer| transfer.id)
    });
    receiver.tell(Command::Answer { id, answer });
    id
}

fn accept(receiver: &mut Device) -> TransferId {
    let landing = Landing { folder: Some(receiver.inbox.path().to_owned()), ..Landing::default() };
    answer(receiver, Answer::Accept(landing))
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

#[test]
fn two_hundred_mixed_files_each_way_are_recorded_at_both_ends_as_they_are() {
    let mut devices = [Device::start("Anna"), Device::start("Ben")];
    let ports = devices.each_mut().map(|device| device.receive(Consent::Ask));
    let folders: [tempfile::TempDir; 2] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    for (from, to) in [(0, 1), (1, 0)] {
        let tree = format!("from-{from}");
        let source = folders[from].path().join(&tree);
        for i in 0..198_u64 {
            let name =
                format!("{tree}/{}/file-{i}", ["", "a/b", "Büro 写真"][usize::try_from(i % 3).unwrap()]);
            let name = name.replace("//", "/");
            match i % 4 {
                0 => put(folders[from].path(), &format!("{name}.png"), &[PNG, &noise(i, 40)].concat()),
                1 => put(
                    folders[from].path(),
                    &format!("{name}.txt"),
                    format!("line {i}\n").repeat(9).as_bytes(),
                ),
                2 => put(
                    folders[from].path(),
                    &format!("{name}.bin"),
                    &noise(i, 3000 + usize::try_from(i).unwrap()),
                ),
                _ => put(folders[from].path(), &format!("{name}.empty"), b""),
            }
        }
        put(folders[from].path(), &format!("{tree}/gone"), b"it goes before it is read");
        put(folders[from].path(), "note.txt", b"a note");
        put(devices[to].inbox.path(), "note.txt", b"another note");
        let id = devices[from].send(ports[to], &[source.clone(), folders[from].path().join("note.txt")]);
        devices[to].until("an offer", |state| state.transfers.iter().any(Transfer::asks).then_some(()));
        fs::remove_file(source.join("gone")).unwrap();
        accept(&mut devices[to]);
        devices[from].report(id);
        devices[to].until("its end", |state| {
            state.transfers.iter().any(|t| t.direction == Direction::Receive && t.is_finished()).then_some(())
        });
    }
    let ids = devices.each_ref().map(|device| device.state.device.id);
    let kept = devices.map(Device::stop);
    for (own, other) in [(0, 1), (1, 0)] {
        let (home, inbox) = &kept[own];
        let all = rows(home.path());
        let counted = Reader::open(home.path()).unwrap().count(&Query::default()).unwrap();
        assert_eq!(counted, Count::Exactly(all.len() as u64));
        for direction in [Direction::Send, Direction::Receive] {
            let (root, name) = match direction {
                Direction::Send => (folders[own].path(), "file went"),
                Direction::Receive => (inbox.path(), "file came"),
            };
            let those: Vec<_> = all.iter().filter(|row| row.direction == direction).collect();
            assert_eq!(those.len(), 200, "every {name} is there once");
            let stored: Vec<_> = those.iter().filter(|row| row.became == Became::Stored).collect();
            let places: BTreeSet<_> = stored
                .iter()
                .map(|row| row.place.clone().unwrap().strip_prefix(root).unwrap().to_owned())
                .collect();
            // As find has it; what was there before is no file that came.
            let mut there: BTreeSet<_> = contents(root).into_keys().map(PathBuf::from).collect();
            if direction == Direction::Receive {
                assert!(there.remove(Path::new("note.txt")));
                assert!(places.contains(Path::new("note (1).txt")));
            }
            assert_eq!(places, there);
            for row in &stored {
                is_true(row);
                let kind = match row.name.rsplit('.').next().unwrap() {
                    "png" => ContentKind::Picture,
                    "txt" => ContentKind::Text,
                    _ => ContentKind::Other,
                };
                assert_eq!(row.kind, kind, "{row:?}");
                assert_eq!((row.device.id, row.item), (Some(ids[other]), Item::File));
            }
            let failed: Vec<_> = those.iter().filter(|row| row.became == Became::Failed).collect();
            let [failed] = &failed[..] else { panic!("{failed:?}") };
            let side = if direction == Direction::Send { Side::Here } else { Side::There };
            assert_eq!((failed.name.as_str(), failed.side, failed.size), ("gone", Some(side), Some(25)));
            assert!(failed.why.as_ref().is_some_and(|why| !why.is_empty()), "{failed:?}");
            let transfer = &failed.transfer;
            assert_eq!(transfer.ending, Ending::Failed(side));
            assert!(transfer.ended >= Some(transfer.began) && transfer.bytes > 100_000, "{transfer:?}");
        }
    }
}

#[test]
fn what_is_declined_cancelled_or_never_begun_is_recorded_with_why() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    receiver.know(sender.state.device.id);
    let port = receiver.receive(Consent::Ask);
    let folder = tempfile::tempdir().unwrap();
    for name in ["declined", "cancelled", "nobody"] {
        put(folder.path(), name, &noise(3, 70_000_000));
    }
    let source = |name: &str| folder.path().join(name);
    let id = sender.send(port, &[source("declined")]);
    answer(&mut receiver, Answer::Decline(Some("Not today.".to_owned())));
    sender.report(id);
    receiver.received(0);
    let slow = Settings { limit: Some(ByteRate::MIN), ..sender.state.settings.clone() };
    sender.tell(Command::Apply(slow));
    let id = sender.send(port, &[source("cancelled")]);
    accept(&mut receiver);
    sender
        .until("content to flow", |state| (state.transfer(id)?.state == TransferState::Active).then_some(()));
    sender.tell(Command::Cancel(id));
    sender.report(id);
    receiver.received(1);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = closed.local_addr().unwrap().port();
    drop(closed);
    let id = sender.send(nobody, &[source("nobody"), source("declined")]);
    sender.report(id);
    let (anna, ben) = (sender.stop(), receiver.stop());
    for (home, here, names) in [
        (&anna.0, Side::Here, &["cancelled", "declined", "nobody and 1 more"][..]),
        (&ben.0, Side::There, &["cancelled", "declined"][..]),
    ] {
        let found = by_path(home.path());
        assert_eq!(found.keys().collect::<Vec<_>>(), names);
        assert!(found.values().all(|row| row.item == Item::Transfer && row.digest.is_none()));
        let other = if here == Side::Here { Side::There } else { Side::Here };
        let declined = &found["declined"];
        assert_eq!((declined.became, declined.transfer.ending), (Became::Declined, Ending::Declined(other)));
        assert!(declined.transfer.why.as_ref().unwrap().contains("Not today."), "{declined:?}");
        let cancelled = &found["cancelled"];
        assert_eq!(
            (cancelled.became, cancelled.transfer.ending),
            (Became::Cancelled, Ending::Cancelled(here))
        );
    }
    let nobody = &by_path(anna.0.path())["nobody and 1 more"];
    assert_eq!(nobody.became, Became::Failed);
    assert!(nobody.transfer.why.is_some() && nobody.device.name.contains("127.0.0.1"), "{nobody:?}");
}

#[test]
fn what_is_sent_once_more_is_recorded_once_as_it_is_in_the_end() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::Ask);
    let folder = tempfile::tempdir().unwrap();
    for (name, size) in [("a", 3_000_000), ("b/late", 400), ("c", 0)] {
        put(folder.path(), &format!("tree/{name}"), &noise(size as u64, size));
    }
    let source = folder.path().join("tree");
    let id = sender.send(port, std::slice::from_ref(&source));
    receiver.until("an offer", |state| state.transfers.iter().any(Transfer::asks).then_some(()));
    fs::rename(source.join("b/late"), folder.path().join("late")).unwrap();
    accept(&mut receiver);
    sender.report(id);
    let became = |home: &Path| by_path(home).get("tree/b/late").map(|row| row.became);
    for device in [&mut sender, &mut receiver] {
        let home = device.home().to_owned();
        let recorded = |_: &_| (became(&home)? == Became::Failed).then_some(());
        device.until("that it is recorded", recorded);
    }
    fs::rename(folder.path().join("late"), source.join("b/late")).unwrap();
    sender.tell(Command::Retry(id));
    sender.until("its end", |state| match &state.transfer(id)?.state {
        TransferState::Finished(report) if report.outcome == Outcome::Complete => Some(()),
        _ => None,
    });
    receiver.until("its end", |state| match &state.transfers.first()?.state {
        TransferState::Finished(report) if report.outcome == Outcome::Complete => Some(()),
        _ => None,
    });
    for (home, _) in &[sender.stop(), receiver.stop()] {
        let found = by_path(home.path());
        assert_eq!(found.keys().collect::<Vec<_>>(), ["tree/a", "tree/b/late", "tree/c"]);
        for row in found.values() {
            assert_eq!((row.became, row.transfer.ending), (Became::Stored, Ending::Complete), "{row:?}");
            is_true(row);
        }
    }
}

#[test]
fn what_goes_on_after_a_crash_is_one_transfer_in_both_histories() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::All);
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..40).map(|i| format!("tree/{i:02}")).collect();
    for (i, name) in (0..).zip(&names) {
        put(folder.path(), name, &noise(i, 300_000));
    }
    let rate = |bytes| Settings { limit: ByteRate::new(bytes), ..Settings::default() };
    sender.tell(Command::Apply(Settings { ..rate(4_000_000) }));
    let id = sender.send(port, &[folder.path().join("tree")]);
    let handle = receiver.handle.clone();
    receiver.until("content to flow", |state| {
        let id = state.transfers.first()?.id;
        (state.transfers.first()?.state == TransferState::Active).then_some(id)
    });
    let coming = receiver.state.transfers[0].id;
    while handle.progress(coming).is_none_or(|progress| progress.files < 5) {
        std::thread::yield_now();
    }
    let mut receiver = receiver.crash();
    receiver.receive_on(port, Consent::All);
    sender.tell(Command::Apply(rate(1_000_000_000)));
    sender.tell(Command::Retry(id));
    assert_eq!(sender.report(id).outcome, Outcome::Complete);
    receiver.until("its end", |state| {
        state.transfers.iter().any(|t| matches!(&t.state, TransferState::Finished(report) if report.outcome == Outcome::Complete)).then_some(())
    });
    for (home, _) in &[sender.stop(), receiver.stop()] {
        let found = by_path(home.path());
        assert_eq!(found.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
        let transfers: BTreeSet<_> = found.values().map(|row| row.transfer.id).collect();
        assert_eq!(transfers.len(), 1, "{transfers:?}");
        for row in found.values() {
            assert_eq!((row.became, row.transfer.ending), (Became::Stored, Ending::Complete), "{row:?}");
            let place = row.place.as_deref().unwrap();
            assert_eq!(row.size, Some(fs::metadata(place).unwrap().len()));
            if row.direction == Direction::Receive {
                is_true(row);
            }
        }
    }
}

#[test]
fn what_is_given_up_after_a_crash_has_ended_and_what_had_come_is_there() {
    let (sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::All);
    let folder = tempfile::tempdir().unwrap();
    for i in 0..40 {
        put(folder.path(), &format!("tree/{i:02}"), &noise(i, 300_000));
    }
    sender
        .tell(Command::Apply(Settings { limit: ByteRate::new(4_000_000), ..sender.state.settings.clone() }));
    receiver.tell(Command::Apply(Settings { go_on: GoOn::Ask, ..receiver.state.settings.clone() }));
    sender.send(port, &[folder.path().join("tree")]);
    let id = receiver.until("content to flow", |state| {
        let transfer = state.transfers.first()?;
        (transfer.state == TransferState::Active).then_some(transfer.id)
    });
    let handle = receiver.handle.clone();
    while handle.progress(id).is_none_or(|progress| progress.files < 5) {
        std::thread::yield_now();
    }
    let mut receiver = receiver.crash();
    receiver.until("what is left", |state| state.transfer(id)?.is_left().then_some(()));
    receiver.tell(Command::Cancel(id));
    receiver.until("that it is gone", |state| state.transfer(id).is_none().then_some(()));
    let (home, inbox) = receiver.stop();
    let found = by_path(home.path());
    let there: BTreeSet<_> = contents(inbox.path()).into_keys().collect();
    // What had got its name in the very moment of the crash is not known to have it.
    assert!(found.len() >= 5 && found.keys().all(|path| there.contains(path)), "{found:#?}");
    for row in found.values() {
        assert_eq!((row.became, row.transfer.ending), (Became::Stored, Ending::Cancelled(Side::Here)));
        is_true(row);
    }
}

#[test]
fn of_a_device_that_is_not_to_be_recorded_nothing_is_and_nothing_where_history_is_off() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::All);
    let folder = tempfile::tempdir().unwrap();
    let mut nth = 0;
    let mut send = |sender: &mut Device, receiver: &mut Device, name: &str| {
        put(folder.path(), name, name.as_bytes());
        let id = sender.send(port, &[folder.path().join(name)]);
        assert_eq!(sender.report(id).outcome, Outcome::Complete);
        receiver.received(nth);
        nth += 1;
    };
    send(&mut sender, &mut receiver, "first");
    let id = sender.state.device.id;
    receiver.know(id);
    let change = |recording| Command::Device { id, change: DeviceChange::Recording(recording) };
    let is = |recording| {
        move |state: &airlift::engine::Snapshot| {
            (state.known.iter().find(|known| known.id == id)?.recording == recording).then_some(())
        }
    };
    receiver.tell(change(Recording::Never));
    receiver.until("the decision", is(Recording::Never));
    send(&mut sender, &mut receiver, "second");
    receiver.tell(change(Recording::Usual));
    receiver.until("the decision", is(Recording::Usual));
    sender.tell(Command::Apply(Settings { history: Keep::Off, ..sender.state.settings.clone() }));
    sender.until("the setting", |state| (state.settings.history == Keep::Off).then_some(()));
    send(&mut sender, &mut receiver, "third");
    let (anna, ben) = (sender.stop(), receiver.stop());
    assert_eq!(by_path(anna.0.path()).keys().collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(by_path(ben.0.path()).keys().collect::<Vec<_>>(), ["first", "third"]);
}

#[test]
fn a_speed_test_is_no_part_of_the_past() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::All);
    let id = airlift::engine::Handle::new_transfer();
    let to = airlift::model::Address { host: "127.0.0.1".into(), port: Some(port) };
    let trial = Trial { medium: Medium::Disk, bytes: 1_000_000 };
    sender.tell(Command::Try { id, to: to.into(), trial });
    assert_eq!(sender.report(id).outcome, Outcome::Complete);
    receiver.received(0);
    for (home, _) in &[sender.stop(), receiver.stop()] {
        assert_eq!(rows(home.path()), []);
    }
}

#[test]
fn what_strangers_offer_and_nobody_wants_fills_no_history() {
    let mut receiver = Device::start("Ben");
    let port = receiver.receive(Consent::Nobody("Nobody is here."));
    let (strangers, offers) = (3, 30);
    receiver.engine.block_on(async {
        for _ in 0..strangers {
            let rogue = Rogue::new();
            for _ in 0..offers {
                let mut control = rogue.greet(port).await;
                say(&mut control, &airlift::wire::FromSender::Entries(vec![file("spam", 5)])).await;
                say(&mut control, &NOTHING_SKIPPED).await;
                assert!(support::device::hear(&mut control).await.is_some());
            }
        }
    });
    let (home, _) = receiver.stop();
    let recorded = rows(home.path());
    assert!(!recorded.is_empty(), "what faces are told of is recorded");
    assert!(recorded.len() <= airlift::wire::limits::MAX_HEARSAY, "{} rows", recorded.len());
    assert!(recorded.iter().all(|row| row.became == Became::Declined));
}

#[test]
fn what_is_removed_is_gone_from_the_history_and_stays_on_the_disk() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::All);
    let folder = tempfile::tempdir().unwrap();
    for name in ["t/a", "t/b", "t/c"] {
        put(folder.path(), name, name.as_bytes());
    }
    let id = sender.send(port, &[folder.path().join("t")]);
    sender.report(id);
    let home = receiver.home().to_owned();
    let all = receiver.until("that it is recorded", |state| {
        let all = (state.recorded > 0).then(|| by_path(&home))?;
        (all.len() == 3).then_some(all)
    });
    let before = receiver.state.recorded;
    let change = |receiver: &Device, change| {
        let (reply, answer) = tokio::sync::oneshot::channel();
        receiver.tell(Command::History { change, reply });
        receiver.engine.block_on(answer).unwrap().unwrap()
    };
    let removed = change(&receiver, HistoryChange::Remove(vec![all["t/b"].id]));
    assert_eq!(removed, 1);
    receiver.until("the change", |state| (state.recorded > before).then_some(()));
    assert_eq!(by_path(&home).keys().collect::<Vec<_>>(), ["t/a", "t/c"]);
    change(&receiver, HistoryChange::Clear);
    assert_eq!(rows(&home), []);
    assert_eq!(contents(receiver.inbox.path()).len(), 3, "never the files");
}

#[test]
fn whether_files_are_what_they_were_is_seen_and_links_are_not_followed() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::All);
    let folder = tempfile::tempdir().unwrap();
    for name in ["same", "other", "longer", "gone", "link"] {
        put(folder.path(), &format!("t/{name}"), name.as_bytes());
    }
    let id = sender.send(port, &[folder.path().join("t")]);
    sender.report(id);
    let (home, inbox) = receiver.stop();
    let at = |name: &str| inbox.path().join("t").join(name);
    fs::write(at("other"), "OTHER").unwrap();
    fs::write(at("longer"), "longer than it was").unwrap();
    fs::remove_file(at("gone")).unwrap();
    fs::rename(at("link"), inbox.path().join("elsewhere")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(inbox.path().join("elsewhere"), at("link")).unwrap();
    let verdicts: BTreeMap<_, _> = by_path(home.path())
        .into_iter()
        .map(|(path, row)| (path, verify(&row, &|| false).unwrap()))
        .collect();
    let expected = [
        ("t/gone", Verdict::Gone),
        ("t/link", Verdict::Gone),
        ("t/longer", Verdict::Changed),
        ("t/other", Verdict::Changed),
        ("t/same", Verdict::Unchanged),
    ];
    assert_eq!(verdicts, expected.map(|(path, verdict)| (path.to_owned(), verdict)).into());
}
