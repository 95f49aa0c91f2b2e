// The map of the form may be as large as there is room for: where it is pressed is measured against its side.
const picture = document.querySelector('[data-pin-picture]')
const side = document.querySelector('[data-pin-side]')

if (picture && side) {
  const fit = () => {
    const room = Math.floor(Math.min(picture.parentElement.clientWidth, window.innerHeight * 0.8, 640))
    picture.width = picture.height = side.value = Math.max(room, 240)
  }
  fit()
  window.addEventListener('resize', fit)
}
