//! Proofs that a domain is one's own: a link in a mail that was sent there, or a TXT record.
//!
//! Both are an HMAC-SHA256 of the domain under a key of this store, so that nothing has to be remembered of who began: a mail's proof holds
//! for an hour, a record's until it is used. Whoever does not read the domain's mail or write its records can't make either.

use std::net::SocketAddr;

use base64ct::{Base64UrlUnpadded, Encoding};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hmac::{Hmac, KeyInit, Mac};
use nameplate_leads::form_domain::FormDomain;
use sha2::Sha256;

/// Seconds for which a mail's link holds.
pub(crate) const LINK_SECONDS: i64 = 3600;

/// Before the proof, in a record.
const RECORD: &str = "nameplate-objection=";

/// Of a store: see [`nameplate_leads::store::Store::proof_key`].
pub(crate) struct ProofKey(pub(crate) [u8; 32]);

impl ProofKey {
    /// For a mail's link that holds until then, in seconds since 1970.
    pub(crate) fn of_link(&self, domain: &FormDomain, until: i64) -> String {
        Base64UrlUnpadded::encode_string(&self.mac("link", domain, until).finalize().into_bytes())
    }

    /// Whether that is the link's, in a time that says nothing, and it holds now.
    pub(crate) fn is_link(&self, domain: &FormDomain, until: i64, proof: &str, now: i64) -> bool {
        let sent = Base64UrlUnpadded::decode_vec(proof).unwrap_or_default();
        let right = self.mac("link", domain, until).verify_slice(&sent).is_ok();
        right && (now..=now + LINK_SECONDS).contains(&until)
    }

    /// The text of the record, at [`record_name`].
    pub(crate) fn of_record(&self, domain: &FormDomain) -> String {
        let mac = self.mac("record", domain, 0).finalize().into_bytes();
        format!("{RECORD}{}", Base64UrlUnpadded::encode_string(&mac))
    }

    fn mac(&self, kind: &str, domain: &FormDomain, until: i64) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.chain_update(kind).chain_update(until.to_be_bytes()).chain_update(domain.as_str())
    }
}

/// Where the record stands.
pub(crate) fn record_name(domain: &FormDomain) -> String {
    format!("_nameplate.{}", domain.as_str())
}

/// Whether the domain has a record of this text, asked of this server now: nothing is remembered of an answer before. It takes some seconds where
/// the server does not answer.
pub(crate) async fn has_record(server: SocketAddr, domain: &FormDomain, text: &str) -> bool {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().cache_size = 0;
    builder.options_mut().attempts = 1;
    let Ok(resolver) = builder.build() else { return false };
    // With its dot at the end: no other domain is searched.
    let Ok(found) = resolver.lookup(format!("{}.", record_name(domain)), RecordType::TXT).await else {
        return false;
    };
    found.answers().iter().any(|record| match &record.data {
        RData::TXT(record) => record.txt_data.concat() == text.as_bytes(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str) -> FormDomain {
        FormDomain::parse(name).unwrap()
    }

    #[test]
    fn a_link_is_of_one_domain_and_an_hour() {
        let (key, example) = (ProofKey([1; 32]), domain("example.com"));
        let proof = key.of_link(&example, 4600);
        assert!(key.is_link(&example, 4600, &proof, 1000));
        assert!(key.is_link(&example, 4600, &proof, 4600));
        assert!(!key.is_link(&example, 4600, &proof, 4601), "too old");
        assert!(!key.is_link(&example, 9999, &proof, 1000), "another time");
        assert!(!key.is_link(&domain("a.example.com"), 4600, &proof, 1000));
        assert!(!ProofKey([2; 32]).is_link(&example, 4600, &proof, 1000));
        for forged in ["", "A", &proof[1..], &key.of_record(&example)] {
            assert!(!key.is_link(&example, 4600, forged, 1000));
        }
        let far = key.of_link(&example, 1_000_000);
        assert!(!key.is_link(&example, 1_000_000, &far, 1000), "for longer than was given");
    }

    #[test]
    fn a_records_text_is_of_one_domain() {
        let key = ProofKey([1; 32]);
        let text = key.of_record(&domain("example.com"));
        assert!(text.starts_with("nameplate-objection=") && text.len() == 63);
        assert_ne!(text, key.of_record(&domain("example.org")));
        assert_ne!(text, ProofKey([2; 32]).of_record(&domain("example.com")));
        assert_eq!(record_name(&domain("Example.com")), "_nameplate.example.com");
    }
}
