# A registration in plain words: its steps, before and after, how each is undone, and why it failed. Pages,
# API, event stream and command line all say this.

step-check-card = Check the card
step-card-checked = Card checked
step-card-undone = Card not kept
step-hold-email = Reserve the e-mail address
step-email-held = E-mail address reserved
step-email-undone = Address released
step-create-customer = Create the customer
step-customer-created = Customer created
step-customer-undone = Customer deleted
step-charge-month = Charge the first month
step-month-charged = First month charged
step-charge-year = Charge the first year
step-year-charged = First year charged
step-charge-undone = { $amount } refunded
step-nothing-charged-undone = Charge refunded
step-open-account = Open the account
step-account-opened = Account opened
step-account-undone = Account removed
step-verify-email = Confirm the e-mail address
step-email-verified = E-mail address confirmed
step-welcome = Welcome

nothing-is-left = No account was created and nothing was charged.
account-was-removed = The account was removed and what was charged was given back.
nothing-will-be-left = Everything that was begun is being undone: no account remains, and no charge.
account-is-being-removed = The account is being removed and what was charged is being given back.

reason-gateway-unavailable = The payment service could not be reached.
reason-gateway-rejected = The payment service refused our request.
reason-out-of-time = Signing up took too long.
reason-action-abandoned = Your bank was not told in time that it is you.
reason-not-verified = The e-mail address was not confirmed in time.
reason-mail-refused = The e-mail address does not accept mail.
reason-email-taken = There is an account with this e-mail address already.
reason-by-operator = The sign-up was cancelled by the operator.

remedy-try-again = Please try again in a moment.
# $support is the operator's address, or `none`.
remedy-tell-us =
    { $support ->
        [none] This is our fault; please tell us, or try again later.
       *[other] This is our fault; please tell us ({ $support }), or try again later.
    }
remedy-at-any-time = You can sign up again at any time.
remedy-other-address = Sign up again with an address that you can read mail at.
remedy-sign-in = Sign in instead, or use another address.
remedy-contact-us =
    { $support ->
        [none] Please contact us.
       *[other] Please contact us: { $support }.
    }
remedy-other-card = Try another card.
remedy-again-or-other-card = Try again in a moment, or take another card.

declined = Your card was declined.
declined-funds = Your card was declined (insufficient funds).
declined-limit = Your card was declined (the card has reached its limit).
declined-expired = Your card was declined (the card has expired).
declined-security-code = Your card was declined (the security code is wrong).
declined-number = Your card was declined (the card number is wrong).
declined-expiry = Your card was declined (the date on which it expires is wrong).
declined-address = Your card was declined (the address is not the one that the bank knows).
declined-currency = Your card was declined (the card does not support this currency).
declined-use = Your card was declined (the card cannot be used for this payment).
declined-not-confirmed = Your card was declined (you did not confirm the payment).
declined-too-late = Your card was declined (the payment was not confirmed in time).
declined-duplicate = Your card was declined (the bank has just seen the same payment).
declined-passing = Your bank could not process the payment just now.
declined-method = The payment method is unknown or was used before.
declined-real-card = Only test cards are taken here, such as 4242 4242 4242 4242.
declined-test-card = This is a test card, and it pays for nothing.
