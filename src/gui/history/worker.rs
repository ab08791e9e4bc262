//! Work for what is on the screen, on a thread of its own: what is wanted now replaces what was wanted before.
//!
//! Knows wishes, their order and their answers. Must not know what the work is. It may hang in a disk that answers no
//! more, and nobody waits for it.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
};

use crate::engine::Wake;

/// Answers that may wait to be taken; the work waits for room.
const ANSWERS: usize = 64;

/// Owns the thread. Dropping it ends the thread after the work in hand.
pub struct Worker<Q, A> {
    shared: Arc<Shared<Q, A>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared<Q, A> {
    state: Mutex<State<Q, A>>,
    bell: Condvar,
}

struct State<Q, A> {
    wanted: VecDeque<Q>,
    in_hand: Option<Q>,
    answers: Vec<(Q, A)>,
    is_over: bool,
}

impl<Q, A> Shared<Q, A> {
    fn lock(&self) -> MutexGuard<'_, State<Q, A>> {
        // Each change is whole: a panic in between leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Clone + PartialEq + Send + 'static, A: Send + 'static> Worker<Q, A> {
    /// `wake` is called, from the thread, after each answer.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(name: &str, wake: Wake, mut work: impl FnMut(&Q) -> A + Send + 'static) -> io::Result<Self> {
        let state = State { wanted: VecDeque::new(), in_hand: None, answers: Vec::new(), is_over: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), bell: Condvar::new() });
        let within = Arc::clone(&shared);
        let thread = Builder::new().name(name.to_owned()).spawn(move || {
            while let Some(wish) = within.next() {
                let answer = work(&wish);
                within.done(wish, answer);
                wake();
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Wants these, in this order, and nothing that was wanted before and isn’t among them.
    pub fn want(&self, wishes: impl IntoIterator<Item = Q>) {
        let mut state = self.shared.lock();
        let wanted = wishes
            .into_iter()
            .filter(|wish| {
                state.in_hand.as_ref() != Some(wish) && !state.answers.iter().any(|(of, _)| of == wish)
            })
            .collect();
        state.wanted = wanted;
        drop(state);
        self.shared.bell.notify_one();
    }

    /// The answers since it was asked last.
    pub fn take(&self) -> Vec<(Q, A)> {
        let answers = std::mem::take(&mut self.shared.lock().answers);
        if !answers.is_empty() {
            self.shared.bell.notify_one();
        }
        answers
    }
}

impl<Q: Clone, A> Shared<Q, A> {
    /// Waits for the next wish; `None` at the end.
    fn next(&self) -> Option<Q> {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return None;
            }
            if state.answers.len() < ANSWERS
                && let Some(wish) = state.wanted.pop_front()
            {
                state.in_hand = Some(wish.clone());
                return Some(wish);
            }
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, wish: Q, answer: A) {
        let mut state = self.lock();
        state.in_hand = None;
        state.answers.push((wish, answer));
    }
}

impl<Q, A> Drop for Worker<Q, A> {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.bell.notify_one();
        // One that hangs in a disk that answers no more can’t be ended, and ends with the process.
        if let Some(thread) = self.thread.take_if(|thread| thread.is_finished())
            && thread.join().is_err()
        {
            tracing::error!("a thread of the history’s page broke down");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn what_is_not_wanted_any_more_is_not_done() {
        let (go, gate) = sync_channel::<()>(0);
        let (woken, bell) = sync_channel(8);
        let wake: Wake = Arc::new(move || woken.send(()).unwrap());
        let worker = Worker::start("test", wake, move |wish: &u32| {
            gate.recv().unwrap();
            wish * 10
        })
        .unwrap();
        worker.want([1, 2, 3]);
        // The first is in hand by the time it can be let go.
        go.send(()).unwrap();
        bell.recv().unwrap();
        // Whichever is in hand by now stays so.
        worker.want([4]);
        let mut answers = Vec::new();
        while !answers.contains(&(4, 40)) {
            go.send(()).unwrap();
            bell.recv().unwrap();
            answers.extend(worker.take());
        }
        assert!(answers.contains(&(1, 10)));
        assert!(!answers.contains(&(3, 30)), "{answers:?}");
    }
}
