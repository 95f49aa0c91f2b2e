// "Use my location" on the question of the place: fills the form's position, and says in words what it found.
const root = document.querySelector('[data-locate]')

if (root && 'geolocation' in navigator) {
  const button = root.querySelector('[data-locate-button]')
  const answer = root.querySelector('[data-locate-answer]')
  const lat = document.querySelector('[data-locate-lat]')
  const lon = document.querySelector('[data-locate-lon]')

  const failures = {
    1: 'Your phone or browser does not share its location with this page. Search for the street or place instead.',
    2: 'Your position could not be found. Search for the street or place instead.',
    3: 'Finding your position took too long. Try again, or search for the street or place.'
  }

  const found = ({ coords }) => {
    lat.value = coords.latitude.toFixed(6)
    lon.value = coords.longitude.toFixed(6)
    // A place chosen earlier would win over the position.
    for (const radio of document.querySelectorAll('input[name="place_id"]')) radio.checked = false
    const metres = Math.max(5, Math.round(coords.accuracy / 5) * 5)
    answer.textContent = `We have your position to about ${metres} metres. Say below where exactly it is, then continue.`
    button.disabled = false
  }

  const failed = error => {
    answer.textContent = failures[error.code] || failures[2]
    button.disabled = false
  }

  button.addEventListener('click', () => {
    button.disabled = true
    answer.textContent = 'Finding your position …'
    navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 })
  })

  // Choosing a place takes the position back.
  for (const radio of document.querySelectorAll('input[name="place_id"]')) {
    radio.addEventListener('change', () => {
      lat.value = ''
      lon.value = ''
      answer.textContent = ''
    })
  }
} else if (root) {
  root.remove()
}
