//! What is wrong with a form: one entry per field, all of them at once.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;

use serde::{Serialize, Serializer};

use super::Field;

/// What is wrong with one field. Serialised as `{"field": …, "code": …, "message": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    /// Where.
    pub field: Field,
    /// What, for programs: snake_case, stable (`required`, `too_short`, `luhn`, …).
    pub code: &'static str,
    /// What and how to correct it, for people. Never repeats a value.
    pub message: String,
}

/// The faults of a form in the order of its fields, one per field at most: the first that was
/// found. Serialised as a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldFaults(BTreeMap<Field, FieldFault>);

impl FieldFaults {
    /// Adds a fault, unless its field has one already.
    pub fn push(&mut self, fault: FieldFault) {
        self.0.entry(fault.field).or_insert(fault);
    }

    /// Adds each of `faults` whose field has none yet.
    pub fn append(&mut self, faults: Self) {
        for (_, fault) in faults.0 {
            self.push(fault);
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields have a fault.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The fault of a field.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&FieldFault> {
        self.0.get(&field)
    }

    /// The faults in the order of the form.
    pub fn iter(&self) -> btree_map::Values<'_, Field, FieldFault> {
        self.0.values()
    }

    /// Adds a fault by its parts.
    pub(super) fn add(&mut self, field: Field, code: &'static str, message: impl Into<String>) {
        self.push(FieldFault {
            field,
            code,
            message: message.into(),
        });
    }

    /// The value if nothing is wrong; these faults otherwise.
    ///
    /// `value` is none exactly when a fault was pushed for what it lacks.
    pub(super) fn unless_empty<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl From<FieldFault> for FieldFaults {
    fn from(fault: FieldFault) -> Self {
        Self(BTreeMap::from([(fault.field, fault)]))
    }
}

impl<'a> IntoIterator for &'a FieldFaults {
    type Item = &'a FieldFault;
    type IntoIter = btree_map::Values<'a, Field, FieldFault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The fields at fault: `invalid: email, zip`.
impl fmt::Display for FieldFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<&str> = self.0.keys().map(|field| field.as_str()).collect();
        write!(formatter, "invalid: {}", fields.join(", "))
    }
}

impl std::error::Error for FieldFaults {}

impl Serialize for FieldFaults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults() -> FieldFaults {
        let mut faults = FieldFaults::default();
        faults.add(Field::Zip, "required", "Enter a postal code.");
        faults.add(Field::Email, "invalid", "Check the address.");
        faults
    }

    #[test]
    fn faults_come_in_the_order_of_the_form() {
        let fields: Vec<Field> = faults().iter().map(|fault| fault.field).collect();
        assert_eq!(fields, [Field::Email, Field::Zip]);
        assert_eq!(faults().to_string(), "invalid: email, zip");
        assert_eq!(faults().len(), 2);
        assert!(!faults().is_empty());
    }

    #[test]
    fn the_first_fault_of_a_field_counts() {
        let mut faults = faults();
        faults.add(Field::Zip, "invalid", "Another.");
        let mut others = FieldFaults::default();
        others.add(Field::Email, "too_long", "Another.");
        others.add(Field::City, "required", "Enter a city.");
        faults.append(others);
        assert_eq!(
            faults.get(Field::Zip).map(|fault| fault.code),
            Some("required")
        );
        assert_eq!(
            faults.get(Field::Email).map(|fault| fault.code),
            Some("invalid")
        );
        assert_eq!(
            faults.get(Field::City).map(|fault| fault.code),
            Some("required")
        );
        assert_eq!(faults.get(Field::State), None);
    }

    #[test]
    fn faults_are_written_as_a_list() {
        let json = serde_json::to_string(&faults()).expect("serialises");
        let expected = concat!(
            r#"[{"field":"email","code":"invalid","message":"Check the address."},"#,
            r#"{"field":"zip","code":"required","message":"Enter a postal code."}]"#,
        );
        assert_eq!(json, expected);
    }
}
