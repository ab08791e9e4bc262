//! Files that change while they are sent: what arrives is one of the two or nothing, never some of each.

use std::{
    fs::{self, File, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
};

use super::{
    chance::Chance,
    harness::{Device, content},
    loud::say,
    parcel::{News, Parcel, news},
    receiver::Receiver,
};

const SIZE: usize = 12 << 20;

fn inverted() -> Vec<u8> {
    content(SIZE).into_iter().map(|byte| !byte).collect()
}

fn write_at(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

/// What happens to the file, by name. Some leave a file that is all new; others one that nobody wrote.
type Harm = (&'static str, fn(&Path));

const HARMS: [Harm; 9] = [
    ("grows", |path| OpenOptions::new().append(true).open(path).unwrap().write_all(b"and more").unwrap()),
    ("shrinks by a byte", |path| {
        OpenOptions::new().write(true).open(path).unwrap().set_len(SIZE as u64 - 1).unwrap();
    }),
    ("is cut to nothing", |path| drop(File::create(path).unwrap())),
    ("is written over in place", |path| write_at(path, 0, &inverted())),
    ("is written over at its end", |path| write_at(path, SIZE as u64 - 4096, &inverted()[..4096])),
    ("is replaced", |path| {
        let new = path.with_extension("new");
        fs::write(&new, inverted()).unwrap();
        fs::rename(new, path).unwrap();
    }),
    ("is replaced by a folder", |path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    }),
    ("is removed", |path| fs::remove_file(path).unwrap()),
    ("is written over and given its old time", |path| {
        let time = fs::metadata(path).unwrap().modified().unwrap();
        write_at(path, 0, &inverted());
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }),
];

#[test]
fn a_file_that_changes_while_it_is_sent_never_arrives_mixed_and_the_others_arrive() {
    let mut chance = Chance::of("changing files");
    for (name, harm) in HARMS {
        let here = Device::new();
        let file = here.file("film.bin", content(SIZE));
        here.file("other.txt", "as it is");
        let parcel = Parcel::of(here, &["film.bin", "other.txt"]);
        let there = Device::new();
        let mut receiver = Receiver::start(&there.inbox(), &there.home(), "0", &[]).unwrap();
        let mut sender = parcel.send(&receiver.address(), &["--limit", "10MB/s"]);
        let moment = chance.among(1..SIZE as u64 / 2);
        while receiver.running().wait_for("progress")["bytes"].as_u64().unwrap() < moment {}
        harm(&file);
        let News::Over(end) = news(&mut sender) else { panic!("a file that {name} is no broken link") };
        assert!(receiver.end().1.is_some());
        let arrived = fs::read(there.inbox().join("film.bin")).ok();
        let what = match &arrived {
            None => "it is not there",
            Some(bytes) if *bytes == content(SIZE) => "the old one",
            Some(bytes) if *bytes == inverted() => "the new one",
            Some(_) => panic!("a file that {name} at {moment} arrived mixed: {end}"),
        };
        assert_eq!(arrived.is_some(), end["outcome"] == "complete", "{name}: {end}");
        if arrived.is_none() {
            assert_eq!(end["failures"][0]["path"], "film.bin", "{name}: {end}");
            assert!(end["failures"][0]["why"].as_str().unwrap().ends_with('.'), "{name}: {end}");
        }
        assert_eq!(fs::read(there.inbox().join("other.txt")).unwrap(), b"as it is", "{name}");
        say("changing files", &format!("a file that {name} at {moment}: {what}"));
    }
}

#[test]
fn a_file_of_which_only_the_inode_is_touched_while_it_is_sent_arrives() {
    use std::os::unix::fs::PermissionsExt as _;
    let touches: [Harm; 4] = [
        ("gets another name beside its own", |path| {
            fs::hard_link(path, path.with_extension("link")).unwrap();
        }),
        ("gets other rights", |path| {
            fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
        }),
        ("is renamed", |path| fs::rename(path, path.with_extension("moved")).unwrap()),
        ("gets another time of reading", |path| {
            let times = fs::FileTimes::new().set_accessed(std::time::SystemTime::UNIX_EPOCH);
            File::open(path).unwrap().set_times(times).unwrap();
        }),
    ];
    for (name, touch) in touches {
        let here = Device::new();
        let file = here.file("film.bin", content(SIZE));
        let there = Device::new();
        let (mut receiver, to) = there.receive(&["--accept", "all", "--once"]);
        let sender = here.send(&[&file], &to, &["--limit", "10MB/s"]);
        while receiver.wait_for("progress")["bytes"] == 0 {}
        touch(&file);
        let (end, code) = sender.end();
        assert_eq!(
            (code, &end["outcome"], &end["verified"]),
            (0, &"complete".into(), &true.into()),
            "it {name}: {end}"
        );
        assert_eq!(receiver.end().1, 0, "it {name}");
    }
}
