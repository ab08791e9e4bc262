//! TLS 1.3 between two devices that know each other by key alone.
//!
//! Each end shows a self-signed certificate. Names, dates and issuers in it mean nothing: the
//! handshake proves possession of the key, and the key's fingerprint is who it is. Who may do
//! what is decided elsewhere.

use std::{net::IpAddr, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, OtherError, ServerConfig,
    SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        ParsedCertificate,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::{
    addresses::is_here,
    records::{KEEPER, Keeper},
};
use crate::{identity::Identity, model::DeviceId, wire};

/// Both roles' settings for this device's key.
#[derive(Clone)]
pub struct Tls {
    us: DeviceId,
    provider: Arc<CryptoProvider>,
    pub(super) keeper: Keeper,
    pub(super) client: Arc<ClientConfig>,
    pub(super) server: Arc<ServerConfig>,
}

impl Tls {
    /// # Errors
    /// When the key can't be used; one that [`Identity`] made can.
    pub fn new(identity: &Identity) -> Result<Self, rustls::Error> {
        Self::speaking(identity, vec![wire::ALPN.to_vec()])
    }

    /// As [`Tls::new`], with other protocol versions.
    ///
    /// # Errors
    /// As [`Tls::new`].
    pub fn speaking(identity: &Identity, versions: Vec<Vec<u8>>) -> Result<Self, rustls::Error> {
        Self::encrypting(identity, versions, provider())
    }

    /// As [`Tls::speaking`], with the provider's ciphers.
    pub(super) fn encrypting(
        identity: &Identity,
        versions: Vec<Vec<u8>>,
        provider: CryptoProvider,
    ) -> Result<Self, rustls::Error> {
        let provider = Arc::new(provider);
        let verifier = Arc::new(Verifier { provider: Arc::clone(&provider), expected: None });
        let chain = vec![identity.certificate()];

        let mut client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
            .with_client_auth_cert(chain.clone(), identity.private_key())?;
        client.alpn_protocols.clone_from(&versions);
        client.enable_sni = false;
        // For records that are kept here.
        client.enable_secret_extraction = true;
        // Every connection proves both keys anew.
        client.resumption = rustls::client::Resumption::disabled();

        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, identity.private_key())?;
        server.alpn_protocols = versions;
        server.send_tls13_tickets = 0;
        server.enable_secret_extraction = true;
        let (client, server) = (Arc::new(client), Arc::new(server));
        Ok(Self { us: identity.id(), provider, keeper: KEEPER, client, server })
    }

    /// With records kept by this one. What goes over the network is the same.
    #[must_use]
    pub fn kept_by(self, keeper: Keeper) -> Self {
        Self { keeper, ..self }
    }

    /// As a client, reaches this device and nobody else: another one is hung up on before it is shown who calls.
    #[must_use]
    pub fn only(&self, peer: DeviceId) -> Self {
        let mut client = ClientConfig::clone(&self.client);
        let verifier = Verifier { provider: Arc::clone(&self.provider), expected: Some(peer) };
        client.dangerous().set_certificate_verifier(Arc::new(verifier));
        Self { client: Arc::new(client), ..self.clone() }
    }

    /// True of another machine that has this device's key: what has copied a disk has copied it, too.
    /// This machine may call itself.
    pub(super) fn is_twin(&self, peer: DeviceId, address: IpAddr) -> bool {
        peer == self.us && !is_here(address)
    }
}

/// aws-lc-rs with the cheapest cipher for this processor first.
pub(super) fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = if has_aes() {
        vec![
            aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256,
            aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384,
            aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        ]
    } else {
        vec![
            aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
            aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256,
            aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384,
        ]
    };
    provider
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes")
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn has_aes() -> bool {
    false
}

/// The id of whoever is at the other end; `None` before the handshake is over.
pub(super) fn peer_id(state: &rustls::CommonState) -> Option<DeviceId> {
    let certificate = state.peer_certificates()?.first()?;
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    Some(DeviceId::of_public_key(&parsed.subject_public_key_info()))
}

/// Lets in whoever proves possession of the key in their certificate. A client that expects a device says no
/// before it shows its own certificate (RFC 8446, section 2: the server's comes first).
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// `None`: whoever answers.
    expected: Option<DeviceId>,
}

/// Why a server is hung up on.
#[derive(Debug, thiserror::Error)]
#[error("another device answers")]
pub(super) struct AnotherDevice;

impl Verifier {
    fn proves(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        // The library doesn't look at what it has asked for.
        if !SCHEMES.contains(&signature.scheme) {
            return Err(rustls::PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    /// The versions of TLS that would ask this are switched off.
    fn never() -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only TLS 1.3 is spoken".to_owned()))
    }
}

const SCHEMES: [SignatureScheme; 1] = [SignatureScheme::ED25519];

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let peer = DeviceId::of_public_key(&parsed.subject_public_key_info());
        if self.expected.is_some_and(|expected| expected != peer) {
            return Err(CertificateError::Other(OtherError(Arc::new(AnotherDevice))).into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::never()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proves(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        ParsedCertificate::try_from(certificate).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::never()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proves(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::local_addresses;

    #[test]
    fn p13_another_machine_with_this_ones_key_is_told_from_this_machine_itself() {
        let (ours, other) = (Identity::ephemeral().unwrap(), Identity::ephemeral().unwrap());
        let tls = Tls::new(&ours).unwrap();
        // An address that is nobody's (RFC 5737).
        let elsewhere = [192, 0, 2, 1].into();
        assert!(tls.is_twin(ours.id(), elsewhere));
        assert!(!tls.is_twin(other.id(), elsewhere));
        for here in [vec![[127, 0, 0, 1].into()], local_addresses()].concat() {
            assert!(!tls.is_twin(ours.id(), here), "{here}");
        }
    }
}
