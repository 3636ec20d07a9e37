// An application in twenty lines: verifies what arrives, applies it, prints who is there. node receiver.cjs 3000 whsec_…
const { createHmac, timingSafeEqual } = require('crypto');

const [, , port, secret] = process.argv;
const users = new Map();

require('http').createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part)).on('end', () => {
    const body = Buffer.concat(parts);
    const [time, ...given] = request.headers['workos-signature'].split(', ').map((part) => part.split('=')[1]);
    const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
    const isOurs = given.some((one) => one.length === expected.length && timingSafeEqual(Buffer.from(one), Buffer.from(expected)));
    if (!isOurs || Date.now() - time > 180000) return response.writeHead(401).end();
    const { event, data, sequence } = JSON.parse(body);
    if (event === 'dsync.user.deleted') users.delete(data.id);
    else if (event.startsWith('dsync.user.')) users.set(data.id, data);
    console.log(sequence, event, [...users.values()].map((user) => user.email).join(' '));
    return response.writeHead(200).end();
  });
}).listen(Number(port), '127.0.0.1');
