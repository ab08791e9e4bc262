//! The other end made by hand, with the right keys: says what no library would.

use std::io;

use rustls::AlertDescription;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stock::{KEEPERS, ROLES, Role, SUITES, Stock, meet, run};
use crate::net::{
    records::{ALERT, HEADER, Keeper, Opener, RecordError, Sealer, opened, sealed},
    stream::Stream,
};

/// A connection of ours whose other end is this test.
pub struct Hand {
    pub stream: Stream<Stock>,
    sealer: Sealer,
    opener: Opener,
}

pub fn hand(role: Role, suite: usize, keeper: Keeper) -> Hand {
    let mut stream = meet(role, SUITES[suite], keeper, &[]).unwrap().stream;
    let (sealer, opener) = stream.inside().0.by_hand();
    Hand { stream, sealer, opener }
}

impl Hand {
    pub fn record(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut record = vec![0; sealed(content.len())];
        self.sealer.seal(kind, content, &mut record).unwrap();
        record
    }

    pub fn send(&mut self, wire: &[u8]) {
        self.stream.inside().0.to_us.extend(wire);
    }

    pub fn seal(&mut self, kind: u8, content: &[u8]) {
        let record = self.record(kind, content);
        self.send(&record);
    }

    /// What is read until there is no more, an end or an error.
    pub fn read(&mut self) -> (Vec<u8>, io::Result<()>) {
        let mut read = Vec::new();
        let ended = run(self.stream.read_to_end(&mut read));
        (read, ended.map(drop))
    }

    /// The records that came from our end, opened; `None`: it doesn't open with the first key.
    pub fn heard(&mut self) -> Vec<Option<(u8, Vec<u8>)>> {
        let wire = std::mem::take(&mut self.stream.inside().0.heard);
        let mut rest = &wire[..];
        let mut heard = Vec::new();
        while !rest.is_empty() {
            let length = HEADER + usize::from(u16::from_be_bytes([rest[3], rest[4]]));
            let mut out = vec![0; opened(length)];
            let opened = self.opener.open(&rest[..length], &mut out).ok();
            heard.push(opened.map(|(kind, count)| (kind, out[..count].to_vec())));
            rest = &rest[length..];
        }
        heard
    }
}

pub fn everywhere(mut each: impl FnMut(Role, usize, Keeper)) {
    for role in ROLES {
        for suite in 0..SUITES.len() {
            for keeper in KEEPERS {
                each(role, suite, keeper);
            }
        }
    }
}

pub fn why(ended: io::Result<()>) -> RecordError {
    let failed = ended.unwrap_err();
    assert_eq!(failed.kind(), io::ErrorKind::InvalidData);
    *failed.into_inner().unwrap().downcast().unwrap()
}

/// It fails for a reason that is right for both keepers, tells the other end that alert, and reads and writes no more.
pub fn fails(hand: &mut Hand, told: Option<AlertDescription>) {
    let (read, ended) = hand.read();
    assert!(read == b"good", "what came before is read, and nothing after");
    let why = why(ended);
    let heard = hand.heard();
    match told {
        None => assert!(heard.is_empty(), "{why}: {heard:?}"),
        Some(alert) => {
            let last = heard.last().unwrap_or_else(|| panic!("{why}, and nothing is told"));
            assert_eq!(last, &Some((ALERT, vec![2, alert.into()])), "{why}");
        }
    }
    assert!(run(hand.stream.read(&mut [0; 9])).is_err(), "{why}");
    assert!(run(hand.stream.write(b"more")).is_err(), "{why}");
}
