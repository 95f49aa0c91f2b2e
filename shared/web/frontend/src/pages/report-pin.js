// The map of the form may be as large as there is room for: where it is pressed is measured against its side.
const picture = document.querySelector('[data-pin-picture]')
const side = document.querySelector('[data-pin-side]')

if (picture && side) {
  picture.width = picture.height = Math.floor(Math.max(288, Math.min(window.innerHeight * 0.8, 600)))
  // The stylesheet keeps it within the page, so its side is known when it is pressed.
  picture.addEventListener('click', () => { side.value = Math.round(picture.clientWidth) })
}
