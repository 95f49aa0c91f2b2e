// What can be seen to be missing without asking anybody: said at once on a phone without a network, in the words of the
// server, which checks everything again when the action arrives.

const MOST_BYTES = 30 * 1024 * 1024
const COLLECTING = new Set(['cleared', 'part-cleared'])
const NOTHING_SEEN = new Set(['not-found', 'already-cleared'])

export function problems (form) {
  const found = {}
  const value = name => new FormData(form).get(name)
  const has = name => form.elements.namedItem(name) !== null
  const photos = name => [...(form.elements.namedItem(name)?.files ?? [])]
  const need = (name, isMissing, words) => { if (has(name) && isMissing) found[name] = words }
  const collects = form.dataset.act === 'found' || COLLECTING.has(value('outcome'))

  need('outcome', !value('outcome'), 'Choose what happened')
  need('exception', !value('exception'), 'Choose what is wrong')
  need('site_id', !value('site_id'), 'Choose where you tip')
  need('cleared', !value('cleared'), 'Say whether you have cleared it')
  if (collects) {
    need('waste_type', !value('waste_type'), 'Choose what the waste was')
    need('size', !value('size'), 'Choose how much there was')
    need('land_type', !value('land_type'), 'Choose what kind of land it was on')
  }
  if (form.dataset.act === 'check') {
    need('result', !value('result'), 'Say whether anything is wrong')
    if (value('result') === 'defects' && !value('defects')) found.defects = 'Choose what is wrong'
  }
  if (['finish', 'exception'].includes(form.dataset.act) || value('cleared') === 'yes') {
    const needsNone = NOTHING_SEEN.has(value('outcome')) || value('no_photo_reason')
    if (!photos('photo').length && !needsNone) found.photo = 'Add a photo, or say why there is none'
  }
  if (collects && has('no_before_reason') && !photos('before_photo').length && !value('no_before_reason')) {
    found.before_photo = 'Add a photo from before the work, or say why there is none'
  }
  for (const select of form.querySelectorAll('select[name^="reason-"]')) {
    if (!select.value) found[select.name] = 'Say why it was not done'
  }
  const bytes = [...new FormData(form).values()].reduce((sum, one) => sum + (one.size ?? 0), 0)
  if (bytes > MOST_BYTES) found.photo = 'The photos are too large together. Use fewer, or a lower resolution.'
  return found
}

// Shows problems as the server's pages do: a summary with the focus, and each message at its field.
export function show (form, found) {
  for (const old of document.querySelectorAll('.govuk-error-summary, .govuk-error-message[data-phone-error]')) old.remove()
  const summary = document.createElement('div')
  summary.className = 'govuk-error-summary'
  summary.tabIndex = -1
  summary.innerHTML = '<div role="alert"><h2 class="govuk-error-summary__title">There is a problem</h2>' +
    '<div class="govuk-error-summary__body"><ul class="govuk-list govuk-error-summary__list"></ul></div></div>'
  for (const [name, words] of Object.entries(found)) {
    const field = document.getElementById(name) ?? form.querySelector(`[name="${CSS.escape(name)}"]`)
    const link = document.createElement('a')
    link.href = `#${field?.id ?? ''}`
    link.textContent = words
    link.addEventListener('click', event => {
      event.preventDefault()
      field?.focus()
    })
    const item = document.createElement('li')
    item.append(link)
    summary.querySelector('ul').append(item)
    const message = document.createElement('p')
    message.className = 'govuk-error-message'
    message.dataset.phoneError = ''
    message.innerHTML = '<span class="govuk-visually-hidden">Error:</span> '
    message.append(words)
    const group = field?.closest('.govuk-form-group')
    group?.classList.add('govuk-form-group--error')
    ;(group?.querySelector('.govuk-radios, .govuk-checkboxes, .govuk-select, input[type=file]') ?? field)?.before(message)
  }
  document.getElementById('main-content').prepend(summary)
  summary.focus()
}
