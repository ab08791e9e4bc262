//! What an earlier attempt left is damaged, cut, or somebody else's: it is noticed, and only what is
//! damaged is sent again.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::unix::fs::{FileExt as _, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    chance::{Chance, Length},
    disk::run,
    harness::{Device, content, tree},
    journal::claimed,
    loud::say,
    parcel::Parcel,
    receiver::Receiver,
};

const SIZE: usize = 40 << 20;
/// What is known by one hash, and sent again as a whole.
const GROUP: usize = 16 << 20;

/// A transfer whose both ends were killed in the middle, to be damaged again and again.
struct Left {
    parcel: Parcel,
    there: Device,
    port: String,
    backup: tempfile::TempDir,
    partial: PathBuf,
    journal: PathBuf,
}

impl Left {
    fn new() -> Self {
        let (parcel, there) = (Parcel::file(SIZE), Device::new());
        let mut receiver = Receiver::start(&there.inbox(), &there.home(), "0", &[]).unwrap();
        let port = receiver.port.clone();
        let sender = parcel.send(&receiver.address(), &["--limit", "25MB/s"]);
        while receiver.running().wait_for("progress")["bytes"].as_u64().unwrap() < 30 << 20 {}
        sender.signal("KILL");
        receiver.kill();
        drop(sender);
        let names: Vec<_> = tree(&there.inbox()).into_keys().map(|name| there.inbox().join(name)).collect();
        let of = |ending: &str| {
            names.iter().find(|path| path.extension().is_some_and(|e| e == ending)).unwrap().clone()
        };
        let (partial, journal) = (of("part"), of("journal"));
        let backup = tempfile::tempdir().unwrap();
        let left = Self { parcel, there, port, backup, partial, journal };
        for (number, folder) in left.folders().iter().enumerate() {
            run("cp", &["-a", folder.to_str().unwrap(), left.kept(number).to_str().unwrap()]);
        }
        left
    }

    fn folders(&self) -> [PathBuf; 3] {
        [self.there.inbox(), self.there.home(), self.parcel.here.home()]
    }

    fn kept(&self, number: usize) -> PathBuf {
        self.backup.path().join(number.to_string())
    }

    /// As it was when it was left, an hour ago.
    fn restore(&self) {
        for (number, folder) in self.folders().iter().enumerate() {
            fs::remove_dir_all(folder).unwrap();
            run("cp", &["-a", self.kept(number).to_str().unwrap(), folder.to_str().unwrap()]);
        }
        let journal = File::options().write(true).open(&self.journal).unwrap();
        let old = journal.metadata().unwrap().modified().unwrap() - Duration::from_hours(1);
        journal.set_modified(old).unwrap();
    }

    /// Goes on with it. Returns the bytes that were sent.
    fn go_on(&self, when: &str) -> usize {
        let (inbox, home) = (self.there.inbox(), self.there.home());
        let receiver = Receiver::start(&inbox, &home, &self.port, &[]).unwrap();
        let (end, code) = self.parcel.send(&receiver.address(), &[]).end();
        assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{when}: {end}");
        assert_eq!(receiver.end().1, Some(0), "{when}");
        self.parcel.is_there(&inbox, when);
        usize::try_from(end["pipeline"]["wire_bytes"].as_u64().unwrap()).unwrap()
    }

    fn claimed(&self) -> usize {
        if self.journal.is_file() {
            claimed(&self.journal).into_iter().map(|claim| claim.len()).sum()
        } else {
            0
        }
    }
}

fn flip(path: &Path, at: usize, bit: u64) {
    let mut byte = [0];
    let file = File::options().read(true).write(true).open(path).unwrap();
    file.read_exact_at(&mut byte, at as u64).unwrap();
    byte[0] ^= 1 << (bit % 8);
    file.write_all_at(&byte, at as u64).unwrap();
}

fn cut(path: &Path, len: u64) {
    File::options().write(true).open(path).unwrap().set_len(len).unwrap();
}

#[test]
fn damage_to_what_was_left_is_noticed_and_only_the_damaged_ranges_are_sent_again() {
    let test = "damaged leftovers";
    let mut chance = Chance::of(test);
    let left = Left::new();
    let whole = left.claimed();
    assert!(whole >= GROUP, "only {whole} bytes were recorded");
    let rounds = Length::asked().choose(2, 40);
    let check = |name: &str, groups: usize| {
        // What the journal, as it is now, does not speak of; what is damaged; what was in flight.
        let most = SIZE - left.claimed() + groups * GROUP + (1 << 20);
        let sent = left.go_on(name);
        assert!(sent <= most, "{name}: {sent} bytes were sent, and {most} would do");
        say(test, &format!("{name}: {sent} of {SIZE} bytes sent, {groups} groups damaged"));
    };
    check("nothing is damaged", 0);
    for round in 0..rounds {
        left.restore();
        let mut groups = BTreeSet::new();
        let claims = claimed(&left.journal);
        for _ in 0..=round % 3 {
            let claim = &claims[usize::try_from(chance.among(0..claims.len() as u64)).unwrap()];
            let at = usize::try_from(chance.among(claim.start as u64..claim.end as u64)).unwrap();
            flip(&left.partial, at, chance.number());
            groups.insert(at / GROUP);
        }
        check("bits of the partial file are flipped", groups.len());

        left.restore();
        let len = usize::try_from(chance.among(0..SIZE as u64)).unwrap();
        cut(&left.partial, len as u64);
        let beyond: BTreeSet<_> =
            claims.iter().filter(|claim| claim.end > len).map(|claim| claim.start / GROUP).collect();
        check("the partial file is cut", beyond.len());

        left.restore();
        let at = usize::try_from(chance.among(0..fs::metadata(&left.journal).unwrap().len())).unwrap();
        flip(&left.journal, at, chance.number());
        check("a bit of the journal is flipped", 0);

        left.restore();
        let len = chance.among(0..fs::metadata(&left.journal).unwrap().len());
        cut(&left.journal, len);
        check("the journal is cut", 0);
    }
}

type Harm<'a> = (&'static str, Box<dyn Fn() + 'a>);

#[test]
fn what_is_somebody_else_s_is_neither_used_nor_touched() {
    let left = Left::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let victim = elsewhere.path().join("victim");
    let foreign: Vec<u8> = content(SIZE).iter().map(|byte| byte ^ 0x55).collect();
    let swap = |path: &Path, by: &dyn Fn(&Path)| {
        fs::remove_file(path).unwrap();
        by(path);
    };
    let harms: [Harm<'_>; 7] = [
        (
            "another file in place of the partial one",
            Box::new(|| fs::write(&left.partial, &foreign).unwrap()),
        ),
        (
            "another file moved into its place",
            Box::new(|| {
                let new = left.there.inbox().join("new");
                fs::write(&new, &foreign).unwrap();
                let old = fs::metadata(&left.partial).unwrap().modified().unwrap();
                File::options().write(true).open(&new).unwrap().set_modified(old).unwrap();
                fs::rename(new, &left.partial).unwrap();
            }),
        ),
        (
            "a link in place of the partial file",
            Box::new(|| swap(&left.partial, &|path| symlink(&victim, path).unwrap())),
        ),
        (
            "a second name for another file",
            Box::new(|| swap(&left.partial, &|path| fs::hard_link(&victim, path).unwrap())),
        ),
        (
            "a link in place of the journal",
            Box::new(|| swap(&left.journal, &|path| symlink(&victim, path).unwrap())),
        ),
        (
            "a folder in place of the partial file",
            Box::new(|| swap(&left.partial, &|path| fs::create_dir(path).unwrap())),
        ),
        (
            "a folder in place of the journal",
            Box::new(|| swap(&left.journal, &|path| fs::create_dir(path).unwrap())),
        ),
    ];
    for (name, harm) in harms {
        left.restore();
        fs::write(&victim, &foreign).unwrap();
        harm();
        let sent = left.go_on(name);
        assert!(sent >= SIZE, "{name}: only {sent} bytes were sent");
        assert!(fs::read(&victim).unwrap() == foreign, "{name}: another's file was written to");
        say("somebody else’s leftovers", &format!("{name}: {sent} bytes sent"));
    }
}
