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

# SES: a rule that is made puts a mail of its own into the bucket, and tells of
# it; a rule that is removed is gone.
import moto.ses.models as ses

SETUP = "AMAZON_SES_SETUP_NOTIFICATION"


def make_rule(client, properties, name):
    made = TYPES["AWS::SES::ReceiptRule"][1](client, properties, name)
    for action in properties["Rule"]["Actions"]:
        if "S3Action" in action:
            to = action["S3Action"]
            key = to["ObjectKeyPrefix"] + SETUP
            now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
            region = client.meta.region_name
            api("s3", region).put_object(Bucket=to["BucketName"], Key=key, Body=b"From: Amazon Web Services <no-reply-aws@amazon.com>\r\nSubject: Amazon SES Setup Notification\r\n\r\nHello\r\n")
            api("sns", region).publish(TopicArn=to["TopicArn"], Message=json.dumps({
                "notificationType": "Received", "mail": {"timestamp": now, "messageId": SETUP, "destination": ["recipient@example.com"]},
                "receipt": {"timestamp": now, "recipients": ["recipient@example.com"],
                            "action": {"type": "S3", "topicArn": to["TopicArn"], "bucketName": to["BucketName"], "objectKeyPrefix": to["ObjectKeyPrefix"], "objectKey": key}}}))
    return made


def remove_rule(client, name, properties):
    rules = ses.ses_backends["123456789012"][client.meta.region_name].receipt_rule_set[properties["RuleSetName"]].rules
    rules[:] = [rule for rule in rules if rule["Name"] != name]


KEEP.append(model("AWS::SES::ReceiptRule", "ses", make_rule, remove_rule))


# CloudFormation: our custom resources. What their function refuses fails the
# deployment, in the function's words; the id that it gave, it is told again.
def custom(kind):
    class Custom(model(kind, "lambda", None, None)):
        __module__ = "moto.localaws.models"

        @classmethod
        def create_from_cloudformation_json(cls, name, document, account, region, **more):
            return cls(ask_function("Create", document["Properties"], region), {}, document["Properties"])

        @classmethod
        def update_from_cloudformation_json(cls, original, name, document, account, region):
            return cls(ask_function("Update", document["Properties"], region, original.pid), {}, document["Properties"])

        def delete(self, account, region):
            ask_function("Delete", self.props, region, self.pid)

    return Custom


def ask_function(request, properties, region, physical_id=None):
    answers = queue.Queue()

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    event = {"RequestType": request, "RequestId": str(uuid.uuid4()), "ResponseURL": f"http://127.0.0.1:{server.server_port}/", "StackId": "arn:aws:cloudformation:local",
             "LogicalResourceId": "Custom", "ResourceType": "AWS::CloudFormation::CustomResource", "ServiceToken": properties["ServiceToken"], "ResourceProperties": properties}
    if physical_id:
        event["PhysicalResourceId"] = physical_id
    api("lambda", region).invoke(FunctionName=properties["ServiceToken"], Payload=json.dumps(event))
    answer = answers.get(timeout=10)
    server.shutdown()
    if answer["Status"] != "SUCCESS":
        raise ValidationError(message="Received response status [FAILED] from custom resource. Message returned: " + answer["Reason"])
    return answer["PhysicalResourceId"]


OURS = ["Custom::ActiveReceiptRuleSet", "Custom::ReceiptRuleSetBefore"]
KEEP.extend(custom(kind) for kind in OURS)

# A change set makes what others depend on first, and what leans on others goes
# first.
diff_resources = parsing.ResourceMap.build_resource_diff


def build_resource_diff(self, template, parameters=None):
    diff, resources, ordered = diff_resources(self, template, parameters), template["Resources"], []

    def add(name):
        if name in ordered or name not in resources:
            return
        depends = resources[name].get("DependsOn", [])
        for other in [depends] if isinstance(depends, str) else depends:
            add(other)
        ordered.append(name)

    for name in resources:
        add(name)
    diff["Add"] = [name for name in ordered if name in diff["Add"]]
    return diff


parsing.ResourceMap.build_resource_diff = build_resource_diff
delete_resources = parsing.ResourceMap.delete


def delete(self):
    for name, document in list(self._resource_json_map.items()):
        if document["Type"] in OURS and name in self._parsed_resources:
            self._delete_resource(self._parsed_resources[name], document)
            del self._parsed_resources[name]
    delete_resources(self)


parsing.ResourceMap.delete = delete

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
