// AWS's SDK for JavaScript against the emulator: it checks every MD5 by itself.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.BRUME_NODE_MODULES}/`);
const sqs = require("@aws-sdk/client-sqs");
const sns = require("@aws-sdk/client-sns");

const queues = new sqs.SQSClient({});
const topics = new sns.SNSClient({});
const ask = (command) => queues.send(command);
const tell = (command) => topics.send(command);

const { QueueUrl } = await ask(new sqs.CreateQueueCommand({ QueueName: "js" }));
const { Attributes } = await ask(
  new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
);
const arn = Attributes.QueueArn;

// Attributes of every type, a body that needs escaping.
const body = 'ünïcode "quotes" <tags> & \\ \t end';
const sent = await ask(
  new sqs.SendMessageCommand({
    QueueUrl,
    MessageBody: body,
    MessageAttributes: {
      text: { DataType: "String", StringValue: "ä" },
      number: { DataType: "Number.int", StringValue: "42" },
      bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 1, 255]) },
    },
  }),
);
const received = await ask(
  new sqs.ReceiveMessageCommand({
    QueueUrl,
    MessageAttributeNames: ["All"],
    MessageSystemAttributeNames: ["All"],
    WaitTimeSeconds: 5,
  }),
);
const [message] = received.Messages;
assert.equal(message.MessageId, sent.MessageId);
assert.equal(message.Body, body);
assert.deepEqual([...message.MessageAttributes.bytes.BinaryValue], [0, 1, 255]);
assert.equal(message.MessageAttributes.number.DataType, "Number.int");
assert.equal(message.Attributes.ApproximateReceiveCount, "1");
await ask(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));

// A batch of which one entry is wrong.
const batch = await ask(
  new sqs.SendMessageBatchCommand({
    QueueUrl,
    Entries: [
      { Id: "good", MessageBody: "good" },
      { Id: "bad", MessageBody: "bad", DelaySeconds: 901 },
    ],
  }),
);
assert.deepEqual(batch.Successful.map((entry) => entry.Id), ["good"]);
assert.deepEqual(batch.Failed.map((entry) => entry.Id), ["bad"]);
assert.equal(batch.Failed[0].SenderFault, true);
await ask(new sqs.PurgeQueueCommand({ QueueUrl }));

// Errors are those classes that programs catch.
await assert.rejects(
  ask(new sqs.GetQueueUrlCommand({ QueueName: "nobody" })),
  (error) => error instanceof sqs.QueueDoesNotExist,
);
await assert.rejects(
  tell(new sns.GetTopicAttributesCommand({ TopicArn: "arn:aws:sns:us-east-1:000000000000:no" })),
  (error) => error instanceof sns.NotFoundException,
);

// Through a topic, raw and in the envelope.
const { TopicArn } = await tell(new sns.CreateTopicCommand({ Name: "js" }));
const policy = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: arn,
      Condition: { ArnEquals: { "aws:SourceArn": TopicArn } },
    },
  ],
};
const Policy = JSON.stringify(policy);
await ask(new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
const { SubscriptionArn } = await tell(
  new sns.SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn }),
);
const receiveOne = async () => {
  const { Messages } = await ask(
    new sqs.ReceiveMessageCommand({
      QueueUrl,
      MessageAttributeNames: ["All"],
      WaitTimeSeconds: 10,
    }),
  );
  const { ReceiptHandle } = Messages[0];
  await ask(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return Messages[0];
};
const published = await tell(
  new sns.PublishCommand({ TopicArn, Message: body, Subject: "about <this>" }),
);
const envelope = JSON.parse((await receiveOne()).Body);
assert.equal(envelope.MessageId, published.MessageId);
assert.equal(envelope.Message, body);
assert.equal(envelope.Subject, "about <this>");
assert.ok(envelope.UnsubscribeURL.includes(SubscriptionArn));
const raw = { AttributeName: "RawMessageDelivery", AttributeValue: "true" };
await tell(new sns.SetSubscriptionAttributesCommand({ SubscriptionArn, ...raw }));
await tell(
  new sns.PublishCommand({
    TopicArn,
    Message: "raw",
    MessageAttributes: { kind: { DataType: "String", StringValue: "a" } },
  }),
);
const plain = await receiveOne();
assert.equal(plain.Body, "raw");
assert.equal(plain.MessageAttributes.kind.StringValue, "a");
console.log("ok");
