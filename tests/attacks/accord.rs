//! What one yes allows later: a sender that was accepted once calls again, and offers something else.

use std::{fs, path::Path};

use airlift::{
    engine::{CodeState, Command, Consent, DeviceChange, Handle, PortChoice, Receiving, Remember},
    identity::Identity,
    model::{
        Conflict, DeviceId, Digest, Landing, Outcome, PairingCode, Side, Transfer, TransferState, Trust,
    },
    net::{Connection, Tls},
    pairing::{self, Asking, Ends},
    wire::{
        FromReceiver, FromSender, content, limits,
        message::{RawCounts, RawEntry, RawKind, RawPurpose, RawSkipped, Stance},
    },
};
use tokio::io::AsyncWriteExt as _;

use crate::support::device::{Device, NOTHING_SKIPPED, Rogue, file, hear, meet, say};

/// What takes longer than this on loopback has failed.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// Content that a rogue announces and never brings whole.
const BROKEN: &[u8] = b"never comes";

/// How a rogue leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// With the farewell that is due.
    Properly,
    /// Without a word, when everything that is wanted is stored.
    AtTheEnd,
    /// Without a word, before any content.
    BeforeContent,
}

/// What a receiver has answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// It wants so many files.
    Wants(usize),
    Declined,
    /// It has closed without a word.
    Silence,
}

/// Calls until it is heard: a call that comes while an earlier one is swept up is lost.
async fn call(rogue: &Rogue, port: u16, offer: &[(&str, &[u8], i64)], leaves: Leaves) -> Answer {
    let calling = async {
        loop {
            match call_once(rogue, port, offer, leaves).await {
                Answer::Silence => tokio::time::sleep(limits::PLACE_LOOK).await,
                answer => return answer,
            }
        }
    };
    tokio::time::timeout(PATIENCE, calling).await.expect("an answer")
}

/// One call under the same transfer, with files of this content.
async fn call_once(rogue: &Rogue, port: u16, offer: &[(&str, &[u8], i64)], leaves: Leaves) -> Answer {
    let control = rogue.dial(port).await;
    converse(control, rogue, port, offer, leaves).await
}

/// The same on a connection on which the code was proved.
async fn call_with_code(
    rogue: &Rogue,
    (port, code): (u16, PairingCode),
    offer: &[(&str, &[u8], i64)],
    leaves: Leaves,
) -> Answer {
    let mut control = rogue.dial(port).await;
    let binding = control.exported(pairing::BINDING).unwrap();
    let ends = Ends { binding, sender: rogue.identity.id(), receiver: control.peer };
    let (asking, element) = Asking::begin(code, ends);
    say(&mut control, &FromSender::Pair { element }).await;
    let Some(FromReceiver::Pair { element }) = hear(&mut control).await else { panic!("no answer") };
    let (_, proof) = asking.prove(&element).unwrap();
    say(&mut control, &FromSender::PairProof { proof }).await;
    assert!(matches!(hear(&mut control).await, Some(FromReceiver::Paired { .. })));
    converse(control, rogue, port, offer, leaves).await
}

async fn converse(
    mut control: Connection,
    rogue: &Rogue,
    port: u16,
    offer: &[(&str, &[u8], i64)],
    leaves: Leaves,
) -> Answer {
    say(
        &mut control,
        &FromSender::Hello { name: "Rogue".into(), transfer: [3; 16], can: airlift::wire::message::CAN },
    )
    .await;
    match hear(&mut control).await {
        Some(FromReceiver::Hello { .. }) => {}
        Some(FromReceiver::Decline { .. } | FromReceiver::Ending(_)) => return Answer::Declined,
        None => return Answer::Silence,
        Some(other) => panic!("{other:?}"),
    }
    meet(&mut control).await;
    let entries: Vec<RawEntry> = offer
        .iter()
        .map(|(path, content, time)| RawEntry {
            modified: Some((*time, 5)),
            ..file(path, content.len() as u64)
        })
        .collect();
    say(&mut control, &FromSender::Entries(entries)).await;
    say(&mut control, &NOTHING_SKIPPED).await;
    let mut unwanted = Vec::new();
    let token = loop {
        match hear(&mut control).await {
            Some(
                FromReceiver::Except(ranges)
                | FromReceiver::Stored(ranges)
                | FromReceiver::Likely(ranges)
                | FromReceiver::Beyond(ranges),
            ) => {
                unwanted.extend(ranges.into_iter().flatten());
            }
            Some(FromReceiver::Held { .. }) => {}
            Some(FromReceiver::Accept { token }) => break token,
            Some(FromReceiver::Decline { .. } | FromReceiver::Ending(_)) => return Answer::Declined,
            None => return Answer::Silence,
            Some(other) => panic!("{other:?}"),
        }
    };
    let wanted = (0..).zip(offer).filter(|(no, _)| !unwanted.contains(no)).collect::<Vec<_>>();
    if leaves == Leaves::BeforeContent {
        return Answer::Wants(wanted.len());
    }
    let mut lane = rogue.dial(port).await;
    say(&mut lane, &FromSender::Lane { token }).await;
    let mut bytes = Vec::new();
    for (no, (_, content, _)) in &wanted {
        if *content == BROKEN {
            content::put_broken(&mut bytes, *no);
            continue;
        }
        for (at, chunk) in (0..).zip(content.chunks(256 << 10)) {
            let header = content::chunk_header(*no, at * (256 << 10), u32::try_from(chunk.len()).unwrap());
            bytes.extend_from_slice(&header);
            bytes.extend_from_slice(chunk);
        }
        let digest = Digest(*blake3::hash(content).as_bytes());
        content::put_end(&mut bytes, *no, content.len() as u64, digest);
    }
    content::put_finish(&mut bytes, 1);
    lane.stream.write_all(&bytes).await.unwrap();
    lane.stream.flush().await.unwrap();
    while !matches!(hear(&mut control).await, Some(FromReceiver::Done | FromReceiver::Ending(_)) | None) {}
    if leaves == Leaves::Properly {
        say(&mut control, &FromSender::Bye).await;
        while hear(&mut control).await.is_some() {}
    }
    Answer::Wants(wanted.len())
}

fn receive(device: &mut Device, conflict: Conflict) -> u16 {
    let port = device.receive(Consent::All);
    let landing = Landing { folder: Some(device.inbox.path().to_owned()), conflict, ..Landing::default() };
    let receiving = Receiving { port: PortChoice::Exactly(port), consent: Consent::All, landing };
    device.tell(Command::Receive(receiving));
    port
}

/// What stands below a folder, by path.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = item.file_name().into_string().unwrap();
        if item.path().is_dir() {
            found.extend(tree(&item.path()).into_iter().map(|inside| format!("{name}/{inside}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

#[test]
fn p4_a_yes_that_replaces_one_file_replaces_no_other() {
    let mut device = Device::start("Ben");
    let port = receive(&mut device, Conflict::Replace);
    let docs = device.inbox.path().join("docs");
    fs::create_dir(&docs).unwrap();
    fs::write(docs.join("thesis.txt"), "years of work").unwrap();
    fs::write(docs.join("a"), "old").unwrap();
    let rogue = Rogue::new();
    device.engine.block_on(async {
        let said = call(&rogue, port, &[("docs/a", b"agreed", 1)], Leaves::BeforeContent).await;
        assert_eq!(said, Answer::Wants(1));
        // One who is accepted breaks off, and offers something else under the same transfer.
        let offer: [(&str, &[u8], i64); 1] = [("docs/thesis.txt", b"gone", 1)];
        assert_eq!(call(&rogue, port, &offer, Leaves::BeforeContent).await, Answer::Wants(0));
        let offer: [(&str, &[u8], i64); 2] = [("docs/thesis.txt", b"gone", 1), ("docs/a", b"agreed", 1)];
        assert_eq!(call(&rogue, port, &offer, Leaves::Properly).await, Answer::Wants(1));
    });
    assert_eq!(fs::read_to_string(docs.join("thesis.txt")).unwrap(), "years of work");
    assert_eq!(fs::read_to_string(docs.join("a")).unwrap(), "agreed");
    assert_eq!(tree(device.inbox.path()), ["docs/a", "docs/thesis.txt"]);
}

#[test]
fn p4_a_code_is_good_for_one_accord_and_nothing_else_comes_under_it_before_or_after_a_restart() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Nobody("nobody is there"));
    let code = Handle::new_code();
    device.tell(Command::GiveCode { code: Some(code), remember: Remember::Known });
    device.until("the code", |state| matches!(state.code, CodeState::Given { .. }).then_some(()));
    let rogue = Rogue::new();
    let (agreed, large) = (("docs/a", &b"agreed"[..], 1), vec![7; 5 << 20]);
    let other = ("docs/b", &large[..], 1);
    device.engine.block_on(async {
        let said = call_with_code(&rogue, (port, code), &[agreed], Leaves::BeforeContent).await;
        assert_eq!(said, Answer::Wants(1));
        assert_eq!(call(&rogue, port, &[other], Leaves::BeforeContent).await, Answer::Wants(0));
    });
    // Interrupted, not over: it goes on, and holds what calls to what was shown for the code.
    let mut device = device.crash();
    device.receive_on(port, Consent::Nobody("nobody is there"));
    device.engine.block_on(async {
        assert_eq!(call(&rogue, port, &[other, agreed], Leaves::Properly).await, Answer::Wants(1));
        assert_eq!(call(&rogue, port, &[other], Leaves::Properly).await, Answer::Declined);
        assert_eq!(call(&rogue, port, &[agreed], Leaves::Properly).await, Answer::Declined);
    });
    assert_eq!(tree(device.inbox.path()), ["docs/a"]);
}

#[test]
fn p4_what_has_come_to_stand_there_since_the_yes_is_not_replaced() {
    let mut device = Device::start("Ben");
    let port = receive(&mut device, Conflict::Replace);
    let rogue = Rogue::new();
    let offer: [(&str, &[u8], i64); 1] = [("a", b"agreed", 1)];
    device.engine.block_on(call(&rogue, port, &offer, Leaves::BeforeContent));
    fs::write(device.inbox.path().join("a"), "mine, and new").unwrap();
    let said = device.engine.block_on(call(&rogue, port, &offer, Leaves::Properly));
    assert_eq!(said, Answer::Wants(1));
    assert_eq!(fs::read_to_string(device.inbox.path().join("a")).unwrap(), "mine, and new");
    assert_eq!(tree(device.inbox.path()), ["a", "a (1)"]);
}

#[test]
fn p4_one_yes_to_one_file_stores_no_other_however_often_its_sender_calls_and_leaves() {
    for leaves in [Leaves::AtTheEnd, Leaves::BeforeContent] {
        let mut device = Device::start("Ben");
        let port = receive(&mut device, Conflict::KeepBoth);
        let rogue = Rogue::new();
        device.engine.block_on(async {
            assert_eq!(call(&rogue, port, &[("docs/a", b"agreed", 1)], leaves).await, Answer::Wants(1));
        });
        // From now on, nobody says yes to anything.
        device.receive_on(port, Consent::Nobody("nobody is there"));
        device.engine.block_on(async {
            let content = vec![7; 2_000_000];
            for number in 0..5 {
                let name = format!("docs/other {number}");
                let said = call(&rogue, port, &[(&name, &content, 1)], Leaves::AtTheEnd).await;
                assert_ne!(said, Answer::Wants(1));
            }
        });
        let there = tree(device.inbox.path());
        assert_eq!(there.iter().filter(|name| name.contains("other")).count(), 0, "{there:?}");
    }
}

#[test]
fn p4_a_file_that_comes_with_other_content_again_and_again_is_stored_as_often_as_was_agreed() {
    // Where another file is still missing, it may have changed once: by a mebibyte in all.
    for (missing, last) in [(None, 0), (Some("b"), 1)] {
        let mut device = Device::start("Ben");
        let port = receive(&mut device, Conflict::KeepBoth);
        let rogue = Rogue::new();
        let mut accept = true;
        for number in 0_u8..6 {
            let content = vec![number; 700_000];
            let mut offer: Vec<(&str, &[u8], i64)> = vec![("a", &content, 10 * i64::from(number))];
            offer.extend(missing.map(|name| (name, BROKEN, 1)));
            device.engine.block_on(call(&rogue, port, &offer, Leaves::AtTheEnd));
            if std::mem::take(&mut accept) {
                device.receive_on(port, Consent::Nobody("nobody is there"));
            }
        }
        assert_eq!(tree(device.inbox.path()), ["a"]);
        // It has taken the place of what this transfer had stored itself.
        assert!(fs::read(device.inbox.path().join("a")).unwrap() == vec![last; 700_000]);
    }
}

#[test]
fn p4_a_yes_ends_with_its_transfer_also_after_a_restart_with_nobody_to_ask() {
    let mut device = Device::start("Ben");
    let port = receive(&mut device, Conflict::KeepBoth);
    let rogue = Rogue::new();
    device.engine.block_on(async {
        let offer: [(&str, &[u8], i64); 2] = [("a", b"agreed", 1), ("b", b"agreed", 1)];
        assert_eq!(call(&rogue, port, &offer, Leaves::BeforeContent).await, Answer::Wants(2));
    });
    device.until("the break", |state| {
        state.transfers.iter().any(|t| matches!(t.state, TransferState::Interrupted { .. })).then_some(())
    });
    let mut device = device.restart();
    let port = device.receive(Consent::Nobody("nobody is there"));
    device.engine.block_on(async {
        let offer: [(&str, &[u8], i64); 3] =
            [("a", b"agreed", 1), ("new", b"not agreed", 1), ("b", b"agreed", 1)];
        assert_eq!(call(&rogue, port, &offer, Leaves::Properly).await, Answer::Wants(2));
        let offer: [(&str, &[u8], i64); 1] = [("again", b"not agreed", 1)];
        assert_eq!(call(&rogue, port, &offer, Leaves::Properly).await, Answer::Declined);
    });
    assert_eq!(tree(device.inbox.path()), ["a", "b"]);
}

#[test]
fn p4_what_was_accepted_because_its_sender_was_trusted_ends_when_it_is_not_any_more() {
    let mut device = Device::start("Ben");
    let identity = Identity::ephemeral().unwrap();
    let rogue = Rogue { tls: Tls::new(&identity).unwrap(), identity };
    let id = rogue.identity.id();
    device.tell(Command::Device { id, change: DeviceChange::Trust(Trust::Trusted) });
    device.until("trust", |state| (state.trust(id) == Trust::Trusted).then_some(()));
    let port = device.receive(Consent::TrustedAlone("nobody is there"));
    let offer: [(&str, &[u8], i64); 1] = [("a", b"agreed", 1)];
    let said = device.engine.block_on(call(&rogue, port, &offer, Leaves::BeforeContent));
    assert_eq!(said, Answer::Wants(1));
    device.tell(Command::Device { id, change: DeviceChange::Trust(Trust::Known) });
    let said = device.engine.block_on(call(&rogue, port, &offer, Leaves::Properly));
    assert_eq!(said, Answer::Declined);
    assert!(matches!(
        device.received(0).outcome,
        Outcome::Declined { by: Side::Here, .. } | Outcome::Cancelled { by: Side::Here }
    ));
    assert_eq!(tree(device.inbox.path()), Vec::<String>::new());
}

/// Says hello once more, and offers this: the first thing that is said to it.
async fn offer_again(
    rogue: &Rogue,
    port: u16,
    entry: &RawEntry,
    purpose: RawPurpose,
) -> Option<FromReceiver> {
    let mut control = rogue.dial(port).await;
    let can = airlift::wire::message::CAN;
    say(&mut control, &FromSender::Hello { name: "Rogue".into(), transfer: [3; 16], can }).await;
    assert!(matches!(hear(&mut control).await, Some(FromReceiver::Hello { .. })));
    meet(&mut control).await;
    say(&mut control, &FromSender::Entries(vec![entry.clone()])).await;
    let skipped = RawSkipped { links: 0, special: 0, unreadable: 0 };
    say(&mut control, &FromSender::Offered { skipped, purpose }).await;
    hear(&mut control).await
}

#[test]
fn p4_a_file_of_six_bytes_does_not_come_as_a_stream_without_an_end_or_as_one_that_is_far_larger() {
    for size in [None, Some(2 << 20)] {
        let mut device = Device::start("Ben");
        let port = receive(&mut device, Conflict::KeepBoth);
        let rogue = Rogue::new();
        let entry = RawEntry { kind: RawKind::File { size }, ..file("a", 6) };
        device.engine.block_on(call(&rogue, port, &[("a", b"agreed", 1)], Leaves::BeforeContent));
        // Nobody says yes to more.
        device.receive_on(port, Consent::Nobody("nobody is there"));
        let said = device.engine.block_on(offer_again(&rogue, port, &entry, RawPurpose::Files));
        let Some(FromReceiver::Beyond(ranges)) = said else { panic!("{said:?}") };
        assert_eq!(ranges, [0..1]);
    }
}

#[test]
fn p4_a_yes_to_files_is_none_to_a_speed_test() {
    let mut device = Device::start("Ben");
    let port = receive(&mut device, Conflict::KeepBoth);
    let rogue = Rogue::new();
    let said = device.engine.block_on(async {
        call(&rogue, port, &[("a", b"agreed", 1)], Leaves::BeforeContent).await;
        offer_again(&rogue, port, &file("a", 1_000_000), RawPurpose::TrialOnDisk).await
    });
    assert!(matches!(said, Some(FromReceiver::Decline { .. })), "{said:?}");
    assert!(matches!(device.received(0).outcome, Outcome::Declined { by: Side::Here, .. }));
}

#[test]
fn p4_what_a_person_does_with_a_file_that_was_replaced_is_not_replaced_again() {
    for content in [b"agreed", b"anew!!"] {
        let mut device = Device::start("Ben");
        let port = receive(&mut device, Conflict::Replace);
        let there = device.inbox.path().join("a");
        fs::write(&there, "old").unwrap();
        let rogue = Rogue::new();
        let time = if content == b"agreed" { 1 } else { 100 };
        let first: [(&str, &[u8], i64); 2] = [("a", b"agreed", 1), ("b", BROKEN, 1)];
        device.engine.block_on(call(&rogue, port, &first, Leaves::AtTheEnd));
        assert_eq!(fs::read_to_string(&there).unwrap(), "agreed");
        fs::write(&there, "edited here").unwrap();
        let second: [(&str, &[u8], i64); 2] = [("a", content, time), ("b", BROKEN, 1)];
        device.engine.block_on(call(&rogue, port, &second, Leaves::AtTheEnd));
        assert_eq!(fs::read_to_string(&there).unwrap(), "edited here");
    }
}

#[test]
fn p4_what_a_later_call_counts_is_not_shown_in_the_place_of_what_was_agreed() {
    let mut device = Device::start("Ben");
    let port = receive(&mut device, Conflict::KeepBoth);
    let rogue = Rogue::new();
    let offer: [(&str, &[u8], i64); 1] = [("a", b"agreed", 1)];
    device.engine.block_on(call(&rogue, port, &offer, Leaves::BeforeContent));
    let id = device.until("the break", |state| state.transfers.iter().find(|t| t.rests()).map(|t| t.id));
    let (skipped, purpose) = (RawSkipped { links: 0, special: 0, unreadable: 0 }, RawPurpose::Files);
    let most = RawCounts { files: 3_999_999, folders: 0, bytes: u64::MAX, streams: 1, skipped, purpose };
    device.engine.block_on(async {
        let mut control = rogue.dial(port).await;
        let can = airlift::wire::message::CAN;
        let hello = FromSender::Hello { name: "Rogue".into(), transfer: [3; 16], can };
        let nonce = FromSender::Nonce { nonce: [7; 32], stance: Stance::Compares };
        for message in [hello, nonce, FromSender::Counts(most)] {
            say(&mut control, &message).await;
        }
        assert!(matches!(hear(&mut control).await, Some(FromReceiver::Hello { .. })));
        assert_eq!(hear(&mut control).await, Some(FromReceiver::Same));
    });
    // Told after that, whatever it is.
    device.know(rogue.identity.id());
    let shown = &device.state.transfer(id).unwrap().summary;
    assert_eq!((shown.files, shown.bytes, shown.streams), (1, 6, 0));
}

#[test]
fn p4_what_was_accepted_stays_on_the_list_whatever_is_offered_and_declined_under_its_id_before_and_others_after()
 {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Nobody("nobody is there"));
    let rogue = Rogue::new();
    // Of a stranger, so many would not be told.
    device.know(rogue.identity.id());
    let offer: [(&str, &[u8], i64); 1] = [("a", b"agreed", 1)];
    assert_eq!(device.engine.block_on(call(&rogue, port, &offer, Leaves::Properly)), Answer::Declined);
    device.receive_on(port, Consent::All);
    assert_eq!(device.engine.block_on(call(&rogue, port, &offer, Leaves::Properly)), Answer::Wants(1));
    let complete =
        |t: &&Transfer| matches!(&t.state, TransferState::Finished(r) if r.outcome == Outcome::Complete);
    let id = device.until("its end", |state| state.transfers.iter().find(complete).map(|t| t.id));
    device.receive_on(port, Consent::Nobody("nobody is there"));
    device.engine.block_on(async {
        for _ in 0..40 {
            let mut connection = rogue.greet(port).await;
            say(&mut connection, &FromSender::Entries(vec![file("x", 1)])).await;
            say(&mut connection, &NOTHING_SKIPPED).await;
            while hear(&mut connection).await.is_some() {}
        }
    });
    // Told last.
    device.know(DeviceId::of_public_key(b"another"));
    assert!(device.state.transfers.len() > 10, "the others are on the list, too");
    assert!(device.state.transfers.len() < 40, "and not all of them");
    assert!(device.state.transfer(id).is_some(), "it was pushed out");
}
