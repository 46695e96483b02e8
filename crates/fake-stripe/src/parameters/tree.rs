//! A form as the tree that its brackets make of it.

use super::{ParameterFault, ParameterProblem};
use crate::form::Form;

/// One name of a form, with what is in brackets behind it.
pub(super) struct Node {
    /// As it was sent, as far as here.
    name: String,
    value: Option<String>,
    children: Vec<(String, Node)>,
}

impl Node {
    /// The whole form.
    pub(super) fn of(form: &Form) -> Self {
        let mut root = Self::new(String::new());
        for parameter in form.parameters() {
            let mut node = &mut root;
            for part in &parameter.path {
                node = node.enter(part);
            }
            node.value = Some(parameter.value.clone());
        }
        root
    }

    fn new(name: String) -> Self {
        Self {
            name,
            value: None,
            children: Vec::new(),
        }
    }

    /// The child of that name. An empty name is always a new entry.
    fn enter(&mut self, part: &str) -> &mut Self {
        let there = self
            .children
            .iter()
            .position(|(name, _)| !part.is_empty() && name == part);
        let place = there.unwrap_or_else(|| {
            let child = Self::new(self.name_below(part));
            self.children.push((part.to_owned(), child));
            self.children.len() - 1
        });
        &mut self.children[place].1
    }

    fn name_below(&self, part: &str) -> String {
        if self.name.is_empty() {
            part.to_owned()
        } else {
            format!("{}[{part}]", self.name)
        }
    }

    pub(super) fn children(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.children
            .iter()
            .map(|(name, child)| (name.as_str(), child))
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        let mut children = self.children();
        children.find_map(|(there, child)| (there == name).then_some(child))
    }

    /// The entries of a list: numbered, or without a number.
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = &Self>, ParameterFault> {
        let is_index = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
        match self.children().find(|(name, _)| !is_index(name)) {
            Some((_, child)) => Err(child.fault(ParameterProblem::Nesting)),
            None => Ok(self.children.iter().map(|(_, child)| child)),
        }
    }

    /// Its value, if it has no brackets behind it.
    pub(super) fn value(&self) -> Result<&str, ParameterFault> {
        match &self.value {
            Some(value) if self.children.is_empty() => Ok(value),
            _ => Err(self.fault(ParameterProblem::Nesting)),
        }
    }

    /// Fails unless it has brackets behind it.
    pub(super) fn nested(&self) -> Result<(), ParameterFault> {
        match self.value {
            Some(_) => Err(self.fault(ParameterProblem::Nesting)),
            None => Ok(()),
        }
    }

    pub(super) fn fault(&self, problem: ParameterProblem) -> ParameterFault {
        ParameterFault {
            parameter: self.name.clone(),
            problem,
        }
    }

    pub(super) fn fault_below(&self, part: &str, problem: ParameterProblem) -> ParameterFault {
        ParameterFault {
            parameter: self.name_below(part),
            problem,
        }
    }
}
