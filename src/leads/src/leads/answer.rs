//! From an answer of the engine to a company with its facts, or to why there is none.

use nameplate::{Answer, Company, OperatorKind, Snapshot, Source, Status};

use crate::form_domain::{FormDomain, FormDomains};
use crate::model::{CompanyFacts, Filtered, IdentifiedBy, SourceFact};
use crate::objection::Hidden;

/// How sure it is that who typed a company's domain into a form is of that company, 1 to 100: people give their clients' and their
/// associations' addresses too.
const FORM_CONFIDENCE: u8 = 90;

/// A company that a visit is shown as.
pub(super) struct Shown {
    pub(super) company: CompanyFacts,
    pub(super) identified_by: IdentifiedBy,
}

/// What the network says.
pub(super) fn of_network(answer: &Answer<'_>) -> Result<Shown, Filtered> {
    match (answer.status(), answer.company()) {
        (Status::Company, Some(company)) => {
            let mut company = facts(&company, answer.sources());
            company.confidence = answer.confidence().unwrap_or(1);
            Ok(Shown { company, identified_by: IdentifiedBy::Network })
        }
        (Status::Operator, _) => Err(match answer.operator().and_then(|operator| operator.kind()) {
            None => Filtered::Operator,
            Some(OperatorKind::Access) => Filtered::Access,
            Some(OperatorKind::Hosting) => Filtered::Hosting,
            Some(OperatorKind::Mobile) => Filtered::Mobile,
            Some(OperatorKind::Vpn) => Filtered::Vpn,
            Some(OperatorKind::Transit) => Filtered::Transit,
            Some(OperatorKind::Exchange) => Filtered::Exchange,
        }),
        (Status::Reserved, _) => Err(Filtered::Reserved),
        _ => Err(Filtered::Unknown),
    }
}

/// What a form's domain says; a company that is not in the file is known by its domain alone.
pub(super) fn of_form(
    domain: &FormDomain,
    domains: &FormDomains,
    snapshot: &Snapshot<'_>,
    hidden: &Hidden,
) -> Result<Shown, Filtered> {
    // The file that is served does not know whom the list hides: their domains would come back as companies of their own.
    if hidden.names_domain(domain) {
        return Err(Filtered::Suppressed);
    }
    let known = domains.company_id(domain, snapshot);
    let mut company = if let Some(company) = known.as_deref().and_then(|id| snapshot.company(id)) {
        // What says so of its networks says so of the company.
        let network = snapshot.networks(company.id()).next();
        let answer = network.map(|network| snapshot.lookup(network.first.into()));
        facts(&company, answer.iter().flat_map(Answer::sources))
    } else {
        let name = domain.registrable().unwrap_or(domain.as_str()).to_owned();
        CompanyFacts {
            id: format!("domain:{name}"),
            domain: Some(name.clone()),
            name,
            ..CompanyFacts::default()
        }
    };
    company.confidence = FORM_CONFIDENCE;
    company.sources.push(SourceFact {
        name: "form".into(),
        title: Some("Domain that the visitor gave in a form, with consent".into()),
        date: None,
        licence: None,
        attribution: None,
    });
    Ok(Shown { company, identified_by: IdentifiedBy::FormDomain })
}

fn facts<'a>(company: &Company<'_>, sources: impl Iterator<Item = Source<'a>>) -> CompanyFacts {
    let text = |text: Option<&str>| text.map(str::to_owned);
    CompanyFacts {
        id: company.id().into(),
        name: company.name().into(),
        kind: text(company.kind().map(nameplate::CompanyKind::as_str)),
        country: text(company.country()),
        domain: text(company.domain()),
        legal_form: text(company.legal_form()),
        industry: text(company.industry()),
        register: text(company.register()),
        register_id: text(company.register_id()),
        confidence: 1,
        sources: sources
            .map(|source| SourceFact {
                name: source.name().into(),
                title: text(source.title()),
                date: text(source.date()),
                licence: text(source.licence()),
                attribution: text(source.attribution()),
            })
            .collect(),
    }
}
