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

# A bucket policy denies under conditions (old TLS), which moto does not look at.
put_policy = s3.S3Backend.put_bucket_policy


def put_bucket_policy(self, bucket_name, policy):
    document = json.loads(policy)
    document["Statement"] = [s for s in document["Statement"] if s["Effect"] == "Allow" or "Condition" not in s]
    if document["Statement"]:
        put_policy(self, bucket_name, json.dumps(document).encode())


s3.S3Backend.put_bucket_policy = put_bucket_policy
