//! What a record of a MaxMind DB says, of whatever types its fields are.

use std::fmt;

use nameplate::{CompanyKind, OperatorKind};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::text::{self, Refusal};
use super::{Country, Kind};

/// The fields of a record that are read.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts<'a> {
    pub(super) asn: Value<'a>,
    pub(super) as_name: Value<'a>,
    pub(super) as_domain: Value<'a>,
    pub(super) as_type: Value<'a>,
    pub(super) name: Value<'a>,
    pub(super) domain: Value<'a>,
    isp: Value<'a>,
    user_type: Value<'a>,
    connection_type: Value<'a>,
    kind: Value<'a>,
    country: Value<'a>,
    country_code: Value<'a>,
    registered_country: Value<'a>,
}

impl<'a> Facts<'a> {
    /// Where the network is registered, or else where it is.
    pub(super) fn country(&self) -> Result<Option<Country>, Refusal> {
        let code = [self.registered_country, self.country_code, self.country]
            .into_iter()
            .find(|value| !matches!(value, Value::None))
            .unwrap_or_default();
        text::country(code.text()?.unwrap_or_default().as_bytes())
    }

    /// What kind of organisation holds the network, where the fields leave no doubt.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.kind.kind().or_else(|| self.user_kind())
    }

    /// MaxMind's `user_type` says who uses a network. Where no other organisation than the access
    /// provider is named, a business's line says nothing about the provider.
    fn user_kind(&self) -> Option<Kind> {
        let word = |value: Value<'a>| value.text().ok().flatten();
        let of_users = word(self.name).is_some() && word(self.name) != word(self.isp);
        match (word(self.user_type), word(self.connection_type)) {
            (Some("hosting" | "content_delivery_network"), _) => Some(Kind::Operator(OperatorKind::Hosting)),
            (Some("consumer_privacy_network"), _) => Some(Kind::Operator(OperatorKind::Vpn)),
            (Some("cellular"), _) | (None, Some("Cellular")) => Some(Kind::Operator(OperatorKind::Mobile)),
            (Some("residential" | "dialup" | "cafe" | "traveler"), _) => {
                Some(Kind::Operator(OperatorKind::Access))
            }
            (Some("business"), _) if of_users => Some(Kind::Company(CompanyKind::Business)),
            (Some("college" | "school"), _) if of_users => Some(Kind::Company(CompanyKind::Education)),
            (Some("government" | "military"), _) if of_users => Some(Kind::Company(CompanyKind::Government)),
            _ => None,
        }
    }
}

/// Takes the fields of a map, and those of the `traits` in it.
struct Fill<'f, 'a> {
    facts: &'f mut Facts<'a>,
    in_traits: bool,
}

impl<'a> Visitor<'a> for Fill<'_, 'a> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let Fill { facts, in_traits } = self;
        while let Some(key) = map.next_key::<&str>()? {
            let field = match key {
                "autonomous_system_number" | "asn" => &mut facts.asn,
                "autonomous_system_organization" | "as_name" => &mut facts.as_name,
                "as_domain" => &mut facts.as_domain,
                "as_type" => &mut facts.as_type,
                "organization" | "name" => &mut facts.name,
                "domain" if !in_traits => &mut facts.domain,
                "isp" => &mut facts.isp,
                "user_type" => &mut facts.user_type,
                "connection_type" => &mut facts.connection_type,
                "type" => &mut facts.kind,
                "country" => &mut facts.country,
                "country_code" => &mut facts.country_code,
                "registered_country" => &mut facts.registered_country,
                "traits" if !in_traits => {
                    map.next_value_seed(Fill { facts, in_traits: true })?;
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *field = map.next_value()?;
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Fill<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Deserialize<'a> for Facts<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Facts<'a>, D::Error> {
        let mut facts = Facts::default();
        Fill { facts: &mut facts, in_traits: false }.deserialize(deserializer)?;
        Ok(facts)
    }
}

/// A field: text or a number, of a map its `iso_code`, nothing of anything else.
#[derive(Clone, Copy, Default)]
pub(super) enum Value<'a> {
    #[default]
    None,
    Text(&'a str),
    Number(u64),
}

impl<'a> Value<'a> {
    /// A text as [`text::text`] wants it.
    pub(super) fn text(self) -> Result<Option<&'a str>, Refusal> {
        match self {
            Value::Text(text) => text::text(text.as_bytes()),
            Value::None | Value::Number(_) => Ok(None),
        }
    }

    /// An AS number, as a number or as `AS64500`.
    pub(super) fn asn(self) -> Result<Option<u32>, Refusal> {
        match self {
            Value::None => Ok(None),
            Value::Text(text) => text::asn(text.as_bytes()),
            Value::Number(number) => text::asn(number.to_string().as_bytes()),
        }
    }

    /// A kind, if it is one of those that are known.
    pub(super) fn kind(self) -> Option<Kind> {
        text::kind(self.text().ok()??.as_bytes()).ok()?
    }
}

struct AnyValue;

impl<'a> Visitor<'a> for AnyValue {
    type Value = Value<'a>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Value<'a>, E> {
        Ok(Value::Text(text))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'a>, E> {
        Ok(Value::Number(number))
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Value<'a>, M::Error> {
        let mut code = Value::None;
        while let Some(key) = map.next_key::<&str>()? {
            if key == "iso_code" {
                code = Value::Text(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(code)
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut seq: S) -> Result<Value<'a>, S::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value<'a>, E> {
        Ok(Value::None)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Value<'a>, E> {
        Ok(Value::None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value<'a>, E> {
        Ok(Value::None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value<'a>, E> {
        Ok(Value::None)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Value<'a>, E> {
        Ok(Value::None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'a>, E> {
        Ok(Value::None)
    }
}

impl<'a> Deserialize<'a> for Value<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Value<'a>, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}
