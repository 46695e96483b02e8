# Der Titel jeder Art von Problem und was zu einem aufgetretenen gesagt wird: Ursache und Abhilfe.

problem-malformed-request = Die Anfrage ist nicht lesbar
problem-invalid-input = Einige Felder stimmen nicht
problem-invalid-idempotency-key = Der Idempotency-Key ist nicht gültig
problem-idempotency-key-reused = Der Idempotency-Key wurde für eine andere Anfrage verwendet
problem-registration-running = Diese Registrierung läuft noch
problem-registration-incomplete = Es fehlt noch etwas
problem-registration-begun = Diese Registrierung wird schon ausgeführt
problem-confirmed-elsewhere = Die Adresse wurde anderswo bestätigt
problem-mail-refused = E-Mails an diese Adresse werden abgewiesen
problem-link-used = Dieser Link wurde schon verwendet
problem-email-taken = Die E-Mail-Adresse ist vergeben
problem-card-declined = Ihre Karte wurde abgelehnt
problem-action-abandoned = Die Zahlung wurde nicht bestätigt
problem-gateway-unavailable = Der Zahlungsdienst ist nicht erreichbar
problem-gateway-rejected = Der Zahlungsdienst hat unsere Anfrage abgelehnt
problem-out-of-time = Die Registrierung hat zu lange gedauert
problem-registration-undone = Die Registrierung wurde rückgängig gemacht
problem-database-unavailable = Die Datenbank ist nicht erreichbar
problem-wrong-code = Der Code ist falsch
problem-code-exhausted = Zu viele Codes wurden versucht
problem-verification-expired = Die Frist zur Bestätigung ist abgelaufen
problem-nothing-to-verify = Es gibt nichts zu bestätigen
problem-nothing-to-confirm = Es gibt keine Zahlung zu bestätigen
problem-mail-limited = Gerade kann keine weitere E-Mail gesendet werden
problem-rate-limited = Zu viele Anfragen
problem-invalid-signature = Die Signatur ist nicht gültig
problem-unauthorized = Das Zugriffstoken fehlt
problem-cross-site = Das Formular kam von einer anderen Website
problem-not-found = Hier ist nichts
problem-method-not-allowed = Diese Methode ist hier nicht erlaubt
problem-unsupported-media-type = Das ist kein JSON
problem-body-too-large = Die Anfrage ist zu groß
problem-internal = Im Dienst ist ein Fehler aufgetreten

correct-the-fields = Berichtigen Sie die in errors genannten Felder und senden Sie die Anfrage erneut.
send-other-key = Senden Sie die Anfrage so wie beim ersten Mal oder verwenden Sie einen neuen Idempotency-Key.
send-one-key = Senden Sie einen Schlüssel aus 1 bis { $most } sichtbaren ASCII-Zeichen.
first-request-runs = Dieselbe Anfrage wurde schon gesendet und wird noch ausgeführt.
others-were-faster = Andere Anfragen zu dieser Registrierung werden gerade ausgeführt. Senden Sie sie noch einmal.
registration-runs = Die Registrierung läuft; wie sie endet, erfahren Sie unter der Adresse in Location.
bank-asks = Ihre Bank möchte wissen, ob Sie es sind: Bestätigen Sie die Zahlung.
address-in-use = Zu dieser E-Mail-Adresse gibt es ein Konto oder eine laufende Registrierung. Es wurde nichts angelegt und nichts abgebucht.
wait-a-moment = Bitte warten Sie einen Moment und versuchen Sie es dann erneut.
will-show-itself = Ob etwas begonnen wurde, wird sich zeigen: Senden Sie dieselbe Anfrage mit demselben Idempotency-Key noch einmal.
perhaps-begun = Ob Ihre Registrierung begonnen hat, wird sich zeigen: Drücken Sie den Knopf gleich noch einmal. Auch zweimal gesendet wird sie nur einmal ausgeführt.
database-read-only = Die Datenbank ist schreibgeschützt: Sie antwortet, nimmt aber keine Registrierungen an.
database-silent = Die Datenbank hat nicht rechtzeitig geantwortet.
our-fault = Das liegt an uns. Alles Begonnene wird abgeschlossen oder rückgängig gemacht.
body-no-object = Der Inhalt ist kein JSON-Objekt (Zeile { $line }, Spalte { $column }).
body-no-code = Senden Sie {"{"}"code": "123456"{"}"} als JSON.
body-no-fault = Der Inhalt beschreibt keine Störung: { $why }.
body-no-json = Senden Sie die Felder als JSON, mit Content-Type: application/json.
body-other-type = Diese Adresse nimmt nicht an, was in Content-Type steht.
body-limit = Senden Sie höchstens { $most } KiB.
request-not-read = Etwas in Adresse, Kopfzeilen oder Inhalt entspricht nicht dem, was hier gelesen wird.
event-not-taken = Das Ereignis wird nicht angenommen: { $why }.
event-not-recorded = Das Ereignis konnte nicht festgehalten werden: Senden Sie es noch einmal.
send-access-token = Senden Sie das access_token der ersten Antwort als Authorization: Bearer.
only-this-browser = Sie lässt sich nur dort verfolgen, wo sie begonnen oder der Link aus der E-Mail geöffnet wurde. Öffnen Sie den Link aus der neuesten E-Mail in diesem Browser, um hier weiterzumachen, oder beginnen Sie neu.
open-here = Öffnen Sie die Seite auf dieser Website und schicken Sie das Formular von dort ab.
check-address = Bitte prüfen Sie die Adresse.
see-openapi = Was erlaubt ist, steht in /openapi.json.
no-such-link = Diesen Link gibt es nicht: Übernehmen Sie ihn aus der E-Mail, wie er dort steht.
no-registration = Diese Registrierung gibt es nicht.
links-work-once = Jeder Link wirkt nur einmal. Machen Sie dort weiter, wo er verwendet wurde, oder lassen Sie sich eine weitere E-Mail senden.
last-step-was-taken = Der letzte Schritt ist schon getan: Es lässt sich nichts mehr ändern. Den Stand erfahren Sie unter …/registrations/{"{"}id{"}"}.
mail-refused = Der Mailserver dieser Adresse weist E-Mails an sie ab. Deshalb kann sie nicht bestätigt werden und es wird nichts mehr an sie gesendet. Beginnen Sie mit einer anderen Adresse neu.
mail-refused-lead = Der Mailserver von { $email } weist E-Mails an diese Adresse ab. Deshalb kann sie nicht bestätigt werden und es wird nichts mehr an sie gesendet. Prüfen Sie, ob sie so geschrieben ist, wie Sie es wollten, oder verwenden Sie eine andere Adresse. Es wurde kein Konto angelegt und nichts abgebucht.
journey-forgotten = Diese Registrierung wurde nicht rechtzeitig abgeschlossen, oder das ist lange her: Die Angaben dazu sind gelöscht. Wenn Sie kein Konto haben, beginnen Sie bitte neu.
confirmed-elsewhere = Die Adresse wurde mit dem Link aus der E-Mail in einem anderen Browser bestätigt. Machen Sie dort weiter oder zeigen Sie mit dem Code aus derselben E-Mail unter …/verification, dass Sie sie lesen.
events-no-list = Die Ereignisse werden nicht angenommen: Sie sind signiert, aber keine Liste von Ereignissen.
events-not-acted-on = Die Ereignisse konnten nicht bearbeitet werden: Senden Sie sie noch einmal.
events-not-taken = Die Ereignisse werden nicht angenommen: { $why }.
missing-verification = Bestätigen Sie zuerst die E-Mail-Adresse: mit dem Link aus der E-Mail oder mit deren Code unter …/verification.
missing-profile = Namen und Rechnungsadresse fehlen: Senden Sie sie an …/profile.
missing-payment-method = Eine Karte fehlt: Senden Sie sie an …/payment-method.
missing-completion = Der letzte Schritt fehlt: Senden Sie das Passwort an …/completion.
check-your-mail = Sehen Sie bitte in Ihr Postfach: Öffnen Sie den Link oder geben Sie den Code ein, um fortzufahren.
bank-has-not-asked = Die Bank hat nicht um eine Bestätigung dieser Zahlung gebeten.
confirmed-too-late = Die Adresse wurde nicht rechtzeitig bestätigt, deshalb wird alles rückgängig gemacht. Bitte registrieren Sie sich erneut.
check-code =
    { $left ->
        [one] Prüfen Sie die sechs Ziffern der neuesten E-Mail. Sie haben noch { $left } Versuch.
       *[other] Prüfen Sie die sechs Ziffern der neuesten E-Mail. Sie haben noch { $left } Versuche.
    }
code-has-digits = Ein Code besteht aus { $digits } Ziffern. Sehen Sie in der neuesten E-Mail nach; das hat keinen Versuch gekostet.
ask-for-mail = Lassen Sie sich eine weitere E-Mail mit einem neuen Code senden oder verwenden Sie den Link in der E-Mail.
no-code-yet = Das Konto ist noch nicht eröffnet, deshalb wurde noch kein Code gesendet.
mail-just-sent = Gerade eben wurde eine E-Mail gesendet. Sehen Sie auch im Spam-Ordner nach.
mails-used-up = Mehr E-Mails senden wir für eine Registrierung oder in einer Stunde an eine Adresse nicht.
waits-for-nothing = Diese Registrierung wartet nicht auf die Bestätigung ihrer Adresse.

what-this-means = Was das bedeutet
documentation = Dokumentation
documentation-lead = Die API ist in <a href="/openapi.json">/openapi.json</a> beschrieben (OpenAPI 3.1). Jeder Fehler nennt eine dieser Arten:
