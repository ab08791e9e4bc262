//! Networks that fail in every way that they do, in namespaces of the test’s own.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    chance::{Chance, Length},
    film::{digest, is_complete, shoot},
    harness::{Device, Running},
    lan::{Host, Lan, NAME, Weather, Wire},
    loud::say,
};

const HOUR: Duration = Duration::from_hours(1);
const AGAIN: u64 = 16 << 20;

/// A sender and a receiver on the two hosts.
struct Ends {
    here: Device,
    there: Device,
    sender: Running,
    receiver: Running,
    made: String,
}

impl Ends {
    fn begin(lan: &Lan, size: u64, args: &[&str]) -> Self {
        let (here, there) = (Device::new(), Device::new());
        let file = here.path("film.bin");
        let made = shoot(&file, size, 2);
        let inbox = there.inbox();
        let receive = ["receive", "--json", "--port", "27543", "--accept", "all", "--dir"];
        let command = there.command(&[&receive[..], &[inbox.to_str().unwrap()]].concat());
        let mut receiver = Running::start(&mut lan.on(Host::Receiver, &command)).lasting(HOUR);
        receiver.wait_for("listening");
        let to = format!("{NAME}:27543");
        let send = ["send", "--json", "--to", &to, file.to_str().unwrap()];
        let command = here.command(&[&send[..], args].concat());
        let sender = Running::start(&mut lan.on(Host::Sender, &command)).lasting(HOUR);
        Self { here, there, sender, receiver, made }
    }

    fn stored(&mut self, bytes: u64) -> u64 {
        loop {
            let stored = self.sender.wait_for("progress")["bytes"].as_u64().unwrap();
            if stored >= bytes {
                return stored;
            }
        }
    }

    /// How long it takes both sides to notice.
    fn noticed(&mut self) -> [Duration; 2] {
        let since = Instant::now();
        thread::scope(|scope| {
            let sides = [&mut self.sender, &mut self.receiver].map(|side| {
                scope.spawn(move || {
                    side.wait_for("interrupted");
                    since.elapsed()
                })
            });
            sides.map(|side| side.join().unwrap())
        })
    }

    fn went_on(&mut self) {
        self.sender.wait_for("resumed");
        self.receiver.wait_for("resumed");
    }

    fn end_well(mut self) {
        let end = self.sender.wait_for("finished");
        is_complete(&end, &self.made);
        assert_eq!(self.sender.exit(), 0);
        let end = self.receiver.wait_for("finished");
        assert_eq!(end["outcome"], "complete", "{end}");
        let arrived = self.there.inbox().join("film.bin");
        assert_eq!(digest(&arrived), digest(&self.here.path("film.bin")), "its content is another");
        assert_eq!(std::fs::read_dir(self.there.inbox()).unwrap().count(), 1);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// Packets vanish.
    Silence,
    /// Every connection is reset, and both sides hear of it.
    Reset,
    /// As that, and only one side hears of it.
    HalfReset,
    /// A cable is pulled out of the switch.
    Pulled,
    SenderMoves,
    ReceiverMoves,
}

const CUTS: [Cut; 6] =
    [Cut::Silence, Cut::Reset, Cut::HalfReset, Cut::Pulled, Cut::SenderMoves, Cut::ReceiverMoves];

#[test]
fn a_link_that_is_cut_in_every_way_at_random_moments_costs_time_and_little_else() {
    const TEST: &str = "cuts";
    let length = Length::asked();
    let mut chance = Chance::of(TEST);
    let Some(mut lan) = Lan::new(TEST, Wire::Switch) else { return };
    let (size, count, limit): (u64, u64, _) = length.choose((64 << 20, 6, "25MB/s"), (1 << 30, 50, "50MB/s"));
    let mut ends = Ends::begin(&lan, size, &["--limit", limit]);
    let mut back = Duration::ZERO;
    let (mut stored, mut slowest, mut left) = (0, [[Duration::ZERO; 2]; CUTS.len()], CUTS.to_vec());
    for number in 0..count {
        stored = ends.stored(stored + chance.among(0..(size - stored) / (count - number + 1)));
        if left.is_empty() {
            left = CUTS.to_vec();
        }
        let cut = left.swap_remove(usize::try_from(chance.among(0..left.len() as u64)).unwrap());
        let host = chance.pick(&[Host::Sender, Host::Receiver]);
        match cut {
            Cut::Silence => lan.swallow(),
            Cut::Reset => lan.reset(host),
            Cut::HalfReset => {
                lan.swallow();
                lan.reset(host);
            }
            Cut::Pulled => lan.pull(host),
            Cut::SenderMoves => lan.move_on(Host::Sender),
            Cut::ReceiverMoves => lan.move_on(Host::Receiver),
        }
        let noticed = ends.noticed();
        for (slowest, noticed) in slowest[cut as usize].iter_mut().zip(noticed) {
            *slowest = noticed.max(*slowest);
        }
        match cut {
            Cut::Silence | Cut::HalfReset => lan.let_through(),
            Cut::Pulled => lan.plug_in(host),
            Cut::Reset | Cut::SenderMoves | Cut::ReceiverMoves => {}
        }
        let since = Instant::now();
        ends.went_on();
        back = back.max(since.elapsed());
    }
    ends.end_well();
    let sent = lan.sent();
    say(TEST, &format!("went on at most {back:.1?} after the way was there again"));
    say(TEST, &format!("{count} cuts in {size} bytes: {sent} sent, {} more than the file", sent - size));
    for (cut, slowest) in CUTS.iter().zip(slowest) {
        say(TEST, &format!("{cut:?} noticed within {slowest:.1?} (sender, receiver)"));
    }
    assert!(sent <= size + count * AGAIN, "{sent} bytes were sent for {size} and {count} cuts");
}

#[test]
fn a_content_connection_that_is_dead_alone_is_noticed_and_replaced() {
    const TEST: &str = "one dead connection";
    let size = 32 << 20;
    let Some(lan) = Lan::new(TEST, Wire::Switch) else { return };
    let mut ends = Ends::begin(&lan, size, &["--limit", "4MB/s"]);
    ends.stored(size / 8);
    let (port, _) = lan.connections().into_iter().max_by_key(|(_, bytes)| *bytes).unwrap();
    lan.swallow_port(port);
    let noticed = ends.noticed();
    say(TEST, &format!("noticed within {noticed:.1?} (sender, receiver)"));
    ends.went_on();
    ends.end_well();
}

/// Sends over such a way; nobody may take the other for dead. How long it took.
fn through(test: &str, weather: Weather, size: u64, stalls: u64) -> Option<Duration> {
    let lan = Lan::new(test, Wire::Weather(weather))?;
    let limit = if stalls > 0 { "300kB/s" } else { "100MB/s" };
    let since = Instant::now();
    let mut ends = Ends::begin(&lan, size, &["--limit", limit]);
    let mut heard = Vec::new();
    for number in 0..stalls {
        loop {
            let event = ends.sender.event().expect("a sender that goes on");
            let is_far =
                event["bytes"].as_u64().is_some_and(|bytes| bytes >= size * (number + 1) / (stalls + 2));
            heard.push(event);
            if is_far {
                break;
            }
        }
        lan.stall();
    }
    loop {
        heard.push(ends.sender.event().expect("an end"));
        if heard.last().unwrap()["event"] == "finished" {
            break;
        }
    }
    let took = since.elapsed();
    heard.extend(ends.receiver.events_until(Instant::now() + Duration::from_secs(3)));
    let dead = heard.iter().find(|event| event["event"] == "interrupted");
    assert_eq!(dead, None, "{weather:?}, {stalls} stalls");
    let finished: Vec<_> = heard.iter().filter(|event| event["event"] == "finished").collect();
    assert_eq!(finished.len(), 2, "{weather:?}");
    for end in finished {
        assert_eq!(
            (&end["outcome"], &end["digest"]),
            (&"complete".into(), &ends.made.as_str().into()),
            "{end}"
        );
    }
    Some(took)
}

#[test]
fn slow_and_lossy_and_stalling_ways_are_not_taken_for_dead() {
    const TEST: &str = "weather";
    let mut chance = Chance::of(TEST);
    let mut weather =
        |round_trip, loss, rate| Weather { round_trip, loss, rate, seed: chance.among(0..1 << 32) };
    let slow = Some(1000);
    let mut days = vec![
        (weather(20, 1, None), 8 << 20, 0),
        (weather(200, 5, None), 1 << 20, 0),
        (weather(20, 0, slow), 1_500_000, 0),
        (weather(20, 0, None), 5 << 20, 2),
    ];
    if Length::asked() == Length::Long {
        days.extend([
            (weather(20, 5, None), 32 << 20, 0),
            (weather(200, 1, None), 32 << 20, 0),
            (weather(200, 5, None), 16 << 20, 0),
            (weather(200, 5, slow), 4 << 20, 0),
            (weather(200, 1, slow), 4 << 20, 4),
            (weather(20, 5, None), 8 << 20, 5),
        ]);
    }
    thread::scope(|scope| {
        for (weather, size, stalls) in days {
            scope.spawn(move || {
                if let Some(took) = through(TEST, weather, size, stalls) {
                    say(TEST, &format!("{weather:?}, {stalls} stalls: {size} bytes in {took:.1?}"));
                }
            });
        }
    });
}

#[test]
fn p13_two_machines_with_one_key_are_told_so_on_both_sides_and_nothing_is_sent() {
    let Some(lan) = Lan::new("two machines with one key", Wire::Switch) else { return };
    let (here, there) = (Device::new(), Device::new());
    let (_, _, code) = Running::start(&mut here.command(&["id"])).text();
    assert_eq!(code, 0);
    std::fs::create_dir(there.home()).unwrap();
    std::fs::copy(here.home().join("identity.key"), there.home().join("identity.key")).unwrap();
    let inbox = there.inbox();
    let receive =
        ["receive", "--json", "--port", "27543", "--accept", "all", "--dir", inbox.to_str().unwrap()];
    let mut receiver = Running::start(&mut lan.on(Host::Receiver, &there.command(&receive)));
    receiver.wait_for("listening");
    let (to, file) = (format!("{NAME}:27543"), here.file("letter", "x"));
    let send = ["send", "--json", "--to", &to, file.to_str().unwrap()];
    let (ended, code) = Running::start(&mut lan.on(Host::Sender, &here.command(&send))).end();
    assert_ne!(code, 0);
    for end in [ended, receiver.wait_for("finished")] {
        let problem = end["problem"].as_str().unwrap();
        assert!(problem.contains("same key") && problem.contains("becomes a new device"), "{end}");
    }
    assert_eq!(std::fs::read_dir(inbox).unwrap().count(), 0);
}
