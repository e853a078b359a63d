// What runs at the edge before anything else, for every request. It lets only
// the policies of Policy Hosts through (RFC 8461, section 3.2), and gives each
// host a path of its own: /p/<host>. The edge caches by path alone, and asks
// its origins for that path. So one host's policy is never served for another.

const POLICY_PATH = '/.well-known/mta-sts.txt';

// mta-sts. and at least two labels of letters, digits and inner hyphens; the
// last is not a number, so an IP address is no host.
const POLICY_HOST = /^mta-sts\.(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?![0-9]+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

// 253 is the length of a domain name (RFC 1035, section 2.3.4); the TXT record
// of the Policy Domain stands at _mta-sts., which is one longer.
const MAX_HOST = 252;

function handler(event) {
    const request = event.request;
    const host = policyHost(request.headers.host);
    if (request.uri !== POLICY_PATH) {
        return notFound('Not found: only ' + POLICY_PATH + ' is served here.\n');
    }
    if (host === '') {
        return notFound('Not found: the host name is not of the form mta-sts.<domain>.\n');
    }
    request.uri = '/p/' + host;
    request.querystring = {}; // Nothing that a caller adds reaches the origins.
    return request;
}

// policyHost gives the host as the origins know it: in lower case, without a
// port and without the dot that may end a name. '' stands for no Policy Host.
function policyHost(header) {
    if (!header || header.multiValue) {
        return '';
    }
    const host = header.value.toLowerCase().replace(/:[0-9]{0,5}$/, '').replace(/\.$/, '');
    return host.length <= MAX_HOST && POLICY_HOST.test(host) ? host : '';
}

function notFound(why) {
    return {
        statusCode: 404,
        statusDescription: 'Not Found',
        headers: {
            'cache-control': { value: 'max-age=60' },
            'content-type': { value: 'text/plain; charset=utf-8' },
            'x-content-type-options': { value: 'nosniff' },
        },
        body: { encoding: 'text', data: why },
    };
}
