// Finds people by what somebody knows of them: code, characters of the name, or the first letters of its pinyin.

const most = 8;

/** Whether letters are a run of the initials: "cds x ly" is found by sx, dxl, cxy … (one letter of each group). */
function reads(initials, letters) {
  const groups = initials.split(' ');
  for (let from = 0; from + letters.length <= groups.length; from++) {
    if ([...letters].every((letter, i) => groups[from + i].includes(letter))) return from === 0 ? 2 : 1;
  }
  return 0;
}

/**
 * The people whom a text may mean, the likeliest first.
 * @param {{code: string, name: string, initials: string}[]} people
 */
export function find(people, text) {
  const asked = text.trim().toLowerCase();
  if (!asked) return [];
  const rank = (p) => {
    const code = p.code.toLowerCase(), name = p.name.toLowerCase();
    if (code === asked || name === asked) return 4;
    if (name.startsWith(asked) || code.startsWith(asked)) return 3;
    return Math.max(reads(p.initials ?? '', asked.replaceAll(' ', '')), name.includes(asked) ? 2 : 0, code.includes(asked) ? 1 : 0);
  };
  return people.map((p) => [rank(p), p]).filter(([n]) => n > 0).sort((a, b) => b[0] - a[0]).slice(0, most).map(([, p]) => p);
}
