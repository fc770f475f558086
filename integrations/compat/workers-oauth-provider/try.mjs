// Asks @cloudflare/workers-oauth-provider what it makes of the documents beside
// it, and prints the answers. The library is as published; what a Worker has and
// Node has not is stood in for: the module cloudflare:workers, a KV store, the
// compatibility flag, and a fetch that has the document.
import { register } from 'node:module';
import { readFileSync } from 'node:fs';

const workers = 'data:text/javascript,export class WorkerEntrypoint {}; export class DurableObject {}';
register('data:text/javascript,' + encodeURIComponent(`export async function resolve(name, context, next) {
  return name === 'cloudflare:workers' ? { url: ${JSON.stringify(workers)}, shortCircuit: true } : next(name, context);
}`));
globalThis.Cloudflare = { compatibilityFlags: { global_fetch_strictly_public: true } };

const { OAuthAuthorizationServer } = await import('@cloudflare/workers-oauth-provider');
const clientID = 'https://acme.example/mcp/client.json';

function keyValues() {
  const all = new Map();
  return {
    async get(key, as) { const v = all.get(key); return v === undefined ? null : as === 'json' || as?.type === 'json' ? JSON.parse(v) : v; },
    async getWithMetadata(key, as) { return { value: await this.get(key, as), metadata: null }; },
    async put(key, value) { all.set(key, value); },
    async delete(key) { all.delete(key); },
    async list() { return { keys: [], list_complete: true }; },
  };
}

async function ask(document, redirectURI) {
  globalThis.fetch = async () => new Response(document, { headers: { 'content-type': 'application/json' } });
  const server = new OAuthAuthorizationServer({
    issuer: 'https://auth.example', resources: ['https://mcp.example/mcp'],
    authorizeEndpoint: '/authorize', tokenEndpoint: '/token', clientIdMetadataDocumentEnabled: true,
  });
  const oauth = server.getOAuthApi({ OAUTH_KV: keyValues() });
  const url = new URL('https://auth.example/authorize');
  for (const [name, value] of Object.entries({
    response_type: 'code', client_id: clientID, redirect_uri: redirectURI, state: 'x',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', resource: 'https://mcp.example/mcp',
  })) url.searchParams.set(name, value);
  try {
    await oauth.parseAuthRequest(new Request(url));
    return { accepted: true, client: await oauth.lookupClient(clientID) };
  } catch (error) {
    return { accepted: false, error: error.description ?? error.message };
  }
}

const questions = JSON.parse(readFileSync(new URL('../questions.json', import.meta.url)));
const version = JSON.parse(readFileSync(new URL('./package.json', import.meta.url))).dependencies['@cloudflare/workers-oauth-provider'];
const answers = [];
console.warn = () => {};
for (const { document, redirect_uri, bytes = 0 } of questions) {
  const text = readFileSync(new URL(`../documents/${document}.json`, import.meta.url), 'utf8').padEnd(bytes);
  answers.push({ document, redirect_uri, ...(bytes && { bytes }), ...(await ask(text, redirect_uri)) });
}
console.log(JSON.stringify({ peer: '@cloudflare/workers-oauth-provider', version, answers }, null, 2));
