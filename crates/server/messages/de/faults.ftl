# Was an einem Feld eines Formulars nicht stimmt und wie man es berichtigt. Das Einfachste davon prüfen
# Skripte vor dem Absenden (scripts.ftl); was hier steht, kann auch an ein Programm gehen.

fault-missing = Dieses Feld muss ausgefüllt werden.
fault-missing-email = Bitte geben Sie eine E-Mail-Adresse ein.
fault-missing-password = Bitte wählen Sie ein Passwort.
fault-missing-first-name = Bitte geben Sie einen Vornamen ein.
fault-missing-last-name = Bitte geben Sie einen Nachnamen ein.
fault-missing-address = Bitte geben Sie Straße und Hausnummer ein.
address-city-missing = Bitte geben Sie einen Ort ein.
address-district-missing = Bitte geben Sie einen Bezirk ein.
address-post-town-missing = Bitte geben Sie einen Ort ein.
address-suburb-missing = Bitte geben Sie einen Ort oder Stadtteil ein.
address-area-missing = Bitte geben Sie ein Gebiet ein.
address-county-missing = Bitte geben Sie eine Grafschaft oder einen Kreis ein.
address-department-missing = Bitte geben Sie ein Departement ein.
address-do-si-missing = Bitte geben Sie eine Provinz oder Stadt ein.
address-emirate-missing = Bitte geben Sie ein Emirat ein.
address-island-missing = Bitte geben Sie eine Insel ein.
address-oblast-missing = Bitte geben Sie eine Oblast ein.
address-parish-missing = Bitte geben Sie eine Gemeinde ein.
address-prefecture-missing = Bitte geben Sie eine Präfektur ein.
address-province-missing = Bitte geben Sie eine Provinz ein.
address-state-missing = Bitte geben Sie einen Bundesstaat ein.
address-eircode-missing = Bitte geben Sie einen Eircode ein.
address-pin-missing = Bitte geben Sie einen PIN-Code ein.
address-postal-code-missing = Bitte geben Sie eine Postleitzahl ein.
address-zip-code-missing = Bitte geben Sie einen ZIP-Code ein.
fault-missing-expiry-month = Bitte geben Sie den Monat ein, in dem die Karte abläuft.
fault-missing-expiry-year = Bitte geben Sie das Jahr ein, in dem die Karte abläuft.
fault-missing-cvv = Bitte geben Sie die Prüfnummer der Karte ein.
fault-missing-card-number = Bitte geben Sie eine Kartennummer ein oder senden Sie stattdessen payment_method.
fault-missing-token = payment_method fehlt: das Token, das der Zahlungsdienst im Browser erzeugt.
# Dasselbe für jemanden, der das Formular der Seite ohne ihr Skript abgeschickt hat.
fault-card-needs-script = Bitte geben Sie eine Karte ein: Das Kartenformular braucht JavaScript.

fault-text-long = Das ist zu lang: Verwenden Sie höchstens { $most } Zeichen.
fault-text-invisible = Hier steht ein Zeilenende, ein Tabulator oder ein anderes unsichtbares Zeichen: Bitte entfernen Sie es.

fault-email-long = Die E-Mail-Adresse ist zu lang: Sie darf höchstens { $most } Zeichen haben.
fault-email-no-at = In einer E-Mail-Adresse steht ein @, wie in name@example.com.
fault-email-local-long = Der Teil vor dem @ ist zu lang: Er darf höchstens { $most } Zeichen haben.
fault-email-local = Der Teil vor dem @ ist nicht gültig: Achten Sie auf Leerzeichen, Kommas, Klammern und auf Punkte am Rand oder nebeneinander.
fault-email-domain = Der Teil nach dem @ ist kein Domainname: Bitte prüfen Sie die Schreibweise.
fault-email-domain-incomplete = Der Teil nach dem @ ist nicht vollständig: Es fehlt eine Endung wie .de oder .com.

fault-password-short = Das Passwort ist zu kurz: Verwenden Sie mindestens { $least } Zeichen.
fault-password-long = Das Passwort ist zu lang: Verwenden Sie höchstens { $most } Bytes.
fault-password-invisible = Das Passwort enthält einen Tabulator, ein Zeilenende oder Ähnliches, das sich nicht eintippen lässt: Bitte entfernen Sie es.
fault-password-common = Dieses Passwort ist eines der häufigsten: Bitte wählen Sie ein anderes.
fault-password-weak = Dieses Passwort ist leicht zu erraten.
too-many-passwords = Bitte warten Sie einen Moment: Passwörter werden nur in Abständen beurteilt.
fault-password-personal = Das Passwort enthält Ihren Namen oder Ihre E-Mail-Adresse: Bitte lassen Sie das weg.
advice-uncommon-words = Verwenden Sie einige ungewöhnliche Wörter.
advice-few-words = Verwenden Sie mehrere Wörter, aber keine geläufigen Wendungen.
advice-no-symbols-needed = Sonderzeichen, Ziffern und Großbuchstaben sind nicht nötig.
advice-another-word = Fügen Sie ein oder zwei Wörter hinzu, möglichst ungewöhnliche.
advice-capitals = Großbuchstaben helfen wenig.
advice-all-capitals = Nur Großbuchstaben sind fast so leicht zu erraten wie nur Kleinbuchstaben.
advice-reversed = Rückwärts geschriebene Wörter sind kaum schwerer zu erraten.
advice-substitutions = Naheliegende Ersetzungen wie „@“ statt „a“ helfen wenig.
advice-keyboard = Nehmen Sie ein längeres Tastaturmuster mit mehr Richtungswechseln.
advice-repeats = Vermeiden Sie wiederholte Wörter und Zeichen.
advice-sequences = Vermeiden Sie Zeichenfolgen wie „abc“ oder „6543“.
advice-recent-years = Vermeiden Sie Jahreszahlen der letzten Zeit.
advice-your-years = Vermeiden Sie Jahreszahlen, die mit Ihnen zu tun haben.
advice-your-dates = Vermeiden Sie Daten und Jahreszahlen, die mit Ihnen zu tun haben.

fault-country = Bitte geben Sie das Land mit seinem Code aus zwei Buchstaben an (ISO 3166-1), zum Beispiel US oder DE.
fault-zip-us = Eine Postleitzahl der Vereinigten Staaten hat fünf Ziffern oder neun wie in 12345-6789.
fault-zip-characters = Eine Postleitzahl besteht nur aus Buchstaben, Ziffern, Leerzeichen und Bindestrichen.

fault-plan-none = Hier gibt es keine Tarife: Lassen Sie den Tarif weg.
fault-plan-unknown = Diesen Tarif gibt es nicht. Zur Wahl stehen: { $plans }.

fault-token-long = payment_method ist zu lang: Senden Sie das Token genau so, wie der Zahlungsdienst es geliefert hat.
fault-token-characters = payment_method ist nicht gültig: Senden Sie das Token genau so, wie der Zahlungsdienst es geliefert hat.
fault-token-card-number = payment_method ist eine Kartennummer: Senden Sie das Token, das der Zahlungsdienst daraus erzeugt hat.
fault-token-and-card = Senden Sie entweder payment_method oder eine Karte, nicht beides.
fault-card-not-accepted = Kartendaten werden hier nicht angenommen: Senden Sie payment_method, das Token, das der Zahlungsdienst im Browser erzeugt.

fault-card-number-digits = Eine Kartennummer besteht nur aus Ziffern, Leerzeichen und Bindestrichen.
fault-card-number-length = Die Kartennummer ist unvollständig oder zu lang: Sie hat { $least } bis { $most } Ziffern.
fault-card-number-luhn = In der Kartennummer ist ein Tippfehler: Bitte vergleichen Sie sie mit Ihrer Karte.
fault-expiry-month = Der Ablaufmonat ist eine Zahl von 1 bis 12.
fault-expiry-year = Das Ablaufjahr hat zwei oder vier Ziffern, wie auf Ihrer Karte.
fault-expiry-past = Diese Karte ist abgelaufen: Nehmen Sie eine andere oder berichtigen Sie das Datum.
fault-expiry-far = Das Ablaufjahr liegt zu weit in der Zukunft: Bitte vergleichen Sie es mit Ihrer Karte.
fault-cvv-digits = Die Prüfnummer besteht nur aus Ziffern.
fault-cvv-length-front = Die Prüfnummer hat { $digits } Stellen: Sie steht auf der Vorderseite Ihrer Karte.
fault-cvv-length-back = Die Prüfnummer hat { $digits } Stellen: Sie steht auf der Rückseite Ihrer Karte.

fault-unknown-field = Ein Feld { $field } gibt es nicht; lassen Sie es weg oder prüfen Sie die Schreibweise.
fault-duplicate-field = Dieses Feld wurde zweimal gesendet; senden Sie es einmal.
fault-field-type = Senden Sie dieses Feld als Text oder Zahl.
fault-other-step = Dieses Feld gehört zu einem anderen Schritt: Lassen Sie es hier weg.
