//! Where a person says another device is: a host name or an IP address, and perhaps a port.

use std::{fmt, net::SocketAddr, str::FromStr};

/// A typed address, `HOST[:PORT]`. IPv6 addresses may stand alone or, with a port, in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    pub host: String,
    /// `None`: Airlift's default port.
    pub port: Option<u16>,
}

/// Why a text is not an [`Address`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("No address was given. Type a host name or an IP address, such as 192.168.1.20.")]
    Empty,
    #[error("“{0}” is not a port. A port is a number from 1 to 65535.")]
    Port(String),
    #[error("“{0}” is not an address. Type HOST or HOST:PORT, such as 192.168.1.20:27543.")]
    Host(String),
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadAddress::Empty);
        }
        if let Ok(ip) = text.parse::<std::net::Ipv6Addr>() {
            return Ok(Self { host: ip.to_string(), port: None });
        }
        // Behind the `%` is the interface, and no port: the last colon is one of the address.
        if let Some((ip, zone)) = text.split_once('%')
            && let Ok(ip) = ip.parse::<std::net::Ipv6Addr>()
            && !zone.is_empty()
            && zone.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        {
            return Ok(Self { host: format!("{ip}%{zone}"), port: None });
        }
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, after)) => match after.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None => return Err(BadAddress::Host(text.to_owned())),
            },
            None => match text.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let speakable = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
        if host.is_empty() || host.len() > 255 || !host.chars().all(speakable) {
            return Err(BadAddress::Host(text.to_owned()));
        }
        // Colons are in nothing else; behind the `%` is the interface.
        let ip = host.split('%').next().unwrap_or(host);
        if host.contains(':') && ip.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(BadAddress::Host(text.to_owned()));
        }
        let port = match port {
            None => None,
            Some(digits) => match digits.parse::<u16>() {
                Ok(port) if port != 0 => Some(port),
                _ => return Err(BadAddress::Port(digits.to_owned())),
            },
        };
        // One way to write each, in brackets or not.
        let ip = host.parse::<std::net::Ipv6Addr>();
        Ok(Self { host: ip.map_or_else(|_| host.to_owned(), |ip| ip.to_string()), port })
    }
}

impl From<SocketAddr> for Address {
    fn from(at: SocketAddr) -> Self {
        let host = match at {
            // Of link-local addresses there is one on each interface.
            SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
            other => other.ip().to_string(),
        };
        Self { host, port: Some(at.port()) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port, self.host.contains(':')) {
            // Alone it would be taken for a host and a port.
            (None, true) if self.host.parse::<std::net::Ipv6Addr>().is_err() => write!(f, "[{}]", self.host),
            (None, _) => f.write_str(&self.host),
            (Some(port), true) => write!(f, "[{}]:{port}", self.host),
            (Some(port), false) => write!(f, "{}:{port}", self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_was_found_is_that_of_a_host() {
        for (found, shown) in [
            ("10.0.0.7:99", "10.0.0.7:99"),
            ("[fd00::7]:99", "[fd00::7]:99"),
            ("[fe80::7%3]:99", "[fe80::7%3]:99"),
        ] {
            let address = Address::from(found.parse::<SocketAddr>().unwrap());
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse(), Ok(address));
        }
    }

    #[test]
    fn every_usual_spelling_is_understood_and_printed_back() {
        for (typed, host, port, printed) in [
            ("laptop", "laptop", None, "laptop"),
            (" laptop.local:99 ", "laptop.local", Some(99), "laptop.local:99"),
            ("10.0.0.7", "10.0.0.7", None, "10.0.0.7"),
            ("::1", "::1", None, "::1"),
            ("[::1]", "::1", None, "::1"),
            ("[fe80::1%eth0]:5", "fe80::1%eth0", Some(5), "[fe80::1%eth0]:5"),
            ("[fe80::1%eth0]", "fe80::1%eth0", None, "[fe80::1%eth0]"),
            ("fe80::1%eth0", "fe80::1%eth0", None, "[fe80::1%eth0]"),
            ("fe80::1%3", "fe80::1%3", None, "[fe80::1%3]"),
            ("[0::7]", "::7", None, "::7"),
        ] {
            let address: Address = typed.parse().unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port), "{typed}");
            assert_eq!(address.to_string(), printed);
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        assert_eq!("  ".parse::<Address>(), Err(BadAddress::Empty));
        for port in ["host:0", "host:65536", "host:", "host:x", "[::1]:-1"] {
            assert!(matches!(port.parse::<Address>(), Err(BadAddress::Port(_))), "{port}");
        }
        for host in [":5", "a b", "http://x", "[::1", "[::1]5", "a/b", "x\u{202e}y"] {
            assert!(host.parse::<Address>().is_err(), "{host}");
        }
    }
}
