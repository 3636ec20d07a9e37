// A real SMTP server on a free port of this machine. It prints one line of JSON for each message that it takes, the port in the first line.
// How it answers, the local part of the recipient's address says:
//   refused…  no such mailbox      later…   not now, the first two times      mute…   takes the message and says nothing
// Arguments: certificate and key (PEM files), and, if it wants to be authenticated, user name and password.
const { SMTPServer } = require('smtp-server');
const fs = require('node:fs');

const [certificate, key, user, password] = process.argv.slice(2);
const tries = new Map();
const print = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const failure = (code, text) => Object.assign(new Error(text), { responseCode: code });

const server = new SMTPServer({
  cert: fs.readFileSync(certificate),
  key: fs.readFileSync(key),
  logger: false,
  authOptional: !user,
  authMethods: ['PLAIN', 'LOGIN'],
  onAuth: (auth, session, done) =>
    auth.username === user && auth.password === password ? done(null, { user }) : done(failure(535, 'Who are you?')),
  onRcptTo: (address, session, done) => {
    const name = address.address.split('@')[0];
    const count = (tries.get(name) || 0) + 1;
    tries.set(name, count);
    if (name.startsWith('refused')) return done(failure(550, 'No such mailbox'));
    if (name.startsWith('later') && count <= 2) return done(failure(451, 'Not now'));
    done();
  },
  onData: (stream, session, done) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const to = session.envelope.rcptTo.map((address) => address.address);
      print({ from: session.envelope.mailFrom.address, to, secure: session.secure, user: session.user || '', raw: Buffer.concat(chunks).toString('base64') });
      if (!to[0].startsWith('mute')) done();
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => print({ port: server.server.address().port }));
process.stdin.on('end', () => process.exit(0)).resume();
