use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::{
    discovery::Place,
    engine::{DeviceCard, Handle, Snapshot, Update, seam},
    identity::{Identity, TrustStore},
    model::{DeviceKind, DeviceName},
    net::Listener,
    settings::Settings,
};

fn discovering(home: &TempDir) -> (View, Discovering, Handle) {
    let identity = Identity::ephemeral().unwrap();
    let device = DeviceCard { id: identity.id(), name: DeviceName::parse("Us").unwrap() };
    let (handle, end) = seam(Snapshot::new(device, Settings::default()), Arc::new(|| {}));
    let devices = Devices::new(TrustStore::open(home.path()).unwrap(), end.publisher.clone());
    let tls = Tls::new(&identity).unwrap();
    let (view, discovering) = Discovering::new(identity.id(), tls, devices, end.publisher);
    (view, discovering, handle)
}

#[tokio::test(start_paused = true)]
async fn however_much_is_announced_faces_are_told_now_and_then_and_of_all_of_it() {
    let home = tempfile::tempdir().unwrap();
    let (_view, mut discovering, handle) = discovering(&home);
    let (mut state, mut events) = handle.subscribe();
    for n in 0..100 {
        let (id, name) = (DeviceId::of_public_key(&[n]), DeviceName::parse("x").unwrap());
        let claim = Claim::Open { id, name, kind: DeviceKind::Laptop };
        let places = vec![Place { address: "10.0.0.7:1".parse().unwrap(), interface: None }];
        let announcement = Announcement { claim, channel: None };
        discovering.see(Seen::Here { instance: n.to_string(), announcement, places });
        discovering.publish();
    }
    let mut told = 0;
    for expected in [1, 100] {
        while let Some(Update::Event(event)) = events.try_next() {
            state.apply(&event);
            told += 1;
        }
        assert_eq!(state.nearby.len(), expected);
        until(discovering.tell_at.or(Some(Instant::now()))).await;
        discovering.publish();
    }
    assert_eq!(told, 2);
}

/// Runs itself once more, where there is no network that it could ask.
#[tokio::test]
async fn multicast_that_has_broken_down_is_begun_anew() {
    let here = module_path!().split_once("::").unwrap().1;
    let itself = &format!("{here}::multicast_that_has_broken_down_is_begun_anew");
    if std::env::var_os("AIRLIFT_ALONE").is_none() {
        let alone = |program: &std::path::Path, words: &[&str]| {
            let mut command = Command::new("unshare");
            command.arg("--net").arg(program).args(words).env("AIRLIFT_ALONE", "1").output()
        };
        if !alone("true".as_ref(), &[]).is_ok_and(|tried| tried.status.success()) {
            return loud::skipped(itself, "no network namespaces here (they need root and unshare)");
        }
        let tried = alone(&std::env::current_exe().unwrap(), &["--exact", itself]).unwrap();
        let said = String::from_utf8_lossy(&tried.stdout);
        assert!(tried.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (view, mut discovering, _handle) = discovering(&home);
    view.look(Looking::On);
    discovering.set_up();
    for is_seen in [true, false] {
        discovering.multicast.as_ref().unwrap().kill();
        if is_seen {
            let seen = timeout(limits::HANDSHAKE, next(&mut discovering.multicast)).await.unwrap();
            discovering.give_up(&seen.unwrap_err());
        }
        discovering.look_again();
        let multicast = discovering.multicast.as_mut().unwrap();
        multicast.stop_browsing();
        assert!(multicast.browse().is_ok() && multicast.is_alive());
    }
}

#[tokio::test]
async fn a_device_is_where_it_is_announced_only_if_its_own_key_answers_there() {
    let device = || {
        let identity = Identity::ephemeral().unwrap();
        (identity.id(), Tls::new(&identity).unwrap())
    };
    let ((us, ours), (ben, bens)) = (device(), device());
    let listener = Listener::loopback(bens).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], listener.port().unwrap()));
    let answering = async {
        for _ in 0..2 {
            let _ = listener.accept().await.unwrap().identify().await;
        }
    };
    let calling = async { (call(ben, address, &ours).await, call(us, address, &ours).await) };
    let ((own, other), ()) = tokio::join!(calling, answering);
    assert!(matches!(own, RouteAnswer::Proved(_)));
    assert_eq!(other, RouteAnswer::Other);
    drop(listener);
    assert_eq!(call(ben, address, &ours).await, RouteAnswer::Silent);
}
