# What frames every page.

skip-to-content = Skip to the content
claim = Completely, or not at all.
navigation-demonstration = Demonstration
navigation-mailbox = Mailbox
navigation-sandbox = Sandbox gateway
navigation-legal = Legal
navigation-terms = Terms
navigation-privacy = Privacy
navigation-imprint = Imprint
navigation-support = Contact
navigation-language = Language
