//! Senders that lie about texts.

use airlift::{
    engine::{Consent, Event},
    model::{Digest, Outcome, Problem, ProblemKind, Side, Text, TransferState},
    wire::{
        FromReceiver, FromSender, content, limits,
        message::{Ending, RawAccess, RawCounts, RawEntry, RawKind, RawPurpose, RawSkipped, Receipt, Stance},
    },
};
use tokio::io::AsyncWriteExt as _;

use crate::support::device::{Device, Rogue, content_of, file, hear, say};

const NOTHING: RawSkipped = RawSkipped { links: 0, special: 0, unreadable: 0 };

fn of_text(size: u64) -> RawEntry {
    RawEntry { access: RawAccess::Private, ..file(Text::NAME, size) }
}

/// What is said to somebody who offers these as a text, after hello.
async fn offer(
    rogue: &Rogue,
    port: u16,
    entries: Vec<RawEntry>,
    skipped: RawSkipped,
) -> (airlift::net::Connection, Option<FromReceiver>) {
    let mut control = rogue.greet(port).await;
    say(&mut control, &FromSender::Entries(entries)).await;
    say(&mut control, &FromSender::Offered { skipped, purpose: RawPurpose::Text }).await;
    let heard = hear(&mut control).await;
    (control, heard)
}

#[test]
fn an_offer_of_a_text_that_could_show_or_be_more_than_its_size_is_none() {
    let mut device = Device::start("Ben");
    let rogue = Rogue::new();
    device.know(rogue.identity.id());
    let port = device.receive(Consent::All);
    let kind = |kind| RawEntry { kind, ..of_text(1) };
    let link = RawSkipped { links: 1, ..NOTHING };
    let lies: Vec<(&str, Vec<RawEntry>, RawSkipped)> = vec![
        ("empty", vec![of_text(0)], NOTHING),
        ("too long", vec![of_text(limits::MAX_WORDS + 1)], NOTHING),
        ("endless", vec![of_text(u64::MAX)], NOTHING),
        (
            "words for a name",
            vec![RawEntry { access: RawAccess::Private, ..file("CALL 555-0100 NOW", 1) }],
            NOTHING,
        ),
        ("in a folder", vec![RawEntry { access: RawAccess::Private, ..file("a/text", 1) }], NOTHING),
        ("two", vec![of_text(1), of_text(1)], NOTHING),
        ("a folder", vec![kind(RawKind::Folder)], NOTHING),
        ("a program", vec![kind(RawKind::Executable { size: Some(1) })], NOTHING),
        ("a stream", vec![kind(RawKind::File { size: None })], NOTHING),
        ("with holes", vec![kind(RawKind::Sparse { size: 1 << 20, holes: 1 })], NOTHING),
        ("of a time", vec![RawEntry { modified: Some((1, 0)), ..of_text(1) }], NOTHING),
        ("with links left out", vec![of_text(1)], link),
    ];
    for (nth, (lie, entries, skipped)) in lies.into_iter().enumerate() {
        let (_, heard) = device.engine.block_on(offer(&rogue, port, entries, skipped));
        let accepted = matches!(heard, Some(FromReceiver::Accept { .. }));
        assert!(!accepted, "{lie}: {heard:?}");
        let Outcome::Failed(Problem { kind, .. }) = device.received(nth).outcome else { panic!("{lie}") };
        assert_eq!(kind, ProblemKind::Protocol, "{lie}");
    }
    assert!(device.arrived().is_empty() && device.is_tidy());
}

#[test]
fn counts_that_no_text_has_are_shown_to_nobody() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::Ask);
    let of = |files, folders, bytes, streams| RawCounts {
        files,
        folders,
        bytes,
        streams,
        skipped: NOTHING,
        purpose: RawPurpose::Text,
    };
    let impossible = [
        of(1, 0, 0, 0),
        of(1, 0, limits::MAX_WORDS + 1, 0),
        of(2, 0, 5, 0),
        of(1, 1, 5, 0),
        of(1, 0, 5, 1),
        RawCounts { skipped: RawSkipped { links: 5, ..NOTHING }, ..of(1, 0, 5, 0) },
    ];
    device.engine.block_on(async {
        for counts in impossible {
            let rogue = Rogue::new();
            let mut connection = rogue.dial(port).await;
            let hello = FromSender::Hello { name: "Rogue".into(), transfer: [1; 16], can: u64::MAX };
            let nonce = FromSender::Nonce { nonce: [7; 32], stance: Stance::Compares };
            for message in [hello, nonce, FromSender::Counts(counts)] {
                say(&mut connection, &message).await;
            }
            assert!(matches!(hear(&mut connection).await, Some(FromReceiver::Hello { .. })));
            let heard = hear(&mut connection).await;
            assert!(
                matches!(heard, None | Some(FromReceiver::Ending(Ending::Failed { .. }))),
                "{counts:?}: {heard:?}"
            );
        }
    });
    let is_shown = |event: &Event| matches!(event, Event::Transfer(t) if t.state == TransferState::Comparing);
    let told = device.drain();
    assert!(told.iter().any(|event| matches!(event, Event::Transfer(_))), "no longer worth a test");
    assert!(!told.iter().any(is_shown));
}

#[test]
fn what_is_no_text_or_not_as_long_as_was_said_is_shown_to_nobody_and_both_sides_know() {
    let mut device = Device::start("Ben");
    let rogue = Rogue::new();
    device.know(rogue.identity.id());
    let port = device.receive(Consent::All);
    let digest = |bytes: &[u8]| Digest(*blake3::hash(bytes).as_bytes());
    let piece = |bytes: &[u8], size: u64, digest| {
        let len = u32::try_from(bytes.len()).unwrap();
        let mut out = content::chunk_header(0, 0, len).to_vec();
        out.extend_from_slice(bytes);
        content::put_end(&mut out, 0, size, digest);
        content::put_finish(&mut out, 1);
        out
    };
    let cases: Vec<(&str, u64, Vec<u8>)> = vec![
        ("a byte that no character has", 5, content_of(b"abc\xff\xfe")),
        ("half a character", 2, content_of(b"\xe2\x82")),
        ("a surrogate", 3, content_of(b"\xed\xa0\x80")),
        ("longer than was said", 3, content_of(b"abcdef")),
        ("much longer than was said", 1, content_of(&vec![b'x'; 1 << 20])),
        ("shorter than was said", 6, content_of(b"abc")),
        ("another digest", 3, piece(b"abc", 3, digest(b"abd"))),
        ("an end that says more", 3, piece(b"abc", 300, digest(b"abc"))),
        ("nothing", 3, piece(b"a", 1, digest(b"a"))),
    ];
    for (nth, (case, size, bytes)) in cases.into_iter().enumerate() {
        let heard = device.engine.block_on(async {
            let (mut control, heard) = offer(&rogue, port, vec![of_text(size)], NOTHING).await;
            let Some(FromReceiver::Accept { token }) = heard else { panic!("{case}: {heard:?}") };
            let mut lane = rogue.dial(port).await;
            say(&mut lane, &FromSender::Lane { token }).await;
            let _ = lane.stream.write_all(&bytes).await;
            let _ = lane.stream.flush().await;
            let mut heard = Vec::new();
            while let Some(message) = hear(&mut control).await {
                let is_last = matches!(message, FromReceiver::Done | FromReceiver::Ending(_));
                heard.push(message);
                if is_last {
                    break;
                }
            }
            heard
        });
        let stored = |message: &FromReceiver| matches!(message, FromReceiver::Receipts(r) if r.iter().any(|r| matches!(r, Receipt::Stored { .. })));
        assert!(!heard.iter().any(stored), "{case}: {heard:?}");
        assert!(
            matches!(heard.last(), Some(FromReceiver::Ending(Ending::Failed { .. }))),
            "{case}: {heard:?}"
        );
        let Outcome::Failed(problem) = device.received(nth).outcome else { panic!("{case}") };
        assert!(!problem.text.is_empty());
        assert!(device.state.transfers.iter().all(|t| t.text.is_none()), "{case}");
        if nth < 3 {
            assert_eq!((problem.kind, problem.side), (ProblemKind::Protocol, Side::There), "{case}");
            assert!(problem.text.starts_with("What the other device sent as a text is none"), "{problem:?}");
            let Some(FromReceiver::Ending(Ending::Failed { why })) = heard.last() else { panic!() };
            assert_eq!(why, "What came is no text.");
        }
    }
    assert!(device.arrived().is_empty() && device.is_tidy());
}
