# The page of one registration, and that of the mailed link.

undoing-lead = A step failed, so each step before it is undone. It goes on if you close this page.
bank-needs-script = This step needs JavaScript.
bank-needs-script-why = Your bank asks in a window of our payment provider. Switch JavaScript on and load this page again. If you do not, the sign-up is undone by itself and nothing is charged.
bank-not-now = It cannot be asked right now. Nothing is charged before you confirm the payment.
look-again = Look again
start-again = Start again

check-mail = Check your mail
check-mail-lead = We sent a link and a code to <strong class="address">{ $email }</strong>. Open the link, or type the code here.
code-label = Code from the mail
code-submit = Confirm address
confirm-by = Confirm by
confirm-by-note = After that everything is undone, any charge is refunded and the address is free again.
no-mail-yet = No mail yet?
no-mail-yet-demonstration = This is a demonstration: your mail waits in the <a href="/mailbox">mailbox</a>.
no-mail-yet-spam = Look in the spam folder, or have it sent again.
wrong-address = Wrong address?
wrong-address-start-over = Start over with another address
wrong-address-note = This sign-up is undone by itself when its time is over.
what-was-done = What was done
mail-sent-again = A new mail is on its way.
mail-sent-again-note = It has a new code; the code of the mail before does not work any more.
account-ready = Your account is ready
account-ready-lead = <strong class="address">{ $email }</strong> is confirmed. Everything below exists.

verify-title = Confirm your e-mail address
verify-question = Is this your address?
verify-lead = Confirming it completes your account. If you did not sign up, close this page: nothing happens, and the sign-up is undone by itself.
verify-submit = Confirm my e-mail address
verified = Your address is confirmed
verified-lead = Your account is complete. You can close this page.
verified-before = This address was confirmed before
verified-before-lead = There is nothing left to do: your account is complete. The link works once; opening it again changes nothing.
link-expired = This link has expired
link-expired-lead = It was not used in time, so the sign-up was undone: no account exists, anything charged was refunded, and the address is free. Sign up again to get a new link.
link-unknown = This link is not valid
link-unknown-lead = The mail program may have cut it in two. Copy the whole of it from the mail into the address bar.
sign-up-again = Sign up again
go-to-sign-up = Go to the sign-up
