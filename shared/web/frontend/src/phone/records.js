// What the crew did, as the phone keeps it: written down before anything is sent, so that nothing depends on the network,
// on this page, or on the browser staying alive. A record goes from `waiting` to `sent` or `refused`; a refused one stays
// until the crew has corrected it or handed it over.
import { openDB } from 'idb'

const NAME = 'streetscene-crew'
const VERSION = 1
const KEPT_SENT_MS = 20 * 60 * 60 * 1000

function open () {
  return openDB(NAME, VERSION, {
    upgrade (database) {
      const records = database.createObjectStore('records', { keyPath: 'id' })
      records.createIndex('order', 'order')
      database.createObjectStore('notes')
    }
  })
}

const database = open()

export async function add (record) {
  const transaction = (await database).transaction(['records', 'notes'], 'readwrite', { durability: 'strict' })
  const notes = transaction.objectStore('notes')
  const order = ((await notes.get('order')) ?? 0) + 1
  await notes.put(order, 'order')
  await transaction.objectStore('records').put({ ...record, order })
  await transaction.done
}

export async function put (record) {
  await (await database).put('records', record)
}

// Takes the place of a refused record: the one is gone exactly when the other is there.
export async function replace (oldId, record) {
  const transaction = (await database).transaction(['records', 'notes'], 'readwrite', { durability: 'strict' })
  const notes = transaction.objectStore('notes')
  const order = ((await notes.get('order')) ?? 0) + 1
  await notes.put(order, 'order')
  if (oldId !== record.id) await transaction.objectStore('records').delete(oldId)
  await transaction.objectStore('records').put({ ...record, order })
  await transaction.done
}

export async function remove (id) {
  await (await database).delete('records', id)
}

export async function get (id) {
  return (await database).get('records', id)
}

export async function all () {
  return (await database).getAllFromIndex('records', 'order')
}

export async function note (name) {
  return (await database).get('notes', name)
}

export async function putNote (name, value) {
  await (await database).put('notes', value, name)
}

// What was sent long ago is of no use to anybody; what was not is never touched.
export async function forgetOldSent () {
  const oldest = Date.now() - KEPT_SENT_MS
  for (const record of await all()) {
    if (record.state === 'sent' && record.occurred < oldest) await remove(record.id)
  }
}
