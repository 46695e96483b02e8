//! Every key of the configuration: its name, its default, and one sentence. `enlist config` and
//! `enlist.example.toml` print this table; reading a key that is not in it is a bug that a test finds.

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As in the file, with dots between sections.
    pub name: &'static str,
    /// What holds when it is not set, as it would be written. Empty: unset.
    pub default: &'static str,
    /// How it is written.
    pub form: Form,
    /// What it does, and in which unit.
    pub help: &'static str,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Quoted in TOML.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// Such as `500ms`, `10s`, `24h`, `30d`; quoted in TOML.
    Duration,
    /// Text that must never be shown.
    Secret,
}

impl Key {
    /// The environment variable that sets it, and wins over the file.
    pub fn variable(&self) -> String {
        format!("ENLIST_{}", self.name.replace('.', "__").to_uppercase())
    }
}

const fn key(name: &'static str, default: &'static str, form: Form, help: &'static str) -> Key {
    Key {
        name,
        default,
        form,
        help,
    }
}

use Form::{Duration, Number, Secret, Switch, Text};

/// All of them, in the order in which they are printed: keys without a section first.
pub const KEYS: &[Key] = &[
    key(
        "data_dir",
        "./enlist-data",
        Text,
        "Where the embedded databases and the generated keys live (created with mode 0700). Processes on one PostgreSQL database can share it.",
    ),
    key(
        "secret_key",
        "",
        Secret,
        "32 random bytes in base64 that access tokens, links and codes are derived from, the same for all processes on one database. Empty: created on first start in the data directory.",
    ),
    key(
        "log",
        "info,refinery_core=warn",
        Text,
        "What is logged: a level, or directives such as `info,enlist=debug`.",
    ),
    key(
        "log_format",
        "text",
        Text,
        "`text` for people, `json` for machines.",
    ),
    key(
        "server.listen",
        "127.0.0.1:8080",
        Text,
        "Address and port to listen on; port 0 picks a free one.",
    ),
    key(
        "server.public_url",
        "http://localhost:8080",
        Text,
        "Where visitors reach the service; mailed links and problem types start with it. With the default, the port is the one listened on.",
    ),
    key(
        "server.language",
        "en",
        Text,
        "The language of pages for a visitor whose browser asks for none that there is: `en` or `de`.",
    ),
    key(
        "server.wait",
        "10s",
        Duration,
        "How long POST /api/users waits for the outcome before it answers 202.",
    ),
    key(
        "server.production",
        "false",
        Switch,
        "Refuses the sandbox gateway and the embedded mailbox.",
    ),
    key(
        "server.trusted_proxies",
        "",
        Text,
        "Addresses or networks, separated by commas, whose X-Forwarded-For is believed.",
    ),
    key(
        "server.security_contact",
        "",
        Text,
        "Where to report a weakness, for /.well-known/security.txt: a mailto: or https: address. Empty: there is no such file.",
    ),
    key(
        "server.shutdown_grace",
        "10s",
        Duration,
        "How long requests and registrations under way may take to end when the service is told to stop.",
    ),
    key(
        "brand.name",
        "Enlist",
        Text,
        "The name that pages carry, 1 to 60 characters.",
    ),
    key(
        "brand.logo",
        "",
        Text,
        "An SVG or PNG file of at most 64 KiB that stands beside the name, read at start. Empty: the built-in mark.",
    ),
    key(
        "brand.color",
        "",
        Text,
        "The colour of buttons and links, `#rrggbb`. It is made lighter or darker as far as it must be to be readable on light and on dark. Empty: the built-in blue.",
    ),
    key(
        "brand.terms_url",
        "",
        Text,
        "Where the terms are: an https: address. Pages link it, and whoever signs up accepts them. Empty: there are none.",
    ),
    key(
        "brand.privacy_url",
        "",
        Text,
        "Where the privacy policy is, likewise.",
    ),
    key(
        "brand.imprint_url",
        "",
        Text,
        "Where the imprint is; pages link it. Empty: there is none.",
    ),
    key(
        "brand.support",
        "",
        Text,
        "Where people are told to turn to: a mailto: or https: address. Empty: no address is told.",
    ),
    key(
        "database.url",
        "",
        Text,
        "`sqlite:PATH`, or `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=…`, which any number of replicas can share. Empty: enlist.db in the data directory.",
    ),
    key(
        "database.isolation",
        "read_committed",
        Text,
        "PostgreSQL: `read_committed`, `repeatable_read` or `serializable`. SQLite is always serializable.",
    ),
    key(
        "database.connections",
        "16",
        Number,
        "PostgreSQL: connections that this process opens at most, 1 to 1000.",
    ),
    key(
        "database.timeout",
        "5s",
        Duration,
        "PostgreSQL: how long a statement may take, and a lock or a connection be waited for. At most registration.lease, and no longer by default.",
    ),
    key(
        "database.migrate",
        "true",
        Switch,
        "Bring the schema up to date at start. `false`: refuse to start on an older one, until `enlist migrate` has run.",
    ),
    key(
        "gateway.kind",
        "sandbox",
        Text,
        "The payment gateway: `sandbox`, which moves no money, or `stripe`.",
    ),
    key(
        "gateway.timeout",
        "8s",
        Duration,
        "How long one call to the gateway may take. At most five sixths of registration.lease, and no longer by default.",
    ),
    key(
        "gateway.attempts",
        "6",
        Number,
        "How often one step is tried at the gateway before the registration is undone, 1 to 100.",
    ),
    key(
        "gateway.accept_raw_cards",
        "",
        Switch,
        "Accept card numbers on the server: `true` or `false`. With Stripe it brings the whole server into PCI scope (SAQ D). Empty: `true` with the sandbox, whose page needs it, `false` with Stripe.",
    ),
    key(
        "gateway.sandbox.latency",
        "0ms",
        Duration,
        "How long the sandbox takes for each call, to see a registration run.",
    ),
    key(
        "gateway.sandbox.faults",
        "",
        Text,
        "Faults of the sandbox at start, such as `create_customer:lose_reply:3, *:rate_limit:0.1` (a count, or a rate with a decimal point).",
    ),
    key(
        "gateway.sandbox.books",
        "",
        Text,
        "Where the sandbox keeps its books: `sqlite:PATH` or `postgres://…`. Empty: in the service's database where that is PostgreSQL, otherwise sandbox.db in the data directory.",
    ),
    key(
        "gateway.stripe.secret_key",
        "",
        Secret,
        "Stripe's secret key `sk_…`, or a restricted one `rk_…`. Needed with Stripe.",
    ),
    key(
        "gateway.stripe.publishable_key",
        "",
        Text,
        "The publishable key `pk_…` of the same account and mode, which the browser is given. Needed with Stripe.",
    ),
    key(
        "gateway.stripe.webhook_secret",
        "",
        Secret,
        "The secret `whsec_…` of the webhook endpoint PUBLIC_URL/api/gateway-webhooks/stripe; several separated by commas while they are exchanged. Empty: there is no such endpoint, and what happens at Stripe later is not reflected.",
    ),
    key(
        "gateway.stripe.webhook_tolerance",
        "5m",
        Duration,
        "How old the signature of a webhook may be, 1s to 1h.",
    ),
    key(
        "gateway.stripe.api_base",
        "https://api.stripe.com",
        Text,
        "Where Stripe's API is. Without https:// only on this machine, for tests.",
    ),
    key(
        "gateway.stripe.script_url",
        "https://js.stripe.com/endive/stripe.js",
        Text,
        "Where the pages load Stripe.js from. Without https:// only on this machine, for tests.",
    ),
    key(
        "mail.url",
        "mailbox:",
        Secret,
        "`smtp://USER:PASSWORD@HOST:587` sends mails over STARTTLS, `smtps://USER:PASSWORD@HOST:465` over TLS from the start; user and password percent-encoded, or left out. `?tls=none` on this machine only. `mailbox:` keeps mails and shows them at /mailbox: in the service's database where that is PostgreSQL, otherwise in the data directory.",
    ),
    key(
        "mail.from",
        "Enlist <no-reply@localhost>",
        Text,
        "Who mails come from: an address that the mail server lets you use. Needed with SMTP.",
    ),
    key(
        "mail.timeout",
        "8s",
        Duration,
        "How long handing one mail to the mail server may take, connecting included. At most five sixths of registration.lease, and no longer by default.",
    ),
    key(
        "mail.connections",
        "4",
        Number,
        "Mails that are handed over at the same time, each on a connection of its own, 1 to 64.",
    ),
    key(
        "mail.roots",
        "",
        Text,
        "A PEM file with the certificates that the mail server's must lead to, for a certificate authority of your own. Empty: the system's.",
    ),
    key(
        "mail.templates",
        "",
        Text,
        "A folder with mails in your own words: en/verification.subject, en/verification.txt and en/verification.html, and the same in `de` if you like. Empty: ours.",
    ),
    key(
        "mail.events_secret",
        "",
        Secret,
        "What bounces at PUBLIC_URL/api/mail-events are signed with, 32 characters or more; several separated by commas while they are exchanged. Empty: there is no such endpoint, and an address that bounces is undone at verification.deadline.",
    ),
    key(
        "mail.events_tolerance",
        "5m",
        Duration,
        "How old the signature of a bounce may be, 1s to 1h.",
    ),
    key(
        "verification.mode",
        "after",
        Text,
        "`after`: the account is opened, then the address is verified. `first`: the other way round, for POST /api/users too; the page asks in three steps.",
    ),
    key(
        "verification.deadline",
        "24h",
        Duration,
        "How long the person has to verify the address before everything is undone, the charge included.",
    ),
    key(
        "verification.code_attempts",
        "5",
        Number,
        "Codes that may be tried per mail, 1 to 20.",
    ),
    key(
        "verification.mails",
        "5",
        Number,
        "Mails that one registration may cause, 1 to 100.",
    ),
    key(
        "verification.resend_after",
        "60s",
        Duration,
        "The shortest time between two of them.",
    ),
    key(
        "billing.card",
        "required",
        Text,
        "`required`: every sign-up needs a card. `paid_plans`: only one with a paid plan.",
    ),
    key(
        "billing.first_charge",
        "at_registration",
        Text,
        "When the first charge is taken: `at_registration`, or `at_verification`, so that nobody is charged whose address is not verified.",
    ),
    key(
        "billing.default_country",
        "US",
        Text,
        "The country of an address that names none (ISO 3166-1 alpha-2).",
    ),
    key(
        "registration.deadline",
        "60s",
        Duration,
        "How long a registration goes forward before it is undone, waits for a person excepted.",
    ),
    key(
        "registration.lease",
        "10s",
        Duration,
        "How long a driver that falls silent keeps others from taking over.",
    ),
    key(
        "registration.action_deadline",
        "1h",
        Duration,
        "How long the person has to confirm a payment with their bank (3-D Secure), at most 23h.",
    ),
    key(
        "registration.look_again_after",
        "60s",
        Duration,
        "How soon the gateway is asked whether they have, where nobody tells; then each time once the wait has become twice as long, 100ms to 1h.",
    ),
    key(
        "registration.sweep_interval",
        "1s",
        Duration,
        "How often registrations and jobs that are due are looked for.",
    ),
    key(
        "registration.retention",
        "30d",
        Duration,
        "How long the journal of a registration keeps personal data after it came to rest.",
    ),
    key(
        "registration.idempotency_retention",
        "24h",
        Duration,
        "How long an Idempotency-Key is remembered.",
    ),
    key(
        "passwords.memory_kib",
        "19456",
        Number,
        "Argon2id: memory per hash in KiB (OWASP: at least 19456).",
    ),
    key(
        "passwords.passes",
        "2",
        Number,
        "Argon2id: passes over the memory (OWASP: at least 2).",
    ),
    key("passwords.lanes", "1", Number, "Argon2id: lanes."),
    key(
        "passwords.permits",
        "0",
        Number,
        "Hashes computed at the same time; 0: one for each core.",
    ),
    key(
        "limits.enabled",
        "true",
        Switch,
        "Limit how often one address may call, and how many mails of sign-ups in three steps one mailbox gets. `false`: neither.",
    ),
    key(
        "limits.sign_ups_per_minute",
        "60",
        Number,
        "Sign-ups per minute and client address, once the burst is used up.",
    ),
    key(
        "limits.sign_up_burst",
        "120",
        Number,
        "Sign-ups that one client address may make at once.",
    ),
    key(
        "limits.mails_per_address",
        "10",
        Number,
        "Mails that sign-ups in three steps may cause to one e-mail address within an hour, 1 to 1000000.",
    ),
];

/// The key of that name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Keys that later versions have. Setting one is no mistake, but has no effect yet: it is said, and
/// nothing is refused.
pub const LATER: &[&str] = &["admin.token"];
