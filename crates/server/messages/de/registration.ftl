# Die Seite einer Registrierung und die des Links aus der E-Mail.

undoing-lead = Ein Schritt ist fehlgeschlagen, deshalb wird jeder Schritt davor rückgängig gemacht. Das geht weiter, auch wenn Sie diese Seite schließen.
bank-needs-script = Dieser Schritt braucht JavaScript.
bank-needs-script-why = Ihre Bank fragt in einem Fenster unseres Zahlungsdienstes. Schalten Sie JavaScript ein und laden Sie die Seite neu. Andernfalls wird die Registrierung von selbst rückgängig gemacht und nichts abgebucht.
bank-not-now = Ihre Bank lässt sich gerade nicht fragen. Vor Ihrer Bestätigung wird nichts abgebucht.
look-again = Erneut nachsehen
start-again = Neu beginnen

check-mail = Prüfen Sie Ihr Postfach
check-mail-lead = Wir haben einen Link und einen Code an <strong class="address">{ $email }</strong> gesendet. Öffnen Sie den Link oder geben Sie den Code hier ein.
code-label = Code aus der E-Mail
code-submit = Adresse bestätigen
confirm-by = Bestätigen bis
confirm-by-note = Danach wird alles rückgängig gemacht, eine Abbuchung erstattet und die Adresse wieder frei.
no-mail-yet = Noch keine E-Mail?
no-mail-yet-demonstration = Dies ist eine Demo: Ihre E-Mail liegt im <a href="/mailbox">Postfach</a>.
no-mail-yet-spam = Sehen Sie im Spam-Ordner nach oder lassen Sie die E-Mail erneut senden.
wrong-address = Falsche Adresse?
wrong-address-start-over = Mit einer anderen Adresse neu beginnen
wrong-address-note = Diese Registrierung wird nach Ablauf der Frist von selbst rückgängig gemacht.
what-was-done = Was getan wurde
mail-sent-again = Eine neue E-Mail ist unterwegs.
mail-sent-again-note = Sie enthält einen neuen Code; der Code der vorigen E-Mail gilt nicht mehr.
account-ready = Ihr Konto ist bereit
account-ready-lead = <strong class="address">{ $email }</strong> ist bestätigt. Alles Folgende ist eingerichtet.

verify-title = E-Mail-Adresse bestätigen
verify-question = Ist das Ihre Adresse?
verify-lead = Mit der Bestätigung ist Ihr Konto vollständig. Wenn Sie sich nicht registriert haben, schließen Sie diese Seite: Es geschieht nichts, und die Registrierung wird von selbst rückgängig gemacht.
verify-submit = Meine E-Mail-Adresse bestätigen
verified = Ihre Adresse ist bestätigt
verified-lead = Ihr Konto ist vollständig. Sie können diese Seite schließen.
verified-before = Diese Adresse wurde schon bestätigt
verified-before-lead = Es ist nichts mehr zu tun: Ihr Konto ist vollständig. Der Link wirkt nur einmal; ihn erneut zu öffnen ändert nichts.
link-expired = Dieser Link ist abgelaufen
link-expired-lead = Er wurde nicht rechtzeitig verwendet, deshalb wurde die Registrierung rückgängig gemacht: Es gibt kein Konto, Abgebuchtes wurde erstattet, und die Adresse ist frei. Registrieren Sie sich erneut, um einen neuen Link zu erhalten.
link-unknown = Dieser Link ist nicht gültig
link-unknown-lead = Vielleicht hat das E-Mail-Programm ihn zerteilt. Kopieren Sie ihn vollständig aus der E-Mail in die Adresszeile.
sign-up-again = Erneut registrieren
go-to-sign-up = Zur Registrierung
