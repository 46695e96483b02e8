# Eine Registrierung in einfachen Worten: ihre Schritte vorher und nachher, wie jeder rückgängig gemacht
# wird, und woran sie scheiterte. Seiten, API und Ereignisse sagen es so.

step-check-card = Karte prüfen
step-card-checked = Karte geprüft
step-card-undone = Karte nicht gespeichert
step-hold-email = E-Mail-Adresse reservieren
step-email-held = E-Mail-Adresse reserviert
step-email-undone = Adresse freigegeben
step-create-customer = Kunden anlegen
step-customer-created = Kunde angelegt
step-customer-undone = Kunde gelöscht
step-charge-month = Ersten Monat abbuchen
step-month-charged = Erster Monat abgebucht
step-charge-year = Erstes Jahr abbuchen
step-year-charged = Erstes Jahr abgebucht
step-charge-undone = { $amount } erstattet
step-nothing-charged-undone = Abbuchung erstattet
step-open-account = Konto eröffnen
step-account-opened = Konto eröffnet
step-account-undone = Konto entfernt
step-verify-email = E-Mail-Adresse bestätigen
step-email-verified = E-Mail-Adresse bestätigt
step-welcome = Willkommen

nothing-is-left = Es wurde kein Konto angelegt und nichts abgebucht.
account-was-removed = Das Konto wurde entfernt und der abgebuchte Betrag erstattet.
nothing-will-be-left = Alles Begonnene wird rückgängig gemacht: Es bleibt weder ein Konto noch eine Abbuchung.
account-is-being-removed = Das Konto wird entfernt und der abgebuchte Betrag erstattet.

reason-gateway-unavailable = Der Zahlungsdienst war nicht erreichbar.
reason-gateway-rejected = Der Zahlungsdienst hat unsere Anfrage abgelehnt.
reason-out-of-time = Die Registrierung hat zu lange gedauert.
reason-action-abandoned = Die Zahlung wurde bei Ihrer Bank nicht rechtzeitig bestätigt.
reason-not-verified = Die E-Mail-Adresse wurde nicht rechtzeitig bestätigt.
reason-mail-refused = An die E-Mail-Adresse lassen sich keine E-Mails zustellen.
reason-email-taken = Zu dieser E-Mail-Adresse gibt es schon ein Konto.
reason-by-operator = Die Registrierung wurde vom Betreiber abgebrochen.

remedy-try-again = Bitte versuchen Sie es gleich noch einmal.
# $support ist die Adresse des Betreibers oder `none`.
remedy-tell-us =
    { $support ->
        [none] Das liegt an uns; bitte sagen Sie uns Bescheid oder versuchen Sie es später erneut.
       *[other] Das liegt an uns; bitte sagen Sie uns Bescheid ({ $support }) oder versuchen Sie es später erneut.
    }
remedy-at-any-time = Sie können sich jederzeit erneut registrieren.
remedy-other-address = Registrieren Sie sich mit einer Adresse, unter der Sie E-Mails lesen können.
remedy-sign-in = Melden Sie sich an oder verwenden Sie eine andere Adresse.
remedy-contact-us =
    { $support ->
        [none] Bitte wenden Sie sich an uns.
       *[other] Bitte wenden Sie sich an uns: { $support }.
    }
remedy-other-card = Versuchen Sie es mit einer anderen Karte.
remedy-again-or-other-card = Versuchen Sie es gleich noch einmal oder nehmen Sie eine andere Karte.

declined = Ihre Karte wurde abgelehnt.
declined-funds = Ihre Karte wurde abgelehnt (keine ausreichende Deckung).
declined-limit = Ihre Karte wurde abgelehnt (das Limit der Karte ist erreicht).
declined-expired = Ihre Karte wurde abgelehnt (die Karte ist abgelaufen).
declined-security-code = Ihre Karte wurde abgelehnt (die Prüfnummer ist falsch).
declined-number = Ihre Karte wurde abgelehnt (die Kartennummer ist falsch).
declined-expiry = Ihre Karte wurde abgelehnt (das Ablaufdatum ist falsch).
declined-address = Ihre Karte wurde abgelehnt (die Adresse stimmt nicht mit der bei der Bank überein).
declined-currency = Ihre Karte wurde abgelehnt (die Karte unterstützt diese Währung nicht).
declined-use = Ihre Karte wurde abgelehnt (die Karte ist für diese Zahlung nicht zugelassen).
declined-not-confirmed = Ihre Karte wurde abgelehnt (Sie haben die Zahlung nicht bestätigt).
declined-too-late = Ihre Karte wurde abgelehnt (die Zahlung wurde nicht rechtzeitig bestätigt).
declined-duplicate = Ihre Karte wurde abgelehnt (die Bank hat dieselbe Zahlung gerade schon erhalten).
declined-passing = Ihre Bank konnte die Zahlung gerade nicht verarbeiten.
declined-method = Das Zahlungsmittel ist unbekannt oder wurde schon verwendet.
declined-real-card = Hier werden nur Testkarten angenommen, zum Beispiel 4242 4242 4242 4242.
declined-test-card = Das ist eine Testkarte, mit der sich nichts bezahlen lässt.
