//! `/mailbox`: the mails "sent", as JSON and as pages.

use crate::person::Person;
use crate::service::Service;

#[tokio::test]
async fn a_mail_has_its_members_and_both_parts_say_the_same() {
    let service = Service::start().await;
    service.sign_up(&Person::new("ada@bücher.example")).await;
    let to = "ada@xn--bcher-kva.example";
    let read = service.mail_to(to, 1).await;
    let mails = service.get("/mailbox/messages").await.json();
    let mail = &mails[0];
    assert_eq!(mail["to"], to);
    assert_eq!(mail["subject"], "Confirm your e-mail address");
    let sent_at = mail["sent_at"].as_str().unwrap();
    assert!(sent_at.ends_with('Z') && sent_at.contains('T'), "{sent_at}");
    for part in ["text", "html"] {
        let part = mail[part].as_str().unwrap();
        assert!(
            part.contains(&read.code) && part.contains(&read.link),
            "{part}"
        );
    }
}

#[tokio::test]
async fn mails_are_listed_newest_first_and_opened_one_by_one() {
    let service = Service::start().await;
    assert!(
        service
            .open("/mailbox")
            .await
            .text()
            .contains("No mail yet.")
    );
    for email in ["first@example.com", "second@example.com"] {
        service.sign_up(&Person::new(email)).await;
        service.mail_to(email, 1).await;
    }
    let list = service.open("/mailbox").await.text();
    let place = |text: &str| list.find(text).unwrap();
    assert!(place("second@example.com") < place("first@example.com"));
    let mails = service.get("/mailbox/messages").await.json();
    let path = format!("/mailbox/{}", mails[0]["id"]);
    let page = service.open(&path).await;
    assert_eq!(page.status, 200);
    let code = service.mail_to("second@example.com", 1).await.code;
    assert!(page.text().contains(&code));
    let html = service.open(&format!("{path}/html")).await;
    assert!(html.text().contains(&code));
    let policy = html.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("script"),
        "{policy}"
    );
}

#[tokio::test]
async fn what_a_person_calls_themselves_is_no_markup() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").with("first_name", "<img src=x>");
    let answer = service.sign_up(&person).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    service.mail_to("ada@example.com", 1).await;
    let mails = service.get("/mailbox/messages").await.json();
    assert!(!mails[0]["html"].as_str().unwrap().contains("<img"));
    let page = service.open(&format!("/mailbox/{}", mails[0]["id"])).await;
    assert!(!page.text().contains("<img"));
}

#[tokio::test]
async fn mails_outlive_a_restart_and_are_not_sent_twice() {
    let service = Service::start().await;
    service.sign_up(&Person::new("ada@example.com")).await;
    service.mail_to("ada@example.com", 1).await;
    let service = service.restart().await;
    service.sign_up(&Person::new("eve@example.com")).await;
    service.mail_to("eve@example.com", 1).await;
    service.mail_to("ada@example.com", 1).await;
}
