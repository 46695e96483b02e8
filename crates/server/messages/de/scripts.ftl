# Was die Skripte in den Seiten sagen; auch Vorlagen dürfen es verwenden. Jede Seite mit einem Skript hat
# alles davon in einem JSON-Block, in dem eine Variable als {$name} steht, bis das Skript ihren Wert
# einsetzt. Deshalb gibt es hier keine Auswahl nach einer Zahl.

sign-up-heading = Konto anlegen
sign-up-action = Konto anlegen
sign-up-continue = Weiter zur Zahlung
sign-up-sending = Wird gesendet.
sign-up-no-answer = Der Server hat nicht geantwortet.
sign-up-no-answer-remedy = Die Registrierung kann trotzdem angekommen sein. Prüfen Sie Ihre Verbindung und drücken Sie den Knopf noch einmal: Auch zweimal gesendet wird sie nur einmal ausgeführt.
step-no-answer-remedy = Ihre Angaben sind noch da. Prüfen Sie Ihre Verbindung und drücken Sie den Knopf noch einmal.
sign-up-was-undone = Die Registrierung wurde rückgängig gemacht.
page-title-error = Fehler: { $title }
notice-error = Fehler:

receipt-plan = Tarif { $title }
password-show = Anzeigen
password-hide = Verbergen

email-suggestion = Meinten Sie { $address }?
password-missing = Noch { $missing } Zeichen.
password-good = Gut: schwer zu erraten.
password-strong = Stark: sehr schwer zu erraten.
field-optional = { $label } (optional)

missing-email = Bitte geben Sie Ihre E-Mail-Adresse ein.
wrong-email = Bitte geben Sie eine E-Mail-Adresse wie name@example.com ein.
missing-password = Bitte wählen Sie ein Passwort.
short-password = Verwenden Sie mindestens { $least } Zeichen, also noch { $missing } mehr.
missing-first-name = Bitte geben Sie Ihren Vornamen ein.
missing-last-name = Bitte geben Sie Ihren Nachnamen ein.
missing-country = Bitte wählen Sie Ihr Land.
missing-address = Bitte geben Sie Straße und Hausnummer ein.
missing-card-number = Bitte geben Sie die Nummer auf der Vorderseite Ihrer Karte ein.
wrong-card-number = Das ist keine Kartennummer. Bitte prüfen Sie jede Ziffer.
wrong-expiry = Bitte geben Sie das Datum wie auf der Karte ein: MM / JJ.
wrong-expiry-month = Bitte geben Sie einen Monat von 01 bis 12 und dann das Jahr ein.
past-expiry = Diese Karte ist abgelaufen. Prüfen Sie das Datum oder nehmen Sie eine andere Karte.
wrong-cvv-back = Bitte geben Sie die 3 Ziffern auf der Rückseite ein.
wrong-cvv-front = Bitte geben Sie die 4 Ziffern auf der Vorderseite ein.
cvv-on-back = 3 Ziffern auf der Rückseite
cvv-on-front = 4 Ziffern auf der Vorderseite
card-filled-in = Die Karte ist eingetragen.

progress-running = Ihr Konto wird angelegt
progress-running-lead = Sie können diese Seite schließen: Der Vorgang läuft weiter und kommt so oder so zu einem Ende.
progress-undoing = Alles wird rückgängig gemacht
progress-undoing-lead = Ein Schritt ist fehlgeschlagen, deshalb wird jeder Schritt davor rückgängig gemacht.
progress-bank = Ihre Bank fragt, ob Sie es sind
progress-bank-page-lead = Bitte bestätigen Sie diese Zahlung auf der Seite Ihrer Bank. Vorher wird nichts abgebucht.
progress-bank-script-lead = Bitte bestätigen Sie diese Zahlung bei Ihrer Bank. Vorher wird nichts abgebucht.
progress-lost = Diese Seite kann der Registrierung nicht mehr folgen. Laden Sie sie neu, um den Stand zu sehen.
bank-confirm = Bei der Bank bestätigen
bank-not-asked = Ihre Bank war nicht zu erreichen. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.
bank-cannot-be-asked = Ihre Bank lässt sich gerade nicht fragen. Versuchen Sie es gleich noch einmal.
bank-not-answered = Ihre Bank hat die Zahlung noch nicht bestätigt. Versuchen Sie es erneut.

state-waiting = Steht aus
state-doing = Läuft
state-done = Erledigt
state-skipped = Nicht nötig
state-failed = Fehlgeschlagen
state-undoing = Wird rückgängig gemacht
state-undone = Rückgängig gemacht

card-form-loading = Das Kartenformular wird geladen …
card-form-not-loaded = Das Kartenformular konnte nicht geladen werden.
card-form-not-loaded-remedy = Ihre Angaben sind noch da. Prüfen Sie Ihre Verbindung und ob etwas in Ihrem Browser Stripe blockiert.
card-incomplete = Bitte prüfen Sie Ihre Kartendaten: Etwas fehlt oder stimmt nicht.
card-declined = Ihre Karte wurde abgelehnt.
card-not-checked = Ihre Karte konnte nicht geprüft werden.
card-not-checked-remedy = Es wurde nichts angelegt und nichts abgebucht. Bitte geben Sie die Karte noch einmal ein.
card-bank-not-told = Ihre Bank hat keine Bestätigung von Ihnen erhalten.
card-other-remedy = Es wurde nichts angelegt und nichts abgebucht. Versuchen Sie es erneut oder nehmen Sie eine andere Karte.
payment-unreachable = Der Zahlungsdienst ist nicht erreichbar.
payment-unreachable-remedy = Es wurde nichts angelegt und nichts abgebucht. Prüfen Sie Ihre Verbindung und drücken Sie den Knopf noch einmal.

code-missing = Bitte geben Sie die { $length } Ziffern aus der neuesten E-Mail ein.
resend-mail = E-Mail erneut senden
resend-mail-later = E-Mail erneut senden in { $seconds } s
