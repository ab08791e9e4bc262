//! What the engine keeps from one run to the next, and what it changes while it runs.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{fs, path::Path, sync::Arc};

use airlift::{
    engine::{Command, Config, Consent, Earlier, Engine, Event, Multicast, Settings, Update},
    model::{ByteRate, DeviceName, Outcome, TransferState},
};
use support::device::Device;
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
    engine.stop();

    let engine = start(home.path(), None);
    let after = engine.handle().subscribe().0;
    assert_eq!((after.device.id, after.device.name.as_str()), (before.device.id, "Studio 写真"));
    assert_eq!(after.settings, chosen);
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
