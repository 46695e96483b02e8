# The sign-up form.

sign-up-lead = One form, sent once. Everything in it is set up together, or not at all.
sign-up-check-fields = Please check these fields
sign-up-in-steps = Prefer step by step? Confirm your e-mail address first

section-account = Account
section-address = Billing address
section-plan = Plan
section-card = Card
section-payment = Payment

field-email = E-mail address
field-email-hint = We send a link there to confirm it.
field-password = Password
field-password-hint = At least { $long } characters, or at least { $least } that are hard to guess. Nothing obvious, and neither your name nor your e-mail address. A few words do well.
field-first-name = First name
field-last-name = Last name
field-country = Country
field-address = Address
field-address-line2 = Flat, floor, building (optional)
field-state-anywhere = State or province, if any
field-zip-anywhere = ZIP or postal code, if any
field-card-number = Card number
field-expiry = Expires
field-expiry-hint = Month / year
field-expiry-placeholder = MM / YY
field-cvv = Security code

password-show-long = Show password

plan-price-month = { $price } / month
plan-price-year = { $price } / year
plan-free = Free
# The words of the button: what it does and what it costs.
plan-start = Start { $title } for { $price }
plan-start-free = Create free account
plan-charged-nothing = Nothing
plan-next-charge = { $price } on { $date }
plan-next-charge-none = None

receipt-title = Your order
receipt-next-charge = Next charge
receipt-charged-today = Charged today
receipt-promise = If any step fails, nothing is created and nothing is charged.

# By the button, where the operator has named the pages.
legal-terms-and-privacy = By signing up you accept the <a href="{ $terms }" target="_blank" rel="noopener">terms</a> and the <a href="{ $privacy }" target="_blank" rel="noopener">privacy policy</a>.
legal-terms = By signing up you accept the <a href="{ $terms }" target="_blank" rel="noopener">terms</a>.
legal-privacy = How we handle your data is in our <a href="{ $privacy }" target="_blank" rel="noopener">privacy policy</a>.

sandbox-cards = <strong>Sandbox.</strong> No real card is charged here. Take one of these:
sandbox-card-use = Use
sandbox-card-succeeds = Succeeds
sandbox-card-declined = Is declined
sandbox-card-no-funds = Is declined: insufficient funds
sandbox-card-fails-later = Is accepted, then fails to be charged
sandbox-card-3ds = Asks for 3-D Secure

payment-your-details = Your details:
payment-change = Change
payment-test-mode = Test mode: no real card is charged.
payment-card-checked = Your card was checked and can be used.
payment-other-card = Use another card
payment-try-again = Try again
payment-straight-to-stripe = Your card goes straight to Stripe. We never see its number.
payment-needs-script = A card can only be entered with JavaScript.
payment-needs-script-why = The card form is our payment provider’s own, so that your card’s number never reaches us. Switch JavaScript on and load this page again.
payment-needs-script-but-free = A free plan needs no card and works without it.

form-sent-with-other-entries = This form was sent before with other entries. Send it once more.

# What the parts of an address are called where they are. Which country says what is in the domain.
address-city = City
address-district = District
address-post-town = Town or city
address-suburb = Suburb
address-area = Area
address-county = County
address-department = Department
address-do-si = Province or city
address-emirate = Emirate
address-island = Island
address-oblast = Region
address-parish = Parish
address-prefecture = Prefecture
address-province = Province
address-state = State
address-eircode = Eircode
address-pin = PIN code
address-postal-code = Postal code
address-zip-code = ZIP code
