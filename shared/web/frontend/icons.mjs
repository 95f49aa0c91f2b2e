// Draws the app's icons as PNG from the same shapes as images/mark.svg, with nothing but zlib: a browser installs an app
// only with a bitmap icon, and a picture in the repository would one day differ from the mark.

import { deflateSync } from 'node:zlib'

const GRID = 32
const BACKGROUND = [11, 59, 64]
const INK = [255, 255, 255]
const A_LEG = [[6, 27], [13.5, 6], [18.5, 6], [26, 27], [21.5, 27], [16, 11], [10.5, 27]]
const DASHES = [[[15, 27], [15, 24], [17, 24], [17, 27]], [[15, 22], [15, 19], [17, 19], [17, 22]]]
const SAMPLES = 4
// What a launcher may cut off to a circle stays free: the mark fills the middle three fifths.
const MARK_SHARE = 0.62

export function icon (size) {
  const rows = []
  for (let y = 0; y < size; y++) {
    const row = Buffer.alloc(1 + size * 3)
    for (let x = 0; x < size; x++) {
      const covered = coverage(x, y, size)
      for (let part = 0; part < 3; part++) {
        row[1 + x * 3 + part] = Math.round(BACKGROUND[part] + (INK[part] - BACKGROUND[part]) * covered)
      }
    }
    rows.push(row)
  }
  return png(size, deflateSync(Buffer.concat(rows), { level: 9 }))
}

function coverage (x, y, size) {
  let inside = 0
  for (let i = 0; i < SAMPLES; i++) {
    for (let j = 0; j < SAMPLES; j++) {
      const across = ((x + (i + 0.5) / SAMPLES) / size - 0.5) / MARK_SHARE * GRID * 0.75 + GRID / 2
      const down = ((y + (j + 0.5) / SAMPLES) / size - 0.5) / MARK_SHARE * GRID * 0.75 + 16.5
      if (isInMark(across, down)) inside++
    }
  }
  return inside / SAMPLES ** 2
}

function isInMark (x, y) {
  return isIn(A_LEG, x, y) || DASHES.some(dash => isIn(dash, x, y))
}

function isIn (corners, x, y) {
  let inside = false
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [ax, ay] = corners[i]
    const [bx, by] = corners[j]
    if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) inside = !inside
  }
  return inside
}

function png (size, pixels) {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(size, 0)
  head.writeUInt32BE(size, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}

function chunk (type, data) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc(named))
  return Buffer.concat([length, named, sum])
}

function crc (bytes) {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return (sum ^ 0xffffffff) >>> 0
}
