// A second maker of statements. It knows the test vectors' README and this file, and
// signs with npm jose and Node's crypto: what it makes is compared with what
// testvectors/internal/gen made. It reads one line from standard input, an object of
// vectors' ids and their statements, and answers with one line: for each statement
// below its id, the statement as made here, and whether the vector's verifies.
import { createECDH, createHash, createPrivateKey } from 'node:crypto'
import { createInterface } from 'node:readline'
import { CompactSign, compactVerify, importJWK } from 'jose'

// seed returns bytes that depend on the name alone, from which a key is made.
function seed(name, length) {
  const blocks = []
  for (let i = 0; i * 32 < length; i++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(i)
    blocks.push(createHash('sha256').update('countersign test vector key ' + name).update(counter).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function ed25519(name) {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410, Section 7
  const key = createPrivateKey({ key: Buffer.concat([prefix, seed(name, 32)]), format: 'der', type: 'pkcs8' })
  return key.export({ format: 'jwk' })
}

function ec(name, crv, curve, size) {
  const ecdh = createECDH(curve)
  ecdh.setPrivateKey(seed(name, size))
  const point = ecdh.getPublicKey()
  const part = (from) => point.subarray(from, from + size).toString('base64url')
  return { kty: 'EC', crv, x: part(1), y: part(1 + size), d: seed(name, size).toString('base64url') }
}

const acme = { kid: '2026a', alg: 'EdDSA', jwk: ed25519('acme') }
const next = { kid: '2026b', alg: 'EdDSA', jwk: ed25519('acme next') }
const p256 = { kid: '2026p', alg: 'ES256', jwk: ec('acme p256', 'P-256', 'prime256v1', 32) }
const p384 = { kid: '2026s', alg: 'ES384', jwk: ec('acme p384', 'P-384', 'secp384r1', 48) }

const issued = Date.UTC(2026, 0, 1) / 1000
const expires = Date.UTC(2026, 3, 1) / 1000
const now = Date.UTC(2026, 0, 15, 12) / 1000
const year = 366 * 24 * 3600

const claims = {
  iss: 'https://acme.example',
  iat: issued,
  exp: expires,
  jti: 'acme-agent-1',
  software_id: 'acme-agent',
  client_name: 'Acme Agent',
  redirect_uris: ['https://acme.example/callback'],
}

const without = (name) => ({ stated: Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)) })
const stating = (more) => ({ stated: { ...claims, ...more } })
const headed = (more) => ({ header: more })
const redirecting = (...redirect_uris) => stating({ redirect_uris })

const statements = {
  'form/base': {},
  'signature/es256_good': { by: p256 },
  'signature/es384_named': { by: p384 },
  'dns/p256': { by: p256 },
  'dns/kid_unknown': { by: next },
  'header/alg_ed25519': headed({ alg: 'Ed25519' }),
  'header/typ_jwt': headed({ typ: 'JWT' }),
  'header/typ_at_jwt': headed({ typ: 'at+jwt' }),
  'header/typ_upper': headed({ typ: 'Software-Statement+JWT' }),
  'header/kid_dots': headed({ kid: '..' }),
  'header/kid_sql': headed({ kid: "' OR 1=1--" }),
  'header/kid_path': headed({ kid: '../../etc/passwd' }),
  'header/kid_other_case': headed({ kid: '2026A' }),
  'header/kid_non_ascii': headed({ kid: '2026ä' }),
  'header/jku_same_host': headed({ jku: 'https://acme.example/jwks.json' }),
  'header/x5u': headed({ x5u: 'https://acme.example/cert.pem' }),
  'header/x5t': headed({ x5t: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA', 'x5t#S256': 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }),
  'header/cty_jwt': headed({ cty: 'JWT' }),
  'header/member_unknown': headed({ x_build: 7 }),
  'times/exp_string': stating({ exp: '1775001600' }),
  'times/exp_null': stating({ exp: null }),
  'times/exp_leeway': stating({ exp: now - 59 }),
  'times/exp_leeway_over': stating({ exp: now - 60 }),
  'times/iat_leeway': stating({ iat: now + 60 }),
  'times/iat_leeway_over': stating({ iat: now + 61 }),
  'times/nbf_leeway': stating({ nbf: now + 60 }),
  'times/nbf_leeway_over': stating({ nbf: now + 61 }),
  'times/lifetime_366_days': stating({ exp: issued + year }),
  'times/lifetime_over': stating({ exp: issued + year + 1 }),
  'claims/exp_missing': without('exp'),
  'claims/jti_missing': without('jti'),
  'claims/software_id_missing': without('software_id'),
  'claims/client_name_missing': without('client_name'),
  'claims/redirect_uris_missing': without('redirect_uris'),
  'claims/redirect_uris_empty': redirecting(),
  'claims/redirect_uris_nested': redirecting(['https://acme.example/callback']),
  'claims/unknown_kept': stating({ x_build: { commit: 'abc' } }),
  'claims/client_name_number': stating({ client_name: 7 }),
  'claims/client_secret': stating({ client_secret: 'hunter2' }),
  'claims/jwks_symmetric': stating({ jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }),
  'claims/trust': stating({ trust: { tier: 'endorsed' } }),
  'publisher/missing': without('iss'),
  'publisher/upper_host': stating({ iss: 'https://Acme.example' }),
  'publisher/unicode': stating({ iss: 'https://äcme.example' }),
  'publisher/trailing_slash': stating({ iss: 'https://acme.example/' }),
  'metadata/redirect_foreign': redirecting('https://other.example/callback'),
  'metadata/redirect_javascript': redirecting('javascript:alert(1)'),
  'metadata/redirect_loopback': redirecting('http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'),
  'metadata/scope_good': stating({ scope: 'files:read files:write' }),
  'metadata/name_bidi': stating({ client_name: 'Acme \u202etnegA' }),
  'metadata/name_japanese': stating({ client_name: 'アクメ・エージェント' }),
  'metadata/aud_here': stating({ aud: 'https://as.example' }),
  'metadata/aud_array_of_two': stating({ aud: ['https://as.example', 'https://as.other.example'] }),
}

async function make({ by = acme, header = {}, stated = claims }) {
  const protectedHeader = { alg: by.alg, kid: by.kid, typ: 'software-statement+jwt', ...header }
  return new CompactSign(Buffer.from(JSON.stringify(stated)))
    .setProtectedHeader(protectedHeader)
    .sign(await importJWK(by.jwk, protectedHeader.alg))
}

async function verifies(statement, { by = acme, header = {} }) {
  const { d, ...key } = by.jwk
  return compactVerify(statement, await importJWK(key, header.alg ?? by.alg)).then(() => true, () => false)
}

for await (const line of createInterface({ input: process.stdin })) {
  const vectors = JSON.parse(line)
  const answers = []
  for (const [id, statement] of Object.entries(statements)) {
    answers.push({ id, statement: await make(statement), verifies: await verifies(vectors[id], statement) })
  }
  console.log(JSON.stringify(answers))
}
