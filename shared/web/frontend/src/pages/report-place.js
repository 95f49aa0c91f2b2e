// "Use my location" on the question of the place: fills the form's position, and says in words what it found.
const root = document.querySelector('[data-locate]')

if (root && 'geolocation' in navigator) {
  const button = root.querySelector('[data-locate-button]')
  const answer = root.querySelector('[data-locate-answer]')
  const lat = document.querySelector('[data-locate-lat]')
  const lon = document.querySelector('[data-locate-lon]')

  const search = document.querySelector('[data-locate-search]')
  const via = document.querySelector('[data-locate-via]')
  const { finding, found: foundWords, refused, lost, slow } = root.dataset
  const failures = { 1: refused, 2: lost, 3: slow }

  const found = ({ coords }) => {
    lat.value = coords.latitude.toFixed(6)
    lon.value = coords.longitude.toFixed(6)
    via.value = 'phone'
    // What was typed and not looked up would be searched for first.
    search.value = search.form.elements.searched.value
    // A place chosen earlier would win over the position.
    for (const radio of document.querySelectorAll('input[name="place_id"]')) radio.checked = false
    const metres = Math.max(5, Math.round(coords.accuracy / 5) * 5)
    answer.textContent = foundWords.replace('{metres}', metres)
    button.disabled = false
  }

  const failed = error => {
    answer.textContent = failures[error.code] || failures[2]
    button.disabled = false
  }

  button.addEventListener('click', () => {
    button.disabled = true
    answer.textContent = finding
    navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 })
  })

  // Choosing a place takes the position back.
  for (const radio of document.querySelectorAll('input[name="place_id"]')) {
    radio.addEventListener('change', () => {
      lat.value = ''
      lon.value = ''
      via.value = ''
      answer.textContent = ''
    })
  }
} else if (root) {
  root.remove()
}
