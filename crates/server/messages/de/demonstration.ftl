# Die Seiten, die zeigen, was ein Dienst ohne echte E-Mails und echtes Geld tut: Postfach, Sandbox, ihre Bank.

mailbox-title = Postfach
mailbox-lead = Nichts verlässt diesen Rechner: Was gesendet worden wäre, liegt hier.
mailbox-empty = Noch keine E-Mail. <a href="/">Registrieren Sie sich</a>, dann kommt die erste an.
mailbox-all = Alle E-Mails
mail-from = Von
mail-to = An
mail-sent = Gesendet
mail-html = HTML-Teil ansehen

bank-title = Ihre Bank fragt: Sind Sie das?
bank-name = Sandbox-Bank
bank-question = Sind Sie das?
bank-merchant = Händler
bank-card = Karte
bank-amount = Betrag
bank-confirm-amount = { $amount } bestätigen
bank-refuse = Ablehnen
bank-note = Hier spielt die Sandbox Ihre Bank. Wenn Sie ablehnen, wird die ganze Registrierung rückgängig gemacht.
bank-no-question = Diese Frage der Bank gibt es nicht.
bank-was-answered = Die Frage der Bank wurde schon beantwortet.

sandbox-title = Sandbox-Gateway
sandbox-lead = Was der Zahlungsdienst gerade führt: <strong>{ $summary }</strong>
sandbox-summary-customers =
    { $customers ->
        [0] Kein Kunde
        [one] { $customers } Kunde
       *[other] { $customers } Kunden
    }
sandbox-summary-nothing = { $customers }, nichts abgebucht.
sandbox-summary = { $customers }, { $sums }.
sandbox-sum = { $taken } abgebucht, nichts erstattet
sandbox-sum-refunded = { $taken } abgebucht, { $refunded } erstattet

holding-customers = Kunden
holding-customers-none = Keine Kunden.
holding-methods = Zahlungsmittel
holding-methods-none = Keine Zahlungsmittel.
holding-subscriptions = Abonnements
holding-subscriptions-none = Keine Abonnements.
holding-charges = Abbuchungen
holding-charges-none = Keine Abbuchungen.
holding-refunds = Erstattungen
holding-refunds-none = Keine Erstattungen.
holding-state = Stand
holding-what = Was
holding-amount = Betrag
holding-id = Id
holding-registration = Registrierung
holding-live = besteht
holding-deleted = gelöscht
holding-attached = zugeordnet
holding-not-attached = nicht zugeordnet
holding-refunded = erstattet
holding-succeeded = gelungen
holding-failed = gescheitert
holding-active = aktiv
holding-incomplete = unvollständig
holding-ended = beendet
card-brand-unknown = Karte

faults-title = Störungen auslösen
faults-lead = Schalten Sie eine Störung ein, <a href="/">registrieren Sie sich</a> und sehen Sie hier nach, was davon übrig ist.
faults-none = Keine Störung ist eingeschaltet.
faults-switch-off = Alle Störungen ausschalten
faults-switch-on = Einschalten
faults-step = Schritt
faults-kind = Was geschieht
faults-count = Wie oft
faults-any-step = Jeder Schritt
faults-are-on =
    { $count ->
        [one] { $count } Störung ist eingeschaltet.
       *[other] { $count } Störungen sind eingeschaltet.
    }
faults-are-on-note = Registrierungen werden darauf treffen.
faults-wrong-count = Bitte geben Sie ein, wie viele Aufrufe scheitern sollen: 1 oder mehr.
faults-unknown-step = Diesen Schritt gibt es nicht.
faults-too-many = Es sind schon zu viele Störungen eingeschaltet; schalten Sie sie zuerst aus.
fault-left =
    { $count ->
        [0] verbraucht
        [one] noch einmal
       *[other] noch { $count }-mal
    }
fault-share = { $percent } der Aufrufe
fault-fail-before = scheitert, bevor etwas geschieht
fault-fail-after = geschieht und scheitert dann
fault-lose-reply = geschieht, und die Antwort geht verloren
fault-hang = geschieht, und es kommt nie eine Antwort
fault-refuse = verweigert die Verbindung
fault-rate-limit = antwortet mit 429: zu viele Anfragen
