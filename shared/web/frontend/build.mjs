// Builds every stylesheet and script of the pages into ../static/build, named by content, with a manifest.
//
//   app.css, app.js          the base that every page has
//   init.js                  says that scripts run, before anything is drawn
//   styles/<name>.css        one for every src/styles/<name>.scss
//   pages/<name>.js          one for every src/pages/<name>.js
//   images/<file>            everything in src/images, and the app's icons as icons.mjs draws them
//
// Files appear under their final names before the manifest names them, so a running server never sees half a build.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import * as sass from 'sass'
import { icon } from './icons.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, 'src')
const target = join(here, '..', 'static', 'build')
const iconSizes = [192, 512]
const targets = ['chrome109', 'firefox115', 'safari15.4']

async function names (folder, extension) {
  if (!existsSync(join(source, folder))) return []
  const files = await readdir(join(source, folder))
  return files.filter(file => extname(file) === extension && !file.startsWith('_')).sort()
}

async function style (path) {
  const { css } = sass.compile(path, {
    loadPaths: [join(here, 'node_modules'), source],
    quietDeps: true,
    style: 'expanded'
  })
  const { code } = await esbuild.transform(css, { loader: 'css', minify: true, target: targets })
  return Buffer.from(code)
}

async function script (path) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [path],
    bundle: true,
    format: 'iife',
    minify: true,
    nodePaths: [join(here, 'node_modules')],
    target: targets,
    write: false
  })
  return Buffer.from(outputFiles[0].contents)
}

function hashed (name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12)
  const extension = extname(name)
  return `${name.slice(0, -extension.length)}-${hash}${extension}`
}

async function main () {
  const built = new Map()
  built.set('app.css', await style(join(source, 'app.scss')))
  built.set('app.js', await script(join(source, 'app.js')))
  built.set('init.js', await script(join(source, 'init.js')))
  for (const file of await names('styles', '.scss')) {
    built.set(`styles/${file.replace(/\.scss$/, '.css')}`, await style(join(source, 'styles', file)))
  }
  for (const file of await names('pages', '.js')) {
    built.set(`pages/${file}`, await script(join(source, 'pages', file)))
  }
  for (const extension of ['.svg', '.png', '.webp', '.jpg']) {
    for (const file of await names('images', extension)) {
      built.set(`images/${file}`, await readFile(join(source, 'images', file)))
    }
  }
  for (const size of iconSizes) built.set(`images/phone-${size}.png`, icon(size))

  const manifest = {}
  for (const [name, content] of built) {
    manifest[name] = hashed(name, content)
    const path = join(target, manifest[name])
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  const draft = join(target, `.manifest.${process.pid}`)
  await writeFile(draft, JSON.stringify(manifest, null, 2) + '\n')
  await rename(draft, join(target, 'manifest.json'))
  await removeOthers(new Set(['manifest.json', ...Object.values(manifest)]))
  if (process.argv.includes('--sizes')) {
    for (const [name, content] of built) console.log(`${String(content.length).padStart(8)}  ${name}`)
  }
}

async function removeOthers (kept, folder = '') {
  for (const entry of await readdir(join(target, folder), { withFileTypes: true })) {
    const name = join(folder, entry.name)
    if (entry.isDirectory()) await removeOthers(kept, name)
    else if (!kept.has(name) && !entry.name.startsWith('.manifest')) await rm(join(target, name))
  }
}

await main()
