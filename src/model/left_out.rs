//! What of something was not sent, or not wanted, by reason, and how that is told.
//!
//! Knows counts and words. Must not know who counts.

use super::{Direction, text};

/// What the sender has left out, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Skipped {
    /// Symbolic links: never followed, never sent.
    pub links: u64,
    /// Sockets, pipes and devices.
    pub special: u64,
    /// Files and folders that could not be read, or are too deep to be named.
    pub unreadable: u64,
    /// What Airlift keeps for itself; the other side is not told.
    #[serde(default)]
    pub own: u64,
    /// Files that were accepted and are not there any more. Each side finds out by itself: a receiver counts those
    /// that have not come, a sender can't tell them from those that have.
    #[serde(default)]
    pub gone: u64,
    /// What came beside it after it was accepted; the other side is not told.
    #[serde(default)]
    pub new: u64,
}

impl Skipped {
    #[must_use]
    pub fn total(self) -> u64 {
        let Self { links, special, unreadable, own, gone, new } = self;
        [special, unreadable, own, gone, new].into_iter().fold(links, u64::saturating_add)
    }

    /// `3 links, 1 socket, pipe or device and 2 files that are gone`; `None` where nothing is left out. As it reads on
    /// the side that sends or receives.
    #[must_use]
    pub fn listed(self, direction: Direction) -> Option<String> {
        let gone = match direction {
            Direction::Send => "not here any more",
            Direction::Receive => "gone at the sender",
        };
        let mut parts = Vec::new();
        let mut add = |count: u64, one: &str, many: &str| {
            parts.extend((count > 0).then(|| text::count(count, one, many)));
        };
        add(self.links, "link", "links");
        add(self.special, "socket, pipe or device", "sockets, pipes or devices");
        let unreadable = "that can’t be read or named";
        add(
            self.unreadable,
            &format!("file or folder {unreadable}"),
            &format!("files or folders {unreadable}"),
        );
        add(
            self.gone,
            &format!("file that was accepted and is {gone}"),
            &format!("files that were accepted and are {gone}"),
        );
        add(self.new, "thing that is new since it was accepted", "things that are new since it was accepted");
        parts.extend((self.own > 0).then(|| "Airlift’s own folder".to_owned()));
        let last = parts.pop()?;
        Some(if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) })
    }

    /// One sentence for whoever must know that not all has come; `None` where all has that was meant to.
    #[must_use]
    pub fn sentence(self, direction: Direction) -> Option<String> {
        match direction {
            Direction::Send => {
                let listed = self.listed(direction)?;
                Some(format!("Left out: {listed}."))
            }
            // What was never offered was never to come.
            Direction::Receive => {
                let listed = Self { gone: self.gone, ..Self::default() }.listed(direction)?;
                Some(format!("Not all that was accepted came. Left out: {listed}."))
            }
        }
    }
}

/// Files that were offered and that the receiver did not want, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Something of that name is there.
    pub there: u64,
    /// Something else stands in the place of a folder that they would go into.
    pub below: u64,
    /// They were not part of what was accepted.
    pub new: u64,
    /// Its person has chosen the rest without them.
    pub chosen: u64,
    /// The receiver does not say.
    pub untold: u64,
}

impl LeftOut {
    #[must_use]
    pub fn total(self) -> u64 {
        let Self { there, below, new, chosen, untold } = self;
        [below, new, chosen, untold].into_iter().fold(there, u64::saturating_add)
    }

    /// A sentence for each reason.
    #[must_use]
    pub fn sentences(self) -> Vec<String> {
        let Self { there, below, new, chosen, untold } = self;
        let mut sentences = Vec::new();
        let mut add = |count: u64, why: &str| {
            let files = text::count(count, "file was", "files were");
            sentences.extend((count > 0).then(|| format!("{files} left out: {why}.")));
        };
        add(there, "there is something of that name here");
        add(below, "something else stands in the place of the folder for it");
        add(new, "not part of what was accepted");
        add(chosen, "they were not chosen");
        add(untold, "the other device has something of that name, or did not accept it");
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_listed_as_what_it_is() {
        assert_eq!(Skipped::default().listed(Direction::Send), None);
        assert_eq!(Skipped::default().sentence(Direction::Send), None);
        let one = Skipped { links: 1, ..Skipped::default() };
        assert_eq!(one.sentence(Direction::Send).unwrap(), "Left out: 1 link.");
        assert_eq!(one.sentence(Direction::Receive), None, "it was never offered");
        let all = Skipped { links: 2, special: 1, unreadable: 2, own: 1, gone: 1, new: 3 };
        assert_eq!(all.total(), 10);
        assert_eq!(
            all.listed(Direction::Send).unwrap(),
            "2 links, 1 socket, pipe or device, 2 files or folders that can’t be read or named, 1 file that was \
             accepted and is not here any more, 3 things that are new since it was accepted and Airlift’s own folder"
        );
        assert_eq!(
            all.sentence(Direction::Receive).unwrap(),
            "Not all that was accepted came. Left out: 1 file that was accepted and is gone at the sender."
        );
    }

    #[test]
    fn no_reason_is_told_that_is_another_one_s() {
        let all = LeftOut { there: 1, below: 2, new: 0, chosen: 0, untold: 0 };
        assert_eq!(
            all.sentences(),
            [
                "1 file was left out: there is something of that name here.",
                "2 files were left out: something else stands in the place of the folder for it."
            ]
        );
        assert_eq!(all.total(), 3);
        assert!(LeftOut::default().sentences().is_empty());
    }
}
