//! Another scanner is wanted while the one before it is asked.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixListener,
    sync::{Mutex, mpsc::sync_channel},
    thread,
};

use airlift::{
    model::{ScannerAddress, ScannerChoice, Screening},
    scan::{Scanner, Wanted},
};

use crate::{
    TEXT, answering,
    impostor::{Asked, Impostor, Over, content},
    ok, patience, screened,
};

/// It finds something in everything.
fn finding() -> Impostor {
    answering(Over::Socket, |_| b"stream: New FOUND\0".to_vec())
}

fn found() -> Screening {
    Screening::Infected("New".to_owned())
}

#[test]
fn once_another_is_wanted_no_answer_of_the_one_before_brings_that_back() {
    for answers in [true, false] {
        let (asked, asking) = sync_channel(1);
        let (go, gone) = sync_channel::<()>(1);
        let gone = Mutex::new(gone);
        let old = Impostor::new(Over::Socket, move |what, talk| {
            if what == Asked::Stream {
                content(talk);
            }
            let _ = asked.send(());
            let _ = gone.lock().unwrap().recv();
            if answers {
                let _ = talk.write_all(ok(what));
            }
        });
        let new = finding();
        let scanner = old.scanner(patience());
        thread::scope(|scope| {
            let said = scope.spawn(|| screened(&scanner, TEXT));
            asking.recv().unwrap();
            scanner.choose(new.wanted());
            drop(go);
            let said = said.join().unwrap();
            // What has hung up is not asked once more.
            assert_eq!(said, if answers { Screening::Clean } else { found() });
        });
        assert_eq!(screened(&scanner, TEXT), found(), "{answers}");
    }
}

#[test]
fn whom_somebody_looked_for_is_not_asked_once_another_is_wanted_and_not_remembered_once_none_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("old");
    for off in [false, true] {
        let old = UnixListener::bind(&at).unwrap();
        let new = finding();
        let choice = ScannerChoice::At(ScannerAddress::socket(&at));
        let wanted = Wanted { choice, ..new.wanted() };
        let scanner = Scanner::new(folder.path(), wanted, patience(), airlift::disk::kind_of_content);
        thread::scope(|scope| {
            let said = scope.spawn(|| screened(&scanner, TEXT));
            let (mut talk, _) = old.accept().unwrap();
            let _ = talk.read(&mut [0; 100]).unwrap();
            let choice = if off { ScannerChoice::Off } else { new.wanted().choice };
            scanner.choose(Wanted { choice, ..new.wanted() });
            talk.write_all(b"stream: OK\0").unwrap();
            drop(talk);
            assert_eq!(said.join().unwrap(), if off { Screening::Off } else { found() });
        });
        assert_eq!(folder.path().join("scanner").exists(), !off);
        std::fs::remove_file(&at).unwrap();
    }
}
