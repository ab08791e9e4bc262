//! What is done with hostile bytes, and what must then be true: one function for each fuzz target, and the
//! same functions for the tests that replay what fuzzing has found.
//!
//! A function that panics has found a fault.

use std::time::{Duration, Instant};

use airlift::{
    discovery::{Announcement, Claim},
    disk::{Inbox, OffLimits},
    model::{
        Address, Conflict, DeviceId, DeviceName, Entry, Link, PairingCode, RelPath, Summary, Target, text,
    },
    pairing::{Answering, Asking, Ends, Given, Initiator, Responder, Tried},
    wire::{
        FromReceiver, FromSender, Violation,
        content::{Parser, Piece},
        frame, limits,
        message::RawEntry,
    },
};

/// A fuzz target.
pub type Survive = fn(&[u8]);

/// All of them, by name.
pub const TARGETS: &[(&str, Survive)] = &[
    ("control", control),
    ("content", content),
    ("manifest", manifest),
    ("names", names),
    ("announcement", announcement),
    ("pairing", pairing),
];

/// A stream of control messages, both ways: a message that is understood is said again in the same words.
pub fn control(mut bytes: &[u8]) {
    let mut cap = limits::MAX_FIRST_MESSAGE;
    while let Some((header, rest)) = bytes.split_first_chunk::<{ frame::HEADER }>() {
        let Ok(len) = frame::body_len(*header, cap) else { return };
        assert!(len <= cap);
        let (body, rest) = rest.split_at(len.min(rest.len()));
        if let Ok(message) = frame::decode::<FromSender>(body) {
            let again = frame::encode(&message);
            assert_eq!(frame::decode(&again[frame::HEADER..]), Ok(message.clone()));
            if let FromSender::Entries(entries) = message {
                for entry in entries {
                    let _ = entry.parse();
                }
            }
        }
        if let Ok(message) = frame::decode::<FromReceiver>(body) {
            let again = frame::encode(&message);
            assert_eq!(frame::decode(&again[frame::HEADER..]), Ok(message.clone()));
            if let FromReceiver::Held { entry, groups } = message {
                let size = u64::from(entry) << 20;
                for group in groups.into_iter().filter_map(|group| group.parse(size).ok()) {
                    assert!(group.bytes(size).end <= size);
                }
            }
        }
        (bytes, cap) = (rest, limits::MAX_MESSAGE);
    }
}

/// Content is the same however it is torn, and is never past the ends of what was said.
pub fn content(bytes: &[u8]) {
    let Some((&step, bytes)) = bytes.split_first() else { return };
    let whole = pieces(std::iter::once(bytes));
    assert_eq!(pieces(bytes.chunks(usize::from(step).max(1))), whole);
}

/// What a stream holds, with adjoining data put together, up to where it breaks the protocol.
fn pieces<'a>(parts: impl Iterator<Item = &'a [u8]>) -> (Vec<(String, u64)>, Option<Violation>) {
    let (mut parser, mut found, mut follows) = (Parser::default(), Vec::<(String, u64)>::new(), None);
    for mut part in parts {
        loop {
            match parser.next(&mut part) {
                Err(violation) => return (found, Some(violation)),
                Ok(None) => break,
                Ok(Some(Piece::Data { entry, offset, bytes })) => {
                    let len = bytes.len() as u64;
                    assert!(len > 0 && len <= limits::MAX_CHUNK as u64);
                    let end = offset.checked_add(len).expect("content ends within numbers");
                    match found.last_mut() {
                        Some(last) if follows == Some((entry, offset)) => last.1 += len,
                        _ => found.push((format!("{entry} at {offset}"), len)),
                    }
                    follows = Some((entry, end));
                }
                Ok(Some(Piece::Packed { entry, offset, len, bytes })) => {
                    assert!(bytes.len() < len as usize && len as usize <= limits::MAX_CHUNK);
                    found.push((format!("{entry} at {offset}, {len} packed in {bytes:?}"), 0));
                }
                Ok(Some(other)) => found.push((format!("{other:?}"), 0)),
            }
        }
        assert!(part.is_empty(), "nothing is left unread when more is asked for");
    }
    (found, None)
}

/// A whole offer, checked against itself and a folder in which something stands already.
pub fn manifest(bytes: &[u8]) {
    let Some((&choice, body)) = bytes.split_first() else { return };
    let Ok(FromSender::Entries(raw)) = frame::decode(body) else { return };
    let Ok(entries) = raw.into_iter().map(RawEntry::parse).collect::<Result<Vec<Entry>, _>>() else {
        return;
    };
    let mut summary = Summary::default();
    for entry in &entries {
        summary.add(entry);
    }
    assert!(!text::visible(&summary.title()).contains(char::is_control));
    let conflict = [Conflict::KeepBoth, Conflict::Replace, Conflict::Skip, Conflict::Complete];
    let conflict = conflict[usize::from(choice) % conflict.len()];
    INBOX.with(|inbox| {
        let Ok(plan) = inbox.plan(&entries, None, conflict) else { return };
        assert!(plan.unwanted().iter().all(|range| range.end as usize <= entries.len()));
        assert!(plan.notes().iter().all(|note| !note.contains(text::is_deceptive)));
    });
}

thread_local! {
    static INBOX: Inbox = {
        let folder = tempfile::tempdir().expect("a folder for tests").keep();
        std::fs::create_dir(folder.join("a")).expect("a folder in it");
        std::fs::write(folder.join("a/b"), b"b").expect("a file in that");
        std::fs::write(folder.join("b"), b"b").expect("a file in it");
        Inbox::open(&folder, &OffLimits::default()).expect("it can be written to")
    };
}

/// Every text that a peer or a person names something with: what is taken can do no harm, and means
/// the same when it is said again.
pub fn names(bytes: &[u8]) {
    let Ok(said) = std::str::from_utf8(bytes) else { return };
    assert!(!text::visible(said).contains(text::is_deceptive));
    if let Ok(path) = RelPath::parse(said) {
        assert_eq!(path.as_str(), said);
        assert!(
            path.components().all(|name| !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']))
        );
        assert!(!path.to_string().contains(text::is_deceptive));
    }
    if let Ok(name) = DeviceName::parse(said) {
        assert!(!name.as_str().contains(text::is_deceptive));
        assert_eq!(DeviceName::parse(name.as_str()), Ok(name));
    }
    if let Ok(id) = said.parse::<DeviceId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(code) = said.parse::<PairingCode>() {
        assert_eq!(code.to_string().parse(), Ok(code));
    }
    if let Ok(address) = said.parse::<Address>() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
    if let Ok(link) = said.parse::<Link>() {
        assert_eq!(link.to_string().parse(), Ok(link));
    }
    let _ = said.parse::<Target>();
}

/// The strings of a TXT record, as multicast DNS carries them: what is understood is bounded, fit to be shown,
/// and the same when it is announced again.
pub fn announcement(mut bytes: &[u8]) {
    let mut strings = Vec::new();
    while let Some((&len, rest)) = bytes.split_first() {
        let (string, rest) = rest.split_at(rest.len().min(len.into()));
        let mut halves = string.splitn(2, |&byte| byte == b'=');
        if let (Some(key), Some(value)) = (halves.next(), halves.next()) {
            strings.push((key, value));
        }
        bytes = rest;
    }
    let find = |key: &str| strings.iter().find(|(k, _)| *k == key.as_bytes()).map(|(_, value)| *value);
    let Ok(announcement) = Announcement::parse(find) else { return };
    match &announcement.claim {
        Claim::Open { name, .. } => assert!(!name.as_str().contains(text::is_deceptive)),
        Claim::Veiled { tags, .. } => assert!(tags.len() <= limits::MAX_TAGS),
        Claim::Nameless => assert!(announcement.channel.is_some()),
    }
    let again = announcement.strings();
    let find = |key: &str| again.iter().find(|(k, _)| *k == key).map(|(_, value)| value.as_bytes());
    assert_eq!(Announcement::parse(find), Ok(announcement));
}

/// Whatever is said in place of what an honest device would say is believed by nobody, and a code that was
/// guessed at wrongly is never right again.
pub fn pairing(bytes: &[u8]) {
    let mut bytes = bytes.iter().copied().chain(std::iter::repeat(0));
    let mut take = || -> [u8; 32] { std::array::from_fn(|_| bytes.next().unwrap_or_default()) };
    let id = |name: &[u8]| DeviceId::of_public_key(name);
    let ends = Ends { binding: take(), sender: id(b"anna"), receiver: id(b"ben") };
    let code = PairingCode::of([1; 6]);
    let (element, proof, nonce) = (take(), take(), take());

    let now = Instant::now();
    let mut given = Given::new(code, now + Duration::from_mins(5));
    if let Ok((answering, _)) = Answering::begin(code, ends, &element) {
        given.begin(now).expect("nobody else tries it");
        given.end(if answering.check(&proof).is_ok() { Tried::Right } else { Tried::Wrong }, now);
        assert!(given.begin(now).is_err());
        assert_ne!(given.state(), airlift::pairing::State::Used, "no guess is right");
    }
    if let Ok((proving, _)) = Asking::begin(code, ends).0.prove(&element) {
        assert!(proving.check(&proof).is_err());
    }
    let responder = Responder::new(ends);
    let initiator = Initiator::new(ends, element);
    assert!(initiator.finish(&nonce).is_err(), "a commitment that is none");
    let commitment = responder.commitment();
    let honest = Initiator::new(ends, commitment);
    let (shown, revealed) = responder.finish(&honest.nonce());
    assert_eq!(honest.finish(&revealed), Ok(shown));
    let honest = Initiator::new(ends, commitment);
    assert!(honest.finish(&take()).is_err(), "another number than was committed to");
}
