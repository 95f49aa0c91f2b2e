// Gives out the kept pages of the shift when there is no network, and the newest ones when there is. It keeps nothing and
// sends nothing by itself: the page does both in the foreground, where the crew sees it.

const PREFIX = 'crew-'
const SLOW_MS = 5000
// A shift and the way home; what is older says nothing about today and is a stranger's to read.
const LONGEST_KEPT_MS = 16 * 60 * 60 * 1000
const NEVER_KEPT = new Set(['/crew/round', '/crew/actions', '/crew/worker.js', '/crew/manifest.webmanifest'])

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.headers.has('X-Streetscene-Keeping') || NEVER_KEPT.has(url.pathname)) return
  if (url.pathname.startsWith('/static/')) event.respondWith(keptFirst(request))
  else if (isOfTheShift(url)) event.respondWith(newestFirst(request, url))
})

function isOfTheShift ({ pathname }) {
  return pathname === '/crew' || pathname.startsWith('/crew/') || /^\/report\/[^/]+\/(crew|photo\/view)$/.test(pathname)
}

// Built files are named by their content, so a kept one is never old.
async function keptFirst (request) {
  return await kept(request.url, false) ?? fetch(request)
}

async function newestFirst (request, url) {
  const copy = await kept(url.pathname + url.search, true)
  try {
    const answer = await (copy ? inTime(request) : fetch(request))
    return answer.status >= 500 && copy ? copy : answer
  } catch (error) {
    if (copy) return copy
    const substitute = await standIn(request, url)
    if (substitute) return substitute
    throw error
  }
}

function inTime (request) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('slow')), SLOW_MS)
    fetch(request).then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

async function standIn (request, url) {
  if (request.mode !== 'navigate') return null
  if (url.pathname === '/crew/found' && url.searchParams.has('lat')) return kept('/crew/found?kept=yes', true)
  return kept('/crew/offline', true)
}

async function kept (address, isPage) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX)) continue
    const answer = await (await caches.open(name)).match(address, { ignoreVary: true })
    if (!answer) continue
    const age = Date.now() - Date.parse(answer.headers.get('X-Kept-At') ?? 0)
    if (!isPage || age < LONGEST_KEPT_MS) return answer
  }
  return null
}
