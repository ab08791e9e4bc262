//! Content over real sockets: whole and in order for readers of any size, without anything lost that came before.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use rustls::Connection as Tls;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stock::{KEEPERS, Role, SUITES, name, stock, tls};
use crate::net::{
    Connection, Lane,
    records::{FRAGMENT, Keeper},
    shake::as_client,
};

/// Our end, as a client; and the library's, which speaks through `socket` what is given to `tls`.
struct Pair {
    ours: Connection,
    tls: Tls,
    socket: TcpStream,
    runtime: tokio::runtime::Runtime,
}

fn pair(keeper: Keeper) -> Pair {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let theirs = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut tls = stock(Role::Client, SUITES[0]);
        tls.complete_io(&mut socket).unwrap();
        (tls, socket)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let met = runtime.block_on(async {
        let socket = tokio::net::TcpStream::connect(address).await.unwrap();
        as_client(&tls(SUITES[0]).kept_by(keeper), name(), socket).await.unwrap()
    });
    let ours = Connection { peer: met.peer.unwrap(), address, stream: met.stream, can: 0 };
    let (tls, socket) = theirs.join().unwrap();
    Pair { ours, tls, socket, runtime }
}

impl Pair {
    /// The lane, which must be made within a runtime, and the rest.
    fn lane(self) -> (Lane, Tls, TcpStream) {
        let _inside = self.runtime.enter();
        (Lane::new(self.ours).unwrap(), self.tls, self.socket)
    }
}

fn words(count: usize) -> Vec<u8> {
    (0..count).map(|n| u8::try_from((n * 7 + n / 251) % 256).unwrap()).collect()
}

/// What the library makes of it.
fn sealed(tls: &mut Tls, mut content: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    while !content.is_empty() {
        let count = tls.writer().write(content).unwrap();
        content = &content[count..];
        while tls.wants_write() {
            tls.write_tls(&mut wire).unwrap();
        }
    }
    wire
}

/// What the library hears until that is filled.
fn hear(tls: &mut Tls, socket: &mut TcpStream, heard: &mut [u8]) {
    let mut filled = 0;
    while filled < heard.len() {
        if let Ok(count) = tls.reader().read(&mut heard[filled..]) {
            filled += count;
        } else {
            assert!(tls.read_tls(socket).unwrap() > 0);
            tls.process_new_packets().unwrap();
        }
    }
}

#[test]
fn content_is_whole_for_readers_of_any_size_while_keys_change() {
    let content = words(1 << 20);
    for keeper in KEEPERS {
        for size in [1, 100, FRAGMENT, FRAGMENT + 1, 100_000, 257 * 1024, 1 << 21] {
            let content = &content[..if size == 1 { 3 * FRAGMENT } else { content.len() }];
            let (mut lane, mut tls, mut socket) = pair(keeper).lane();
            thread::scope(|scope| {
                scope.spawn(move || {
                    let mut wire = Vec::new();
                    for part in content.chunks(77_777) {
                        wire.extend(sealed(&mut tls, part));
                        tls.refresh_traffic_keys().unwrap();
                    }
                    tls.send_close_notify();
                    while tls.wants_write() {
                        tls.write_tls(&mut wire).unwrap();
                    }
                    for part in wire.chunks(40_001) {
                        socket.write_all(part).unwrap();
                    }
                    // Until the other end has gone.
                    let _ = socket.read(&mut [0; 99]);
                });
                let (mut read, mut slab) = (Vec::<u8>::new(), vec![0_u8; size]);
                loop {
                    let count = lane.read(&mut slab).unwrap();
                    if count == 0 {
                        break;
                    }
                    read.extend(&slab[..count]);
                }
                assert!(read == content, "{keeper:?}, {size} bytes at once");
                assert_eq!(lane.read(&mut slab).unwrap(), 0, "an end stays one");
                drop(lane);
            });
        }
    }
}

#[test]
fn what_came_with_the_last_message_is_content_and_not_lost() {
    let content = words(300_000);
    for keeper in KEEPERS {
        let mut pair = pair(keeper);
        // One record has the message and the beginning of what follows it, which comes at once, and in part.
        let wire = sealed(&mut pair.tls, &[b"message".as_slice(), &content].concat());
        let (now, later) = wire.split_at(20_000);
        pair.socket.write_all(now).unwrap();
        let mut message = [0; 7];
        pair.runtime.block_on(pair.ours.stream.read_exact(&mut message)).unwrap();
        assert_eq!(&message, b"message");
        let (mut lane, _, mut socket) = pair.lane();
        thread::scope(|scope| {
            scope.spawn(|| socket.write_all(later).unwrap());
            let mut read = vec![0; content.len()];
            lane.read_exact(&mut read).unwrap();
            assert!(read == content, "{keeper:?}");
        });
    }
}

#[test]
fn what_was_whole_before_a_link_broke_is_read_before_that_is_said() {
    let content = words(2 * FRAGMENT + 5);
    for keeper in KEEPERS {
        for (spoil, kind) in [(false, io::ErrorKind::UnexpectedEof), (true, io::ErrorKind::InvalidData)] {
            let (mut lane, mut tls, mut socket) = pair(keeper).lane();
            let mut wire = sealed(&mut tls, &content);
            let last = sealed(&mut tls, b"not whole");
            wire.extend(&last[..last.len() - 1]);
            if spoil {
                wire.push(!last[last.len() - 1]);
            }
            socket.write_all(&wire).unwrap();
            socket.shutdown(Shutdown::Write).unwrap();
            let (mut read, mut slab) = (Vec::<u8>::new(), vec![0_u8; 257 * 1024]);
            let failed = loop {
                match lane.read(&mut slab) {
                    Ok(count) => read.extend(&slab[..count]),
                    Err(why) => break why,
                }
            };
            assert!(read == content, "{keeper:?}");
            assert_eq!(failed.kind(), kind, "{keeper:?}");
            lane.read(&mut slab).expect_err("it stays broken");
        }
    }
}

#[test]
fn a_reader_waits_for_the_rest_of_a_record_and_for_no_more() {
    for keeper in KEEPERS {
        let (mut lane, mut tls, mut socket) = pair(keeper).lane();
        let clock = lane.network();
        let (one, two) = (sealed(&mut tls, b"one"), sealed(&mut tls, b"two"));
        let (now, later) = two.split_at(9);
        socket.write_all(&[&one, now].concat()).unwrap();
        thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let mut slab = vec![0; 1000];
                let count = lane.read(&mut slab).unwrap();
                slab[..count].to_vec()
            });
            // It has taken the first part, and waits.
            while !reader.is_finished()
                && (clock.read() == Duration::ZERO || clock.waiting() == Duration::ZERO)
            {
                thread::yield_now();
            }
            socket.write_all(later).unwrap();
            assert_eq!(reader.join().unwrap(), b"onetwo", "{keeper:?}");
        });
    }
}

#[test]
fn a_record_for_which_there_is_no_room_is_not_waited_for() {
    for keeper in KEEPERS {
        let (mut lane, mut tls, mut socket) = pair(keeper).lane();
        let (one, two) = (sealed(&mut tls, b"one"), sealed(&mut tls, b"longer than the room"));
        socket.write_all(&[&one, &two[..9]].concat()).unwrap();
        let mut slab = [0; 12];
        assert_eq!(lane.read(&mut slab).unwrap(), 3, "{keeper:?}");
        socket.write_all(&two[9..]).unwrap();
        let mut read = vec![0; 20];
        lane.read_exact(&mut read).unwrap();
        assert_eq!(read, b"longer than the room");
    }
}

#[test]
fn what_is_written_is_heard_whatever_its_size() {
    let content = words(700_000);
    for keeper in KEEPERS {
        let (mut lane, mut tls, mut socket) = pair(keeper).lane();
        let sizes = [1, 44, 256 * 1024, 256 * 1024 + 1000, 0, 100_000, content.len()];
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rest = &content[..];
                for size in sizes {
                    let (part, later) = rest.split_at(size.min(rest.len()));
                    lane.write_all(part).unwrap();
                    rest = later;
                }
                lane.flush().unwrap();
            });
            let mut heard = vec![0; content.len()];
            hear(&mut tls, &mut socket, &mut heard);
            assert!(heard == content, "{keeper:?}");
        });
    }
}

#[test]
fn nothing_follows_a_packet_of_which_a_part_is_lost() {
    for keeper in KEEPERS {
        let (mut lane, _, socket) = pair(keeper).lane();
        drop(socket);
        let packet = words(256 * 1024);
        while lane.write_all(&packet).is_ok() {}
        assert_eq!(lane.write_all(b"more").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(lane.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}

#[test]
fn what_was_not_flushed_goes_before_content() {
    for keeper in KEEPERS {
        let mut pair = pair(keeper);
        let before = words(4 << 20);
        // More than the system takes while nobody reads: a part stays here.
        let mut written = 0;
        pair.runtime.block_on(async {
            while let Some(Ok(count)) =
                futures_util::FutureExt::now_or_never(pair.ours.stream.write(&before[written..]))
                    .filter(|_| written < before.len())
            {
                written += count;
            }
        });
        assert!(written > 0 && written < before.len(), "the system took {written}");
        let (mut lane, mut tls, mut socket) = pair.lane();
        thread::scope(|scope| {
            scope.spawn(|| lane.write_all(b"content").unwrap());
            let mut heard = vec![0; written + 7];
            hear(&mut tls, &mut socket, &mut heard);
            assert!(heard == [&before[..written], b"content"].concat(), "{keeper:?}");
        });
    }
}
