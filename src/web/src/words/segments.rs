//! Segments and alerts.

use nameplate_leads::segment::Field;

use super::words;

words! {
    /// Segments, and what is told of them.
    SegmentsWords {
        title: "Segments and alerts", "Segmente und Meldungen", "Segmenten en meldingen", "Segments et alertes";
        segments: "Segments", "Segmente", "Segmenten", "Segments";
        name: "Name", "Name", "Naam", "Nom";
        condition: "Who is in it", "Wer dazugehört", "Wie erin zit", "Qui en fait partie";
        changed: "Changed", "Geändert", "Gewijzigd", "Modifié";
        alerts: "Alerts", "Meldungen", "Meldingen", "Alertes";
        actions: "Actions", "Aktionen", "Acties", "Actions";
        show: "Show companies:", "Unternehmen zeigen:", "Bedrijven tonen:", "Afficher les entreprises :";
        edit: "Change:", "Ändern:", "Wijzigen:", "Modifier :";
        remove: "Remove:", "Entfernen:", "Verwijderen:", "Supprimer :";
        new: "New segment", "Neues Segment", "Nieuw segment", "Nouveau segment";
        none: "There is no segment yet.", "Es gibt noch kein Segment.", "Er is nog geen segment.", "Il n'y a pas encore de segment.";
        more: "Next page", "Nächste Seite", "Volgende pagina", "Page suivante";
        alerts_hint: "Alerts are targets of the configuration file, [[leads.targets]]: a program, a mailbox or a channel is told when a company enters a segment, or comes for the first time.", "Meldungen sind Ziele der Konfigurationsdatei, [[leads.targets]]: Ein Programm, ein Postfach oder ein Kanal erfährt, wenn ein Unternehmen in ein Segment kommt oder zum ersten Mal da ist.", "Meldingen zijn doelen van het configuratiebestand, [[leads.targets]]: een programma, een mailbox of een kanaal hoort het als een bedrijf in een segment komt of voor het eerst komt.", "Les alertes sont des cibles du fichier de configuration, [[leads.targets]] : un programme, une boîte ou un canal est averti quand une entreprise entre dans un segment ou vient pour la première fois.";
        no_alerts: "None is configured: nothing leaves this machine.", "Keine ist konfiguriert: Nichts verlässt diesen Rechner.", "Er is er geen ingesteld: niets verlaat deze machine.", "Aucune n'est configurée : rien ne quitte cette machine.";
        target: "Target", "Ziel", "Doel", "Cible";
        kind: "Kind", "Art", "Soort", "Type";
        segment: "Segment", "Segment", "Segment", "Segment";
        first_visit: "first visit of a company", "erster Besuch eines Unternehmens", "eerste bezoek van een bedrijf", "première visite d'une entreprise";
        missing: "There is no such segment: nothing is sent.", "Dieses Segment gibt es nicht: Nichts wird gesendet.", "Dit segment bestaat niet: er wordt niets verzonden.", "Ce segment n'existe pas : rien n'est envoyé.";
        sites: "Sites", "Websites", "Sites", "Sites";
        all_sites: "all", "alle", "alle", "tous";
        repeat: "How often", "Wie oft", "Hoe vaak", "Fréquence";
        entering: "on entering", "beim Eintritt", "bij binnenkomst", "à l'entrée";
        daily: "on each day with a visit", "an jedem Tag mit einem Besuch", "op elke dag met een bezoek", "chaque jour avec une visite";
        last_sent: "Last sent", "Zuletzt gesendet", "Laatst verzonden", "Dernier envoi";
        never: "never", "nie", "nooit", "jamais";
        sent: "Sent", "Gesendet", "Verzonden", "Envoyées";
        waiting: "Waiting", "Wartend", "Wachtend", "En attente";
        dead: "Not delivered", "Nicht zugestellt", "Niet bezorgd", "Non remises";
    }
}

words! {
    /// The form of a segment.
    SegmentWords {
        title_new: "New segment", "Neues Segment", "Nieuw segment", "Nouveau segment";
        title_change: "Change segment", "Segment ändern", "Segment wijzigen", "Modifier le segment";
        name: "Name", "Name", "Naam", "Nom";
        join: "How groups are joined", "Wie Gruppen verbunden sind", "Hoe groepen verbonden zijn", "Comment les groupes sont reliés";
        join_all: "All groups hold; in each group, one condition is enough (AND of ORs)", "Alle Gruppen gelten; in jeder Gruppe genügt eine Bedingung (UND von ODER)", "Alle groepen gelden; in elke groep is één voorwaarde genoeg (EN van OF)", "Tous les groupes sont vrais ; dans chacun, une condition suffit (ET de OU)";
        join_any: "One group holds; in each group, all conditions hold (OR of ANDs)", "Eine Gruppe gilt; in jeder Gruppe gelten alle Bedingungen (ODER von UND)", "Eén groep geldt; in elke groep gelden alle voorwaarden (OF van EN)", "Un groupe est vrai ; dans chacun, toutes les conditions le sont (OU de ET)";
        group: "Group", "Gruppe", "Groep", "Groupe";
        what: "What", "Was", "Wat", "Quoi";
        test: "Test", "Prüfung", "Test", "Test";
        value: "Value", "Wert", "Waarde", "Valeur";
        hint: "Rows without a field are left out; saving gives room for more. Several values of “is” are separated by commas. Behaviour is that of the period that is looked at; for alerts, of the last 30 days.", "Zeilen ohne Feld zählen nicht; nach dem Speichern ist Platz für mehr. Mehrere Werte von „ist“ trennt ein Komma. Verhalten ist das des betrachteten Zeitraums; bei Meldungen das der letzten 30 Tage.", "Rijen zonder veld tellen niet; na opslaan is er ruimte voor meer. Meerdere waarden van ‘is’ scheidt een komma. Gedrag is dat van de bekeken periode; bij meldingen van de laatste 30 dagen.", "Les lignes sans champ sont ignorées ; après l'enregistrement, il y a de la place pour d'autres. Séparez les valeurs de « est » par des virgules. Le comportement est celui de la période regardée ; pour les alertes, des 30 derniers jours.";
        nothing: "nothing", "nichts", "niets", "rien";
        save: "Save", "Speichern", "Opslaan", "Enregistrer";
        back: "Back to the segments", "Zurück zu den Segmenten", "Terug naar de segmenten", "Retour aux segments";
        json: "Condition as JSON", "Bedingung als JSON", "Voorwaarde als JSON", "Condition en JSON";
        json_hint: "This segment is nested deeper than the form's groups, so it is changed as JSON; docs/LEADS.md describes it.", "Dieses Segment ist tiefer verschachtelt als die Gruppen des Formulars und wird darum als JSON geändert; docs/LEADS.md beschreibt es.", "Dit segment is dieper genest dan de groepen van het formulier en wordt daarom als JSON gewijzigd; docs/LEADS.md beschrijft het.", "Ce segment est plus imbriqué que les groupes du formulaire : il se modifie en JSON, décrit dans docs/LEADS.md.";
        bad_name: "A segment has a name of at most 200 bytes.", "Ein Segment hat einen Namen von höchstens 200 Bytes.", "Een segment heeft een naam van ten hoogste 200 bytes.", "Un segment a un nom d'au plus 200 octets.";
        taken: "There is a segment of this name already: change that one, or take another name.", "Ein Segment dieses Namens gibt es schon: Ändern Sie jenes, oder nehmen Sie einen anderen Namen.", "Er is al een segment met deze naam: wijzig dat, of neem een andere naam.", "Un segment de ce nom existe déjà : modifiez-le ou prenez un autre nom.";
        no_condition: "A segment has at least one condition.", "Ein Segment hat mindestens eine Bedingung.", "Een segment heeft ten minste één voorwaarde.", "Un segment a au moins une condition.";
        no_value: "A condition has no value.", "Einer Bedingung fehlt der Wert.", "Een voorwaarde heeft geen waarde.", "Une condition n'a pas de valeur.";
        bad_number: "A number is tested by “at least” and “at most”, with a whole number.", "Eine Zahl wird mit „mindestens“ und „höchstens“ geprüft, mit einer ganzen Zahl.", "Een getal wordt getest met ‘ten minste’ en ‘ten hoogste’, met een geheel getal.", "Un nombre se teste par « au moins » et « au plus », avec un nombre entier.";
        bad_text: "A text is tested by “is”, “begins with” and “contains”.", "Ein Text wird mit „ist“, „beginnt mit“ und „enthält“ geprüft.", "Een tekst wordt getest met ‘is’, ‘begint met’ en ‘bevat’.", "Un texte se teste par « est », « commence par » et « contient ».";
        bad_json: "This is no condition in JSON.", "Das ist keine Bedingung in JSON.", "Dit is geen voorwaarde in JSON.", "Ce n'est pas une condition en JSON.";
        too_long: "The condition is too long or nested too deeply.", "Die Bedingung ist zu lang oder zu tief verschachtelt.", "De voorwaarde is te lang of te diep genest.", "La condition est trop longue ou trop imbriquée.";
    }
}

words! {
    /// What is tested, and how.
    ConditionWords {
        all: "and", "und", "en", "et";
        any: "or", "oder", "of", "ou";
        not: "not", "nicht", "niet", "non";
        everybody: "every company", "jedes Unternehmen", "elk bedrijf", "toute entreprise";
        nobody: "no company", "kein Unternehmen", "geen bedrijf", "aucune entreprise";
        is: "is", "ist", "is", "est";
        is_not: "is not", "ist nicht", "is niet", "n'est pas";
        begins: "begins with", "beginnt mit", "begint met", "commence par";
        contains: "contains", "enthält", "bevat", "contient";
        contains_not: "does not contain", "enthält nicht", "bevat niet", "ne contient pas";
        known: "is known", "ist bekannt", "is bekend", "est connu";
        unknown: "is not known", "ist nicht bekannt", "is niet bekend", "est inconnu";
        at_least: "at least", "mindestens", "ten minste", "au moins";
        at_most: "at most", "höchstens", "ten hoogste", "au plus";
        of_company: "Company", "Unternehmen", "Bedrijf", "Entreprise";
        of_behaviour: "Behaviour", "Verhalten", "Gedrag", "Comportement";
        name: "Name", "Name", "Naam", "Nom";
        country: "Country (DE, NL …)", "Land (DE, NL …)", "Land (DE, NL …)", "Pays (DE, NL …)";
        kind: "Kind (business, education, government, nonprofit)", "Art (business, education, government, nonprofit)", "Soort (business, education, government, nonprofit)", "Type (business, education, government, nonprofit)";
        industry: "Industry", "Branche", "Branche", "Secteur";
        legal_form: "Legal form", "Rechtsform", "Rechtsvorm", "Forme juridique";
        domain: "Domain", "Domain", "Domein", "Domaine";
        tag: "Tag", "Schlagwort", "Label", "Étiquette";
        status: "Status (new, open, contacted, customer, ignored)", "Status (new, open, contacted, customer, ignored)", "Status (new, open, contacted, customer, ignored)", "Statut (new, open, contacted, customer, ignored)";
        owner: "Owner", "Zuständig", "Eigenaar", "Responsable";
        confidence: "Confidence (1 to 100)", "Sicherheit (1 bis 100)", "Zekerheid (1 tot 100)", "Confiance (1 à 100)";
        page: "Page path", "Pfad der Seite", "Pad van de pagina", "Chemin de la page";
        page_group: "Page group", "Seitengruppe", "Paginagroep", "Groupe de pages";
        referrer: "Referring host", "Verweisender Host", "Verwijzende host", "Hôte référent";
        utm_source: "utm_source", "utm_source", "utm_source", "utm_source";
        utm_medium: "utm_medium", "utm_medium", "utm_medium", "utm_medium";
        utm_campaign: "utm_campaign", "utm_campaign", "utm_campaign", "utm_campaign";
        visits: "Visits", "Besuche", "Bezoeken", "Visites";
        page_views: "Page views", "Seitenaufrufe", "Paginaweergaven", "Pages vues";
        seconds: "Seconds on the site", "Sekunden auf der Website", "Seconden op de site", "Secondes sur le site";
        score: "Score (0 to 100)", "Punkte (0 bis 100)", "Score (0 tot 100)", "Score (0 à 100)";
        days_since_first: "Days since the first visit", "Tage seit dem ersten Besuch", "Dagen sinds het eerste bezoek", "Jours depuis la première visite";
        days_since_last: "Days since the last visit", "Tage seit dem letzten Besuch", "Dagen sinds het laatste bezoek", "Jours depuis la dernière visite";
    }
}

impl ConditionWords {
    pub(crate) const fn field(&self, field: Field) -> &'static str {
        match field {
            Field::Name => self.name,
            Field::Country => self.country,
            Field::Kind => self.kind,
            Field::Industry => self.industry,
            Field::LegalForm => self.legal_form,
            Field::Domain => self.domain,
            Field::Tag => self.tag,
            Field::Status => self.status,
            Field::Owner => self.owner,
            Field::Page => self.page,
            Field::PageGroup => self.page_group,
            Field::Referrer => self.referrer,
            Field::UtmSource => self.utm_source,
            Field::UtmMedium => self.utm_medium,
            Field::UtmCampaign => self.utm_campaign,
            Field::Confidence => self.confidence,
            Field::Visits => self.visits,
            Field::PageViews => self.page_views,
            Field::Seconds => self.seconds,
            Field::Score => self.score,
            Field::DaysSinceFirst => self.days_since_first,
            Field::DaysSinceLast => self.days_since_last,
        }
    }
}
