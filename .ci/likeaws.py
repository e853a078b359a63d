"""Where the server that .ci/deploy starts is unlike AWS in ways that matter to the stack. It reads this as LOCALAWS_TYPES."""
import json
import moto.awslambda.models as awslambda
import moto.route53.models as route53
import moto.s3.models as s3

# The ids of hosted zones begin with Z.
zone_id = route53.create_route53_zone_id
route53.create_route53_zone_id = lambda *args, **more: "Z" + zone_id(*args, **more)

# An event source mapping tells its id; an alarm watches by it.
awslambda.EventSourceMapping.get_cfn_attribute = lambda self, name: {"Id": self.uuid}[name]

# A function that is configured anew starts anew: none that runs has its new environment.
configure = awslambda.LambdaFunction.update_configuration


def update_configuration(self, updates):
    configured = configure(self, updates)
    for arn, code in list(RUNNERS):
        if arn == self.function_arn:
            RUNNERS[arn, code].clear()
    return configured


awslambda.LambdaFunction.update_configuration = update_configuration

# A bucket policy denies under conditions (old TLS), which moto does not look at.
put_policy = s3.S3Backend.put_bucket_policy


def put_bucket_policy(self, bucket_name, policy):
    document = json.loads(policy)
    document["Statement"] = [s for s in document["Statement"] if s["Effect"] == "Allow" or "Condition" not in s]
    if document["Statement"]:
        put_policy(self, bucket_name, json.dumps(document).encode())


s3.S3Backend.put_bucket_policy = put_bucket_policy

# Lambda asks a queue by itself, also for messages that were to wait. What a
# function says has failed stays in the queue, and comes again.
import moto.sqs.models as sqs


def add_message(self, message):
    with self._messages_lock:
        self._messages.append(message)
        self._messages_lock.notify_all()


def send_sqs_message(self, function_arn, message, queue_arn):
    event = {"Records": [{"messageId": message.id, "receiptHandle": message.receipt_handle, "body": message.body, "attributes": {},
                          "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": queue_arn, "awsRegion": self.region_name}]}
    headers = {}
    answer = self.invoke(function_name=function_arn, qualifier=None, body=json.dumps(event), headers={}, response_headers=headers)
    return "x-amz-function-error" not in headers and not json.loads(answer or "null")["batchItemFailures"]


def ask_queues():
    while True:
        time.sleep(1)
        for backends in list(sqs.sqs_backends.values()):
            for backend in list(backends.values()):
                for queue in list(backend.queues.values()):
                    for function, mapping in list(queue.lambda_event_source_mappings.items()):
                        ask(backend, queue, function, mapping)


def ask(backend, queue, function, mapping):
    messages = backend.receive_message(queue.name, mapping.batch_size, 0, queue.visibility_timeout)
    for message in messages:
        if awslambda.lambda_backends[queue.account_id][queue.region].send_sqs_batch(function, [message], queue.queue_arn):
            backend.delete_message(queue.name, message.receipt_handle)


sqs.Queue.add_message = add_message
awslambda.LambdaBackend._send_sqs_message = send_sqs_message
threading.Thread(target=ask_queues, daemon=True).start()

# A table in the Glue Data Catalog that differs is changed, rather than made again.
KEEP[:] = [known for known in KEEP if known.cloudformation_type() != "AWS::Glue::Table"]


@cfn("AWS::Glue::Table", "glue")
def glue_table(client, properties, name):
    table = drop(properties)
    try:
        client.create_table(**table)
    except client.exceptions.AlreadyExistsException:
        client.update_table(**table)
    return table["TableInput"]["Name"], {}


# The Internet, at an address of this machine: the name servers of Route 53, and
# the edge of CloudFront. Functions are told where it is, and whom to trust.
if os.environ.get("INTERNET"):
    exec(compile(open(".ci/internet.py").read(), ".ci/internet.py", "exec"), globals())
