//! What is known of one device that things can be sent to, in words.
//!
//! Knows devices. Must not know where a card is painted, or what is sent.

use crate::model::{DeviceId, DeviceKind, KnownDevice, Nearby, Sighting, Trust, text};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub id: DeviceId,
    pub name: String,
    pub trust: Trust,
    pub kind: DeviceKind,
    /// What it is and how well it is known, or what is wrong.
    pub line: String,
    /// For assistive technology: what a press does.
    pub label: String,
    pub sighting: Sighting,
    pub presence: Presence,
    /// Its place among those that were sent to, the last first.
    pub used: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Here,
    /// It has left, and its place is kept while the pointer is near.
    Gone,
}

impl Card {
    /// `shares` its name with another that is here.
    pub fn new(nearby: &Nearby, trust: Trust, shares: bool, used: Option<usize>) -> Self {
        let name = text::visible(nearby.name.as_str()).into_owned();
        let what = match nearby.sighting {
            Sighting::Disproved => "Could not verify".to_owned(),
            Sighting::Silent => "Doesn’t answer".to_owned(),
            Sighting::Unproved | Sighting::Proved => format!("{} · {}", kind(nearby.kind), how_known(trust)),
        };
        // Of two that are called the same, something must tell which is which.
        let id = shares.then(|| nearby.id.short());
        Self {
            label: match &id {
                Some(id) => format!("Send to {name} ({id})"),
                None => format!("Send to {name}"),
            },
            line: std::iter::once(what).chain(id).collect::<Vec<_>>().join(" · "),
            id: nearby.id,
            kind: nearby.kind,
            sighting: nearby.sighting,
            presence: Presence::Here,
            name,
            trust,
            used,
        }
    }

    /// False for one that another device answers for, and for one that has left.
    pub fn can_be_sent_to(&self) -> bool {
        self.sighting != Sighting::Disproved && self.presence == Presence::Here
    }

    /// The same, of a device that has left.
    pub fn gone(&self) -> Self {
        Self { presence: Presence::Gone, line: "Has left".to_owned(), ..self.clone() }
    }

    /// The last used first; then a person’s own, those they trust and those they know; by name among equals.
    pub fn order(&self) -> (usize, u8, String, DeviceId) {
        let rank = match self.trust {
            Trust::Own => 0,
            Trust::Trusted => 1,
            Trust::Known => 2,
            Trust::Stranger => 3,
            Trust::Blocked => 4,
        };
        (self.used.unwrap_or(usize::MAX), rank, self.name.to_lowercase(), self.id)
    }
}

/// A device that is known and not here now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    pub id: DeviceId,
    pub name: String,
    pub kind: DeviceKind,
    pub label: String,
    pub trust: Trust,
}

impl Away {
    pub fn new(known: &KnownDevice) -> Self {
        let name = text::visible(known.name.as_str()).into_owned();
        Self {
            label: format!("Send to {name} when it is back"),
            id: known.id,
            kind: known.kind,
            trust: known.trust,
            name,
        }
    }
}

fn kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Laptop => "Laptop",
        DeviceKind::Desktop => "Desktop",
        DeviceKind::Phone => "Phone",
        DeviceKind::Server => "Server",
        DeviceKind::Unknown => "Device",
    }
}

fn how_known(trust: Trust) -> &'static str {
    match trust {
        Trust::Stranger => "never met",
        Trust::Known => "you know it",
        Trust::Trusted => "you trust it",
        Trust::Own => "yours",
        Trust::Blocked => "blocked",
    }
}

/// Whether devices can be seen at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    #[default]
    Clear,
    Barred,
}
