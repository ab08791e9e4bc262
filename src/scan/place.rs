//! Where a scanner may be, and which limits are then its own.
//!
//! Knows the usual places and what a person or a configuration says of them. Must not know whether anybody is there.

use std::path::PathBuf;

use super::{
    config::{Config, USUAL},
    limits::Limits,
};
use crate::model::{ScannerAddress, ScannerChoice};

/// Where it listens unless somebody has changed that: Debian's, Fedora's, Arch's and the BSDs' packages. Nowhere that
/// anybody may put a socket: `/tmp/clamd.socket` of its example is used only where a configuration says so.
const SOCKETS: [&str; 5] = [
    "/run/clamav/clamd.ctl",
    "/var/run/clamav/clamd.ctl",
    "/run/clamd.scan/clamd.sock",
    "/run/clamav/clamd.sock",
    "/var/run/clamav/clamd.sock",
];

/// What is wanted of a scanner, and where it may be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub choice: ScannerChoice,
    /// Bytes of the largest file it looks into, where its configuration can't be seen.
    pub largest: Option<u64>,
    /// Where it may listen, beside what configurations say.
    pub sockets: Vec<PathBuf>,
    pub configurations: Vec<PathBuf>,
}

impl Wanted {
    /// As a person has chosen, on this system.
    #[must_use]
    pub fn new(choice: ScannerChoice, largest: Option<u64>) -> Self {
        let paths = |usual: &[&str]| usual.iter().map(PathBuf::from).collect();
        Self { choice, largest, sockets: paths(&SOCKETS), configurations: paths(&USUAL) }
    }

    /// Where it may be, the likeliest first, each once.
    pub fn places<'a>(&self, configs: impl Iterator<Item = &'a Config>) -> Vec<ScannerAddress> {
        let mut places = Vec::new();
        let mut add = |place: ScannerAddress| {
            if !places.contains(&place) {
                places.push(place);
            }
        };
        match &self.choice {
            ScannerChoice::Off => {}
            ScannerChoice::At(place) => add(place.clone()),
            ScannerChoice::Automatic => {
                // Another machine's would get all that is received here, and nobody has said that it may.
                let configured = configs.flat_map(|config| &config.places).filter(|place| is_here(place));
                configured.cloned().for_each(&mut add);
                self.sockets.iter().map(ScannerAddress::socket).for_each(&mut add);
            }
        }
        places
    }

    /// What holds for the one that is at `place`.
    pub fn limits<'a>(
        &self,
        place: &ScannerAddress,
        mut configs: impl Iterator<Item = &'a Config>,
    ) -> Limits {
        let own = configs.find(|config| config.places.iter().any(|other| is_same(other, place)));
        own.map_or_else(|| Limits::unseen(self.largest), |config| config.limits.clone())
    }
}

fn is_here(place: &ScannerAddress) -> bool {
    match place {
        ScannerAddress::Socket(_) => true,
        ScannerAddress::Tcp(address) => address.ip().is_loopback(),
    }
}

/// `/var/run` is `/run`.
fn is_same(one: &ScannerAddress, other: &ScannerAddress) -> bool {
    match (one, other) {
        (ScannerAddress::Socket(one), ScannerAddress::Socket(other)) => {
            let real = |path: &PathBuf| path.canonicalize().ok();
            one == other || real(one).is_some_and(|one| Some(one) == real(other))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scan::limits::Knowledge;

    fn wanted(choice: &str) -> Wanted {
        let sockets = vec!["/run/a".into(), "/run/b".into()];
        Wanted { sockets, ..Wanted::new(choice.parse().unwrap(), Some(7)) }
    }

    #[test]
    fn a_scanner_is_looked_for_where_it_is_said_to_be_and_only_then_where_it_may_be() {
        let config =
            Config::parse("LocalSocket /run/b\nTCPSocket 99\nTCPAddr 10.0.0.1\nTCPAddr ::1", Path::new("c"));
        let places = |choice: &str| {
            let found = wanted(choice).places([&config].into_iter());
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(places("automatic"), ["/run/b", "[::1]:99", "/run/a"], "and never on another machine");
        assert_eq!(places("10.0.0.9:1"), ["10.0.0.9:1"]);
        assert!(places("off").is_empty());
    }

    #[test]
    fn the_limits_are_those_of_the_configuration_that_names_the_place() {
        let config = Config::parse("LocalSocket /run/b\nMaxFileSize 5", Path::new("c"));
        let limits = |place: &str| {
            let limits = wanted("automatic").limits(&place.parse().unwrap(), [&config].into_iter());
            (limits.largest(), limits.knowledge)
        };
        assert_eq!(limits("/run/b"), (5, Knowledge::Configuration("c".into())));
        assert_eq!(limits("/run/a"), (7, Knowledge::Person));
        assert_eq!(limits("127.0.0.1:3310"), (7, Knowledge::Person));
    }

    #[cfg(unix)]
    #[test]
    fn a_place_with_two_names_is_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let (socket, other) = (folder.path().join("s"), folder.path().join("other"));
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink(&socket, &other).unwrap();
        let config =
            Config::parse(&format!("LocalSocket {}\nMaxFileSize 5", other.display()), Path::new("c"));
        let limits = wanted("automatic").limits(&ScannerAddress::Socket(socket), [&config].into_iter());
        assert_eq!(limits.largest(), 5);
    }
}
