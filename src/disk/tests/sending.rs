//! The sender: what is offered, and what happens to it before it is read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{file, finish, folder, modified, scan, scan_all, temp, texts};
use crate::{
    disk::{OffLimits, Scan, SourceError, Sources, measure},
    model::{Entry, EntryKind, EntryNo, RelPath, Source},
};

pub(super) fn paths(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.path.as_str()).collect()
}

pub(super) fn number(entries: &[Entry], path: &str) -> EntryNo {
    entries.iter().position(|entry| entry.path.as_str() == path).unwrap().try_into().unwrap()
}

pub(super) fn read(sources: &Sources, no: EntryNo) -> Result<String, SourceError> {
    let mut source = sources.open(no)?;
    let mut content = Vec::new();
    let mut buf = [0; 5];
    loop {
        match source.read(&mut buf)? {
            0 => break,
            read => content.extend_from_slice(&buf[..read]),
        }
    }
    finish(source, &content)?;
    Ok(String::from_utf8(content).unwrap())
}

fn fails(sources: &[&Path]) -> SourceError {
    let sources = sources.iter().map(|path| Source::Path((*path).to_owned())).collect();
    Scan::new(sources, &OffLimits::default()).err().expect("nothing that can be sent")
}

#[test]
fn a_tree_is_offered_in_a_fixed_order_with_each_folder_before_what_is_in_it() {
    let temp = temp();
    let trip = temp.path().join("trip");
    fs::create_dir_all(trip.join("b/empty")).unwrap();
    for name in ["z", "b/2", "b/10", "B", "a"] {
        fs::write(trip.join(name), name).unwrap();
    }
    fs::write(trip.join("none"), "").unwrap();
    let (entries, sources) = scan_all(&[&trip]);
    let expected = [
        folder("trip"),
        file("trip/B", 1),
        file("trip/a", 1),
        folder("trip/b"),
        file("trip/b/10", 4),
        file("trip/b/2", 3),
        folder("trip/b/empty"),
        file("trip/none", 0),
        file("trip/z", 1),
    ];
    for ((no, found), expected) in (0..).zip(&entries).zip(&expected) {
        assert_eq!((&found.path, found.kind), (&expected.path, expected.kind));
        assert_eq!(found.modified, Some(modified(&temp.path().join(found.path.as_str()))));
        assert_eq!(sources.entry(no), Some(found));
        match found.kind {
            EntryKind::File { .. } => {
                let name = found.path.as_str().strip_prefix("trip/").unwrap();
                let content = if name == "none" { "" } else { name };
                assert_eq!(read(&sources, no).unwrap(), content);
            }
            EntryKind::Folder => assert!(matches!(sources.open(no), Err(SourceError::NoSuchFile(_)))),
        }
    }
    assert_eq!((entries.len(), sources.len()), (expected.len(), expected.len()));
    assert!(matches!(sources.open(99), Err(SourceError::NoSuchFile(99))));

    let summary = measure(&trip, &OffLimits::default()).unwrap();
    assert_eq!((summary.files, summary.folders, summary.bytes), (6, 3, 10));
    assert_eq!(summary.title(), "trip");
}

#[cfg(unix)]
#[test]
fn any_executable_bit_makes_a_file_executable() {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::model::FileMode;
    let temp = temp();
    for (name, bits) in [("all", 0o755), ("group", 0o610), ("none", 0o666), ("suid", 0o4600)] {
        let path = temp.path().join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
        let (entries, _) = scan_all(&[&path]);
        let mode = if matches!(name, "all" | "group") { FileMode::Executable } else { FileMode::Regular };
        assert_eq!(entries[0].kind, EntryKind::File { size: Some(0), mode }, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_never_followed_and_always_told_of() {
    use std::os::unix::fs::symlink;
    let temp = temp();
    let at = |name: &str| temp.path().join(name);
    fs::create_dir_all(at("real/in")).unwrap();
    fs::write(at("real/file"), "x").unwrap();
    fs::write(at("secret"), "secret").unwrap();
    symlink("real", at("link")).unwrap();
    symlink(at("secret"), at("real/in/leaf")).unwrap();
    symlink("..", at("real/in/loop")).unwrap();
    symlink("nowhere", at("broken")).unwrap();

    // A slash at the end would have the system follow it.
    for name in ["link", "link/", "link/."] {
        let error = fails(&[&at(name)]);
        assert!(matches!(error, SourceError::Link { .. }), "{name}: {error}");
        assert!(error.to_string().contains(&*fs::canonicalize(at("real")).unwrap().to_string_lossy()));
    }
    assert!(fails(&[&at("broken")]).to_string().ends_with("Send what it leads to instead."));
    assert!(matches!(fails(&[&at("link"), &at("broken")]), SourceError::NothingLeft));
    assert!(matches!(measure(&at("link"), &OffLimits::default()), Err(SourceError::Link { .. })));

    let mut scan = scan(&[&at("link"), &at("real")]);
    let entries = scan.next_batch(100).unwrap();
    assert_eq!(paths(&entries), ["real", "real/file", "real/in"]);
    assert_eq!((scan.skipped().links, scan.skipped().total()), (3, 3));

    // What is above the picked thing is the person's own way to it.
    let (entries, sources) = scan_all(&[&at("link/file")]);
    assert_eq!(paths(&entries), ["file"]);
    assert_eq!(read(&sources, 0).unwrap(), "x");
}

#[cfg(unix)]
#[test]
fn pipes_and_sockets_are_counted_and_never_opened() {
    let temp = temp();
    let dir = temp.path().join("dir");
    fs::create_dir(&dir).unwrap();
    fifo(&dir.join("pipe"));
    let _socket = std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap();
    fs::write(dir.join("file"), "x").unwrap();
    let mut scan = scan(&[&dir]);
    assert_eq!(paths(&scan.next_batch(100).unwrap()), ["dir", "dir/file"]);
    assert_eq!((scan.skipped().special, scan.skipped().total()), (2, 2));
    assert!(matches!(fails(&[&dir.join("pipe")]), SourceError::Special(_)));
    assert!(matches!(fails(&[Path::new("/dev/null")]), SourceError::Special(_)));
}

#[cfg(unix)]
pub(super) fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_folder_goes_by_its_own_name_however_it_is_written() {
    let temp = temp();
    fs::create_dir_all(temp.path().join("trip/day")).unwrap();
    for (written, name) in [
        ("trip", "trip"),
        ("trip/", "trip"),
        ("trip//", "trip"),
        ("trip/.", "trip"),
        ("trip/day/..", "trip"),
        ("trip/../trip/day/../day", "day"),
    ] {
        let (entries, _) = scan_all(&[&temp.path().join(written)]);
        assert_eq!(entries[0].path.as_str(), name, "{written}");
    }
    let mut root = scan(&[Path::new("/")]);
    assert_eq!(root.next_batch(1).unwrap()[0].path.components().count(), 1);
}

#[test]
fn two_picks_of_one_name_are_told_apart_and_each_is_read_from_its_own_place() {
    let temp = temp();
    for dir in ["1", "2", "3"] {
        fs::create_dir_all(temp.path().join(dir).join("t")).unwrap();
        fs::write(temp.path().join(dir).join("t/in"), format!("in {dir}")).unwrap();
        fs::write(temp.path().join(dir).join("x.txt"), format!("x {dir}")).unwrap();
    }
    let picks = ["1/x.txt", "2/x.txt", "1/t", "2/t", "3/x.txt"].map(|pick| temp.path().join(pick));
    let (entries, sources) = scan_all(&picks.each_ref().map(PathBuf::as_path));
    assert_eq!(paths(&entries), ["x.txt", "x (1).txt", "t", "t/in", "t (1)", "t (1)/in", "x (2).txt"]);
    for (no, content) in [(0, "x 1"), (1, "x 2"), (3, "in 1"), (5, "in 2"), (6, "x 3")] {
        assert_eq!(read(&sources, no).unwrap(), content);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_text_is_sent_as_one_that_is_and_no_other_is_lost_for_it() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let temp = temp();
    let dir = temp.path().join("d");
    let odd = |name: &'static [u8]| dir.join(OsStr::from_bytes(name));
    fs::create_dir_all(odd(b"\xff\xfe/in")).unwrap();
    fs::write(odd(b"\xff\xfe/in/x"), "deep").unwrap();
    fs::write(odd(b"caf\xe9.txt"), "bytes").unwrap();
    fs::write(odd(b"caf%E9.txt"), "text").unwrap();
    fs::write(odd(b"a\nb"), "newline").unwrap();
    let mut scan = scan(&[&dir, &odd(b"caf\xe9.txt")]);
    let entries = scan.next_batch(100).unwrap();
    assert_eq!(
        paths(&entries),
        [
            "d",
            "d/a\nb",
            "d/caf%E9.txt",
            "d/caf%E9 (1).txt",
            "d/%FF%FE",
            "d/%FF%FE/in",
            "d/%FF%FE/in/x",
            "caf%E9.txt"
        ]
    );
    assert_eq!(scan.notes().len(), 3);
    assert!(scan.notes()[1].contains("is sent as “caf%E9 (1).txt”"), "{:?}", scan.notes());
    let sources = scan.finish();
    for (no, content) in [(1, "newline"), (2, "text"), (3, "bytes"), (6, "deep"), (7, "bytes")] {
        assert_eq!(read(&sources, no).unwrap(), content);
    }
}

#[test]
fn what_is_too_deep_to_be_named_is_left_out_and_said() {
    let temp = temp();
    let mut deep = temp.path().join("deep");
    fs::create_dir(&deep).unwrap();
    fs::write(deep.join("file"), "x").unwrap();
    for _ in 0..RelPath::MAX_DEPTH + 5 {
        deep.push("d");
        fs::create_dir(&deep).unwrap();
    }
    let mut scan = scan(&[&temp.path().join("deep")]);
    let entries = scan.next_batch(10_000).unwrap();
    assert_eq!(entries.len(), RelPath::MAX_DEPTH + 1);
    assert_eq!(scan.skipped().unreadable, 1);
    assert!(scan.notes()[0].contains("folders deep"), "{:?}", scan.notes());
}

#[test]
fn more_folders_than_handles_are_read_in_any_order() {
    let temp = temp();
    let root = temp.path().join("root");
    for i in 0..200 {
        let dir = root.join(format!("{}/{i}", i % 20));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("f"), i.to_string()).unwrap();
    }
    let (entries, sources) = scan_all(&[&root]);
    for i in (0..200).map(|i| i * 73 % 200) {
        let path = format!("root/{}/{i}/f", i % 20);
        assert_eq!(read(&sources, number(&entries, &path)).unwrap(), i.to_string());
    }
}

#[test]
fn nothing_chosen_or_nothing_there_is_said_at_once() {
    let temp = temp();
    fs::write(temp.path().join("file"), "x").unwrap();
    assert!(matches!(fails(&[]), SourceError::Nothing));
    for missing in ["missing", "missing/deeper", "file/below", "missing/.."] {
        let error = fails(&[&temp.path().join("file"), &temp.path().join(missing)]);
        assert!(matches!(error, SourceError::NotFound(_)), "{missing}: {error}");
    }
    let long = temp.path().join("x".repeat(300));
    assert!(matches!(fails(&[&long]), SourceError::Io { .. }));
}

#[test]
fn standard_input_is_one_file_of_unknown_size() {
    let stream = |name: &str| Source::StandardInput { name: name.to_owned() };
    let mut scan = Scan::new(vec![stream("backup.tar")], &OffLimits::default()).unwrap();
    let entries = scan.next_batch(5).unwrap();
    assert_eq!(entries, [super::stream("backup.tar")]);
    assert!(scan.next_batch(5).unwrap().is_empty());
    assert!(matches!(
        Scan::new(vec![stream("a"), stream("b")], &OffLimits::default()),
        Err(SourceError::SecondStream)
    ));
    for bad in ["", "..", "a/b", "/a", "a\0"] {
        assert!(
            matches!(Scan::new(vec![stream(bad)], &OffLimits::default()), Err(SourceError::BadName(_))),
            "{bad:?}"
        );
    }
}

#[test]
fn an_entry_stays_small() {
    // A million of them are held at once.
    assert!(size_of::<Entry>() <= 72);
    assert_eq!(texts(&["a"])[0].path.as_str(), "a");
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_system_makes_up_is_read_to_its_end_whatever_size_it_says_it_has() {
    let temp = temp();
    let empty = temp.path().join("empty");
    fs::write(&empty, "").unwrap();
    let page = temp.path().join("page");
    fs::write(&page, "x".repeat(4096)).unwrap();
    let made_up = [Path::new("/proc/version"), Path::new("/sys/devices/system/cpu/possible")];
    let (entries, sources) = scan_all(&[made_up[0], made_up[1], &empty, &page]);
    let size = |no: usize| match entries[no].kind {
        EntryKind::File { size, .. } => size,
        EntryKind::Folder => panic!("a folder"),
    };
    assert_eq!([0, 1, 2, 3].map(size), [None, None, Some(0), Some(4096)]);
    for (no, path) in (0..).zip(made_up) {
        assert_eq!(read(&sources, no).unwrap(), fs::read_to_string(path).unwrap());
    }
    assert_eq!(read(&sources, 2).unwrap(), "");
}
