//! A disk that fills up while something comes, with real processes and a small file system: the
//! transfer rests, both sides say so, and it is whole once there is room again.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![cfg(target_os = "linux")]

#[path = "cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the terminal face use more of it")]
mod harness;
#[path = "support/loud.rs"]
mod loud;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use harness::{Device, Running, content};
use loud::skipped;
use serde_json::Value;

/// A small file system of its own, until it is dropped.
struct Disk {
    above: tempfile::TempDir,
    at: PathBuf,
}

impl Disk {
    /// `None`, and a word about it, where nothing can be mounted.
    fn new(kind: &str, megabytes: u64, options: &str) -> Option<Self> {
        let above = tempfile::tempdir().unwrap();
        let at = above.path().join("disk");
        fs::create_dir(&at).unwrap();
        let mut mount = Command::new("mount");
        match kind {
            "tmpfs" => {
                let options = format!("size={megabytes}m{options}");
                mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]);
            }
            kind => {
                let image = above.path().join("image");
                fs::File::create(&image).unwrap().set_len(megabytes << 20).unwrap();
                let made = Command::new(format!("mkfs.{kind}")).arg("-q").arg(&image).status();
                if !made.is_ok_and(|made| made.success()) {
                    skipped("a disk that fills up", &format!("no mkfs.{kind} here"));
                    return None;
                }
                mount.args(["-o", "loop"]).arg(&image);
            }
        }
        let mounted = mount.arg(&at).output().is_ok_and(|mount| mount.status.success());
        if !mounted {
            skipped(
                "a disk that fills up",
                &format!("nothing can be mounted here: it takes root, and for {kind} a loop device"),
            );
            return None;
        }
        Some(Self { above, at })
    }

    /// Another program takes all there is, but for so many bytes.
    fn fill_but(&self, left: usize) -> PathBuf {
        let path = self.at.join("another program’s");
        let mut other = fs::File::create(&path).unwrap();
        let sevens = vec![7; 64 << 10];
        while other.write_all(&sevens).is_ok() {}
        let len = other.metadata().unwrap().len();
        other.set_len(len.saturating_sub(left as u64)).unwrap();
        path
    }
}

impl Disk {
    fn remount(&self, option: &str) {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,{option}")]).arg(&self.at);
        assert!(mount.status().unwrap().success());
    }

    /// Its folder is still there, on the disk below.
    fn take_out(&self) {
        assert!(Command::new("umount").arg(&self.at).status().unwrap().success());
    }

    fn put_in(&self) {
        let mut mount = Command::new("mount");
        assert!(mount.args(["-o", "loop"]).arg(self.image()).arg(&self.at).status().unwrap().success());
    }

    fn image(&self) -> PathBuf {
        self.above.path().join("image")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

fn receive(device: &Device, folder: &Path, port: &str, args: &[&str]) -> (Running, String) {
    let base = ["receive", "--json", "--port", port, "--dir", folder.to_str().unwrap()];
    let mut receiver = Running::start(&mut device.command(&[&base, args].concat()));
    let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
    (receiver, port.to_string())
}

const ONCE: [&str; 3] = ["--accept", "all", "--once"];

fn wait_for_bytes(side: &mut Running, bytes: u64) {
    while side.wait_for("progress")["bytes"].as_u64().unwrap() < bytes {}
}

fn is_full(side: &mut Running, whose: &str) {
    let paused = side.wait_for("paused");
    assert_eq!((&paused["reason"], &paused["side"]), (&"no_room".into(), &whose.into()), "{paused}");
    assert!(paused["problem"].as_str().unwrap().contains("full"), "{paused}");
}

fn ends_well(side: Running) -> Value {
    let (end, code) = side.end();
    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{end}");
    end
}

/// What it leaves in the folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "lost+found").collect();
    names.sort();
    names
}

/// Sends a folder of several files to a disk that another program fills meanwhile.
fn fills_up(kind: &str) {
    let Some(disk) = Disk::new(kind, 64, "") else { return };
    let (here, there) = (Device::new(), Device::new());
    let parts: Vec<_> = (0..8).map(|nth| (format!("trip/{nth}"), content((5 << 20) + nth))).collect();
    for (name, bytes) in &parts {
        here.file(name, bytes);
    }
    let trip = here.path("trip");
    let (mut receiver, port) = receive(&there, &disk.at, "0", &ONCE);
    let mut sender = here.send(&[&trip], &format!("127.0.0.1:{port}"), &["--limit", "12MB/s"]);
    wait_for_bytes(&mut receiver, 12 << 20);
    let other = disk.fill_but(1 << 20);
    is_full(&mut receiver, "here");
    is_full(&mut sender, "there");
    // It is at rest, and what is whole has its name and stays.
    let whole = fs::read_dir(disk.at.join("trip")).unwrap().map(|item| item.unwrap().file_name());
    let whole = whole.filter(|name| name.len() == 1).count();
    assert!(whole >= 1, "nothing of it was kept");
    fs::remove_file(other).unwrap();
    let end = ends_well(sender);
    ends_well(receiver);
    for (name, bytes) in &parts {
        assert!(fs::read(disk.at.join(name)).unwrap() == *bytes, "{name} is another");
    }
    assert_eq!(names(&disk.at), ["trip"]);
    assert_eq!(names(&disk.at.join("trip")).len(), parts.len());
    let sent = end["pipeline"]["wire_bytes"].as_u64().unwrap();
    assert!(
        sent <= (40 << 20) - (whole as u64) * (5 << 20) + (64 << 10),
        "{sent} bytes, and {whole} files were there"
    );
}

#[test]
fn a_disk_in_memory_that_fills_up_pauses_a_folder_of_files_until_there_is_room() {
    fills_up("tmpfs");
}

#[test]
fn a_real_disk_that_fills_up_pauses_a_folder_of_files_until_there_is_room() {
    fills_up("ext4");
}

#[test]
fn one_large_file_keeps_what_had_come_when_the_disk_was_full_and_goes_on_after_both_were_killed() {
    const SIZE: usize = 40 << 20;
    // A disk in memory sets nothing aside: the last byte that fits is met while it comes.
    let Some(disk) = Disk::new("tmpfs", 64, "") else { return };
    let (here, there) = (Device::new(), Device::new());
    let bytes = content(SIZE);
    let file = here.file("film.bin", &bytes);
    let (mut receiver, port) = receive(&there, &disk.at, "0", &ONCE);
    let to = format!("127.0.0.1:{port}");
    let mut sender = here.send(&[&file], &to, &["--limit", "12MB/s"]);
    wait_for_bytes(&mut receiver, 20 << 20);
    let other = disk.fill_but(2 << 20);
    is_full(&mut receiver, "here");
    is_full(&mut sender, "there");
    receiver.signal("KILL");
    sender.signal("KILL");
    drop((receiver, sender));
    let (mut receiver, _) = receive(&there, &disk.at, &port, &["--once"]);
    let mut sender = here.send(&[&file], &to, &[]);
    // Still full: said again, and not given up.
    is_full(&mut receiver, "here");
    is_full(&mut sender, "there");
    assert!(!disk.at.join("film.bin").exists());
    fs::remove_file(other).unwrap();
    let end = ends_well(sender);
    ends_well(receiver);
    assert!(fs::read(disk.at.join("film.bin")).unwrap() == bytes, "its content is another");
    assert_eq!(names(&disk.at), ["film.bin"]);
    let sent = end["pipeline"]["wire_bytes"].as_u64().unwrap();
    assert!(sent <= (SIZE - (20 << 20) + (16 << 20)) as u64, "{sent} bytes were sent at last");
}

#[test]
fn a_disk_without_room_for_another_name_is_full_too() {
    // The root, the program’s probes, and some of the files.
    let Some(disk) = Disk::new("tmpfs", 64, ",nr_inodes=60") else { return };
    let (here, there) = (Device::new(), Device::new());
    for nth in 0..30 {
        here.file(&format!("trip/{nth}"), content(400_000));
    }
    let trip = here.path("trip");
    let (mut receiver, port) = receive(&there, &disk.at, "0", &ONCE);
    let mut sender = here.send(&[&trip], &format!("127.0.0.1:{port}"), &["--limit", "4MB/s"]);
    wait_for_bytes(&mut receiver, 1 << 20);
    let others: Vec<_> = (0..100).map(|nth| disk.at.join(format!("other {nth}"))).collect();
    let made: Vec<_> = others.iter().filter(|path| fs::File::create(path).is_ok()).collect();
    assert!(made.len() < others.len());
    is_full(&mut receiver, "here");
    is_full(&mut sender, "there");
    for path in made {
        fs::remove_file(path).unwrap();
    }
    ends_well(sender);
    ends_well(receiver);
    assert_eq!(names(&disk.at.join("trip")).len(), 30);
}

#[test]
fn a_disk_that_is_too_small_from_the_first_is_refused_before_anything_is_sent() {
    let Some(disk) = Disk::new("tmpfs", 8, "") else { return };
    let (here, there) = (Device::new(), Device::new());
    let file = here.file("film.bin", content(20 << 20));
    let (mut receiver, port) = receive(&there, &disk.at, "0", &ONCE);
    let (end, code) = here.send(&[&file], &format!("127.0.0.1:{port}"), &[]).end();
    assert_eq!((&end["outcome"], code), (&"failed".into(), 1), "{end}");
    for said in ["not enough space", "21.0 MB are needed", " are free"] {
        assert!(end["problem"].as_str().unwrap().contains(said), "{end}");
    }
    // It was not accepted, and does not end what waits for one that is.
    let end = receiver.wait_for("finished");
    assert!(end["problem"].as_str().unwrap().contains("not enough space"), "{end}");
    assert_eq!(names(&disk.at), Vec::<String>::new());
}

/// As a shell would start it, with a limit.
fn limited(device: &Device, limit: &str, args: &[&str]) -> Command {
    let inner = device.command(args);
    let mut command = Command::new("bash");
    command
        .args(["-c", &format!("ulimit {limit}; exec \"$@\""), "bash"])
        .arg(inner.get_program())
        .args(inner.get_args());
    for (key, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    command.stdin(std::process::Stdio::null());
    command
}

#[test]
fn a_limit_of_the_system_on_the_size_of_files_ends_nobody_and_is_said_with_whose_it_is() {
    let (here, there) = (Device::new(), Device::new());
    let files =
        [("a large one", 20 << 20), ("small", 40_000)].map(|(name, size)| here.file(name, content(size)));
    let inbox = there.inbox();
    let args =
        ["receive", "--json", "--port", "0", "--dir", inbox.to_str().unwrap(), "--accept", "all", "--once"];
    // In kB.
    let mut receiver = Running::start(&mut limited(&there, "-f 8000", &args));
    let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
    let sending = ["send", "--json", "--to", &format!("127.0.0.1:{port}")];
    let paths = files.iter().map(|path| path.to_str().unwrap());
    let sending: Vec<&str> = sending.into_iter().chain(paths).collect();
    // Whoever sends writes nothing that is large.
    let (told, code) = Running::start(&mut limited(&here, "-f 64", &sending)).end();
    let (end, its) = receiver.end();
    assert_eq!((code, its), (1, 1), "{told}, {end}");
    for (end, says) in [(&told, "as it was started"), (&end, "a limit of 8.19 MB (ulimit -f)")] {
        assert_eq!((&end["files"], &end["failed"]), (&1.into(), &1.into()), "{end}");
        assert!(end["failures"][0]["why"].as_str().unwrap().contains(says), "{end}");
    }
    assert!(told["pipeline"]["wire_bytes"].as_u64().unwrap() < 1 << 20, "{told}");
    assert_eq!(names(&inbox), ["small"]);
}

#[test]
fn too_few_open_files_are_said_at_once_and_few_are_enough() {
    let (here, there) = (Device::new(), Device::new());
    let inbox = there.inbox();
    let args =
        ["receive", "--json", "--port", "0", "--dir", inbox.to_str().unwrap(), "--accept", "all", "--once"];
    let told = limited(&there, "-n 32", &args).output().unwrap();
    assert_eq!(told.status.code(), Some(1));
    let told = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
    assert!(told.contains("no more than 32 files open") && told.contains("ulimit -n"), "{told}");
    for nth in 0..300 {
        here.file(&format!("many/{}/{nth}", nth % 20), content(5000 + nth));
    }
    here.file("many/large", content(20 << 20));
    let many = here.path("many");
    let mut receiver = Running::start(&mut limited(&there, "-n 40", &args));
    let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
    let sending = ["send", "--json", "--to", &format!("127.0.0.1:{port}"), many.to_str().unwrap()];
    ends_well(Running::start(&mut limited(&here, "-n 40", &sending)));
    ends_well(receiver);
    assert_eq!(fs::read_dir(inbox.join("many")).unwrap().count(), 21);
}

#[test]
fn standard_input_can_t_wait_for_room_and_both_sides_hear_why_it_ended() {
    let Some(disk) = Disk::new("tmpfs", 8, "") else { return };
    let (here, there) = (Device::new(), Device::new());
    let (receiver, port) = receive(&there, &disk.at, "0", &ONCE);
    let mut command = here.command(&["send", "--json", "--to", &format!("127.0.0.1:{port}"), "-"]);
    let mut sender = Running::start(command.args(["--as", "dump"]).stdin(std::process::Stdio::piped()));
    let mut input = sender.input();
    // Whoever reads it may have gone before all of it was written.
    let _ = input.write_all(&content(20 << 20));
    drop(input);
    for (side, code) in [sender.end(), receiver.end()] {
        assert_eq!((&side["outcome"], code), (&"failed".into(), 1), "{side}");
        assert!(side["problem"].as_str().unwrap().contains("full"), "{side}");
    }
    assert_eq!(names(&disk.at), Vec::<String>::new());
}

fn is_away(side: &mut Running, whose: &str) {
    let paused = side.wait_for("paused");
    assert_eq!((&paused["reason"], &paused["side"]), (&"no_disk".into(), &whose.into()), "{paused}");
    assert!(paused["problem"].as_str().unwrap().contains("not connected, or read-only"), "{paused}");
}

#[test]
fn what_goes_on_when_its_disk_was_taken_out_waits_for_that_and_is_written_to_no_other() {
    let Some(disk) = Disk::new("ext4", 96, "") else { return };
    let inbox = disk.at.join("in");
    let (here, there) = (Device::new(), Device::new());
    let bytes = content(30 << 20);
    here.file("film", &bytes);
    let (mut receiver, port) = receive(&there, &inbox, "0", &ONCE);
    let mut sender = here.send(&[&here.path("film")], &format!("127.0.0.1:{port}"), &["--limit", "12MB/s"]);
    wait_for_bytes(&mut receiver, 10 << 20);
    receiver.signal("KILL");
    receiver.code();
    disk.take_out();
    let (mut receiver, _) = receive(&there, &inbox, &port, &ONCE);
    is_away(&mut receiver, "here");
    is_away(&mut sender, "there");
    assert_eq!(names(&disk.at), [""; 0]);
    disk.put_in();
    let ends = [ends_well(sender), ends_well(receiver)];
    assert!(ends.iter().all(|end| end["files"] == 1), "{ends:?}");
    assert!(fs::read(inbox.join("film")).unwrap() == bytes);
    assert_eq!(names(&inbox), ["film"]);
}

#[test]
fn what_goes_on_when_its_disk_is_read_only_waits_until_it_is_not_and_nothing_that_has_come_is_lost() {
    let Some(disk) = Disk::new("ext4", 96, "") else { return };
    let (here, there) = (Device::new(), Device::new());
    let bytes = content(30 << 20);
    here.file("film", &bytes);
    let (mut receiver, port) = receive(&there, &disk.at, "0", &ONCE);
    let mut sender = here.send(&[&here.path("film")], &format!("127.0.0.1:{port}"), &["--limit", "12MB/s"]);
    wait_for_bytes(&mut receiver, 10 << 20);
    receiver.signal("KILL");
    receiver.code();
    disk.remount("ro");
    let (mut receiver, _) = receive(&there, &disk.at, &port, &ONCE);
    is_away(&mut receiver, "here");
    is_away(&mut sender, "there");
    disk.remount("rw");
    for side in [sender, receiver] {
        ends_well(side);
    }
    assert!(fs::read(disk.at.join("film")).unwrap() == bytes);
    assert_eq!(names(&disk.at), ["film"]);
}
