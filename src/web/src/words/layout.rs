//! What every page has.

use super::words;

words! {
    /// Around every page.
    LayoutWords {
        skip: "Skip to content", "Zum Inhalt springen", "Naar de inhoud", "Aller au contenu";
        navigation: "Pages", "Seiten", "Pagina's", "Pages";
        companies: "Companies", "Unternehmen", "Bedrijven", "Entreprises";
        overview: "Overview", "Übersicht", "Overzicht", "Vue d'ensemble";
        live: "Live", "Live", "Live", "En direct";
        filtered: "Filtered", "Ausgefiltert", "Uitgefilterd", "Filtré";
        segments: "Segments", "Segmente", "Segmenten", "Segments";
        corrections: "Corrections", "Korrekturen", "Correcties", "Corrections";
        objections: "Objections", "Widersprüche", "Bezwaren", "Oppositions";
        data: "Data", "Daten", "Gegevens", "Données";
        audit: "Audit", "Protokoll", "Audit", "Audit";
        settings: "Settings", "Einstellungen", "Instellingen", "Réglages";
        account: "Account", "Konto", "Account", "Compte";
        signed_in_as: "Signed in as", "Angemeldet als", "Ingelogd als", "Connecté en tant que";
        administrator: "administrator", "Administrator", "beheerder", "administrateur";
        analyst: "analyst", "Analyst", "analist", "analyste";
        officer: "data protection officer", "Datenschutzbeauftragte", "functionaris gegevensbescherming", "délégué à la protection des données";
        sign_out: "Sign out", "Abmelden", "Uitloggen", "Se déconnecter";
        language: "Language", "Sprache", "Taal", "Langue";
        change_language: "Change language", "Sprache ändern", "Taal wijzigen", "Changer de langue";
        note: "A visit says whose network it came from, never who the person was. At first contact, name the source and the right to object.",
            "Ein Besuch sagt, aus wessen Netz er kam, niemals, wer die Person war. Nennen Sie beim ersten Kontakt die Quelle und das Widerspruchsrecht.",
            "Een bezoek zegt van wiens netwerk het kwam, nooit wie de persoon was. Noem bij het eerste contact de bron en het recht van bezwaar.",
            "Une visite dit de quel réseau elle vient, jamais qui était la personne. Au premier contact, indiquez la source et le droit d'opposition.";
    }
}

words! {
    /// Pages that say why there is none.
    ProblemWords {
        back: "Back to the companies", "Zurück zu den Unternehmen", "Terug naar de bedrijven", "Retour aux entreprises";
        bad_request: "This can't be answered as it was asked.", "So kann das nicht beantwortet werden.", "Zo kan dit niet worden beantwoord.", "Impossible de répondre à cette demande telle quelle.";
        forbidden: "You may not do this, or the form was too old.", "Das dürfen Sie nicht, oder das Formular war zu alt.", "Dit mag u niet doen, of het formulier was te oud.", "Vous n'y êtes pas autorisé, ou le formulaire était trop ancien.";
        not_found: "There is nothing here.", "Hier ist nichts.", "Hier is niets.", "Il n'y a rien ici.";
        too_many: "Too many attempts failed. Wait a moment before the next one.", "Zu viele Versuche sind gescheitert. Warten Sie einen Moment bis zum nächsten.", "Te veel pogingen zijn mislukt. Wacht even tot de volgende.", "Trop de tentatives ont échoué. Attendez un moment avant la suivante.";
        busy: "More is going on than can be answered in time. Try again.", "Es ist mehr los, als rechtzeitig beantwortet werden kann. Versuchen Sie es noch einmal.", "Er gebeurt meer dan op tijd beantwoord kan worden. Probeer het opnieuw.", "Il y a trop de demandes pour répondre à temps. Réessayez.";
        failed: "This failed. The daemon's log says why.", "Das ist gescheitert. Das Protokoll des Dienstes sagt, warum.", "Dit is mislukt. Het logboek van de dienst zegt waarom.", "Cela a échoué. Le journal du service dit pourquoi.";
    }
}
