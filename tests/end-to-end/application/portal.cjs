// Makes a link to the setup portal, and asks for one that there is not.
const { WorkOS } = require('@workos-inc/node');

const [, , address, key, organization] = process.argv;
const url = new URL(address);
const workos = new WorkOS(key, { apiHostname: url.hostname, port: Number(url.port), https: false });

async function main() {
  const { link } = await workos.portal.generateLink({
    organization, intent: 'dsync', returnUrl: 'https://app.example.com/settings', successUrl: 'https://app.example.com/done',
  });

  let refusal = null;
  try {
    await workos.portal.generateLink({ organization, intent: 'sso' });
  } catch (error) {
    refusal = { name: error.name, status: error.status, message: error.message };
  }

  process.stdout.write(JSON.stringify({ link, refusal }));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
