//! Why this device neither sees others nor is seen: somebody has the port of multicast DNS, and shares it with nobody.
//!
//! The library that speaks on it doesn't say so. Must not know who wants to see or be seen.

use crate::{
    model::{Problem, ProblemKind, Side, text},
    net,
};

/// Of multicast DNS (RFC 6762, section 3).
pub const PORT: u16 = 5353;

/// True when nothing can be heard or said.
pub fn is_deaf() -> bool {
    net::sharing(PORT) == net::Sharing::Impossible
}

/// Who is to blame, for the person here. Blocks, for a moment.
pub fn explain() -> Problem {
    let text = format!(
        "This device neither sees others nor is seen by them: UDP port {PORT} is held by {}, which shares it with nobody. Quit that program, or have it share the port. Airlift tries again by itself; addresses and links work meanwhile.",
        whom(&net::holder(PORT))
    );
    Problem { side: Side::Here, kind: ProblemKind::Other, text }
}

/// How well this device hears others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hearing {
    Well,
    /// As far as that goes by one of the two families of addresses.
    Partly(String),
    Deaf(String),
}

/// Finds it out, with the reason. Blocks, for a moment.
pub fn examine() -> Hearing {
    match net::sharing(PORT) {
        net::Sharing::Possible => Hearing::Well,
        net::Sharing::OnlyPartly => Hearing::Partly(format!(
            "UDP port {PORT} is held by {}, which shares it with nobody, for IPv4 or for IPv6. Devices see each other by the other one alone: where one has only the one, quit that program, or name devices by their address.",
            whom(&net::holder(PORT))
        )),
        net::Sharing::Impossible => Hearing::Deaf(explain().text),
    }
}

fn whom(holder: &net::Holder) -> String {
    match holder {
        net::Holder { program: Some((name, number)), .. } => {
            format!("“{}” (process {number})", text::visible(name))
        }
        net::Holder { program: None, user: Some(user) } => {
            format!("a program of the user “{}”", text::visible(user))
        }
        net::Holder { program: None, user: None } => "another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_the_port_is_named_as_far_as_it_is_known() {
        let named = |program: Option<(&str, u32)>, user: Option<&str>| {
            let program = program.map(|(name, number)| (name.to_owned(), number));
            whom(&net::Holder { program, user: user.map(str::to_owned) })
        };
        assert_eq!(named(Some(("avahi-daemon", 612)), Some("avahi")), "“avahi-daemon” (process 612)");
        assert_eq!(named(None, Some("avahi")), "a program of the user “avahi”");
        assert_eq!(named(None, None), "another program");
    }
}
