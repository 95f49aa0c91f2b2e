// The dispatch board: live, and moved by pointer or by keyboard. The server draws every part and knows it by a mark; this
// page asks only for those that it has otherwise, and puts them in place keeping the focus, what is selected and what
// is lifted. A move is always shown in the panel with what it changes before anything is done: dragging, the arrow keys
// and the links lead to the same panel, which is the server's own form.

const page = document.querySelector('[data-board]')
const panel = document.querySelector('[data-panel]')
const rounds = document.querySelector('[data-rounds]')
const jobs = document.getElementById('jobs')
const DRAG_AFTER_PX = 6

const say = words => {
  const status = document.querySelector('[data-board-says]')
  if (status) status.textContent = words
}

// --- live -------------------------------------------------------------------------------------------------------------

const text = page.querySelector('[data-live-text]')
const pause = page.querySelector('[data-live-pause]')
let paused = false
let known = null
let waiting = false
let loading = false
let sending = false // a move is on its way: its answer brings what is new, and news meanwhile would bring it twice

for (const element of page.querySelectorAll('[data-without-script]')) element.hidden = true
for (const element of document.querySelectorAll('[data-needs-script]')) element.hidden = false

pause.addEventListener('click', () => {
  paused = !paused
  pause.textContent = paused ? 'Resume updates' : 'Pause updates'
  page.classList.toggle('dispatch-live--paused', paused)
  text.textContent = paused ? 'Paused' : 'Live'
  if (!paused && waiting) refresh()
})

connect()
// What is due gets late without anything happening.
setInterval(refresh, 60000)

function connect () {
  const source = new EventSource(page.dataset.stream)
  source.addEventListener('open', () => { if (!paused) text.textContent = 'Live' })
  source.addEventListener('error', () => {
    if (!paused) text.textContent = 'Connecting again'
    // The browser comes back by itself, but not after a refusal (too many live pages): then this page asks.
    if (source.readyState === EventSource.CLOSED) {
      refresh()
      setTimeout(connect, 10000)
    }
  })
  source.addEventListener('state', event => {
    const revision = JSON.parse(event.data).revision
    const isNews = known !== null && revision !== known
    known = revision
    if (isNews) refresh()
  })
}

function marks () {
  return [...document.querySelectorAll('[data-live-part]')].map(part => `${part.id}=${part.dataset.mark}`).join(';')
}

async function refresh () {
  // A job that is lifted stays where the supervisor has it in mind until it is put down.
  if (paused || loading || sending || lifted || dragging) {
    waiting = true
    return
  }
  await load()
}

async function load () {
  loading = true
  waiting = false
  try {
    const answer = await fetch(page.dataset.live, { headers: { Accept: 'text/html', 'X-Known-Parts': marks() } })
    if (answer.ok && !answer.redirected) {
      put(await answer.text())
      text.textContent = `Live, updated ${new Date().toLocaleTimeString('en-GB')}`
    }
  } catch {
    text.textContent = 'Connecting again'
  } finally {
    loading = false
    catchUp()
  }
}

function catchUp () {
  if (waiting && !paused && !lifted && !dragging) refresh()
}

// Everything is put in place before anything is asked of the layout, so that it is worked out once.
function put (html) {
  const fresh = document.createElement('template')
  fresh.innerHTML = html
  const told = fresh.content.querySelector('[data-told]')?.dataset.told
  const active = document.activeElement
  const focusedId = active?.id
  const focusedLink = active?.getAttribute?.('href')
  let again = null
  const ids = fresh.content.querySelector('[data-parts]')?.dataset.parts.split(' ')
  if (ids) keepRows(ids)
  for (const next of fresh.content.querySelectorAll('[data-mark]')) {
    const part = document.getElementById(next.id)
    if (!part) continue
    const held = part.contains(active)
    const selected = new Set([...part.querySelectorAll('input[name=job]:checked')].map(box => box.id))
    part.replaceChildren(...next.childNodes)
    part.dataset.mark = next.dataset.mark
    for (const id of selected) {
      const box = document.getElementById(id)
      if (box) box.checked = true
    }
    for (const element of part.querySelectorAll('[data-needs-script]')) element.hidden = false
    const stops = part.querySelector('[data-stops]')
    if (stops) rove(stops)
    if (held) again = part
  }
  // A stop that went from one round to another is there only after the last part is in place.
  const isStop = focusedId?.startsWith('stop-')
  if (again || (isStop && document.activeElement?.id !== focusedId)) {
    const same = focusedId && document.getElementById(focusedId)
    const alike = again && ((focusedLink && again.querySelector(`a[href="${CSS.escape(focusedLink)}"]`)) || again.querySelector('a'))
    ;(same || alike)?.focus({ preventScroll: true })
  }
  countSelected()
  return told || ''
}

// Rounds come and go with the depot that is looked at.
function keepRows (ids) {
  const rows = document.querySelector('[data-rows]')
  if (!rows) return
  const wanted = ids.filter(id => id.startsWith('round-'))
  for (const row of [...rows.children]) if (!wanted.includes(row.id)) row.remove()
  wanted.forEach((id, number) => {
    let row = document.getElementById(id)
    if (!row) {
      row = document.createElement('div')
      row.id = id
      row.className = 'round'
      row.setAttribute('role', 'listitem')
      Object.assign(row.dataset, { livePart: '', round: id.slice('round-'.length), mark: '' })
    }
    if (rows.children[number] !== row) rows.insertBefore(row, rows.children[number] || null)
  })
}

// --- filters ----------------------------------------------------------------------------------------------------------

const filter = document.querySelector('[data-filter]')
filter.addEventListener('submit', event => {
  event.preventDefault()
  const chosen = new URLSearchParams([...new FormData(filter)].filter(([, value]) => value.trim()))
  history.pushState(null, '', `${filter.getAttribute('action')}?${chosen}`)
  page.dataset.live = `${page.dataset.live.split('?')[0]}?${chosen}`
  filter.querySelector('.dispatch-filter__clear').hidden = !chosen.toString()
  const kept = jobs.querySelector('[data-kept-filters]')
  kept?.replaceChildren(...[...chosen].map(([name, value]) => Object.assign(document.createElement('input'), { type: 'hidden', name, value })))
  load().then(() => say('Filtered.'))
})
window.addEventListener('popstate', () => window.location.reload())

// --- selecting many ---------------------------------------------------------------------------------------------------

jobs.addEventListener('change', countSelected)
jobs.addEventListener('click', event => {
  const button = event.target.closest('[data-select-all]')
  if (!button) return
  const boxes = [...button.closest('[data-group]').querySelectorAll('input[name=job]')]
  const all = boxes.every(box => box.checked)
  for (const box of boxes) box.checked = !all
  countSelected()
})
countSelected()

function countSelected () {
  const status = jobs.querySelector('[data-selected-count]')
  if (!status) return
  const count = jobs.querySelectorAll('input[name=job]:checked').length
  const words = count === 0 ? 'None selected' : `${count} selected`
  if (status.textContent !== words) status.textContent = words
}

// --- the stops by keyboard ----------------------------------------------------------------------------------------------

// Each round is one stop of the Tab key; the arrow keys go on from there, so that 500 stops are not 500 presses.
function rove (stops) {
  const links = stops.querySelectorAll('a.stop__link')
  const current = [...links].find(link => link.tabIndex === 0 && link === document.activeElement)
  links.forEach((link, number) => { link.tabIndex = (current ? link === current : number === 0) ? 0 : -1 })
}

function roundOf (element) {
  return element.closest('[data-round]')
}

function linksOf (round) {
  return [...round.querySelectorAll('a.stop__link')]
}

function reach (link) {
  if (!link) return
  for (const other of linksOf(roundOf(link))) other.tabIndex = other === link ? 0 : -1
  link.focus()
  link.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

function nextRound (round, step, withStops) {
  let next = round
  do {
    next = step > 0 ? next.nextElementSibling : next.previousElementSibling
  } while (next && withStops && linksOf(next).length === 0)
  return next
}

let lifted = null // {link, id, name, round, place}: a job that goes where the arrow keys say
let marker = null

if (rounds) {
  for (const stops of rounds.querySelectorAll('[data-stops]')) rove(stops)
  rounds.addEventListener('keydown', walk)
}
document.addEventListener('keydown', event => {
  const link = event.target.closest?.('[data-move]')
  if (link && event.key === ' ' && !lifted) {
    event.preventDefault()
    lift(link)
  } else if (lifted && !panel?.open) {
    steer(event)
  }
})

function walk (event) {
  const link = event.target.closest('a.stop__link')
  if (!link || lifted) return
  const round = roundOf(link)
  const links = linksOf(round)
  const number = links.indexOf(link)
  const go = {
    ArrowLeft: () => links[number - 1],
    ArrowRight: () => links[number + 1],
    Home: () => links[0],
    End: () => links[links.length - 1],
    ArrowUp: () => beside(nextRound(round, -1, true), number),
    ArrowDown: () => beside(nextRound(round, 1, true), number)
  }[event.key]
  if (!go || event.altKey || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  reach(go())
}

function beside (round, number) {
  const links = round ? linksOf(round) : []
  return links[Math.min(number, links.length - 1)]
}

function lift (link) {
  const round = roundOf(link) || rounds.querySelector('[data-round]')
  if (!round) return
  lifted = { link, id: link.dataset.move, name: link.dataset.name, round, place: Number(link.closest('[data-place]')?.dataset.place ?? 0) }
  link.classList.add('stop__link--lifted')
  show()
}

function steer (event) {
  if (event.key === 'Escape') {
    event.preventDefault()
    drop()
    say('Put back. Nothing was done.')
    return
  }
  if (event.key === 'Enter') {
    event.preventDefault()
    const { id, round, place } = lifted
    drop()
    ask(id, round.dataset.round, place)
    return
  }
  if (event.key === 'Tab') {
    drop()
    return
  }
  const places = placesOf(lifted.round).length
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
  const over = { ArrowUp: -1, ArrowDown: 1 }[event.key]
  if (step === undefined && over === undefined) return
  event.preventDefault()
  if (step) lifted.place = Math.min(Math.max(0, lifted.place + step), places)
  if (over) {
    lifted.round = nextRound(lifted.round, over, false) || lifted.round
    lifted.place = Math.min(lifted.place, placesOf(lifted.round).length)
  }
  show()
}

// The stops of a round before which something can be put, without the one that is on its way.
function placesOf (round) {
  return [...round.querySelectorAll('[data-place]')]
    .filter(stop => !lifted || !stop.querySelector(`[data-move="${lifted.id}"]`))
    .sort((one, other) => one.dataset.place - other.dataset.place)
}

function show () {
  const { round, place, name } = lifted
  const before = placesOf(round)[place]
  point(round, before)
  const crew = round.querySelector('.round__name').textContent.trim()
  const where = before ? `before ${before.querySelector('.stop__place').textContent}` : 'last'
  say(`${name}: ${crew}, ${where}. Enter shows what it changes, Escape puts it back.`)
}

// The mark that shows where a job would go: one element that moves, so that nothing else is laid out anew.
function point (round, before) {
  if (!marker) {
    marker = document.createElement('li')
    marker.className = 'stop stop--here'
    marker.setAttribute('aria-hidden', 'true')
  }
  for (const old of rounds.querySelectorAll('.round--here')) if (old !== round) old.classList.remove('round--here')
  round.classList.add('round--here')
  const stops = round.querySelector('[data-stops]')
  if (stops) stops.insertBefore(marker, before && before.parentNode === stops ? before : null)
  else marker.remove()
  if (!dragging) round.scrollIntoView({ block: 'nearest' })
}

function drop () {
  lifted?.link.classList.remove('stop__link--lifted')
  lifted = null
  marker?.remove()
  for (const round of document.querySelectorAll('.round--here')) round.classList.remove('round--here')
  if (waiting && !paused) refresh()
}

// --- the stops by pointer -------------------------------------------------------------------------------------------------

let dragging = null
let justDragged = false

if (panel && rounds) {
  document.addEventListener('pointerdown', event => {
    const link = event.target.closest('[data-move]')
    if (!link || event.button !== 0 || event.pointerType === 'touch') return
    dragging = { link, x: event.clientX, y: event.clientY, moved: false }
  })
  document.addEventListener('pointermove', event => {
    if (!dragging) return
    if (!dragging.moved && Math.hypot(event.clientX - dragging.x, event.clientY - dragging.y) < DRAG_AFTER_PX) return
    if (!dragging.moved) {
      dragging.moved = true
      lifted = { link: dragging.link, id: dragging.link.dataset.move, name: dragging.link.dataset.name, round: null, place: 0 }
      dragging.link.classList.add('stop__link--lifted')
      document.body.classList.add('is-dragging')
    }
    const under = document.elementFromPoint(event.clientX, event.clientY)
    const round = under && under.closest('[data-round]')
    if (!round) return
    const places = placesOf(round)
    const stops = places.map(stop => stop.getBoundingClientRect())
    // The first stop that lies after the pointer, in reading order, because rounds wrap.
    const place = stops.findIndex(box => event.clientY < box.top || (event.clientY <= box.bottom && event.clientX < box.left + box.width / 2))
    lifted.round = round
    lifted.place = place < 0 ? places.length : place
    point(round, places[lifted.place])
  })
  document.addEventListener('pointerup', () => {
    const was = dragging
    dragging = null
    if (!was?.moved) return
    document.body.classList.remove('is-dragging')
    // The click that follows is the end of the drag, not a wish to open the stop.
    justDragged = true
    setTimeout(() => { justDragged = false }, 0)
    const { id, round, place } = lifted
    drop()
    if (round) ask(id, round.dataset.round, place)
  })
  document.addEventListener('pointercancel', () => {
    dragging = null
    document.body.classList.remove('is-dragging')
    drop()
  })
  document.addEventListener('dragstart', event => {
    if (event.target.closest?.('[data-move]')) event.preventDefault()
  })
  document.addEventListener('click', event => {
    const link = event.target.closest('[data-move]')
    if (!link) return
    if (justDragged) {
      event.preventDefault()
    } else if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault()
      open(link.getAttribute('href'), link.dataset.move)
    }
  })
}

// --- the panel: what a move changes, and the confirmation ------------------------------------------------------------------

let moving = null // the job that the panel is about
const asPart = { Accept: 'text/html', 'X-Part': 'move' }

function ask (id, crewId, place) {
  const query = new URLSearchParams({ crew_id: crewId, place })
  open(`/dispatch/jobs/${encodeURIComponent(id)}/move?${query}`, id)
}

async function open (address, id) {
  moving = id
  try {
    const answer = await fetch(address, { headers: asPart })
    if (answer.redirected || answer.status === 404) throw new Error('gone')
    fill(await answer.text())
  } catch {
    // The page itself says what is wrong.
    window.location.assign(address)
  }
}

function fill (html) {
  panel.innerHTML = html
  if (!panel.open) panel.showModal()
  const first = panel.querySelector('.govuk-error-summary, .govuk-warning-text') ||
    panel.querySelector('[data-move-confirm] button') || panel.querySelector('#move-heading')
  if (first && !first.matches('button')) first.tabIndex = -1
  first?.focus()
}

if (panel) {
  panel.addEventListener('submit', async event => {
    event.preventDefault()
    const form = event.target
    if (form.matches('[data-move-choose]')) {
      open(`${form.getAttribute('action')}?${new URLSearchParams(new FormData(form))}`, moving)
      return
    }
    if (!form.matches('[data-move-confirm]')) return
    if (form.dataset.sent) return
    form.dataset.sent = 'yes'
    sending = true
    try {
      const query = page.dataset.live.split('?')[1] || ''
      const answer = await fetch(`${form.getAttribute('action')}?${query}`, {
        method: 'POST',
        body: new FormData(form),
        headers: { ...asPart, 'X-Known-Parts': marks() }
      })
      const html = await answer.text()
      if (answer.ok && !answer.redirected) moved(html)
      else fill(html)
    } catch {
      delete form.dataset.sent
      say('The move could not be sent. Try again.')
    } finally {
      sending = false
      catchUp()
    }
  })
  panel.addEventListener('click', event => {
    const link = event.target.closest('a[data-move-link]')
    if (link) {
      event.preventDefault()
      open(link.getAttribute('href'), moving)
    }
    if (event.target.closest('[data-panel-close]')) panel.close()
  })
  panel.addEventListener('change', event => {
    // Another crew has other places: they are shown with what it would change there.
    const form = event.target.closest('[data-move-choose]')
    if (form && event.target.name === 'crew_id') form.querySelector('[name=place]')?.remove()
  })
  panel.addEventListener('close', () => {
    if (!moving) return
    const link = document.getElementById(`stop-${moving}`) || document.getElementById(`row-${moving}`)
    moving = null
    if (link) link.matches('.stop__link') ? reach(link) : link.focus()
  })
}

// The answer has the rounds; lists and map follow with the news.
function moved (html) {
  const told = put(html)
  waiting = true
  panel.close()
  say(told)
}
