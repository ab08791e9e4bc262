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

/// A window's own person decides, or somebody in another process of that home.
#[derive(Clone, Copy, Debug)]
enum Decides {
    Here,
    Elsewhere,
}

fn block(device: &mut Device, id: DeviceId, decides: Decides) {
    match decides {
        Decides::Here => judge(device, id, Trust::Blocked),
        Decides::Elsewhere => {
            let elsewhere = TrustStore::open(device.home()).unwrap();
            let change = Change::Judged { id, name: name("Somebody"), trust: Trust::Blocked };
            elsewhere.change(change).unwrap();
            elsewhere.write().unwrap();
        }
    }
}

/// Two between which something flows, slowly: Anna sends, Ben receives; and the two ends of it.
fn flowing() -> (Device, Device, TransferId, TransferId) {
    flowing_under(Consent::All, Trust::Stranger)
}

fn flowing_under(consent: Consent, trust: Trust) -> (Device, Device, TransferId, TransferId) {
    let (mut anna, mut ben) = (Device::start("Anna"), Device::start("Ben"));
    if trust != Trust::Stranger {
        judge(&mut ben, anna.state.device.id, trust);
    }
    let limit = ByteRate::new(1_000_000);
    anna.tell(Command::Apply(Settings { limit, ..anna.state.settings.clone() }));
    let port = ben.receive(consent);
    // Nothing that compression could shorten.
    let mut film = vec![0; 64 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut film);
    let sent = anna.send(port, &[source(&anna, "film", &film)]);
    let flows = |t: &&Transfer| t.state == TransferState::Active;
    let received = ben.until("content", |state| state.transfers.iter().find(flows).map(|t| t.id));
    anna.until("content", |state| state.transfers.iter().find(flows).map(drop));
    (anna, ben, sent, received)
}

#[test]
fn what_flows_to_or_from_a_device_ends_when_it_is_blocked_here_or_in_another_process() {
    let ended = |by| Outcome::Cancelled { by };
    for decides in [Decides::Here, Decides::Elsewhere] {
        let (mut anna, mut ben, sent, received) = flowing();
        block(&mut anna, ben.state.device.id, decides);
        assert_eq!(anna.report(sent).outcome, ended(Side::Here), "{decides:?}");
        assert_eq!(ben.report(received).outcome, ended(Side::There), "{decides:?}");

        let (mut anna, mut ben, sent, received) = flowing();
        block(&mut ben, anna.state.device.id, decides);
        assert_eq!(ben.report(received).outcome, ended(Side::Here), "{decides:?}");
        assert_eq!(anna.report(sent).outcome, ended(Side::There), "{decides:?}");
        assert_eq!(ben.arrived(), Vec::<String>::new());
    }
}

#[test]
fn what_flows_because_its_sender_is_trusted_ends_when_it_is_not_any_more_and_what_a_person_accepted_does_not()
{
    let (mut anna, mut ben, sent, received) =
        flowing_under(Consent::TrustedAlone("nobody is there"), Trust::Trusted);
    judge(&mut ben, anna.state.device.id, Trust::Known);
    assert_eq!(ben.report(received).outcome, Outcome::Cancelled { by: Side::Here });
    assert_eq!(anna.report(sent).outcome, Outcome::Cancelled { by: Side::There });
    assert_eq!(ben.arrived(), Vec::<String>::new());

    let (mut anna, mut ben, sent, received) = flowing_under(Consent::All, Trust::Trusted);
    judge(&mut ben, anna.state.device.id, Trust::Known);
    anna.tell(Command::Apply(Settings { limit: None, ..anna.state.settings.clone() }));
    assert_eq!(anna.report(sent).outcome, Outcome::Complete);
    assert_eq!(ben.report(received).outcome, Outcome::Complete);
}
