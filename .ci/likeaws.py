"""Where the server that .ci/deploy starts is unlike AWS, in ways that matter to the stack: see LOCALAWS_TYPES there."""
import moto.awslambda.models as awslambda
import moto.route53.models as route53

# The ids of hosted zones begin with Z.
zone_id = route53.create_route53_zone_id
route53.create_route53_zone_id = lambda *args, **more: "Z" + zone_id(*args, **more)

# An event source mapping tells its id; an alarm watches by it.
awslambda.EventSourceMapping.get_cfn_attribute = lambda self, name: {"Id": self.uuid}[name]
