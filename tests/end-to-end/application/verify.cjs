// Verifies a webhook as an application does: body on standard input.
const { WorkOS } = require('@workos-inc/node');

const [, , secret, signature] = process.argv;
const workos = new WorkOS('sk_unused');
const body = require('fs').readFileSync(0, 'utf8');

workos.webhooks.constructEvent({ payload: JSON.parse(body), sigHeader: signature, secret })
  // Of a type that it does not know the library answers nothing, once it has verified it.
  .then((event) => process.stdout.write(JSON.stringify(event ?? { id: JSON.parse(body).id })))
  .catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
