//! The list of companies, and one company.

use nameplate_leads::model::LeadStatus;

use super::words;

words! {
    /// Companies.
    CompaniesWords {
        title: "Companies", "Unternehmen", "Bedrijven", "Entreprises";
        filter: "Filter", "Filter", "Filter", "Filtrer";
        search: "Name or domain", "Name oder Domain", "Naam of domein", "Nom ou domaine";
        from: "From", "Von", "Van", "Du";
        to: "To", "Bis", "Tot", "Au";
        site: "Site", "Website", "Site", "Site";
        segment: "Segment", "Segment", "Segment", "Segment";
        any: "All", "Alle", "Alle", "Tous";
        status: "Status", "Status", "Status", "Statut";
        sort: "Sort by", "Sortieren nach", "Sorteren op", "Trier par";
        ascending: "Ascending", "Aufsteigend", "Oplopend", "Croissant";
        show: "Show", "Anzeigen", "Tonen", "Afficher";
        company: "Company", "Unternehmen", "Bedrijf", "Entreprise";
        country: "Country", "Land", "Land", "Pays";
        visits: "Visits", "Besuche", "Bezoeken", "Visites";
        page_views: "Page views", "Seitenaufrufe", "Paginaweergaven", "Pages vues";
        minutes: "Minutes", "Minuten", "Minuten", "Minutes";
        score: "Score", "Punkte", "Score", "Score";
        last_seen: "Last seen", "Zuletzt gesehen", "Laatst gezien", "Dernière visite";
        first_seen: "First seen", "Zuerst gesehen", "Eerst gezien", "Première visite";
        tags: "Tags", "Schlagwörter", "Labels", "Étiquettes";
        tag: "Tag", "Schlagwort", "Label", "Étiquette";
        none: "No company came in this period that may be shown.", "In diesem Zeitraum kam kein Unternehmen, das gezeigt werden darf.", "In deze periode kwam geen bedrijf dat getoond mag worden.", "Aucune entreprise affichable n'est venue pendant cette période.";
        next: "Next page", "Nächste Seite", "Volgende pagina", "Page suivante";
        export_csv: "Export as CSV", "Als CSV exportieren", "Exporteren als CSV", "Exporter en CSV";
        export_ndjson: "Export as NDJSON", "Als NDJSON exportieren", "Exporteren als NDJSON", "Exporter en NDJSON";
    }
}

words! {
    /// A company.
    CompanyWords {
        name: "Name", "Name", "Naam", "Nom";
        fact: "Fact", "Angabe", "Gegeven", "Donnée";
        value: "Value", "Wert", "Waarde", "Valeur";
        older_notes: "Older notes", "Ältere Notizen", "Oudere notities", "Notes plus anciennes";
        older_visits: "Older visits", "Ältere Besuche", "Oudere bezoeken", "Visites plus anciennes";
        more_pages: "and more page views:", "und weitere Seitenaufrufe:", "en meer paginaweergaven:", "et d'autres pages vues :";
        facts: "Facts", "Fakten", "Feiten", "Faits";
        id: "Id", "Kennung", "Id", "Identifiant";
        kind: "Kind", "Art", "Soort", "Type";
        domain: "Domain", "Domain", "Domein", "Domaine";
        legal_form: "Legal form", "Rechtsform", "Rechtsvorm", "Forme juridique";
        industry: "Industry", "Branche", "Branche", "Secteur";
        register: "Register", "Register", "Register", "Registre";
        confidence: "Confidence", "Sicherheit", "Zekerheid", "Confiance";
        confidence_why: "of 100: how sure it is that the visits are this company's", "von 100: wie sicher es ist, dass die Besuche von diesem Unternehmen sind", "van 100: hoe zeker het is dat de bezoeken van dit bedrijf zijn", "sur 100 : certitude que les visites viennent de cette entreprise";
        sources: "Sources", "Quellen", "Bronnen", "Sources";
        date: "Date", "Datum", "Datum", "Date";
        licence: "Licence", "Lizenz", "Licentie", "Licence";
        source: "Source", "Quelle", "Bron", "Source";
        work: "Work", "Bearbeitung", "Verwerking", "Suivi";
        owner: "Owner", "Zuständig", "Eigenaar", "Responsable";
        tags_hint: "Separated by commas", "Durch Kommas getrennt", "Gescheiden door komma's", "Séparées par des virgules";
        save: "Save", "Speichern", "Opslaan", "Enregistrer";
        notes: "Notes", "Notizen", "Notities", "Notes";
        note: "New note", "Neue Notiz", "Nieuwe notitie", "Nouvelle note";
        add: "Add", "Hinzufügen", "Toevoegen", "Ajouter";
        timeline: "Visits", "Besuche", "Bezoeken", "Visites";
        by_network: "by network", "über das Netz", "via het netwerk", "par le réseau";
        by_form: "by the domain of a form", "über die Domain eines Formulars", "via het domein van een formulier", "par le domaine d'un formulaire";
        came_from: "from", "von", "vanaf", "depuis";
        no_visits: "Its page views are no longer kept.", "Seine Seitenaufrufe werden nicht mehr aufbewahrt.", "De paginaweergaven worden niet meer bewaard.", "Ses pages vues ne sont plus conservées.";
        wrong: "This is wrong", "Das stimmt nicht", "Dit klopt niet", "C'est une erreur";
        wrong_why: "Visits like these are not this company's. They are removed and no longer shown, whatever data comes.", "Solche Besuche sind nicht von diesem Unternehmen. Sie werden entfernt und nicht mehr gezeigt, welche Daten auch kommen.", "Zulke bezoeken zijn niet van dit bedrijf. Ze worden verwijderd en niet meer getoond, welke gegevens er ook komen.", "De telles visites ne sont pas de cette entreprise. Elles sont supprimées et ne sont plus affichées, quelles que soient les données.";
        ours: "This is us", "Das sind wir", "Dit zijn wij", "C'est nous";
        hide: "Hide for good", "Dauerhaft verbergen", "Voorgoed verbergen", "Masquer définitivement";
        hide_why: "The company objected: it is shown nowhere any more, and what is stored of it is removed.", "Das Unternehmen hat widersprochen: Es wird nirgends mehr gezeigt, und was von ihm gespeichert ist, wird entfernt.", "Het bedrijf heeft bezwaar gemaakt: het wordt nergens meer getoond, en wat ervan is opgeslagen wordt verwijderd.", "L'entreprise s'est opposée : elle n'est plus affichée nulle part et ses données sont supprimées.";
        reason: "Reason", "Grund", "Reden", "Raison";
        export: "Export all that is kept", "Alles Gespeicherte exportieren", "Alles wat bewaard is exporteren", "Exporter tout ce qui est conservé";
        actions: "Corrections and objection", "Korrektur und Widerspruch", "Correctie en bezwaar", "Correction et opposition";
    }
}

words! {
    /// States of a lead.
    StatusWords {
        new: "new", "neu", "nieuw", "nouveau";
        open: "open", "offen", "open", "ouvert";
        contacted: "contacted", "angeschrieben", "benaderd", "contacté";
        customer: "customer", "Kunde", "klant", "client";
        ignored: "ignored", "ohne Interesse", "niet interessant", "ignoré";
    }
}

impl StatusWords {
    pub(crate) const fn name(&self, status: LeadStatus) -> &'static str {
        match status {
            LeadStatus::New => self.new,
            LeadStatus::Open => self.open,
            LeadStatus::Contacted => self.contacted,
            LeadStatus::Customer => self.customer,
            LeadStatus::Ignored => self.ignored,
        }
    }
}
