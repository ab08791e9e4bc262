//! Processes that are killed at random moments, one or both, again and again.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{
    cable::Cable,
    chance::{Chance, Length},
    film::{digest, is_complete, read_by, shoot, sparse},
    harness::{Device, Running, tree},
    loud::say,
    receive,
};

const HOUR: Duration = Duration::from_hours(1);
const AGAIN: u64 = 16 << 20;
/// More than a receiver of a file of this size reads of files to begin, go on and end: its key, its
/// settings, a record, and a journal, which has some 30 bytes for each 256 KiB.
const fn beginning(size: u64) -> u64 {
    (1 << 20) + size / 4096
}
const ACCEPT: [&str; 2] = ["--accept", "all"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Sender,
    Receiver,
    Both,
}

/// One file on its way, over and over.
struct Hunt {
    here: Device,
    there: Device,
    file: PathBuf,
    limit: &'static str,
    port: String,
    cable: Cable,
    sender: Option<Running>,
    receiver: Option<Running>,
    /// Bytes that all receivers so far have read of files.
    read: u64,
}

impl Hunt {
    fn begin(shoot: impl FnOnce(&std::path::Path) -> String, limit: &'static str) -> (Self, String) {
        let (here, there) = (Device::new(), Device::new());
        let file = here.path("film.bin");
        let made = shoot(&file);
        let (receiver, port) = receive(&there, "0", &ACCEPT);
        let cable = Cable::to(port.parse().unwrap());
        let receiver = Some(receiver.lasting(HOUR));
        let mut hunt = Self { here, there, file, limit, port, cable, sender: None, receiver, read: 0 };
        hunt.send();
        (hunt, made)
    }

    fn send(&mut self) {
        let to = format!("127.0.0.1:{}", self.cable.port());
        self.sender = Some(self.here.send(&[&self.file], &to, &["--limit", self.limit]).lasting(HOUR));
    }

    fn kill(&mut self, victim: Victim) {
        if victim != Victim::Sender {
            let receiver = self.receiver.take().unwrap();
            self.read += read_by(receiver.id());
            receiver.signal("KILL");
        }
        if victim != Victim::Receiver {
            self.sender.take().unwrap().signal("KILL");
        }
    }

    /// Whoever is dead is started again, in an order that does not matter.
    fn revive(&mut self, receiver_first: u64) {
        for turn in [receiver_first, 1 - receiver_first] {
            if turn == 0 && self.receiver.is_none() {
                let receiver = receive(&self.there, &self.port, &ACCEPT).0;
                self.receiver = Some(receiver.lasting(HOUR));
            }
            if turn == 1 && self.sender.is_none() {
                self.send();
            }
        }
    }

    fn receiver(&mut self) -> &mut Running {
        self.receiver.as_mut().unwrap()
    }

    /// Waits until so many bytes are stored; `None` when it is complete before that.
    fn stored(&mut self, bytes: u64) -> Option<u64> {
        loop {
            let event = self.receiver().event().expect("a receiver that lives");
            let stored = event["bytes"].as_u64().unwrap_or(0);
            match event["event"].as_str().unwrap() {
                "progress" if stored >= bytes => return Some(stored),
                "finished" => {
                    assert_eq!(event["outcome"], "complete", "{event}");
                    return None;
                }
                "error" => panic!("{event}"),
                _ => {}
            }
        }
    }

    /// Waits for content that was not there before; `None` when it is complete before that.
    fn news(&mut self) -> Option<u64> {
        let before = self.stored(0)?;
        self.stored(before + 1)
    }

    /// Both come to their ends.
    fn ends_well(mut self, made: &str) -> (u64, u64, u64) {
        let mut sender = self.sender.take().unwrap();
        let end = sender.wait_for("finished");
        is_complete(&end, made);
        let sender_read = read_by(sender.id());
        assert_eq!(sender.exit(), 0);
        self.read += read_by(self.receiver().id());
        self.receiver().signal("INT");
        let receiver = self.receiver.take().unwrap();
        let _ = receiver.code();
        let there: Vec<_> =
            std::fs::read_dir(self.there.inbox()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(there, ["film.bin"]);
        assert_eq!(digest(&self.there.inbox().join("film.bin")), made, "its content is another");
        for device in [&self.here, &self.there] {
            let kept = tree(&device.home().join("transfers"));
            assert!(kept.is_empty(), "{:?} is still kept", kept.keys());
        }
        (self.cable.carried(), self.read, sender_read)
    }
}

#[test]
fn either_side_or_both_can_be_killed_at_any_moment_and_what_was_stored_is_neither_sent_nor_read_again() {
    const TEST: &str = "kills";
    let length = Length::asked();
    let mut chance = Chance::of(TEST);
    let (size, kills, limit): (u64, u64, _) = length.choose((64 << 20, 6, "25MB/s"), (1 << 30, 50, "40MB/s"));
    let (mut hunt, made) = Hunt::begin(|file| shoot(file, size, 1), limit);
    let (mut stored, mut slowest, mut done) = (0, [Duration::ZERO; 3], 0);
    let mut receivers = 1;
    for left in (1..=kills).rev() {
        // Now and then before anything flows again.
        if left < kills && chance.among(0..4) == 0 {
            let moment = Instant::now() + Duration::from_millis(chance.among(0..700));
            hunt.receiver().events_until(moment);
        } else {
            let Some(now) = hunt.stored(stored + chance.among(0..(size - stored) / (left + 1))) else {
                break;
            };
            stored = now;
        }
        let victim = chance.pick(&[Victim::Sender, Victim::Receiver, Victim::Both]);
        hunt.kill(victim);
        done += 1;
        hunt.revive(chance.among(0..2));
        receivers += u64::from(victim != Victim::Sender);
        let since = Instant::now();
        if chance.among(0..3) > 0 {
            let Some(now) = hunt.news() else { break };
            stored = stored.max(now);
            let slowest = &mut slowest[victim as usize];
            *slowest = since.elapsed().max(*slowest);
        }
    }
    let (carried, read, sender_read) = hunt.ends_well(&made);
    say(
        TEST,
        &format!(
            "{done} kills in {size} bytes: {carried} carried, {} more than the file; {receivers} receivers read \
             {read} bytes; new bytes at most {slowest:.1?} after both were up (sender, receiver, both killed)",
            carried.saturating_sub(size)
        ),
    );
    assert!(carried <= size + done * AGAIN, "{carried} bytes were carried for {size} and {done} kills");
    assert!(read <= receivers * beginning(size), "{receivers} receivers read {read} bytes");
    assert!(sender_read >= size, "the count of what is read counts nothing");
}

#[test]
fn a_large_sparse_file_that_both_sides_died_of_at_nine_tenths_costs_the_last_tenth() {
    const TEST: &str = "nine tenths";
    let (size, holes, limit): (u64, _, _) =
        Length::asked().choose((96 << 20, 2, "60MB/s"), (20 << 30, 8, "1GB/s"));
    let (mut hunt, made) = Hunt::begin(|file| sparse(file, size, 1, holes), limit);
    let stored = hunt.stored(size / 10 * 9).expect("nine tenths before all of it");
    hunt.kill(Victim::Both);
    let (carried, read) = (hunt.cable.carried(), hunt.read);
    hunt.revive(0);
    let since = Instant::now();
    hunt.news();
    let news = since.elapsed();
    let (in_all, read_in_all, _) = hunt.ends_well(&made);
    let (again, read) = (in_all - carried, read_in_all - read);
    say(
        TEST,
        &format!(
            "{size} bytes, killed at {stored}: new bytes {news:.1?} after both were up; {again} bytes carried after \
             that; the receiver read {read} bytes"
        ),
    );
    assert!(again <= size / 10 + (64 << 20), "{again} bytes were carried");
    assert!(read <= beginning(size), "the receiver read {read} bytes");
}
