//! How many files this process may hold open.

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
