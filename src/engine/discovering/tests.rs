use std::process::Command;

use super::*;
use crate::{
    engine::{DeviceCard, Snapshot, seam},
    identity::{Identity, TrustStore},
    net::Listener,
    settings::Settings,
};

/// Run once more by itself, where there is no network that it could ask.
const ALONE: &str = "engine::discovering::tests::multicast_that_has_broken_down_is_begun_anew";

#[tokio::test]
async fn multicast_that_has_broken_down_is_begun_anew() {
    if std::env::var_os("AIRLIFT_ALONE").is_none() {
        let alone = |program: &std::path::Path, words: &[&str]| {
            let mut command = Command::new("unshare");
            command.arg("--net").arg(program).args(words).env("AIRLIFT_ALONE", "1").output()
        };
        if !alone("true".as_ref(), &[]).is_ok_and(|tried| tried.status.success()) {
            return loud::skipped(ALONE, "no network namespaces here (they need root and unshare)");
        }
        let tried = alone(&std::env::current_exe().unwrap(), &["--exact", ALONE]).unwrap();
        let said = String::from_utf8_lossy(&tried.stdout);
        assert!(tried.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let identity = Identity::ephemeral().unwrap();
    let device = DeviceCard { id: identity.id(), name: DeviceName::parse("Us").unwrap() };
    let (_, end) = seam(Snapshot::new(device, Settings::default()), Arc::new(|| {}));
    let devices = Devices::new(TrustStore::open(home.path()).unwrap(), end.publisher.clone());
    let tls = Tls::new(&identity).unwrap();
    let (view, mut discovering) = View::new(identity.id(), tls, devices, end.publisher);
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
