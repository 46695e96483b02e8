# Die Registrierung in drei Schritten: E-Mail, Angaben, Zahlung.

steps = Schritte
step-email = E-Mail
step-profile = Ihre Angaben
step-payment = Zahlung
step-continue = Weiter

join-lead = Drei kurze Schritte: Ihre E-Mail-Adresse, Ihre Angaben, Ihre Zahlung. Vor dem letzten wird nichts angelegt und nichts abgebucht.
join-confirmed-lead = Diese Adresse ist bestätigt. Mit einer anderen beginnen Sie neu.
join-one-form = Lieber alles in einem Formular?
field-email-hint-code = Dorthin senden wir einen Link und einen Code.

change-address = Andere Adresse verwenden
journey-expires-note = Danach wird diese Registrierung verworfen. Noch ist nichts angelegt.
link-opened = Ich habe den Link geöffnet
elsewhere = In einem anderen Browser bestätigt
elsewhere-lead = Der Link, den wir an <strong class="address">{ $email }</strong> gesendet haben, wurde in einem anderen Browser geöffnet. Machen Sie dort weiter, oder geben Sie hier den Code aus der neuesten E-Mail ein, um in diesem Browser weiterzumachen.

step-profile-heading = Ihre Angaben
step-profile-lead = Name und Rechnungsadresse, wie sie auf der Rechnung stehen sollen.

step-payment-heading = Tarif und Zahlung
step-payment-lead = Der letzte Schritt: Alles wird gemeinsam eingerichtet oder gar nichts davon.
card-as-entered = Die Karte, die Sie eingegeben haben

account-exists = Diese Adresse wird schon verwendet
account-exists-lead = { $email } gehört zu einem Konto oder zu einer anderen Registrierung, die gerade abgeschlossen wird. Durch diese wurde nichts angelegt und nichts abgebucht. Melden Sie sich bei Ihrem Konto an oder verwenden Sie eine andere Adresse.
use-another-address = Andere Adresse verwenden

begin-again = Neu beginnen
other-browser = Diese Registrierung gehört zu einem anderen Browser
sign-up-forgotten = Diese Registrierung ist vorbei
link-forgotten-lead = Die Registrierung dazu wurde nicht rechtzeitig abgeschlossen, oder das ist lange her: Die Angaben dazu sind gelöscht. Wenn Sie kein Konto haben, beginnen Sie bitte neu.
link-used = Dieser Link wurde schon verwendet
link-used-lead = Jeder Link wirkt nur einmal. Machen Sie in dem Browser weiter, in dem Sie ihn verwendet haben, oder beginnen Sie neu: Sie erhalten einen neuen Link.
link-used-lead-or-mail = Jeder Link wirkt nur einmal. Machen Sie in dem Browser weiter, in dem Sie ihn verwendet haben, oder lassen Sie sich eine weitere E-Mail mit neuem Link und neuem Code senden.
send-another-mail = Weitere E-Mail senden
verify-lead-journey = Bestätigen Sie sie, um die Registrierung in diesem Browser fortzusetzen. Wenn Sie sie nicht begonnen haben, schließen Sie diese Seite: Es geschieht nichts.
