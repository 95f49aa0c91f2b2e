// What every page has: GOV.UK Frontend's components, times that stay right, and forms that are sent once.
import {
  Button, CharacterCount, Checkboxes, createAll, ErrorSummary, NotificationBanner, PasswordInput, Radios,
  ServiceNavigation, SkipLink, Tabs
} from 'govuk-frontend'

document.documentElement.classList.add('js-enabled', 'govuk-frontend-supported')
document.body.classList.add('js-enabled', 'govuk-frontend-supported')

for (const component of [
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, PasswordInput, Radios, ServiceNavigation,
  SkipLink, Tabs
]) {
  createAll(component)
}

// Elements that only make sense with scripts start hidden.
for (const element of document.querySelectorAll('[data-needs-script]')) element.hidden = false

for (const button of document.querySelectorAll('[data-print]')) {
  button.addEventListener('click', () => window.print())
}

// A crew's pages may be kept on the phone for the shift (pages/crew.js): from whichever page it signs out, they go.
document.querySelector('form[action="/accounts/sign-out"]')?.addEventListener('submit', () => {
  if (document.querySelector('[data-phone]') || !('caches' in window)) return
  caches.keys().then(names => names.filter(name => name.startsWith('crew-')).forEach(name => caches.delete(name)))
})
