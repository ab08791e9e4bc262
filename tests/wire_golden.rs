//! The bytes of version 2, for ever. When one of these tests fails, the protocol has changed: give
//! it a new version instead of a new expectation.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fmt::Debug;

use airlift::{
    model::{Caught, DeviceId, Digest, Entry, NotScanned},
    wire::{
        ALPN, DEFAULT_PORT, FromReceiver, FromSender, content, frame,
        message::{
            Acquaintance, CAN, Ending, RawAccess, RawCounts, RawDigest, RawEntry, RawGroup, RawKind,
            RawPurpose, RawSkipped, Receipt, Stance, TEXTS,
        },
    },
};
use data_encoding::HEXLOWER;
use serde::{Serialize, de::DeserializeOwned};

fn pinned<M: Serialize + DeserializeOwned + PartialEq + Debug>(message: &M, hex: &str) {
    let hex: String = hex.split_whitespace().collect();
    assert_eq!(HEXLOWER.encode(&frame::encode(message)), hex, "{message:?}");
    let bytes = HEXLOWER.decode(hex.as_bytes()).unwrap();
    assert_eq!(&frame::decode::<M>(&bytes[frame::HEADER..]).unwrap(), message);
}

#[test]
fn what_a_sender_says_has_these_bytes() {
    let file = |path: &str, kind, modified| RawEntry {
        path: path.into(),
        kind,
        modified,
        access: RawAccess::Shared,
    };
    let private =
        |path: &str, kind, modified| RawEntry { access: RawAccess::Private, ..file(path, kind, modified) };
    pinned(
        &FromSender::Hello { name: "Anna".into(), transfer: [0xab; 16], can: 300 },
        "18000000 00 04416e6e61 abababababababababababababababab ac02",
    );
    pinned(&FromSender::Lane { token: [1; 16] }, "11000000 01 01010101010101010101010101010101");
    pinned(
        &FromSender::Entries(vec![
            file("d", RawKind::Folder, None),
            file("d/é", RawKind::File { size: Some(300) }, Some((-1, 5))),
            private("x", RawKind::Executable { size: None }, Some((1, 0))),
        ]),
        "1c000000 02 03 0164 00 00 00  04642fc3a9 01 01ac02 01 01 05 00  0178 02 00 01 02 00 01",
    );
    let (size, holes) = (1 << 40, 300);
    pinned(
        &FromSender::Entries(vec![
            file("s", RawKind::Sparse { size, holes }, None),
            private("t", RawKind::SparseExecutable { size, holes }, None),
        ]),
        "1c000000 02 02 0173 03 808080808020 ac02 00 00  0174 04 808080808020 ac02 00 01",
    );
    let skipped = RawSkipped { links: 1, special: 0, unreadable: 128 };
    for (purpose, hex) in [
        (RawPurpose::Files, "06000000 03 01 00 8001 00"),
        (RawPurpose::TrialInMemory, "06000000 03 01 00 8001 01"),
        (RawPurpose::TrialOnDisk, "06000000 03 01 00 8001 02"),
        (RawPurpose::Text, "06000000 03 01 00 8001 03"),
    ] {
        pinned(&FromSender::Offered { skipped, purpose }, hex);
    }
    for (stance, last) in [(Stance::Knows, "00"), (Stance::Compares, "01"), (Stance::GoesAhead, "02")] {
        let nonce = FromSender::Nonce { nonce: [7; 32], stance };
        pinned(&nonce, &format!("22000000 09 {} {last}", "07".repeat(32)));
    }
    pinned(&FromSender::Agreed, "01000000 0a");
    pinned(&FromSender::Counting, "01000000 0d");
    let (files, folders, bytes, streams, purpose) = (300, 2, 128, 1, RawPurpose::TrialOnDisk);
    let counts = RawCounts { files, folders, bytes, streams, skipped, purpose };
    pinned(&FromSender::Counts(counts), "0c000000 0e ac02 02 8001 01 01 00 8001 02");
    let (skipped, purpose) = (RawSkipped { links: 0, special: 0, unreadable: 0 }, RawPurpose::Text);
    let counts = RawCounts { files: 1, folders: 0, bytes: 300, streams: 0, skipped, purpose };
    pinned(&FromSender::Counts(counts), "0a000000 0e 01 00 ac02 00 00 00 00 03");
    pinned(&FromSender::Alive, "01000000 04");
    pinned(&FromSender::Bye, "01000000 05");
    pinned(&FromSender::Ending(Ending::Cancelled), "02000000 06 00");
    pinned(&FromSender::Ending(Ending::Paused), "02000000 06 02");
    pinned(&FromSender::Load([1, 2, 3, 4, 5, 300]), "08000000 07 01 02 03 04 05 ac02");
    let digests = vec![RawDigest { entry: 300, digest: Some([9; 32]) }, RawDigest { entry: 1, digest: None }];
    let nines = "09".repeat(32);
    pinned(&FromSender::Digests(digests), &format!("27000000 08 02 ac02 01 {nines} 01 00"));
    pinned(&FromSender::Ending(Ending::Failed { why: "no".into() }), "05000000 06 01 026e6f");
    pinned(&FromSender::Ending(Ending::Differs), "02000000 06 04");
    pinned(&FromReceiver::Ending(Ending::Differs), "02000000 08 04");
    pinned(&FromSender::Pair { element: [9; 32] }, &format!("21000000 0b {nines}"));
    pinned(&FromSender::PairProof { proof: [9; 32] }, &format!("21000000 0c {nines}"));
}

#[test]
fn what_a_receiver_says_has_these_bytes() {
    for (knows, last) in [(Acquaintance::Stranger, "00"), (Acquaintance::Known, "01")] {
        let hello = FromReceiver::Hello { name: "Ben".into(), commitment: [5; 32], knows, can: 1 };
        pinned(&hello, &format!("27000000 00 0342656e {} {last} 01", "05".repeat(32)));
    }
    pinned(&FromReceiver::Beyond(vec![1..3]), "04000000 11 01 01 03");
    pinned(&FromReceiver::Same, "01000000 12");
    pinned(&FromReceiver::Tight { needed: 300, free: 2 }, "04000000 13 ac02 02");
    let unfit = FromReceiver::Unfit { entries: vec![0..1, 5..300], why: "no".into() };
    pinned(&unfit, "0a000000 14 02 00 01 05 ac02 026e6f");
    pinned(&FromReceiver::NotNow(vec![1, 300]), "05000000 15 02 01 ac02");
    pinned(&FromReceiver::Nonce([6; 32]), &format!("21000000 0e {}", "06".repeat(32)));
    pinned(&FromReceiver::Except(vec![0..1, 5..300]), "07000000 01 02 00 01 05 ac02");
    pinned(&FromReceiver::Accept { token: [2; 16] }, "11000000 02 02020202020202020202020202020202");
    pinned(&FromReceiver::Decline { reason: None }, "02000000 03 00");
    pinned(&FromReceiver::Decline { reason: Some("no".into()) }, "05000000 03 01 026e6f");
    pinned(&FromReceiver::Progress { bytes: u64::MAX }, "0b000000 04 ffffffffffffffffff01");
    let receipts = vec![Receipt::stored(7, Digest([9; 32])), Receipt::failed(8, "full")];
    let nines = "09".repeat(32);
    pinned(&FromReceiver::Receipts(receipts), &format!("2b000000 05 02 00 07 {nines} 01 08 0466756c6c"));
    let caught = vec![
        Receipt::caught(7, Digest([9; 32]), &Caught::Infected("Eve".to_owned())),
        Receipt::caught(8, Digest([9; 32]), &Caught::Held(NotScanned::Busy)),
    ];
    let bytes = format!("4b000000 05 02 02 07 {nines} 03457665 03 08 {nines} 02");
    pinned(&FromReceiver::Receipts(caught), &bytes);
    for (why, number) in [
        (NotScanned::NoScanner, "00"),
        (NotScanned::Starting, "01"),
        (NotScanned::TooLarge, "03"),
        (NotScanned::TookTooLong, "04"),
        (NotScanned::Locked, "05"),
        (NotScanned::Changed, "06"),
        (NotScanned::Partly, "07"),
        (NotScanned::Failed("with a path of its own".to_owned()), "08"),
    ] {
        let held = Receipt::caught(8, Digest([9; 32]), &Caught::Held(why));
        let bytes = format!("25000000 05 01 03 08 {nines} {number}");
        pinned(&FromReceiver::Receipts(vec![held]), &bytes);
    }
    pinned(&FromReceiver::Checking { files: 300 }, "03000000 16 ac02");
    pinned(&FromReceiver::Done, "01000000 06");
    pinned(&FromReceiver::Alive, "01000000 07");
    pinned(&FromReceiver::Ending(Ending::Cancelled), "02000000 08 00");
    pinned(&FromReceiver::Ending(Ending::Paused), "02000000 08 02");
    pinned(&FromReceiver::Ending(Ending::Full), "02000000 08 03");
    pinned(&FromReceiver::Ending(Ending::Away), "02000000 08 05");
    pinned(&FromReceiver::Ending(Ending::Busy), "02000000 08 06");
    pinned(&FromReceiver::Ending(Ending::Resumed), "02000000 08 07");
    pinned(&FromReceiver::Stay, "01000000 17");
    pinned(&FromReceiver::Stored(vec![0..1, 5..300]), "07000000 0a 02 00 01 05 ac02");
    let groups = vec![RawGroup { first: 64, level: 6, value: [9; 32] }];
    pinned(&FromReceiver::Held { entry: 300, groups }, &format!("26000000 0b ac02 01 40 06 {nines}"));
    pinned(&FromReceiver::Likely(vec![0..1, 5..300]), "07000000 0c 02 00 01 05 ac02");
    pinned(&FromReceiver::Differ(vec![1, 300]), "05000000 0d 02 01 ac02");
    pinned(&FromReceiver::Load([0, 0, 0, 0, 0, 127]), "07000000 09 00 00 00 00 00 7f");
    pinned(&FromReceiver::Pair { element: [9; 32] }, &format!("21000000 0f {nines}"));
    pinned(&FromReceiver::Paired { proof: [9; 32] }, &format!("21000000 10 {nines}"));
}

#[test]
fn content_has_these_bytes() {
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    assert_eq!(
        hex(&content::chunk_header(7, 1 << 40, 0x0102)),
        "01070000000000000000010000".to_owned() + "02010000"
    );
    assert_eq!(
        hex(&content::packed_header(7, 1 << 40, 0x0102, 0x61)),
        "05070000000000000000010000".to_owned() + "02010000" + "61000000"
    );
    let mut out = Vec::new();
    content::put_end(&mut out, 1, 2, Digest([3; 32]));
    content::put_broken(&mut out, 4);
    content::put_hole(&mut out, 5, 1 << 40, 0x0102);
    content::put_finish(&mut out, 3);
    let hole = "060500000000000000000100000201000000000000";
    assert_eq!(hex(&out), format!("02010000000200000000000000{}0304000000{hole}0403", "03".repeat(32)));
}

#[test]
fn what_a_text_is_offered_as_has_these_bytes() {
    let entry = RawEntry::from(&Entry::of_text(300).unwrap());
    pinned(&FromSender::Entries(vec![entry]), "0d000000 02 01 0474657874 01 01ac02 00 01");
    assert_eq!((TEXTS, CAN & TEXTS), (1 << 2, 1 << 2));
}

#[test]
fn a_device_and_its_door_are_named_like_this() {
    assert_eq!(ALPN, b"airlift/2");
    assert_eq!(DEFAULT_PORT, 27543);
    let id = DeviceId::of_public_key(b"any key");
    let expected = data_encoding::BASE32_NOPAD.encode(&blake3::hash(b"any key").as_bytes()[..20]);
    assert_eq!(id.to_string().replace('-', ""), expected);
}
