//! Whom something is sent to, as a person says it: an address, a name, an id, a link, or the words of
//! a code.

use std::{fmt, str::FromStr};

use super::{Address, BadAddress, DeviceId, DeviceName, PairingCode};

/// Whom to send to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Whoever answers there. A host that is a single word may also be the name of a device.
    Address(Address),
    /// This device, wherever it is.
    Device(DeviceId),
    /// The device of this name, which can't be that of a host.
    Name(DeviceName),
    /// This device, at the address beside it.
    Link(Link),
    /// Whoever has given out this code.
    Code(PairingCode),
}

/// Why a text is not a [`Target`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error(transparent)]
    Address(BadAddress),
    #[error(transparent)]
    Link(#[from] BadLink),
}

/// An address and who must answer there: `airlift://ID@HOST:PORT`, as in a QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub id: DeviceId,
    pub address: Address,
}

/// A text that is not a [`Link`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not an Airlift link. A link looks like airlift://ID@192.168.1.20:27543.")]
pub struct BadLink;

impl Link {
    pub const SCHEME: &str = "airlift://";
}

impl FromStr for Link {
    type Err = BadLink;

    fn from_str(text: &str) -> Result<Self, BadLink> {
        let text = text.trim();
        let scheme = text.get(..Self::SCHEME.len()).ok_or(BadLink)?;
        if !scheme.eq_ignore_ascii_case(Self::SCHEME) {
            return Err(BadLink);
        }
        let (id, address) = text[Self::SCHEME.len()..].split_once('@').ok_or(BadLink)?;
        let address = address.strip_suffix('/').unwrap_or(address);
        Ok(Self { id: id.parse().map_err(|_| BadLink)?, address: address.parse().map_err(|_| BadLink)? })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}@{}", Self::SCHEME, self.id.to_string().replace('-', ""), self.address)
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let text = text.trim();
        if text.len() >= Link::SCHEME.len() && text.is_char_boundary(Link::SCHEME.len()) {
            let scheme = &text[..Link::SCHEME.len()];
            if scheme.eq_ignore_ascii_case(Link::SCHEME) {
                return Ok(Self::Link(text.parse()?));
            }
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::Device(id));
        }
        if let Ok(code) = text.parse() {
            return Ok(Self::Code(code));
        }
        match text.parse() {
            Ok(address) => Ok(Self::Address(address)),
            Err(bad @ (BadAddress::Empty | BadAddress::Port(_))) => Err(BadTarget::Address(bad)),
            Err(bad) => DeviceName::parse(text).map(Self::Name).map_err(|_| BadTarget::Address(bad)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Device(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
            Self::Link(link) => link.fmt(f),
            // What is shown and kept must not hold the secret.
            Self::Code(code) => write!(f, "code {}", code.channel()),
        }
    }
}

impl From<Address> for Target {
    fn from(address: Address) -> Self {
        Self::Address(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_device_is_understood() {
        let id = DeviceId::of_public_key(b"key");
        for (typed, target) in [
            ("10.0.0.7:99", Target::Address("10.0.0.7:99".parse().unwrap())),
            ("laptop", Target::Address("laptop".parse().unwrap())),
            ("Anna’s laptop", Target::Name(DeviceName::parse("Anna’s laptop").unwrap())),
            ("7-abandon-ability", Target::Code("7-abandon-ability".parse().unwrap())),
            (&id.to_string(), Target::Device(id)),
        ] {
            assert_eq!(typed.parse(), Ok(target), "{typed}");
        }
        let link = Link { id, address: "[fd00::7]:27543".parse().unwrap() };
        assert_eq!(link.to_string().parse(), Ok(Target::Link(link.clone())));
        assert_eq!(link.to_string().replace("airlift", "AIRLIFT").parse(), Ok(Target::Link(link)));
    }

    #[test]
    fn what_names_no_device_is_refused() {
        assert_eq!(" ".parse::<Target>(), Err(BadTarget::Address(BadAddress::Empty)));
        assert!(matches!("host:x".parse::<Target>(), Err(BadTarget::Address(BadAddress::Port(_)))));
        assert_eq!("airlift://x@host".parse::<Target>(), Err(BadTarget::Link(BadLink)));
        assert!("a\u{202e}b c".parse::<Target>().is_err());
    }
}
