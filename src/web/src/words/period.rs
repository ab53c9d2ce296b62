//! What pages over a period have: their form, and what pages count.

use super::words;

words! {
    /// The form for site and days.
    PeriodWords {
        filter: "Period and site", "Zeitraum und Website", "Periode en site", "Période et site";
        from: "From", "Von", "Van", "Du";
        to: "To", "Bis", "Tot", "Au";
        site: "Site", "Website", "Site", "Site";
        any: "All", "Alle", "Alle", "Tous";
        show: "Show", "Anzeigen", "Tonen", "Afficher";
        hint: "Days are of UTC. Without dates: the last 30 days.", "Tage sind Tage in UTC. Ohne Angabe: die letzten 30 Tage.", "Dagen zijn dagen in UTC. Zonder datums: de laatste 30 dagen.", "Les jours sont en UTC. Sans dates : les 30 derniers jours.";
    }
}
