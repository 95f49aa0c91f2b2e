// The wall keeps itself up to date: each frame of the stream brings the pieces of the page, and those that differ
// replace what is shown. Pausing keeps what is shown, whatever comes in; without scripts there is a link to reload.
const live = document.querySelector('[data-live-url]')

if (live && 'EventSource' in window) {
  const status = live.querySelector('[data-live-status]')
  const time = live.querySelector('[data-live-time]')
  const toggle = live.querySelector('[data-live-toggle]')
  const reload = live.querySelector('.ops-live__reload')
  const shown = new Map()
  let source = null
  let again = null

  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/London', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', second: '2-digit'
  })

  const say = (words, kind) => {
    if (status.textContent !== words) status.textContent = words
    live.dataset.liveState = kind
  }

  // A link that has the focus keeps it, although its piece of the page is another one now.
  const replace = (part, html) => {
    if (shown.get(part) === html) return
    shown.set(part, html)
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null
    part.innerHTML = html
    if (focused === null) return
    const path = focused.split('&as_of=')[0]
    for (const link of part.querySelectorAll('a')) {
      if ((link.getAttribute('href') || '').split('&as_of=')[0] === path) {
        link.focus({ preventScroll: true })
        return
      }
    }
  }

  const show = event => {
    const state = JSON.parse(event.data)
    for (const [name, html] of Object.entries(state.parts)) {
      const part = document.querySelector(`[data-live-part="${name}"]`)
      if (part) replace(part, html)
    }
    time.textContent = clock.format(new Date(state.as_of))
    say('Live, last change', 'live')
  }

  const start = () => {
    source = new EventSource(live.dataset.liveUrl)
    source.addEventListener('open', () => say('Live, last change', 'live'))
    source.addEventListener('state', show)
    source.addEventListener('error', () => {
      say('Connecting again, last change', 'waiting')
      // The browser comes back by itself, but not after a refusal (too many live pages): then this page does.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(start, 10000)
    })
    toggle.textContent = 'Pause'
  }

  const stop = () => {
    source.close()
    source = null
    clearTimeout(again)
    say('Paused, last change', 'paused')
    toggle.textContent = 'Go on'
  }

  toggle.addEventListener('click', () => (source ? stop() : start()))
  window.addEventListener('pagehide', () => source && source.close())
  reload.hidden = true
  start()
}
