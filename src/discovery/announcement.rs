//! What a device says about itself on the network: the TXT record of its service (RFC 6763, section 6).
//!
//! ```text
//! v=1          version of the protocol
//! id=K3QF…     its id        ┐
//! n=Büro       its name      │ to everyone
//! k=laptop     what it is    ┘
//! r=5f0c…      a random number, and                             ┐ to devices that know it
//! t=…          for each of them six bytes that only it can tell ┘
//! c=7          the number of a code that it has given out
//! ```

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

use crate::{
    model::{DeviceId, DeviceKind, DeviceName},
    wire::limits,
};

/// The version that this is.
const VERSION: &str = "1";

/// What one device can recognise another by, which doesn't tell anybody else who it is.
pub type Tag = [u8; 6];

const TAG: &str = "airlift 2026 visibility";

/// What is announced. Nothing in it is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub claim: Claim,
    /// The number of a code that was given out.
    pub channel: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// To everyone.
    Open { id: DeviceId, name: DeviceName, kind: DeviceKind },
    /// To those who find themselves in it; see [`tag`]. At most [`limits::MAX_TAGS`].
    Veiled { nonce: [u8; 8], tags: Vec<Tag> },
    /// To nobody: only the code's number is to be found.
    Nameless,
}

/// Why what was announced is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnnouncement {
    #[error("of another version")]
    Version,
    #[error("not understood")]
    Garbled,
}

/// How `us` says to `them` that it is there: whoever knows both ids can tell, and nobody else.
#[must_use]
pub fn tag(us: DeviceId, them: DeviceId, nonce: &[u8; 8]) -> Tag {
    let mut hasher = blake3::Hasher::new_derive_key(TAG);
    hasher.update(us.as_bytes()).update(them.as_bytes()).update(nonce);
    let mut tag = Tag::default();
    hasher.finalize_xof().fill(&mut tag);
    tag
}

impl Announcement {
    /// The strings of the TXT record.
    #[must_use]
    pub fn strings(&self) -> Vec<(&'static str, String)> {
        let mut strings = vec![("v", VERSION.to_owned())];
        match &self.claim {
            Claim::Open { id, name, kind } => {
                strings.push(("id", id.to_string().replace('-', "")));
                strings.push(("n", short(name)));
                strings.push(("k", kind.to_string()));
            }
            Claim::Veiled { nonce, tags } => {
                strings.push(("r", HEXLOWER.encode(nonce)));
                strings.push(("t", BASE64URL_NOPAD.encode(tags.as_flattened())));
            }
            Claim::Nameless => {}
        }
        strings.extend(self.channel.map(|channel| ("c", channel.to_string())));
        strings
    }

    /// Reads the strings of a TXT record. `find` gives the value of a key.
    ///
    /// # Errors
    /// When it is of another version, or not as it should be.
    pub fn parse<'a>(find: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self, BadAnnouncement> {
        use BadAnnouncement::{Garbled, Version};
        let text = |key| match find(key) {
            // No string of a TXT record is longer.
            Some(value) if value.len() > 255 => Err(Garbled),
            Some(value) => std::str::from_utf8(value).map(Some).map_err(|_| Garbled),
            None => Ok(None),
        };
        match text("v")? {
            Some(VERSION) => {}
            Some(_) => return Err(Version),
            None => return Err(Garbled),
        }
        let channel = text("c")?.map(|c| c.parse().map_err(|_| Garbled)).transpose()?;
        let claim = match (text("id")?, text("r")?) {
            (Some(id), None) => Claim::Open {
                id: id.parse().map_err(|_| Garbled)?,
                name: DeviceName::parse(text("n")?.ok_or(Garbled)?).map_err(|_| Garbled)?,
                // A later version may know other kinds.
                kind: text("k")?.and_then(|kind| kind.parse().ok()).unwrap_or_default(),
            },
            (None, Some(nonce)) => {
                let nonce = HEXLOWER.decode(nonce.as_bytes()).map_err(|_| Garbled)?;
                let tags = text("t")?.ok_or(Garbled)?;
                let tags = BASE64URL_NOPAD.decode(tags.as_bytes()).map_err(|_| Garbled)?;
                let (tags, rest) = tags.as_chunks();
                if !rest.is_empty() || tags.len() > limits::MAX_TAGS {
                    return Err(Garbled);
                }
                Claim::Veiled { nonce: nonce.try_into().map_err(|_| Garbled)?, tags: tags.to_vec() }
            }
            (None, None) if channel.is_some() => Claim::Nameless,
            _ => return Err(Garbled),
        };
        Ok(Self { claim, channel })
    }
}

/// As much of a name as fits: 64 characters can be more than 250 bytes.
fn short(name: &DeviceName) -> String {
    let text = name.as_str();
    let end = (0..=text.len().min(250)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> DeviceId {
        DeviceId::of_public_key(name.as_bytes())
    }

    fn parse(strings: &[(&str, &[u8])]) -> Result<Announcement, BadAnnouncement> {
        Announcement::parse(|key| strings.iter().find(|(k, _)| *k == key).map(|(_, value)| *value))
    }

    fn open(name: &str) -> Announcement {
        let (name, kind) = (DeviceName::parse(name).unwrap(), DeviceKind::Laptop);
        Announcement { claim: Claim::Open { id: id("anna"), name, kind }, channel: None }
    }

    #[test]
    fn what_is_announced_is_read_back() {
        let tags = (0..30).map(|n| tag(id("anna"), id(&n.to_string()), &[7; 8])).collect();
        for announcement in [
            open("Büro 办公室"),
            Announcement { channel: Some(999), ..open("x") },
            Announcement { claim: Claim::Veiled { nonce: [7; 8], tags }, channel: None },
            Announcement { claim: Claim::Veiled { nonce: [0; 8], tags: Vec::new() }, channel: Some(1) },
            Announcement { claim: Claim::Nameless, channel: Some(7) },
        ] {
            let strings = announcement.strings();
            assert!(strings.iter().all(|(key, value)| key.len() + 1 + value.len() <= 255), "{strings:?}");
            let strings: Vec<_> = strings.iter().map(|(key, value)| (*key, value.as_bytes())).collect();
            assert_eq!(parse(&strings), Ok(announcement));
        }
    }

    #[test]
    fn a_name_that_is_too_long_for_the_record_is_cut_between_two_letters() {
        let strings = open(&"𝄞".repeat(64)).strings();
        let (_, name) = strings.iter().find(|(key, _)| *key == "n").unwrap();
        assert_eq!(name.chars().count(), 62);
    }

    #[test]
    fn lies_and_nonsense_are_refused() {
        let id = id("anna").to_string();
        let good: &[(&str, &[u8])] = &[("v", b"1"), ("id", id.as_bytes()), ("n", b"Anna"), ("k", b"toaster")];
        assert!(parse(good).is_ok(), "a kind that nobody knows yet is no reason");
        let long = [b'x'; 300];
        for (key, value) in [
            ("v", &b"2"[..]),
            ("v", b"\xff"),
            ("id", b"ANNA"),
            ("n", b""),
            ("n", b"a\x1b[2Kb"),
            ("n", "photo\u{202e}gpj".as_bytes()),
            ("n", &long),
            ("k", &long),
            ("c", b"many"),
            ("c", b"70000"),
            ("r", b"0707070707070707"),
        ] {
            let mut strings = good.to_vec();
            strings.retain(|(k, _)| *k != key);
            strings.push((key, value));
            assert!(parse(&strings).is_err(), "{key}={value:?}");
        }
        let many = BASE64URL_NOPAD.encode([[0; 6]; limits::MAX_TAGS + 1].as_flattened());
        for veiled in [
            &[("v", &b"1"[..]), ("r", b"0707070707070707"), ("t", many.as_bytes())][..],
            &[("v", b"1"), ("r", b"07"), ("t", b"")],
            &[("v", b"1"), ("r", b"0707070707070707")],
            &[("v", b"1"), ("r", b"0707070707070707"), ("t", b"AAAA")],
            &[("v", b"1")],
            &[],
        ] {
            assert!(parse(veiled).is_err(), "{veiled:?}");
        }
    }

    #[test]
    fn only_whoever_knows_both_ids_recognises_a_veiled_device() {
        let (anna, ben, eve) = (id("anna"), id("ben"), id("eve"));
        let seen = tag(anna, ben, &[1; 8]);
        assert_eq!(seen, tag(anna, ben, &[1; 8]));
        for other in [tag(anna, eve, &[1; 8]), tag(eve, ben, &[1; 8]), tag(ben, anna, &[1; 8])] {
            assert_ne!(seen, other);
        }
        assert_ne!(seen, tag(anna, ben, &[2; 8]), "the next time it looks like another");
    }

    proptest::proptest! {
        #[test]
        fn no_strings_whatever_make_the_reader_panic(values: Vec<(u8, Vec<u8>)>) {
            let keys = ["v", "id", "n", "k", "r", "t", "c"];
            let strings: Vec<_> = values.iter().map(|(k, v)| (keys[*k as usize % 7], v.as_slice())).collect();
            let _ = parse(&strings);
        }
    }
}
