// A form of the crew's becomes a record on the phone first and goes out second. With a network the answer comes at once
// and the pages go on as they would without a script; without one the phone's own copy of them does.
import * as checking from './checking.js'
import * as records from './records.js'
import * as sending from './sending.js'

const DRAFT = 'streetscene-draft'
const PLACE_TIMEOUT_MS = 10000

export function register (bar, { afterwards }) {
  for (const form of document.querySelectorAll('form[data-act]')) {
    form.addEventListener('submit', event => {
      event.preventDefault()
      if (form.dataset.busy) return
      form.dataset.busy = 'yes'
      submit(form, bar, afterwards).finally(() => { delete form.dataset.busy })
    })
    form.addEventListener('change', event => {
      if (event.target.type === 'file' && event.target.files.length && event.target.name === 'photo') notePlace(form)
    })
  }
  restore()
}

async function submit (form, bar, afterwards) {
  const problems = checking.problems(form)
  const hasProblems = Object.keys(problems).length > 0
  if (hasProblems && !navigator.onLine) return checking.show(form, problems)
  const record = await recordOf(form, bar)
  if (form.dataset.record) await records.replace(form.dataset.record, record)
  else await records.add(record)
  // A page that is shown again, from the phone's copy or by going back, is another action.
  form.dataset.record = record.id
  navigator.storage?.persist?.()
  if (navigator.onLine) await sending.now()
  const now = await records.get(record.id)
  if (now.state === 'refused' && navigator.onLine) return askServer(form, now)
  if (now.state === 'waiting' && hasProblems) {
    await records.remove(record.id)
    delete form.dataset.record
    return checking.show(form, problems)
  }
  delete form.dataset.record
  afterwards(form, now)
}

async function recordOf (form, bar) {
  const fields = []
  const files = []
  const data = new FormData(form)
  for (const name of ['csrf_token', 'idempotency_key']) data.delete(name)
  for (const [name, value] of data) {
    if (!(value instanceof File)) fields.push([name, value])
    // Read now: a file of a camera may be gone by the time it is sent.
    else if (value.size) files.push([name, new File([await value.arrayBuffer()], value.name, { type: value.type })])
  }
  const occurred = Date.now()
  const offset = await records.note('offset') ?? 0
  return {
    id: crypto.randomUUID(),
    crew: bar.dataset.crew,
    kind: form.dataset.act,
    job: form.dataset.job ?? '',
    label: (document.querySelector('.job-title') ?? document.querySelector('.govuk-caption-l'))?.textContent.trim() ?? '',
    page: window.location.pathname + window.location.search,
    fields,
    files,
    occurred,
    occurredAt: new Date(occurred + offset).toISOString(),
    state: 'waiting'
  }
}

// The server has the words for what is wrong, at every field: its own page says them, and the photos are put back. Until
// the crew goes elsewhere the record is a draft: it is the form in front of it, not something that waits.
async function askServer (form, record) {
  await records.put({ ...record, state: 'draft' })
  window.sessionStorage.setItem(DRAFT, record.id)
  form.submit()
}

// Clears up drafts: one whose form was left is given up as any form is; one that the browser died over is kept.
async function draftInHand () {
  const id = window.sessionStorage.getItem(DRAFT)
  const isShown = document.querySelector('.govuk-error-summary') !== null
  if (!isShown) window.sessionStorage.removeItem(DRAFT)
  for (const record of await records.all()) {
    if (record.state !== 'draft' || (record.id === id && isShown)) continue
    if (record.id === id) await records.remove(id)
    else await records.put({ ...record, state: 'refused' })
  }
  return isShown ? id : null
}

// Fills a form from a record: one that is to be corrected, or one that the server has just refused.
async function restore () {
  const correcting = new URLSearchParams(window.location.hash.slice(1)).get('record')
  const id = correcting ?? await draftInHand()
  const record = id && await records.get(id)
  if (!record || !['refused', 'draft'].includes(record.state)) return
  const form = document.querySelector(`form[data-act="${CSS.escape(record.kind)}"]`)
  if (!form) return
  form.dataset.record = record.id
  for (const [name, value] of record.fields) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = field.checked || field.value === value
      else field.value = value
    }
  }
  for (const input of form.querySelectorAll('input[type=file]')) {
    const transfer = new DataTransfer()
    for (const [name, file] of record.files) if (name === input.name) transfer.items.add(file)
    if (transfer.files.length) input.files = transfer.files
  }
  if (correcting) checking.show(form, Object.fromEntries(Object.entries(record.errors).map(([name, words]) => [name, words[0]])))
}

// Where the phone is as a photo is chosen: browsers take the place out of photos. Only the distance is kept of it.
function notePlace (form) {
  navigator.geolocation?.getCurrentPosition(
    ({ coords }) => {
      put(form, 'photo_lat', coords.latitude.toFixed(6))
      put(form, 'photo_lon', coords.longitude.toFixed(6))
    },
    () => {},
    { enableHighAccuracy: true, timeout: PLACE_TIMEOUT_MS }
  )
}

function put (form, name, value) {
  let field = form.querySelector(`input[name=${name}]`)
  if (!field) {
    field = document.createElement('input')
    field.type = 'hidden'
    field.name = name
    form.append(field)
  }
  field.value = value
}
