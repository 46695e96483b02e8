//! What Stripe itself takes: the parameters of each call by name, nesting and value, as they were derived from
//! the official SDK (`parameters/derive.py`). With them the fake refuses what Stripe would refuse.

mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::error::StripeError;
use crate::form::Form;
use crate::routes::Route;

use tree::Node;

/// The parameters of every call that there is.
#[derive(Clone, Debug, Deserialize)]
pub struct Parameters {
    /// The version of the SDK that they were derived from.
    pub sdk: String,
    /// The version of the API that it is for.
    pub api_version: String,
    calls: BTreeMap<String, CallParameters>,
    #[serde(default)]
    objects: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Clone, Debug, Deserialize)]
struct CallParameters {
    parameters: Fields,
}

type Fields = BTreeMap<String, Parameter>;

#[derive(Clone, Debug, Deserialize)]
struct Parameter {
    #[serde(flatten)]
    kind: Kind,
    required: bool,
}

/// What a parameter's value may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Kind {
    String {
        /// The values that there are; any text where it is empty.
        #[serde(default, rename = "enum")]
        members: Vec<String>,
        /// Whether nothing is a value, and unsets what was there.
        #[serde(default)]
        may_be_empty: bool,
    },
    Integer,
    Number,
    Boolean,
    List {
        of: Box<Kind>,
    },
    Map {
        of: Box<Kind>,
    },
    Object {
        fields: Fields,
    },
    Any {
        of: Vec<Kind>,
    },
}

/// Why the parameters could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParametersFault {
    /// There is no such file, or it cannot be read.
    #[error("the list of parameters cannot be read: {0}")]
    File(#[from] std::io::Error),
    /// It is not what `derive.py` writes.
    #[error("the list of parameters is not what derive.py writes: {0}")]
    Form(#[from] serde_json::Error),
}

/// A parameter that Stripe would refuse. Its value is not in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct ParameterFault {
    /// As it was sent.
    pub parameter: String,
    /// What is wrong with it.
    pub problem: ParameterProblem,
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum ParameterProblem {
    /// The call has no parameter of that name.
    #[error("the call has no such parameter")]
    Unknown,
    /// It has one, with other brackets.
    #[error("the brackets are not those that this parameter has")]
    Nesting,
    /// It must be there.
    #[error("it is required, and is not there")]
    Missing,
    /// Nothing is no value here.
    #[error("it cannot be empty")]
    Empty,
    /// Not a whole number.
    #[error("it is not a whole number")]
    NotAnInteger,
    /// Not a number.
    #[error("it is not a number")]
    NotANumber,
    /// Neither `true` nor `false`.
    #[error("it is neither true nor false")]
    NotABoolean,
    /// Not one of the values that there are.
    #[error("it is not one of the values that there are")]
    NotAMember,
}

impl Parameters {
    /// Reads what `derive.py` wrote.
    pub fn read(path: &Path) -> Result<Self, ParametersFault> {
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    }

    /// Every call whose parameters are known, as `POST /v1/customers`.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        self.calls.keys().map(String::as_str)
    }

    /// Which fields an object has at Stripe, by its `object`; none where that is not known.
    #[must_use]
    pub fn fields_of(&self, object: &str) -> Option<&BTreeSet<String>> {
        self.objects.get(object)
    }

    /// Whether Stripe would take these parameters. A call that the fake does not have takes none.
    pub fn check(&self, method: &str, path: &str, form: &Form) -> Result<(), ParameterFault> {
        let call = Route::find(method, path).map(|(route, _)| route.name());
        self.check_fields(call.as_deref().unwrap_or_default(), form)
    }

    /// The same for a call by its name, and said as Stripe says it.
    pub(crate) fn check_call(&self, call: &str, form: &Form) -> Result<(), StripeError> {
        self.check_fields(call, form).map_err(StripeError::from)
    }

    fn check_fields(&self, call: &str, form: &Form) -> Result<(), ParameterFault> {
        let none = Fields::new();
        let fields = self
            .calls
            .get(call)
            .map_or(&none, |parameters| &parameters.parameters);
        check_fields(fields, &Node::of(form))
    }
}

impl From<ParameterFault> for StripeError {
    fn from(fault: ParameterFault) -> Self {
        let ParameterFault { parameter, problem } = fault;
        match problem {
            ParameterProblem::Unknown => Self::parameter_unknown(&parameter),
            ParameterProblem::Missing => Self::parameter_missing(&parameter),
            ParameterProblem::Empty => Self::invalid_parameter(
                &parameter,
                format!("You passed an empty string for '{parameter}', which cannot be unset."),
            )
            .coded("parameter_invalid_empty"),
            ParameterProblem::NotAnInteger => {
                Self::invalid_integer(&parameter, format!("Invalid integer: {parameter}"))
            }
            other => Self::invalid_parameter(&parameter, format!("Invalid {parameter}: {other}")),
        }
    }
}

fn check_fields(fields: &Fields, node: &Node) -> Result<(), ParameterFault> {
    for (name, child) in node.children() {
        match fields.get(name) {
            Some(parameter) => parameter.kind.check(child)?,
            None => return Err(child.fault(ParameterProblem::Unknown)),
        }
    }
    let missing = fields
        .iter()
        .find(|(name, parameter)| parameter.required && node.child(name).is_none());
    match missing {
        Some((name, _)) => Err(node.fault_below(name, ParameterProblem::Missing)),
        None => Ok(()),
    }
}

impl Kind {
    fn check(&self, node: &Node) -> Result<(), ParameterFault> {
        match self {
            Self::Object { fields } => {
                node.nested()?;
                check_fields(fields, node)
            }
            Self::Map { of } => {
                node.nested()?;
                node.children().try_for_each(|(_, child)| of.check(child))
            }
            Self::List { of } => {
                node.nested()?;
                node.entries()?.try_for_each(|entry| of.check(entry))
            }
            Self::Any { of } => any(of, node),
            scalar => {
                let value = node.value()?;
                match scalar.problem_with(value) {
                    Some(problem) => Err(node.fault(problem)),
                    None => Ok(()),
                }
            }
        }
    }

    fn problem_with(&self, value: &str) -> Option<ParameterProblem> {
        let (is_right, problem) = match self {
            Self::String { may_be_empty, .. } if value.is_empty() => {
                (*may_be_empty, ParameterProblem::Empty)
            }
            Self::String { members, .. } => (
                members.is_empty() || members.iter().any(|member| member == value),
                ParameterProblem::NotAMember,
            ),
            Self::Integer => (value.parse::<i64>().is_ok(), ParameterProblem::NotAnInteger),
            Self::Number => (value.parse::<f64>().is_ok(), ParameterProblem::NotANumber),
            Self::Boolean => (
                ["true", "false"].contains(&value),
                ParameterProblem::NotABoolean,
            ),
            Self::List { .. } | Self::Map { .. } | Self::Object { .. } | Self::Any { .. } => {
                (false, ParameterProblem::Nesting)
            }
        };
        (!is_right).then_some(problem)
    }
}

/// Whether one of several kinds fits. If none does, what came nearest tells why.
fn any(kinds: &[Kind], node: &Node) -> Result<(), ParameterFault> {
    let mut nearest: Option<ParameterFault> = None;
    for kind in kinds {
        match kind.check(node) {
            Ok(()) => return Ok(()),
            Err(fault) => {
                let is_nearer = nearest
                    .as_ref()
                    .is_none_or(|other| other.problem == ParameterProblem::Nesting);
                if is_nearer {
                    nearest = Some(fault);
                }
            }
        }
    }
    nearest.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
