//! Decisions become answers of a range file: records are written once, and the same two statements
//! are decided once.

use std::collections::HashMap;

use nameplate::{AnswerRef, CompanyRef, OperatorRef, SourceSet, WriteError, Writer};

use super::{Company, Decided, Decision, PERSON, Rules};
use crate::flatten::{Bits, Claim};
use crate::special_purpose::SPECIAL_PURPOSE;

/// Writes decisions as answers of a range file.
pub(crate) struct Answers<'a> {
    pub(crate) rules: Rules<'a>,
    sources: Vec<SourceSet>,
    known: HashMap<Meeting, AnswerRef>,
    companies: HashMap<String, CompanyRef>,
    operators: HashMap<u32, Option<OperatorRef>>,
    blocks: HashMap<u32, AnswerRef>,
    /// How often each rule decided about a meeting of statements.
    pub(crate) decided: HashMap<&'static str, u64>,
}

/// Two statements that meet, and whether the upper one is the narrower.
type Meeting = (Option<u32>, Option<u32>, bool);

impl<'a> Answers<'a> {
    pub(crate) fn new(rules: Rules<'a>, sources: Vec<SourceSet>) -> Answers<'a> {
        Answers {
            rules,
            sources,
            known: HashMap::new(),
            companies: HashMap::new(),
            operators: HashMap::new(),
            blocks: HashMap::new(),
            decided: HashMap::new(),
        }
    }

    /// How many companies and operators were written.
    pub(crate) fn written(&self) -> (u64, u64) {
        (self.companies.len() as u64, self.operators.values().flatten().count() as u64)
    }

    /// How many of the holders that were met may be natural persons.
    pub(crate) fn withheld(&self) -> u64 {
        self.decided.get(PERSON.name).copied().unwrap_or(0)
    }

    /// The answer where these claims are the strongest of their layers.
    pub(crate) fn answer<A: Bits>(
        &mut self,
        writer: &mut Writer,
        upper: Option<&Claim<A, u32>>,
        lower: Option<&Claim<A, u32>>,
    ) -> Result<AnswerRef, WriteError> {
        let narrower = upper
            .zip(lower)
            .is_some_and(|(upper, lower)| upper.last - upper.first <= lower.last - lower.first);
        let meeting = (upper.map(|claim| claim.value), lower.map(|claim| claim.value), narrower);
        if let Some(answer) = self.known.get(&meeting) {
            return Ok(*answer);
        }
        let Decided { decision, rule } = self.rules.decide(upper, lower);
        *self.decided.entry(rule.name).or_default() += 1;
        let answer = self.write(writer, decision)?;
        self.known.insert(meeting, answer);
        Ok(answer)
    }

    fn write(&mut self, writer: &mut Writer, decision: Decision) -> Result<AnswerRef, WriteError> {
        match decision {
            Decision::Unknown => Ok(AnswerRef::UNKNOWN),
            Decision::Reserved(block) => {
                if let Some(answer) = self.blocks.get(&block) {
                    return Ok(*answer);
                }
                let answer = writer.reserved_answer(SPECIAL_PURPOSE[block as usize].name)?;
                self.blocks.insert(block, answer);
                Ok(answer)
            }
            Decision::Operator { asn } => match self.operator(writer, asn)? {
                Some(operator) => {
                    let sources = self.rules.evidence.systems.get(&asn).map_or(0, |system| system.sources);
                    writer.operator_answer(operator, self.source_set(sources))
                }
                None => Ok(AnswerRef::UNKNOWN),
            },
            Decision::Company { company, asn, confidence, sources } => {
                let operator = match asn {
                    Some(asn) => self.operator(writer, asn)?,
                    None => None,
                };
                let company = self.company(writer, &company)?;
                writer.company_answer(company, operator, confidence, self.source_set(sources))
            }
        }
    }

    fn operator(&mut self, writer: &mut Writer, asn: u32) -> Result<Option<OperatorRef>, WriteError> {
        if let Some(operator) = self.operators.get(&asn) {
            return Ok(*operator);
        }
        let operator = match self.rules.operator(asn) {
            Some((name, kind)) => Some(writer.operator(asn, name, kind)?),
            None => None,
        };
        self.operators.insert(asn, operator);
        Ok(operator)
    }

    /// The company's record. Where two holders have one id, the first one's facts are written.
    fn company(&mut self, writer: &mut Writer, company: &Company) -> Result<CompanyRef, WriteError> {
        if let Some(written) = self.companies.get(&company.id) {
            return Ok(*written);
        }
        let written = writer.company(&company.fields())?;
        self.companies.insert(company.id.clone(), written);
        Ok(written)
    }

    fn source_set(&self, bits: u32) -> SourceSet {
        let named = self.sources.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
        named.fold(SourceSet::default(), |set, (_, source)| set.union(*source))
    }
}
