//! The id of a mail, and whose mail it was: `<JOB.REGISTRATION@HOST>`.

use enlist_registration::ids::{JobId, RegistrationId};

/// The same for each try of a job.
pub(super) fn message_id(job: JobId, registration: RegistrationId, host: &str) -> String {
    format!("<{job}.{registration}@{host}>")
}

/// For which registration a mail was sent, by its id: with its brackets or without. None: it was not sent by us.
pub fn registration_of(message_id: &str) -> Option<RegistrationId> {
    let bare = message_id
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>');
    let (ids, _host) = bare.split_once('@')?;
    let (job, registration) = ids.split_once('.')?;
    job.parse::<JobId>().ok()?;
    registration.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_leads_back_to_its_registration_and_another_to_none() {
        let job: JobId = "01990000-0000-7000-8000-000000000001".parse().unwrap();
        let registration = "01990000-0000-7000-8000-000000000002".parse().unwrap();
        let id = message_id(job, registration, "join.acme.example");
        assert_eq!(registration_of(&id), Some(registration));
        assert_eq!(
            registration_of(id.trim_matches(['<', '>'])),
            Some(registration)
        );
        for other in [
            "",
            "<abc@join.acme.example>",
            "<a.b@join.acme.example>",
            &format!("<{job}@host>"),
        ] {
            assert_eq!(registration_of(other), None, "{other}");
        }
    }
}
