use super::*;
use crate::{
    cli::asked::{Benching, ReceiveUntil},
    engine::{PortChoice, Remember},
    model::{ByteRate, Conflict, Landing, Source},
};

fn read(line: &[&str]) -> Result<Invocation, clap::Error> {
    parse(std::iter::once(&"airlift").chain(line).map(OsString::from))
}

fn task(line: &[&str]) -> Task {
    read(line).unwrap_or_else(|e| panic!("{line:?}: {e}")).task
}

#[test]
fn the_command_is_well_formed() {
    command().debug_assert();
}

#[test]
fn without_a_command_the_window_is_asked_for() {
    assert_eq!(task(&[]), Task::Window);
    assert_eq!(task(&["--device-name", "Anna", "-v"]), Task::Window);
}

#[test]
fn global_options_stand_before_and_after_the_command() {
    for line in [["--json", "--home", "h", "id", "-vv"], ["id", "-vv", "--home", "h", "--json"]] {
        let asked = read(&line).unwrap();
        assert_eq!((asked.form, asked.echo), (Form::Json, Echo::Debug));
        assert_eq!(asked.config.home, std::env::current_dir().unwrap().join("h"));
    }
    assert_eq!(read(&["id", "-q"]).unwrap().form, Form::Quiet);
    assert_eq!(read(&["id", "-q", "--json"]).unwrap().form, Form::Json);
    assert_eq!(read(&["id", "-v"]).unwrap().echo, Echo::Info);
}

#[test]
fn a_dash_is_standard_input_under_the_name_it_was_given() {
    let Task::Send(sending) = task(&["send", "a", "-", "./-", "--to", "host:9", "--as", "dump.sql"]) else {
        panic!("not a send")
    };
    assert_eq!(sending.to, Some("host:9".parse().unwrap()));
    assert_eq!(
        sending.sources,
        [
            Source::Path("a".into()),
            Source::StandardInput { name: "dump.sql".to_owned() },
            Source::Path("./-".into())
        ]
    );
}

#[test]
fn receiving_has_the_documented_defaults() {
    let Task::Receive(reception) = task(&["receive"]) else { panic!("not a receive") };
    assert_eq!(
        reception,
        Reception {
            port: PortChoice::Default,
            accept: None,
            until: ReceiveUntil::Interrupted,
            landing: Landing::default(),
            conflict: None,
            code: None,
            remember: Remember::Known
        }
    );
    let line = "receive --dir in --port 0 --accept all --once --save-as x --conflict keep-both";
    let Task::Receive(reception) = task(&line.split(' ').collect::<Vec<_>>()) else {
        panic!("not a receive")
    };
    assert_eq!(reception.port, PortChoice::Exactly(0));
    assert_eq!(reception.accept, Some(Accept::All));
    assert_eq!(reception.until, ReceiveUntil::OneTransfer);
    assert_eq!(reception.landing.folder, Some(std::env::current_dir().unwrap().join("in")));
    assert_eq!(reception.landing.name.as_deref(), Some("x"));
    assert_eq!(reception.conflict, Some(Conflict::KeepBoth));
}

#[test]
fn a_speed_test_is_of_this_device_and_of_a_gigabyte_unless_told_otherwise() {
    assert_eq!(task(&["bench"]), Task::Bench(Benching { to: None, bytes: 1_000_000_000 }));
    for (size, bytes) in [("500", 500), ("20kB", 20_000), ("1.5 MB", 1_500_000), ("4GiB", 4 << 30)] {
        let to = Some("host:9".parse().unwrap());
        let asked = task(&["bench", "--to", "host:9", "--size", size]);
        assert_eq!(asked, Task::Bench(Benching { to, bytes }), "{size}");
    }
}

#[test]
fn a_speed_limit_is_for_this_run_whichever_way_the_bytes_go() {
    for line in [&["send", "a", "--to", "host", "--limit", "20 MB/s"][..], &["receive", "--limit=20MB/s"]] {
        assert_eq!(read(line).unwrap().config.limit, ByteRate::new(20_000_000), "{line:?}");
    }
    assert_eq!(read(&["receive"]).unwrap().config.limit, None);
}

#[test]
fn what_makes_no_sense_is_a_usage_error_with_its_reason() {
    for (line, reason) in [
        ("send --to host", "PATH"),
        ("send a --to host:0", "not a port"),
        ("send - --to host", "--as FILENAME"),
        ("send - - --as x --to host", "more than once"),
        ("send a --as x --to host", "standard input"),
        ("send - --as ../x --to host", "“..”"),
        ("send - --as a/b --to host", "one name"),
        ("send a --to host --limit fast", "no speed"),
        ("send a --to host --limit 20Mb/s", "bits or bytes"),
        ("receive --limit 0", "no speed"),
        ("demo --limit 1MB/s", "--limit"),
        ("receive --port 65536", "65536"),
        ("receive --accept some", "all"),
        ("receive --conflict overwrite", "replace"),
        ("receive --save-as /etc/x", "root"),
        ("receive --dir=", "value"),
        ("bench --size 0", "nothing"),
        ("bench --size many", "500MB"),
        ("bench --size 101GB", "100 GB"),
        ("bench --size 99999999999EB", "100 GB"),
        ("bench --to host:0", "not a port"),
        ("id --device-name \u{202e}", "invisible"),
        ("id -q -v", "cannot be used with"),
        ("fly", "fly"),
    ] {
        let refused = read(&line.split(' ').collect::<Vec<_>>()).expect_err(line);
        assert_eq!(refused.exit_code(), 2, "{line}");
        assert!(refused.to_string().contains(reason), "{line}: {refused}");
    }
}

#[test]
fn help_and_version_are_no_mistakes_and_the_help_names_every_exit_code() {
    assert_eq!(read(&["--version"]).unwrap_err().exit_code(), 0);
    let help = read(&["--help"]).unwrap_err();
    assert_eq!(help.exit_code(), 0);
    let help = help.to_string();
    for code in EXIT_CODES.lines() {
        assert!(help.contains(code), "{code}");
    }
}

#[test]
fn a_code_is_given_or_asked_for_and_finds_the_device_where_no_address_is_said() {
    let given = Some(Words::Given("7-lamp-orbit".parse().unwrap()));
    for (line, code, remember) in [
        ("send a --code 7-lamp-orbit", given, Remember::Known),
        ("send --code=7-lamp-orbit --remember a", given, Remember::Trusted),
        ("send a --remember --code", Some(Words::Left), Remember::Trusted),
    ] {
        let Task::Send(sending) = task(&line.split(' ').collect::<Vec<_>>()) else { panic!("not a send") };
        assert_eq!((sending.to, sending.code, sending.remember), (None, code, remember), "{line}");
    }
    for (line, code) in [
        ("receive --code --once", Some(Words::Left)),
        ("receive --code 7-lamp-orbit", given),
        ("receive", None),
    ] {
        let Task::Receive(asked) = task(&line.split(' ').collect::<Vec<_>>()) else {
            panic!("not a receive")
        };
        assert_eq!((asked.code, asked.remember), (code, Remember::Known), "{line}");
    }
    for line in [
        "send a",
        "send a --code 7",
        "send a --to host --remember",
        "send - --as x --code",
        "receive --code x",
        "receive --remember",
    ] {
        assert!(read(&line.split(' ').collect::<Vec<_>>()).is_err(), "{line}");
    }
}
