//! The month through which a card is valid.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How many years ahead an expiry is believed. Cards are issued for up to twenty; the rest is a
/// margin for gift cards, and beyond it lies a typing mistake.
pub const MAX_YEARS_AHEAD: u16 = 50;

/// Month and year, as printed on the card; the card is valid through the last day of that month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Expiry {
    month: u8,
    year: u16,
}

impl Expiry {
    /// Reads month and year as typed: the month with or without a leading zero, the year with four
    /// digits or two.
    ///
    /// # Errors
    ///
    /// [`ExpiryFault`]: not a month, not a year, in the past, or more than [`MAX_YEARS_AHEAD`]
    /// years ahead of `today`.
    pub fn parse(month: &str, year: &str, today: Date) -> Result<Self, ExpiryFault> {
        let expiry = Self {
            month: parse_month(month)?,
            year: parse_year(year, today)?,
        };
        if expiry.is_past(today) {
            return Err(ExpiryFault::Past);
        }
        if i32::from(expiry.year) > i32::from(today.year()) + i32::from(MAX_YEARS_AHEAD) {
            return Err(ExpiryFault::TooFarAhead);
        }
        Ok(expiry)
    }

    /// Month and year as a gateway or a database gives them. A past one is fine: cards grow old.
    ///
    /// # Errors
    ///
    /// [`ExpiryFault::Month`] unless the month is 1 to 12, [`ExpiryFault::Year`] unless the year
    /// has four digits.
    pub fn new(month: u8, year: u16) -> Result<Self, ExpiryFault> {
        if !(1..=12).contains(&month) {
            return Err(ExpiryFault::Month);
        }
        if !(1000..=9999).contains(&year) {
            return Err(ExpiryFault::Year);
        }
        Ok(Self { month, year })
    }

    /// 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// With all four digits.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// Whether the last day of the month lies before `today`.
    #[must_use]
    pub fn is_past(self, today: Date) -> bool {
        let expiry = (i32::from(self.year), i32::from(self.month));
        expiry < (i32::from(today.year()), i32::from(today.month()))
    }
}

/// `04/2030`.
impl fmt::Display for Expiry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}/{}", self.month, self.year)
    }
}

/// Why month and year are no expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryFault {
    /// Not 1 to 12.
    #[error("the expiry month is not 1 to 12")]
    Month,
    /// Not a year of two or four digits.
    #[error("the expiry year does not have two or four digits")]
    Year,
    /// The month has passed.
    #[error("the card has expired")]
    Past,
    /// More than [`MAX_YEARS_AHEAD`] years ahead.
    #[error("the expiry year is more than {MAX_YEARS_AHEAD} years ahead")]
    TooFarAhead,
}

impl ExpiryFault {
    /// The fault's stable name for programs, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Month | Self::Year => "invalid",
            Self::Past => "expired",
            Self::TooFarAhead => "too_far_ahead",
        }
    }
}

/// The serialised form, before it is checked.
#[derive(Deserialize)]
struct Parts {
    month: u8,
    year: u16,
}

impl TryFrom<Parts> for Expiry {
    type Error = ExpiryFault;

    fn try_from(parts: Parts) -> Result<Self, ExpiryFault> {
        Self::new(parts.month, parts.year)
    }
}

pub(crate) fn parse_month(month: &str) -> Result<u8, ExpiryFault> {
    let month = digits(month, &[1, 2]).ok_or(ExpiryFault::Month)?;
    u8::try_from(month)
        .ok()
        .filter(|month| (1..=12).contains(month))
        .ok_or(ExpiryFault::Month)
}

/// A year of two digits is the one nearest to today that ends so: in 2098, `01` is 2101.
pub(crate) fn parse_year(year: &str, today: Date) -> Result<u16, ExpiryFault> {
    let typed = digits(year, &[2, 4]).ok_or(ExpiryFault::Year)?;
    if year.trim().len() == 4 {
        return if typed >= 1000 {
            Ok(typed)
        } else {
            Err(ExpiryFault::Year)
        };
    }
    let this_year = u16::try_from(today.year()).map_err(|_| ExpiryFault::Year)?;
    let same_century = this_year / 100 * 100 + typed;
    Ok(if same_century + 50 < this_year {
        same_century + 100
    } else if same_century > this_year + 50 {
        same_century - 100
    } else {
        same_century
    })
}

/// The number that `text` spells in ASCII digits, if it has one of the `lengths`.
fn digits(text: &str, lengths: &[usize]) -> Option<u16> {
    let text = text.trim();
    let plain = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn parse(month: &str, year: &str) -> Result<Expiry, ExpiryFault> {
        Expiry::parse(month, year, date(2026, 11, 30))
    }

    #[test]
    fn month_and_year_are_read_as_people_type_them() {
        let expected = Expiry {
            month: 4,
            year: 2030,
        };
        for (month, year) in [("4", "2030"), ("04", "30"), (" 4 ", " 2030 ")] {
            assert_eq!(parse(month, year), Ok(expected), "{month}/{year}");
        }
        assert_eq!(expected.to_string(), "04/2030");
    }

    #[test]
    fn a_card_is_valid_through_the_last_day_of_its_month() {
        assert!(parse("11", "2026").is_ok());
        let day_after = Expiry::parse("11", "2026", date(2026, 12, 1));
        assert_eq!(day_after, Err(ExpiryFault::Past));
    }

    #[test]
    fn an_expired_card_is_refused() {
        assert_eq!(parse("10", "2026"), Err(ExpiryFault::Past));
        assert_eq!(parse("12", "25"), Err(ExpiryFault::Past));
    }

    #[test]
    fn a_card_that_expires_too_far_ahead_is_refused() {
        assert!(parse("12", "2076").is_ok());
        assert_eq!(parse("1", "2077"), Err(ExpiryFault::TooFarAhead));
    }

    #[test]
    fn what_is_not_a_month_or_a_year_is_refused() {
        for month in ["", "0", "13", "004", "-1", "+1", "1.", "April", "４"] {
            assert_eq!(parse(month, "2030"), Err(ExpiryFault::Month), "{month:?}");
        }
        for year in ["", "3", "203", "02030", "0030", "+203", "MMXX", "２０３０"] {
            assert_eq!(parse("4", year), Err(ExpiryFault::Year), "{year:?}");
        }
    }

    #[test]
    fn a_year_of_two_digits_is_the_nearest() {
        assert_eq!(parse_year("01", date(2098, 5, 1)), Ok(2101));
        assert_eq!(parse_year("99", date(2026, 5, 1)), Ok(1999));
        assert_eq!(parse_year("76", date(2026, 5, 1)), Ok(2076));
        assert_eq!(parse_year("26", date(2026, 5, 1)), Ok(2026));
    }

    #[test]
    fn of_two_years_as_near_it_is_that_of_this_century() {
        assert_eq!(parse_year("00", date(2050, 5, 1)), Ok(2000));
        assert_eq!(parse_year("99", date(2049, 5, 1)), Ok(2099));
    }

    #[test]
    fn an_old_expiry_is_read_back() {
        let json = r#"{"month":1,"year":2019}"#;
        let expiry: Expiry = serde_json::from_str(json).expect("deserialises");
        assert_eq!((expiry.month(), expiry.year()), (1, 2019));
        assert_eq!(serde_json::to_string(&expiry).expect("serialises"), json);
    }

    #[test]
    fn reading_back_refuses_what_was_never_an_expiry() {
        assert!(serde_json::from_str::<Expiry>(r#"{"month":13,"year":2030}"#).is_err());
        assert!(serde_json::from_str::<Expiry>(r#"{"month":0,"year":2030}"#).is_err());
        assert_eq!(Expiry::new(1, 30), Err(ExpiryFault::Year));
    }

    proptest! {
        #[test]
        fn an_accepted_expiry_is_never_past(month in 0_u8..15, year in 2000_u16..2100) {
            let today = date(2026, 11, 30);
            if let Ok(expiry) = parse(&month.to_string(), &year.to_string()) {
                let last_day = Date::new(expiry.year() as i16, expiry.month() as i8, 1)
                    .expect("is a date")
                    .last_of_month();
                prop_assert!(last_day >= today);
            }
        }

        #[test]
        fn two_digits_and_four_mean_the_same_year(year in 1977_u16..2076) {
            let today = date(2026, 11, 30);
            let short = format!("{:02}", year % 100);
            prop_assert_eq!(parse_year(&short, today), parse_year(&year.to_string(), today));
        }
    }
}
