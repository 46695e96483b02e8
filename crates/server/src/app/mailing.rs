//! Who takes the mails of a process: the embedded mailbox, or a mail server.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use enlist_registration::ports::Clock;

use super::neighbours::open_mailbox;
use crate::config::Settings;
use crate::mail::{Mailbox, Mailer, SmtpMailer};

/// As the workers see it, and as pages of its own do.
pub(super) struct Mailing {
    /// Takes mails.
    pub(super) mailer: Arc<dyn Mailer>,
    /// Only where mails are kept here.
    pub(super) mailbox: Option<Mailbox>,
}

impl Mailing {
    /// Opens what is configured. A mail server is not connected to yet.
    pub(super) async fn open(
        settings: &Settings,
        public_url: &str,
        data_dir: &Path,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        if let Some(mailer) = SmtpMailer::new(&settings.mail, public_url, Arc::clone(clock)) {
            let mailer = mailer.context("TLS to the mail server cannot be set up")?;
            return Ok(Self {
                mailer: Arc::new(mailer),
                mailbox: None,
            });
        }
        let mailbox = open_mailbox(settings, data_dir).await?;
        Ok(Self {
            mailer: Arc::new(mailbox.clone()),
            mailbox: Some(mailbox),
        })
    }
}
