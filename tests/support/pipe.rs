//! A blocking pipe in memory, as small as one likes, that can be cut at a chosen byte.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    sync::{Arc, Condvar, Mutex},
};

/// How many bytes may still cross a link, all its pipes together. `None`: any number.
#[derive(Clone, Default)]
pub struct Budget(Arc<Mutex<Option<usize>>>);

impl Budget {
    pub fn of(bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(Some(bytes))))
    }

    /// How many of `wanted` bytes may cross; 0 when the link is cut.
    pub fn take(&self, wanted: usize) -> usize {
        match &mut *self.0.lock().unwrap() {
            None => wanted,
            Some(left) => {
                let granted = wanted.min(*left);
                *left -= granted;
                granted
            }
        }
    }

    /// Bytes that have crossed, of a budget that was so much.
    pub fn spent_of(&self, bytes: usize) -> usize {
        self.0.lock().unwrap().map_or(0, |left| bytes - left)
    }

    pub fn is_spent(&self) -> bool {
        *self.0.lock().unwrap() == Some(0)
    }
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    closed: bool,
}

#[derive(Clone)]
pub struct End {
    shared: Arc<(Mutex<State>, Condvar)>,
    capacity: usize,
    budget: Budget,
}

/// The two ends are alike: one is written, the other read. Dropping or closing one closes both.
pub fn pipe(capacity: usize, budget: Budget) -> (End, End) {
    let end = End { shared: Arc::default(), capacity, budget };
    (end.clone(), end)
}

impl End {
    pub fn close(&self) {
        self.shared.0.lock().unwrap().closed = true;
        self.shared.1.notify_all();
    }
}

impl Read for End {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let (state, changed) = &*self.shared;
        let mut state =
            changed.wait_while(state.lock().unwrap(), |s| s.bytes.is_empty() && !s.closed).unwrap();
        let count = buf.len().min(state.bytes.len());
        for (to, from) in buf.iter_mut().zip(state.bytes.drain(..count)) {
            *to = from;
        }
        changed.notify_all();
        Ok(count)
    }
}

impl Write for End {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let (state, changed) = &*self.shared;
        let mut state = changed
            .wait_while(state.lock().unwrap(), |s| s.bytes.len() >= self.capacity && !s.closed)
            .unwrap();
        let count = self.budget.take(buf.len().min(self.capacity.saturating_sub(state.bytes.len())));
        if count == 0 {
            state.closed = true;
        }
        if state.closed {
            changed.notify_all();
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.bytes.extend(&buf[..count]);
        changed.notify_all();
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A control connection in memory, of that capacity, through which only the budget's bytes pass.
pub fn control(capacity: usize, budget: Budget) -> (tokio::io::DuplexStream, tokio::io::DuplexStream, Relay) {
    let (left, left_inner) = tokio::io::duplex(capacity);
    let (right, right_inner) = tokio::io::duplex(capacity);
    (left, right, Relay { left: left_inner, right: right_inner, budget })
}

pub struct Relay {
    left: tokio::io::DuplexStream,
    right: tokio::io::DuplexStream,
    budget: Budget,
}

impl Relay {
    /// Carries bytes both ways until both ends are closed, or the budget is spent.
    pub async fn run(self) {
        let (left_read, left_write) = tokio::io::split(self.left);
        let (right_read, right_write) = tokio::io::split(self.right);
        tokio::select! {
            () = async {
                tokio::join!(
                    carry(left_read, right_write, &self.budget),
                    carry(right_read, left_write, &self.budget),
                );
            } => {}
            () = async {
                while !self.budget.is_spent() {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            } => {}
        }
    }
}

async fn carry(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    budget: &Budget,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let granted = budget.take(count);
        if to.write_all(&bytes[..granted]).await.is_err() || granted < count {
            return;
        }
    }
    let _ = to.shutdown().await;
}
