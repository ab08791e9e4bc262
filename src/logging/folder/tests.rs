use std::{thread, time::Duration};

use super::{
    super::shelf::{ALL, FILE},
    *,
};

fn at(day: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs((20_000 + day) * 86_400)
}

/// A folder whose files were all written a while ago.
fn folder(path: &Path) -> Folder {
    Folder { path: path.to_owned(), last: None, open: None, is_torn: false, lost: None }
}

/// The files with their texts, the oldest first.
fn files(path: &Path) -> Vec<(Name, String)> {
    let mut files: Vec<_> = folder(path).there().unwrap().iter().map(|kept| kept.name).collect();
    files.sort();
    files.into_iter().map(|name| (name, fs::read_to_string(path.join(name.to_string())).unwrap())).collect()
}

fn bytes(path: &Path) -> u64 {
    fs::read_dir(path).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

#[test]
fn all_files_together_stay_within_their_budget_and_the_newest_lines_are_there() {
    let home = tempfile::tempdir().unwrap();
    let mut log = folder(home.path());
    let line = [b"x".repeat(4000), b"\n".to_vec()].concat();
    for number in 0..3 * ALL / 4001 {
        log.put(&line, at(number / 8000));
        if number % 100 == 0 {
            log.flush().unwrap();
            assert!(bytes(home.path()) <= ALL);
        }
    }
    log.put(b"the last\n", at(1));
    assert!(bytes(home.path()) > ALL * 3 / 4, "and they are used: {}", bytes(home.path()));
    let files = files(home.path());
    assert!(files.iter().all(|(_, text)| text.len() as u64 <= FILE));
    assert!(files.last().unwrap().1.ends_with("the last\n"));
}

#[test]
fn each_day_has_its_file_and_a_week_of_them_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let mut log = folder(home.path());
    for day in 0..30 {
        log.put(format!("day {day}\n").as_bytes(), at(day));
    }
    let texts: Vec<_> = files(home.path()).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, (23..30).map(|day| format!("day {day}\n")).collect::<Vec<_>>());
}

#[test]
fn several_writers_share_one_budget_and_tear_no_line() {
    let home = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            let path = home.path();
            scope.spawn(move || {
                let mut log = folder(path);
                let line = format!("{}\n", writer.to_string().repeat(2000));
                for number in 0..6000 {
                    log.put(line.as_bytes(), at(0));
                    if number % 7 == 0 {
                        log.flush().unwrap();
                    }
                }
                assert!(log.lost.is_none());
            });
        }
    });
    assert!(bytes(home.path()) <= ALL, "{}", bytes(home.path()));
    for (name, text) in files(home.path()) {
        assert!(text.ends_with('\n'), "{name}");
        for line in text.lines() {
            assert!(
                line.len() == 2000 && line.bytes().all(|byte| byte == line.as_bytes()[0]),
                "{name}: {line}"
            );
        }
    }
}

#[test]
fn a_file_that_was_taken_away_while_nothing_was_written_comes_again() {
    let home = tempfile::tempdir().unwrap();
    let mut log = folder(home.path());
    log.put(b"one\n", at(0));
    log.flush().unwrap();
    fs::remove_file(home.path().join(files(home.path())[0].0.to_string())).unwrap();
    log.put(b"two\n", at(0));
    assert_eq!(files(home.path())[0].1, "two\n");
}

#[test]
fn what_could_not_be_written_is_counted_and_said_when_it_can_be_again() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("logs");
    let mut log = folder(&path);
    for _ in 0..3 {
        log.put(b"nowhere to go\n", at(0));
    }
    fs::create_dir(&path).unwrap();
    log.put(b"at last\n", at(0));
    log.put(b"and on\n", at(0));
    let (_, text) = files(&path).remove(0);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].contains("  WARN airlift::logging: 3 lines before this one could not be written: "),
        "{text}"
    );
    assert_eq!(lines[1..], ["at last", "and on"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut log = folder(home.path());
    let name = log.turn(day(at(0)), 0).unwrap();
    log.open = Some((name, OpenOptions::new().append(true).open("/dev/full").unwrap()));
    log.put(b"no room\n", at(0));
    assert_eq!(log.lost.as_ref().unwrap().lines, 1);
    log.put(b"room\n", at(0));
    let text = &files(home.path())[0].1;
    assert!(
        text.contains("1 line before this one could not be written: ") && text.ends_with("\nroom\n"),
        "{text}"
    );
}

#[test]
fn a_line_after_one_that_was_torn_begins_anew() {
    let home = tempfile::tempdir().unwrap();
    let mut log = folder(home.path());
    log.put(b"half a li", at(0));
    log.is_torn = true;
    log.put(b"whole\n", at(0));
    log.put(b"whole\n", at(0));
    assert_eq!(files(home.path())[0].1, "half a li\nwhole\nwhole\n");
}

#[cfg(unix)]
#[test]
fn what_others_could_read_is_made_private_and_what_is_no_log_is_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let today = home.path().join(format!("airlift.{}.log", day(SystemTime::now())));
    let (old, other) = (home.path().join("airlift.2020-01-01.log"), home.path().join("airlift.notes"));
    for path in [&today, &old, &other] {
        fs::write(path, "before\n").unwrap();
        set(path, 0o644);
    }
    set(home.path(), 0o755);
    Folder::open(home.path()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(home.path()), mode(&today)), (0o700, 0o600));
    assert!(!old.exists() && other.exists());
    assert_eq!(fs::read_to_string(&today).unwrap(), "before\n");
}
