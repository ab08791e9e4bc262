use super::*;

fn at(name: &str, address: &str) -> Interface {
    Interface { name: name.to_owned(), address: address.parse().unwrap(), refuses_multicast: None }
}

fn healthy() -> Facts {
    Facts {
        interfaces: vec![at("lo", "127.0.0.1"), at("wlan0", "192.168.1.20"), at("wlan0", "fe80::1")],
        receives: Some(27543),
        visibility: Visibility::Everyone,
        port: Port::Ours,
        firewalls: Vec::new(),
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
        ("Firewall", Health::Doubtful, "27543", Facts { firewalls: vec!["ufw"], ..healthy() }),
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
