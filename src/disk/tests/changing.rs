//! The sender: what is changed, moved or only touched while it is sent.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::{Duration, SystemTime},
};

use super::{
    digest, finish, scan, scan_all,
    sending::{fifo, number, paths},
    temp,
};
use crate::{
    disk::{SourceError, Sources},
    model::EntryKind,
};

/// A file of five bytes in a folder, scanned; then changed.
fn changed(change: impl Fn(&Path)) -> (Sources, tempfile::TempDir) {
    let temp = temp();
    let dir = temp.path().join("dir");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("f"), "hello").unwrap();
    let (_, sources) = scan_all(&[&dir]);
    change(&dir);
    (sources, temp)
}

/// Waits until what is done next to a file has another time than what was done before.
#[cfg(unix)]
fn tick(folder: &Path) {
    let path = folder.join("clock");
    let write = || {
        fs::write(&path, "").unwrap();
        fs::metadata(&path).unwrap().modified().unwrap()
    };
    let first = write();
    while write() == first {}
}

/// A clock's tick may be longer than a test.
fn set_time(path: &Path) {
    let later = SystemTime::now() + Duration::from_secs(10);
    File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
}

#[test]
fn a_file_that_changed_since_the_scan_is_not_opened() {
    for change in [
        |dir: &Path| fs::write(dir.join("f"), "hell").unwrap(),
        |dir: &Path| fs::write(dir.join("f"), "hello!").unwrap(),
        |dir: &Path| set_time(&dir.join("f")),
        |dir: &Path| {
            let time = fs::metadata(dir.join("f")).unwrap().modified().unwrap();
            fs::write(dir.join("f"), "hell").unwrap();
            File::options().write(true).open(dir.join("f")).unwrap().set_modified(time).unwrap();
        },
        |dir: &Path| {
            fs::remove_file(dir.join("f")).unwrap();
            fs::create_dir(dir.join("f")).unwrap();
        },
        #[cfg(unix)]
        |dir: &Path| {
            fs::remove_file(dir.join("f")).unwrap();
            fifo(&dir.join("f"));
        },
        #[cfg(unix)]
        |dir: &Path| {
            fs::rename(dir.join("f"), dir.join("g")).unwrap();
            std::os::unix::fs::symlink("g", dir.join("f")).unwrap();
        },
    ] {
        let (sources, _temp) = changed(change);
        let error = sources.open(1).err().unwrap();
        assert!(matches!(error, SourceError::Changed(_)), "{error}");
    }
    for change in [
        |dir: &Path| fs::remove_file(dir.join("f")).unwrap(),
        |dir: &Path| fs::remove_dir_all(dir).unwrap(),
        |dir: &Path| fs::rename(dir.join("f"), dir.join("g")).unwrap(),
    ] {
        let (sources, _temp) = changed(change);
        let error = sources.open(1).err().unwrap();
        assert!(matches!(error, SourceError::Vanished(_)), "{error}");
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_never_reported_whole() {
    let edit = |content: &str, keep_time: bool| {
        let (sources, temp) = changed(|_| {});
        let path = temp.path().join("dir/f");
        let mut source = sources.open(1).unwrap();
        let mut buf = [0; 2];
        assert_eq!(source.read(&mut buf).unwrap(), 2);
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        // In place, as an editor or a logger would.
        let mut file = File::options().write(true).truncate(true).open(&path).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.set_modified(if keep_time { time } else { time + Duration::from_secs(1) }).unwrap();
        let mut rest = [0; 10];
        let read = source.read(&mut rest)?;
        assert_eq!(read, 3, "no more than was offered");
        assert_eq!(source.read(&mut [0])?, 0);
        finish(source, &[&buf, &rest[..read]].concat())
    };
    for (content, keep_time) in [("hel", true), ("", false), ("hello, world", true), ("HELLO", false)] {
        let error = edit(content, keep_time).unwrap_err();
        assert!(matches!(error, SourceError::Changed(_)), "{content:?}: {error}");
    }
    // What is the same again in all that can be set is told apart where the system keeps a time that can't.
    assert_eq!(edit("HELLO", true).is_err(), cfg!(unix));
    edit("hello", true).unwrap();
}

#[cfg(unix)]
#[test]
fn a_file_of_which_only_the_inode_was_touched_is_the_same_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let touches: [fn(&Path); 5] = [
        |path| fs::hard_link(path, path.with_extension("link")).unwrap(),
        |path| fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap(),
        |path| fs::rename(path, path.with_extension("moved")).unwrap(),
        |path| {
            let times = fs::FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH);
            File::open(path).unwrap().set_times(times).unwrap();
        },
        |path| fs::remove_file(path).unwrap(),
    ];
    for touch in touches {
        let (sources, temp) = changed(|_| {});
        let mut source = sources.open(1).unwrap();
        let mut content = [0; 5];
        assert_eq!(source.read(&mut content).unwrap(), 5);
        tick(temp.path());
        touch(&temp.path().join("dir/f"));
        finish(source, &content).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_read_again_because_it_was_touched_lets_a_cancel_through() {
    let (sources, temp) = changed(|_| {});
    let mut source = sources.open(1).unwrap();
    assert_eq!(source.read(&mut [0; 5]).unwrap(), 5);
    tick(temp.path());
    fs::hard_link(temp.path().join("dir/f"), temp.path().join("dir/g")).unwrap();
    assert!(source.finish(digest(b"hello"), || true).unwrap().is_break());
}

#[cfg(unix)]
#[test]
fn a_folder_swapped_for_a_link_leads_nowhere() {
    let temp = temp();
    let at = |name: &str| temp.path().join(name);
    let time = SystemTime::now() - Duration::from_secs(100);
    let write = |path: &str, content: &str| {
        fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        fs::write(at(path), content).unwrap();
        File::options().write(true).open(at(path)).unwrap().set_modified(time).unwrap();
    };
    // More folders than handles are kept, so that the way to the first must be found anew.
    for i in 0..100 {
        write(&format!("many/{i}/f"), "many");
    }
    for (swapped, read) in [("top", "top/sub/f"), ("top/sub", "top/sub/f"), ("way/to", "f")] {
        for path in ["top/sub/f", "way/to/f"] {
            write(path, "hello");
        }
        // Not to be told from what was scanned by anything but the way there.
        for path in ["secret/f", "secret/sub/f", "top/secret/f", "way/secret/f"] {
            write(path, "SECRE");
        }
        let (entries, sources) = scan_all(&[&at("top"), &at("way/to/f"), &at("many")]);
        for (no, entry) in (0..).zip(&entries).filter(|(_, entry)| entry.path.top() == "many") {
            assert!(entry.kind == EntryKind::Folder || sources.open(no).is_ok());
        }
        fs::remove_dir_all(at(swapped)).unwrap();
        // To a neighbour: a way out of the folder would be refused for that alone.
        std::os::unix::fs::symlink("secret", at(swapped)).unwrap();
        let error = sources.open(number(&entries, read)).err().unwrap();
        assert!(matches!(error, SourceError::Changed(_)), "{swapped}: {error}");
        fs::remove_file(at(swapped)).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_folder_swapped_for_a_link_during_the_scan_is_left_out() {
    let temp = temp();
    let at = |name: &str| temp.path().join(name);
    fs::create_dir_all(at("top/a")).unwrap();
    fs::create_dir_all(at("top/b")).unwrap();
    fs::create_dir_all(at("secret")).unwrap();
    fs::write(at("secret/key"), "x").unwrap();
    let mut scan = scan(&[&at("top")]);
    assert_eq!(paths(&scan.next_batch(2).unwrap()), ["top", "top/a"]);
    fs::remove_dir(at("top/b")).unwrap();
    std::os::unix::fs::symlink(at("secret"), at("top/b")).unwrap();
    assert!(scan.next_batch(10).unwrap().is_empty());
    assert_eq!(scan.skipped().links, 1);
}
