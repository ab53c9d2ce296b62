//! The public page on which companies object, and the owner's list of requests.

use super::words;

words! {
    /// The public page.
    ObjectionWords {
        title: "Objection by a company", "Widerspruch eines Unternehmens", "Bezwaar van een bedrijf", "Opposition d'une entreprise";
        intro: "The owner of this website sees which companies visit it, by the network that they come from. A company can object at any time: it is then shown nowhere any more, and what is stored of its visits is removed. This page does not say whether a company was here.",
            "Der Betreiber dieser Website sieht, welche Unternehmen sie besuchen, am Netz, aus dem sie kommen. Ein Unternehmen kann jederzeit widersprechen: Es wird dann nirgends mehr gezeigt, und was von seinen Besuchen gespeichert ist, wird entfernt. Diese Seite sagt nicht, ob ein Unternehmen hier war.",
            "De eigenaar van deze website ziet welke bedrijven haar bezoeken, aan het netwerk waar ze vandaan komen. Een bedrijf kan altijd bezwaar maken: het wordt dan nergens meer getoond, en wat van zijn bezoeken is opgeslagen wordt verwijderd. Deze pagina zegt niet of een bedrijf hier is geweest.",
            "Le propriétaire de ce site voit quelles entreprises le visitent, par le réseau d'où elles viennent. Une entreprise peut s'opposer à tout moment : elle n'est alors plus affichée nulle part, et ce qui est conservé de ses visites est supprimé. Cette page ne dit pas si une entreprise est venue.";
        network: "You are in the network of a company", "Sie sind im Netz eines Unternehmens", "U bent in het netwerk van een bedrijf", "Vous êtes dans le réseau d'une entreprise";
        network_why: "Your connection comes from the network of:", "Ihre Verbindung kommt aus dem Netz von:", "Uw verbinding komt uit het netwerk van:", "Votre connexion vient du réseau de :";
        block: "Block this company", "Dieses Unternehmen sperren", "Dit bedrijf blokkeren", "Bloquer cette entreprise";
        mail: "Prove the domain by e-mail", "Die Domain per E-Mail nachweisen", "Het domein via e-mail aantonen", "Prouver le domaine par e-mail";
        mail_why: "A link is sent to an address at the company's domain. The address is used for this one mail and not stored.", "Ein Link geht an eine Adresse unter der Domain des Unternehmens. Die Adresse wird für diese eine E-Mail benutzt und nicht gespeichert.", "Er gaat een link naar een adres bij het domein van het bedrijf. Het adres wordt voor deze ene e-mail gebruikt en niet opgeslagen.", "Un lien est envoyé à une adresse du domaine de l'entreprise. L'adresse sert à ce seul message et n'est pas conservée.";
        mail_address: "E-mail address", "E-Mail-Adresse", "E-mailadres", "Adresse e-mail";
        send: "Send the link", "Link senden", "Link versturen", "Envoyer le lien";
        dns: "Prove the domain by a DNS record", "Die Domain per DNS-Eintrag nachweisen", "Het domein met een DNS-record aantonen", "Prouver le domaine par un enregistrement DNS";
        dns_why: "For whoever administers the domain.", "Für alle, die die Domain verwalten.", "Voor wie het domein beheert.", "Pour qui administre le domaine.";
        domain: "Domain", "Domain", "Domein", "Domaine";
        show_record: "Show the record", "Eintrag anzeigen", "Record tonen", "Afficher l'enregistrement";
        record: "Add this TXT record to the domain, then check it. It can be removed afterwards.", "Legen Sie diesen TXT-Eintrag an und prüfen Sie ihn dann. Danach kann er gelöscht werden.", "Voeg dit TXT-record toe en controleer het daarna. Het mag daarna weg.", "Ajoutez cet enregistrement TXT, puis vérifiez-le. Il peut ensuite être supprimé.";
        record_name: "Name", "Name", "Naam", "Nom";
        record_text: "Text", "Text", "Tekst", "Texte";
        check: "Check and block", "Prüfen und sperren", "Controleren en blokkeren", "Vérifier et bloquer";
        request: "Ask the owner", "Den Betreiber bitten", "De eigenaar vragen", "Demander au propriétaire";
        request_why: "Without a proof, the owner of this website decides. Say how you can be reached if you want an answer.", "Ohne Nachweis entscheidet der Betreiber dieser Website. Schreiben Sie, wie Sie zu erreichen sind, wenn Sie eine Antwort möchten.", "Zonder bewijs beslist de eigenaar van deze website. Schrijf hoe u te bereiken bent als u antwoord wilt.", "Sans preuve, le propriétaire de ce site décide. Indiquez comment vous joindre si vous souhaitez une réponse.";
        company: "Company", "Unternehmen", "Bedrijf", "Entreprise";
        message: "Message", "Nachricht", "Bericht", "Message";
        ask: "Send the request", "Bitte absenden", "Verzoek versturen", "Envoyer la demande";
        confirm: "Confirm the objection", "Widerspruch bestätigen", "Bezwaar bevestigen", "Confirmer l'opposition";
        confirm_why: "The company of this domain is blocked:", "Das Unternehmen dieser Domain wird gesperrt:", "Het bedrijf van dit domein wordt geblokkeerd:", "L'entreprise de ce domaine est bloquée :";
        blocked: "The objection holds from now on.", "Der Widerspruch gilt ab sofort.", "Het bezwaar geldt vanaf nu.", "L'opposition est effective dès maintenant.";
        mailed: "The link was sent. It holds for an hour.", "Der Link wurde gesendet. Er gilt eine Stunde.", "De link is verstuurd. Hij geldt een uur.", "Le lien a été envoyé. Il est valable une heure.";
        requested: "The request was left for the owner.", "Die Bitte liegt dem Betreiber vor.", "Het verzoek ligt bij de eigenaar.", "La demande a été transmise au propriétaire.";
        changed: "Your network is another one than before. Look at the name again.", "Ihr Netz ist ein anderes als zuvor. Sehen Sie sich den Namen noch einmal an.", "Uw netwerk is een ander dan daarnet. Kijk nog eens naar de naam.", "Votre réseau n'est plus le même. Vérifiez de nouveau le nom.";
        bad_domain: "This is no domain of a company: it can't be registered, or anybody can have an address there.", "Das ist keine Domain eines Unternehmens: Sie kann nicht registriert werden, oder jeder kann dort eine Adresse haben.", "Dit is geen domein van een bedrijf: het kan niet geregistreerd worden, of iedereen kan er een adres hebben.", "Ce n'est pas le domaine d'une entreprise : il ne peut être enregistré, ou chacun peut y avoir une adresse.";
        not_sent: "The mail could not be sent.", "Die E-Mail konnte nicht gesendet werden.", "De e-mail kon niet worden verstuurd.", "Le message n'a pas pu être envoyé.";
        no_record: "The record was not found. New records can take some minutes.", "Der Eintrag wurde nicht gefunden. Neue Einträge brauchen manchmal einige Minuten.", "Het record is niet gevonden. Nieuwe records hebben soms enkele minuten nodig.", "L'enregistrement est introuvable. Un nouvel enregistrement peut prendre quelques minutes.";
        too_old: "The link is too old, or not whole. Ask for another one.", "Der Link ist zu alt oder unvollständig. Fordern Sie einen neuen an.", "De link is te oud of niet volledig. Vraag een nieuwe aan.", "Le lien est trop ancien ou incomplet. Demandez-en un autre.";
        wait: "This was asked too often. Seconds to wait:", "Das wurde zu oft angefragt. Sekunden bis zum nächsten Mal:", "Dit is te vaak gevraagd. Seconden te wachten:", "Trop de demandes. Secondes à attendre :";
        languages: "Languages", "Sprachen", "Talen", "Langues";
        mail_subject: "Objection: confirm your domain", "Widerspruch: Bestätigen Sie Ihre Domain", "Bezwaar: bevestig uw domein", "Opposition : confirmez votre domaine";
        mail_text: "Somebody asked that the company of this domain is no longer shown as a visitor of this website. To confirm, open this link within an hour. If it was not you, do nothing.", "Jemand hat darum gebeten, dass das Unternehmen dieser Domain nicht mehr als Besucher dieser Website gezeigt wird. Öffnen Sie zur Bestätigung diesen Link innerhalb einer Stunde. Wenn Sie das nicht waren, tun Sie nichts.", "Iemand heeft gevraagd dat het bedrijf van dit domein niet meer als bezoeker van deze website wordt getoond. Open ter bevestiging deze link binnen een uur. Was u dat niet, doe dan niets.", "Quelqu'un a demandé que l'entreprise de ce domaine ne soit plus affichée comme visiteur de ce site. Pour confirmer, ouvrez ce lien dans l'heure. Si ce n'était pas vous, ne faites rien.";
    }
}

words! {
    /// The owner's list.
    RequestsWords {
        title: "Requests of companies", "Bitten von Unternehmen", "Verzoeken van bedrijven", "Demandes d'entreprises";
        intro: "Left on the public objection page by those who could not prove their company. Accepting hides the company for good.", "Auf der öffentlichen Widerspruchsseite hinterlassen, ohne Nachweis des Unternehmens. Wird eine Bitte angenommen, ist das Unternehmen dauerhaft verborgen.", "Achtergelaten op de openbare bezwaarpagina, zonder bewijs van het bedrijf. Wie accepteert, verbergt het bedrijf voorgoed.", "Laissées sur la page publique d'opposition, sans preuve de l'entreprise. Accepter masque l'entreprise définitivement.";
        none: "No request waits.", "Es wartet keine Bitte.", "Er wacht geen verzoek.", "Aucune demande en attente.";
        who: "Id or domain of the company", "Kennung oder Domain des Unternehmens", "Id of domein van het bedrijf", "Identifiant ou domaine de l'entreprise";
        accept: "Accept", "Annehmen", "Accepteren", "Accepter";
        decline: "Decline", "Ablehnen", "Afwijzen", "Refuser";
        public: "The public page", "Die öffentliche Seite", "De openbare pagina", "La page publique";
    }
}
