//! `/openapi.json` and the router tell the same.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use enlist::http::Offered;
use enlist_domain::Field;
use serde_json::{Map, Value};

use crate::person::Person;
use crate::service::Service;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Each file whose handlers answer the API.
const HANDLERS: [&str; 13] = [
    include_str!("../../src/http/journeys.rs"),
    include_str!("../../src/http/users.rs"),
    include_str!("../../src/http/registrations.rs"),
    include_str!("../../src/http/events.rs"),
    include_str!("../../src/http/confirmation.rs"),
    include_str!("../../src/http/setup_intents.rs"),
    include_str!("../../src/http/gateway_webhooks.rs"),
    include_str!("../../src/http/mail_events.rs"),
    include_str!("../../src/http/sandbox.rs"),
    include_str!("../../src/http/mailbox.rs"),
    include_str!("../../src/http/health.rs"),
    include_str!("../../src/http/openapi.rs"),
    include_str!("../../src/pages/verification.rs"),
];

async fn document(service: &Service) -> Value {
    let answer = service.get("/openapi.json").await;
    assert_eq!(answer.status, 200);
    answer.json()
}

fn paths(document: &Value) -> &Map<String, Value> {
    document["paths"].as_object().unwrap()
}

#[tokio::test]
async fn the_description_is_of_version_3_1_and_every_reference_leads_somewhere() {
    let service = Service::start().await;
    let document = document(&service).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                references.insert(reference.clone());
            }
            members
                .values()
                .for_each(|value| collect_references(value, references));
        }
        Value::Array(items) => {
            items
                .iter()
                .for_each(|value| collect_references(value, references));
        }
        _ => {}
    }
}

#[tokio::test]
async fn each_path_answers_the_methods_that_are_described_and_no_other() {
    let service = Service::start().await;
    let document = document(&service).await;
    for (path, operations) in paths(&document) {
        if path == "/verify/{token}" {
            // A page, too; and what it answers depends on the token.
            continue;
        }
        let concrete = path.replace("{id}", "01990000-0000-7000-8000-000000000000");
        for method in METHODS {
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&concrete)
                .body(Body::empty())
                .unwrap();
            let status = service.send(request).await.status;
            if operations.get(method).is_some() {
                assert!(!matches!(status, 404 | 405), "{method} {path}: {status}");
                let described = operations[method]["responses"].as_object().unwrap();
                assert!(
                    described.contains_key(&status.to_string()),
                    "{method} {path} answers {status}, which is not described"
                );
            } else {
                assert_eq!(status, 405, "{method} {path} is not described");
            }
        }
    }
}

#[test]
fn every_handler_of_the_api_is_described() {
    let document = serde_json::to_value(enlist::http::document(Offered::ever())).unwrap();
    let described: usize = paths(&document)
        .values()
        .map(|operations| {
            METHODS
                .iter()
                .filter(|m| operations.get(**m).is_some())
                .count()
        })
        .sum();
    let handlers = HANDLERS
        .iter()
        .map(|source| source.matches("#[utoipa::path(").count());
    assert_eq!(described, handlers.sum::<usize>());

    // What the router adds beside, nobody programs against.
    let router = include_str!("../../src/http.rs");
    let beside: Vec<&str> = router
        .split(".route(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(beside, ["/assets/{*path}", "/.well-known/security.txt"]);
    let pages = include_str!("../../src/pages.rs");
    assert!(!pages.contains("\"/api/"), "the API is not among the pages");
}

#[tokio::test]
async fn the_fields_of_a_sign_up_are_those_that_are_read() {
    let service = Service::start().await;
    let document = document(&service).await;
    let properties = &document["components"]["schemas"]["SignUp"]["properties"];
    let described: BTreeSet<&str> = properties
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let read: BTreeSet<&str> = Field::ALL.into_iter().map(Field::as_str).collect();
    assert_eq!(described, read);
}

#[tokio::test]
async fn an_answer_has_the_members_that_are_described() {
    let service = Service::start().await;
    let document = document(&service).await;
    let created = service.sign_up(&Person::new("ada@example.com")).await;
    let refused = service.sign_up(&Person::new("ada@example.com")).await;
    for (answer, status) in [(created, "201"), (refused, "409")] {
        let described = &document["paths"]["/api/users"]["post"]["responses"][status]["content"];
        let (_, content) = described.as_object().unwrap().iter().next().unwrap();
        let reference = content["schema"]["$ref"].as_str().unwrap();
        let schema = document
            .pointer(reference.strip_prefix('#').unwrap())
            .unwrap();
        let body = answer.json();
        let members = body.as_object().unwrap();
        for name in members.keys() {
            assert!(
                schema["properties"].get(name).is_some(),
                "{name} is not described"
            );
        }
        for name in schema["required"].as_array().unwrap() {
            assert!(
                members.contains_key(name.as_str().unwrap()),
                "{name} is missing"
            );
        }
    }
}
