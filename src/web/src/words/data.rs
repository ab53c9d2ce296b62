//! The range file, and the audit log.

use super::words;

words! {
    /// What visits are looked up in.
    DataWords {
        title: "Data", "Daten", "Gegevens", "Données";
        intro: "The range file in which visits are looked up.", "Die Bereichsdatei, in der Besuche nachgeschlagen werden.", "Het bereikbestand waarin bezoeken worden opgezocht.", "Le fichier de plages dans lequel les visites sont cherchées.";
        file: "File", "Datei", "Bestand", "Fichier";
        build: "Build", "Nummer", "Bouwnummer", "Version";
        newest: "Newest data", "Jüngste Daten", "Nieuwste gegevens", "Données les plus récentes";
        age: "Age in days", "Alter in Tagen", "Leeftijd in dagen", "Âge en jours";
        not_dated: "no source has a date", "keine Quelle hat ein Datum", "geen bron heeft een datum", "aucune source n'a de date";
        size: "Size in bytes", "Größe in Bytes", "Grootte in bytes", "Taille en octets";
        signed: "Names a signer", "Nennt einen Unterzeichner", "Noemt een ondertekenaar", "Nomme un signataire";
        yes: "yes", "ja", "ja", "oui";
        no: "no", "nein", "nee", "non";
        companies: "Companies", "Unternehmen", "Bedrijven", "Entreprises";
        operators: "Operators", "Betreiber", "Operators", "Opérateurs";
        generation: "Loads since the start", "Geladen seit dem Start", "Geladen sinds de start", "Chargements depuis le démarrage";
        suppressions: "Rules of the suppression list", "Regeln der Sperrliste", "Regels van de blokkeerlijst", "Règles de la liste d'exclusion";
        failed: "Loads that failed", "Gescheiterte Ladeversuche", "Mislukte laadpogingen", "Chargements échoués";
        last_failed: "The last load failed; the file before it is still used:", "Das letzte Laden ist gescheitert; die Datei davor gilt weiter:", "Het laatste laden mislukte; het vorige bestand wordt nog gebruikt:", "Le dernier chargement a échoué ; le fichier précédent reste utilisé :";
        coverage: "Coverage", "Abdeckung", "Dekking", "Couverture";
        coverage_hint: "What is known of addresses. For IPv6, networks are counted: most of its addresses are nobody's.", "Was über Adressen bekannt ist. Bei IPv6 sind Netze gezählt: Die meisten Adressen gehören niemandem.", "Wat over adressen bekend is. Bij IPv6 zijn netwerken geteld: de meeste adressen zijn van niemand.", "Ce qui est connu des adresses. Pour IPv6, ce sont des réseaux : la plupart des adresses ne sont à personne.";
        what: "Known as", "Bekannt als", "Bekend als", "Connu comme";
        ipv4: "IPv4 addresses", "IPv4-Adressen", "IPv4-adressen", "Adresses IPv4";
        ipv6: "IPv6 networks", "IPv6-Netze", "IPv6-netwerken", "Réseaux IPv6";
        share: "Share", "Anteil", "Aandeel", "Part";
        a_company: "A company's", "Eines Unternehmens", "Van een bedrijf", "D'une entreprise";
        an_operator: "An operator's", "Eines Betreibers", "Van een operator", "D'un opérateur";
        reserved: "Special-purpose", "Für besondere Zwecke", "Voor bijzonder gebruik", "À usage particulier";
        unknown: "Unknown", "Unbekannt", "Onbekend", "Inconnu";
        sources: "Sources and licences", "Quellen und Lizenzen", "Bronnen en licenties", "Sources et licences";
        source: "Source", "Quelle", "Bron", "Source";
        date: "Date", "Datum", "Datum", "Date";
        rows: "Rows", "Zeilen", "Rijen", "Lignes";
        licence: "Licence", "Lizenz", "Licentie", "Licence";
        attribution: "Attribution", "Namensnennung", "Naamsvermelding", "Attribution";
        from: "From", "Von", "Van", "Origine";
        facts: "What else it says", "Was sie sonst sagt", "Wat het verder zegt", "Autres indications";
    }
}

words! {
    /// Who did what.
    AuditWords {
        title: "Audit log", "Protokoll", "Auditlogboek", "Journal d'audit";
        intro: "Who saw, exported, changed and erased what. It is only added to, and its entries go by age alone.", "Wer was gesehen, exportiert, geändert und gelöscht hat. Es wird nur ergänzt; Einträge gehen allein nach Alter.", "Wie wat zag, exporteerde, wijzigde en wiste. Er wordt alleen aan toegevoegd; regels verdwijnen alleen door ouderdom.", "Qui a vu, exporté, modifié et effacé quoi. On y ajoute seulement ; les entrées ne partent que par l'âge.";
        filter: "Filter", "Filter", "Filter", "Filtrer";
        actor: "Who", "Wer", "Wie", "Qui";
        action: "Action", "Aktion", "Actie", "Action";
        show: "Show", "Anzeigen", "Tonen", "Afficher";
        time: "Time (UTC)", "Zeit (UTC)", "Tijd (UTC)", "Heure (UTC)";
        subject: "Of what", "Wovon", "Waarvan", "De quoi";
        details: "Details", "Einzelheiten", "Details", "Détails";
        none: "No entry fits.", "Kein Eintrag passt.", "Er is geen regel die past.", "Aucune entrée ne correspond.";
        none_here: "None of the entries that were looked at fits; there are older ones.", "Keiner der durchgesehenen Einträge passt; es gibt ältere.", "Geen van de bekeken regels past; er zijn oudere.", "Aucune des entrées examinées ne correspond ; il y en a de plus anciennes.";
        older: "Older entries", "Ältere Einträge", "Oudere regels", "Entrées plus anciennes";
        newest: "Newest entries", "Neueste Einträge", "Nieuwste regels", "Entrées les plus récentes";
    }
}
