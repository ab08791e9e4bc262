//! The daemon's own configuration, as far as it says where it listens and how much it looks into.
//!
//! Knows the file's form: a word and a value a line. Must not know which of several daemons is meant.

use std::{
    fs,
    io::Read as _,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::limits::{Knowledge, Limits, Looking, Telling};
use crate::model::ScannerAddress;

/// Where systems keep it.
pub const USUAL: [&str; 6] = [
    "/etc/clamav/clamd.conf",
    "/etc/clamd.d/scan.conf",
    "/etc/clamd.conf",
    "/usr/local/etc/clamav/clamd.conf",
    "/usr/local/etc/clamd.conf",
    "/opt/homebrew/etc/clamav/clamd.conf",
];

/// No configuration is longer.
const MOST: u64 = 1 << 20;

/// Switches of what is looked into; all are on unless they are switched off.
const SORTS: [&str; 12] = [
    "ScanPE",
    "ScanELF",
    "ScanMail",
    "ScanHTML",
    "ScanOLE2",
    "ScanPDF",
    "ScanSWF",
    "ScanXMLDOCS",
    "ScanHWP3",
    "ScanOneNote",
    "ScanArchive",
    "ScanImage",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub limits: Limits,
    /// Where it listens, in the order in which they stand.
    pub places: Vec<ScannerAddress>,
}

impl Config {
    /// Reads what stands in `text`, which came from `file`. What isn't understood is as if it weren't there, but never
    /// to the scanner's credit.
    pub fn parse(text: &str, file: &Path) -> Self {
        let knowledge = Knowledge::Configuration(file.to_owned());
        let mut limits = Limits { knowledge, ..Limits::default() };
        let (mut sockets, mut port, mut hosts) = (Vec::new(), None, Vec::new());
        let (mut archives, mut documents) = (false, false);
        for (word, value) in text.lines().filter_map(option) {
            let is = |name: &str| word.eq_ignore_ascii_case(name);
            if is("LocalSocket") {
                sockets.push(ScannerAddress::socket(value));
            } else if is("TCPSocket") {
                port = value.parse::<u16>().ok();
            } else if is("TCPAddr") {
                hosts.extend(host(value));
            } else if is("MaxFileSize") {
                limits.file = size(value);
            } else if is("MaxScanSize") {
                limits.scan = size(value);
            } else if is("MaxScanTime") {
                limits.time = time(value);
            } else if is("AlertExceedsMax") {
                limits.exceeding = telling(value);
            } else if is("AlertEncrypted") {
                limits.encrypted = telling(value);
            } else if is("AlertEncryptedArchive") {
                archives = is_yes(value);
            } else if is("AlertEncryptedDoc") {
                documents = is_yes(value);
            } else if SORTS.iter().any(|sort| is(sort)) && !is_yes(value) {
                limits.inside = Looking::Somewhere;
            }
        }
        if archives && documents {
            limits.encrypted = Telling::Told;
        }
        if let Some(port) = port {
            // Without an address it listens on all.
            let hosts = if hosts.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { hosts };
            sockets.extend(hosts.into_iter().map(|host| ScannerAddress::Tcp((host, port).into())));
        }
        Self { limits, places: sockets }
    }
}

/// A word and its value.
fn option(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (word, value) = line.split_once(char::is_whitespace)?;
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    (!word.starts_with('#')).then_some((word, quoted.unwrap_or(value)))
}

fn is_yes(value: &str) -> bool {
    ["yes", "true", "1"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

fn telling(value: &str) -> Telling {
    if is_yes(value) { Telling::Told } else { Telling::Silent }
}

/// Bytes. Zero is none, and so is none that can't be understood: of that nothing is believed.
fn size(value: &str) -> Option<u64> {
    let (digits, unit) = match value.char_indices().last()? {
        (end, 'k' | 'K') => (&value[..end], 1 << 10),
        (end, 'm' | 'M') => (&value[..end], 1 << 20),
        (end, 'g' | 'G') => (&value[..end], 1 << 30),
        _ => (value, 1),
    };
    match digits.parse::<u64>() {
        Ok(0) => None,
        Ok(number) => Some(number.saturating_mul(unit)),
        // It would not start with it.
        Err(_) => Some(0),
    }
}

/// It is in milliseconds.
fn time(value: &str) -> Option<Duration> {
    let milliseconds = value.parse().unwrap_or(1);
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

/// One that listens on all addresses is spoken to on this machine's own.
fn host(value: &str) -> Option<IpAddr> {
    if value.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    let ip: IpAddr = value.parse().ok()?;
    Some(if ip.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { ip })
}

/// The configurations of this machine, each read again when it is another.
#[derive(Debug)]
pub struct Configs {
    files: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    /// Of what was read last; `None` where there was nothing.
    stamp: Option<(SystemTime, u64)>,
    config: Option<Config>,
}

impl Configs {
    pub fn at(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let kept = |path| Kept { path, stamp: None, config: None };
        Self { files: paths.into_iter().map(kept).collect() }
    }

    /// As they are now.
    pub fn now(&mut self) -> impl Iterator<Item = &Config> {
        for file in &mut self.files {
            let there = fs::metadata(&file.path).ok().filter(fs::Metadata::is_file);
            let stamp = there.and_then(|there| Some((there.modified().ok()?, there.len())));
            if stamp != file.stamp {
                // One that can't be read is tried again when it changes.
                file.config = stamp.and_then(|_| read(&file.path));
                file.stamp = stamp;
            }
        }
        self.files.iter().filter_map(|file| file.config.as_ref())
    }
}

fn read(path: &Path) -> Option<Config> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
    match read {
        Ok(_) => Some(Config::parse(&String::from_utf8_lossy(&bytes), path)),
        Err(problem) => {
            tracing::info!(%problem, path = %path.display(), "the scanner's configuration can't be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Limits {
        Config::parse(text, Path::new("/etc/clamd.conf")).limits
    }

    #[test]
    fn what_a_configuration_does_not_mention_is_as_the_daemon_has_it() {
        let seen = limits("# nothing\n\n");
        let known = Knowledge::Configuration("/etc/clamd.conf".into());
        assert_eq!(seen, Limits { knowledge: known, ..Limits::default() });
        assert_eq!(seen.largest(), 104_857_600);
    }

    #[test]
    fn sizes_have_letters_and_zero_is_no_limit() {
        for (text, file) in [
            ("MaxFileSize 100M", Some(104_857_600)),
            ("MaxFileSize\t12k", Some(12_288)),
            ("  MaxFileSize 2G  ", Some(2_147_483_648)),
            ("MaxFileSize 77", Some(77)),
            ("MaxFileSize 0", None),
            ("MaxFileSize 0M", None),
            ("MaxFileSize 5\nMaxFileSize 6", Some(6)),
            ("MaxFileSize lots", Some(0)),
            ("MaxFileSize 99999999999999999999", Some(0)),
            ("MaxFileSize 18446744073709551615G", Some(u64::MAX)),
            ("#MaxFileSize 5", Some(100 << 20)),
            ("MaxFileSizes 5", Some(100 << 20)),
            ("MaxFileSize", Some(100 << 20)),
        ] {
            assert_eq!(limits(text).file, file, "{text}");
        }
        assert_eq!(limits("MaxScanSize 1K").scan, Some(1024));
        assert_eq!(limits("MaxScanTime 5000").time, Some(Duration::from_secs(5)));
        assert_eq!(limits("MaxScanTime 0").time, None);
        assert_eq!(limits("MaxScanTime ages").time, Some(Duration::from_millis(1)));
    }

    #[test]
    fn what_the_daemon_says_of_its_limits_is_believed_only_when_it_is_switched_on() {
        let both = "AlertExceedsMax yes\nAlertEncrypted true";
        assert!(limits(both).tells_all());
        assert!(limits("AlertExceedsMax 1\nAlertEncryptedArchive yes\nAlertEncryptedDoc yes").tells_all());
        for text in [
            "",
            "AlertExceedsMax yes",
            "AlertEncrypted yes",
            "AlertExceedsMax perhaps\nAlertEncrypted yes",
            "AlertExceedsMax yes\nAlertEncryptedArchive yes",
            "AlertExceedsMax yes\nAlertEncrypted yes\nScanArchive no",
            "AlertExceedsMax yes\nAlertEncrypted yes\nScanPDF false",
        ] {
            assert!(!limits(text).tells_all(), "{text}");
        }
    }

    #[test]
    fn where_it_listens_stands_in_it() {
        let places = |text: &str| {
            let config = Config::parse(text, Path::new("x"));
            config.places.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(places("LocalSocket /run/a b.ctl\nTCPSocket 3310"), ["/run/a b.ctl", "127.0.0.1:3310"]);
        assert_eq!(places("LocalSocket \"/run/quoted\""), ["/run/quoted"]);
        let tcp = "TCPAddr localhost\nTCPAddr ::1\nTCPAddr 0.0.0.0\nTCPAddr some.host\nTCPSocket 33";
        assert_eq!(places(tcp), ["127.0.0.1:33", "[::1]:33", "127.0.0.1:33"]);
        assert!(places("TCPAddr 127.0.0.1\nTCPSocket many").is_empty());
    }

    #[test]
    fn one_that_changes_is_read_again_and_one_that_goes_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clamd.conf");
        let mut configs = Configs::at([file.clone(), folder.path().to_owned()]);
        let largest =
            |configs: &mut Configs| configs.now().map(|config| config.limits.largest()).collect::<Vec<_>>();
        assert!(largest(&mut configs).is_empty());
        for (text, most) in [("MaxFileSize 7", 7), ("MaxFileSize 70", 70), ("MaxFileSize  8", 8)] {
            fs::write(&file, text).unwrap();
            assert_eq!(largest(&mut configs), [most], "{text}");
            assert_eq!(largest(&mut configs), [most], "{text}");
        }
        fs::remove_file(&file).unwrap();
        assert!(largest(&mut configs).is_empty());
    }
}
