# The pages that show what a service without real mails and real money does: mailbox, sandbox, its bank.

mailbox-title = Mailbox
mailbox-lead = Nothing leaves this machine: what would have been sent is kept here.
mailbox-empty = No mail yet. <a href="/">Sign up</a>, and the first one arrives.
mailbox-all = All mails
mail-from = From
mail-to = To
mail-sent = Sent
mail-html = See the HTML part

bank-title = Your bank asks: is this you?
bank-name = Sandbox Bank
bank-question = Is this you?
bank-merchant = Merchant
bank-card = Card
bank-amount = Amount
bank-confirm-amount = Confirm { $amount }
bank-refuse = Refuse
bank-note = This plays your bank’s part in the sandbox. Refuse, and the whole sign-up is undone.
bank-no-question = The bank has no such question.
bank-was-answered = The bank’s question was answered before.

sandbox-title = Sandbox gateway
sandbox-lead = What the payment provider holds at this moment: <strong>{ $summary }</strong>
sandbox-summary-customers =
    { $customers ->
        [0] No customer
        [one] { $customers } customer
       *[other] { $customers } customers
    }
sandbox-summary-nothing = { $customers }, nothing was charged.
sandbox-summary = { $customers }, { $sums }.
sandbox-sum = { $taken } charged, nothing refunded
sandbox-sum-refunded = { $taken } charged, { $refunded } refunded

holding-customers = Customers
holding-customers-none = No customers.
holding-methods = Payment methods
holding-methods-none = No payment methods.
holding-subscriptions = Subscriptions
holding-subscriptions-none = No subscriptions.
holding-charges = Charges
holding-charges-none = No charges.
holding-refunds = Refunds
holding-refunds-none = No refunds.
holding-state = State
holding-what = What
holding-amount = Amount
holding-id = Id
holding-registration = Registration
holding-live = live
holding-deleted = deleted
holding-attached = attached
holding-not-attached = not attached
holding-refunded = refunded
holding-succeeded = succeeded
holding-failed = failed
holding-active = active
holding-incomplete = incomplete
holding-ended = ended
card-brand-unknown = Card

faults-title = Make it fail
faults-lead = Switch a fault on, then <a href="/">sign up</a> and see what is left here afterwards.
faults-none = No fault is switched on.
faults-switch-off = Switch all faults off
faults-switch-on = Switch on
faults-step = Step
faults-kind = What happens
faults-count = How often
faults-any-step = Any step
faults-are-on =
    { $count ->
        [one] { $count } fault is switched on.
       *[other] { $count } faults are switched on.
    }
faults-are-on-note = Sign-ups will meet them.
faults-wrong-count = Enter how many calls are to fail: 1 or more.
faults-unknown-step = There is no such step.
faults-too-many = Too many faults are on already; switch them off first.
fault-left =
    { $count ->
        [0] used up
        [one] once more
       *[other] { $count } more times
    }
fault-share = { $percent } of calls
fault-fail-before = fails before anything happens
fault-fail-after = happens, then fails
fault-lose-reply = happens, and the reply is lost
fault-hang = happens, and no reply ever comes
fault-refuse = refuses the connection
fault-rate-limit = answers 429: too many requests
