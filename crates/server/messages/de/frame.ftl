# Was jede Seite umrahmt.

skip-to-content = Zum Inhalt springen
claim = Ganz oder gar nicht.
navigation-demonstration = Demo
navigation-mailbox = Postfach
navigation-sandbox = Sandbox-Gateway
navigation-legal = Rechtliches
navigation-terms = AGB
navigation-privacy = Datenschutz
navigation-imprint = Impressum
navigation-support = Kontakt
navigation-language = Sprache
