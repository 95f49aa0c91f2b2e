// The dispatch board, live: whenever something has changed the server's own parts are put in place, keeping what is
// selected and where the keyboard is. A plan that is being worked out: shown when it is there. And on the crew's phone:
// where it is now.

const board = document.querySelector('[data-board]')
if (board) live(board)

if (document.querySelector('[data-awaiting]')) awaitPlan()

const here = document.querySelector('[data-here]')
if (here) useLocation(here)

function live (board) {
  const text = board.querySelector('[data-live-text]')
  const pause = board.querySelector('[data-live-pause]')
  const form = document.getElementById('jobs')
  let paused = false
  let known = null
  let waiting = false
  let loading = false

  for (const element of board.querySelectorAll('[data-without-script]')) element.hidden = true
  form.addEventListener('change', countSelected)
  form.addEventListener('click', selectAll)
  countSelected()

  pause.addEventListener('click', () => {
    paused = !paused
    pause.textContent = paused ? 'Resume updates' : 'Pause updates'
    board.classList.toggle('dispatch-live--paused', paused)
    say(paused ? 'Paused' : 'Live')
    if (!paused && waiting) refresh()
  })

  connect()

  function connect () {
    const source = new EventSource(board.dataset.stream)
    source.addEventListener('open', () => { if (!paused) say('Live') })
    source.addEventListener('error', () => {
      if (!paused) say('Connecting again')
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

  // What is due gets late without anything happening.
  setInterval(refresh, 60000)

  async function refresh () {
    if (paused || loading) {
      waiting = true
      return
    }
    loading = true
    waiting = false
    try {
      const answer = await fetch(board.dataset.live, { headers: { Accept: 'text/html' } })
      if (answer.ok && !answer.redirected) {
        put(new DOMParser().parseFromString(await answer.text(), 'text/html'))
        say(`Live, updated ${new Date().toLocaleTimeString('en-GB')}`)
      }
    } catch {
      say('Connecting again')
    } finally {
      loading = false
      if (waiting && !paused) refresh()
    }
  }

  function put (fresh) {
    const focused = document.activeElement?.id
    const focusedLink = document.activeElement?.getAttribute?.('href')
    const selected = new Set([...form.querySelectorAll('input[name=job]:checked')].map(box => box.id))
    for (const part of document.querySelectorAll('[data-live-part]')) {
      const next = fresh.getElementById(part.id)
      if (!next || next.innerHTML === part.innerHTML) continue
      const held = part.contains(document.activeElement)
      part.innerHTML = next.innerHTML
      for (const box of part.querySelectorAll('input[name=job]')) box.checked = selected.has(box.id)
      for (const element of part.querySelectorAll('[data-needs-script]')) element.hidden = false
      if (held) {
        const again = (focused && document.getElementById(focused)) ||
          (focusedLink && part.querySelector(`a[href="${CSS.escape(focusedLink)}"]`))
        again?.focus({ preventScroll: true })
      }
    }
    countSelected()
  }

  function countSelected () {
    const count = form.querySelectorAll('input[name=job]:checked').length
    const status = form.querySelector('[data-selected-count]')
    const words = count === 0 ? 'None selected' : `${count} selected`
    if (status && status.textContent !== words) status.textContent = words
  }

  function selectAll (event) {
    const button = event.target.closest('[data-select-all]')
    if (!button) return
    const boxes = [...button.closest('[data-group]').querySelectorAll('input[name=job]')]
    const all = boxes.every(box => box.checked)
    for (const box of boxes) box.checked = !all
    countSelected()
  }

  function say (words) {
    text.textContent = words
  }
}

function awaitPlan () {
  setTimeout(async () => {
    try {
      const answer = await fetch(window.location.href, { headers: { Accept: 'text/html' } })
      if (answer.ok && !(await answer.text()).includes('data-awaiting')) {
        window.location.reload()
        return
      }
    } catch {
      // The next try may succeed; the link is there in any case.
    }
    awaitPlan()
  }, 2000)
}

function useLocation (button) {
  const status = document.querySelector('[data-here-status]')
  button.addEventListener('click', () => {
    if (!navigator.geolocation) {
      status.textContent = 'This phone can’t say where it is. Search for the street instead.'
      return
    }
    status.textContent = 'Looking for where you are'
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const address = new URL(button.dataset.here, window.location.origin)
        address.searchParams.set('lat', coords.latitude.toFixed(6))
        address.searchParams.set('lon', coords.longitude.toFixed(6))
        window.location.assign(address)
      },
      () => { status.textContent = 'The phone did not say where it is. Search for the street instead.' },
      { enableHighAccuracy: true, timeout: 15000 }
    )
  })
}
