use super::*;
use crate::outgoing::event::EventKind;
use crate::outgoing::samples::{HOSTILE, hostile};

/// All texts of a message.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(values) => values.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn in_slack_nothing_of_a_strangers_text_calls_links_or_formats() {
    for text in HOSTILE {
        let message = slack_message(&hostile(text, EventKind::SegmentEntered));
        let notification = message["text"].as_str().unwrap();
        assert!(!notification.contains(['<', '>']), "{notification}");
        assert_eq!(message["parse"], "none");
        let mut found = Vec::new();
        texts(&message, &mut found);
        for found in found {
            assert!(
                !found.contains("://") && !found.contains("@channel") && !found.contains("@here"),
                "{found}"
            );
            assert!(!found.contains("evil.example"), "{found}");
            assert!(!found.chars().any(|character| character.is_control() && character != '\n'), "{found:?}");
        }
        // Nothing but plain text, within Slack's bounds.
        for block in message["blocks"].as_array().unwrap() {
            let text = if block["type"] == "context" { &block["elements"][0] } else { &block["text"] };
            assert_eq!(text["type"], "plain_text");
            assert!(
                text["text"].as_str().unwrap().chars().count()
                    <= if block["type"] == "header" { 150 } else { 3000 }
            );
        }
    }
}

#[test]
fn in_teams_nothing_of_a_strangers_text_calls_links_or_formats() {
    for text in HOSTILE {
        let message = teams_message(&hostile(text, EventKind::LeadCreated));
        let card = &message["attachments"][0]["content"];
        assert!(card.get("msteams").is_none() && card.get("actions").is_none());
        for block in card["body"].as_array().unwrap() {
            assert_eq!(block["type"], "RichTextBlock");
            for run in block["inlines"].as_array().unwrap() {
                assert_eq!(run["type"], "TextRun");
                assert!(run.get("selectAction").is_none());
                let text = run["text"].as_str().unwrap();
                assert!(!text.contains("://") && !text.contains(['<', '>', '{', '}', '\n', '\r']), "{text}");
                assert!(!text.contains("evil.example"), "{text}");
            }
        }
        assert!(serde_json::to_vec(&message).unwrap().len() < 28 * 1024, "Teams takes 28 KB");
    }
}

#[test]
fn each_message_says_where_it_is_from_and_what_may_be_done() {
    let event = hostile("Example", EventKind::LeadCreated);
    for message in [slack_message(&event), teams_message(&event)] {
        let text = message.to_string();
        for said in ["ip-asn, 2026-06-17, CC-BY-4.", "Use only for the purposes", "right to object"] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}
