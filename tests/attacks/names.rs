//! Names that lead elsewhere, hide, or break what shows them.

use airlift::{
    engine::Consent,
    model::{Digest, Outcome, Problem, ProblemKind, Side, Summary, text},
    wire::{
        FromReceiver, FromSender, content, frame,
        message::{Ending, RawEntry},
    },
};
use tokio::io::AsyncWriteExt as _;

use crate::support::device::{Device, NOTHING_SKIPPED, Rogue, file, hear, say};

/// Offers empty files and folders, and brings all that is wanted; or why the receiver has ended it.
pub async fn bring(rogue: &Rogue, port: u16, entries: Vec<RawEntry>) -> Result<(), String> {
    let mut control = rogue.greet(port).await;
    let count = u32::try_from(entries.len()).unwrap();
    say(&mut control, &FromSender::Entries(entries)).await;
    say(&mut control, &NOTHING_SKIPPED).await;
    let token = loop {
        match hear(&mut control).await {
            Some(FromReceiver::Accept { token }) => break token,
            Some(FromReceiver::Ending(Ending::Failed { why })) => return Err(why),
            Some(_) => {}
            None => return Err("closed".to_owned()),
        }
    };
    let mut lane = rogue.dial(port).await;
    say(&mut lane, &FromSender::Lane { token }).await;
    let mut bytes = Vec::new();
    for entry in 0..count {
        content::put_end(&mut bytes, entry, 0, Digest(*blake3::hash(b"").as_bytes()));
    }
    content::put_finish(&mut bytes, 1);
    lane.stream.write_all(&bytes).await.map_err(|e| e.to_string())?;
    lane.stream.flush().await.map_err(|e| e.to_string())?;
    loop {
        match hear(&mut control).await {
            Some(FromReceiver::Done) => break,
            Some(FromReceiver::Ending(Ending::Failed { why })) => return Err(why),
            Some(_) => {}
            None => return Err("closed".to_owned()),
        }
    }
    say(&mut control, &FromSender::Bye).await;
    Ok(())
}

/// Each of these ends its offer before anybody is asked and anything is written.
fn are_refused(paths: &[&str]) {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    device.know(rogue.identity.id());
    for (nth, path) in paths.iter().enumerate() {
        let answer = device.engine.block_on(bring(&rogue, port, vec![file(path, 0)]));
        assert!(answer.as_ref().is_err_and(|why| why.contains("unsafe path")), "{path:?}: {answer:?}");
        let Outcome::Failed(Problem { kind, side, text }) = device.received(nth).outcome else {
            panic!("{path:?}")
        };
        assert_eq!((kind, side), (ProblemKind::Protocol, Side::There));
        assert!(!text.contains(text::is_deceptive), "{text:?}");
        assert_eq!(device.arrived(), Vec::<String>::new());
        assert!(device.is_tidy());
    }
    // The device is there for the next.
    device.engine.block_on(bring(&rogue, port, vec![file("honest", 0)])).unwrap();
    assert_eq!(device.received(paths.len()).outcome, Outcome::Complete);
}

/// Each of these is stored in the receiving folder, under the name beside it, and nowhere else.
fn are_stored(names: &[(&str, &str)]) {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    for (nth, (name, stored)) in names.iter().enumerate() {
        device.engine.block_on(bring(&rogue, port, vec![file(name, 0)])).unwrap();
        assert_eq!(device.received(nth).outcome, Outcome::Complete, "{name:?}");
        let shown = device.state.transfers.iter().map(|transfer| &transfer.summary);
        for title in shown.map(Summary::title) {
            assert!(!title.contains(text::is_deceptive), "{title:?}");
        }
        assert!(device.arrived().iter().any(|there| there == stored), "{name:?}: {:?}", device.arrived());
        assert_eq!(device.arrived().len(), nth + 1);
    }
    assert!(device.is_tidy());
}

#[test]
fn n1_parent_traversal_cve_2025_27142_cve_2026_32116_cve_2022_42725() {
    are_refused(&["../escaped", "..", "a/..", "a/../../escaped", "../../.bashrc", "a/../b"]);
}

#[test]
fn n2_an_absolute_path_cve_2023_43619() {
    are_refused(&["/escaped", "/etc/passwd", "//server/share", "/"]);
}

#[test]
fn n5_an_empty_name_or_a_dot_cve_2018_20685() {
    are_refused(&["", ".", "a//escaped", "a/./escaped", "a/"]);
}

#[test]
fn n6_a_zero_character_cve_2024_38272() {
    are_refused(&["x\0y", "\0", "a/b\0/c"]);
}

#[test]
fn n11_n12_names_and_paths_beyond_every_system() {
    let long = vec!["x".repeat(200); 21].join("/");
    are_refused(&[&"n".repeat(1025), &long, &"x/".repeat(300)[..599]]);
}

#[cfg(target_os = "linux")]
#[test]
fn n3_n4_n15_what_is_a_path_elsewhere_is_one_plain_name_here() {
    let names =
        ["C:\\x", "C:x", "\\\\srv\\s\\x", "\\\\?\\C:\\x", "..\\..\\escaped", "x.txt:evil", "x::$DATA"];
    are_stored(&names.map(|name| (name, name)));
}

#[cfg(target_os = "linux")]
#[test]
fn n7_n8_n9_what_would_deceive_is_stored_and_never_shown_as_it_is_cve_2023_43620() {
    let names = ["invoice\x1b[2K\x1b[1Gevil.sh", "photo_\u{202e}gpj.exe", "a\u{200b}b", "a\nb", "\u{9b}2K"];
    are_stored(&names.map(|name| (name, name)));
}

#[test]
fn n20_n21_names_that_mean_something_to_a_shell_stay_in_the_folder() {
    let names = ["-rf", "~", ".bashrc", "autorun.inf", "$(rm)", "%s%n"];
    are_stored(&names.map(|name| (name, name)));
}

#[test]
fn f14_a_file_that_is_called_as_our_own_partial_ones() {
    are_stored(&[(".airlift-x.part", "_airlift-x.part"), (".AIRLIFT-0.journal", "_AIRLIFT-0.journal")]);
}

#[test]
fn n10_a_name_that_is_not_text_cve_2024_38271() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    let answer = device.engine.block_on(async {
        let mut control = rogue.greet(port).await;
        let mut bytes = frame::encode(&FromSender::Entries(vec![file("ab", 0)]));
        let at = bytes.windows(2).position(|two| two == b"ab").unwrap();
        bytes[at..at + 2].copy_from_slice(b"\xff\xfe");
        let _ = control.stream.write_all(&bytes).await;
        let _ = control.stream.flush().await;
        hear(&mut control).await
    });
    assert!(matches!(answer, Some(FromReceiver::Ending(Ending::Failed { .. }))), "{answer:?}");
    assert!(matches!(device.received(0).outcome, Outcome::Failed(_)));
    assert_eq!(device.arrived(), Vec::<String>::new());
}
