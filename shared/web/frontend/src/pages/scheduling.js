// A plan that is being worked out: shown when it is there. On the crew's phone: where it is now.

if (document.querySelector('[data-awaiting]')) awaitPlan()

const here = document.querySelector('[data-here]')
if (here) useLocation(here)

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
