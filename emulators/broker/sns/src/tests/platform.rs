//! Platform applications and the endpoints of devices.

use crate::testing::{Pairs, World, element, entry};

const APPLICATION: &str = "arn:aws:sns:eu-west-3:123456789012:app/GCM/shop";

async fn application(world: &World) {
    let pairs = [
        ("Name", "shop"),
        ("Platform", "GCM"),
        ("Attributes.entry.1.key", "PlatformCredential"),
        ("Attributes.entry.1.value", "secret"),
    ];
    let made = world.call("CreatePlatformApplication", &pairs).await.unwrap();
    assert_eq!(element(&made, "PlatformApplicationArn"), APPLICATION);
}

#[tokio::test]
async fn applications_come_and_go() {
    let world = World::new();
    let none = world.call("ListPlatformApplications", &[]).await.unwrap();
    assert_eq!(none, "<PlatformApplications></PlatformApplications>");
    application(&world).await;
    let own = [("PlatformApplicationArn", APPLICATION)];
    let set = [
        own[0],
        ("Attributes.entry.1.key", "EventDeliveryFailure"),
        ("Attributes.entry.1.value", "arn:aws:sns:eu-west-3:123456789012:t"),
    ];
    assert_eq!(world.call("SetPlatformApplicationAttributes", &set).await.unwrap(), "");
    let shown = world.call("GetPlatformApplicationAttributes", &own).await.unwrap();
    assert_eq!(entry(&shown, "EventDeliveryFailure").as_deref(), Some(set[2].1));
    assert_eq!(entry(&shown, "PlatformCredential"), None);
    let listed = world.call("ListPlatformApplications", &[]).await.unwrap();
    let start = format!(
        "<PlatformApplications><member><PlatformApplicationArn>{APPLICATION}\
         </PlatformApplicationArn><Attributes>"
    );
    assert!(listed.starts_with(&start), "{listed}");
    for _ in 0..2 {
        assert_eq!(world.call("DeletePlatformApplication", &own).await.unwrap(), "");
    }
    let error = world.call("GetPlatformApplicationAttributes", &own).await.unwrap_err();
    assert_eq!(error.code, "NotFound");
    assert_eq!(error.message, "PlatformApplication does not exist");
}

#[tokio::test]
async fn endpoints_come_and_go() {
    let world = World::new();
    application(&world).await;
    let create =
        [("PlatformApplicationArn", APPLICATION), ("Token", "token"), ("CustomUserData", "a<b")];
    let made = world.call("CreatePlatformEndpoint", &create).await.unwrap();
    let endpoint = element(&made, "EndpointArn");
    let start = "arn:aws:sns:eu-west-3:123456789012:endpoint/GCM/shop/";
    assert!(endpoint.starts_with(start), "{endpoint}");
    assert_eq!(world.call("CreatePlatformEndpoint", &create).await.unwrap(), made);
    let own = [("EndpointArn", endpoint.as_str())];
    let shown = world.call("GetEndpointAttributes", &own).await.unwrap();
    assert_eq!(entry(&shown, "Token").as_deref(), Some("token"));
    assert_eq!(entry(&shown, "Enabled").as_deref(), Some("true"));
    assert_eq!(entry(&shown, "CustomUserData").as_deref(), Some("a<b"));
    let publish = [("TargetArn", endpoint.as_str()), ("Message", "m")];
    world.call("Publish", &publish).await.unwrap();
    let set =
        [own[0], ("Attributes.entry.1.key", "Enabled"), ("Attributes.entry.1.value", "false")];
    assert_eq!(world.call("SetEndpointAttributes", &set).await.unwrap(), "");
    let error = world.call("Publish", &publish).await.unwrap_err();
    assert_eq!((error.code, error.message.as_str()), ("EndpointDisabled", "Endpoint is disabled"));
    let listed = world.call("ListEndpointsByPlatformApplication", &create[..1]).await.unwrap();
    let start = format!("<Endpoints><member><EndpointArn>{endpoint}</EndpointArn><Attributes>");
    assert!(listed.starts_with(&start), "{listed}");
    for _ in 0..2 {
        assert_eq!(world.call("DeleteEndpoint", &own).await.unwrap(), "");
    }
    let error = world.call("GetEndpointAttributes", &own).await.unwrap_err();
    assert_eq!((error.code, error.message.as_str()), ("NotFound", "Endpoint does not exist"));
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::new();
    application(&world).await;
    let stranger = "arn:aws:sns:eu-west-3:210987654321:app/GCM/shop";
    let cases: [(&str, Pairs<'_>, &str); 10] = [
        ("CreatePlatformApplication", &[], "ValidationError"),
        ("CreatePlatformApplication", &[("Name", "a")], "ValidationError"),
        ("CreatePlatformApplication", &[("Name", "a/b"), ("Platform", "GCM")], "InvalidParameter"),
        ("CreatePlatformApplication", &[("Name", "a"), ("Platform", "Fax")], "InvalidParameter"),
        ("CreatePlatformApplication", &[("Name", "a"), ("Platform", "GCM")], "InvalidParameter"),
        ("GetPlatformApplicationAttributes", &[], "InvalidParameter"),
        (
            "GetPlatformApplicationAttributes",
            &[("PlatformApplicationArn", "arn:aws:sns:eu-west-3:123456789012:t")],
            "InvalidParameter",
        ),
        (
            "GetPlatformApplicationAttributes",
            &[("PlatformApplicationArn", stranger)],
            "AuthorizationError",
        ),
        ("CreatePlatformEndpoint", &[("PlatformApplicationArn", APPLICATION)], "ValidationError"),
        (
            "CreatePlatformEndpoint",
            &[("PlatformApplicationArn", APPLICATION), ("Token", "")],
            "InvalidParameter",
        ),
    ];
    for (action, pairs, code) in cases {
        let error = world.call(action, pairs).await.unwrap_err();
        assert_eq!(error.code, code, "{action} {pairs:?}");
    }
}
