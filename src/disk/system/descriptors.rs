//! How many files this process may hold open, and what to do when they are used up.

use std::{
    io,
    time::{Duration, Instant},
};

/// For others to let go of some: as long as a transfer of many small files takes to store a group of them, and then
/// some.
const PATIENCE: Duration = Duration::from_secs(20);

/// Before it is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// True of what the system refuses because this process, or all together, hold too many open.
pub fn are_used_up(why: &io::Error) -> bool {
    #[cfg(unix)]
    {
        let why = why.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
        matches!(why, Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE))
    }
    #[cfg(not(unix))]
    {
        let _ = why;
        false
    }
}

/// Runs `work` until it isn't refused for want of a handle any more, or that has lasted for too long; `give_back` each
/// time before another try. Blocks.
#[expect(clippy::disallowed_methods, reason = "nothing tells when there is one")]
pub fn wait_for_one<T, E>(
    mut work: impl FnMut() -> Result<T, E>,
    is_short: impl Fn(&E) -> bool,
    give_back: impl Fn(),
) -> Result<T, E> {
    let until = Instant::now() + PATIENCE;
    loop {
        match work() {
            Err(why) if is_short(&why) && Instant::now() < until => {
                give_back();
                std::thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

/// With fewer than these, one transfer can't do its work: its connections, the files it has open, its records and its log.
pub const FEWEST: u64 = 40;

/// How many this process may hold open; `None` where nobody says.
#[cfg(unix)]
#[must_use]
pub fn most() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
#[must_use]
pub fn most() -> Option<u64> {
    None
}

/// What a person is told when they are used up.
#[must_use]
pub fn used_up() -> String {
    match most() {
        Some(most) => format!(
            "The system lets Airlift hold no more than {most} files open at once here (ulimit -n). It goes on when other transfers have ended; if there are none, start it with a higher limit."
        ),
        None => "The system lets Airlift open no more files at once here. It goes on when other transfers have ended.".to_owned(),
    }
}

/// Asks the system for as many as it may give: each transfer holds some, and many systems begin with few. What was
/// there before stays where that fails.
#[cfg(unix)]
pub fn raise() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => tracing::debug!(?current, ?maximum, "more files may be open"),
        Err(problem) => tracing::info!(%problem, ?current, "no more files may be open than that"),
    }
}

#[cfg(not(unix))]
pub fn raise() {}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_is_refused_for_want_of_a_handle_is_tried_again_after_some_were_given_back() {
        let (tries, returned) = (Cell::new(0), Cell::new(0));
        let work = || {
            tries.set(tries.get() + 1);
            if returned.get() < 3 { Err("short") } else { Ok("opened") }
        };
        let give_back = || returned.set(returned.get() + 1);
        assert_eq!(wait_for_one(work, |why| *why == "short", give_back), Ok("opened"));
        assert_eq!((tries.get(), returned.get()), (4, 3));
        // Any other refusal is one at once.
        assert_eq!(wait_for_one(|| Err::<(), _>("gone"), |why| *why == "short", give_back), Err("gone"));
        assert_eq!(returned.get(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn only_too_many_open_files_are_worth_waiting_for() {
        use rustix::io::Errno;
        for (why, is_short) in
            [(Errno::MFILE, true), (Errno::NFILE, true), (Errno::NOSPC, false), (Errno::IO, false)]
        {
            assert_eq!(are_used_up(&why.into()), is_short, "{why:?}");
        }
    }
}
