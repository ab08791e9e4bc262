//! What stands in the receiving folder already, planted or precious.
#![cfg(unix)]

use std::{fs, os::unix::fs::symlink};

use airlift::{
    engine::Consent,
    model::Outcome,
    wire::{
        FromReceiver, FromSender,
        message::{Ending, RawAccess, RawEntry, RawKind},
    },
};

use super::names::bring;
use crate::support::device::{Device, NOTHING_SKIPPED, Rogue, file, hear, say};

fn folder(path: &str) -> RawEntry {
    RawEntry { path: path.into(), kind: RawKind::Folder, modified: None, access: RawAccess::Shared }
}

#[test]
fn f1_a_link_in_the_place_of_the_file_cve_2017_1000420() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let elsewhere = tempfile::tempdir().unwrap();
    let precious = elsewhere.path().join("bashrc");
    fs::write(&precious, b"precious").unwrap();
    symlink(&precious, device.inbox.path().join("report.pdf")).unwrap();
    symlink(elsewhere.path().join("not there"), device.inbox.path().join("dangling")).unwrap();
    let offer = vec![file("report.pdf", 0), file("dangling", 0)];
    device.engine.block_on(bring(&Rogue::new(), port, offer)).unwrap();
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    assert_eq!(fs::read(&precious).unwrap(), b"precious");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    assert_eq!(device.arrived(), ["dangling", "dangling (1)", "report (1).pdf", "report.pdf"]);
}

#[test]
fn f2_a_link_in_the_place_of_a_folder_cve_2022_42725_cve_2024_12088() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), device.inbox.path().join("sub")).unwrap();
    let offer = vec![folder("sub"), folder("sub/deep")];
    device.engine.block_on(bring_folders(&Rogue::new(), port, offer));
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert_eq!(device.arrived(), ["sub", "sub (1)"]);
}

/// Folders alone have no content.
async fn bring_folders(rogue: &Rogue, port: u16, entries: Vec<RawEntry>) {
    let mut control = rogue.greet(port).await;
    say(&mut control, &FromSender::Entries(entries)).await;
    say(&mut control, &NOTHING_SKIPPED).await;
    let mut lane = None;
    loop {
        match hear(&mut control).await {
            Some(FromReceiver::Accept { token }) => {
                let mut opened = rogue.dial(port).await;
                say(&mut opened, &FromSender::Lane { token }).await;
                let _ = tokio::io::AsyncWriteExt::write_all(&mut opened.stream, &[4, 1]).await;
                let _ = tokio::io::AsyncWriteExt::flush(&mut opened.stream).await;
                lane = Some(opened);
            }
            Some(FromReceiver::Done) | None => break,
            Some(_) => {}
        }
    }
    say(&mut control, &FromSender::Bye).await;
    drop(lane);
}

#[test]
fn f6_what_is_there_is_neither_written_over_nor_removed_when_the_sender_gives_up_cve_2023_29380() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let camera = device.inbox.path().join("Camera");
    fs::create_dir(&camera).unwrap();
    fs::write(camera.join("photo"), b"precious").unwrap();
    let rogue = Rogue::new();
    device.engine.block_on(async {
        let mut control = rogue.greet(port).await;
        say(&mut control, &FromSender::Entries(vec![folder("Camera"), file("Camera/photo", 9)])).await;
        say(&mut control, &NOTHING_SKIPPED).await;
        while !matches!(hear(&mut control).await, Some(FromReceiver::Accept { .. }) | None) {}
        say(&mut control, &FromSender::Ending(Ending::Cancelled)).await;
        while hear(&mut control).await.is_some() {}
    });
    assert!(matches!(device.received(0).outcome, Outcome::Cancelled { .. }));
    assert_eq!(fs::read(camera.join("photo")).unwrap(), b"precious");
    assert_eq!(device.arrived(), ["Camera"]);
}

#[test]
fn f8_no_bit_but_the_executable_one_can_be_asked_for_cve_2026_35385() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let kind = RawKind::Executable { size: Some(0) };
    let offer = vec![RawEntry { path: "tool".into(), kind, modified: None, access: RawAccess::Shared }];
    device.engine.block_on(bring(&Rogue::new(), port, offer)).unwrap();
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    let mode = fs::metadata(device.inbox.path().join("tool")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7022, 0, "{mode:o}");
    assert_ne!(mode & 0o100, 0, "{mode:o}");
}
