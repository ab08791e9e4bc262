use super::*;

fn at(name: &str, address: &str) -> Interface {
    let sort = match name {
        "lo" => Sort::Loopback,
        "docker0" => Sort::Inner,
        "wg0" => Sort::Tunnel,
        _ => Sort::Outer,
    };
    Interface { name: name.to_owned(), address: address.parse().unwrap(), sort, refuses_multicast: None }
}

fn healthy() -> Facts {
    Facts {
        interfaces: vec![at("lo", "127.0.0.1"), at("wlan0", "192.168.1.20"), at("wlan0", "fe80::1")],
        receives: Some(27543),
        visibility: Visibility::Everyone,
        port: Port::Ours,
        firewalls: Vec::new(),
        rules: Rules::Seen { tcp: Verdict::In, udp: Verdict::In },
        hearing: Hearing::Well,
        year: 2026,
        inbox: Inbox::Writable,
        multicast: Multicast::Allowed,
    }
}

fn of(facts: &Facts, about: &str) -> Finding {
    judge(facts).into_iter().find(|finding| finding.about == about).unwrap()
}

#[test]
fn where_all_is_well_nothing_is_doubtful() {
    assert!(
        judge(&healthy()).iter().all(|finding| finding.state == Health::Fine),
        "{:#?}",
        judge(&healthy())
    );
    assert!(of(&healthy(), "Network").text.contains("wlan0 192.168.1.20"));
}

#[test]
fn each_trouble_is_named_and_says_what_to_do() {
    let refused = Interface { refuses_multicast: Some("no".into()), ..at("wlan0", "192.168.1.20") };
    for (about, state, part, facts) in [
        (
            "Network",
            Health::Bad,
            "no network",
            Facts { interfaces: vec![at("lo", "127.0.0.1")], ..healthy() },
        ),
        (
            "Network",
            Health::Bad,
            "containers",
            Facts { interfaces: vec![at("docker0", "172.17.0.1")], ..healthy() },
        ),
        (
            "Network",
            Health::Doubtful,
            "given no address",
            Facts { interfaces: vec![at("eth0", "169.254.3.4"), at("eth0", "fe80::1")], ..healthy() },
        ),
        (
            "Seeing each other",
            Health::Doubtful,
            "no network",
            Facts { interfaces: vec![at("lo", "127.0.0.1")], ..healthy() },
        ),
        (
            "Seeing each other",
            Health::Bad,
            "refused",
            Facts { interfaces: vec![refused.clone()], ..healthy() },
        ),
        (
            "Seeing each other",
            Health::Doubtful,
            "refused",
            Facts { interfaces: vec![refused, at("eth0", "10.0.0.1")], ..healthy() },
        ),
        (
            "Seeing each other",
            Health::Bad,
            "--no-discovery",
            Facts { multicast: Multicast::Never, ..healthy() },
        ),
        (
            "VPN",
            Health::Doubtful,
            "wg0",
            Facts { interfaces: vec![at("wlan0", "10.0.0.1"), at("wg0", "10.9.0.1")], ..healthy() },
        ),
        ("Being seen", Health::Doubtful, "Press Receive", Facts { receives: None, ..healthy() }),
        ("Being seen", Health::Doubtful, "hidden", Facts { visibility: Visibility::Hidden, ..healthy() }),
        ("Being seen", Health::Doubtful, "code", Facts { visibility: Visibility::Known, ..healthy() }),
        ("Port", Health::Doubtful, "HOST:PORT", Facts { port: Port::Taken, ..healthy() }),
        (
            "Seeing each other",
            Health::Bad,
            "avahi",
            Facts { hearing: Hearing::Deaf("It is held by avahi.".into()), ..healthy() },
        ),
        (
            "Seeing each other",
            Health::Doubtful,
            "IPv4",
            Facts { hearing: Hearing::Partly("It is held for IPv4.".into()), ..healthy() },
        ),
        (
            "Receiving folder",
            Health::Bad,
            "Choose",
            Facts { inbox: Inbox::Closed("full".into()), ..healthy() },
        ),
        ("Clock", Health::Doubtful, "1970", Facts { year: 1970, ..healthy() }),
    ] {
        let finding = of(&facts, about);
        assert_eq!(finding.state, state, "{finding:?}");
        assert!(finding.text.contains(part), "{finding:?}");
    }
}

#[test]
fn what_is_known_of_the_firewall_is_said_and_what_to_do_about_it() {
    for (about, state, part, facts) in [
        (
            "Firewall",
            Health::Doubtful,
            "27543",
            Facts { firewalls: vec!["ufw"], rules: Rules::Unseen, ..healthy() },
        ),
        (
            "Firewall",
            Health::Bad,
            "ufw allow 27543/tcp",
            Facts {
                firewalls: vec!["ufw"],
                rules: Rules::Seen { tcp: Verdict::Out, udp: Verdict::Out },
                ..healthy()
            },
        ),
        (
            "Firewall",
            Health::Doubtful,
            "5353",
            Facts { rules: Rules::Seen { tcp: Verdict::In, udp: Verdict::Out }, ..healthy() },
        ),
        (
            "Firewall",
            Health::Doubtful,
            "some",
            Facts { rules: Rules::Seen { tcp: Verdict::Depends, udp: Verdict::In }, ..healthy() },
        ),
        ("Firewall", Health::Fine, "administrator", Facts { rules: Rules::Unseen, ..healthy() }),
    ] {
        let finding = of(&facts, about);
        assert_eq!(finding.state, state, "{finding:?}");
        assert!(finding.text.contains(part), "{finding:?}");
    }
}

#[test]
fn this_device_can_be_looked_at() {
    let home = tempfile::tempdir().unwrap();
    let facts = gather(None, Visibility::Everyone, home.path(), Multicast::Never);
    assert_eq!(facts.inbox, Inbox::Writable);
    assert_eq!(judge(&facts).len(), 8);
    let gone = gather(None, Visibility::Everyone, &home.path().join("a/b"), Multicast::Never);
    assert_eq!(gone.inbox, Inbox::Writable, "it is made when something comes");
    std::fs::write(home.path().join("file"), "").unwrap();
    let file = gather(None, Visibility::Everyone, &home.path().join("file"), Multicast::Never);
    assert!(matches!(file.inbox, Inbox::Closed(_)));
}
