# The journey in three steps: e-mail, about you, payment.

steps = Steps
step-email = E-mail
step-profile = About you
step-payment = Payment
step-continue = Continue

join-lead = Three short steps: your e-mail address, your details, your payment. Nothing is created or charged before the last.
join-confirmed-lead = This address is confirmed. With another one you begin anew.
join-one-form = Prefer everything in one form?
field-email-hint-code = We send a link and a code there.

change-address = Use another address
journey-expires-note = After that this sign-up is forgotten. Nothing exists yet.
link-opened = I have opened the link
elsewhere = Confirmed in another browser
elsewhere-lead = The link that we sent to <strong class="address">{ $email }</strong> was opened in another browser. Go on there; or type the code of the newest mail here, to go on in this browser.

step-profile-heading = About you
step-profile-lead = Your name and billing address, as they should appear on the invoice.

step-payment-heading = Plan and payment
step-payment-lead = The last step: everything is set up together, or not at all.
card-as-entered = The card that you entered

account-exists = This address is in use already
account-exists-lead = { $email } belongs to an account, or to another sign-up that is being completed. Nothing was created by this one and nothing was charged. Sign in to your account, or use another address.
use-another-address = Use another address

begin-again = Begin again
other-browser = This sign-up belongs to another browser
sign-up-forgotten = This sign-up is over
link-forgotten-lead = Its sign-up was not completed in time, or it was completed long ago: what was said on it is forgotten. If you have no account, begin again.
link-used = This link was used before
link-used-lead = Each link works once. Go on in the browser where you used it, or begin again: you get a new link.
link-used-lead-or-mail = Each link works once. Go on in the browser where you used it, or have another mail sent, with a new link and a new code.
send-another-mail = Send another mail
verify-lead-journey = Confirm it, and go on with your sign-up in this browser. If you did not begin it, close this page: nothing happens.
