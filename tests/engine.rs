//! What the engine keeps from one run to the next, and what it changes while it runs.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use airlift::{
    engine::{
        AtStart, Command, Config, Consent, DeviceChange, Earlier, Engine, Event, Multicast, ReceivingState,
        Settings, Update,
    },
    model::{
        Answer, ByteRate, DeviceName, Landing, Outcome, Problem, ProblemKind, Side, Transfer, TransferState,
    },
};
use support::device::{Device, Rogue};
use tempfile::tempdir;

fn start(home: &Path, name: Option<&str>) -> Engine {
    let device_name = name.map(|name| DeviceName::parse(name).unwrap());
    Engine::start(
        Config {
            home: home.to_owned(),
            device_name,
            limit: None,
            earlier: Earlier::None,
            multicast: Multicast::Never,
        },
        Arc::new(|| {}),
    )
    .unwrap()
}

#[test]
fn a_name_that_was_chosen_stays_and_one_for_a_single_run_does_not() {
    let home = tempdir().unwrap();
    let engine = start(home.path(), Some("For one run"));
    let (before, mut events) = engine.handle().subscribe();
    assert_eq!(before.device.name.as_str(), "For one run");
    assert_eq!(before.settings.device_name, None);

    // Something else is changed: the name for this run is still no one's choice.
    let other = Settings { inbox: "/srv/inbox".into(), ..before.settings };
    engine.block_on(engine.handle().send(Command::Apply(other.clone()))).unwrap();
    let chosen = Settings { device_name: DeviceName::parse("Studio 写真").ok(), ..other };
    engine.block_on(engine.handle().send(Command::Apply(chosen.clone()))).unwrap();
    let named = engine.block_on(async {
        loop {
            if let Some(Update::Event(Event::Device(device))) = events.next().await {
                return device.name;
            }
        }
    });
    assert_eq!(named.as_str(), "Studio 写真");
    // What the next window does is changed by no other setting, and changes none.
    engine.block_on(engine.handle().send(Command::AtStart(AtStart::Receive))).unwrap();
    engine
        .block_on(async { while !matches!(events.next().await, Some(Update::Event(Event::Settings(_)))) {} });
    let chosen = Settings { at_start: AtStart::Receive, ..chosen };
    engine.stop();

    let engine = start(home.path(), None);
    let after = engine.handle().subscribe().0;
    assert_eq!((after.device.id, after.device.name.as_str()), (before.device.id, "Studio 写真"));
    assert_eq!(after.settings, chosen);
    assert_eq!(after.receiving, ReceivingState::Off, "only a window takes that up");
    engine.stop();
}

#[test]
fn a_speed_limit_holds_what_runs_until_it_is_lifted() {
    for limited in ["the sender", "the receiver"] {
        let (mut sender, mut receiver) = (Device::start("Sender"), Device::start("Receiver"));
        let limit = |device: &Device, limit| {
            device.tell(Command::Apply(Settings { limit, ..device.state.settings.clone() }));
        };
        limit(if limited == "the sender" { &sender } else { &receiver }, Some(ByteRate::MIN));
        let port = receiver.receive(Consent::All);
        let source = sender.inbox.path().join("big.bin");
        // An hour and more at that speed.
        fs::write(&source, vec![7; 5_000_000]).unwrap();
        let id = sender.send(port, &[source]);
        for device in [&mut sender, &mut receiver] {
            device.until("content to flow", |state| {
                state.transfers.iter().find(|t| t.state == TransferState::Active).map(|_| ())
            });
        }
        limit(if limited == "the sender" { &sender } else { &receiver }, None);
        assert_eq!(sender.report(id).outcome, Outcome::Complete, "{limited}");
        assert_eq!(receiver.received(0).bytes, 5_000_000, "{limited}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn as_many_files_may_be_open_as_the_system_allows() {
    let home = tempdir().unwrap();
    let engine = start(home.path(), None);
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = line.split_whitespace().skip(3).take(2).collect::<Vec<_>>()[..] else {
        panic!("{line}")
    };
    assert_eq!(soft, hard);
    engine.stop();
}

#[test]
fn a_receiving_folder_that_would_endanger_the_key_is_not_chosen_and_the_one_before_stays() {
    let mut device = Device::start("Ben");
    let id = Rogue::new().identity.id();
    device.know(id);
    let good = tempdir().unwrap();
    let settings = Settings { inbox: good.path().to_owned(), ..device.state.settings.clone() };
    device.tell(Command::Apply(settings.clone()));
    device.tell(Command::Device { id, change: DeviceChange::Folder(Some(good.path().join("anna"))) });
    let (home, above) = (device.home().to_owned(), device.home().parent().unwrap().to_owned());
    for bad in [home.clone(), home.join("in"), above] {
        device.tell(Command::Apply(Settings { inbox: bad.clone(), ..settings.clone() }));
        let problem = device.until("that it is refused", |state| state.refused.clone());
        assert_eq!((problem.side, problem.kind), (Side::Here, ProblemKind::Files));
        assert!(problem.text.contains("Airlift’s own folder"), "{problem:?}");
        device.until("the folder of before", |state| (state.settings == settings).then_some(()));
        // Another choice, and what was refused is over.
        device.tell(Command::Device { id, change: DeviceChange::Folder(Some(good.path().join("ben"))) });
        device.until("that one", |state| state.refused.is_none().then_some(()));
        device.tell(Command::Device { id, change: DeviceChange::Folder(Some(bad)) });
        device.until("that it is refused", |state| state.refused.clone());
        let is_as_before =
            |known: &airlift::model::KnownDevice| known.folder == Some(good.path().join("ben"));
        device.until("its folder of before", |state| state.known.iter().any(is_as_before).then_some(()));
        device.tell(Command::Device { id, change: DeviceChange::Folder(Some(good.path().join("ben"))) });
        device.until("that one", |state| state.refused.is_none().then_some(()));
    }
}

#[test]
fn an_offer_is_accepted_into_no_folder_that_would_endanger_the_key() {
    let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
    let port = receiver.receive(Consent::Ask);
    fs::write(sender.inbox.path().join("devices.json"), "mine").unwrap();
    let sent = sender.send(port, &[sender.inbox.path().join("devices.json")]);
    let id = receiver.until("a question", |state| state.transfers.iter().find(|t| t.asks()).map(|t| t.id));
    let folder = Some(receiver.home().to_owned());
    receiver.tell(Command::Answer { id, answer: Answer::Accept(Landing { folder, ..Landing::default() }) });
    let Outcome::Failed(Problem { side: Side::Here, text, .. }) = receiver.received(0).outcome else {
        panic!()
    };
    assert!(text.contains("is Airlift’s own folder, or lies in it"), "{text}");
    let Outcome::Failed(Problem { side: Side::There, text, .. }) = sender.report(sent).outcome else {
        panic!()
    };
    assert!(!text.contains(receiver.home().to_str().unwrap()), "{text}");
    let kept = fs::read(receiver.home().join("devices.json")).unwrap_or_default();
    assert_ne!(kept, b"mine");
}

#[cfg(unix)]
#[test]
fn what_is_under_way_is_nobody_elses_to_open_or_lock_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;
    rustix::process::umask(rustix::fs::Mode::empty());
    let (sender, mut receiver) = (Device::start("Sender"), Device::start("Receiver"));
    let limit = ByteRate::new(15_000_000);
    sender.tell(Command::Apply(Settings { limit, ..sender.state.settings.clone() }));
    let port = receiver.receive(Consent::All);
    let source = sender.inbox.path().join("film.bin");
    fs::write(&source, vec![7; 100 << 20]).unwrap();
    sender.send(port, std::slice::from_ref(&source));
    let is_flowing = |t: &&Transfer| t.state == TransferState::Active;
    let id = receiver.until("content", |state| state.transfers.iter().find(is_flowing).map(|t| t.id));
    let began = Instant::now();
    while receiver.handle.progress(id).is_none_or(|progress| progress.bytes == 0) {
        assert!(began.elapsed() < Duration::from_mins(1), "nothing comes");
        std::thread::yield_now();
    }
    let mut left = [&sender, &receiver].map(|device| device.home().to_owned()).to_vec();
    left.extend(receiver.arrived().iter().map(|name| receiver.inbox.path().join(name)));
    let mut seen = Vec::new();
    while let Some(path) = left.pop() {
        let found = fs::symlink_metadata(&path).unwrap();
        let mode = found.permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
        if found.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        seen.extend(path.extension().and_then(|ending| ending.to_str()).map(str::to_owned));
    }
    for ending in ["key", "json", "accord", "ledger", "part", "journal"] {
        assert!(seen.iter().any(|seen| seen == ending), "{ending} is not among {seen:?}");
    }
}
