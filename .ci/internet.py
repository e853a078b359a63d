"""What likeaws.py has in place of the Internet, at the address INTERNET: it answers the DNS, and HTTPS for every alias of a distribution.

INTERNET_AUTHORITY names the file for the certificate that vouches for the hosts.
"""
import datetime
import re
import socket
import socketserver
import ssl
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ADDRESS, AUTHORITY = os.environ["INTERNET"], os.environ["INTERNET_AUTHORITY"]
REGION = "us-east-1"

# --- What functions find around them -----------------------------------------
SURROUNDINGS = {"SEALPOST_NAME_SERVER": ADDRESS + ":53", "SSL_CERT_FILE": AUTHORITY}
awslambda.LambdaFunction.environment_vars = property(
    lambda self: {**vars(self)["environment"], **SURROUNDINGS},
    lambda self, variables: vars(self).__setitem__("environment", variables))

# --- The DNS: what stands in any hosted zone ----------------------------------
TYPES_ASKED = {1: "A", 5: "CNAME", 15: "MX", 16: "TXT"}


def records_of(name, kind):
    """The records of a name, CNAMEs followed: (name, type, data)."""
    client = api("route53", REGION)
    for zone in client.list_hosted_zones()["HostedZones"]:
        for record in client.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
            if record["Name"].rstrip(".").lower() != name or record["Type"] not in (kind, "CNAME"):
                continue
            if "AliasTarget" in record:  # Only what is at the edge can be reached.
                yield name, kind, socket.inet_aton(ADDRESS)
                continue
            for value in record["ResourceRecords"]:
                yield name, record["Type"], data(record["Type"], value["Value"])
                if record["Type"] != kind:
                    yield from records_of(value["Value"].rstrip(".").lower(), kind)


def data(kind, value):
    if kind == "TXT":
        return b"".join(bytes([len(text)]) + text.encode() for text in re.findall(r'"([^"]*)"', value))
    if kind == "MX":
        preference, host = value.split()
        return struct.pack(">H", int(preference)) + labels(host)
    return socket.inet_aton(value) if kind == "A" else labels(value)


def labels(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


class NameServer(socketserver.BaseRequestHandler):
    def handle(self):
        query, connection = self.request
        name, at = [], 12
        while query[at]:
            name.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        numbers = {text: number for number, text in TYPES_ASKED.items()}
        answers = list(records_of(".".join(name).lower(), TYPES_ASKED[kind])) if kind in TYPES_ASKED else []
        reply = query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(answers), 0, 0) + query[12:at + 5]
        for owner, text, value in answers:
            reply += labels(owner) + struct.pack(">HHIH", numbers[text], 1, 0, len(value)) + value
        connection.sendto(reply, self.client_address)


# --- The edge: the viewer function, and behind it the function that has a URL --
VIEWER, ALIASES = [], []


def keep_viewer(client, properties, name):
    VIEWER[:] = [properties["FunctionCode"]]
    arn = "arn:aws:cloudfront::123456789012:function/" + properties["Name"]
    return arn, {"FunctionARN": arn, "FunctionMetadata.FunctionARN": arn, "Stage": "LIVE"}


def keep_aliases(client, properties, name):
    ALIASES[:] = properties["DistributionConfig"]["Aliases"]
    return TYPES["AWS::CloudFront::Distribution"][1](client, properties, name)


KEEP.append(model("AWS::CloudFront::Function", "cloudfront", keep_viewer, None))
KEEP.append(model("AWS::CloudFront::Distribution", "cloudfront", keep_aliases, None))


def view(host, path):
    event = {"request": {"method": "GET", "uri": path, "querystring": {}, "headers": {"host": {"value": host}}, "cookies": {}}}
    script = VIEWER[0] + "\nprocess.stdout.write(JSON.stringify(handler(JSON.parse(process.argv[1]))))"
    return json.loads(subprocess.run(["node", "-e", script, json.dumps(event)], check=True, capture_output=True).stdout)


def ask_origin(path):
    client = api("lambda", REGION)
    for function in client.list_functions()["Functions"]:
        try:
            client.get_function_url_config(FunctionName=function["FunctionName"])
        except client.exceptions.ResourceNotFoundException:
            continue
        event = {"version": "2.0", "rawPath": path, "headers": {}, "requestContext": {"http": {"method": "GET", "path": path, "protocol": "HTTP/1.1"}}}
        return json.load(client.invoke(FunctionName=function["FunctionName"], Payload=json.dumps(event))["Payload"])
    return {"statusCode": 502}


class Edge(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        host = self.headers["Host"]
        viewed = view(host, self.path) if host in ALIASES else {"statusCode": 403}
        answer = viewed if "statusCode" in viewed else ask_origin(viewed["uri"])
        body = answer.get("body") or ""
        body = (body if isinstance(body, str) else body["data"]).encode()
        self.send_response(answer["statusCode"])
        for name, value in answer.get("headers", {}).items():
            if name.lower() != "content-length":
                self.send_header(name, value if isinstance(value, str) else value["value"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


# --- Certificates: one for each host that is asked for ------------------------
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(name, extension):
    now, issuer = datetime.datetime.now(datetime.timezone.utc), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the Internet of .ci/deploy")])
    subject = issuer if isinstance(extension, x509.BasicConstraints) else x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(KEY.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=7)).add_extension(extension, critical=False))
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def context_for(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate(name, x509.SubjectAlternativeName([x509.DNSName(name)])))
        file.write(KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def choose(connection, name, _):
    if name:
        connection.context = context_for(name)


with open(AUTHORITY, "wb") as file:
    file.write(certificate("", x509.BasicConstraints(ca=True, path_length=0)))
front = context_for("localhost")
front.sni_callback = choose
edge = http.server.ThreadingHTTPServer((ADDRESS, 443), Edge)
edge.socket = front.wrap_socket(edge.socket, server_side=True)
for server in (edge, socketserver.ThreadingUDPServer((ADDRESS, 53), NameServer)):
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
