//! What must not be said: the words of a code and the private key, in everything that two processes write at their
//! most talkative.

use std::{fs, path::Path, process::Command};

use data_encoding::{BASE32, BASE64, HEXLOWER, HEXUPPER};

use super::harness::{Device, Running, tree};

const CODE: &str = "7-walnut-zebra";
const WRONG: &str = "7-walnut-zero";

/// As talkative as can be, with a file for the keys of the encryption as other programs know it.
fn talkative<'c>(command: &'c mut Command, keys: &Path) -> &'c mut Command {
    command.env("AIRLIFT_LOG", "trace").env("RUST_LOG", "trace").env("SSLKEYLOGFILE", keys).arg("-vv")
}

/// How bytes may be written.
fn forms(bytes: &[u8]) -> Vec<String> {
    let mut forms: Vec<_> = [HEXLOWER, HEXUPPER, BASE32].iter().map(|form| form.encode(bytes)).collect();
    // Without its end, which depends on what follows.
    forms.push(BASE64.encode(bytes)[..40].to_owned());
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    forms.push(numbers.join(", "));
    forms
}

#[cfg(unix)]
#[test]
fn i6_neither_the_words_of_a_code_nor_a_key_are_in_anything_that_is_written() {
    let (here, there) = (Device::new(), Device::new());
    let keys = here.path("keys.log");
    let file = here.file("letter", "for you alone");
    let path = file.to_str().unwrap();
    let inbox = there.inbox();
    let mut said = Vec::new();
    for (round, code) in [CODE, WRONG, CODE].into_iter().enumerate() {
        let receive = ["receive", "--json", "--port", "0", "--once", "--code", CODE, "--dir"];
        let mut command = there.command(&[&receive[..], &[inbox.to_str().unwrap()]].concat());
        let mut receiver = Running::start(talkative(&mut command, &keys));
        let port = receiver.wait_for("listening")["port"].as_u64().unwrap();
        // The one place where it is to be read.
        assert_eq!(receiver.wait_for("code")["code"], CODE);
        let to = format!("127.0.0.1:{port}");
        // The last one is to be found by its code, where nobody is.
        let whom: &[&str] = if round == 2 { &[] } else { &["--to", &to] };
        let mut command = here.command(&[&["send", "--json", path], whom].concat());
        let sender = Running::start(talkative(command.env("AIRLIFT_CODE", code), &keys));
        let (out, err, exit) = sender.text();
        assert_eq!(exit == 0, round == 0, "{out}");
        said.extend([out, err]);
        if round == 2 {
            receiver.signal("INT");
        }
        let (out, err, _) = receiver.text();
        said.extend([out, err]);
    }
    assert!(!keys.exists(), "the keys of the encryption were written down");
    let mut logs = 0;
    for device in [&here, &there] {
        let key = fs::read(device.home().join("identity.key")).unwrap();
        for (name, bytes) in tree(&device.home()) {
            if name == Path::new("identity.key") {
                continue;
            }
            logs += usize::from(name.starts_with("logs"));
            said.push(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned());
        }
        // The key itself, of what it is wrapped in.
        let seed = &key[16..48];
        for text in &said {
            for form in forms(seed) {
                assert!(!text.contains(&form), "a key in: {text}");
            }
        }
    }
    assert!(logs >= 2, "there are logs");
    assert!(said.iter().any(|text| text.contains("TRACE")), "they are talkative");
    for text in said {
        for words in ["walnut-zebra", "walnut zebra", "walnut-zero", "walnut zero"] {
            assert!(!text.contains(words), "{words} in: {text}");
        }
    }
}
