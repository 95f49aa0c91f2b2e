// Runs before the page is drawn: what follows may then hide what only scripts can open again.
document.documentElement.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) {
  document.documentElement.classList.add('govuk-frontend-supported')
}
