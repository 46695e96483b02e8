"""Drives the fake, whose address is the argument, with Stripe's official SDK: what the SDK sends is taken, what is
answered is understood, and errors are of the class that they would be at Stripe."""

import sys

import stripe

client = stripe.StripeClient(
    "sk_test_fake",
    base_addresses={"api": sys.argv[1]},
    max_network_retries=0,
)


def expect(error, call):
    try:
        call()
    except error as raised:
        return raised
    raise AssertionError(f"no {error.__name__}")


def customer_with(card):
    return client.v1.customers.create(
        {
            "email": "jane@example.com",
            "payment_method": card,
            "invoice_settings": {"default_payment_method": card},
            "address": {"line1": "1 Main St", "country": "US"},
            "metadata": {"registration_id": "0190a6a0-0000-7000-8000-000000000001"},
        }
    )


def subscribe(customer, behavior, **options):
    return client.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": "price_pro_month"}],
            "payment_behavior": behavior,
            "off_session": True,
            "expand": ["latest_invoice.confirmation_secret", "latest_invoice.payments"],
        },
        options,
    )


customer = customer_with("pm_card_visa")
key = {"idempotency_key": "once"}
subscription = subscribe(customer, "error_if_incomplete", **key)
assert subscription.status == "active"
assert subscribe(customer, "error_if_incomplete", **key).id == subscription.id
error = expect(stripe.IdempotencyError, lambda: subscribe(customer, "default_incomplete", **key))
assert error.http_status == 400

listed = client.v1.subscriptions.list({"customer": customer.id, "created": {"gte": 0}})
assert [entry.id for entry in listed.auto_paging_iter()] == [subscription.id]
(charge,) = client.v1.charges.list({"customer": customer.id}).data
refund = client.v1.refunds.create({"charge": charge.id, "amount": charge.amount})
assert refund.status == "succeeded"
error = expect(stripe.InvalidRequestError, lambda: client.v1.refunds.create({"charge": charge.id}))
assert error.code == "charge_already_refunded"

waiting = subscribe(customer_with("pm_card_threeDSecure2Required"), "default_incomplete")
secret = waiting.latest_invoice.confirmation_secret.client_secret
(payment,) = waiting.latest_invoice.payments.data
assert secret.startswith(payment.payment.payment_intent + "_secret_")
intent = client.v1.payment_intents.retrieve(payment.payment.payment_intent)
assert intent.status == "requires_action"
assert client.v1.invoices.void_invoice(waiting.latest_invoice.id).status == "void"

error = expect(stripe.CardError, lambda: customer_with("pm_card_chargeDeclinedInsufficientFunds"))
assert (error.code, error.user_message) == ("card_declined", "Your card has insufficient funds.")
assert error.error.decline_code == "insufficient_funds"
error = expect(stripe.InvalidRequestError, lambda: customer_with("pm_unknown"))
assert (error.code, error.param) == ("resource_missing", "payment_method")

assert client.v1.subscriptions.cancel(subscription.id).status == "canceled"
assert client.v1.customers.delete(customer.id).deleted
assert client.v1.customers.retrieve(customer.id).deleted
assert client.v1.setup_intents.create({"usage": "off_session"}).client_secret
assert client.v1.prices.retrieve("price_starter_month").unit_amount == 900
assert client.v1.accounts.retrieve_current().charges_enabled
assert client.v1.balance.retrieve().livemode is False
