// An oidc-provider on a free port of 127.0.0.1, for tests: node server.js MODE.
// It says where it listens, which is its issuer identifier, and runs until it is killed.
//
// open       registration as it is when it is switched on, and its management
// unmanaged  the same without management: what was registered stays
// storing    keeps software_statement as its documents show, without a look at it
// echoing    ignores software_statement, and repeats it in the answer
// believing  takes the claims of software_statement without verifying it
// strict     takes metadata documents; registration asks for an initial access
//            token, takes no statement, decides the scope, takes redirects of the
//            client's host, and is limited in rate
import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';

const claims = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
const refuse = (why) => { throw new errors.InvalidClientMetadata(why); };

function believe(ctx, name, statement, metadata) {
  if (statement) Object.assign(metadata, { client_name: claims(statement).client_name });
}

function judge(ctx, name, statement, metadata) {
  if (statement !== undefined) refuse('no software statement is accepted');
  if (metadata.jwks_uri) refuse('no jwks_uri is accepted');
  const own = ['127.0.0.1', 'localhost'];
  if (metadata.client_uri) own.push(new URL(metadata.client_uri).host);
  for (const uri of metadata.redirect_uris) {
    if (!own.includes(new URL(uri).hostname)) refuse('a redirect URI is of a foreign host');
  }
  metadata.scope = 'openid';
}

const validators = { storing: () => {}, believing: believe, strict: judge };
const mode = process.argv[2] ?? 'open';
const strict = mode === 'strict';
const perMinute = 18;

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    scopes: ['openid', 'offline_access', 'files.read', 'files.write', 'admin'],
    features: {
      devInteractions: { enabled: true },
      clientIdMetadataDocument: { enabled: strict, ack: 'draft-02' },
      registration: { enabled: true, initialAccessToken: strict ? process.env.INITIAL_ACCESS_TOKEN : false },
      registrationManagement: { enabled: mode !== 'unmanaged' },
    },
    extraClientMetadata: validators[mode] && { properties: ['software_statement'], validator: validators[mode] },
  });
  if (strict) {
    let registered = 0;
    setInterval(() => { registered = 0; }, 60_000).unref();
    provider.use(async (ctx, next) => {
      if (ctx.method === 'POST' && ctx.path === '/reg' && (registered += 1) > perMinute) {
        ctx.status = 429;
        return;
      }
      await next();
    });
  }
  if (mode === 'echoing') {
    provider.use(async (ctx, next) => {
      await next();
      if (ctx.method === 'POST' && ctx.path === '/reg') {
        ctx.body = { ...ctx.body, software_statement: ctx.oidc.body.software_statement };
      }
    });
  }
  server.on('request', provider.callback());
  console.log(`listening on ${issuer}`);
});
