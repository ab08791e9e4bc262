//! Transfers that are broken on the way, and what is there in the end.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use super::{
    cable::Cable,
    harness::{Device, Running, content},
    parcel::Parcel,
    receiver::Receiver,
};

/// How a transfer is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    Receiver,
    Sender,
    Link,
}

impl Break {
    pub const ALL: [Self; 3] = [Self::Receiver, Self::Sender, Self::Link];
}

/// What becomes of a file whose name is taken, in words of the terminal.
pub const RULES: [&str; 4] = ["keep-both", "skip", "replace", "complete"];

/// Where something is received, and by whom.
pub struct There<'t> {
    pub inbox: &'t Path,
    pub home: &'t Path,
    pub conflict: &'t str,
}

/// What comes last of a parcel: long enough to be broken in it, once all else is stored.
const LAST: &str = "t/~film";
const FILM: usize = 24 << 20;
/// A little more than a second for that.
const SPEED: [&str; 2] = ["--limit", "20MB/s"];

/// How it ended at both ends, and what was carried.
pub struct Ended {
    pub sender: Value,
    pub receiver: Value,
    /// Bytes both ways, and those of them before it was broken.
    pub carried: u64,
    pub before: u64,
}

/// A folder `t` with these files, of 1975 and 2020 by turns, and something long that comes last.
pub fn parcel(files: &[(&str, String)]) -> Parcel {
    let here = Device::new();
    for (number, (name, text)) in (0..).zip(files) {
        let path = here.file(&format!("t/{name}"), text);
        age(&path, [5, 50][number % 2]);
    }
    age(&here.file(LAST, content(FILM)), 5);
    Parcel::of(here, &["t"])
}

/// Gives a file a time in a year after 1970.
pub fn age(path: &Path, years: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_hours(years * 8766);
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

impl There<'_> {
    pub fn receive(&self, port: &str) -> Receiver {
        let started = Receiver::obeying(self.conflict, self.inbox, self.home, port, &[]);
        started.unwrap_or_else(|heard| panic!("{heard:?}"))
    }

    /// Sends something that is not broken.
    pub fn take(&self, parcel: &Parcel, when: &str) -> Ended {
        let receiver = self.receive("0");
        let sender = parcel.send(&receiver.address(), &[]);
        ended(sender, receiver, when)
    }

    /// Sends something that is broken once the last of it flows, and in between `meanwhile` happens.
    pub fn take_broken(&self, parcel: &Parcel, how: Break, mut meanwhile: impl FnMut(), when: &str) -> Ended {
        let when = &format!("{when}, {}, {how:?} broken", self.conflict);
        eprintln!("{when}");
        let mut receiver = self.receive("0");
        let port = receiver.port.clone();
        let cable = Cable::to(port.parse().unwrap());
        let address = format!("127.0.0.1:{}", cable.port());
        let mut sender = parcel.send(&address, &SPEED);
        // A part of the last file, so that all the others have their names.
        let (last, all) = (FILM as u64, parcel.bytes());
        loop {
            let came = receiver.running().wait_for("progress");
            let bytes = came["file_bytes"].as_u64().unwrap();
            let is_last = all - last <= came["bytes"].as_u64().unwrap() && came["file_total"] == last;
            assert!(bytes < last, "{when}: it was over too soon");
            if is_last && bytes >= last / 4 * 3 {
                break;
            }
        }
        let before = cable.carried();
        match how {
            Break::Receiver => {
                receiver.kill();
                meanwhile();
                receiver = self.receive(&port);
            }
            Break::Sender => {
                drop(sender);
                receiver.running().wait_for("interrupted");
                meanwhile();
                sender = parcel.send(&address, &[]);
            }
            Break::Link => {
                cable.pull();
                receiver.running().wait_for("interrupted");
                meanwhile();
                cable.plug_in();
            }
        }
        let ended = ended(sender, receiver, when);
        Ended { carried: cable.carried(), before, ..ended }
    }
}

impl Ended {
    /// Complete and verified, said by both.
    pub fn is_complete(&self, when: &str) {
        for end in [&self.sender, &self.receiver] {
            assert_eq!(end["outcome"], "complete", "{when}: {end}");
            assert_eq!((&end["failed"], &end["verified"]), (&0.into(), &true.into()), "{when}: {end}");
        }
    }
}

fn ended(mut sender: Running, receiver: Receiver, when: &str) -> Ended {
    let told = sender.wait_for("finished");
    let (here, _) = receiver.end();
    let here = here.unwrap_or_else(|| panic!("{when}: the receiver says nothing"));
    Ended { sender: told, receiver: here, carried: 0, before: 0 }
}
