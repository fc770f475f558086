// Starts Ory Hydra on loopback, in memory, and prints what it makes of the
// documents beside it: it reads none by URL, so their members are registered
// (RFC 7591). HYDRA names the program, such as one that go build makes of
// github.com/ory/hydra/v2 at the version in answers.json.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const program = process.env.HYDRA;
if (!program) throw new Error('HYDRA=PROGRAM names the hydra to ask');

const freePort = () => new Promise((found) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => found(port));
  });
});
const [open, admin] = [await freePort(), await freePort()];
const origin = `http://127.0.0.1:${open}`;
const dir = mkdtempSync(join(tmpdir(), 'hydra-'));
writeFileSync(join(dir, 'hydra.json'), JSON.stringify({
  dsn: 'memory', log: { level: 'error' }, secrets: { system: ['only-for-this-run-only-for-this-run'] },
  serve: { public: { host: '127.0.0.1', port: open }, admin: { host: '127.0.0.1', port: admin } },
  urls: { self: { issuer: origin }, login: 'https://login.example/', error: 'https://error.example/' },
  oidc: { dynamic_client_registration: { enabled: true } },
}));
const hydra = spawn(program, ['serve', 'all', '--dev', '--sqa-opt-out', '--config', join(dir, 'hydra.json')], { stdio: 'ignore' });

// register posts the members of a document, with its client_id or without.
async function register(members) {
  const response = await fetch(origin + '/oauth2/register', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(members) });
  return { status: response.status, body: await response.json() };
}

// authorize reports whether a redirect URI is accepted: then the user is sent to
// log in.
async function authorize(clientID, redirectURI) {
  const url = new URL(origin + '/oauth2/auth');
  for (const [name, value] of Object.entries({ response_type: 'code', client_id: clientID, redirect_uri: redirectURI, state: 'long-enough-a-state' })) url.searchParams.set(name, value);
  const to = new URL((await fetch(url, { redirect: 'manual' })).headers.get('location'));
  return to.host === 'login.example' ? { accepted: true } : { accepted: false, error: to.searchParams.get('error') };
}

// kept keeps of an answer what was asked for, and what the server added to it.
function kept(body, asked) {
  const names = new Set([...Object.keys(asked), 'scope', 'contacts']);
  return Object.fromEntries(Object.entries(body).filter(([name]) => names.has(name)));
}

try {
  for (let i = 0; ; i++) {
    try { if ((await fetch(origin + '/health/ready')).ok) break; } catch (error) { if (i > 300) throw error; }
    await pause(100);
  }
  const answers = [];
  for (const { document, redirect_uri, bytes } of JSON.parse(readFileSync(new URL('../questions.json', import.meta.url)))) {
    if (bytes) continue; // it reads no document
    const { client_id, ...members } = JSON.parse(readFileSync(new URL(`../documents/${document}.json`, import.meta.url)));
    const whole = await register({ client_id, ...members });
    const got = await register(members);
    const refused = ({ status, body }) => ({ status, error: body.error, error_description: body.error_description });
    const answer = { document, redirect_uri, with_client_id: whole.status < 300 ? { status: whole.status, kept: whole.body.client_id === client_id } : refused(whole) };
    if (got.status >= 300) answers.push({ ...answer, accepted: false, without_client_id: refused(got) });
    else answers.push({ ...answer, ...(await authorize(got.body.client_id, redirect_uri)), client: kept(got.body, members) });
  }
  const version = /ory\/hydra\/v2\s+(v\S+)/.exec(execFileSync('go', ['version', '-m', program], { encoding: 'utf8' }))[1];
  console.log(JSON.stringify({ peer: 'Ory Hydra', version, answers }, null, 2));
} finally {
  hydra.kill();
  rmSync(dir, { recursive: true });
}
