use super::*;

/// A secret's file as it should be, and the directory that holds it.
fn secret(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    (folder, path)
}

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";

#[derive(Deserialize)]
struct Written {
    outgoing: OutgoingConfig,
    #[serde(default)]
    targets: Vec<TargetConfig>,
}

fn checked(text: &str, secret: &Path) -> Result<Targets, String> {
    let text = text.replace("SECRET", secret.to_str().unwrap());
    let written: Written = toml::from_str(&text).map_err(|error| error.to_string())?;
    Targets::new(&written.outgoing, &written.targets).map_err(|error| error.to_string())
}

fn hook(allow: &str, url: &str) -> Result<Targets, String> {
    let (_folder, path) = secret(KEY);
    checked(
        &format!(
            "[outgoing]\n{allow}\n[[targets]]\nname = 'crm'\nkind = 'webhook'\nurl = '{url}'\nsecret_file = 'SECRET'\n"
        ),
        &path,
    )
}

#[test]
fn nothing_is_configured_unless_it_is_written() {
    let targets = Targets::new(&OutgoingConfig::default(), &[]).unwrap();
    assert!(targets.targets.is_empty() && targets.mail.is_none());
    assert!(!targets.allow.has(&Host::Domain("example.com".into())));
}

#[test]
fn a_host_must_be_listed_however_it_is_written() {
    let hosts = "allow = ['hooks.example.com', '10.1.0.0/16', '192.0.2.9', 'fd00::/8']";
    for url in [
        "https://hooks.example.com/a?b",
        "https://HOOKS.example.com./",
        "https://hooks.example.com:8443/",
        "https://10.1.2.3/",
        "https://192.0.2.9/",
        "https://[fd00::1]/",
        "https://0x0a010203/",
        "https://[::ffff:10.1.2.3]/",
    ] {
        assert!(hook(hosts, url).is_ok(), "{url}: {:?}", hook(hosts, url));
    }
    for url in [
        "https://example.com/",
        "https://evil.hooks.example.com/",
        "https://hooks.example.com.evil.example/",
        "https://hooks.example.com@evil.example/",
        "https://10.2.0.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
    ] {
        let error = hook(hosts, url).unwrap_err();
        assert!(
            error.contains("not in leads.outgoing.allow") || error.contains("user or a password"),
            "{url}: {error}"
        );
    }
}

#[test]
fn only_https_unless_the_host_is_named_for_less() {
    let error = hook("allow = ['a.example']", "http://a.example/").unwrap_err();
    assert!(error.contains("not in leads.outgoing.plaintext"), "{error}");
    assert!(hook("allow = ['a.example']\nplaintext = ['a.example']", "http://a.example/").is_ok());
    let error = hook("allow = ['a.example']\nplaintext = ['b.example']", "https://a.example/").unwrap_err();
    assert!(error.contains("which leads.outgoing.allow does not"), "{error}");
    let error = hook("allow = ['10.0.0.0/16']\nplaintext = ['10.0.0.0/8']", "https://10.0.0.1/").unwrap_err();
    assert!(error.contains("which leads.outgoing.allow does not"), "{error}");
    for url in ["ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "a.example", ""] {
        assert!(hook("allow = ['a.example']\nplaintext = ['a.example']", url).is_err(), "{url}");
    }
}

#[test]
fn what_is_no_host_and_no_network_is_no_entry() {
    for entry in ["*", "*.example.com", "https://example.com", "a b", "10.0.0.0/33", ""] {
        let error = hook(&format!("allow = ['{entry}']"), "https://example.com/").unwrap_err();
        assert!(error.contains("neither a host name nor a network"), "{entry}: {error}");
    }
}

#[test]
fn a_secret_is_a_file_of_its_own_and_never_shown() {
    let text = "[outgoing]\nallow = ['a.example']\n[[targets]]\nname = 'crm'\nkind = 'webhook'\nurl = 'https://a.example/k3y'\nsecret_file = 'SECRET'\n";
    let (_folder, path) = secret(KEY);
    let shown = format!("{:?}", checked(text, &path).unwrap());
    assert!(!shown.contains("MfKQ9r8G") && !shown.contains("k3y"), "{shown}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(checked(text, &path).unwrap_err().contains("open to everybody"));
    for bad in ["", "\n", "whsec_abc\n", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nmore\n"] {
        let (_folder, path) = secret(bad);
        let error = checked(text, &path).unwrap_err();
        assert!(!error.contains("MfKQ9r8G") && error.starts_with("leads.targets \"crm\""), "{error}");
    }
    let (_folder, path) = secret(&"x".repeat(5000));
    assert!(checked(text, &path).unwrap_err().contains("4096"));
}

#[test]
fn each_kind_has_its_keys_and_no_others() {
    let (_folder, path) = secret(KEY);
    let (_other, url) = secret("https://hooks.example.com/services/T/B/x\n");
    let target = |rest: &str| {
        let rest = rest.replace("URL", url.to_str().unwrap());
        checked(
            &format!(
                "[outgoing]\nallow = ['hooks.example.com', 'smtp.example.com']\n[outgoing.mail]\nserver = 'smtp.example.com'\nfrom = 'a@example.com'\n[[targets]]\nname = 'x'\n{rest}\n"
            ),
            &path,
        )
    };
    assert!(target("kind = 'slack'\nurl_file = 'URL'").is_ok());
    assert!(target("kind = 'teams'\nurl_file = 'URL'\nsegment = 'hot'\nrepeat = 'daily'").is_ok());
    assert!(target("kind = 'mail'\naddress = 'sales@example.com'").is_ok());
    for wrong in [
        "kind = 'webhook'\nurl_file = 'URL'",
        "kind = 'slack'",
        "kind = 'slack'\nurl = 'https://hooks.example.com/'\nurl_file = 'URL'",
        "kind = 'slack'\nurl_file = 'URL'\nsecret_file = 'SECRET'",
        "kind = 'mail'",
        "kind = 'mail'\naddress = 'sales'",
        "kind = 'mail'\naddress = 'a@example.com\\r\\nBcc: b@example.com'",
        "kind = 'mail'\naddress = 'a@example.com'\nurl = 'https://hooks.example.com/'",
        "kind = 'slack'\nurl_file = 'URL'\nrepeat = 'daily'",
        "kind = 'pager'\nurl_file = 'URL'",
        "kind = 'slack'\nurl_file = 'URL'\nretries = 3",
    ] {
        assert!(target(wrong).is_err(), "{wrong}");
    }
    let without =
        checked("[outgoing]\n[[targets]]\nname = 'x'\nkind = 'mail'\naddress = 'a@example.com'\n", &path);
    assert!(without.unwrap_err().contains("needs leads.outgoing.mail"));
}

#[test]
fn names_are_plain_and_once_each() {
    for name in ["", "A", "a b", "ü", "a/b", &"x".repeat(65)] {
        let text = format!(
            "[outgoing]\nallow = ['a.example']\n[[targets]]\nname = '{name}'\nkind = 'slack'\nurl = 'https://a.example/'\n"
        );
        assert!(checked(&text, Path::new("/")).unwrap_err().contains("1 to 64"), "{name}");
    }
    let target = "[[targets]]\nname = 'x'\nkind = 'slack'\nurl = 'https://a.example/'\n";
    let text = format!("[outgoing]\nallow = ['a.example']\n{target}{target}");
    assert!(checked(&text, Path::new("/")).unwrap_err().contains("the same name"));
}

#[test]
fn numbers_have_ranges_and_the_mail_server_must_be_listed() {
    for (key, number) in [
        ("attempts", 0),
        ("attempts", 21),
        ("first_retry_ms", 99),
        ("connect_timeout_ms", 60_001),
        ("timeout_ms", 0),
        ("queue", 0),
        ("keep_days", 31),
    ] {
        let error = checked(&format!("[outgoing]\n{key} = {number}\n"), Path::new("/")).unwrap_err();
        assert!(error.contains(key), "{error}");
    }
    let mail = |rest: &str| checked(&format!("[outgoing]\n{rest}"), Path::new("/"));
    let error = mail("[outgoing.mail]\nserver = 'smtp.example.com'\nfrom = 'a@example.com'\n").unwrap_err();
    assert!(error.contains("not in leads.outgoing.allow"), "{error}");
    let open = "allow = ['smtp.example.com']\n[outgoing.mail]\nserver = 'smtp.example.com'\nfrom = 'a@example.com'\nsecurity = 'none'\n";
    assert!(mail(open).unwrap_err().contains("plaintext"));
    let half = "allow = ['smtp.example.com']\n[outgoing.mail]\nserver = 'smtp.example.com'\nfrom = 'a@example.com'\nuser = 'u'\n";
    assert!(mail(half).unwrap_err().contains("belong together"));
    let default = mail("allow = ['smtp.example.com']\n[outgoing.mail]\nserver = 'smtp.example.com'\nfrom = 'a@example.com'\n").unwrap();
    assert_eq!(default.mail.unwrap().port, 587);
}
