// Sends what was written down, one after another in its order, as often as it takes. The server takes each action once,
// by its id, so an answer that was lost costs nothing. Only network trouble stops the line; a refusal does not.
import * as records from './records.js'

const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 60000
const ASK_TIMEOUT_MS = 8000
const SEND_TIMEOUT_MS = 60000

let pause = FIRST_PAUSE_MS
let timer = null
let running = null
let listener = () => {}

export function whenChanged (call) {
  listener = call
}

// Asks what the round is, who is signed in, the council's time and a token; null without a network or a sign-in.
export async function askRound () {
  const sentAt = Date.now()
  const answer = await fetch('/crew/round', {
    headers: { Accept: 'application/json' },
    cache: 'no-store',
    signal: AbortSignal.timeout?.(ASK_TIMEOUT_MS)
  })
  const isOurs = answer.ok && !answer.redirected && (answer.headers.get('Content-Type') ?? '').includes('json')
  if (!isOurs) return { signedOut: answer.redirected || answer.status === 401 || answer.status === 403 }
  const round = await answer.json()
  // The council's clock is the one that counts; the phone's own may be wrong, or the city a demonstration.
  await records.putNote('offset', Date.parse(round.now) - (sentAt + Date.now()) / 2)
  return round
}

// Sends all that waits, unless it is being done already; says 'sent', 'waiting', 'offline' or 'signed-out'.
export function send () {
  running ??= sendAll().finally(() => { running = null })
  return running
}

export function soon (milliseconds = pause) {
  clearTimeout(timer)
  timer = setTimeout(send, milliseconds)
}

export function now () {
  pause = FIRST_PAUSE_MS
  return send()
}

async function sendAll () {
  // Two tabs of one phone must not send side by side: the order would be lost.
  if (!navigator.locks) return sendLine()
  return navigator.locks.request('streetscene-sending', sendLine)
}

async function sendLine () {
  clearTimeout(timer)
  const waiting = (await records.all()).filter(record => record.state === 'waiting')
  if (!waiting.length) {
    listener('sent')
    return 'sent'
  }
  listener('sending')
  try {
    const round = await askRound()
    if (!round.csrf) return await later(round.signedOut ? 'signed-out' : 'offline')
    const own = waiting.filter(record => record.crew === round.crew)
    for (const record of own) await sendOne(record, round.csrf)
    pause = FIRST_PAUSE_MS
    const result = own.length < waiting.length ? 'other-crew' : 'sent'
    listener(result)
    return result
  } catch {
    return later('offline')
  }
}

async function sendOne (record, token) {
  const body = new FormData()
  for (const [name, value] of record.fields) body.append(name, value)
  for (const [name, file] of record.files) body.append(name, file, file.name || 'photo')
  body.set('kind', record.kind)
  body.set('job_id', record.job ?? '')
  body.set('idempotency_key', record.id)
  body.set('occurred_at', record.occurredAt)
  const answer = await fetch('/crew/actions', {
    method: 'POST',
    body,
    headers: { Accept: 'application/json', 'X-CSRFToken': token },
    signal: AbortSignal.timeout?.(SEND_TIMEOUT_MS)
  })
  // Too large, or an address that forbids it, is the same tomorrow: the crew is told. All else is worth another try.
  if (answer.status === 413) {
    return refuse(record, { photo: ['The photos are too large together. Take them at a lower resolution.'] })
  }
  if (!answer.ok || answer.redirected) throw new Error(`answered with ${answer.status}`)
  const told = await answer.json()
  if (told.result === 'refused') return refuse(record, told.errors)
  await records.put({ ...record, state: 'sent', files: [], words: told.words, next: told.next, takenAt: told.taken_at })
}

async function refuse (record, errors) {
  await records.put({ ...record, state: 'refused', errors })
}

async function later (result) {
  pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  soon()
  listener(result)
  return result
}
