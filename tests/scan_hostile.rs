//! Somebody else on the scanner's socket: silent, slow, talkative, lying. Nothing is called clean that a scanner has not
//! answered for with a whole line, and every question comes to an end.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![cfg(unix)]

#[path = "clamd/impostor.rs"]
mod impostor;
#[path = "scan_hostile/wishes.rs"]
mod wishes;

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use airlift::{
    disk::Screen as _,
    model::{NotScanned, Screening},
    scan::{Patience, Scanner},
};
use impostor::{Asked, Impostor, Over, Talk, content, wait};
use proptest::prelude::*;

const BOTH: [Over; 2] = [Over::Socket, Over::Tcp];

fn patience() -> Patience {
    Patience {
        connect: Duration::from_secs(2),
        step: Duration::from_secs(1),
        busy: Duration::from_millis(300),
        loading: Duration::from_secs(20),
        beyond: Duration::from_millis(500),
        away: Duration::ZERO,
        fresh: Duration::from_hours(1),
        ..Patience::default()
    }
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    // Wherever it stands, it is looked into from its start.
    file.seek(SeekFrom::End(0)).unwrap();
    file
}

fn screened(scanner: &Scanner, bytes: &[u8]) -> Screening {
    scanner.screen(&file(bytes), bytes.len() as u64, "x", &|| false)
}

fn failed(screening: &Screening) -> bool {
    matches!(screening, Screening::NotScanned(NotScanned::Failed(_)))
}

const TEXT: &[u8] = b"some text that is nothing else";

/// Answers so, once it has all of it.
fn answering(over: Over, answer: impl Fn(Asked) -> Vec<u8> + Send + Sync + 'static) -> Impostor {
    Impostor::new(over, move |asked, talk| {
        if asked == Asked::Stream {
            content(talk);
        }
        let _ = talk.write_all(&answer(asked));
    })
}

fn ok(asked: Asked) -> &'static [u8] {
    match asked {
        Asked::Descriptor => b"fd[9]: OK\0",
        Asked::Stream => b"stream: OK\0",
    }
}

#[test]
fn one_that_answers_as_a_scanner_does_is_believed() {
    for over in BOTH {
        let scanner_of = |answer: fn(Asked) -> Vec<u8>| answering(over, answer);
        let well = scanner_of(|asked| ok(asked).to_owned());
        assert_eq!(screened(&well.scanner(patience()), TEXT), Screening::Clean, "{over:?}");
        let finding = scanner_of(|_| b"stream: A.Name(0123:45) FOUND\0".to_vec());
        let found = Screening::Infected("A.Name(0123:45)".to_owned());
        assert_eq!(screened(&finding.scanner(patience()), TEXT), found);
    }
}

#[test]
fn an_answer_that_is_cut_after_any_byte_makes_nothing_clean() {
    for over in BOTH {
        for cut in 0..b"stream: OK\0".len() {
            let impostor = answering(over, move |asked| {
                let answer = ok(asked);
                answer[..cut.min(answer.len() - 1)].to_owned()
            });
            let said = screened(&impostor.scanner(patience()), TEXT);
            assert!(matches!(said, Screening::NotScanned(_)), "{over:?}, {cut}: {said:?}");
        }
    }
}

#[test]
fn two_answers_and_answers_for_other_files_make_nothing_clean() {
    for over in BOTH {
        for answer in [
            &b"stream: OK\0stream: Something FOUND\0"[..],
            b"fd[9]: OK\0fd[9]: OK\0",
            b"/home/somebody/other: OK\0",
            b"stream: OK\n",
            b"fd[9]: OK\n",
            b"1: stream: OK\0",
            b"OK\0",
            b"PONG\0",
            b"\0",
            b"stream: OK \0",
            b"fd[x]: OK\0",
        ] {
            let impostor = answering(over, move |_| answer.to_owned());
            let said = screened(&impostor.scanner(patience()), TEXT);
            assert!(failed(&said), "{over:?}, {}: {said:?}", answer.escape_ascii());
        }
        // The answer to another question.
        let crossed = answering(over, |asked| {
            ok(if asked == Asked::Stream { Asked::Descriptor } else { Asked::Stream }).to_owned()
        });
        assert!(failed(&screened(&crossed.scanner(patience()), TEXT)));
    }
}

#[test]
fn silence_and_one_byte_now_and_then_come_to_an_end() {
    for over in BOTH {
        let silent = Impostor::new(over, |_, talk| wait(talk));
        let too_long = Screening::NotScanned(NotScanned::TookTooLong);
        assert_eq!(screened(&silent.scanner(patience()), TEXT), too_long, "{over:?}");
        let slow = Impostor::new(over, |asked, talk| {
            if asked == Asked::Stream {
                content(talk);
            }
            for byte in ok(asked) {
                thread::park_timeout(Duration::from_millis(250));
                if talk.write_all(&[*byte]).is_err() {
                    return;
                }
            }
        });
        assert_eq!(screened(&slow.scanner(patience()), TEXT), too_long, "{over:?}");
    }
}

#[test]
fn an_ok_that_took_the_scanner_as_long_as_it_ever_takes_is_none() {
    let late = Impostor::new(Over::Socket, |asked, talk| {
        thread::park_timeout(Duration::from_millis(600));
        let _ = talk.write_all(ok(asked));
    });
    let patient = Patience { beyond: Duration::from_secs(30), ..patience() };
    assert_eq!(screened(&late.scanner(patient), TEXT), Screening::NotScanned(NotScanned::TookTooLong));
}

#[test]
fn a_line_without_an_end_is_not_read_to_it() {
    for over in BOTH {
        let endless = Impostor::new(over, |_, talk| while talk.write_all(&[b'x'; 1000]).is_ok() {});
        let said = screened(&endless.scanner(patience()), TEXT);
        assert!(failed(&said), "{said:?}");
    }
}

#[test]
fn one_that_hangs_up_at_once_is_no_scanner() {
    for over in BOTH {
        let impostor = Impostor::new(over, |_, _| {});
        let said = screened(&impostor.scanner(patience()), &vec![b'x'; 9 << 20]);
        assert_eq!(said, Screening::NotScanned(NotScanned::NoScanner), "{over:?}");
    }
}

/// Has no use for descriptors.
fn only_streams(over: Over, act: impl Fn(&mut dyn Talk) + Send + Sync + 'static) -> Impostor {
    Impostor::new(over, move |asked, talk| match asked {
        Asked::Descriptor => {
            let _ = talk.write_all(b"fd[9]: Access denied. ERROR\0");
        }
        Asked::Stream => act(talk),
    })
}

#[test]
fn what_is_refused_as_a_file_is_sent_as_a_stream_and_every_byte_of_it() {
    for over in BOTH {
        for bytes in [Vec::new(), TEXT.to_owned(), (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect()] {
            let came = Arc::new(Mutex::new(None));
            let there = came.clone();
            let impostor = only_streams(over, move |talk| {
                *there.lock().unwrap() = content(talk);
                let _ = talk.write_all(b"stream: OK\0");
            });
            assert_eq!(screened(&impostor.scanner(patience()), &bytes), Screening::Clean, "{over:?}");
            let came = came.lock().unwrap().take().unwrap();
            assert!(came == bytes, "{} bytes came of {}", came.len(), bytes.len());
        }
    }
}

#[test]
fn one_that_refuses_the_length_is_heard_and_one_that_answers_too_early_is_not_believed() {
    let large = vec![b'x'; 20 << 20];
    for over in BOTH {
        // It hangs up, or stays and listens to nothing.
        for stays in [false, true] {
            let answer = move |answer: &'static [u8]| {
                only_streams(over, move |talk| {
                    let _ = talk.read_exact(&mut [0; 4]);
                    let _ = talk.write_all(answer);
                    if stays {
                        // Until the other goes; it reads nothing before that.
                        thread::park_timeout(Duration::from_millis(1500));
                    }
                })
            };
            let refusing = answer(b"INSTREAM size limit exceeded. ERROR\0");
            let said = screened(&refusing.scanner(patience()), &large);
            // Over TCP the answer may be lost with what was still under way.
            let lost = Screening::NotScanned(NotScanned::NoScanner);
            let heard = Screening::NotScanned(NotScanned::TooLarge);
            assert!(said == heard || over == Over::Tcp && said == lost, "{over:?} {stays}: {said:?}");
            let failing = answer(b"Error writing to temporary file ERROR\0");
            let said = screened(&failing.scanner(patience()), &large);
            assert!(failed(&said) || over == Over::Tcp && said == lost, "{over:?} {stays}: {said:?}");
            let early = answer(b"stream: OK\0");
            let said = screened(&early.scanner(patience()), &large);
            assert!(failed(&said) || over == Over::Tcp && said == lost, "{over:?} {stays}: {said:?}");
        }
    }
}

/// Somebody takes nothing and says nothing, and doesn't hang up, until it is ended.
#[derive(Default)]
struct Rest {
    is_over: Mutex<bool>,
    ends: Condvar,
    gave_up: AtomicBool,
}

impl Rest {
    /// What takes longer has failed.
    const PATIENCE: Duration = Duration::from_mins(1);

    fn impostor(self: &Arc<Self>) -> Impostor {
        let rest = Arc::clone(self);
        only_streams(Over::Socket, move |_| {
            let guard = rest.is_over.lock().unwrap();
            let waited = rest.ends.wait_timeout_while(guard, Self::PATIENCE, |over| !*over).unwrap().1;
            rest.gave_up.fetch_or(waited.timed_out(), Ordering::SeqCst);
        })
    }

    fn end(&self) {
        *self.is_over.lock().unwrap() = true;
        self.ends.notify_all();
        assert!(!self.gave_up.load(Ordering::SeqCst), "it has hung up first");
    }
}

#[test]
fn one_that_takes_nothing_of_a_stream_is_given_up_on() {
    let rest = Arc::<Rest>::default();
    let stuck = rest.impostor();
    let hasty = Patience { slowest: u64::MAX, ..patience() };
    let said = screened(&stuck.scanner(hasty), &vec![b'x'; 20 << 20]);
    rest.end();
    assert_eq!(said, Screening::NotScanned(NotScanned::TookTooLong));
}

#[test]
fn a_file_that_is_cut_while_it_is_looked_into_is_not_clean() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_owned();
    for change in [
        |file: &File| file.set_len(3).unwrap(),
        |file: &File| {
            let mut file = file;
            file.write_all(b"other").unwrap();
        },
    ] {
        std::fs::write(&path, TEXT).unwrap();
        std::fs::File::open(&path).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        let there = path.clone();
        let impostor = Impostor::new(Over::Socket, move |asked, talk| {
            change(&File::options().write(true).open(&there).unwrap());
            let _ = talk.write_all(ok(asked));
        });
        let scanner = impostor.scanner(patience());
        let said = scanner.screen(&File::open(&path).unwrap(), TEXT.len() as u64, "x", &|| false);
        assert_eq!(said, Screening::NotScanned(NotScanned::Changed));
    }
}

#[test]
fn no_more_than_two_are_asked_at_once() {
    let arrived = Arc::new(AtomicUsize::new(0));
    let there = arrived.clone();
    let impostor = Impostor::new(Over::Socket, move |asked, talk| {
        // Long enough for a third to come, if it may.
        there.fetch_add(1, Ordering::SeqCst);
        thread::park_timeout(Duration::from_millis(20));
        let _ = talk.write_all(ok(asked));
    });
    let scanner = impostor.scanner(patience());
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| assert_eq!(screened(&scanner, TEXT), Screening::Clean));
        }
    });
    assert_eq!(arrived.load(Ordering::SeqCst), 12);
    assert_eq!(impostor.most_at_once.load(Ordering::SeqCst), 2);
}

#[test]
fn whoever_loses_interest_does_not_wait_wherever_it_is_waited() {
    let for_ever = Patience { beyond: Rest::PATIENCE, slowest: 1, ..patience() };
    let silent = Impostor::new(Over::Socket, |_, talk| wait(talk));
    let rest = Arc::<Rest>::default();
    let stuck = rest.impostor();
    for impostor in [&silent, &stuck] {
        let scanner = impostor.scanner(for_ever.clone());
        let (is_over, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            // Two ask, the others wait for their place.
            for _ in 0..5 {
                scope.spawn(|| {
                    let is_over = || {
                        asked.fetch_add(1, Ordering::SeqCst);
                        is_over.load(Ordering::SeqCst)
                    };
                    let bytes = vec![b'x'; 20 << 20];
                    let said = scanner.screen(&file(&bytes), bytes.len() as u64, "x", &is_over);
                    // As of one whose place was taken, or that is gone: nobody has waited to the end.
                    let right = [NotScanned::Busy, NotScanned::NoScanner].map(Screening::NotScanned);
                    assert!(right.contains(&said), "{said:?}");
                });
            }
            while asked.load(Ordering::SeqCst) < 15 {
                thread::yield_now();
            }
            is_over.store(true, Ordering::SeqCst);
        });
    }
    rest.end();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_bytes_come_nothing_is_clean_but_what_a_scanner_has_answered_for(
        over in prop::sample::select(BOTH.to_vec()),
        start in prop::sample::select(vec!["", "stream: ", "fd[7]: ", "stream: OK", "fd[7]: OK"]),
        bytes in prop::collection::vec(any::<u8>(), 0..12),
        end in prop::sample::select(vec!["", "OK\0", "\0", "\n", " FOUND\0", "ERROR\0"]),
    ) {
        let answer = [start.as_bytes(), &bytes, end.as_bytes()].concat();
        let given = answer.clone();
        let impostor = answering(over, move |_| given.clone());
        let said = screened(&impostor.scanner(patience()), TEXT);
        let right = match over {
            Over::Socket => answer
                .strip_prefix(b"fd[")
                .and_then(|rest| rest.strip_suffix(b"]: OK\0"))
                .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit)),
            Over::Tcp => answer == b"stream: OK\0",
        };
        prop_assert_eq!(said == Screening::Clean, right, "{:?} {:?}", over, answer);
        prop_assert_ne!(said, Screening::Off);
    }
}
