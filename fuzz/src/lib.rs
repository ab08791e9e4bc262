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
    net::records::{
        ALERT, APPLICATION, FRAGMENT, HANDSHAKE, Heard, Inbound, Opener, Sealer, Speaker, length, opened,
        sealed,
    },
    pairing::{Answering, Asking, Ends, Given, Initiator, Responder, Tried},
    wire::{
        FromReceiver, FromSender, Violation,
        content::{Parser, Piece},
        frame, limits,
        message::RawEntry,
    },
};
use rustls::ConnectionTrafficSecrets as Secrets;

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
    ("records", records),
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

/// An end that has the keys and says anything in any order, over a way that spoils some of it: nothing is heard but
/// content that was said, in its order, and nothing from where the way has spoiled it.
pub fn records(bytes: &[u8]) {
    let Some((&first, script)) = bytes.split_first() else { return };
    let speaker = if first & 4 == 0 { Speaker::Server } else { Speaker::Client };
    let secrets = |generation: u8| match first % 3 {
        0 => (0, Secrets::Aes256Gcm { key: [generation; 32].into(), iv: [9; 12].into() }),
        _ => (0, Secrets::Chacha20Poly1305 { key: [generation; 32].into(), iv: [9; 12].into() }),
    };
    let (wire, said) = say(script, |generation| Sealer::new(&secrets(generation)).unwrap());
    let mut inbound = Inbound::new(Opener::new(&secrets(0)).unwrap(), speaker);
    let (mut rest, mut heard, mut generation) = (&wire[..], Vec::new(), 0_u8);
    loop {
        let Ok(Some(length)) = length(rest) else { break };
        let Some((record, later)) = rest.split_at_checked(length) else { break };
        let room = opened(length);
        let mut out = vec![0xaa; room + 8];
        let opened = inbound.open(record, &mut out);
        assert_eq!(out[room..], [0xaa; 8], "past what it asked for");
        match opened {
            Err(_) => break,
            Ok(Heard::Content(count)) => {
                assert!((1..=FRAGMENT).contains(&count));
                heard.extend_from_slice(&out[..count]);
            }
            Ok(Heard::Nothing) => {}
            Ok(Heard::NewKey { .. }) => {
                generation = generation.wrapping_add(1);
                inbound.rekey(Opener::new(&secrets(generation)).unwrap());
            }
            Ok(Heard::End) => {
                assert!(matches!(inbound.open(record, &mut out), Ok(Heard::End)));
                break;
            }
        }
        rest = later;
    }
    assert!(said.starts_with(&heard), "what was not said");
}

/// Records as the script has it, and the content in them up to where they are spoiled.
fn say(script: &[u8], key: impl Fn(u8) -> Sealer) -> (Vec<u8>, Vec<u8>) {
    let (mut wire, mut said, mut generation, mut sealer) = (Vec::new(), Vec::new(), 0_u8, key(0));
    let mut script = script.iter().copied();
    // Where the last record begins, and how much content was said before it.
    let (mut last, mut before) = (0, 0);
    let mut unspoiled = None;
    while let Some(what) = script.next() {
        let (a, b) = (script.next().unwrap_or(0), script.next().unwrap_or(0));
        let mut record = |wire: &mut Vec<u8>, kind: u8, content: &[u8]| {
            (last, before) = (wire.len(), said.len());
            wire.resize(last + sealed(content.len()), 0);
            sealer.seal(kind, content, &mut wire[last..]).unwrap();
        };
        match what % 8 {
            0 | 1 => {
                let content = vec![what; (usize::from(a) << 8 | usize::from(b)) % (FRAGMENT + 1)];
                record(&mut wire, APPLICATION, &content);
                said.extend(content);
            }
            // Anything, also padding and what is under it.
            2 | 3 => {
                let content: Vec<u8> = script.by_ref().take(usize::from(b % 64)).collect();
                record(&mut wire, a, &content);
                let inner = [&content[..], &[a]].concat();
                let end = inner.iter().rposition(|byte| *byte != 0).unwrap_or(0);
                if inner[end] == APPLICATION {
                    said.extend_from_slice(&inner[..end]);
                }
            }
            4 => {
                record(&mut wire, HANDSHAKE, &[24, 0, 0, 1, a & 1]);
                generation = generation.wrapping_add(1);
                sealer = key(generation);
            }
            5 => record(&mut wire, ALERT, &[a & 3, b & 1]),
            // The way spoils the last record, or says something itself. What came before stays good.
            6 if last < wire.len() && unspoiled.is_none() => {
                let at = last + (usize::from(a) << 8 | usize::from(b)) % (wire.len() - last);
                wire[at] ^= 1 << (what >> 5);
                unspoiled = Some(before);
            }
            _ => {
                unspoiled = unspoiled.or(Some(said.len()));
                wire.extend([a, b].into_iter().chain(script.by_ref().take(usize::from(a % 16))));
            }
        }
    }
    said.truncate(unspoiled.unwrap_or(said.len()));
    (wire, said)
}
