//! The charts.

use super::words;

words! {
    /// Companies and visits in sums.
    OverviewWords {
        title: "Overview", "Übersicht", "Overzicht", "Vue d'ensemble";
        companies: "Companies", "Unternehmen", "Bedrijven", "Entreprises";
        visits: "Visits", "Besuche", "Bezoeken", "Visites";
        page_views: "Page views", "Seitenaufrufe", "Paginaweergaven", "Pages vues";
        companies_by_day: "Companies by day", "Unternehmen nach Tagen", "Bedrijven per dag", "Entreprises par jour";
        companies_by_month: "Companies by month", "Unternehmen nach Monaten", "Bedrijven per maand", "Entreprises par mois";
        visits_by_day: "Visits by day", "Besuche nach Tagen", "Bezoeken per dag", "Visites par jour";
        visits_by_month: "Visits by month", "Besuche nach Monaten", "Bezoeken per maand", "Visites par mois";
        most: "Most:", "Höchstwert:", "Hoogste waarde:", "Maximum :";
        numbers: "The charts' numbers", "Die Zahlen der Diagramme", "De cijfers van de grafieken", "Les chiffres des graphiques";
        day: "Day", "Tag", "Dag", "Jour";
        month: "Month", "Monat", "Maand", "Mois";
        kinds: "Kinds", "Arten", "Soorten", "Types";
        kind: "Kind", "Art", "Soort", "Type";
        countries: "Countries", "Länder", "Landen", "Pays";
        country: "Country", "Land", "Land", "Pays";
        industries: "Industries", "Branchen", "Branches", "Secteurs";
        industry: "Industry", "Branche", "Branche", "Secteur";
        share: "Share", "Anteil", "Aandeel", "Part";
        others: "Others", "Übrige", "Overige", "Autres";
        unknown: "Not known", "Nicht bekannt", "Niet bekend", "Inconnu";
        none: "No company came in this period that may be shown.", "In diesem Zeitraum kam kein Unternehmen, das gezeigt werden darf.", "In deze periode kwam geen bedrijf dat getoond mag worden.", "Aucune entreprise affichable n'est venue pendant cette période.";
    }
}

words! {
    /// Kinds of companies.
    KindWords {
        business: "Business", "Unternehmen", "Bedrijf", "Entreprise";
        education: "Education", "Bildung", "Onderwijs", "Enseignement";
        government: "Government", "Behörde", "Overheid", "Administration";
        nonprofit: "Non-profit", "Gemeinnützig", "Non-profit", "Association";
    }
}

impl KindWords {
    /// A kind as the range file has it; one that is not known here as it is.
    pub(crate) fn name(&self, kind: &str) -> String {
        match kind {
            "business" => self.business,
            "education" => self.education,
            "government" => self.government,
            "nonprofit" => self.nonprofit,
            other => other,
        }
        .to_owned()
    }
}
