// What others make of statements, key sets and client_ids: npm jose and the WHATWG
// URL parser of Node. It reads batches from standard input, one JSON object a line
// ({"kind": …, "cases": […]}), and answers each with one line, a list with one
// answer for each case. internal/differential asks, and compares with ours.
import { createInterface } from 'node:readline'
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose'

// Go writes bytes in base64. A server decodes what it gets as UTF-8.
const text = (bytes) => Buffer.from(bytes, 'base64').toString('utf8')
// The code of a DOMException is a number that says nothing.
const fault = ({ code, name }) => ({ ok: false, fault: typeof code === 'string' ? code : name })

const sets = new Map()

function keySetOf(json) {
  if (!sets.has(json)) sets.set(json, createLocalJWKSet(JSON.parse(json)))
  return sets.get(json)
}

// statement answers whether the statement verifies with a key of the set, and what
// it then says.
async function statement({ raw, keys, algorithms, at }) {
  try {
    const { payload, protectedHeader } = await jwtVerify(text(raw), keySetOf(keys), {
      algorithms,
      clockTolerance: 60,
      currentDate: new Date(at * 1000),
      requiredClaims: ['iss', 'iat', 'exp', 'jti', 'software_id'],
    })
    const { iss, jti, software_id, client_name, iat, exp, nbf } = payload
    const { alg, kid } = protectedHeader
    return { ok: true, reading: [alg, kid, iss, jti, software_id, client_name, iat, exp, nbf].map(String) }
  } catch (error) {
    return fault(error)
  }
}

// The algorithm that a key is for where it does not say.
const usual = { OKPEd25519: 'EdDSA', 'ECP-256': 'ES256', 'ECP-384': 'ES384', RSA: 'RS256' }

// keySet answers for each key of a set with its thumbprint where, in a set of its
// own, it can be selected by its kid and used, or with why not.
async function keySet({ raw }) {
  let set
  try {
    set = JSON.parse(text(raw))
    createLocalJWKSet(set)
  } catch (error) {
    return fault(error)
  }
  const keys = []
  for (const jwk of set.keys) {
    try {
      await createLocalJWKSet({ keys: [jwk] })({ alg: jwk.alg ?? usual[`${jwk.kty}${jwk.kty === 'RSA' ? '' : jwk.crv}`], kid: jwk.kid })
      keys.push({ ok: true, thumbprint: await calculateJwkThumbprint(jwk) })
    } catch (error) {
      keys.push(fault(error))
    }
  }
  return { ok: true, keys }
}

// clientID answers how the WHATWG URL standard reads an address.
function clientID({ raw }) {
  try {
    const { href, hostname, port, pathname } = new URL(text(raw))
    return { ok: true, href, host: hostname, port, path: pathname }
  } catch (error) {
    return fault(error)
  }
}

const judges = { statement, key_set: keySet, client_id: clientID }

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { kind, cases } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(await Promise.all(cases.map(judges[kind])))}\n`)
}
