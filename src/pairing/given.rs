//! A code that was given out: until when it can be used, and what one guess does to it.
//!
//! Told the time, so that five minutes are waited for in no test.

use std::time::Instant;

use crate::model::PairingCode;

/// A code that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    code: PairingCode,
    until: Instant,
    state: State,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be tried.
    Open,
    /// Somebody is trying it.
    Tried,
    Used,
    Spent,
    Expired,
}

/// Why it can't be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpen {
    #[error("somebody else is using it at this moment")]
    Tried,
    #[error("it was used already; each can be used once")]
    Used,
    #[error("somebody has tried a wrong one, and so it can’t be used any more")]
    Spent,
    #[error("its time is over")]
    Expired,
}

/// How a try ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// Nothing was told that a guess could have been made with.
    Nothing,
    Right,
    /// Wrong, or broken off when the answer could have shown that it is.
    Wrong,
}

impl Given {
    #[must_use]
    pub fn new(code: PairingCode, until: Instant) -> Self {
        Self { code, until, state: State::Open }
    }

    #[must_use]
    pub fn code(&self) -> PairingCode {
        self.code
    }

    /// When it expires.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.until
    }

    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Its time goes by.
    pub fn look(&mut self, now: Instant) {
        if self.state == State::Open && now >= self.until {
            self.state = State::Expired;
        }
    }

    /// Somebody begins to try it: nobody else can meanwhile.
    ///
    /// # Errors
    /// When it can't be tried (any more, or yet).
    pub fn begin(&mut self, now: Instant) -> Result<PairingCode, NotOpen> {
        self.look(now);
        match self.state {
            State::Open => {
                self.state = State::Tried;
                Ok(self.code)
            }
            State::Tried => Err(NotOpen::Tried),
            State::Used => Err(NotOpen::Used),
            State::Spent => Err(NotOpen::Spent),
            State::Expired => Err(NotOpen::Expired),
        }
    }

    /// Their try ends. One that began in time may end after it.
    pub fn end(&mut self, tried: Tried, now: Instant) {
        if self.state == State::Tried {
            self.state = match tried {
                Tried::Nothing => State::Open,
                Tried::Right => State::Used,
                Tried::Wrong => State::Spent,
            };
            self.look(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIFE: Duration = Duration::from_mins(5);

    fn given(now: Instant) -> Given {
        Given::new(PairingCode::of([1; 6]), now + LIFE)
    }

    #[test]
    fn it_can_be_used_once_until_its_time_is_over() {
        let now = Instant::now();
        let last = now + Duration::from_secs(5 * 60 - 1);
        let mut code = given(now);
        assert_eq!(code.begin(last), Ok(code.code));
        code.end(Tried::Right, now + LIFE);
        assert_eq!(code.begin(last), Err(NotOpen::Used));
        let mut code = given(now);
        assert_eq!(code.begin(now + LIFE), Err(NotOpen::Expired));
        assert_eq!(code.begin(last), Err(NotOpen::Expired), "it does not come to life again");
    }

    #[test]
    fn one_wrong_guess_spends_it() {
        let now = Instant::now();
        let mut code = given(now);
        code.begin(now).unwrap();
        code.end(Tried::Wrong, now);
        assert_eq!(code.begin(now), Err(NotOpen::Spent));
        code.end(Tried::Right, now);
        code.look(now + LIFE);
        assert_eq!(code.state(), State::Spent);
    }

    #[test]
    fn two_never_try_it_at_once_and_who_has_told_nothing_leaves_it_to_the_next() {
        let now = Instant::now();
        let mut code = given(now);
        code.begin(now).unwrap();
        assert_eq!(code.begin(now), Err(NotOpen::Tried));
        code.look(now + LIFE);
        assert_eq!(code.state(), State::Tried, "who began in time may end");
        code.end(Tried::Nothing, now);
        code.begin(now).unwrap();
        code.end(Tried::Nothing, now + LIFE);
        assert_eq!(code.state(), State::Expired);
    }
}
