//! A small list of parameters, by hand.

use super::*;

const LIST: &str = r#"{
    "sdk": "0", "api_version": "none",
    "calls": {
        "POST /v1/customers": { "parameters": {
            "email": { "type": "string", "required": false },
            "name": { "type": "string", "may_be_empty": true, "required": false },
            "metadata": { "type": "any", "required": false, "of": [
                { "type": "string", "enum": [], "may_be_empty": true },
                { "type": "map", "of": { "type": "string" } }
            ] },
            "expand": { "type": "list", "of": { "type": "string" }, "required": false },
            "balance": { "type": "integer", "required": false },
            "validate": { "type": "boolean", "required": false },
            "tax_exempt": { "type": "string", "enum": ["none", "exempt"], "required": false },
            "items": { "type": "list", "required": false, "of": { "type": "object", "fields": {
                "price": { "type": "string", "required": true },
                "quantity": { "type": "integer", "required": false }
            } } }
        } }
    }
}"#;

fn check(form: &str) -> Result<(), ParameterProblem> {
    let parameters: Parameters = serde_json::from_str(LIST).unwrap();
    parameters
        .check("POST", "/v1/customers", &Form::parse(form))
        .map_err(|fault| fault.problem)
}

#[test]
fn what_the_list_has_is_taken() {
    for form in [
        "",
        "email=a&name=&balance=-3&validate=true&tax_exempt=none",
        "metadata[a]=1&metadata[b]=2&expand[]=x&expand[]=y",
        "metadata=",
        "expand[0]=x&items[0][price]=p&items[0][quantity]=2&items[1][price]=q",
    ] {
        assert_eq!(check(form), Ok(()), "{form}");
    }
}

#[test]
fn what_it_does_not_have_is_refused_and_it_is_said_why() {
    for (form, problem) in [
        ("emial=a", ParameterProblem::Unknown),
        ("email=", ParameterProblem::Empty),
        ("email[0]=a", ParameterProblem::Nesting),
        ("balance=1.5", ParameterProblem::NotAnInteger),
        ("validate=yes", ParameterProblem::NotABoolean),
        ("tax_exempt=maybe", ParameterProblem::NotAMember),
        ("expand=x", ParameterProblem::Nesting),
        ("expand[a]=x", ParameterProblem::Nesting),
        ("items[price]=p", ParameterProblem::Nesting),
        ("items[0][quantity]=1", ParameterProblem::Missing),
        ("items[0][prize]=p", ParameterProblem::Unknown),
    ] {
        assert_eq!(check(form), Err(problem), "{form}");
    }
}

#[test]
fn a_fault_names_the_parameter_and_not_its_value() {
    let parameters: Parameters = serde_json::from_str(LIST).unwrap();
    let form = Form::parse("items[0][quantity]=secret&items[0][price]=p");
    let fault = parameters
        .check("POST", "/v1/customers", &form)
        .unwrap_err();
    assert_eq!(
        fault.to_string(),
        "items[0][quantity]: it is not a whole number"
    );
}

/// The kind of parameter that a pattern such as `items[][price]` leads to.
fn follow<'a>(fields: &'a Fields, pattern: &str) -> Option<&'a Kind> {
    let mut parts = pattern.split(['[', ']']).filter(|part| !part.is_empty());
    let mut kind = &fields.get(parts.next()?)?.kind;
    for part in parts {
        kind = inside(kind, part)?;
    }
    Some(kind)
}

fn inside<'a>(kind: &'a Kind, part: &str) -> Option<&'a Kind> {
    match kind {
        Kind::Any { of } => of.iter().find_map(|kind| inside(kind, part)),
        Kind::Map { of } if part == "*" => Some(of),
        Kind::List { of } => inside(of, part),
        Kind::Object { fields } => fields.get(part).map(|parameter| &parameter.kind),
        _ => None,
    }
}

#[test]
fn the_sdk_has_every_call_and_every_parameter_that_the_fake_has() {
    let parameters = Parameters::read(&enlist_test_servers::stripe_parameters()).unwrap();
    assert_eq!(parameters.api_version, crate::API_VERSION);
    let mut ours = crate::calls();
    ours.sort();
    assert_eq!(parameters.calls().collect::<Vec<_>>(), ours);
    for route in crate::routes::ROUTES {
        let fields = &parameters.calls[&route.name()].parameters;
        for pattern in route.patterns() {
            let known = follow(fields, pattern);
            assert!(known.is_some(), "{}: {pattern}", route.name());
        }
    }
}
