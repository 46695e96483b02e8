//! What no table may hold (invariant 6): card numbers, passwords, and whatever opens a door.

use enlist_registration::ids::RegistrationId;
use secrecy::ExposeSecret;

use crate::gateway::Card;
use crate::pair::at_once;
use crate::stock::PASSWORD;
use crate::world::{World, tokens};

/// Every table that a request or an answer could have left something in.
const TABLES: [&str; 9] = [
    "registrations",
    "registration_events",
    "gateway_events",
    "pending_registrations",
    "jobs",
    "users",
    "profiles",
    "billing_info",
    "subscriptions",
];

impl World {
    /// Looks through the database, row by row.
    pub fn check_secrets(&self) {
        let Some(sqlite) = &self.sqlite else {
            return;
        };
        let secrets = self.secrets();
        for table in TABLES {
            let rows = at_once(sqlite.rows_of(table));
            self.checks
                .check("every_table_can_be_read", rows.is_ok(), || {
                    format!("{table}: {rows:?}")
                });
            let text = format!("{:?}", rows.unwrap_or_default());
            let found = secrets
                .iter()
                .find(|(_, secret)| text.contains(secret.as_str()));
            self.checks
                .check("no_secret_is_in_the_database", found.is_none(), || {
                    let what = found.map(|(what, _)| what.as_str());
                    format!("{table}: {}", what.unwrap_or_default())
                });
        }
    }

    /// Each with what it is.
    fn secrets(&self) -> Vec<(String, String)> {
        let mut secrets = vec![("the password".to_owned(), PASSWORD.to_owned())];
        for card in Card::ALL {
            secrets.push((format!("the number of {card:?}"), card.number().to_owned()));
        }
        let tokens = tokens();
        let mut add = |id: RegistrationId| {
            let opens = [
                tokens.access_token(id),
                tokens.link_token(id),
                tokens.journey_link(id, 1),
            ];
            let opens = opens.iter().map(|it| it.expose_secret().to_owned());
            secrets.extend(opens.map(|it| (format!("a token of {id}"), it)));
        };
        self.memory.look(|tables| {
            let ids = tables.rows.keys().chain(tables.journeys.keys());
            ids.copied().for_each(&mut add);
        });
        secrets
    }
}
