// Codes as they are printed and read back: the same rules as the program's own (piecework/code.go), so that a misread code is
// refused here before anything is looked up. A test holds both against each other.

const kinds = 'WTSCHG';
const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U';
const maxSerial = 2 ** 30 - 1;

// Damm's totally anti-symmetric quasigroup of order 10.
const quasigroup = ['0317598642', '7092154863', '4206871359', '1750983426', '6123045978', '3674209581', '5869720134', '8945362017', '9438617205', '2581436790'];
const damm = (digits) => [...digits].reduce((d, c) => Number(quasigroup[d][c]), 0);

/** The 8 characters of a code. */
function long(kind, serial) {
  let digits = '';
  for (let n = serial, i = 0; i < 6; i++, n = Math.floor(n / 32)) digits = crockford[n % 32] + digits;
  const check = [...kind + digits].reduce((n, c) => (n * 32 + crockford.indexOf(c)) % 37, 0);
  return kind + digits + crockford[check];
}

/** The digits-only form of a code. */
function short(kind, serial) {
  const s = kinds.indexOf(kind) + 1 + String(serial).padStart(4, '0');
  return s + damm(s);
}

/** The code within what was read, as it should have been written. */
function bare(input) {
  let s = input.replace(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/[a-z]/g, (c) => c.toUpperCase()).replace(/[ \t\r\n\u00a0\u3000-]/g, '');
  const at = s.lastIndexOf('/Q/');
  if (at >= 0) s = s.slice(at + 3).split(/[/?#]/)[0];
  return s.replace(/[IL]/g, '1').replace(/O/g, '0');
}

/** What a command code asks for, by serial. */
const commands = ['', 'undo', 'x10', 'x50', 'done', 'x100', 'rework', 'scrap_workmanship', 'scrap_material'];

const misread = { wrong: 'misread' };
const none = { wrong: 'none' };

/**
 * Reads a code in either form, or an address that ends in one.
 * @returns {{kind: string, serial: number, text: string, short: string, command?: string} | {wrong: 'misread' | 'none'}}
 *   wrong is misread when the check does not hold, and none when it is no code at all.
 */
export function parse(input) {
  const text = bare(input);
  let kind, serial;
  if (/^\d{6,12}$/.test(text)) {
    [kind, serial] = [kinds[Number(text[0]) - 1], Number(text.slice(1, -1))];
    if (!kind) return none;
    if (damm(text) !== 0) return misread;
    if (short(kind, serial) !== text) return none;
  } else if (/^[WTSCHG][0-9A-HJKMNP-TV-Z]{6}[!-~]$/.test(text)) {
    kind = text[0];
    serial = [...text.slice(1, 7)].reduce((n, c) => n * 32 + crockford.indexOf(c), 0);
    if (long(kind, serial) !== text) return misread;
  } else {
    return none;
  }
  const whole = long(kind, serial);
  const issuable = serial >= 1 && serial <= maxSerial && crockford.indexOf(whole[7]) < 32 && (whole[1] === '0' || !/^\d+$/.test(whole.slice(1)));
  if (!issuable) return misread;
  return { kind, serial, text: whole, short: short(kind, serial), command: kind === 'C' ? commands[serial] : undefined };
}
