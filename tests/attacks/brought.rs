//! Content that no honest sender would bring.

use airlift::{
    engine::Consent,
    model::{Digest, EntryNo, Outcome, Problem, ProblemKind, Report, Side},
    wire::{FromReceiver, FromSender, content, limits, message::RawEntry},
};
use tokio::io::AsyncWriteExt as _;

use crate::support::device::{Device, Rogue, file, hear, say};

/// Offers these, and brings those bytes: what has become of it, and what is there.
fn brought(offer: Vec<RawEntry>, bytes: &[u8]) -> (Report, Vec<String>) {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    device.engine.block_on(async {
        let (mut control, mut lane) = rogue.accepted(port, offer).await;
        // It may be hung up on.
        let _ = lane.stream.write_all(bytes).await;
        let _ = lane.stream.flush().await;
        while !matches!(hear(&mut control).await, Some(FromReceiver::Done | FromReceiver::Ending(_)) | None) {
        }
        say(&mut control, &FromSender::Bye).await;
    });
    (device.received_or_given_up(0), device.arrived())
}

fn put_chunk(out: &mut Vec<u8>, entry: EntryNo, bytes: &[u8]) {
    out.extend_from_slice(&content::chunk_header(entry, 0, u32::try_from(bytes.len()).unwrap()));
    out.extend_from_slice(bytes);
}

fn put_end(out: &mut Vec<u8>, entry: EntryNo, bytes: &[u8]) {
    content::put_end(out, entry, bytes.len() as u64, Digest(*blake3::hash(bytes).as_bytes()));
}

#[test]
fn p1_more_files_that_are_begun_at_once_than_may_be_end_the_transfer() {
    let most = u32::try_from(limits::MAX_OPEN).unwrap();
    for count in [most, most + 1] {
        let mut bytes = Vec::new();
        (0..count).for_each(|entry| put_chunk(&mut bytes, entry, b"x"));
        (0..count).for_each(|entry| put_end(&mut bytes, entry, b"x"));
        content::put_finish(&mut bytes, 1);
        let offer = (0..count).map(|entry| file(&entry.to_string(), 1)).collect();
        let (Report { outcome, .. }, arrived) = brought(offer, &bytes);
        if count == most {
            assert_eq!((outcome, arrived.len()), (Outcome::Complete, limits::MAX_OPEN));
        } else {
            let Outcome::Failed(Problem { kind, side, .. }) = outcome else { panic!("{outcome:?}") };
            assert_eq!((kind, side), (ProblemKind::Protocol, Side::There));
        }
    }
}

#[test]
fn p4_a_file_that_was_called_broken_does_not_come_after_all() {
    let mut bytes = Vec::new();
    content::put_broken(&mut bytes, 0);
    put_chunk(&mut bytes, 0, b"content");
    put_end(&mut bytes, 0, b"content");
    content::put_finish(&mut bytes, 1);
    let (report, arrived) = brought(vec![file("f", 7)], &bytes);
    assert_eq!((report.files, report.failed, arrived), (0, 1, Vec::new()));
}
