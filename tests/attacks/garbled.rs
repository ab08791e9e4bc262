//! Control messages that are nested, over-long or nonsense: each ends its transfer, and nothing else.

use std::time::Duration;

use airlift::{
    engine::Consent,
    model::{Outcome, ProblemKind, Side},
    wire::{FromSender, frame, limits},
};
use tokio::{io::AsyncWriteExt as _, time::timeout};

use super::names::bring;
use crate::support::device::{Device, Rogue, file, hear};

/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A message of these bytes.
fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend_from_slice(body);
    bytes
}

/// Entries of a message that is too long: fewer than 2^14.
const MANY: usize = 1000;

/// The numbers of the messages that are used here.
const ENTRIES: u8 = 2;
const ALIVE: u8 = 4;

#[test]
fn p7_a_message_that_is_nested_too_long_or_nonsense_is_the_end_of_its_transfer_alone() {
    // Numbers as postcard has them: seven bits in a byte, the lowest first.
    let endless = [0xff; 9];
    let most = [&endless[..], &[1]].concat();
    let body = |parts: &[&[u8]]| framed(&parts.concat());
    assert_eq!(frame::encode(&FromSender::Alive), framed(&[ALIVE]), "as it should be");
    let lists = frame::encode(&FromSender::Entries(vec![file("x", 1)]));
    // All of them as they should be, and too many of them.
    let mut many = [MANY & 0x7f | 0x80, MANY >> 7].map(|bits| bits.to_le_bytes()[0]).to_vec();
    for nth in 0..MANY {
        let path = format!("{nth:0>100}");
        many.extend([&[100], path.as_bytes(), &[1, 1, 1, 0]].concat());
    }
    assert!(many.len() > limits::MAX_MESSAGE);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", framed(&[])),
        ("no such message", framed(&[250])),
        ("a message and a byte more", framed(&[ALIVE, 0])),
        ("two messages in one", framed(&[ALIVE, ALIVE])),
        ("a number without end", body(&[&[0xff; 5000]])),
        ("nested lists of another language", body(&[&[b'['; 60_000]])),
        ("nested lists of a third", body(&[&[0x81; 60_000]])),
        ("a list of all the entries there can be", body(&[&[ENTRIES], &most])),
        ("a list that says that it is longer than it is", body(&[&[ENTRIES, 2], &lists[6..]])),
        ("a name as long as there can be", body(&[&[ENTRIES, 1], &most, b"x"])),
        ("a name longer than its message", body(&[&[ENTRIES, 1, 100], b"x"])),
        ("a kind that there is not", body(&[&[ENTRIES, 1, 1, b'x', 3, 0, 0]])),
        ("neither a size nor none", body(&[&[ENTRIES, 1, 1, b'x', 1, 2, 1, 0]])),
        ("a list without anything", framed(&[ENTRIES, 0])),
        ("an offer that is more than a message may have", body(&[&[ENTRIES], &many])),
        ("more than there is memory", u32::MAX.to_le_bytes().to_vec()),
    ];
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    device.know(rogue.identity.id());
    for (nth, (what, bytes)) in cases.iter().enumerate() {
        device.engine.block_on(async {
            let mut control = rogue.greet(port).await;
            let _ = control.stream.write_all(bytes).await;
            let _ = control.stream.flush().await;
            let ended = async { while hear(&mut control).await.is_some() {} };
            timeout(PATIENCE, ended).await.expect(what);
        });
        let report = device.received(nth);
        let Outcome::Failed(problem) = report.outcome else { panic!("{what}: {report:?}") };
        assert_eq!(
            (problem.kind, problem.side),
            (ProblemKind::Protocol, Side::There),
            "{what}: {}",
            problem.text
        );
    }
    device.engine.block_on(bring(&rogue, port, vec![file("honest", 0)])).unwrap();
    assert_eq!(device.received(cases.len()).outcome, Outcome::Complete);
    assert_eq!(device.arrived(), ["honest"]);
}
