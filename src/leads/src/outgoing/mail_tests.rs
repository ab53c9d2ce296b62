use super::*;
use crate::outgoing::config::OutgoingConfig;
use crate::outgoing::event::EventKind;
use crate::outgoing::samples::{HOSTILE, hostile};

fn mailer() -> Mailer {
    let config: OutgoingConfig = toml::from_str(
        "allow = ['smtp.example.com']\n[mail]\nserver = 'smtp.example.com'\nfrom = 'leads@example.com'\n",
    )
    .unwrap();
    let targets = Targets::new(&config, &[]).unwrap();
    Mailer::new(&Client::new(&targets).unwrap(), &targets).unwrap().unwrap()
}

#[test]
fn no_strangers_text_makes_a_header_or_a_recipient() {
    for text in HOSTILE {
        let event = hostile(text, EventKind::SegmentEntered);
        let message = mailer().message("msg_1", &event, &"sales@example.com".parse().unwrap()).unwrap();
        assert_eq!(message.envelope().to(), ["sales@example.com".parse::<Address>().unwrap()]);
        let bytes = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = bytes.split_once("\r\n\r\n").unwrap();
        let mut names: Vec<_> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split_once(':').expect("a header").0.to_ascii_lowercase())
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "auto-submitted",
                "content-transfer-encoding",
                "content-type",
                "date",
                "from",
                "message-id",
                "subject",
                "to"
            ],
            "{head}"
        );
        assert!(head.contains("Message-ID: <msg_1@example.com>"), "{head}");
        assert!(!bytes.replace("\r\n", "").contains(['\r', '\n', '\0']), "{text:?}");
        assert!(!text_of(&event).contains("evil.example"));
    }
}

fn text_of(event: &Event) -> String {
    text(event)
}

#[test]
fn a_mail_says_where_it_is_from_and_what_may_be_done() {
    let text = text(&hostile("Example", EventKind::LeadCreated));
    for said in [
        "New company: Example",
        "Source: ip-asn, 2026-06-17, CC-BY-4.",
        "Source: gleif, no date, not stated",
        PERMITTED_USE,
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}
