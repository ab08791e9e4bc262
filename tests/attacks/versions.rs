//! What an older build says and hears, recorded from one.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use airlift::{engine::Consent, model::Outcome};

use crate::support::device::Device;

/// All that a sender of version 1 says before it is answered: its half of a handshake, with `airlift/1` in it.
const HELLO_OF_VERSION_1: &str = "16030100c3010000bf03034f68717ec664475abf869da9f56494e053b02ca8bbf80f88dae18c92805f0d752024e766f01d81ba47e3c866467ef8156dd43a5e9eadedf758a017a3f46b14c0d0000613011302130301000070002b0003020304002d00020101000500050100000000000a000a0008001d0017001811ec000d0004000208070010000c000a096169726c6966742f31003300260024001d0020786d128abe582f06418943ba69bb9e73a564b3bc8b511d841808ea2d3edf526300170000000b00020100";

#[test]
fn a_sender_of_version_1_is_answered_with_a_refusal_and_nothing_is_shown_of_it() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let hello = data_encoding::HEXLOWER.decode(HELLO_OF_VERSION_1.as_bytes()).unwrap();
    assert!(hello.windows(9).any(|part| part == b"airlift/1"));
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    socket.write_all(&hello).unwrap();
    let mut answer = Vec::new();
    // It is hung up on, in whatever way.
    let _ = socket.read_to_end(&mut answer);
    // What is encrypted of it is one alert and nothing else: two bytes, one that says what they are, and a tag of
    // sixteen (RFC 8446, section 5.2). The rest of a handshake would be hundreds.
    let mut encrypted = Vec::new();
    let mut rest = &answer[..];
    while let [kind, _, _, high, low, after @ ..] = rest {
        let len = u16::from_be_bytes([*high, *low]);
        encrypted.extend((*kind == 23).then_some(len));
        rest = &after[usize::from(len)..];
    }
    assert_eq!(encrypted, [2 + 1 + 16], "{answer:02x?}");
    let friend = Device::start("Friend");
    let source = friend.inbox.path().join("proof");
    std::fs::write(&source, b"alive").unwrap();
    friend.send(port, &[source]);
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    assert_eq!(device.state.transfers.len(), 1);
}
