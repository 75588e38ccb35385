"""SNS as boto3 sees it: every operation against the endpoint in AWS_ENDPOINT_URL, and SQS.

Usage: sns.py [NAME_PART ...]

Each function that begins with `test_` is one test with resources of its own. Signatures are
verified by openssl with the certificate that the endpoint serves. Ends with `ok`, or with exit
code 1 when one fails.
"""

import json
import os
import sys
import time
import traceback
import urllib.error
import urllib.request

from botocore.exceptions import ClientError

from sns_support import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    WAIT_SECONDS,
    allow,
    get,
    Hook,
    name,
    nothing_in,
    queue,
    receive,
    refused,
    verify,
    World,
)

# Topics.


def test_topic_life(world):
    sns, topic = world.sns, name()
    arn = sns.create_topic(Name=topic)["TopicArn"]
    assert arn == f"arn:aws:sns:{REGION}:{ACCOUNT}:{topic}"
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert sorted(attributes) == [
        "DisplayName",
        "EffectiveDeliveryPolicy",
        "Owner",
        "Policy",
        "SubscriptionsConfirmed",
        "SubscriptionsDeleted",
        "SubscriptionsPending",
        "TopicArn",
    ], sorted(attributes)
    assert attributes["DisplayName"] == ""
    assert attributes["Owner"] == ACCOUNT
    assert json.loads(attributes["EffectiveDeliveryPolicy"]) == {
        "http": {
            "defaultHealthyRetryPolicy": {
                "minDelayTarget": 20,
                "maxDelayTarget": 20,
                "numRetries": 3,
                "numMaxDelayRetries": 0,
                "numNoDelayRetries": 0,
                "numMinDelayRetries": 0,
                "backoffFunction": "linear",
            },
            "disableSubscriptionOverrides": False,
            "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
        }
    }
    policy = json.loads(attributes["Policy"])
    assert policy["Id"] == "__default_policy_ID"
    assert policy["Version"] == "2008-10-17"
    statement = policy["Statement"][0]
    assert statement["Principal"] == {"AWS": "*"}
    assert statement["Resource"] == arn
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    assert len(statement["Action"]) == 8
    sns.delete_topic(TopicArn=arn)
    sns.delete_topic(TopicArn=arn)
    with refused("NotFound", "Topic does not exist", 404):
        sns.get_topic_attributes(TopicArn=arn)


def test_create_topic_is_idempotent(world):
    sns, topic = world.sns, name()
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    attributes = {"DisplayName": "Given"}
    arn = sns.create_topic(Name=topic, Attributes=attributes, Tags=tags)["TopicArn"]
    for again in [{}, {"Tags": tags}, {"Tags": tags[:1]}, {"Tags": []}, {"Attributes": attributes}]:
        assert sns.create_topic(Name=topic, **again)["TopicArn"] == arn
    with refused(
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    ):
        sns.create_topic(Name=topic, Attributes={"DisplayName": "Another"})
    with refused(
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    ):
        sns.create_topic(Name=topic, Tags=[*tags, {"Key": "c", "Value": "3"}])


def test_topic_names(world):
    sns = world.sns
    for good in ["a" * 256, name("A_b-9")]:
        sns.delete_topic(TopicArn=sns.create_topic(Name=good)["TopicArn"])
    for wrong in ["", "a" * 257, "a b", "a:b", "a%", "a.fifo"]:
        with refused("InvalidParameter", "Invalid parameter: Topic Name"):
            sns.create_topic(Name=wrong)
    with refused("InvalidParameter", "Invalid parameter: Topic Name"):
        sns.create_topic(Name="a", Attributes={"FifoTopic": "true"})


def test_topic_attributes_read_back(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]

    def set_and_get(key, value):
        sns.set_topic_attributes(TopicArn=arn, AttributeName=key, AttributeValue=value)
        return sns.get_topic_attributes(TopicArn=arn)["Attributes"].get(key)

    role = f"arn:aws:iam::{ACCOUNT}:role/feedback"
    for key, value in [
        ("DisplayName", "Größe & <Co>"),
        ("KmsMasterKeyId", "alias/aws/sns"),
        ("SignatureVersion", "2"),
        ("TracingConfig", "Active"),
        ("SQSSuccessFeedbackRoleArn", role),
        ("SQSSuccessFeedbackSampleRate", "50"),
        ("HTTPFailureFeedbackRoleArn", role),
    ]:
        assert set_and_get(key, value) == value, key
    given = {"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}
    read = json.loads(set_and_get("DeliveryPolicy", json.dumps(given)))
    given["http"]["disableSubscriptionOverrides"] = False
    assert read == given, read
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    effective = json.loads(attributes["EffectiveDeliveryPolicy"])["http"]
    assert effective["defaultRequestPolicy"] == {"headerContentType": "application/json"}
    assert effective["defaultHealthyRetryPolicy"]["numRetries"] == 3
    assert set_and_get("DeliveryPolicy", "") is None
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "s",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"},
                "Action": "SNS:Publish",
                "Resource": arn,
            }
        ],
    }
    assert json.loads(set_and_get("Policy", json.dumps(policy))) == policy
    for key, value, message in [
        ("FifoTopic", "false", "Invalid parameter: AttributeName"),
        ("Nonsense", "1", "Invalid parameter: AttributeName"),
        ("Policy", "{", None),
        ("DeliveryPolicy", "{}x", None),
    ]:
        with refused("InvalidParameter", message, 400):
            set_and_get(key, value)


def test_topic_paging(world):
    sns = world.client("sns", account="220022002200")
    wanted = {sns.create_topic(Name=name("page"))["TopicArn"] for _ in range(205)}
    first = sns.list_topics()
    assert len(first["Topics"]) == 100
    assert first["NextToken"]
    pages = list(sns.get_paginator("list_topics").paginate())
    assert [len(page["Topics"]) for page in pages] == [100, 100, 5]
    found = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    assert set(found) == wanted and len(found) == len(wanted)
    with refused("InvalidParameter"):
        sns.list_topics(NextToken="nonsense")
    for arn in wanted:
        sns.delete_topic(TopicArn=arn)
    assert sns.list_topics()["Topics"] == []


def test_regions_are_apart(world):
    topic = name()
    arn = world.sns.create_topic(Name=topic)["TopicArn"]
    west = world.client("sns", region="us-west-2")
    assert arn not in [found["TopicArn"] for found in west.list_topics()["Topics"]]
    for call in [west.get_topic_attributes, west.delete_topic, west.list_subscriptions_by_topic]:
        with refused("InvalidParameter", "Invalid parameter: TopicArn"):
            call(TopicArn=arn)
    with refused("InvalidParameter", "Invalid parameter: TopicArn"):
        west.publish(TopicArn=arn, Message="m")
    other = west.create_topic(Name=topic)["TopicArn"]
    assert other != arn and ":us-west-2:" in other


def test_tags(world):
    sns = world.sns
    arn = sns.create_topic(Name=name(), Tags=[{"Key": "k1", "Value": "v1"}])["TopicArn"]
    sns.tag_resource(
        ResourceArn=arn, Tags=[{"Key": "k2", "Value": "v2"}, {"Key": "k3", "Value": ""}]
    )
    sns.untag_resource(ResourceArn=arn, TagKeys=["k1", "unknown"])
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "k2", "Value": "v2b"}])
    tags = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert sorted((tag["Key"], tag["Value"]) for tag in tags) == [("k2", "v2b"), ("k3", "")]
    twice = [{"Key": "k", "Value": "1"}] * 2
    with refused("InvalidParameter", "Invalid parameter: Duplicated keys are not allowed."):
        sns.tag_resource(ResourceArn=arn, Tags=twice)
    many = [{"Key": f"n{number}", "Value": ""} for number in range(49)]
    with refused("TagLimitExceeded"):
        sns.tag_resource(ResourceArn=arn, Tags=many)
    with refused("ResourceNotFound", "Resource does not exist", 404):
        sns.list_tags_for_resource(ResourceArn=arn + "x")


def test_permissions(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    sns.add_permission(
        TopicArn=arn, Label="share", AWSAccountId=[OTHER_ACCOUNT], ActionName=["Publish"]
    )
    with refused("InvalidParameter", "Invalid parameter: Statement already exists"):
        sns.add_permission(
            TopicArn=arn, Label="share", AWSAccountId=[OTHER_ACCOUNT], ActionName=["Publish"]
        )
    with refused(
        "InvalidParameter", "Invalid parameter: Policy statement action out of service scope!"
    ):
        sns.add_permission(
            TopicArn=arn, Label="other", AWSAccountId=[OTHER_ACCOUNT], ActionName=["NotAnAction"]
        )
    policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]][1:] == ["share"]
    assert policy["Statement"][1]["Principal"] == {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
    assert policy["Statement"][1]["Action"] == "SNS:Publish"
    other = world.client("sns", account=OTHER_ACCOUNT)
    other.publish(TopicArn=arn, Message="from next door")
    with refused("AuthorizationError", None, 403):
        other.get_topic_attributes(TopicArn=arn)
    sns.remove_permission(TopicArn=arn, Label="share")
    with refused(
        "AuthorizationError",
        f"User: arn:aws:iam::{OTHER_ACCOUNT}:root is not authorized to perform: SNS:Publish on "
        f"resource: {arn} because no resource-based policy allows the SNS:Publish action",
        403,
    ):
        other.publish(TopicArn=arn, Message="m")


def test_explicit_deny(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "SNS:Publish", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    with refused("AuthorizationError", None, 403):
        sns.publish(TopicArn=arn, Message="m")
    sns.get_topic_attributes(TopicArn=arn)


def test_data_protection_policy(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    assert not sns.get_data_protection_policy(ResourceArn=arn).get("DataProtectionPolicy")
    policy = json.dumps(
        {
            "Name": "p",
            "Version": "2021-06-01",
            "Statement": [
                {
                    "Sid": "s",
                    "DataDirection": "Inbound",
                    "Principal": ["*"],
                    "DataIdentifier": [
                        "arn:aws:dataprotection::aws:data-identifier/EmailAddress"
                    ],
                    "Operation": {"Deny": {}},
                }
            ],
        }
    )
    sns.put_data_protection_policy(ResourceArn=arn, DataProtectionPolicy=policy)
    read = sns.get_data_protection_policy(ResourceArn=arn)["DataProtectionPolicy"]
    assert json.loads(read) == json.loads(policy)
    sns.publish(TopicArn=arn, Message="nothing to see")
    with refused("AuthorizationError", None, 403):
        sns.publish(TopicArn=arn, Message="write to jane.doe@example.com")
    with refused("InvalidParameter"):
        sns.put_data_protection_policy(ResourceArn=arn, DataProtectionPolicy="{")
    sns.put_data_protection_policy(ResourceArn=arn, DataProtectionPolicy="")
    sns.publish(TopicArn=arn, Message="write to jane.doe@example.com")


# Subscriptions.


def test_every_protocol(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    app = sns.create_platform_application(
        Name=name("app"), Platform="GCM", Attributes={"PlatformCredential": "key"}
    )["PlatformApplicationArn"]
    device = sns.create_platform_endpoint(PlatformApplicationArn=app, Token="t")["EndpointArn"]
    _, queue_arn = queue(world)
    role = {"SubscriptionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}
    pending = 0
    for protocol, endpoint, attributes, waits in [
        ("http", "http://127.0.0.1:1/", {}, True),
        ("https", "https://127.0.0.1:1/", {}, True),
        ("email", "someone@example.com", {}, True),
        ("email-json", "someone@example.com", {}, True),
        ("sms", "+15551234567", {}, False),
        ("sqs", queue_arn, {"RawMessageDelivery": "true"}, False),
        ("application", device, {}, False),
        ("lambda", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", {}, False),
        ("firehose", f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/s", role, False),
    ]:
        given = {"TopicArn": arn, "Protocol": protocol, "Endpoint": endpoint}
        given["Attributes"] = attributes
        answer = sns.subscribe(**given)["SubscriptionArn"]
        pending += waits
        if waits:
            assert answer == "pending confirmation", protocol
            continue
        assert answer.startswith(arn + ":"), protocol
        read = sns.get_subscription_attributes(SubscriptionArn=answer)["Attributes"]
        raw = attributes.get("RawMessageDelivery", "false")
        assert read["RawMessageDelivery"] == raw
        assert read["PendingConfirmation"] == "false"
        assert read["ConfirmationWasAuthenticated"] == "true"
        assert read["Owner"] == ACCOUNT
        assert read["Protocol"] == protocol
        assert read["Endpoint"] == endpoint
        assert read["TopicArn"] == arn
        assert read["SubscriptionArn"] == answer
        assert read["SubscriptionPrincipal"]
        assert sns.subscribe(**given)["SubscriptionArn"] == answer, "once more is the same"
    counts = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert counts["SubscriptionsPending"] == str(pending), counts
    assert counts["SubscriptionsConfirmed"] == str(9 - pending), counts
    listed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert len(listed) == 9
    arns = [one["SubscriptionArn"] for one in listed]
    assert arns.count("PendingConfirmation") == pending
    assert set(listed[0]) == {"SubscriptionArn", "Owner", "Protocol", "Endpoint", "TopicArn"}


def test_wrong_endpoints(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    match = "Invalid parameter: Endpoint must match the specified protocol"
    for protocol, endpoint, message in [
        (
            "carrier-pigeon",
            "x",
            "Invalid parameter: Amazon SNS does not support this protocol string: carrier-pigeon",
        ),
        ("http", "https://example.com", match),
        ("https", "http://example.com", match),
        ("email", "nobody", "Invalid parameter: Email address"),
        ("sms", "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"),
        ("sqs", "http://localhost/q", "Invalid parameter: SQS endpoint ARN"),
        (
            "sqs",
            f"arn:aws:sqs:{REGION}:{ACCOUNT}:q.fifo",
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be "
            "subscribed to standard SNS topics",
        ),
    ]:
        with refused("InvalidParameter", message, 400):
            sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    for topic_arn, code, message in [
        (
            "random",
            "InvalidParameter",
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (
            f"arn:aws:sns:{REGION}:random",
            "InvalidParameter",
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 5",
        ),
        (arn + "x", "NotFound", "Topic does not exist"),
    ]:
        with refused(code, message):
            sns.subscribe(TopicArn=topic_arn, Protocol="sms", Endpoint="+15551234567")


def test_subscribe_is_idempotent(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    _, queue_arn = queue(world)
    given = {"TopicArn": arn, "Protocol": "sqs", "Endpoint": queue_arn}
    raw = {"RawMessageDelivery": "true"}
    first = sns.subscribe(**given, Attributes=raw)["SubscriptionArn"]
    for again in [{"Attributes": raw}, {}, {"Attributes": {}}]:
        assert sns.subscribe(**given, **again)["SubscriptionArn"] == first
    with refused(
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different "
        "attributes",
    ):
        sns.subscribe(**given, Attributes={"RawMessageDelivery": "false"})
    sns.unsubscribe(SubscriptionArn=first)
    sns.unsubscribe(SubscriptionArn=first)
    with refused("NotFound", "Subscription does not exist", 404):
        sns.get_subscription_attributes(SubscriptionArn=first)
    counts = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert counts["SubscriptionsConfirmed"] == "0"


def test_subscription_attributes(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    _, queue_arn = queue(world)
    _, dead_arn = queue(world)
    subscription = sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)[
        "SubscriptionArn"
    ]

    def put(key, value):
        sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName=key, AttributeValue=value
        )
        return read().get(key)

    def read():
        return sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]

    assert sorted(read()) == [
        "ConfirmationWasAuthenticated",
        "Endpoint",
        "Owner",
        "PendingConfirmation",
        "Protocol",
        "RawMessageDelivery",
        "SubscriptionArn",
        "SubscriptionPrincipal",
        "TopicArn",
    ], sorted(read())
    assert put("FilterPolicyScope", "MessageBody") is None, "without a policy it is not shown"
    policy = json.dumps({"object": {"key": [{"prefix": "auto-"}]}})
    assert json.loads(put("FilterPolicy", policy)) == json.loads(policy)
    assert read()["FilterPolicyScope"] == "MessageBody"
    assert put("FilterPolicy", "") is None or put("FilterPolicy", "{}") in (None, "{}")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn})
    assert json.loads(put("RedrivePolicy", redrive)) == json.loads(redrive)
    assert put("RawMessageDelivery", "true") == "true"
    nested = "Filter policy scope MessageAttributes does not support nested filter policy"
    put("FilterPolicyScope", "MessageAttributes")
    for key, value, message in [
        ("Fake", "x", "AttributeName"),
        (
            "RawMessageDelivery",
            "test-ValUe",
            "RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false.",
        ),
        (
            "RedrivePolicy",
            json.dumps({"deadLetterTargetArn": "fake"}),
            "RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        (
            "FilterPolicyScope",
            "RandomValue",
            "FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or "
            "MessageAttributes",
        ),
        ("FilterPolicy", policy, nested),
        (
            "FilterPolicy",
            json.dumps({f"key{number}": ["v"] for number in range(6)}),
            "FilterPolicy: Filter policy can not have more than 5 keys",
        ),
    ]:
        with refused("InvalidParameter", f"Invalid parameter: {message}", 400):
            put(key, value)
    try:
        put("FilterPolicy", '{"key_a":"value_one"}')
        raise AssertionError("a policy with a bare value was taken")
    except ClientError as error:
        # AWS has changed how it quotes the source: only the first line is compared.
        first = error.response["Error"]["Message"].splitlines()[0]
        assert first == (
            'Invalid parameter: FilterPolicy: "key_a" must be an object or an array'
        ), first


def test_subscription_paging(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    for number in range(120):
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=f"user{number}@example.com")
    first = sns.list_subscriptions_by_topic(TopicArn=arn)
    assert len(first["Subscriptions"]) == 100
    second = sns.list_subscriptions_by_topic(TopicArn=arn, NextToken=first["NextToken"])
    assert len(second["Subscriptions"]) == 20
    assert "NextToken" not in second
    both = first["Subscriptions"] + second["Subscriptions"]
    assert len({one["Endpoint"] for one in both}) == 120
    pages = sns.get_paginator("list_subscriptions").paginate()
    mine = [one for page in pages for one in page["Subscriptions"] if one["TopicArn"] == arn]
    assert len(mine) == 120
    sns.delete_topic(TopicArn=arn)


def test_wrong_subscription_arns(world):
    sns = world.sns
    start = "Invalid parameter: SubscriptionArn Reason: "
    for arn, message in [
        ("randomstring", start + "An ARN must have at least 6 elements, not 1"),
        (f"arn:aws:sns:{REGION}:random", start + "An ARN must have at least 6 elements, not 5"),
        (f"arn:aws:sns:{REGION}:{ACCOUNT}:random", "Invalid parameter: SubscriptionId"),
        ("", start + "no value for required parameter"),
    ]:
        with refused("InvalidParameter", message, 400):
            sns.unsubscribe(SubscriptionArn=arn)


def test_http_confirmation(world):
    for version in ["1", "2"]:
        confirm_and_receive(world, version)


def confirm_and_receive(world, version):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=arn, AttributeName="SignatureVersion", AttributeValue=version
    )
    with Hook() as hook:
        subscription = sns.subscribe(
            TopicArn=arn, Protocol="http", Endpoint=hook.url, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        assert subscription.startswith(arn + ":")
        headers, body = hook.wait("SubscriptionConfirmation")
        assert headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert headers["User-Agent"] == "Amazon Simple Notification Service Agent"
        assert headers["x-amz-sns-topic-arn"] == arn
        envelope = json.loads(body)
        assert envelope["SignatureVersion"] == version
        verify(envelope)
        sns.publish(TopicArn=arn, Message="too early")
        url = envelope["SubscribeURL"]
        refused_by_get(url.replace(envelope["Token"], "0" * len(envelope["Token"])))
        refused_by_get(url.replace(envelope["Token"], "short"))
        answer = get(url)
        assert f"<SubscriptionArn>{subscription}</SubscriptionArn>" in answer, answer
        assert get(url), "confirming twice does no harm"
        read = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        assert read["PendingConfirmation"] == "false"
        assert read["ConfirmationWasAuthenticated"] == "false"
        sns.publish(TopicArn=arn, Subject="s", Message="hello & <welcome>")
        headers, body = hook.wait("Notification")
        assert headers["x-amz-sns-subscription-arn"] == subscription
        envelope = json.loads(body)
        assert envelope["Message"] == "hello & <welcome>"
        assert envelope["Subject"] == "s"
        verify(envelope)
        answer = get(envelope["UnsubscribeURL"])
        assert "UnsubscribeResponse" in answer, answer
        with refused("NotFound"):
            sns.get_subscription_attributes(SubscriptionArn=subscription)


def refused_by_get(url):
    try:
        get(url)
    except urllib.error.HTTPError as error:
        assert error.code == 400, error.code
        assert "<Code>InvalidParameter</Code>" in error.read().decode()
        return
    raise AssertionError(f"GET {url} was answered")


def test_confirm_by_api_with_authenticated_unsubscribe(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    with Hook() as hook:
        sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=hook.url)
        _, body = hook.wait("SubscriptionConfirmation")
        token = json.loads(body)["Token"]
        with refused("InvalidParameter", "Invalid token"):
            sns.confirm_subscription(TopicArn=arn, Token="randomtoken")
        with refused("InvalidParameter", "Invalid parameter: Token"):
            sns.confirm_subscription(TopicArn=arn, Token="a" * len(token))
        confirmed = sns.confirm_subscription(
            TopicArn=arn, Token=token, AuthenticateOnUnsubscribe="true"
        )["SubscriptionArn"]
        sns.publish(TopicArn=arn, Message="m")
        _, body = hook.wait("Notification")
        try:
            get(json.loads(body)["UnsubscribeURL"])
            raise AssertionError("an unsigned request ended the subscription")
        except urllib.error.HTTPError as error:
            assert error.code in (400, 403), error.code
        sns.unsubscribe(SubscriptionArn=confirmed)


def test_raw_http(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    delivery = {"requestPolicy": {"headerContentType": "text/csv"}}
    with Hook() as hook:
        subscription = sns.subscribe(
            TopicArn=arn,
            Protocol="http",
            Endpoint=hook.url,
            Attributes={"RawMessageDelivery": "true", "DeliveryPolicy": json.dumps(delivery)},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        read = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        assert json.loads(read["DeliveryPolicy"]) == {
            "healthyRetryPolicy": None,
            "sicklyRetryPolicy": None,
            "throttlePolicy": None,
            "requestPolicy": {"headerContentType": "text/csv"},
            "guaranteed": False,
        }
        effective = json.loads(read["EffectiveDeliveryPolicy"])
        assert effective["requestPolicy"] == {"headerContentType": "text/csv"}
        assert effective["healthyRetryPolicy"]["numRetries"] == 3
        _, body = hook.wait("SubscriptionConfirmation")
        get(json.loads(body)["SubscribeURL"])
        sns.publish(TopicArn=arn, Message="a,b")
        headers, body = hook.wait("Notification")
        assert body == "a,b"
        assert headers["x-amz-sns-rawdelivery"] == "true"
        assert headers["Content-Type"] == "text/csv"


# Publishing.


def test_publish_to_queue(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    url, queue_arn = queue(world, arn)
    raw_url, raw_arn = queue(world, arn)
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=raw_arn, Attributes=raw)
    attributes = {
        "text": {"DataType": "String", "StringValue": "ü & <x>"},
        "list": {"DataType": "String.Array", "StringValue": '["a", 1]'},
        "number": {"DataType": "Number", "StringValue": "99.12"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x00"},
    }
    text = 'öäü "quoted"\n\t\r and a \U0001f600'
    sent = sns.publish(TopicArn=arn, Subject="s", Message=text, MessageAttributes=attributes)
    [message] = receive(world, url)
    envelope = json.loads(message["Body"])
    assert list(envelope)[:5] == ["Type", "MessageId", "TopicArn", "Subject", "Message"]
    assert envelope["MessageId"] == sent["MessageId"]
    assert envelope["Message"] == text
    assert envelope["MessageAttributes"]["bytes"] == {"Type": "Binary", "Value": "AgMA"}
    assert envelope["MessageAttributes"]["number"] == {"Type": "Number", "Value": "99.12"}
    assert "SubscriptionArn=" in envelope["UnsubscribeURL"]
    verify(envelope)
    [message] = receive(world, raw_url)
    assert message["Body"] == text
    assert message["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x02\x03\x00"
    assert message["MessageAttributes"]["text"]["StringValue"] == "ü & <x>"


def test_message_structure(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    url, queue_arn = queue(world, arn)
    sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"}
    )
    for given, wanted in [
        ({"default": "d", "sqs": "for queues"}, "for queues"),
        ({"default": "d", "sms": "s"}, "d"),
    ]:
        sns.publish(TopicArn=arn, Message=json.dumps(given), MessageStructure="json")
        [message] = receive(world, url)
        assert message["Body"] == wanted
    start = "Invalid parameter: Message Structure - "
    for text, message in [
        ('{"sqs": "x"}', "No default entry in JSON message body"),
        ('{"default": {"a": 1}}', "No default entry in JSON message body"),
        ("{", "JSON message body failed to parse"),
    ]:
        with refused("InvalidParameter", start + message):
            sns.publish(TopicArn=arn, Message=text, MessageStructure="json")


def test_publish_errors(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    good = {"TopicArn": arn, "Message": "m"}
    attribute = {"MessageAttributes": {"a^": {"DataType": "String", "StringValue": "x"}}}
    value = {"MessageAttributes": {"attr1": {"DataType": "String", "StringValue": ""}}}
    for change, code, message in [
        ({"Message": ""}, "InvalidParameter", "Invalid parameter: Empty message"),
        ({"Subject": ""}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Subject": "x" * 101}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Subject": "a\nb"}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Message": "x" * 262_145}, "InvalidParameter", "Invalid parameter: Message too long"),
        ({"TopicArn": arn + "x"}, "NotFound", "Topic does not exist"),
        (
            {"TopicArn": "x"},
            "InvalidParameter",
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (
            {"MessageDeduplicationId": "d"},
            "InvalidParameter",
            "Invalid parameter: MessageDeduplicationId Reason: The request includes "
            "MessageDeduplicationId parameter that is not valid for this topic type",
        ),
        (
            value,
            "ParameterValueInvalid",
            "The message attribute 'attr1' must contain non-empty message attribute value for "
            "message attribute type 'String'.",
        ),
        (
            attribute,
            "ParameterValueInvalid",
            "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. "
            "Can only include alphanumeric characters, hyphens, underscores, or dots.",
        ),
    ]:
        with refused(code, message):
            sns.publish(**{**good, **change})
    with refused(
        "InvalidParameter",
        "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
    ):
        sns.publish(Message="m")
    reason = "PhoneNumber Reason: +1a234 is not valid to publish to"
    with refused("InvalidParameter", f"Invalid parameter: {reason}"):
        sns.publish(PhoneNumber="+1a234", Message="m")
    sns.publish(TopicArn=arn, Message="x" * 262_144)
    sns.publish(TargetArn=arn, Message="m")


def test_publish_batch(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    url, queue_arn = queue(world, arn)
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes=raw)
    entries = [{"Id": f"id-{number}", "Message": f"m{number}"} for number in range(10)]
    entries[3]["MessageAttributes"] = {"n": {"DataType": "Number", "StringValue": "3"}}
    answer = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
    assert answer["Failed"] == []
    assert [one["Id"] for one in answer["Successful"]] == [entry["Id"] for entry in entries]
    bodies = sorted(message["Body"] for message in receive(world, url, 10))
    assert bodies == sorted(entry["Message"] for entry in entries)
    for wrong, code, message in [
        ([], "EmptyBatchRequest", None),
        (
            [{"Id": str(number), "Message": "m"} for number in range(11)],
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        ),
        (
            [{"Id": "1", "Message": "m"}] * 2,
            "BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id.",
        ),
        ([{"Id": "a b", "Message": "m"}], "InvalidBatchEntryId", None),
        (
            [{"Id": str(number), "Message": "x" * 100_000} for number in range(3)],
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ),
    ]:
        with refused(code, message, 400):
            sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=wrong)
    with refused("NotFound", "Topic does not exist"):
        sns.publish_batch(TopicArn=arn + "x", PublishBatchRequestEntries=entries)


def test_filter_policies(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    url, queue_arn = queue(world, arn)
    subscription = sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"}
    )["SubscriptionArn"]

    def set_policy(policy, scope):
        for key, value in [("FilterPolicyScope", scope), ("FilterPolicy", json.dumps(policy))]:
            sns.set_subscription_attributes(
                SubscriptionArn=subscription, AttributeName=key, AttributeValue=value
            )

    def attributes(**values):
        return {
            key: {
                "DataType": "Number" if isinstance(value, int) else "String",
                "StringValue": str(value),
            }
            for key, value in values.items()
        }

    for policy, passes, fails in [
        ({"kind": ["a", "b"]}, {"kind": "a"}, {"kind": "c"}),
        ({"kind": [{"prefix": "or"}]}, {"kind": "order"}, {"kind": "bill"}),
        ({"kind": [{"anything-but": ["x"]}]}, {"kind": "y"}, {"kind": "x"}),
        ({"size": [{"numeric": [">", 0, "<=", 100]}]}, {"size": 100}, {"size": 101}),
        ({"kind": [{"exists": False}]}, {}, {"kind": "a"}),
        ({"ip": [{"cidr": "10.0.0.0/8"}]}, {"ip": "10.1.2.3"}, {"ip": "11.0.0.1"}),
        ({"kind": [{"equals-ignore-case": "ABC"}]}, {"kind": "abc"}, {"kind": "abd"}),
    ]:
        set_policy(policy, "MessageAttributes")
        sns.publish(TopicArn=arn, Message="no", MessageAttributes=attributes(**fails))
        sns.publish(TopicArn=arn, Message="yes", MessageAttributes=attributes(**passes))
        [message] = receive(world, url)
        assert message["Body"] == "yes", policy
    set_policy({"order": {"total": [{"numeric": [">=", 10]}]}}, "MessageBody")
    sns.publish(TopicArn=arn, Message="no JSON")
    sns.publish(TopicArn=arn, Message=json.dumps({"order": {"total": 9}}))
    sns.publish(TopicArn=arn, Message=json.dumps({"order": {"total": 10}}))
    [message] = receive(world, url)
    assert json.loads(message["Body"])["order"]["total"] == 10
    nothing_in(world, url)


def test_fifo(world):
    sns, topic = world.sns, name() + ".fifo"
    fifo = {"FifoTopic": "true", "ContentBasedDeduplication": "false"}
    arn = sns.create_topic(Name=topic, Attributes=fifo)["TopicArn"]
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["FifoTopic"] == "true"
    assert attributes["ContentBasedDeduplication"] == "false"
    url, queue_arn = queue(world, arn, fifo=True)
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    with refused(
        "InvalidParameter",
        "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
    ):
        sns.publish(TopicArn=arn, Message="m")
    with refused(
        "InvalidParameter",
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly",
    ):
        sns.publish(TopicArn=arn, Message="m", MessageGroupId="g")
    numbers = []
    for number in range(5):
        answer = sns.publish(
            TopicArn=arn,
            Message=f"m{number}",
            MessageGroupId="g",
            MessageDeduplicationId=f"d{number}",
        )
        numbers.append(answer["SequenceNumber"])
        sns.publish(
            TopicArn=arn, Message="twice", MessageGroupId="g", MessageDeduplicationId=f"d{number}"
        )
    assert numbers == sorted(numbers) and len(set(numbers)) == 5
    assert all(len(number) == 20 for number in numbers), numbers
    messages = receive(world, url, 5)
    envelopes = [json.loads(message["Body"]) for message in messages]
    assert [envelope["Message"] for envelope in envelopes] == [f"m{n}" for n in range(5)]
    assert [envelope["SequenceNumber"] for envelope in envelopes] == numbers
    assert messages[0]["Attributes"]["MessageGroupId"] == "g"
    assert messages[0]["Attributes"]["MessageDeduplicationId"] == "d0"
    nothing_in(world, url)
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="someone@example.com")
    batch = [
        {"Id": "1", "Message": "a", "MessageGroupId": "h", "MessageDeduplicationId": "x"},
        {"Id": "2", "Message": "b", "MessageGroupId": "h", "MessageDeduplicationId": "y"},
    ]
    answer = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=batch)
    assert all(one["SequenceNumber"] for one in answer["Successful"])


def test_archive_and_replay(world):
    sns, topic = world.sns, name() + ".fifo"
    fifo = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    fifo["ArchivePolicy"] = json.dumps({"MessageRetentionPeriod": "30"})
    arn = sns.create_topic(Name=topic, Attributes=fifo)["TopicArn"]
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert json.loads(attributes["ArchivePolicy"]) == {"MessageRetentionPeriod": "30"}
    assert attributes["BeginningArchiveTime"]
    start = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 60))
    for number in range(3):
        sns.publish(TopicArn=arn, Message=f"m{number}", MessageGroupId="g")
    url, queue_arn = queue(world, arn, fifo=True)
    replay = json.dumps({"PointType": "Timestamp", "StartingPoint": start})
    sns.subscribe(
        TopicArn=arn,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes={"ReplayPolicy": replay, "RawMessageDelivery": "true"},
    )
    bodies = [message["Body"] for message in receive(world, url, 3)]
    assert bodies == ["m0", "m1", "m2"]
    with refused("InvalidState"):
        sns.delete_topic(TopicArn=arn)


def test_dead_letters(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    url, queue_arn = queue(world, arn)
    dead_url, dead_arn = queue(world, arn)
    for raw in ["false", "true"]:
        redrive = json.dumps({"deadLetterTargetArn": dead_arn})
        subscription = sns.subscribe(
            TopicArn=arn,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:gone-{raw}",
            Attributes={"RedrivePolicy": redrive, "RawMessageDelivery": raw},
        )["SubscriptionArn"]
        attributes = {"attr1": {"DataType": "Number", "StringValue": "111"}}
        sns.publish(TopicArn=arn, Message="lost", MessageAttributes=attributes)
        [message] = receive(world, dead_url)
        if raw == "true":
            assert message["Body"] == "lost"
            assert message["MessageAttributes"]["attr1"]["StringValue"] == "111"
        else:
            envelope = json.loads(message["Body"])
            assert envelope["Message"] == "lost"
            assert envelope["UnsubscribeURL"].endswith(subscription)
            assert "MessageAttributes" not in message, "nothing is added to a dead letter"
        sns.unsubscribe(SubscriptionArn=subscription)
    sns.subscribe(
        TopicArn=arn,
        Protocol="lambda",
        Endpoint=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gone",
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn})},
    )
    sns.publish(TopicArn=arn, Message="no function")
    [message] = receive(world, dead_url)
    assert json.loads(message["Body"])["Message"] == "no function"


def test_queue_policy_decides(world):
    sns = world.sns
    arn = sns.create_topic(Name=name())["TopicArn"]
    url, queue_arn = queue(world)
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    sns.publish(TopicArn=arn, Message="the queue lets nobody in")
    nothing_in(world, url)
    allow(world, url, queue_arn, arn)
    sns.publish(TopicArn=arn, Message="now it does")
    [message] = receive(world, url)
    assert json.loads(message["Body"])["Message"] == "now it does"


# Platform applications.


def test_platform_applications(world):
    sns = world.client("sns", account="330033003300")
    application = name("app")
    given = {"Name": application, "Platform": "GCM", "Attributes": {"PlatformCredential": "key"}}
    app = sns.create_platform_application(**given)["PlatformApplicationArn"]
    assert app.endswith(f":app/GCM/{application}")
    read = sns.get_platform_application_attributes(PlatformApplicationArn=app)["Attributes"]
    assert "PlatformCredential" not in read
    topic = sns.create_topic(Name=name())["TopicArn"]
    sns.set_platform_application_attributes(
        PlatformApplicationArn=app, Attributes={"EventEndpointCreated": topic}
    )
    read = sns.get_platform_application_attributes(PlatformApplicationArn=app)["Attributes"]
    assert read["EventEndpointCreated"] == topic
    assert app in [
        one["PlatformApplicationArn"]
        for one in sns.list_platform_applications()["PlatformApplications"]
    ]
    device = {"PlatformApplicationArn": app, "Token": "token", "CustomUserData": "data"}
    endpoint = sns.create_platform_endpoint(**device)["EndpointArn"]
    assert sns.create_platform_endpoint(**device)["EndpointArn"] == endpoint
    with refused(
        "InvalidParameter",
        f"Invalid parameter: Token Reason: Endpoint {endpoint} already exists with the same "
        "Token, but different attributes.",
    ):
        sns.create_platform_endpoint(**{**device, "CustomUserData": "other"})
    read = sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]
    assert read == {"Enabled": "true", "Token": "token", "CustomUserData": "data"}, read
    sns.publish(TargetArn=endpoint, Message="ping")
    sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
    with refused("EndpointDisabled", "Endpoint is disabled", 400):
        sns.publish(TargetArn=endpoint, Message="ping")
    listed = sns.list_endpoints_by_platform_application(PlatformApplicationArn=app)["Endpoints"]
    assert listed[0]["EndpointArn"] == endpoint
    assert listed[0]["Attributes"]["Enabled"] == "false"
    for number in range(100):
        sns.create_platform_endpoint(PlatformApplicationArn=app, Token=f"t{number}")
    paginator = sns.get_paginator("list_endpoints_by_platform_application")
    pages = [page["Endpoints"] for page in paginator.paginate(PlatformApplicationArn=app)]
    assert [len(page) for page in pages] == [100, 1]
    sns.delete_endpoint(EndpointArn=endpoint)
    sns.delete_endpoint(EndpointArn=endpoint)
    with refused("NotFound", "Endpoint does not exist", 404):
        sns.get_endpoint_attributes(EndpointArn=endpoint)
    with refused(
        "InvalidParameter",
        "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified",
    ):
        sns.publish(TargetArn=endpoint, Message="ping")
    sns.delete_platform_application(PlatformApplicationArn=app)
    with refused("NotFound", "PlatformApplication does not exist", 404):
        sns.get_platform_application_attributes(PlatformApplicationArn=app)


# Text messages.


def test_sms_settings(world):
    sns = world.client("sns", account="440044004400")
    sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional", "DefaultSenderID": "Me"})
    read = sns.get_sms_attributes()["attributes"]
    assert read["DefaultSMSType"] == "Transactional"
    only = sns.get_sms_attributes(attributes=["DefaultSenderID"])["attributes"]
    assert only == {"DefaultSenderID": "Me"}
    with refused("InvalidParameter"):
        sns.set_sms_attributes(attributes={"Nonsense": "1"})
    assert sns.check_if_phone_number_is_opted_out(phoneNumber="+15551234567")["isOptedOut"] is False
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == []
    with refused("InvalidParameter"):
        sns.check_if_phone_number_is_opted_out(phoneNumber="+44000000000x")
    assert sns.list_origination_numbers()["PhoneNumbers"] == []


def test_sms_sandbox(world):
    sns = world.client("sns", account="550055005500")
    assert sns.get_sms_sandbox_account_status()["IsInSandbox"] is True
    sns.create_sms_sandbox_phone_number(PhoneNumber="+15551234567", LanguageCode="en-GB")
    listed = sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"]
    assert listed == [{"PhoneNumber": "+15551234567", "Status": "Pending"}]
    with refused("VerificationException"):
        sns.verify_sms_sandbox_phone_number(PhoneNumber="+15551234567", OneTimePassword="00000")
    password = one_time_password(world, "+15551234567")
    if password:
        sns.verify_sms_sandbox_phone_number(
            PhoneNumber="+15551234567", OneTimePassword=password
        )
        listed = sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"]
        assert listed[0]["Status"] == "Verified"
        sns.publish(PhoneNumber="+15551234567", Message="hello")
    sns.delete_sms_sandbox_phone_number(PhoneNumber="+15551234567")
    with refused("ResourceNotFound", None, 404):
        sns.delete_sms_sandbox_phone_number(PhoneNumber="+15551234567")


def one_time_password(world, number):
    """Reads the newest password for a number from the local mailbox, where there is one."""
    url = f"{world.url}/_brume/mailbox?endpoint={urllib.request.quote(number)}"
    try:
        letters = json.loads(get(url))
    except urllib.error.HTTPError:
        return None
    digits = [word.strip(".,:") for word in letters["letters"][-1]["body"].split()]
    return next(word for word in digits if word.isdigit())


# The wire.


def test_odd_requests(world):
    def post(body, **headers):
        request = urllib.request.Request(world.url + "/", body.encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    form = "application/x-www-form-urlencoded"
    scope = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/sns/aws4_request, "
    scope += "SignedHeaders=host, Signature=0"
    headers = {"Content-Type": form, "Authorization": scope}
    for body in [
        "",
        "Action=",
        "Action=Nonsense&Version=2010-03-31",
        "Action=Publish&Version=2010-03-31",
        "Action=Publish&Message=%00%ff",
        "Action=CreateTopic&Name=" + "a" * 100_000,
        "Action=CreateTopic&" + "&".join(f"Tags.member.{n}.Key=k{n}" for n in range(3_000)),
        "Action=PublishBatch&PublishBatchRequestEntries.member.99999999999.Id=1",
        "Action=Subscribe&TopicArn[]=x&Protocol=\r\n",
    ]:
        status, text = post(body, **headers)
        assert 400 <= status < 500, (status, body[:60], text[:200])
    status, text = post("Action=ListTopics&Version=2010-03-31", **headers)
    assert status == 200, text
    start = '<ListTopicsResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
    assert start in text, text
    assert "<ResponseMetadata><RequestId>" in text.replace("\n", "").replace(" ", ""), text
    target = {"X-Amz-Target": "AmazonSNS.ListTopics", "Authorization": scope}
    status, text = post("{}", **{"Content-Type": "application/x-amz-json-1.0"}, **target)
    assert status in (400, 404) and "UnknownOperation" in text, (status, text)


def main():
    world, wanted = World(os.environ["AWS_ENDPOINT_URL"].rstrip("/")), sys.argv[1:]
    tests = [(key, test) for key, test in globals().items() if key.startswith("test_")]
    failed = 0
    for key, test in tests:
        if wanted and not any(part in key for part in wanted):
            continue
        begun = time.monotonic()
        try:
            test(world)
            print(f"ok    {key} ({time.monotonic() - begun:.2f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL  {key}\n{traceback.format_exc()}", flush=True)
    if failed:
        sys.exit(f"{failed} failed")
    print("ok")


if __name__ == "__main__":
    main()
