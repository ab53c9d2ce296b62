//! Messages for chat: Slack's incoming webhooks (and what speaks like them) and Teams' workflows. Nothing in them can be
//! clicked, calls anybody, or is formatted, but what this file says: see `plain_text`.

use serde_json::{Value, json};

use super::event::Event;
use super::plain_text::unlinked;
use crate::export::PERMITTED_USE;

/// Slack's escapes for its own grammar, in which `<…>` is a link or a mention.
fn slack(text: &str) -> String {
    unlinked(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A message for Slack: a line for notifications and a block of `plain_text`, which Slack does not format.
pub fn slack_message(event: &Event) -> Value {
    let headline = event.headline();
    let lines: Vec<_> =
        event.facts().iter().map(|(name, value)| format!("{name}: {}", unlinked(value))).collect();
    // Slack refuses a text of more than 3000 characters.
    let text: String = lines.join("\n").chars().take(2900).collect();
    let plain = |text: String| json!({"type": "plain_text", "text": text, "emoji": false});
    let mut title = unlinked(&headline);
    if title.chars().count() > 150 {
        title = title.chars().take(149).chain(['…']).collect();
    }
    json!({
        "text": slack(&headline),
        "mrkdwn": false,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": [
            {"type": "header", "text": plain(title)},
            {"type": "section", "text": plain(text)},
            {"type": "context", "elements": [plain(PERMITTED_USE.to_owned())]},
        ],
    })
}

/// A message for Teams: an adaptive card of `TextRun`s, which, unlike text blocks and facts, know no Markdown. It has no
/// `msteams.entities`, without which nothing is a mention.
pub fn teams_message(event: &Event) -> Value {
    let run = |text: String, weight: &str| json!({"type": "TextRun", "text": text, "weight": weight});
    let block = |runs: Vec<Value>| json!({"type": "RichTextBlock", "inlines": runs});
    let mut body = vec![block(vec![run(teams(&event.headline()), "Bolder")])];
    for (name, value) in event.facts() {
        body.push(block(vec![run(format!("{name}: "), "Bolder"), run(teams(&value), "Default")]));
    }
    body.push(block(vec![run(PERMITTED_USE.to_owned(), "Lighter")]));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
            },
        }],
    })
}

/// Cards know `<at>` and `{{DATE(…)}}` in texts; angle and curly brackets become ones that only look like them.
fn teams(text: &str) -> String {
    unlinked(text).replace('<', "‹").replace('>', "›").replace('{', "❴").replace('}', "❵")
}

#[cfg(test)]
#[path = "chat_tests.rs"]
mod tests;
