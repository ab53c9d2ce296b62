//! What of a URL and a referrer is kept: a path, three words of a campaign, and another site's host.
//!
//! ```text
//! https://user:secret@shop.example:8443/pricing/a?utm_source=mail&token=x#top   ->  path /pricing/a, utm_source mail
//! https://search.example/?q=who+am+i                                            ->  referrer search.example
//! ```
//!
//! Queries, fragments, names and ports are dropped: they often hold names, addresses and keys.

use nameplate::Address;
use url::{Host, Url};

use crate::config::SiteConfig;
use crate::model::Page;
use crate::text::{clean, withhold};
use crate::visit::VisitError;

/// Characters of a path.
const MAX_PATH: usize = 512;
/// Characters of a title.
const MAX_TITLE: usize = 200;
/// Characters of a word of a campaign.
const MAX_UTM: usize = 100;

/// The page of a visit to `site` by `address`, whose address is kept out of it wherever it stands. Without a URL the path is
/// `/`. What is too long is cut. O(bytes).
///
/// # Errors
///
/// [`VisitError::InvalidUrl`] and [`VisitError::ForeignHost`]; a referrer that is no URL is left out, for browsers send
/// what they like.
pub fn page(
    site: &SiteConfig,
    address: Address,
    url: Option<&str>,
    referrer: Option<&str>,
    title: Option<&str>,
) -> Result<Page, VisitError> {
    let fit = |text: &str, most| {
        // Cleaning may join what was apart, and cutting may leave a part: what is withheld is looked for between them.
        let text = clean(&withhold(clean(text, usize::MAX), address), most);
        (!text.is_empty()).then_some(text)
    };
    let mut page = Page {
        path: "/".into(),
        title: title.and_then(|title| fit(title, MAX_TITLE)),
        referrer: referrer.and_then(|referrer| other_host(site, referrer)),
        ..Page::default()
    };
    let Some(url) = url else { return Ok(page) };
    let url = own_url(site, url)?;
    page.path = fit(url.path(), MAX_PATH).unwrap_or_else(|| "/".into());
    for (key, value) in url.query_pairs() {
        let place = match &*key {
            "utm_source" => &mut page.utm_source,
            "utm_medium" => &mut page.utm_medium,
            "utm_campaign" => &mut page.utm_campaign,
            _ => continue,
        };
        if place.is_none() {
            *place = fit(&value, MAX_UTM);
        }
    }
    Ok(page)
}

fn own_url(site: &SiteConfig, text: &str) -> Result<Url, VisitError> {
    // `//host` names a host, and for URLs of the web a backslash is a slash.
    if text.starts_with('/') && !text[1..].starts_with(['/', '\\']) {
        let base = Url::parse("http://site.invalid").map_err(|_| VisitError::InvalidUrl)?;
        return base.join(text).map_err(|_| VisitError::InvalidUrl);
    }
    let url = Url::parse(text).map_err(|_| VisitError::InvalidUrl)?;
    match url.host_str() {
        Some(host) if is_web(&url) && site.has_host(host.trim_end_matches('.')) => Ok(url),
        Some(_) if is_web(&url) => Err(VisitError::ForeignHost),
        _ => Err(VisitError::InvalidUrl),
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// The host of a referrer, where it is another site's, and a name: an address may be somebody's.
fn other_host(site: &SiteConfig, referrer: &str) -> Option<String> {
    let url = Url::parse(referrer).ok().filter(is_web)?;
    let Some(Host::Domain(host)) = url.host() else { return None };
    let host = host.trim_end_matches('.');
    (!site.has_host(host) && host.len() <= 253).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> SiteConfig {
        toml::from_str("name = \"shop\"\nhosts = [\"shop.example\", \"*.shop.example\"]").unwrap()
    }

    fn of(url: &str) -> Result<Page, VisitError> {
        page(&site(), Address::V4(0xcb00_714d), Some(url), None, None)
    }

    #[test]
    fn of_a_url_the_path_is_kept() {
        for (url, path) in [
            ("https://shop.example", "/"),
            ("https://user:secret@SHOP.example:8443/pricing/a?token=x&mail=a@b.example#top", "/pricing/a"),
            ("http://www.shop.example./b/../c", "/c"),
            ("/c?x=1#y", "/c"),
            ("/c/203.0.113.77/d", "/c/[withheld]/d"),
            ("/confirm/anna%40example.com", "/confirm/[withheld]"),
            ("https://shop.example/<script>alert(1)</script>", "/%3Cscript%3Ealert(1)%3C/script%3E"),
            ("https://shop.example/\u{202e}a", "/%E2%80%AEa"),
        ] {
            assert_eq!(of(url).unwrap().path, path, "{url}");
        }
        let long = of(&format!("/{}", "x".repeat(60_000))).unwrap().path;
        assert_eq!(long.len(), MAX_PATH);
    }

    #[test]
    fn other_sites_urls_and_no_urls_are_refused() {
        for url in [
            "https://evil.example/",
            "http://shop.example.evil.example/",
            "https://203.0.113.9/",
            "http://[::1]/",
        ] {
            assert_eq!(of(url), Err(VisitError::ForeignHost), "{url}");
        }
        for url in [
            "",
            "x",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//evil.example/a",
            "/\\evil.example/a",
            "https://",
            "ftp://shop.example/",
        ] {
            assert_eq!(of(url), Err(VisitError::InvalidUrl), "{url}");
        }
    }

    #[test]
    fn of_a_campaign_three_words_are_kept() {
        let page = of("/?utm_source=%20news%E2%80%AEletter&utm_medium=mail&utm_medium=other&utm_campaign=anna@example.com&utm_term=x").unwrap();
        assert_eq!(page.utm_source.as_deref(), Some("newsletter"));
        assert_eq!(page.utm_medium.as_deref(), Some("mail"));
        assert_eq!(page.utm_campaign.as_deref(), Some("[withheld]"));
        assert_eq!(of("/?utm_source=").unwrap().utm_source, None);
    }

    #[test]
    fn of_a_referrer_another_sites_host_is_kept() {
        for (referrer, kept) in [
            ("https://Search.example/?q=secret", Some("search.example")),
            ("https://b\u{fc}cher.example/a", Some("xn--bcher-kva.example")),
            ("https://shop.example/a", None),
            ("https://a.shop.example/a", None),
            ("http://203.0.113.77/", None),
            ("http://[2001:db8::1]/", None),
            ("android-app://com.example.mail", None),
            ("", None),
            ("not a url", None),
        ] {
            let page = page(&site(), Address::V4(1), None, Some(referrer), None).unwrap();
            assert_eq!(page.referrer.as_deref(), kept, "{referrer}");
        }
    }

    #[test]
    fn of_a_title_the_visible_text_is_kept() {
        let title = "  Your address: 203.0.\u{200b}113.77 \n";
        let page = page(&site(), Address::V4(0xcb00_714d), None, None, Some(title)).unwrap();
        assert_eq!(page.title.as_deref(), Some("Your address: [withheld]"));
        assert_eq!(page.path, "/");
    }
}
