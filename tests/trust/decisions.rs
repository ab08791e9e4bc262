//! What a person has decided about a device holds, and is kept, whatever the disk does.

use super::*;

/// A disk that takes no change of what is kept of devices.
fn refuse_to_write(device: &Device) -> PathBuf {
    let lock = device.home().join("devices.lock");
    let _ = fs::remove_file(&lock);
    fs::create_dir(&lock).unwrap();
    lock
}

#[test]
fn who_was_blocked_while_the_disk_was_full_is_blocked_after_a_restart_if_it_has_room_again() {
    let mut device = Device::start("Ben");
    let rogue = DeviceId::of_public_key(b"rogue");
    let in_the_way = refuse_to_write(&device);
    judge(&mut device, rogue, Trust::Blocked);
    let told = device.until("that it isn’t kept", |state| state.unkept.clone());
    assert!(
        told.text.contains("devices.lock") && told.text.contains("until Airlift is quit"),
        "{}",
        told.text
    );
    fs::remove_dir(in_the_way).unwrap();
    // Somebody calls, of whom nothing is kept.
    let port = device.receive(Consent::Nobody("nobody is there"));
    let friend = Device::start("Friend");
    friend.send(port, &[source(&friend, "a", b"a")]);
    device.until("that it is kept", |state| state.unkept.is_none().then_some(()));
    let device = device.crash();
    assert_eq!(device.state.trust(rogue), Trust::Blocked);
}

#[test]
fn who_was_blocked_while_the_disk_was_full_is_blocked_after_an_end_that_finds_room() {
    let mut device = Device::start("Ben");
    let rogue = DeviceId::of_public_key(b"rogue");
    let in_the_way = refuse_to_write(&device);
    judge(&mut device, rogue, Trust::Blocked);
    device.until("that it isn’t kept", |state| state.unkept.clone());
    fs::remove_dir(in_the_way).unwrap();
    let device = device.restart();
    assert_eq!(device.state.trust(rogue), Trust::Blocked);
}
