# What is wrong with a field of a form, and how to put it right. Scripts check the simplest of it before a
# form is sent (scripts.ftl); what is said here may go to a program, too.

fault-missing = This field is required.
fault-missing-email = Enter an e-mail address.
fault-missing-password = Choose a password.
fault-missing-first-name = Enter a first name.
fault-missing-last-name = Enter a last name.
fault-missing-address = Enter street and number.
address-city-missing = Enter a city.
address-district-missing = Enter a district.
address-post-town-missing = Enter a town or city.
address-suburb-missing = Enter a suburb.
address-area-missing = Enter an area.
address-county-missing = Enter a county.
address-department-missing = Enter a department.
address-do-si-missing = Enter a province or city.
address-emirate-missing = Enter an emirate.
address-island-missing = Enter an island.
address-oblast-missing = Enter a region.
address-parish-missing = Enter a parish.
address-prefecture-missing = Enter a prefecture.
address-province-missing = Enter a province.
address-state-missing = Enter a state.
address-eircode-missing = Enter an Eircode.
address-pin-missing = Enter a PIN code.
address-postal-code-missing = Enter a postal code.
address-zip-code-missing = Enter a ZIP code.
fault-missing-expiry-month = Enter the month in which the card expires.
fault-missing-expiry-year = Enter the year in which the card expires.
fault-missing-cvv = Enter the security code of the card.
fault-missing-card-number = Enter a card number, or send a payment_method in its place.
fault-missing-token = A payment_method is required: the token that the gateway makes in the browser.
# The same, for whoever sent the page's form without its script.
fault-card-needs-script = Enter a card: the card form needs JavaScript.

fault-text-long = This is too long: use at most { $most } characters.
fault-text-invisible = This contains a line end, a tab or another invisible character: remove it.

fault-email-long = The e-mail address is too long: it can have at most { $most } characters.
fault-email-no-at = An e-mail address needs an @, as in name@example.com.
fault-email-local-long = The part before the @ is too long: it can have at most { $most } characters.
fault-email-local = The part before the @ is not valid: check for spaces, commas, brackets and dots at its ends or side by side.
fault-email-domain = The part after the @ is not a domain name: check its spelling.
fault-email-domain-incomplete = The part after the @ is not complete: it needs an ending such as .com.

fault-password-short = The password is too short: use at least { $least } characters.
fault-password-long = The password is too long: use at most { $most } bytes.
fault-password-invisible = The password contains a tab, a line end or the like, which cannot be typed: remove it.
fault-password-common = This password is one of the most common: choose another.
fault-password-weak = This password is easy to guess.
too-many-passwords = Wait a moment: passwords are judged only so often.
fault-password-personal = The password contains your name or e-mail address: leave it out.
advice-uncommon-words = Use a few uncommon words.
advice-few-words = Use a few words, avoid common phrases.
advice-no-symbols-needed = No need for symbols, digits, or uppercase letters.
advice-another-word = Add another word or two. Uncommon words are better.
advice-capitals = Capitalization doesn’t help very much.
advice-all-capitals = All-uppercase is almost as easy to guess as all-lowercase.
advice-reversed = Reversed words aren’t much harder to guess.
advice-substitutions = Predictable substitutions like “@” instead of “a” don’t help very much.
advice-keyboard = Use a longer keyboard pattern with more turns.
advice-repeats = Avoid repeated words and characters.
advice-sequences = Avoid sequences.
advice-recent-years = Avoid recent years.
advice-your-years = Avoid years that are associated with you.
advice-your-dates = Avoid dates and years that are associated with you.

fault-country = Enter the country as its two-letter code (ISO 3166-1), for instance US or DE.
fault-zip-us = A ZIP code of the United States has five digits, or nine as in 12345-6789.
fault-zip-characters = A postal code can contain letters, digits, spaces and dashes only.

fault-plan-none = There are no plans here: leave the plan out.
fault-plan-unknown = There is no such plan: choose one of { $plans }.

fault-token-long = The payment_method is too long: send the token exactly as the gateway gave it.
fault-token-characters = The payment_method is not valid: send the token exactly as the gateway gave it.
fault-token-card-number = The payment_method is a card number: send the token that the gateway made of it.
fault-token-and-card = Send either a payment_method or a card, not both.
fault-card-not-accepted = Card data is not accepted here: send a payment_method, the token that the gateway makes in the browser.

fault-card-number-digits = The card number can contain digits, spaces and dashes only.
fault-card-number-length = The card number is not complete, or too long: it has { $least } to { $most } digits.
fault-card-number-luhn = The card number has a typing mistake: compare it with your card.
fault-expiry-month = The expiry month is a number from 1 to 12.
fault-expiry-year = The expiry year has two or four digits, as on your card.
fault-expiry-past = This card has expired: use another one, or correct the date.
fault-expiry-far = The expiry year lies too far ahead: compare it with your card.
fault-cvv-digits = The security code can contain digits only.
fault-cvv-length-front = The security code has { $digits } digits: look on the front of your card.
fault-cvv-length-back = The security code has { $digits } digits: look on the back of your card.

fault-unknown-field = There is no field { $field }; leave it out or check its spelling.
fault-duplicate-field = This field was sent twice; send it once.
fault-field-type = Send this field as text or a number.
fault-other-step = This field belongs to another step: leave it out here.
