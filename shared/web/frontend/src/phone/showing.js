// Puts what the phone knows and the office does not over the pages as they came: what is begun or done here and not sent
// yet, how much that is, and what the office had to say about what was sent.
import * as records from './records.js'

const WORDS = {
  arrive: 'Arrived',
  start: 'Started',
  finish: 'Finished',
  exception: 'Told the supervisor',
  found: 'Found a tip',
  tip: 'Tipped the load',
  check: 'Vehicle check',
  break: 'Break',
  shift: 'Shift started',
  end: 'Shift ended',
  'hand-over': 'Handed to the supervisor'
}
const STATUS = {
  sending: 'Sending',
  offline: 'No network',
  'signed-out': 'Sign in to send',
  'other-crew': 'Another crew’s work is on this phone: sign in as that crew to send it'
}
const ENDS_STOP = new Set(['finish', 'exception'])

function isUnsent (record) {
  return record.state === 'waiting' || record.state === 'refused'
}

function endsStop (record) {
  return ENDS_STOP.has(record.kind) && record.state !== 'refused'
}

export function clock (milliseconds) {
  return new Date(milliseconds).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'Europe/London' })
}

export async function showCount (bar, result) {
  const unsent = (await records.all()).filter(isUnsent)
  const refused = unsent.filter(record => record.state === 'refused').length
  bar.querySelector('[data-unsent]').textContent = String(unsent.length)
  bar.classList.toggle('phone-bar--waiting', unsent.length > 0)
  bar.querySelector('[data-send-now]').hidden = unsent.length === refused
  const words = refused
    ? `${refused} need${refused === 1 ? 's' : ''} you`
    : unsent.length ? STATUS[result] ?? '' : navigator.onLine ? '' : 'No network'
  const status = bar.querySelector('[data-phone-status]')
  if (status.textContent !== words) status.textContent = words
}

// A page that the office drew after an action had arrived shows it by itself; an older one needs to be told.
export async function showLocal (bar) {
  const drawnAt = Date.parse(bar.dataset.made)
  const own = (await records.all()).filter(record => record.crew === bar.dataset.crew && record.state !== 'draft')
  const news = own.filter(record => record.state !== 'sent' || Date.parse(record.takenAt) > drawnAt)
  const byJob = Map.groupBy ? Map.groupBy(news, record => record.job) : grouped(news)
  for (const [job, done] of byJob) {
    if (!job) continue
    showOnList(job, done)
    showOnStop(job, done)
  }
  // What was refused has not happened yet: its form stays where it can be corrected.
  const happened = news.filter(record => record.state !== 'refused')
  const has = kind => happened.some(record => record.kind === kind)
  const reminder = document.querySelector('[data-check-reminder]')
  if (reminder && has('check')) reminder.hidden = true
  const turns = happened.filter(record => record.kind === 'shift' || record.kind === 'end')
  if (turns.length) {
    const isOn = turns.at(-1).kind === 'shift'
    document.querySelectorAll('[data-with-shift]').forEach(part => { part.hidden = !isOn })
    document.querySelectorAll('[data-without-shift]').forEach(part => { part.hidden = isOn })
  }
  const breaks = happened.filter(record => record.kind === 'break')
  const rest = document.querySelector('form[data-act=break]')
  if (rest && breaks.length) {
    const isOn = new Map(breaks.at(-1).fields).get('on') !== 'no'
    rest.querySelector('[name=on]').value = isOn ? 'no' : 'yes'
    rest.querySelector('button').textContent = isOn ? 'End the break' : 'Take a break'
  }
  for (const part of document.querySelectorAll('[data-left]')) {
    const done = byJob.get(part.dataset.left) ?? []
    if (done.some(endsStop)) part.remove()
  }
}

export async function showMessages (bar) {
  const told = (await records.all()).filter(record => record.state === 'sent' && record.words && !record.isRead)
  document.querySelectorAll('[data-message]').forEach(old => old.remove())
  for (const record of told) {
    const message = document.createElement('div')
    message.className = 'phone-warning'
    message.dataset.message = record.id
    message.setAttribute('role', 'status')
    const words = document.createElement('p')
    words.className = 'phone-message'
    words.textContent = `${WORDS[record.kind] ?? 'Action'}, ${clock(record.occurred)}. ${record.words}`
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'govuk-button govuk-button--secondary phone-message__button'
    button.textContent = 'I have read it'
    button.addEventListener('click', async () => {
      await records.put({ ...record, isRead: true })
      message.remove()
    })
    message.append(words, button)
    bar.after(message)
  }
}

export async function showRecords (page, { handOver }) {
  const every = await records.all()
  const unsent = every.filter(isUnsent)
  const sent = every.filter(record => record.state === 'sent').reverse()
  page.querySelector('[data-without-records]')?.toggleAttribute('hidden', unsent.length > 0)
  fill(page.querySelector('[data-records]'), unsent, handOver)
  fill(document.querySelector('[data-sent]'), sent, handOver)
  document.querySelector('[data-sent-heading]').hidden = sent.length === 0
}

function fill (list, shown, handOver) {
  list.replaceChildren(...shown.map(record => {
    const item = document.getElementById('record').content.cloneNode(true).firstElementChild
    item.querySelector('[data-what]').textContent = [WORDS[record.kind] ?? 'Action', record.label].filter(Boolean).join(': ')
    const photos = record.state === 'sent' ? '' : photosWords(record.files.length)
    item.querySelector('[data-when]').textContent =
      `${clock(record.occurred)}${photos} · ${record.state === 'sent' ? 'sent' : record.state === 'refused' ? 'not taken' : 'waiting for the network'}`
    const why = item.querySelector('[data-why]')
    const words = record.state === 'refused' ? Object.values(record.errors).flat().join(' ') : record.words
    why.hidden = !words
    why.textContent = words ?? ''
    if (record.state === 'refused') {
      item.querySelector('[data-ways]').hidden = false
      item.querySelector('[data-correct]').href = `${record.page}#record=${record.id}`
      item.querySelector('[data-correct]').hidden = !record.page
      item.querySelector('[data-hand-over]').addEventListener('click', () => handOver(record))
    } else item.querySelector('[data-ways]').remove()
    return item
  }))
}

function photosWords (count) {
  return count === 0 ? '' : ` · ${count} photo${count === 1 ? '' : 's'}`
}

function showOnList (job, done) {
  const item = document.querySelector(`.phone-stop[data-job="${CSS.escape(job)}"]`)
  if (!item) return
  const last = done.at(-1)
  const flag = item.querySelector('[data-local]')
  flag.hidden = false
  flag.textContent = saying(last)
  item.classList.toggle('phone-stop--done-here', done.some(endsStop))
}

function showOnStop (job, done) {
  const stop = document.querySelector(`[data-stop="${CSS.escape(job)}"]`)
  if (!stop) return
  const has = kind => done.some(record => record.kind === kind && record.state !== 'refused')
  const hide = step => stop.querySelectorAll(`[data-step=${step}]`).forEach(part => { part.hidden = true })
  const words = stop.querySelector('[data-local]')
  words.hidden = false
  words.textContent = saying(done.at(-1))
  if (has('arrive')) hide('arrive')
  if (has('start')) {
    hide('start')
    stop.querySelectorAll('[data-step=finish]').forEach(part => { part.hidden = false })
  }
  if (done.some(endsStop)) ['arrive', 'start', 'finish', 'exception'].forEach(hide)
}

function saying (record) {
  const state = record.state === 'sent' ? 'sent' : record.state === 'refused' ? 'not taken: look at “Not sent”' : 'not sent yet'
  return `${WORDS[record.kind] ?? 'Noted'} ${clock(record.occurred)}, ${state}`
}

function grouped (news) {
  const groups = new Map()
  for (const record of news) groups.set(record.job, [...(groups.get(record.job) ?? []), record])
  return groups
}
