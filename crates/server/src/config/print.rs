//! The configuration in print: `enlist config` as a table, `enlist.example.toml` as a file.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use enlist_domain::PlanCatalogue;

use super::keys::{Form, KEYS, Key};

/// Every key with its variable, its default and its sentence, for people.
pub fn table() -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["key", "variable", "default", "what it does"]);
    for key in KEYS {
        table.add_row([key.name, &key.variable(), key.default, key.help]);
    }
    table
}

/// A configuration file in which every key stands with its default, commented out.
pub fn example() -> String {
    let mut text = String::from(
        "# Every key of Enlist with its default, as `enlist config --toml` prints it. Uncomment what you\n\
         # change. Each key is also an environment variable, which wins: server.listen is\n\
         # ENLIST_SERVER__LISTEN.\n",
    );
    let mut section = "";
    for key in KEYS {
        let (own, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if own != section {
            section = own;
            let _ = write!(text, "\n[{section}]\n");
        } else {
            text.push('\n');
        }
        let _ = write!(text, "# {}\n#{name} = {}\n", key.help, in_toml(key));
    }
    text.push_str(
        "\n# What is offered. Naming any replaces all three. Amounts are in minor units (cents). With Stripe,\n\
         # a plan that costs something also names its price there: gateway_price = \"price_...\".\n",
    );
    for plan in PlanCatalogue::default().iter() {
        let _ = write!(
            text,
            "\n#[[plans]]\n#name = \"{}\"\n#title = \"{}\"\n#amount_minor = {}\n#currency = \"{}\"\n\
             #interval = \"{}\"\n",
            plan.name,
            plan.title,
            plan.price.amount_minor(),
            plan.price.currency().code(),
            plan.interval.as_str(),
        );
    }
    text
}

fn in_toml(key: &Key) -> String {
    match key.form {
        Form::Number | Form::Switch if !key.default.is_empty() => key.default.to_owned(),
        _ => format!("\"{}\"", key.default),
    }
}
