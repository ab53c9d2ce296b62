//! The public page on which companies object: whoever is in a company's network, or proves its domain, has it blocked at once; others leave a
//! request, which the owner decides.
//!
//! It shows no more than a name, and that only to whoever is in the network. What it answers is the same whether the company ever came or not. An
//! e-mail address is used for one mail: it is in no reply, log or error, and not kept.

use std::time::Instant;

use askama::Template;
use axum::body::Body;
use hyper::header::RETRY_AFTER;
use hyper::{Response, StatusCode};
use nameplate::SuppressionRule;
use nameplate_leads::form_domain::FormDomain;
use nameplate_leads::now;

use super::sign_in::limited_name;
use super::{Layout, page, redirect};
use crate::app::App;
use crate::auth::limiter::{ALL_MAIL, MAIL_TO_DOMAIN, OBJECTION, Rule};
use crate::guard::Call;
use crate::problem::Problem;
use crate::proof::{self, LINK_SECONDS, ProofKey};
use crate::words::Language;
use crate::words::objection::ObjectionWords;

/// Who the audit log and the list say it was.
const ACTOR: &str = "objection page";

#[derive(Template)]
#[template(path = "objection.html")]
struct ObjectionPage {
    layout: Layout,
    words: &'static ObjectionWords,
    base: &'static str,
    action: String,
    languages: Vec<Choice>,
    done: Option<&'static str>,
    wrong: Option<&'static str>,
    wait: Option<u64>,
    company: Option<String>,
    by_mail: bool,
    by_dns: bool,
    link: Option<Link>,
    record: Option<Record>,
}

struct Choice {
    code: &'static str,
    name: &'static str,
    here: bool,
}

/// Of a mail that somebody followed.
struct Link {
    domain: String,
    until: i64,
    proof: String,
}

/// That somebody is to make.
struct Record {
    domain: String,
    name: String,
    text: String,
}

/// What there is to say beside the page itself.
#[derive(Default)]
struct Say {
    done: Option<&'static str>,
    wrong: Option<&'static str>,
    wait: Option<u64>,
    link: Option<Link>,
    record: Option<Record>,
}

impl Say {
    fn wrong(text: &'static str) -> Say {
        Say { wrong: Some(text), ..Say::default() }
    }
}

/// `GET /objection`, `GET /nameplate/objection`. With a link's parameters it asks for the confirmation: following a link alone, as programs that look
/// through mails do, changes nothing.
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let language = chosen(&call)?;
    let words = ObjectionWords::of(language);
    let mut say = Say {
        done: match call.query.get("done")? {
            Some("blocked") => Some(words.blocked),
            Some("mailed") => Some(words.mailed),
            Some("requested") => Some(words.requested),
            _ => None,
        },
        ..Say::default()
    };
    if call.query.get("proof")?.is_some() {
        match linked(&app, call.query.get("domain")?, call.query.get("until")?, call.query.get("proof")?)
            .await?
        {
            Some(link) => say.link = Some(link),
            None => say.wrong = Some(words.too_old),
        }
    }
    render(&app, &call, language, StatusCode::OK, say)
}

/// The same paths by POST.
pub(crate) async fn act(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let language = chosen(&call)?;
    let words = ObjectionWords::of(language);
    let network = (call.way.network ^ limited_name(1, ACTOR), OBJECTION);
    if let Some(refused) = limited(&app, &call, language, &[network])? {
        return Ok(refused);
    }
    let said = match call.form.get("do")? {
        Some("network") => from_network(&app, &call, words).await?,
        Some("mail") => {
            let domain = call.form.get("address")?.and_then(|address| address.rsplit_once('@'));
            let domain = domain.and_then(|(_, domain)| own_domain(&app, domain));
            let Some(domain) = domain else {
                return render(&app, &call, language, StatusCode::BAD_REQUEST, Say::wrong(words.bad_domain));
            };
            let rules = [(limited_name(2, domain.as_str()), MAIL_TO_DOMAIN), (limited_name(3, ""), ALL_MAIL)];
            if let Some(refused) = limited(&app, &call, language, &rules)? {
                return Ok(refused);
            }
            by_mail(&app, &call, language, &domain).await?
        }
        Some("confirm") => {
            let (domain, until, proof) =
                (call.form.get("domain")?, call.form.get("until")?, call.form.get("proof")?);
            match linked(&app, domain, until, proof).await? {
                Some(link) => block_domain(&app, link.domain, "its domain was proved by mail").await?,
                None => Err(Say::wrong(words.too_old)),
            }
        }
        Some("record") => match call.form.get("domain")?.and_then(|domain| own_domain(&app, domain)) {
            Some(domain) => Err(Say { record: Some(record(&app, &domain).await?), ..Say::default() }),
            None => Err(Say::wrong(words.bad_domain)),
        },
        Some("check") => match call.form.get("domain")?.and_then(|domain| own_domain(&app, domain)) {
            Some(domain) => by_record(&app, &domain, words).await?,
            None => Err(Say::wrong(words.bad_domain)),
        },
        Some("request") => {
            let text = |name| call.form.get(name).map(|text| text.unwrap_or_default().to_owned());
            let (company, message) = (text("company")?, text("message")?);
            app.work(move |leads| {
                Ok(leads.store().request_objection(&company, &message, language.code(), now())?)
            })
            .await?;
            Ok("requested")
        }
        _ => return Err(Problem::invalid("this form does not exist")),
    };
    match said {
        Ok(done) => Ok(redirect(&format!("{}?done={done}&lang={}", base(&call), language.code()))),
        Err(say) => {
            let status = if say.wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
            render(&app, &call, language, status, say)
        }
    }
}

/// What was done, as the next page says it, or what to say instead.
type Done = Result<&'static str, Say>;

/// Blocks the company in whose network the browser is, if it is still the one that was shown.
async fn from_network(app: &App, call: &Call, words: &'static ObjectionWords) -> Result<Done, Problem> {
    let company = call.visitor.company(app.leads());
    let shown = call.form.get("name")?;
    let Some(company) = company.filter(|company| Some(&*company.name) == shown) else {
        return Ok(Err(Say::wrong(words.changed)));
    };
    block(app, SuppressionRule::Company(company.id), "asked for from its own network").await
}

async fn by_mail(app: &App, call: &Call, language: Language, domain: &FormDomain) -> Result<Done, Problem> {
    let words = ObjectionWords::of(language);
    if !app.config().objection.mail {
        return Err(Problem::not_found());
    }
    let key = proof_key(app).await?;
    let until = seconds() + LINK_SECONDS;
    let scheme = if call.way.secure { "https" } else { "http" };
    let link = format!(
        "{scheme}://{}{}?lang={}&domain={}&until={until}&proof={}",
        call.visitor.host,
        base(call),
        language.code(),
        domain.as_str(),
        key.of_link(domain, until)
    );
    let text = format!("{}\n\n{link}\n", words.mail_text);
    let address = call.form.get("address")?.unwrap_or_default().trim();
    let sent = app.mail(address, words.mail_subject, &text).await;
    Ok(if sent { Ok("mailed") } else { Err(Say::wrong(words.not_sent)) })
}

async fn by_record(app: &App, domain: &FormDomain, words: &'static ObjectionWords) -> Result<Done, Problem> {
    let server = app.config().objection.resolver.ok_or_else(Problem::not_found)?;
    let record = record(app, domain).await?;
    if !proof::has_record(server, domain, &record.text).await {
        return Ok(Err(Say { wrong: Some(words.no_record), record: Some(record), ..Say::default() }));
    }
    block_domain(app, record.domain, "its domain was proved by DNS").await
}

async fn block_domain(app: &App, domain: String, reason: &'static str) -> Result<Done, Problem> {
    block(app, SuppressionRule::Domain(domain), reason).await
}

/// The way of every objection: the list, what is stored, what is served.
async fn block(app: &App, rule: SuppressionRule, reason: &'static str) -> Result<Done, Problem> {
    app.work(move |leads| leads.suppress(rule, reason, ACTOR)).await?;
    Ok(Ok("blocked"))
}

async fn linked(
    app: &App,
    domain: Option<&str>,
    until: Option<&str>,
    proof: Option<&str>,
) -> Result<Option<Link>, Problem> {
    let domain = domain.and_then(|domain| own_domain(app, domain));
    let until = until.and_then(|until| until.parse().ok());
    let (Some(domain), Some(until), Some(proof)) = (domain, until, proof) else { return Ok(None) };
    let right = proof_key(app).await?.is_link(&domain, until, proof, seconds());
    Ok(right.then(|| Link { domain: domain.as_str().to_owned(), until, proof: proof.to_owned() }))
}

async fn record(app: &App, domain: &FormDomain) -> Result<Record, Problem> {
    Ok(Record {
        domain: domain.as_str().to_owned(),
        name: proof::record_name(domain),
        text: proof_key(app).await?.of_record(domain),
    })
}

async fn proof_key(app: &App) -> Result<ProofKey, Problem> {
    app.work(|leads| Ok(ProofKey(leads.store().proof_key()?))).await
}

/// A domain that can be a company's own.
fn own_domain(app: &App, text: &str) -> Option<FormDomain> {
    FormDomain::parse(text).ok().filter(|domain| !app.leads().is_freemail(domain))
}

fn seconds() -> i64 {
    now() / 1000
}

/// A refusal where one of these has been asked for too often.
fn limited(
    app: &App,
    call: &Call,
    language: Language,
    limits: &[(u64, Rule)],
) -> Result<Option<Response<Body>>, Problem> {
    let Err(wait) = app.limiter(|limiter| limiter.begin(Instant::now(), limits)) else { return Ok(None) };
    let seconds = wait.as_secs() + 1;
    let say = Say { wait: Some(seconds), ..Say::wrong(ObjectionWords::of(language).wait) };
    let mut response = render(app, call, language, StatusCode::TOO_MANY_REQUESTS, say)?;
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    Ok(Some(response))
}

/// The language that was chosen on the page, else the browser's.
fn chosen(call: &Call) -> Result<Language, Problem> {
    Ok(call.query.get("lang")?.and_then(Language::from_code).unwrap_or(call.language))
}

/// Where the page is: on the sites' hosts it is under `/nameplate/`, as all that they hand on.
fn base(call: &Call) -> &'static str {
    if call.on_site { "/nameplate/objection" } else { "/objection" }
}

fn render(
    app: &App,
    call: &Call,
    language: Language,
    status: StatusCode,
    say: Say,
) -> Result<Response<Body>, Problem> {
    let words = ObjectionWords::of(language);
    let company = call.visitor.company(app.leads());
    let shown = ObjectionPage {
        layout: Layout::public(call, language, words.title),
        words,
        base: base(call),
        action: format!("{}?lang={}", base(call), language.code()),
        languages: Language::ALL
            .into_iter()
            .map(|each| Choice { code: each.code(), name: each.name(), here: each == language })
            .collect(),
        done: say.done,
        wrong: say.wrong,
        wait: say.wait,
        company: company.map(|company| company.name),
        by_mail: app.config().objection.mail,
        by_dns: app.config().objection.resolver.is_some(),
        link: say.link,
        record: say.record,
    };
    page(call, status, &shown)
}
