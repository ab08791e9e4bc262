//! What the engine keeps from one run to the next.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::{path::Path, sync::Arc};

use airlift::{
    engine::{Command, Config, Engine, Event, Settings, Update},
    model::DeviceName,
};
use tempfile::tempdir;

fn start(home: &Path, name: Option<&str>) -> Engine {
    let device_name = name.map(|name| DeviceName::parse(name).unwrap());
    Engine::start(Config { home: home.to_owned(), device_name, limit: None }, Arc::new(|| {})).unwrap()
}

#[test]
fn a_name_that_was_chosen_stays_and_one_for_a_single_run_does_not() {
    let home = tempdir().unwrap();
    let engine = start(home.path(), Some("For one run"));
    let (before, mut events) = engine.handle().subscribe();
    assert_eq!(before.device.name.as_str(), "For one run");
    assert_eq!(before.settings.device_name, None);

    // Something else is changed: the name for this run is still no one's choice.
    let other = Settings { inbox: home.path().join("inbox"), ..before.settings };
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
