"""What the tests of SNS have in common: clients, queues, an HTTP endpoint, signatures."""

import base64
import contextlib
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading
import time
import urllib.request
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-east-1"
ACCOUNT = "000000000000"
OTHER_ACCOUNT = "111122223333"
WAIT_SECONDS = 10


class World:
    """Clients of one endpoint."""

    def __init__(self, url):
        self.url = url

    def client(self, service, account=ACCOUNT, region=REGION, **config):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="secret",
            config=Config(retries={"max_attempts": 1}, **config),
        )

    @property
    def sns(self):
        return self.client("sns")

    @property
    def sqs(self):
        return self.client("sqs")


def name(kind="t"):
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def refused(code, message=None, status=None):
    """Checks that the block ends in this error."""

    @contextlib.contextmanager
    def block():
        try:
            yield
        except ClientError as error:
            found = error.response["Error"]
            assert found["Code"] == code, found
            assert found["Type"] == ("Receiver" if code == "InternalError" else "Sender"), found
            if message is not None:
                assert found["Message"] == message, found["Message"]
            if status is not None:
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status
            return
        raise AssertionError(f"no {code}")

    return block()


def queue(world, topic_arn=None, fifo=False, **attributes):
    """A queue that the topic may send to: its URL and ARN."""
    if fifo:
        attributes["FifoQueue"] = "true"
    sqs = world.sqs
    url = sqs.create_queue(
        QueueName=name("q") + (".fifo" if fifo else ""), Attributes=attributes
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    if topic_arn:
        allow(world, url, arn, topic_arn)
    return url, arn


def allow(world, url, arn, topic_arn):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def receive(world, url, count=1, seconds=WAIT_SECONDS):
    """Takes `count` messages out of a queue; fails when they do not come."""
    found, sqs, end = [], world.sqs, time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        batch = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        ).get("Messages", [])
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found += batch
    assert len(found) == count, f"{len(found)} of {count} messages came"
    return found


def nothing_in(world, url):
    batch = world.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert not batch.get("Messages"), batch


class Hook(contextlib.AbstractContextManager):
    """An HTTP endpoint that keeps what it is sent."""

    def __init__(self):
        self.requests = []
        self.status = 200
        self.arrived = threading.Condition()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with hook.arrived:
                    hook.requests.append((self.headers, body.decode()))
                    hook.arrived.notify_all()
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def wait(self, message_type):
        """The first request of a type."""

        def find():
            for headers, body in self.requests:
                if headers.get("x-amz-sns-message-type") == message_type:
                    return headers, body
            return None

        with self.arrived:
            assert self.arrived.wait_for(find, WAIT_SECONDS), f"no {message_type} came"
            return find()

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def get(url):
    with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:
        return answer.read().decode()


SIGNED = {
    "Notification": ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
    "SubscriptionConfirmation": [
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ],
}
SIGNED["UnsubscribeConfirmation"] = SIGNED["SubscriptionConfirmation"]


def verify(envelope):
    """Verifies a signature with openssl and the served certificate."""
    fields = [field for field in SIGNED[envelope["Type"]] if field in envelope]
    text = "".join(f"{field}\n{envelope[field]}\n" for field in fields)
    digest = {"1": "-sha1", "2": "-sha256"}[envelope["SignatureVersion"]]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "cert.pem").write_text(get(envelope["SigningCertURL"]))
        (folder / "signature").write_bytes(base64.b64decode(envelope["Signature"]))
        (folder / "text").write_text(text)
        key = subprocess.run(
            ["openssl", "x509", "-in", folder / "cert.pem", "-pubkey", "-noout"],
            check=True,
            capture_output=True,
        ).stdout
        (folder / "key.pem").write_bytes(key)
        command = ["openssl", "dgst", digest, "-verify", folder / "key.pem"]
        command += ["-signature", folder / "signature", folder / "text"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
