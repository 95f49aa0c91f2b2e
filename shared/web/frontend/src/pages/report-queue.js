// The queue by single keys, while the keyboard is in the list: j and k move, Enter opens (the link does), x ticks,
// / goes to the words to look for, ? shows the help. Outside the list every key does what it always does (WCAG 2.1.4).

const list = document.querySelector('[data-queue]')
const help = document.querySelector('[data-keys-help]')

if (list) {
  list.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const item = event.target.closest('li')
    const act = { j: () => move(item, 1), k: () => move(item, -1), x: () => tick(item), '/': search, '?': toggleHelp }[event.key]
    if (!act) return
    event.preventDefault()
    act()
  })
}

function move (item, by) {
  const items = [...list.children]
  const next = items[items.indexOf(item) + by]
  next?.querySelector('a')?.focus()
}

function tick (item) {
  const box = item?.querySelector('input[type=checkbox]')
  if (box) box.checked = !box.checked
}

function search () {
  document.getElementById('filter-text')?.focus()
}

function toggleHelp () {
  help.open = !help.open
}
