//! How a language writes dates, numbers, money and the names of countries: the parts are put together
//! here, how they stand beside each other is in its `forms.ftl`.

use enlist_domain::{CardBrand, CardSummary, Country, Money};
use iso_currency::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Language, Speech};
use crate::msg;

impl Language {
    /// A day: "4 Nov 2026".
    pub fn date(self, date: Date) -> String {
        let month = self.month("month-short", date);
        self.tell(msg!(
            "date",
            day = date.day().to_string(),
            month = month,
            year = date.year().to_string(),
        ))
    }

    /// A moment: "4 November 2026, 12:29 UTC".
    pub fn moment(self, moment: Timestamp) -> String {
        let at = moment.to_zoned_datetime(TimeZone::UTC);
        let month = self.month("month", at.date());
        self.tell(msg!(
            "moment",
            day = at.day().to_string(),
            month = month,
            year = at.year().to_string(),
            time = at.strftime("%H:%M").to_string(),
        ))
    }

    /// An amount: "$29.00", "CHF 5.00", "-$5.00".
    pub fn money(self, money: Money) -> String {
        let currency = money.currency();
        // A currency without a minor unit (gold, for instance) is counted in whole ones.
        let decimals = usize::from(currency.exponent().unwrap_or(0));
        let amount = self.decimal(money.amount_minor().unsigned_abs(), decimals);
        let told = self.tell(&match symbol(currency) {
            Some(symbol) => msg!("money-symbol", unit = symbol, amount = amount),
            None => msg!("money-code", unit = currency.code(), amount = amount),
        });
        if money.amount_minor() < 0 {
            self.tell(msg!("money-negative", money = told))
        } else {
            told
        }
    }

    /// A share: "10 %".
    pub fn percent(self, share: f64) -> String {
        let number = format!("{:.0}", share * 100.0);
        self.tell(msg!("percent", number = number))
    }

    /// A payment brand as it calls itself, or a word for a card of which it is not known.
    pub fn brand(self, brand: CardBrand) -> String {
        match brand {
            CardBrand::Unknown => self.say("card-brand-unknown"),
            known => known.title().to_owned(),
        }
    }

    /// What may be shown of a card: "Visa •••• 4242".
    pub fn card(self, card: &CardSummary) -> String {
        format!("{} {}", self.brand(card.brand), card.masked())
    }

    fn month(self, names: &str, date: Date) -> String {
        self.say(&format!("{names}-{}", date.month()))
    }

    /// A number of units of which the last `decimals` digits are a fraction.
    fn decimal(self, units: u64, decimals: usize) -> String {
        let digits = format!("{units:0>width$}", width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let group_mark = self.say("group-mark");
        let mut text = String::with_capacity(digits.len() * 2);
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push_str(&group_mark);
            }
            text.push(digit);
        }
        if decimals > 0 {
            text.push_str(&self.say("decimal-mark"));
            text.push_str(fraction);
        }
        text
    }
}

impl Speech {
    /// Letters count without their marks: "Ägypten" stands at A, as CLDR's root order has it and with it
    /// most languages of Europe.
    pub(super) fn sorted_countries(&self) -> Vec<(Country, String)> {
        let mut countries: Vec<(Country, String)> = Country::all()
            .map(|country| {
                let name = self.say(&format!("country-{country}"), None);
                (country, name)
            })
            .collect();
        countries.sort_by_cached_key(|(_, name)| sort_key(name));
        countries
    }
}

fn sort_key(name: &str) -> String {
    let bare = name
        .nfd()
        .filter(|character| !is_combining_mark(*character));
    let letters = bare.filter(|character| character.is_alphanumeric() || *character == ' ');
    letters.flat_map(char::to_lowercase).collect()
}

/// The symbol, where it names one currency to most readers: `$` of another country, or `kr`, would be
/// misread.
fn symbol(currency: Currency) -> Option<String> {
    let is_clear = matches!(
        currency,
        Currency::USD
            | Currency::EUR
            | Currency::GBP
            | Currency::JPY
            | Currency::INR
            | Currency::KRW
    );
    is_clear.then(|| currency.symbol().to_string())
}
