// The crew's pages as an app: they work all shift without a network. What the crew does is written down on the phone
// first (phone/records.js), sent in the foreground (phone/sending.js), and shown until the office knows it
// (phone/showing.js); the shift's pages are kept (phone/keeping.js) and given out by crew-worker.js.
import * as forms from '../phone/forms.js'
import * as keeping from '../phone/keeping.js'
import * as records from '../phone/records.js'
import * as sending from '../phone/sending.js'
import * as showing from '../phone/showing.js'

const KEEP_EVERY_MS = 60000
const bar = document.querySelector('[data-phone]')
let lastResult = ''

if (bar && 'indexedDB' in window) begin()

async function begin () {
  showResident()
  const waited = (await records.all()).some(record => record.state === 'waiting')
  sending.whenChanged(async result => {
    lastResult = result
    await refresh()
    // The list as the office has it now; on any other page somebody may be writing.
    if (result === 'sent' && waited && window.location.pathname === '/crew') window.location.reload()
  })
  forms.register(bar, { afterwards })
  signingOut()
  placeFromAddress()
  bar.querySelector('[data-send-now]').addEventListener('click', () => sending.now().then(refresh))
  window.addEventListener('online', () => sending.now().then(keepShift))
  window.addEventListener('offline', refresh)
  document.addEventListener('visibilitychange', () => { if (!document.hidden) sending.now().then(keepShift) })
  await refresh()
  await records.forgetOldSent()
  if ('serviceWorker' in navigator && navigator.onLine) {
    // Without it everything is still written down; only the pages themselves then need a network.
    navigator.serviceWorker.register('/crew/worker.js', { scope: '/crew', updateViaCache: 'none' }).catch(() => {})
  }
  await sending.send()
  await keepShift()
  setInterval(() => { if (!document.hidden) keepShift() }, KEEP_EVERY_MS)
}

async function refresh () {
  await showing.showCount(bar, lastResult)
  await showing.showLocal(bar)
  await showing.showMessages(bar)
  const page = document.querySelector('[data-unsent-page]')
  if (page) await showing.showRecords(page, { handOver })
}

let isKeeping = false

async function keepShift () {
  if (isKeeping || !navigator.onLine) return
  isKeeping = true
  try {
    const round = await sending.askRound()
    if (round.csrf) {
      // Pages of a shift that has ended go when all that was done in it has arrived.
      const waits = (await records.all()).some(record => record.state !== 'sent' && record.crew === round.crew)
      await keeping.keep({ ...round, keeps: round.keeps || waits })
      document.documentElement.dataset.kept = 'yes'
    }
  } catch {
    // There is no network, or it went in between: what is kept already stays.
  } finally {
    isKeeping = false
  }
}

// Goes on as the server says, or, while it has not answered, as the phone can by itself.
function afterwards (form, record) {
  const own = 'stay' in form.dataset ? window.location.pathname : '/crew'
  window.location.assign(record.state === 'sent' && record.next ? record.next : own)
}

async function handOver (record) {
  const said = record.fields.filter(([name]) => !name.startsWith('refused_'))
  const words = Object.values(record.errors).flat().join(' ')
  await records.replace(record.id, {
    ...record,
    id: crypto.randomUUID(),
    kind: 'hand-over',
    fields: [...said, ['refused_kind', record.kind], ['refused_because', words]],
    errors: null,
    state: 'waiting'
  })
  await sending.now()
  await refresh()
}

// The resident's photo and words, which another service shows to crews, on the stop's own page: it is kept with it.
async function showResident () {
  const link = document.querySelector('[data-resident]')
  if (!link) return
  link.setAttribute('aria-busy', 'true')
  try {
    const answer = await fetch(link.href, { headers: { Accept: 'text/html' } })
    if (!answer.ok || answer.redirected) return
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const part = document.createElement('section')
    part.className = 'phone-resident'
    part.setAttribute('aria-labelledby', 'resident-heading')
    const heading = document.createElement('h2')
    heading.className = 'govuk-heading-m'
    heading.id = 'resident-heading'
    heading.textContent = 'From the resident'
    part.append(heading)
    const photo = page.querySelector('main img.app-photo')
    const words = page.querySelector('main dl')
    for (const piece of [photo, words]) if (piece) part.append(document.importNode(piece, true))
    link.closest('.phone-buttons').before(part)
    // Whoever stood on the link stands on what came for it, not at the top of the page.
    if (link === document.activeElement) {
      heading.tabIndex = -1
      heading.focus()
    }
    link.remove()
  } catch {
    // Not kept and no network: the link stays, and says so when it is followed.
  } finally {
    link.removeAttribute('aria-busy')
  }
}

// The kept form for a found tip was drawn for no place; the address says where the phone was.
function placeFromAddress () {
  const form = document.querySelector('form[data-act=found]')
  const asked = new URLSearchParams(window.location.search)
  if (!form || !asked.has('lat')) return
  for (const name of ['lat', 'lon']) {
    const field = form.querySelector(`[name=${name}]`)
    if (field) field.value = asked.get(name)
  }
}

// Whoever takes the phone next finds nothing of this crew's pages; what is not sent stays until the crew is back.
function signingOut () {
  const form = document.querySelector('form[action="/accounts/sign-out"]')
  form?.addEventListener('submit', async event => {
    event.preventDefault()
    const unsent = (await records.all()).filter(record => ['waiting', 'refused'].includes(record.state)).length
    if (unsent && !form.dataset.warned) {
      form.dataset.warned = 'yes'
      bar.querySelector('[data-phone-status]').textContent = 'Send these first. Press again to sign out all the same: they stay on this phone.'
      bar.scrollIntoView()
      return
    }
    await keeping.forget()
    form.submit()
  })
}
