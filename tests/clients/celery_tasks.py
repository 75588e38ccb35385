"""Celery over SQS: a worker takes what a client sends, retries what fails, and stops when told."""

import json
import os
import sys
import threading
import time

from celery import Celery
from celery.contrib.testing.worker import start_worker

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
QUEUE = "celery"
attempts = {}

app = Celery("tests")
app.conf.update(
    broker_url=ENDPOINT.replace("http://", "sqs://test:test@"),
    broker_transport_options={
        "region": "us-east-1",
        "is_secure": False,
        "wait_time_seconds": 1,
        "polling_interval": 0.1,
        "visibility_timeout": 30,
    },
    broker_connection_retry_on_startup=True,
    task_default_queue=QUEUE,
    result_backend="cache+memory://",
    task_acks_late=True,
    worker_enable_remote_control=False,
)


@app.task(name="add")
def add(one, other):
    """Succeeds."""
    return one + other


@app.task(bind=True, name="flaky", max_retries=3, default_retry_delay=0)
def flaky(self, name):
    """Fails twice, then succeeds; each retry is a new message."""
    attempts[name] = attempts.get(name, 0) + 1
    if attempts[name] < 3:
        raise self.retry()
    return attempts[name]


def main():
    """Sends, works, and compares."""
    seen = {}
    arrived = threading.Event()

    def collect(name, want):
        def done(task_id=None, retval=None, **_):
            seen[task_id] = retval
            if len(seen) == want:
                arrived.set()

        return done

    from celery.signals import task_postrun

    sums = [add.delay(number, number) for number in range(50)]
    retried = flaky.delay("one")
    done = collect("done", 51)
    task_postrun.connect(
        lambda task_id=None, retval=None, state=None, **_: state == "SUCCESS"
        and done(task_id=task_id, retval=retval),
        weak=False,
    )
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        if not arrived.wait(60):
            sys.exit(f"only {len(seen)} of 51 tasks ended")
    assert [seen[task.id] for task in sums] == [2 * number for number in range(50)]
    assert seen[retried.id] == 3, seen[retried.id]

    import boto3

    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    deadline = time.monotonic() + 20
    while True:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if set(left.values()) == {"0"}:
            break
        assert time.monotonic() < deadline, json.dumps(left)
        time.sleep(0.1)
    print("ok")


if __name__ == "__main__":
    main()
