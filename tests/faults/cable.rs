//! A cable between a sender and a receiver: it forwards connections, can be pulled out and plugged in
//! again, and counts what it carries. Loopback only.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Longer than two attempts are apart at first.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Cable {
    port: u16,
    state: Arc<State>,
}

struct State {
    /// Both ends of each connection that it carries; `None` while it is pulled out.
    ends: Mutex<Option<Vec<TcpStream>>>,
    carried: AtomicU64,
    /// Connections that found it pulled out.
    knocks: Mutex<u64>,
    knocked: Condvar,
}

impl Cable {
    /// A cable to this port of this machine, plugged in.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let state = Arc::new(State {
            ends: Mutex::new(Some(Vec::new())),
            carried: AtomicU64::new(0),
            knocks: Mutex::new(0),
            knocked: Condvar::new(),
        });
        let cable = Self { port: listener.local_addr().unwrap().port(), state: Arc::clone(&state) };
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let mut ends = state.ends.lock().unwrap();
                let Some(ends) = &mut *ends else {
                    *state.knocks.lock().unwrap() += 1;
                    state.knocked.notify_all();
                    continue;
                };
                for (mut from, mut to) in [
                    (near.try_clone().unwrap(), far.try_clone().unwrap()),
                    (far.try_clone().unwrap(), near.try_clone().unwrap()),
                ] {
                    let state = Arc::clone(&state);
                    std::thread::spawn(move || {
                        let mut bytes = vec![0; 64 * 1024];
                        while let Ok(len @ 1..) = from.read(&mut bytes) {
                            if to.write_all(&bytes[..len]).is_err() {
                                break;
                            }
                            state.carried.fetch_add(len as u64, Ordering::Relaxed);
                        }
                        let _ = to.shutdown(Shutdown::Write);
                    });
                }
                ends.extend([near, far]);
            }
        });
        cable
    }

    /// Where the sender plugs in.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Breaks every connection; new ones are closed at once.
    pub fn pull(&self) {
        for end in self.state.ends.lock().unwrap().take().into_iter().flatten() {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Waits until somebody has tried it in vain, and begins to count anew.
    pub fn wait_for_knocks(&self, count: u64) {
        let knocks = self.state.knocks.lock().unwrap();
        let waited = self.state.knocked.wait_timeout_while(knocks, PATIENCE, |knocks| *knocks < count);
        let (mut knocks, late) = waited.unwrap();
        assert!(!late.timed_out(), "only {knocks} connections were tried");
        *knocks = 0;
    }

    pub fn plug_in(&self) {
        *self.state.ends.lock().unwrap() = Some(Vec::new());
    }

    /// Bytes both ways so far, encrypted.
    pub fn carried(&self) -> u64 {
        self.state.carried.load(Ordering::Relaxed)
    }
}
