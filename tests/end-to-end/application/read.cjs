// Reads all that an application can: the library is the hosted product's own, only the address is another.
const { WorkOS } = require('@workos-inc/node');

const [, , address, key, directory] = process.argv;
const url = new URL(address);
const workos = new WorkOS(key, { apiHostname: url.hostname, port: Number(url.port), https: false });

async function all(list) {
  const found = [];
  for (let page = await list({}); ; page = await list({ after: page.listMetadata.after })) {
    found.push(...page.data);
    if (!page.listMetadata.after) {
      return found;
    }
  }
}

async function main() {
  const directories = await workos.directorySync.listDirectories({ limit: 100 });
  const users = await all((more) => workos.directorySync.listUsers({ directory, limit: 2, ...more }));
  const groups = await (await workos.directorySync.listGroups({ directory })).autoPagination();
  const types = ['dsync.activated', 'dsync.user.created', 'dsync.group.created', 'dsync.group.user_added'];
  const events = await all((more) => workos.events.listEvents({ events: types, limit: 2, ...more }));

  let refusal = null;
  try {
    await workos.directorySync.getUser('unknown');
  } catch (error) {
    refusal = `${error.name} ${error.status}`;
  }

  process.stdout.write(JSON.stringify({
    directories: directories.data,
    directory: await workos.directorySync.getDirectory(directory),
    users,
    groups,
    members: users.length === 0 ? [] : (await workos.directorySync.listUsers({ group: groups[0].id })).data,
    user: users.length === 0 ? null : await workos.directorySync.getUser(users[0].id),
    group: groups.length === 0 ? null : await workos.directorySync.getGroup(groups[0].id),
    events: events.filter((event) => (event.data.directoryId ?? event.data.id) === directory),
    refusal,
  }));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
