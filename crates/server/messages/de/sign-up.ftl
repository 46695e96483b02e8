# Das Formular zur Registrierung.

sign-up-lead = Ein Formular, einmal abgeschickt. Alles darin wird gemeinsam eingerichtet oder gar nichts davon.
sign-up-check-fields = Bitte prüfen Sie diese Felder
sign-up-in-steps = Lieber Schritt für Schritt? Zuerst die E-Mail-Adresse bestätigen

section-account = Konto
section-address = Rechnungsadresse
section-plan = Tarif
section-card = Karte
section-payment = Zahlung

field-email = E-Mail-Adresse
field-email-hint = Dorthin senden wir einen Link zur Bestätigung.
field-password = Passwort
field-password-hint = Mindestens { $long } Zeichen, oder mindestens { $least }, wenn sie schwer zu erraten sind. Nichts Naheliegendes und weder Ihr Name noch Ihre E-Mail-Adresse. Einige Wörter eignen sich gut.
field-first-name = Vorname
field-last-name = Nachname
field-country = Land
field-address = Straße und Hausnummer
field-address-line2 = Adresszusatz (optional)
field-state-anywhere = Bundesstaat/Provinz, falls vorhanden
field-zip-anywhere = Postleitzahl, falls vorhanden
field-card-number = Kartennummer
field-expiry = Gültig bis
field-expiry-hint = Monat / Jahr
field-expiry-placeholder = MM / JJ
field-cvv = Prüfnummer

password-show-long = Passwort anzeigen

plan-price-month = { $price } / Monat
plan-price-year = { $price } / Jahr
plan-free = Kostenlos
# Die Beschriftung des Knopfs: was er tut und was es kostet.
plan-start = { $title } für { $price } starten
plan-start-free = Kostenloses Konto anlegen
plan-charged-nothing = Nichts
plan-next-charge = { $price } am { $date }
plan-next-charge-none = Keine

receipt-title = Ihre Bestellung
receipt-next-charge = Nächste Abbuchung
receipt-charged-today = Heute abgebucht
receipt-promise = Schlägt ein Schritt fehl, wird nichts angelegt und nichts abgebucht.

# Beim Knopf, wenn der Betreiber die Seiten genannt hat.
legal-terms-and-privacy = Mit der Registrierung akzeptieren Sie die <a href="{ $terms }" target="_blank" rel="noopener">AGB</a> und die <a href="{ $privacy }" target="_blank" rel="noopener">Datenschutzerklärung</a>.
legal-terms = Mit der Registrierung akzeptieren Sie die <a href="{ $terms }" target="_blank" rel="noopener">AGB</a>.
legal-privacy = Wie wir mit Ihren Daten umgehen, steht in unserer <a href="{ $privacy }" target="_blank" rel="noopener">Datenschutzerklärung</a>.

sandbox-cards = <strong>Sandbox.</strong> Hier wird keine echte Karte belastet. Nehmen Sie eine dieser Karten:
sandbox-card-use = Eintragen
sandbox-card-succeeds = Zahlung gelingt
sandbox-card-declined = Wird abgelehnt
sandbox-card-no-funds = Wird abgelehnt: keine Deckung
sandbox-card-fails-later = Wird angenommen, Abbuchung scheitert
sandbox-card-3ds = Verlangt 3-D Secure

payment-your-details = Ihre Angaben:
payment-change = Ändern
payment-test-mode = Testbetrieb: Es wird keine echte Karte belastet.
payment-card-checked = Ihre Karte wurde geprüft und kann verwendet werden.
payment-other-card = Andere Karte verwenden
payment-try-again = Erneut versuchen
payment-straight-to-stripe = Ihre Kartendaten gehen direkt an Stripe. Wir sehen die Nummer nie.
payment-needs-script = Eine Karte lässt sich nur mit JavaScript eingeben.
payment-needs-script-why = Das Kartenformular stammt von unserem Zahlungsdienst, damit Ihre Kartennummer nie bei uns ankommt. Schalten Sie JavaScript ein und laden Sie die Seite neu.
payment-needs-script-but-free = Ein kostenloser Tarif braucht keine Karte und funktioniert auch so.

form-sent-with-other-entries = Dieses Formular wurde schon einmal mit anderen Angaben abgeschickt. Bitte schicken Sie es noch einmal ab.

# Wie die Teile einer Adresse dort heißen, wo sie liegt. Welches Land was sagt, steht in der Domäne.
address-city = Ort
address-district = Bezirk
address-post-town = Ort
address-suburb = Ort oder Stadtteil
address-area = Gebiet
address-county = Grafschaft/Kreis
address-department = Departement
address-do-si = Provinz oder Stadt
address-emirate = Emirat
address-island = Insel
address-oblast = Oblast
address-parish = Gemeinde
address-prefecture = Präfektur
address-province = Provinz
address-state = Bundesstaat
address-eircode = Eircode
address-pin = PIN-Code
address-postal-code = Postleitzahl
address-zip-code = ZIP-Code
