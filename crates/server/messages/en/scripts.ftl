# What the scripts in the pages say; templates may use it too. Every page with a script has all of it in a
# JSON block, where a variable stands as {$name} until the script puts its value there. So there is no
# choice by number here, and a value is text or a whole number.

sign-up-heading = Create your account
sign-up-action = Create account
sign-up-continue = Continue to payment
sign-up-sending = Sending.
sign-up-no-answer = No answer came from the server.
sign-up-no-answer-remedy = The sign-up may have arrived all the same. Check your connection and press the button again: sent twice, it is still carried out once.
step-no-answer-remedy = What you entered is still here. Check your connection and press the button again.
sign-up-was-undone = The sign-up was undone.
page-title-error = Error: { $title }
notice-error = Error:

receipt-plan = { $title } plan
password-show = Show
password-hide = Hide

email-suggestion = Did you mean { $address }?
password-missing = { $missing } more to go.
password-good = Good: hard to guess.
password-strong = Strong: very hard to guess.
field-optional = { $label } (optional)

missing-email = Enter your e-mail address.
wrong-email = Enter an e-mail address like name@example.com.
missing-password = Choose a password.
short-password = Use at least { $least } characters: { $missing } more to go.
missing-first-name = Enter your first name.
missing-last-name = Enter your last name.
missing-country = Choose your country.
missing-address = Enter your street and number.
missing-card-number = Enter the number on the front of your card.
wrong-card-number = This is not a card number. Check each digit.
wrong-expiry = Enter the date as on the card: MM / YY.
wrong-expiry-month = Enter a month from 01 to 12, then the year.
past-expiry = This card has expired. Check the date, or take another card.
wrong-cvv-back = Enter the 3 digits on the back.
wrong-cvv-front = Enter the 4 digits on the front.
cvv-on-back = 3 digits on the back
cvv-on-front = 4 digits on the front
card-filled-in = The card is filled in.

progress-running = Creating your account
progress-running-lead = You can close this page: it goes on, and ends one way or the other.
progress-undoing = Taking everything back
progress-undoing-lead = A step failed, so each step before it is undone.
progress-bank = Your bank wants to know it is you
progress-bank-page-lead = It asks you to confirm this payment on its own page. Nothing is charged until you do.
progress-bank-script-lead = It asks you to confirm this payment. Nothing is charged until you do.
progress-lost = This page can no longer follow the sign-up. Reload it to see where it stands.
bank-confirm = Confirm with your bank
bank-not-asked = Your bank could not be asked. Check your connection and try again.
bank-cannot-be-asked = Your bank cannot be asked right now. Try again in a moment.
bank-not-answered = Your bank has not confirmed the payment yet. Try again.

state-waiting = Waiting
state-doing = In progress
state-done = Done
state-skipped = Not needed
state-failed = Failed
state-undoing = Being undone
state-undone = Undone

card-form-loading = Loading the card form…
card-form-not-loaded = The card form could not be loaded.
card-form-not-loaded-remedy = What you entered is still here. Check your connection, and whether something in your browser blocks Stripe.
card-incomplete = Check your card: something is missing or not right.
card-declined = Your card was declined.
card-not-checked = Your card could not be checked.
card-not-checked-remedy = Nothing was created and nothing was charged. Please enter it once more.
card-bank-not-told = Your bank was not told that it is you.
card-other-remedy = Nothing was created and nothing was charged. Try again, or take another card.
payment-unreachable = The payment service cannot be reached.
payment-unreachable-remedy = Nothing was created and nothing was charged. Check your connection and press the button again.

code-missing = Enter the { $length } digits from the newest mail.
resend-mail = Send the mail again
resend-mail-later = Send the mail again in { $seconds } s
