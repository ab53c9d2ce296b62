//! The latest page views.

use super::words;

words! {
    /// Page views as they happen.
    LiveWords {
        title: "Live", "Live", "Live", "En direct";
        hint: "The latest page views of companies, in UTC. They are here within two seconds of the visit.", "Die letzten Seitenaufrufe von Unternehmen, in UTC. Sie sind binnen zwei Sekunden nach dem Besuch hier.", "De laatste paginaweergaven van bedrijven, in UTC. Ze staan hier binnen twee seconden na het bezoek.", "Les dernières pages vues par des entreprises, en UTC. Elles apparaissent moins de deux secondes après la visite.";
        refresh: "Load again", "Neu laden", "Opnieuw laden", "Recharger";
        pause: "Pause", "Anhalten", "Pauzeren", "Mettre en pause";
        go_on: "Go on", "Fortsetzen", "Hervatten", "Reprendre";
        paused: "Paused: the list stays as it is.", "Angehalten: Die Liste bleibt, wie sie ist.", "Gepauzeerd: de lijst blijft zoals hij is.", "En pause : la liste reste telle quelle.";
        running: "The list follows the visits.", "Die Liste folgt den Besuchen.", "De lijst volgt de bezoeken.", "La liste suit les visites.";
        arrived: "New page views:", "Neue Seitenaufrufe:", "Nieuwe paginaweergaven:", "Nouvelles pages vues :";
        lost: "No connection; trying again.", "Keine Verbindung; neuer Versuch läuft.", "Geen verbinding; er wordt opnieuw geprobeerd.", "Pas de connexion ; nouvelle tentative.";
        none: "No page view of a company is kept yet.", "Noch ist kein Seitenaufruf eines Unternehmens gespeichert.", "Er is nog geen paginaweergave van een bedrijf bewaard.", "Aucune page vue par une entreprise n'est encore conservée.";
        time: "Time", "Zeit", "Tijd", "Heure";
        company: "Company", "Unternehmen", "Bedrijf", "Entreprise";
        country: "Country", "Land", "Land", "Pays";
        page: "Page", "Seite", "Pagina", "Page";
        site: "Site", "Website", "Site", "Site";
        came_from: "Came from", "Kam von", "Kwam van", "Venue de";
    }
}
