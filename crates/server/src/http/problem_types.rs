//! What kinds of problem there are: the last part of each type's address, its status and its title.

use axum::http::StatusCode;

use crate::language::Message;
use crate::msg;

/// What kinds of problem there are. Each has a page in `docs/problems/`; a test keeps it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemType {
    /// The body is not what the endpoint reads.
    MalformedRequest,
    /// One or more fields are not in order.
    InvalidInput,
    /// The Idempotency-Key is not one.
    InvalidIdempotencyKey,
    /// The Idempotency-Key came with another request before.
    IdempotencyKeyReused,
    /// The same registration is still running.
    RegistrationRunning,
    /// Something is to be said before a registration can begin.
    RegistrationIncomplete,
    /// What is to be changed has begun, or was done with other entries.
    RegistrationBegun,
    /// A journey's address was confirmed by somebody who reads its mail.
    ConfirmedElsewhere,
    /// Mail to a journey's address is refused for good.
    MailRefused,
    /// A mailed link was used before.
    LinkUsed,
    /// An account or a registration has the address.
    EmailTaken,
    /// The card was declined.
    CardDeclined,
    /// The person did not confirm the payment in time.
    ActionAbandoned,
    /// The gateway could not be reached.
    GatewayUnavailable,
    /// The gateway refused us.
    GatewayRejected,
    /// The budget was used up.
    OutOfTime,
    /// The registration was undone after its account was opened, or by an operator.
    RegistrationUndone,
    /// The database failed.
    DatabaseUnavailable,
    /// The code is wrong.
    WrongCode,
    /// Too many codes were tried.
    CodeExhausted,
    /// Too late to verify.
    VerificationExpired,
    /// There is nothing to verify.
    NothingToVerify,
    /// The bank has asked nothing.
    NothingToConfirm,
    /// A mail was asked for too soon or too often.
    MailLimited,
    /// Too many requests.
    RateLimited,
    /// A gateway's event that nobody we know has signed.
    InvalidSignature,
    /// The access token is missing or wrong.
    Unauthorized,
    /// A form of another site.
    CrossSite,
    /// No such thing.
    NotFound,
    /// The address has no such method.
    MethodNotAllowed,
    /// Not JSON.
    UnsupportedMediaType,
    /// The body is too large.
    BodyTooLarge,
    /// A fault of ours.
    Internal,
}

impl ProblemType {
    /// Every type.
    pub const ALL: [Self; 33] = [
        Self::MalformedRequest,
        Self::InvalidInput,
        Self::InvalidIdempotencyKey,
        Self::IdempotencyKeyReused,
        Self::RegistrationRunning,
        Self::RegistrationIncomplete,
        Self::RegistrationBegun,
        Self::ConfirmedElsewhere,
        Self::MailRefused,
        Self::LinkUsed,
        Self::EmailTaken,
        Self::CardDeclined,
        Self::ActionAbandoned,
        Self::GatewayUnavailable,
        Self::GatewayRejected,
        Self::OutOfTime,
        Self::RegistrationUndone,
        Self::DatabaseUnavailable,
        Self::WrongCode,
        Self::CodeExhausted,
        Self::VerificationExpired,
        Self::NothingToVerify,
        Self::NothingToConfirm,
        Self::MailLimited,
        Self::RateLimited,
        Self::InvalidSignature,
        Self::Unauthorized,
        Self::CrossSite,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::UnsupportedMediaType,
        Self::BodyTooLarge,
        Self::Internal,
    ];

    /// The last part of the type's address, its status and its title.
    pub fn row(self) -> (&'static str, StatusCode, Message) {
        use StatusCode as S;
        match self {
            Self::MalformedRequest => (
                "malformed-request",
                S::BAD_REQUEST,
                msg!("problem-malformed-request"),
            ),
            Self::InvalidInput => (
                "invalid-input",
                S::UNPROCESSABLE_ENTITY,
                msg!("problem-invalid-input"),
            ),
            Self::InvalidIdempotencyKey => (
                "invalid-idempotency-key",
                S::BAD_REQUEST,
                msg!("problem-invalid-idempotency-key"),
            ),
            Self::IdempotencyKeyReused => (
                "idempotency-key-reused",
                S::UNPROCESSABLE_ENTITY,
                msg!("problem-idempotency-key-reused"),
            ),
            Self::RegistrationRunning => (
                "registration-running",
                S::CONFLICT,
                msg!("problem-registration-running"),
            ),
            Self::RegistrationIncomplete => (
                "registration-incomplete",
                S::CONFLICT,
                msg!("problem-registration-incomplete"),
            ),
            Self::RegistrationBegun => (
                "registration-begun",
                S::CONFLICT,
                msg!("problem-registration-begun"),
            ),
            Self::ConfirmedElsewhere => (
                "confirmed-elsewhere",
                S::FORBIDDEN,
                msg!("problem-confirmed-elsewhere"),
            ),
            Self::MailRefused => ("mail-refused", S::GONE, msg!("problem-mail-refused")),
            Self::LinkUsed => ("link-used", S::GONE, msg!("problem-link-used")),
            Self::EmailTaken => ("email-taken", S::CONFLICT, msg!("problem-email-taken")),
            Self::CardDeclined => (
                "card-declined",
                S::PAYMENT_REQUIRED,
                msg!("problem-card-declined"),
            ),
            Self::ActionAbandoned => (
                "action-abandoned",
                S::PAYMENT_REQUIRED,
                msg!("problem-action-abandoned"),
            ),
            Self::GatewayUnavailable => (
                "gateway-unavailable",
                S::SERVICE_UNAVAILABLE,
                msg!("problem-gateway-unavailable"),
            ),
            Self::GatewayRejected => (
                "gateway-rejected",
                S::BAD_GATEWAY,
                msg!("problem-gateway-rejected"),
            ),
            Self::OutOfTime => (
                "out-of-time",
                S::SERVICE_UNAVAILABLE,
                msg!("problem-out-of-time"),
            ),
            Self::RegistrationUndone => (
                "registration-undone",
                S::GONE,
                msg!("problem-registration-undone"),
            ),
            Self::DatabaseUnavailable => (
                "database-unavailable",
                S::SERVICE_UNAVAILABLE,
                msg!("problem-database-unavailable"),
            ),
            Self::WrongCode => (
                "wrong-code",
                S::UNPROCESSABLE_ENTITY,
                msg!("problem-wrong-code"),
            ),
            Self::CodeExhausted => (
                "code-exhausted",
                S::TOO_MANY_REQUESTS,
                msg!("problem-code-exhausted"),
            ),
            Self::VerificationExpired => (
                "verification-expired",
                S::GONE,
                msg!("problem-verification-expired"),
            ),
            Self::NothingToVerify => (
                "nothing-to-verify",
                S::CONFLICT,
                msg!("problem-nothing-to-verify"),
            ),
            Self::NothingToConfirm => (
                "nothing-to-confirm",
                S::CONFLICT,
                msg!("problem-nothing-to-confirm"),
            ),
            Self::MailLimited => (
                "mail-limited",
                S::TOO_MANY_REQUESTS,
                msg!("problem-mail-limited"),
            ),
            Self::RateLimited => (
                "rate-limited",
                S::TOO_MANY_REQUESTS,
                msg!("problem-rate-limited"),
            ),
            Self::InvalidSignature => (
                "invalid-signature",
                S::BAD_REQUEST,
                msg!("problem-invalid-signature"),
            ),
            Self::Unauthorized => (
                "unauthorized",
                S::UNAUTHORIZED,
                msg!("problem-unauthorized"),
            ),
            Self::CrossSite => ("cross-site", S::FORBIDDEN, msg!("problem-cross-site")),
            Self::NotFound => ("not-found", S::NOT_FOUND, msg!("problem-not-found")),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                S::METHOD_NOT_ALLOWED,
                msg!("problem-method-not-allowed"),
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                S::UNSUPPORTED_MEDIA_TYPE,
                msg!("problem-unsupported-media-type"),
            ),
            Self::BodyTooLarge => (
                "body-too-large",
                S::PAYLOAD_TOO_LARGE,
                msg!("problem-body-too-large"),
            ),
            Self::Internal => (
                "internal",
                S::INTERNAL_SERVER_ERROR,
                msg!("problem-internal"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages;

    #[test]
    fn every_problem_type_has_a_page_in_the_documentation() {
        for kind in ProblemType::ALL {
            let (slug, ..) = kind.row();
            let page = pages::problem_page_source(slug);
            let page = page.unwrap_or_else(|| panic!("docs/problems/{slug}.md is missing"));
            assert!(page.starts_with("# "), "{slug}.md starts with its title");
        }
    }
}
