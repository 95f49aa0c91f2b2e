// Keeps the shift's pages, the residents' photos and words among them, for when there is no network; and takes them off
// the phone when the shift is over or somebody signs out. Pages are fetched again only when their tag has changed.
import * as records from './records.js'

export const PREFIX = 'crew-'
const KEEPING = { 'X-Streetscene-Keeping': 'yes' }
const AT_ONCE = 4
const RESIDENTS = /^\/report\/[^/]+\/crew$/

export async function keep (round) {
  if (!('caches' in window)) return
  const own = `${PREFIX}${round.crew}`
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== own) await caches.delete(name)
  }
  if (!round.crew) return
  if (!round.keeps) {
    await forget()
    return
  }
  const cache = await caches.open(own)
  const tags = await records.note('tags') ?? {}
  const listed = { ...round.pages, ...Object.fromEntries(round.assets.map(address => [address, address])) }
  const kept = new Set((await cache.keys()).map(request => path(request.url)))
  await keepMissing(cache, listed, kept, tags)
  // Only the resident's page knows how many photos there are.
  const photos = await photosOn(cache, round.pages)
  await keepMissing(cache, photos, kept, tags)
  const wanted = { ...listed, ...photos }
  for (const address of kept) {
    if (!(address in wanted)) await cache.delete(address)
  }
  await records.putNote('tags', Object.fromEntries(Object.entries(tags).filter(([address]) => address in wanted)))
}

async function keepMissing (cache, wanted, kept, tags) {
  const missing = Object.entries(wanted).filter(([address, tag]) => tags[address] !== tag || !kept.has(address))
  // In their order: the list comes first, and without it no page is found.
  while (missing.length) await Promise.all(missing.splice(0, AT_ONCE).map(([address, tag]) => keepOne(cache, address, tag, tags)))
}

async function photosOn (cache, pages) {
  const photos = {}
  for (const [address, tag] of Object.entries(pages)) {
    const page = RESIDENTS.test(address) ? await cache.match(address) : null
    if (!page) continue
    const seen = new DOMParser().parseFromString(await page.text(), 'text/html')
    for (const image of seen.querySelectorAll('img[src*="/photo/view"]')) photos[image.getAttribute('src')] = tag
  }
  return photos
}

async function keepOne (cache, address, tag, tags) {
  const answer = await fetch(address, { headers: KEEPING, cache: address.startsWith('/static/') ? 'default' : 'no-store' })
  if (!answer.ok || answer.redirected) return
  const headers = new Headers(answer.headers)
  headers.set('X-Kept-At', new Date().toISOString())
  headers.delete('Content-Encoding')
  await cache.put(address, new Response(await answer.blob(), { status: 200, headers }))
  tags[address] = tag
}

export async function forget () {
  if ('caches' in window) {
    for (const name of await caches.keys()) if (name.startsWith(PREFIX)) await caches.delete(name)
  }
  await records.putNote('tags', {})
}

function path (address) {
  const url = new URL(address)
  return url.pathname + url.search
}
