"""SQS by boto3: every operation, as applications call it.

Usage: sqs_boto3.py URL [SUFFIX]

Talks to whatever answers at URL, an emulator or AWS itself, with credentials from the environment.
Prints one line per check; exits 1 when one fails. Leaves no queue behind.
"""

import os
import json
import sys
import threading
import time
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = os.environ["AWS_ENDPOINT_URL"]
SUFFIX = uuid.uuid4().hex[:8]
CONFIG = Config(retries={"max_attempts": 1}, region_name="us-east-1")
SQS = boto3.client("sqs", endpoint_url=URL, config=CONFIG)
MADE = []
FAILED = []


def name(text):
    base, dot, end = text.partition(".")
    return f"{base}-{SUFFIX}{dot}{end}"


def queue(text, **attributes):
    url = SQS.create_queue(QueueName=name(text), Attributes=attributes)["QueueUrl"]
    MADE.append(url)
    return url


def arn(url):
    answer = SQS.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


def attribute(url, which):
    answer = SQS.get_queue_attributes(QueueUrl=url, AttributeNames=[which])
    return answer.get("Attributes", {}).get(which)


def receive(url, **parameters):
    parameters.setdefault("MaxNumberOfMessages", 10)
    return SQS.receive_message(QueueUrl=url, **parameters).get("Messages", [])


def refused(code, call, **parameters):
    """Calls and returns the message of the error that must come, by its query code."""
    try:
        call(**parameters)
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, found
        return found["Message"]
    raise AssertionError(f"{code} did not come")


def check(function):
    try:
        function()
        print(f"ok      {function.__name__}")
    except Exception as error:  # every failure is one line of the result
        FAILED.append(function.__name__)
        print(f"FAILED  {function.__name__}: {type(error).__name__}: {error}")
    return function


@check
def make_find_list_delete():
    url = queue("plain", DelaySeconds="1")
    assert SQS.create_queue(QueueName=name("plain"))["QueueUrl"] == url
    assert SQS.get_queue_url(QueueName=name("plain"))["QueueUrl"] == url
    listed = SQS.list_queues(QueueNamePrefix=name("plain"))["QueueUrls"]
    assert listed == [url], listed
    other = {"DelaySeconds": "2"}
    refused("QueueAlreadyExists", SQS.create_queue, QueueName=name("plain"), Attributes=other)
    SQS.delete_queue(QueueUrl=url)
    MADE.remove(url)
    try:
        SQS.get_queue_url(QueueName=name("plain"))
        raise AssertionError("it is still there")
    except SQS.exceptions.QueueDoesNotExist as error:
        assert error.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
        assert error.response["Error"]["QueryErrorCode"] == "QueueDoesNotExist"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@check
def pages():
    made = {queue(f"page{index}") for index in range(5)}
    pages = SQS.get_paginator("list_queues").paginate(
        QueueNamePrefix="page", PaginationConfig={"PageSize": 2}
    )
    found = [url for page in pages for url in page.get("QueueUrls", [])]
    assert made <= set(found) and len(found) == len(set(found)), found


@check
def attributes():
    url = queue("attributes", VisibilityTimeout="20", MessageRetentionPeriod="604800")
    everything = SQS.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert everything["VisibilityTimeout"] == "20"
    assert everything["MaximumMessageSize"] == "1048576"
    assert everything["SqsManagedSseEnabled"] == "true"
    assert "Policy" not in everything and "FifoQueue" not in everything
    short = {"DelaySeconds": "0", "VisibilityTimeout": "1"}
    SQS.set_queue_attributes(QueueUrl=url, Attributes=short)
    assert attribute(url, "VisibilityTimeout") == "1"
    wrong = {"VisibilityTimeout": "43201"}
    refused("InvalidAttributeValue", SQS.set_queue_attributes, QueueUrl=url, Attributes=wrong)
    unknown = {"Nonsense": "1"}
    refused("InvalidAttributeName", SQS.set_queue_attributes, QueueUrl=url, Attributes=unknown)


@check
def send_receive_delete():
    url = queue("messages")
    body = 'text "quoted" \\ \n\t <xml> & ünïcödé 😀'
    attributes = {
        "text": {"DataType": "String", "StringValue": "a"},
        "number": {"DataType": "Number.int", "StringValue": "1"},
        "binary": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}}
    # boto3 compares the digests itself and raises when one differs.
    sent = SQS.send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageAttributes=attributes,
        MessageSystemAttributes=trace,
    )
    messages = receive(
        url,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
        WaitTimeSeconds=2,
    )
    (message,) = messages
    assert message["Body"] == body
    assert message["MessageId"] == sent["MessageId"]
    assert message["MessageAttributes"] == attributes, message
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["AWSTraceHeader"] == "Root=1-2-3"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    SQS.change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    (again,) = receive(url, MessageAttributeNames=["te.*"], WaitTimeSeconds=2)
    SQS.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    assert receive(url) == []


@check
def batches():
    url = queue("batches")
    entries = [{"Id": str(index), "MessageBody": f"m{index}"} for index in range(9)]
    entries.append({"Id": "late", "MessageBody": "m", "DelaySeconds": 901})
    answer = SQS.send_message_batch(QueueUrl=url, Entries=entries)
    assert len(answer["Successful"]) == 9 and len(answer["Failed"]) == 1, answer
    assert answer["Failed"][0]["Code"] == "InvalidParameterValue"
    assert answer["Failed"][0]["SenderFault"] is True
    messages = receive(url, WaitTimeSeconds=2)
    assert {message["Body"] for message in messages} <= {f"m{index}" for index in range(9)}
    handles = [
        {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
        for index, message in enumerate(messages)
    ]
    hidden = [dict(entry, VisibilityTimeout=60) for entry in handles]
    answer = SQS.change_message_visibility_batch(QueueUrl=url, Entries=hidden)
    assert len(answer["Successful"]) == len(messages) and not answer.get("Failed")
    broken = handles[:-1] + [{"Id": "x", "ReceiptHandle": "nonsense"}]
    answer = SQS.delete_message_batch(QueueUrl=url, Entries=broken)
    assert [failure["Code"] for failure in answer["Failed"]] == ["ReceiptHandleIsInvalid"]
    code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"
    twice = [{"Id": "a", "MessageBody": "x"}] * 2
    refused(code, SQS.send_message_batch, QueueUrl=url, Entries=twice)
    code = "AWS.SimpleQueueService.EmptyBatchRequest"
    refused(code, SQS.send_message_batch, QueueUrl=url, Entries=[])
    code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
    many = [{"Id": str(index), "MessageBody": "x"} for index in range(11)]
    refused(code, SQS.send_message_batch, QueueUrl=url, Entries=many)


@check
def long_poll_wakes():
    url = queue("long-poll")

    def send():
        time.sleep(0.5)
        boto3.client("sqs", endpoint_url=URL, config=CONFIG).send_message(
            QueueUrl=url, MessageBody="late"
        )

    sender = threading.Thread(target=send)
    sender.start()
    messages = receive(url, WaitTimeSeconds=10)
    sender.join()
    assert [message["Body"] for message in messages] == ["late"]


@check
def big_messages():
    url = queue("big")
    body = "é" * (1_048_576 // 2)
    SQS.send_message(QueueUrl=url, MessageBody=body)
    (message,) = receive(url, WaitTimeSeconds=2)
    assert message["Body"] == body
    text = refused("InvalidParameterValue", SQS.send_message, QueueUrl=url, MessageBody=body + "x")
    assert "must be shorter than 1048576 bytes" in text, text
    code = "InvalidMessageContents"
    refused(code, SQS.send_message, QueueUrl=url, MessageBody="\x07")


@check
def fifo():
    url = queue("fifo.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for group in ("a", "b"):
        for index in range(3):
            SQS.send_message(QueueUrl=url, MessageBody=f"{group}{index}", MessageGroupId=group)
    SQS.send_message(QueueUrl=url, MessageBody="a0", MessageGroupId="a")
    seen = {"a": [], "b": []}
    for _ in range(10):
        for message in receive(url, MessageSystemAttributeNames=["All"]):
            attributes = message["Attributes"]
            assert len(attributes["SequenceNumber"]) == 20
            seen[attributes["MessageGroupId"]].append(message["Body"])
            SQS.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert seen == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}, seen
    text = refused("MissingParameter", SQS.send_message, QueueUrl=url, MessageBody="x")
    assert text == "The request must contain the parameter MessageGroupId."


@check
def dead_letters_and_moves():
    dead = queue("dead")
    policy = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 1})
    url = queue("source", RedrivePolicy=policy, VisibilityTimeout="0")
    SQS.send_message(QueueUrl=url, MessageBody="poison")
    assert len(receive(url, WaitTimeSeconds=2)) == 1
    assert receive(url) == []
    assert SQS.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    assert attribute(dead, "ApproximateNumberOfMessages") == "1"
    task = SQS.start_message_move_task(SourceArn=arn(dead))["TaskHandle"]
    assert task
    for _ in range(50):
        (found,) = SQS.list_message_move_tasks(SourceArn=arn(dead))["Results"]
        if found["Status"] != "RUNNING":
            break
        time.sleep(0.1)
    assert found["Status"] == "COMPLETED", found
    assert found["ApproximateNumberOfMessagesMoved"] == 1, found
    (message,) = receive(url, WaitTimeSeconds=2)
    assert message["Body"] == "poison"
    refused("InvalidParameterValue", SQS.start_message_move_task, SourceArn=arn(url))
    refused("InvalidParameterValue", SQS.cancel_message_move_task, TaskHandle="nonsense")


@check
def tags():
    url = queue("tags")
    SQS.tag_queue(QueueUrl=url, Tags={"a": "1", "b": ""})
    assert SQS.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1", "b": ""}
    SQS.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert SQS.list_queue_tags(QueueUrl=url)["Tags"] == {"b": ""}


@check
def permissions():
    url = queue("permissions")
    SQS.add_permission(
        QueueUrl=url, Label="l", AWSAccountIds=["111111111111"], Actions=["SendMessage"]
    )
    policy = json.loads(attribute(url, "Policy"))
    assert policy["Statement"][0]["Sid"] == "l", policy
    SQS.remove_permission(QueueUrl=url, Label="l")
    assert attribute(url, "Policy") is None


@check
def purge():
    url = queue("purge")
    SQS.send_message(QueueUrl=url, MessageBody="x")
    SQS.purge_queue(QueueUrl=url)
    assert receive(url) == []
    code = "AWS.SimpleQueueService.PurgeQueueInProgress"
    refused(code, SQS.purge_queue, QueueUrl=url)


@check
def resource_interface():
    resource = boto3.resource("sqs", endpoint_url=URL, config=CONFIG)
    queue_object = resource.create_queue(QueueName=name("resource"))
    MADE.append(queue_object.url)
    queue_object.send_message(MessageBody="x")
    (message,) = queue_object.receive_messages(WaitTimeSeconds=2)
    message.delete()
    assert queue_object.attributes["ApproximateNumberOfMessages"] == "0"


for made in MADE:
    SQS.delete_queue(QueueUrl=made)
if FAILED:
    sys.exit(f"{len(FAILED)} failed")
print("ok")
