// Painting over parts of a photo: the numbers of the form are the truth, and the boxes on the picture show and change
// them. Drawing makes a box; a box has the focus, moves by arrow keys and changes its size with Shift.

const page = document.querySelector('[data-redact]')
if (page) redact(page)

function redact (page) {
  const boxes = page.querySelector('[data-boxes]')
  const status = page.querySelector('[data-status]')
  const rows = [...page.querySelectorAll('[data-row]')]
  const SIDES = ['left', 'top', 'width', 'height']

  page.querySelector('[data-grid]').hidden = true
  page.querySelector('[data-grid]').disabled = true
  for (const name of ['boxes', 'hint', 'tools']) page.querySelector(`[data-${name}]`).hidden = false
  page.querySelector('[data-add]').addEventListener('click', () => add([40, 40, 20, 20], true))
  for (const row of rows) row.addEventListener('input', draw)
  boxes.addEventListener('pointerdown', begin)
  draw()

  function fields (row) {
    return SIDES.map(side => row.querySelector(`[id$="-${side}"]`))
  }

  function read (row) {
    const typed = fields(row).map(field => parseFloat(field.value.replace(',', '.')))
    return typed.every(Number.isFinite) ? typed : null
  }

  function write (row, values) {
    fields(row).forEach((field, index) => { field.value = values ? String(Math.round(values[index] * 10) / 10) : '' })
  }

  function draw () {
    const focused = document.activeElement?.dataset?.part
    boxes.replaceChildren()
    rows.forEach((row, index) => {
      const values = read(row)
      if (!values) return
      const box = document.createElement('button')
      box.type = 'button'
      box.className = 'app-redact__box'
      box.dataset.part = String(index)
      box.setAttribute('aria-label', `Part ${index + 1}: ${values.map(value => Math.round(value)).join(', ')} percent`)
      SIDES.forEach((side, number) => { box.style[side] = `${values[number]}%` })
      box.addEventListener('keydown', event => steer(event, row, values))
      boxes.append(box)
      if (focused === String(index)) box.focus()
    })
  }

  function add (values, focus) {
    const row = rows.find(one => !read(one))
    if (!row) {
      status.textContent = 'Save first, then there is room for more parts.'
      return
    }
    write(row, values)
    draw()
    status.textContent = `Part ${rows.indexOf(row) + 1} added`
    if (focus) boxes.querySelector(`[data-part="${rows.indexOf(row)}"]`)?.focus()
  }

  function steer (event, row, [left, top, width, height]) {
    const step = 1
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key]
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault()
      write(row, null)
      draw()
      page.querySelector('[data-add]').focus()
      status.textContent = 'Part taken away'
    } else if (by) {
      event.preventDefault()
      write(row, event.shiftKey
        ? [left, top, within(width + by[0], 1, 100 - left), within(height + by[1], 1, 100 - top)]
        : [within(left + by[0], 0, 100 - width), within(top + by[1], 0, 100 - height), width, height])
      draw()
    }
  }

  function begin (event) {
    if (event.button !== 0 || event.target !== boxes) return
    event.preventDefault()
    const frame = boxes.getBoundingClientRect()
    const at = one => [within((one.clientX - frame.left) / frame.width * 100, 0, 100), within((one.clientY - frame.top) / frame.height * 100, 0, 100)]
    const from = at(event)
    boxes.setPointerCapture(event.pointerId)
    const end = up => {
      const to = at(up)
      const values = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1])]
      if (values[2] >= 1 && values[3] >= 1) add(values, false)
    }
    boxes.addEventListener('pointerup', end, { once: true })
  }

  function within (value, least, most) {
    return Math.max(least, Math.min(most, value))
  }
}
