//! The virus check against a real clamd, which each test starts for itself, as Debian ships it, with a signature of its
//! own for a harmless marker.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![cfg(target_os = "linux")]

#[path = "clamd/daemon.rs"]
mod daemon;
#[path = "support/loud.rs"]
mod loud;

use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    net::TcpListener,
    os::unix::net::UnixStream,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use airlift::{
    disk::Screen as _,
    model::{NotScanned, ScannerChoice, Screening},
    scan::{Knowledge, Patience, Presence, Scanner},
};
use daemon::{Daemon, MARKER, NAME, Start, locked_zip, screened, screened_until, until};
use loud::skipped;

const PLAIN: &[u8] = b"Nothing but plain text.\n";

fn marked() -> Vec<u8> {
    [b"some text, and then ", MARKER].concat()
}

fn infected() -> Screening {
    Screening::Infected(NAME.to_owned())
}

fn not(why: NotScanned) -> Screening {
    Screening::NotScanned(why)
}

/// The lines that make it say more.
const TELLING: &str = "AlertExceedsMax yes\nAlertEncrypted yes\n";

/// Takes no longer than a test can wait.
fn short() -> Patience {
    Patience {
        step: Duration::from_secs(2),
        busy: Duration::from_millis(400),
        loading: Duration::from_secs(1),
        loading_still: Duration::from_millis(200),
        beyond: Duration::from_secs(1),
        away: Duration::ZERO,
        fresh: Duration::ZERO,
        ..Patience::default()
    }
}

/// The same as [`screened_until`], and counts how often it is asked whether that is over.
fn screened_glancing(
    scanner: &Scanner,
    file: &fs::File,
    glances: &AtomicUsize,
    is_over: &AtomicBool,
) -> Screening {
    let size = file.metadata().unwrap().len();
    scanner.screen(file, size, "some file", &|| {
        glances.fetch_add(1, Ordering::Relaxed);
        is_over.load(Ordering::Relaxed)
    })
}

#[test]
fn what_is_clean_is_clean_and_what_has_the_marker_is_infected_wherever_it_has_it() {
    let Some(daemon) = Daemon::started("clean and infected", TELLING) else { return };
    let scanner = daemon.scanner();
    assert_eq!(screened(&scanner, PLAIN), Screening::Clean);
    assert_eq!(screened(&scanner, b""), Screening::Clean);
    assert_eq!(screened(&scanner, &marked()), infected());
    let deep = [vec![b'x'; 3 << 20], marked(), vec![b'y'; 1 << 20]].concat();
    assert_eq!(screened(&scanner, &deep), infected());

    // Only its owner may read it, and somebody else has moved in it.
    let mut file = daemon.file("private", &marked());
    file.seek(SeekFrom::End(0)).unwrap();
    assert_eq!(screened_until(&scanner, &file, &AtomicBool::new(false)), infected());
    // What we are told of its size is not so.
    assert_eq!(scanner.screen(&file, 5, "private", &|| false), not(NotScanned::Changed));
}

#[test]
fn a_file_in_an_archive_is_found_and_an_archive_is_clean_only_if_the_daemon_says_what_it_left_out() {
    let tar = |content: &[u8]| {
        let mut header = [0_u8; 512];
        header[..5].copy_from_slice(b"a.txt");
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[136..147].copy_from_slice(b"00000000000");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let mut tar = [&header[..], content].concat();
        tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
        tar
    };
    let Some(mut daemon) = Daemon::started("archives", TELLING) else { return };
    let scanner = daemon.scanner();
    assert_eq!(screened(&scanner, &tar(PLAIN)), Screening::Clean);
    assert_eq!(screened(&scanner, &tar(&marked())), infected());
    daemon.kill();
    daemon.configure("");
    daemon.start(Start::Itself);
    daemon.until_well();
    assert_eq!(screened(&scanner, &tar(PLAIN)), not(NotScanned::Partly), "its configuration was read again");
    assert_eq!(screened(&scanner, &tar(&marked())), infected());
    assert_eq!(screened(&scanner, PLAIN), Screening::Clean);
}

#[test]
fn what_is_larger_than_its_limits_is_not_scanned_whether_it_says_so_or_not() {
    for more in ["", "AlertExceedsMax yes"] {
        let more = format!("MaxFileSize 1M\nMaxScanSize 2M\nStreamMaxLength 1M\n{more}");
        let Some(daemon) = Daemon::started("limits", &more) else { return };
        let most = 1 << 20;
        let (fitting, larger) = (vec![b'x'; most], vec![b'x'; most + 1]);
        let scanner = daemon.scanner();
        assert_eq!(screened(&scanner, &fitting), Screening::Clean, "{more}");
        assert_eq!(screened(&scanner, &larger), not(NotScanned::TooLarge), "{more}");
        // It is beyond what it looks at.
        let marked = [larger, marked()].concat();
        assert_eq!(screened(&scanner, &marked), not(NotScanned::TooLarge), "{more}");

        // One that knows nothing of its configuration believes itself, or what the daemon says.
        let wanted = airlift::scan::Wanted { configurations: Vec::new(), ..daemon.wanted() };
        let of_person = airlift::scan::Wanted { largest: Some(5 << 20), ..wanted.clone() };
        let home = daemon.folder.path();
        let new = |wanted| Scanner::new(home, wanted, Patience::default(), airlift::disk::kind_of_content);
        if more.contains("Alert") {
            assert_eq!(screened(&new(of_person), &marked), not(NotScanned::TooLarge), "it says so itself");
        }
        assert_eq!(screened(&new(wanted), &vec![b'x'; 25_000_001]), not(NotScanned::TooLarge));
    }
}

#[test]
fn what_is_locked_is_not_scanned() {
    let Some(mut daemon) = Daemon::started("locked", TELLING) else { return };
    let scanner = daemon.scanner();
    assert_eq!(screened(&scanner, &locked_zip()), not(NotScanned::Locked));
    daemon.kill();
    daemon.configure("");
    daemon.start(Start::Itself);
    daemon.until_well();
    assert_eq!(screened(&scanner, &locked_zip()), not(NotScanned::Partly), "it says OK, which is not enough");
}

#[test]
fn one_that_loads_its_signatures_is_waited_for() {
    let Some(mut daemon) = Daemon::of("loading", TELLING) else { return };
    // So many that it takes a while.
    let many = (0..60_000).map(|n| format!("Airlift.Many.{n}:0:*:{n:08x}a1b2c3d4e5f60718293a\n"));
    daemon.database("many.ndb", many.collect::<Vec<_>>().concat());
    daemon.start(Start::BySocket);
    let scanner = daemon.scanner();
    // The first question of all, while nothing is loaded.
    thread::scope(|scope| {
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| screened(&scanner, &marked()))).collect();
        for one in asked {
            assert_eq!(one.join().unwrap(), infected());
        }
    });
    assert_eq!(screened(&scanner, PLAIN), Screening::Clean);
}

#[test]
fn one_that_loads_for_longer_than_anybody_waits_is_said_to_be_starting() {
    let Some(mut daemon) = Daemon::of("loading for long", TELLING) else { return };
    daemon.start(Start::BySocket);
    // Nobody knows why it is silent.
    daemon.stop();
    let scanner = daemon.scanner_with(short());
    assert_eq!(screened(&scanner, PLAIN), not(NotScanned::Starting));
    daemon.go_on();
    until("it has loaded", || screened(&scanner, PLAIN) == Screening::Clean);
}

#[test]
fn while_it_reloads_every_answer_is_right() {
    for concurrent in ["yes", "no"] {
        let more = format!("{TELLING}ConcurrentDatabaseReload {concurrent}\nIdleTimeout 1\n");
        let Some(daemon) = Daemon::started("reloading", &more) else { return };
        let scanner = daemon.scanner();
        let later = b"airlift: another harmless marker, of later";
        assert_eq!(screened(&scanner, later), Screening::Clean);
        daemon.signature("later.ndb", "Airlift.Later", later);
        daemon.reload();
        let mut answers = 0;
        until("it has reloaded", || {
            assert_eq!(screened(&scanner, &marked()), infected());
            assert_eq!(screened(&scanner, PLAIN), Screening::Clean);
            answers += 1;
            screened(&scanner, later) == Screening::Infected("Airlift.Later.UNOFFICIAL".to_owned())
        });
        assert!(answers > 0);
    }
}

#[test]
fn one_that_answers_to_its_name_and_scans_no_more_calls_nothing_clean() {
    // The other way it keeps what it had.
    let more = format!("{TELLING}ConcurrentDatabaseReload no\nIdleTimeout 1\n");
    let Some(daemon) = Daemon::started("a reload that fails", &more) else { return };
    let scanner = daemon.scanner_with(short());
    daemon.database("bad.ndb", "this is no signature\n");
    daemon.reload();
    let is_broken = |said: &Screening| matches!(said, Screening::NotScanned(NotScanned::Failed(_)));
    until("it is broken", || is_broken(&screened(&scanner, PLAIN)));
    let said = screened(&scanner, &marked());
    assert!(is_broken(&said), "{said:?}");
    let mut pong = String::new();
    std::io::Read::read_to_string(&mut daemon.say(b"zPING\0"), &mut pong).unwrap();
    assert_eq!(pong, "PONG\0", "it is worth a test no more");
    let Presence::There(examined) = scanner.examine() else { panic!() };
    assert!(matches!(examined.trouble, Some(NotScanned::Failed(_))), "{examined:?}");
}

/// Takes all of a daemon's places.
fn crowd(daemon: &Daemon) -> Vec<UnixStream> {
    let mut crowd = Vec::new();
    while let Some(one) = try_say(daemon) {
        crowd.push(one);
        assert!(crowd.len() < 5000, "it has no end of places");
    }
    crowd
}

/// A question that isn't finished, of one who doesn't wait for a place.
fn try_say(daemon: &Daemon) -> Option<UnixStream> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let flags = SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
    connect(&socket, &SocketAddrUnix::new(daemon.socket()).unwrap()).ok()?;
    let mut stream = UnixStream::from(socket);
    stream.write_all(b"zINSTR").ok()?;
    Some(stream)
}

#[test]
fn one_that_is_busy_is_waited_for_and_is_not_away() {
    let more = format!("{TELLING}MaxThreads 1\nMaxQueue 2\nMaxConnectionQueueLength 1\n");
    let Some(daemon) = Daemon::started("busy", &more) else { return };
    // It takes no connection while it stands still.
    daemon.stop();
    let crowd = crowd(&daemon);
    let hasty = daemon.scanner_with(short());
    assert_eq!(screened(&hasty, PLAIN), not(NotScanned::Busy));
    let patient = daemon.scanner();
    let (file, glances) = (daemon.file("marked", &marked()), AtomicUsize::new(0));
    thread::scope(|scope| {
        let asked = scope.spawn(|| screened_glancing(&patient, &file, &glances, &AtomicBool::new(false)));
        // More than there are on the way to its door.
        until("it waits at its door", || glances.load(Ordering::Relaxed) > 20 || asked.is_finished());
        assert!(!asked.is_finished(), "it is waited for");
        drop(crowd);
        daemon.go_on();
        assert_eq!(asked.join().unwrap(), infected());
    });
}

#[test]
fn who_asks_it_much_at_once_gets_every_answer() {
    let more = format!("{TELLING}MaxThreads 1\nMaxQueue 2\nMaxConnectionQueueLength 1\n");
    let Some(daemon) = Daemon::started("much at once", &more) else { return };
    let scanner = daemon.scanner();
    thread::scope(|scope| {
        let one = |n: usize| {
            if n.is_multiple_of(2) { (marked(), infected()) } else { (PLAIN.to_owned(), Screening::Clean) }
        };
        for first in 0..8 {
            let scanner = &scanner;
            scope.spawn(move || {
                for n in first..first + 10 {
                    let (content, right) = one(n);
                    assert_eq!(screened(scanner, &content), right);
                }
            });
        }
    });
}

#[test]
fn one_that_stands_still_is_given_up_on_and_taken_again_when_it_goes_on() {
    let more = format!("{TELLING}MaxScanTime 1000\n");
    let Some(daemon) = Daemon::started("stopped", &more) else { return };
    let scanner = daemon.scanner_with(Patience { fresh: Duration::from_hours(1), ..short() });
    assert_eq!(screened(&scanner, PLAIN), Screening::Clean);
    daemon.stop();
    assert_eq!(screened(&scanner, &marked()), not(NotScanned::TookTooLong));
    // It has been well before, so that isn't its start.
    assert_eq!(screened(&scanner, &marked()), not(NotScanned::NoScanner));
    // Whoever doesn't want to know any more doesn't wait.
    let file = daemon.file("marked", &marked());
    let patient = daemon.scanner_with(Patience { loading: Duration::from_mins(5), ..Patience::default() });
    let (is_over, glances) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let asked = scope.spawn(|| screened_glancing(&patient, &file, &glances, &is_over));
        until("it is asked", || glances.load(Ordering::Relaxed) > 20 || asked.is_finished());
        assert!(!asked.is_finished(), "it is waited for");
        is_over.store(true, Ordering::Relaxed);
        // Had it been waited for to the end, it would have been said that it starts.
        assert_eq!(asked.join().unwrap(), not(NotScanned::NoScanner));
    });
    daemon.go_on();
    until("it goes on", || screened(&scanner, &marked()) == infected());
}

#[test]
fn one_that_dies_while_it_looks_is_no_answer_and_its_successor_is_asked() {
    let Some(mut daemon) = Daemon::started("killed", TELLING) else { return };
    let scanner = daemon.scanner();
    assert_eq!(screened(&scanner, PLAIN), Screening::Clean);
    for comes_back in [false, true] {
        daemon.stop();
        thread::scope(|scope| {
            let asked = scope.spawn(|| screened(&scanner, &marked()));
            let socket = daemon.socket();
            until("it is asked", || connections(&socket) > 0 || asked.is_finished());
            daemon.kill();
            if comes_back {
                fs::remove_file(&socket).unwrap();
                daemon.start(Start::BySocket);
            }
            let said = asked.join().unwrap();
            if comes_back {
                // Between the two it may have been nowhere.
                assert!([infected(), not(NotScanned::NoScanner)].contains(&said), "{said:?}");
            } else {
                assert_eq!(said, not(NotScanned::NoScanner));
            }
        });
        if !comes_back {
            assert_eq!(screened(&scanner, PLAIN), not(NotScanned::NoScanner));
            daemon.start(Start::Itself);
            until("its socket is back", || screened(&scanner, &marked()) == infected());
        }
    }
    until("its socket is back", || screened(&scanner, &marked()) == infected());
}

/// How many have connected to a socket and are not answered yet.
fn connections(socket: &std::path::Path) -> usize {
    let table = fs::read_to_string("/proc/net/unix").unwrap();
    let name = socket.to_str().unwrap();
    // The listening one is one of them.
    table.lines().filter(|line| line.ends_with(name)).count().saturating_sub(1)
}

#[test]
fn over_tcp_it_is_the_same() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let more = format!("{TELLING}TCPSocket {port}\nTCPAddr 127.0.0.1\nStreamMaxLength 1M\n");
    let Some(daemon) = Daemon::started("tcp", &more) else { return };
    let choice = ScannerChoice::At(format!("127.0.0.1:{port}").parse().unwrap());
    let wanted = airlift::scan::Wanted { choice, ..daemon.wanted() };
    let scanner =
        Scanner::new(daemon.folder.path(), wanted, Patience::default(), airlift::disk::kind_of_content);
    assert_eq!(screened(&scanner, PLAIN), Screening::Clean);
    assert_eq!(screened(&scanner, b""), Screening::Clean);
    assert_eq!(screened(&scanner, &marked()), infected());
    let almost = [vec![b'x'; (1 << 20) - marked().len()], marked()].concat();
    assert_eq!(screened(&scanner, &almost), infected());
    // It may look into more than it lets itself be sent.
    assert_eq!(screened(&scanner, &vec![b'x'; 9 << 20]), not(NotScanned::TooLarge));
    let Presence::There(examined) = scanner.examine() else { panic!() };
    assert_eq!(examined.limits.knowledge, Knowledge::Configuration(daemon.at("clamd.conf")));
}

#[test]
fn where_none_ever_was_nobody_misses_it_and_where_one_was_it_is_missed() {
    let Some(mut daemon) = Daemon::of("presence", TELLING) else { return };
    let scanner = daemon.scanner();
    assert_eq!(screened(&scanner, &marked()), Screening::Off);
    assert_eq!(scanner.examine(), Presence::Never);
    daemon.start(Start::Itself);
    until("it is found by itself", || screened(&scanner, &marked()) == infected());
    daemon.kill();
    assert_eq!(screened(&scanner, PLAIN), not(NotScanned::NoScanner));
    // Also by another run of the program, and in spite of what is left of its socket.
    assert_eq!(screened(&daemon.scanner(), PLAIN), not(NotScanned::NoScanner));
    assert_eq!(scanner.examine(), Presence::Gone { place: daemon.socket().display().to_string() });
    scanner.choose(airlift::scan::Wanted { choice: ScannerChoice::Off, ..daemon.wanted() });
    assert_eq!(screened(&scanner, PLAIN), Screening::Off);
    scanner.choose(daemon.wanted());
    assert_eq!(screened(&scanner, PLAIN), Screening::Off, "a person wanted none, and none is there");
}

#[test]
fn what_it_says_of_itself_and_of_its_signatures_is_told() {
    let Some(mut daemon) = Daemon::of("version", TELLING) else { return };
    daemon.start(Start::Itself);
    daemon.until_well();
    let examined = |daemon: &Daemon| match daemon.scanner().examine() {
        Presence::There(examined) => *examined,
        other => panic!("{other:?}"),
    };
    let own = examined(&daemon);
    let version = own.version.unwrap();
    assert!(version.engine.starts_with("ClamAV 1.") && own.trouble.is_none());
    assert_eq!((version.database, version.age()), (None, None), "own signatures have no age");
    assert_eq!(own.limits.largest(), 25 << 20);
    assert!(own.limits.tells_all());
    daemon.kill();
    if !daemon.date() {
        skipped("version", "sigtool made no dated database");
        return;
    }
    daemon.start(Start::Itself);
    until("its successor scans", || screened(&daemon.scanner(), PLAIN) == Screening::Clean);
    let version = examined(&daemon).version.unwrap();
    assert_eq!((version.database, version.age()), (Some(7), Some(0)));
    assert_eq!(screened(&daemon.scanner(), &marked()), infected(), "it is the same signature");
}

/// The program itself, with a home of its own.
fn airlift(home: &std::path::Path, words: &[&std::ffi::OsStr]) -> (i32, String, String) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_airlift"));
    let ran = program.env("AIRLIFT_NO_DISCOVERY", "1").arg("--home").arg(home).args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

#[test]
fn the_terminal_tells_what_is_in_files_that_are_here_and_how_the_scanner_is() {
    let Some(mut daemon) = Daemon::started("airlift scan", TELLING) else { return };
    let home = tempfile::tempdir().unwrap();
    let settings = |scanner: &str| {
        fs::write(home.path().join("settings.json"), format!("{{\"scanner\": {scanner:?}}}")).unwrap();
    };
    settings(daemon.socket().to_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("in")).unwrap();
    fs::write(at("in/plain.txt"), PLAIN).unwrap();
    fs::write(at("z.txt"), PLAIN).unwrap();
    let scan = |more: &[&str]| {
        let words: Vec<_> = ["scan"].iter().chain(more).map(std::ffi::OsStr::new).collect();
        airlift(home.path(), &[&words[..], &[folder.path().as_os_str()]].concat())
    };
    let (code, out, err) = scan(&[]);
    assert_eq!((code, &*err), (0, ""), "{out}");
    assert!(out.starts_with("2 files") && out.contains("2 clean, 0 infected"), "{out}");

    // The socket is named in no configuration that the program knows, so the daemon counts as one that tells nothing.
    fs::write(at("locked.zip"), locked_zip()).unwrap();
    std::os::unix::fs::symlink(at("z.txt"), at("link")).unwrap();
    let (code, out, err) = scan(&[]);
    assert_eq!(code, 6, "{out}{err}");
    assert!(err.contains("locked.zip: encrypted") && out.contains("Left out: 1 link"), "{out}{err}");
    fs::write(at("in/marked"), marked()).unwrap();
    let (code, out, err) = scan(&["--json"]);
    assert_eq!((code, &*err), (7, ""));
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 6, "{out}");
    assert!(lines[0].contains("in/marked") && lines[0].contains(&format!("\"virus\":\"{NAME}\"")), "{out}");
    assert!(lines[5].contains("\"clean\":2,\"infected\":1,\"not_scanned\":1,\"left_out\":1"), "{out}");

    let (_, out, _) = airlift(home.path(), &["doctor".as_ref()]);
    assert!(out.contains("ok  Virus scanner: ClamAV 1.") && out.contains("scans at"), "{out}");
    daemon.kill();
    let (_, out, _) = airlift(home.path(), &["doctor".as_ref()]);
    assert!(out.contains("??  Virus scanner: Nobody answers at"), "{out}");
    let (code, _, err) = scan(&["-q"]);
    assert!(code == 6 && err.contains("doesn’t answer"), "{err}");
    settings("off");
    let (code, out, err) = scan(&[]);
    assert!(code == 1 && out.is_empty() && err.contains("off in the settings"), "{out}{err}");
}
