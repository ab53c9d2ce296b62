//! Signing in and out, the second factor, the account.

use super::words;

words! {
    /// Signing in.
    AccountWords {
        sign_in: "Sign in", "Anmelden", "Inloggen", "Se connecter";
        name: "Name", "Name", "Naam", "Nom";
        password: "Password", "Passwort", "Wachtwoord", "Mot de passe";
        wrong: "Name or password is wrong.", "Name oder Passwort ist falsch.", "Naam of wachtwoord is onjuist.", "Le nom ou le mot de passe est incorrect.";
        wait: "Too many attempts failed. Seconds to wait:", "Zu viele Versuche sind gescheitert. Sekunden bis zum nächsten:", "Te veel pogingen zijn mislukt. Seconden te wachten:", "Trop de tentatives ont échoué. Secondes à attendre :";
        no_users: "There is no user yet? nameplate user add makes one.", "Noch kein Benutzer da? nameplate user add legt einen an.", "Nog geen gebruiker? nameplate user add maakt er een.", "Pas encore d'utilisateur ? nameplate user add en crée un.";
        second_factor: "Second factor", "Zweiter Faktor", "Tweede factor", "Second facteur";
        code: "Code of six digits", "Sechsstelliger Code", "Code van zes cijfers", "Code à six chiffres";
        code_hint: "Your authenticator app shows it.", "Ihre Authenticator-App zeigt ihn.", "Uw authenticator-app toont hem.", "Votre application d'authentification l'affiche.";
        code_wrong: "The code is wrong, or was used before. Wait for the next one.", "Der Code ist falsch oder wurde schon benutzt. Warten Sie auf den nächsten.", "De code is onjuist of al gebruikt. Wacht op de volgende.", "Le code est incorrect ou déjà utilisé. Attendez le suivant.";
        go_on: "Continue", "Weiter", "Doorgaan", "Continuer";
        enrol: "Set up the second factor", "Zweiten Faktor einrichten", "Tweede factor instellen", "Configurer le second facteur";
        enrol_needed: "Administrators sign in with a second factor.", "Administratoren melden sich mit einem zweiten Faktor an.", "Beheerders loggen in met een tweede factor.", "Les administrateurs se connectent avec un second facteur.";
        enrol_scan: "Scan this with an authenticator app, or type in the secret below it. Then enter the code that the app shows.", "Scannen Sie dies mit einer Authenticator-App, oder tippen Sie das Geheimnis darunter ab. Geben Sie dann den Code ein, den die App zeigt.", "Scan dit met een authenticator-app, of typ het geheim eronder over. Voer daarna de code in die de app toont.", "Scannez ceci avec une application d'authentification, ou saisissez le secret ci-dessous. Entrez ensuite le code que l'application affiche.";
        qr: "QR code of the secret", "QR-Code des Geheimnisses", "QR-code van het geheim", "Code QR du secret";
        secret: "Secret", "Geheimnis", "Geheim", "Secret";
        begin: "Begin", "Beginnen", "Beginnen", "Commencer";
        has_factor: "You sign in with a second factor. If you lose it: nameplate user totp takes it away.", "Sie melden sich mit einem zweiten Faktor an. Bei Verlust: nameplate user totp nimmt ihn weg.", "U logt in met een tweede factor. Bij verlies: nameplate user totp haalt hem weg.", "Vous vous connectez avec un second facteur. En cas de perte : nameplate user totp le retire.";
        no_factor: "You sign in by password alone. A second factor keeps out whoever learns it.", "Sie melden sich nur mit Passwort an. Ein zweiter Faktor hält den fern, der es erfährt.", "U logt alleen met een wachtwoord in. Een tweede factor houdt buiten wie het te weten komt.", "Vous vous connectez avec un mot de passe seul. Un second facteur arrête quiconque l'apprend.";
    }
}
