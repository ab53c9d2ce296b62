//! What was not shown, and why.

use nameplate_leads::model::Filtered;

use super::words;

words! {
    /// Counts and shares.
    FilteredWords {
        title: "Filtered", "Ausgefiltert", "Uitgefilterd", "Filtré";
        intro: "Page views of the period, and why most of them are shown as nobody's. Of those that were filtered nothing is kept but these counts by day.", "Seitenaufrufe des Zeitraums, und warum die meisten niemandem zugeordnet sind. Von den ausgefilterten sind nur diese Zahlen je Tag gespeichert.", "Paginaweergaven van de periode, en waarom de meeste aan niemand zijn toegewezen. Van de uitgefilterde zijn alleen deze aantallen per dag bewaard.", "Pages vues de la période, et pourquoi la plupart ne sont attribuées à personne. De celles qui sont filtrées, seuls ces nombres par jour sont conservés.";
        all: "All page views", "Alle Seitenaufrufe", "Alle paginaweergaven", "Toutes les pages vues";
        shown: "Shown as a company's", "Einem Unternehmen zugeordnet", "Aan een bedrijf toegewezen", "Attribuées à une entreprise";
        filtered: "Filtered", "Ausgefiltert", "Uitgefilterd", "Filtrées";
        reason: "Reason", "Grund", "Reden", "Raison";
        meaning: "What it means", "Was es bedeutet", "Wat het betekent", "Signification";
        count: "Page views", "Seitenaufrufe", "Paginaweergaven", "Pages vues";
        share: "Share", "Anteil", "Aandeel", "Part";
        none: "There was no page view in this period.", "In diesem Zeitraum gab es keinen Seitenaufruf.", "In deze periode was er geen paginaweergave.", "Il n'y a eu aucune page vue pendant cette période.";
        by_consent: "Consent and objection", "Einwilligung und Widerspruch", "Toestemming en bezwaar", "Consentement et opposition";
        by_network: "The network is no company's", "Das Netz gehört keinem Unternehmen", "Het netwerk is van geen bedrijf", "Le réseau n'est à aucune entreprise";
        by_robot: "No people", "Keine Menschen", "Geen mensen", "Pas des personnes";
        by_owner: "Own settings", "Eigene Einstellungen", "Eigen instellingen", "Réglages propres";
    }
}

words! {
    /// Reasons, in the words of people.
    ReasonWords {
        site_off: "Site is off", "Website ist aus", "Site staat uit", "Site désactivé";
        site_counts: "Site counts only", "Website zählt nur", "Site telt alleen", "Site en comptage seul";
        no_consent: "No consent", "Keine Einwilligung", "Geen toestemming", "Sans consentement";
        refused: "Refused", "Abgelehnt", "Geweigerd", "Refusé";
        count_consent: "Consent for counting", "Einwilligung nur fürs Zählen", "Toestemming voor tellen", "Consentement au comptage";
        privacy_control: "Global Privacy Control", "Global Privacy Control", "Global Privacy Control", "Global Privacy Control";
        objection: "Objection cookie", "Widerspruchs-Cookie", "Bezwaarcookie", "Cookie d'opposition";
        bot: "Bot", "Bot", "Bot", "Robot";
        monitoring: "Monitoring service", "Überwachungsdienst", "Bewakingsdienst", "Service de surveillance";
        access: "Access provider", "Zugangsanbieter", "Toegangsprovider", "Fournisseur d'accès";
        hosting: "Hosting", "Hosting", "Hosting", "Hébergement";
        mobile: "Mobile network", "Mobilfunknetz", "Mobiel netwerk", "Réseau mobile";
        vpn: "VPN or relay", "VPN oder Relay", "VPN of relay", "VPN ou relais";
        transit: "Transit", "Transit", "Transit", "Transit";
        exchange: "Internet exchange", "Internet-Knoten", "Internetknooppunt", "Point d'échange internet";
        operator: "Other operator", "Anderer Betreiber", "Andere operator", "Autre opérateur";
        unknown: "Unknown network", "Unbekanntes Netz", "Onbekend netwerk", "Réseau inconnu";
        reserved: "Special-purpose address", "Adresse für besondere Zwecke", "Adres voor bijzonder gebruik", "Adresse à usage particulier";
        own: "Own network", "Eigenes Netz", "Eigen netwerk", "Réseau propre";
        corrected: "Corrected", "Korrigiert", "Gecorrigeerd", "Corrigé";
        suppressed: "Company objected", "Unternehmen hat widersprochen", "Bedrijf maakte bezwaar", "Entreprise opposée";
    }
}

words! {
    /// The same, explained.
    MeaningWords {
        site_off: "The site's highest level is off.", "Die höchste Stufe der Website ist off.", "Het hoogste niveau van de site is off.", "Le niveau maximal du site est off.";
        site_counts: "The site's highest level is count.", "Die höchste Stufe der Website ist count.", "Het hoogste niveau van de site is count.", "Le niveau maximal du site est count.";
        no_consent: "The site needs consent, and none was given, or none that is known.", "Die Website braucht eine Einwilligung, und es gab keine, oder keine bekannte.", "De site heeft toestemming nodig, en er was geen, of geen bekende.", "Le site exige un consentement, et il n'y en avait pas, ou pas de connu.";
        refused: "The visitor said no.", "Der Besucher hat abgelehnt.", "De bezoeker zei nee.", "Le visiteur a dit non.";
        count_consent: "The visitor agreed to counting and to nothing more.", "Der Besucher hat dem Zählen zugestimmt und sonst nichts.", "De bezoeker stemde in met tellen en verder niets.", "Le visiteur n'a accepté que le comptage.";
        privacy_control: "The browser asks all sites not to share.", "Der Browser bittet alle Websites, nichts weiterzugeben.", "De browser vraagt alle sites niets te delen.", "Le navigateur demande à tous les sites de ne rien partager.";
        objection: "The visitor objected on the site.", "Der Besucher hat auf der Website widersprochen.", "De bezoeker maakte bezwaar op de site.", "Le visiteur s'est opposé sur le site.";
        bot: "The browser calls itself a robot.", "Der Browser nennt sich selbst einen Roboter.", "De browser noemt zichzelf een robot.", "Le navigateur se dit robot.";
        monitoring: "A service that looks whether the site is up.", "Ein Dienst, der nachsieht, ob die Website erreichbar ist.", "Een dienst die kijkt of de site bereikbaar is.", "Un service qui vérifie que le site répond.";
        access: "The network sells access: who used it is not known, and not looked for.", "Das Netz verkauft Zugang: Wer es benutzt hat, ist nicht bekannt und wird nicht gesucht.", "Het netwerk verkoopt toegang: wie het gebruikte is niet bekend en wordt niet gezocht.", "Le réseau vend de l'accès : qui l'utilisait n'est ni connu ni recherché.";
        hosting: "The network is of servers.", "Das Netz besteht aus Servern.", "Het netwerk bestaat uit servers.", "Le réseau est fait de serveurs.";
        mobile: "The network is of phones.", "Das Netz besteht aus Telefonen.", "Het netwerk bestaat uit telefoons.", "Le réseau est fait de téléphones.";
        vpn: "The network hides who uses it.", "Das Netz verbirgt, wer es benutzt.", "Het netwerk verbergt wie het gebruikt.", "Le réseau cache qui l'utilise.";
        transit: "The network joins other networks.", "Das Netz verbindet andere Netze.", "Het netwerk verbindt andere netwerken.", "Le réseau relie d'autres réseaux.";
        exchange: "The network is a meeting point of networks.", "Das Netz ist ein Treffpunkt von Netzen.", "Het netwerk is een ontmoetingspunt van netwerken.", "Le réseau est un point de rencontre de réseaux.";
        operator: "The operator is known, and not of what kind.", "Der Betreiber ist bekannt, seine Art nicht.", "De operator is bekend, de soort niet.", "L'opérateur est connu, mais pas son type.";
        unknown: "The range file says nothing of the network.", "Die Bereichsdatei sagt nichts über das Netz.", "Het bereikbestand zegt niets over het netwerk.", "Le fichier de plages ne dit rien du réseau.";
        reserved: "The address is not of the public internet.", "Die Adresse gehört nicht zum öffentlichen Internet.", "Het adres hoort niet bij het openbare internet.", "L'adresse n'est pas de l'internet public.";
        own: "The settings or a correction say that it is yours.", "Die Einstellungen oder eine Korrektur sagen, dass es Ihres ist.", "De instellingen of een correctie zeggen dat het van u is.", "Les réglages ou une correction disent qu'il est à vous.";
        corrected: "A correction says that it is not that company.", "Eine Korrektur sagt, dass es nicht dieses Unternehmen ist.", "Een correctie zegt dat het niet dat bedrijf is.", "Une correction dit que ce n'est pas cette entreprise.";
        suppressed: "The company is never shown.", "Das Unternehmen wird nie gezeigt.", "Het bedrijf wordt nooit getoond.", "L'entreprise n'est jamais affichée.";
    }
}

macro_rules! by_reason {
    ($name:ident) => {
        impl $name {
            pub(crate) const fn name(&self, reason: Filtered) -> &'static str {
                match reason {
                    Filtered::SiteOff => self.site_off,
                    Filtered::SiteCounts => self.site_counts,
                    Filtered::NoConsent => self.no_consent,
                    Filtered::Refused => self.refused,
                    Filtered::CountConsent => self.count_consent,
                    Filtered::PrivacyControl => self.privacy_control,
                    Filtered::Objection => self.objection,
                    Filtered::Bot => self.bot,
                    Filtered::Monitoring => self.monitoring,
                    Filtered::Access => self.access,
                    Filtered::Hosting => self.hosting,
                    Filtered::Mobile => self.mobile,
                    Filtered::Vpn => self.vpn,
                    Filtered::Transit => self.transit,
                    Filtered::Exchange => self.exchange,
                    Filtered::Operator => self.operator,
                    Filtered::Unknown => self.unknown,
                    Filtered::Reserved => self.reserved,
                    Filtered::Own => self.own,
                    Filtered::Corrected => self.corrected,
                    Filtered::Suppressed => self.suppressed,
                }
            }
        }
    };
}

by_reason!(ReasonWords);
by_reason!(MeaningWords);
