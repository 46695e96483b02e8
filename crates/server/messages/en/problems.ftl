# The title of each type of problem, and what is said of one that occurred: cause and remedy.

problem-malformed-request = The request cannot be read
problem-invalid-input = Some fields are not in order
problem-invalid-idempotency-key = The Idempotency-Key is not valid
problem-idempotency-key-reused = The Idempotency-Key was used for another request
problem-registration-running = This registration is still running
problem-registration-incomplete = Something is missing
problem-registration-begun = This registration has begun
problem-confirmed-elsewhere = The address was confirmed elsewhere
problem-mail-refused = Mail to this address is refused
problem-link-used = This link was used before
problem-email-taken = The e-mail address is taken
problem-card-declined = Your card was declined
problem-action-abandoned = The payment was not confirmed
problem-gateway-unavailable = The payment service cannot be reached
problem-gateway-rejected = The payment service refused our request
problem-out-of-time = Signing up took too long
problem-registration-undone = The registration was undone
problem-database-unavailable = The database cannot be reached
problem-wrong-code = The code is wrong
problem-code-exhausted = Too many codes were tried
problem-verification-expired = It is too late to verify
problem-nothing-to-verify = There is nothing to verify
problem-nothing-to-confirm = There is nothing to confirm
problem-mail-limited = Another mail cannot be sent now
problem-rate-limited = Too many requests
problem-invalid-signature = The signature is not valid
problem-unauthorized = The access token is needed
problem-cross-site = The form came from another site
problem-not-found = There is nothing here
problem-method-not-allowed = This method is not allowed here
problem-unsupported-media-type = This is not JSON
problem-body-too-large = The request is too large
problem-internal = The service failed

correct-the-fields = Correct the fields named in errors and send the request again.
send-other-key = Send the request as it was sent first, or use a new Idempotency-Key.
send-one-key = Send one key of 1 to { $most } visible ASCII characters.
first-request-runs = The same request was sent before, and is still being carried out.
others-were-faster = Other requests of this sign-up are being carried out at this moment. Send it again.
registration-runs = The registration is running; ask at the Location how it ends.
bank-asks = Your bank wants to know that it is you: confirm the payment.
address-in-use = There is an account, or a sign-up under way, with this e-mail address. Nothing was created and nothing was charged.
wait-a-moment = Wait a moment, then try again.
will-show-itself = Whether anything was begun will show itself: send the same request with the same Idempotency-Key again.
perhaps-begun = Whether your sign-up was begun will show itself: press the button again in a moment. Sent twice, it is still carried out once.
database-read-only = The database is read-only: it answers, but takes no sign-ups.
database-silent = The database did not answer in time.
our-fault = This is our fault. Nothing was begun that will not be finished or undone.
body-no-object = The body is not a JSON object (line { $line }, column { $column }).
body-no-code = Send {"{"}"code": "123456"{"}"} as JSON.
body-no-fault = The body is not a fault: { $why }.
body-no-json = Send the fields as JSON, with Content-Type: application/json.
body-other-type = This address does not read what Content-Type says.
body-limit = Send at most { $most } KiB.
request-not-read = Something in the address, the headers or the body is not what is read here.
event-not-taken = The event is not taken: { $why }.
event-not-recorded = The event could not be recorded: send it again.
send-access-token = Send the access_token of the creating answer as Authorization: Bearer.
only-this-browser = It can only be followed where it was begun, or where its mailed link was opened. Open the link of the newest mail in this browser to go on here, or begin again.
open-here = Open the page on this site and send the form from there.
check-address = Check the address.
see-openapi = See /openapi.json for what is allowed.
no-such-link = There is no such link: take it from the mail as it stands there.
no-registration = There is no such registration.
links-work-once = Each link works once. Go on where it was used, or ask for another mail.
last-step-was-taken = The last step was taken already: nothing can be changed any more. Ask at …/registrations/{"{"}id{"}"} how it stands.
mail-refused = The mail server of this address refuses mail to it, so it cannot be confirmed and nothing more is sent to it. Begin again with another address.
mail-refused-lead = The mail server of { $email } refuses mail to this address, so it cannot be confirmed, and nothing more is sent to it. Look whether it is spelled as you meant it, or use another address. No account was created and nothing was charged.
journey-forgotten = This sign-up was not completed in time, or it was completed long ago: what was said on it is forgotten. If you have no account, begin again.
confirmed-elsewhere = The address was confirmed by the mailed link in another browser. Go on there, or show that you read the same mail by its code, at …/verification.
events-no-list = The events are not taken: they are signed, and no list of events.
events-not-acted-on = The events could not be acted on: send them again.
events-not-taken = The events are not taken: { $why }.
missing-verification = Verify the e-mail address first: by the link of the mail, or with its code at …/verification.
missing-profile = Names and billing address are missing: send them to …/profile.
missing-payment-method = A card is missing: send it to …/payment-method.
missing-completion = The last step is missing: send the password to …/completion.
check-your-mail = Please check your email: open the link, or type the code, to go on.
bank-has-not-asked = The bank has not asked for this payment to be confirmed.
confirmed-too-late = The address was not confirmed in time, so everything is undone. Sign up again.
check-code =
    { $left ->
        [one] Check the six digits of the newest mail. You have { $left } try left.
       *[other] Check the six digits of the newest mail. You have { $left } tries left.
    }
code-has-digits = A code is { $digits } digits long. Look into the newest mail; this cost no try.
ask-for-mail = Ask for another mail, which has a new code, or use the link in the mail.
no-code-yet = The account is not open yet, so no code was sent.
mail-just-sent = A mail was sent a moment ago. Look into the folder for unwanted mail, too.
mails-used-up = As many mails as we send for one sign-up, or to one address in an hour, were sent.
waits-for-nothing = This sign-up does not wait for its address to be confirmed.

what-this-means = What this means
documentation = Documentation
documentation-lead = The API is described in <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1). Every error names one of these types:
