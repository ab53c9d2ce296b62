//! Objections, and corrections.

use super::words;

words! {
    /// Who is never shown.
    ObjectionsWords {
        title: "Objections", "Widersprüche", "Bezwaren", "Oppositions";
        intro: "Whoever is named here is shown nowhere, whatever data comes; what was stored of it is removed.", "Wer hier genannt ist, wird nirgends gezeigt, welche Daten auch kommen; was gespeichert war, ist entfernt.", "Wie hier genoemd is wordt nergens getoond, welke gegevens er ook komen; wat was opgeslagen is verwijderd.", "Qui est nommé ici n'est affiché nulle part, quelles que soient les données ; ce qui était conservé est supprimé.";
        add: "Add an objection", "Widerspruch eintragen", "Bezwaar toevoegen", "Ajouter une opposition";
        kind: "Named by", "Benannt durch", "Genoemd door", "Désigné par";
        id: "Company's id", "Kennung des Unternehmens", "Id van het bedrijf", "Identifiant de l'entreprise";
        domain: "Domain", "Domain", "Domein", "Domaine";
        register: "Register and number", "Register und Nummer", "Register en nummer", "Registre et numéro";
        network: "Network", "Netz", "Netwerk", "Réseau";
        value: "Id, domain, register or network", "Kennung, Domain, Register oder Netz", "Id, domein, register of netwerk", "Identifiant, domaine, registre ou réseau";
        value_hint: "As lei:…, example.com, the register's name, or 192.0.2.0/24", "Wie lei:…, example.com, der Name des Registers, oder 192.0.2.0/24", "Zoals lei:…, example.com, de naam van het register, of 192.0.2.0/24", "Comme lei:…, example.com, le nom du registre, ou 192.0.2.0/24";
        number: "Number in the register", "Nummer im Register", "Nummer in het register", "Numéro au registre";
        number_hint: "For a register only", "Nur bei einem Register", "Alleen bij een register", "Pour un registre seulement";
        reason: "Reason", "Grund", "Reden", "Raison";
        object: "Hide for good", "Dauerhaft verbergen", "Voorgoed verbergen", "Masquer définitivement";
        list: "Objections that hold", "Geltende Widersprüche", "Geldende bezwaren", "Oppositions en vigueur";
        whom: "Who", "Wer", "Wie", "Qui";
        since: "Since", "Seit", "Sinds", "Depuis";
        lift: "Lift:", "Aufheben:", "Opheffen:", "Lever :";
        lift_hint: "Lifting shows future visits again. What was removed does not come back.", "Nach dem Aufheben werden künftige Besuche wieder gezeigt. Was entfernt ist, kommt nicht zurück.", "Na opheffen worden nieuwe bezoeken weer getoond. Wat verwijderd is komt niet terug.", "Après la levée, les visites futures sont de nouveau affichées. Ce qui est supprimé ne revient pas.";
        actions: "Actions", "Aktionen", "Acties", "Actions";
        none: "Nobody has objected.", "Niemand hat widersprochen.", "Niemand heeft bezwaar gemaakt.", "Personne ne s'est opposé.";
        more: "Next page", "Nächste Seite", "Volgende pagina", "Page suivante";
    }
}

words! {
    /// What the owner knows better.
    CorrectionsWords {
        title: "Corrections", "Korrekturen", "Correcties", "Corrections";
        intro: "What you know better than the range file. It holds from the next visit on, whatever file comes.", "Was Sie besser wissen als die Bereichsdatei. Es gilt ab dem nächsten Besuch, welche Datei auch kommt.", "Wat u beter weet dan het bereikbestand. Het geldt vanaf het volgende bezoek, welk bestand er ook komt.", "Ce que vous savez mieux que le fichier de plages. Cela vaut dès la prochaine visite, quel que soit le fichier.";
        add: "Add a correction", "Korrektur eintragen", "Correctie toevoegen", "Ajouter une correction";
        kind: "Of what", "Wovon", "Waarvan", "De quoi";
        company: "Company, by its id", "Unternehmen, nach Kennung", "Bedrijf, via id", "Entreprise, par identifiant";
        network: "Network", "Netz", "Netwerk", "Réseau";
        value: "Id or network", "Kennung oder Netz", "Id of netwerk", "Identifiant ou réseau";
        value_hint: "As lei:…, or 192.0.2.0/24. Stored visits of a company that is named are removed, for good.", "Wie lei:…, oder 192.0.2.0/24. Gespeicherte Besuche eines genannten Unternehmens werden entfernt, endgültig.", "Zoals lei:…, of 192.0.2.0/24. Opgeslagen bezoeken van een genoemd bedrijf worden voorgoed verwijderd.", "Comme lei:…, ou 192.0.2.0/24. Les visites conservées d'une entreprise nommée sont supprimées définitivement.";
        says: "What is so", "Was gilt", "Wat klopt", "Ce qui est vrai";
        not_that_company: "It is not that company", "Es ist nicht dieses Unternehmen", "Het is niet dat bedrijf", "Ce n'est pas cette entreprise";
        ours: "It is us", "Das sind wir", "Dat zijn wij", "C'est nous";
        save: "Add", "Eintragen", "Toevoegen", "Ajouter";
        list: "Corrections that hold", "Geltende Korrekturen", "Geldende correcties", "Corrections en vigueur";
        since: "Since", "Seit", "Sinds", "Depuis";
        author: "By", "Von", "Door", "Par";
        remove: "Take back:", "Zurücknehmen:", "Terugnemen:", "Retirer :";
        actions: "Actions", "Aktionen", "Acties", "Actions";
        none: "There is none.", "Es gibt keine.", "Er is er geen.", "Il n'y en a pas.";
        more: "Next page", "Nächste Seite", "Volgende pagina", "Page suivante";
    }
}
