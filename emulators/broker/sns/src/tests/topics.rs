//! Topics, tags, permissions and data protection policies.

use crate::testing::{Pairs, World, entry};

const ARN: &str = "arn:aws:sns:eu-west-3:123456789012:orders";

#[tokio::test]
async fn a_topic_is_made_shown_and_deleted() {
    let world = World::new();
    let made = world.call("CreateTopic", &[("Name", "orders")]).await.unwrap();
    assert_eq!(made, format!("<TopicArn>{ARN}</TopicArn>"));
    let shown = world.call("GetTopicAttributes", &[("TopicArn", ARN)]).await.unwrap();
    assert!(shown.starts_with("<Attributes><entry><key>"), "{shown}");
    assert_eq!(entry(&shown, "Owner").unwrap(), "123456789012");
    assert_eq!(entry(&shown, "DisplayName").unwrap(), "");
    assert_eq!(entry(&shown, "TopicArn").unwrap(), ARN);
    for count in ["SubscriptionsConfirmed", "SubscriptionsPending", "SubscriptionsDeleted"] {
        assert_eq!(entry(&shown, count).unwrap(), "0");
    }
    let policy: serde_json::Value =
        serde_json::from_str(&entry(&shown, "Policy").unwrap()).unwrap();
    assert_eq!(policy["Statement"][0]["Resource"], ARN);
    assert_eq!(
        entry(&shown, "EffectiveDeliveryPolicy").unwrap(),
        concat!(
            r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"#,
            r#""numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"#,
            r#""numMinDelayRetries":0,"backoffFunction":"linear"},"#,
            r#""disableSubscriptionOverrides":false,"#,
            r#""defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#
        )
    );
    for _ in 0..2 {
        assert_eq!(world.call("DeleteTopic", &[("TopicArn", ARN)]).await.unwrap(), "");
    }
    let error = world.call("GetTopicAttributes", &[("TopicArn", ARN)]).await.unwrap_err();
    assert_eq!((error.code, error.status.as_u16()), ("NotFound", 404));
    assert_eq!(error.message, "Topic does not exist");
}

#[tokio::test]
async fn what_is_set_is_read_back() {
    let world = World::new();
    world.topic("orders").await;
    let role = "arn:aws:iam::123456789012:role/r";
    for (name, value, wanted) in [
        ("DisplayName", "A & <B> \"c\"", Some("A & <B> \"c\"")),
        ("SignatureVersion", "2", Some("2")),
        ("TracingConfig", "Active", Some("Active")),
        ("KmsMasterKeyId", "alias/aws/sns", Some("alias/aws/sns")),
        ("LambdaSuccessFeedbackRoleArn", role, Some(role)),
        ("LambdaSuccessFeedbackSampleRate", "100", Some("100")),
        ("MaximumMessageSize", "2048", Some("2048")),
        (
            "DeliveryPolicy",
            concat!(
                r#"{"http":{"defaultHealthyRetryPolicy":{"#,
                r#""minDelayTarget":5,"maxDelayTarget":6,"numRetries":1}}}"#
            ),
            Some(concat!(
                r#"{"http":{"defaultHealthyRetryPolicy":{"#,
                r#""minDelayTarget":5,"maxDelayTarget":6,"numRetries":1},"#,
                r#""disableSubscriptionOverrides":false}}"#
            )),
        ),
        ("DeliveryPolicy", "", None),
    ] {
        let pairs = [("TopicArn", ARN), ("AttributeName", name), ("AttributeValue", value)];
        assert_eq!(world.call("SetTopicAttributes", &pairs).await.unwrap(), "", "{name}");
        let shown = world.call("GetTopicAttributes", &[("TopicArn", ARN)]).await.unwrap();
        assert_eq!(entry(&shown, name).as_deref(), wanted, "{name}");
    }
}

#[tokio::test]
async fn making_a_topic_twice_is_making_it_once() {
    let world = World::new();
    let first = [
        ("Name", "orders"),
        ("Attributes.entry.1.key", "DisplayName"),
        ("Attributes.entry.1.value", "Orders"),
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
    ];
    let made = world.call("CreateTopic", &first).await.unwrap();
    for again in [&first[..], &first[..1], &first[..3]] {
        assert_eq!(world.call("CreateTopic", again).await.unwrap(), made);
    }
    let mut other = first;
    other[2].1 = "Others";
    let error = world.call("CreateTopic", &other).await.unwrap_err();
    assert_eq!(
        error.message,
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    );
    let mut other = first;
    other[4].1 = "2";
    let error = world.call("CreateTopic", &other).await.unwrap_err();
    assert_eq!(
        error.message,
        "Invalid parameter: Tags Reason: Topic already exists with different tags"
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::new();
    world.topic("orders").await;
    let cases: [(&str, Pairs<'_>, &str, &str); 14] = [
        (
            "CreateTopic",
            &[],
            "ValidationError",
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: \
             Member must not be null",
        ),
        ("CreateTopic", &[("Name", "a b")], "InvalidParameter", "Invalid parameter: Topic Name"),
        ("CreateTopic", &[("Name", "a.fifo")], "InvalidParameter", "Invalid parameter: Topic Name"),
        (
            "CreateTopic",
            &[
                ("Name", "a"),
                ("Attributes.entry.1.key", "Nonsense"),
                ("Attributes.entry.1.value", "1"),
            ],
            "InvalidParameter",
            "Invalid parameter: Attributes Reason: Unknown attribute Nonsense",
        ),
        (
            "GetTopicAttributes",
            &[],
            "InvalidParameter",
            "Invalid parameter: TopicArn Reason: no value for required parameter",
        ),
        (
            "GetTopicAttributes",
            &[("TopicArn", "x")],
            "InvalidParameter",
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (
            "GetTopicAttributes",
            &[("TopicArn", "arn:aws:sns:us-east-1:123456789012:orders")],
            "InvalidParameter",
            "Invalid parameter: TopicArn",
        ),
        (
            "GetTopicAttributes",
            &[("TopicArn", "arn:aws:sns:eu-west-3:123456789012:other")],
            "NotFound",
            "Topic does not exist",
        ),
        (
            "SetTopicAttributes",
            &[("TopicArn", ARN)],
            "ValidationError",
            "1 validation error detected: Value null at 'attributeName' failed to satisfy \
             constraint: Member must not be null",
        ),
        (
            "SetTopicAttributes",
            &[("TopicArn", ARN), ("AttributeName", "FifoTopic"), ("AttributeValue", "false")],
            "InvalidParameter",
            "Invalid parameter: AttributeName",
        ),
        (
            "SetTopicAttributes",
            &[("TopicArn", ARN), ("AttributeName", "Policy"), ("AttributeValue", "{}")],
            "InvalidParameter",
            "Invalid parameter: Policy Error: null",
        ),
        ("ListTopics", &[("NextToken", "!")], "InvalidParameter", "Invalid parameter: NextToken"),
        (
            "PutDataProtectionPolicy",
            &[("ResourceArn", ARN)],
            "ValidationError",
            "1 validation error detected: Value null at 'dataProtectionPolicy' failed to satisfy \
             constraint: Member must not be null",
        ),
        (
            "ListTagsForResource",
            &[("ResourceArn", "arn:aws:sns:eu-west-3:123456789012:other")],
            "ResourceNotFound",
            "Resource does not exist",
        ),
    ];
    for (action, pairs, code, message) in cases {
        let error = world.call(action, pairs).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, message), "{action} {pairs:?}");
    }
}

#[tokio::test]
async fn topics_are_listed_by_pages() {
    let world = World::new();
    assert_eq!(world.call("ListTopics", &[]).await.unwrap(), "<Topics></Topics>");
    for number in 0..101 {
        world.topic(&format!("t{number}")).await;
    }
    let first = world.call("ListTopics", &[]).await.unwrap();
    assert_eq!(first.matches("<member><TopicArn>").count(), 100);
    let token = crate::testing::element(&first, "NextToken");
    let second = world.call("ListTopics", &[("NextToken", &token)]).await.unwrap();
    assert_eq!(second.matches("<member><TopicArn>").count(), 1);
    assert!(!second.contains("NextToken"));
}

#[tokio::test]
async fn tags_come_and_go() {
    let world = World::new();
    world.topic("orders").await;
    let put = [
        ("ResourceArn", ARN),
        ("Tags.member.1.Key", "k1"),
        ("Tags.member.1.Value", "<v>"),
        ("Tags.member.2.Key", "k2"),
        ("Tags.member.2.Value", ""),
    ];
    assert_eq!(world.call("TagResource", &put).await.unwrap_err().code, "InvalidParameter");
    let mut put = put;
    put[2].1 = "v";
    assert_eq!(world.call("TagResource", &put).await.unwrap(), "");
    let listed = world.call("ListTagsForResource", &[("ResourceArn", ARN)]).await.unwrap();
    assert_eq!(
        listed,
        "<Tags><member><Key>k1</Key><Value>v</Value></member>\
         <member><Key>k2</Key><Value></Value></member></Tags>"
    );
    let keys = [("ResourceArn", ARN), ("TagKeys.member.1", "k1"), ("TagKeys.member.2", "k2")];
    assert_eq!(world.call("UntagResource", &keys).await.unwrap(), "");
    let listed = world.call("ListTagsForResource", &[("ResourceArn", ARN)]).await.unwrap();
    assert_eq!(listed, "<Tags></Tags>");
}

#[tokio::test]
async fn permissions_become_statements() {
    let world = World::new();
    world.topic("orders").await;
    let add = [
        ("TopicArn", ARN),
        ("Label", "share"),
        ("AWSAccountId.member.1", "210987654321"),
        ("ActionName.member.1", "Publish"),
        ("ActionName.member.2", "Subscribe"),
    ];
    assert_eq!(world.call("AddPermission", &add).await.unwrap(), "");
    let error = world.call("AddPermission", &add).await.unwrap_err();
    assert_eq!(error.message, "Invalid parameter: Statement already exists");
    let shown = world.call("GetTopicAttributes", &[("TopicArn", ARN)]).await.unwrap();
    let policy: serde_json::Value =
        serde_json::from_str(&entry(&shown, "Policy").unwrap()).unwrap();
    assert_eq!(
        policy["Statement"][1],
        serde_json::json!({
            "Sid": "share",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::210987654321:root" },
            "Action": ["SNS:Publish", "SNS:Subscribe"],
            "Resource": ARN,
        })
    );
    for (place, value, message) in [
        (1, "a b", "Invalid parameter: Label"),
        (2, "12", "Invalid parameter: AWSAccountId"),
        (3, "Nonsense", "Invalid parameter: Policy statement action out of service scope!"),
    ] {
        let mut wrong = add;
        wrong[1].1 = "other";
        wrong[place].1 = value;
        assert_eq!(world.call("AddPermission", &wrong).await.unwrap_err().message, message);
    }
    let remove = [("TopicArn", ARN), ("Label", "share")];
    assert_eq!(world.call("RemovePermission", &remove).await.unwrap(), "");
}

#[tokio::test]
async fn a_data_protection_policy_is_kept_as_it_came() {
    let world = World::new();
    world.topic("orders").await;
    let shown = world.call("GetDataProtectionPolicy", &[("ResourceArn", ARN)]).await.unwrap();
    assert_eq!(shown, "<DataProtectionPolicy></DataProtectionPolicy>");
    let policy = concat!(
        r#"{"Name":"n","Version":"2021-06-01","Statement":[{"Sid":"s","#,
        r#""DataDirection":"Inbound","Principal":["*"],"DataIdentifier":["#,
        r#""arn:aws:dataprotection::aws:data-identifier/EmailAddress"],"#,
        r#""Operation":{"Deny":{}}}]}"#
    );
    let put = [("ResourceArn", ARN), ("DataProtectionPolicy", policy)];
    assert_eq!(world.call("PutDataProtectionPolicy", &put).await.unwrap(), "");
    let shown = world.call("GetDataProtectionPolicy", &[("ResourceArn", ARN)]).await.unwrap();
    assert_eq!(
        shown.replace("&quot;", "\""),
        format!("<DataProtectionPolicy>{policy}</DataProtectionPolicy>")
    );
    for wrong in ["{", "[]", "{}"] {
        let put = [("ResourceArn", ARN), ("DataProtectionPolicy", wrong)];
        let error = world.call("PutDataProtectionPolicy", &put).await.unwrap_err();
        assert_eq!(error.code, "InvalidParameter", "{wrong}");
    }
}
