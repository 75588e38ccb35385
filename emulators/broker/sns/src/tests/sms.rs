//! Text messages: settings, opt-outs, the sandbox.

use crate::testing::{ACCOUNT, World, entry};

const NUMBER: &str = "+15551234567";

#[tokio::test]
async fn settings_are_read_back() {
    let world = World::new();
    let set = [
        ("attributes.entry.1.key", "DefaultSMSType"),
        ("attributes.entry.1.value", "Transactional"),
        ("attributes.entry.2.key", "DefaultSenderID"),
        ("attributes.entry.2.value", "Brume"),
    ];
    assert_eq!(world.call("SetSMSAttributes", &set).await.unwrap(), "");
    let all = world.call("GetSMSAttributes", &[]).await.unwrap();
    assert!(all.starts_with("<attributes><entry>"), "{all}");
    assert_eq!(entry(&all, "DefaultSMSType").as_deref(), Some("Transactional"));
    let one = world
        .call("GetSMSAttributes", &[("attributes.member.1", "DefaultSenderID")])
        .await
        .unwrap();
    assert_eq!(
        one,
        "<attributes><entry><key>DefaultSenderID</key><value>Brume</value></entry></attributes>"
    );
    let wrong = [("attributes.entry.1.key", "Other"), ("attributes.entry.1.value", "1")];
    assert_eq!(world.call("SetSMSAttributes", &wrong).await.unwrap_err().code, "InvalidParameter");
}

#[tokio::test]
async fn whoever_opted_out_is_listed_until_they_opt_in() {
    let world = World::new();
    let number = [("phoneNumber", NUMBER)];
    let asked = world.call("CheckIfPhoneNumberIsOptedOut", &number).await.unwrap();
    assert_eq!(asked, "<isOptedOut>false</isOptedOut>");
    assert_eq!(
        world.call("ListPhoneNumbersOptedOut", &[]).await.unwrap(),
        "<phoneNumbers></phoneNumbers>"
    );
    let region = "eu-west-3".parse().unwrap();
    world.topics.opt_out(ACCOUNT.parse().unwrap(), region, NUMBER).await.unwrap();
    let asked = world.call("CheckIfPhoneNumberIsOptedOut", &number).await.unwrap();
    assert_eq!(asked, "<isOptedOut>true</isOptedOut>");
    assert_eq!(
        world.call("ListPhoneNumbersOptedOut", &[]).await.unwrap(),
        format!("<phoneNumbers><member>{NUMBER}</member></phoneNumbers>")
    );
    assert_eq!(world.call("OptInPhoneNumber", &number).await.unwrap(), "");
    let asked = world.call("CheckIfPhoneNumberIsOptedOut", &number).await.unwrap();
    assert_eq!(asked, "<isOptedOut>false</isOptedOut>");
    let error = world.call("OptInPhoneNumber", &[("phoneNumber", "none")]).await.unwrap_err();
    assert_eq!(error.code, "InvalidParameter");
}

#[tokio::test]
async fn a_number_of_the_sandbox_is_verified_by_the_password_in_the_mailbox() {
    let world = World::new();
    assert_eq!(
        world.call("GetSMSSandboxAccountStatus", &[]).await.unwrap(),
        "<IsInSandbox>true</IsInSandbox>"
    );
    let number = ("PhoneNumber", NUMBER);
    assert_eq!(world.call("CreateSMSSandboxPhoneNumber", &[number]).await.unwrap(), "");
    let listed = |status: &str| {
        format!(
            "<PhoneNumbers><member><PhoneNumber>{NUMBER}</PhoneNumber><Status>{status}</Status>\
             </member></PhoneNumbers>"
        )
    };
    let shown = world.call("ListSMSSandboxPhoneNumbers", &[]).await.unwrap();
    assert_eq!(shown, listed("Pending"));
    let letter = world.topics.mailbox().list(Some(NUMBER), 0, 10).items.remove(0);
    let mut words = letter.body.split(|c: char| !c.is_ascii_digit());
    let password = words.find(|word| word.len() >= 5).expect("a password");
    let wrong = if password == "00000" { "11111" } else { "00000" };
    let verify = [number, ("OneTimePassword", wrong)];
    let error = world.call("VerifySMSSandboxPhoneNumber", &verify).await.unwrap_err();
    assert_eq!(error.code, "VerificationException");
    let verify = [number, ("OneTimePassword", password)];
    assert_eq!(world.call("VerifySMSSandboxPhoneNumber", &verify).await.unwrap(), "");
    let shown = world.call("ListSMSSandboxPhoneNumbers", &[]).await.unwrap();
    assert_eq!(shown, listed("Verified"));
    let publish = [number, ("Message", "hello")];
    world.call("Publish", &publish).await.unwrap();
    let letters = world.topics.mailbox().list(Some(NUMBER), 0, 10).items;
    assert_eq!(letters.last().unwrap().body, "hello");
    assert_eq!(world.call("DeleteSMSSandboxPhoneNumber", &[number]).await.unwrap(), "");
    let error = world.call("DeleteSMSSandboxPhoneNumber", &[number]).await.unwrap_err();
    assert_eq!((error.code, error.status.as_u16()), ("ResourceNotFound", 404));
}

#[tokio::test]
async fn origination_numbers_are_listed() {
    let world = World::new();
    let listed = world.call("ListOriginationNumbers", &[("MaxResults", "30")]).await.unwrap();
    assert!(listed.starts_with("<PhoneNumbers>"), "{listed}");
    for wrong in ["0", "31", "x"] {
        let error =
            world.call("ListOriginationNumbers", &[("MaxResults", wrong)]).await.unwrap_err();
        assert_eq!(error.code, "ValidationError");
    }
}
