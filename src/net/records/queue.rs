//! Bytes in the order in which they came, in memory that is made once and used again.
//!
//! Knows where its bytes begin and end. Must not know what they mean.

/// What is put in at its end is taken from its front. There is no memory before there are bytes.
#[derive(Default)]
pub struct Queue {
    bytes: Vec<u8>,
    begin: usize,
    end: usize,
}

impl Queue {
    #[must_use]
    pub fn held(&self) -> &[u8] {
        &self.bytes[self.begin..self.end]
    }

    pub fn held_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.begin..self.end]
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.begin
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.begin == self.end
    }

    /// Room for at least so many bytes behind those that are held. [`Queue::put`] says how many were written there.
    pub fn room(&mut self, least: usize) -> &mut [u8] {
        if self.bytes.len() - self.end < least && self.begin > 0 {
            self.bytes.copy_within(self.begin..self.end, 0);
            self.end -= self.begin;
            self.begin = 0;
        }
        let whole = self.end + least;
        if self.bytes.len() < whole {
            self.bytes.reserve_exact(whole - self.bytes.len());
            self.bytes.resize(whole, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// So many bytes have been written into the room: no more than there is.
    pub fn put(&mut self, count: usize) {
        debug_assert!(count <= self.bytes.len() - self.end);
        self.end += count;
    }

    pub fn append(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.put(bytes.len());
    }

    /// So many bytes at the front are done with: no more than are held.
    pub fn take(&mut self, count: usize) {
        debug_assert!(count <= self.len());
        self.begin += count;
        if self.is_empty() {
            (self.begin, self.end) = (0, 0);
        }
    }

    /// Moves what is held into `to`, as much as there is room for. Returns how much that was.
    pub fn pour(&mut self, to: &mut [u8]) -> usize {
        let count = self.len().min(to.len());
        to[..count].copy_from_slice(&self.held()[..count]);
        self.take(count);
        count
    }

    /// Gives the memory back if nothing is held: a connection that rests needs none.
    pub fn rest(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }
}
