// Counting as a team: who worked together, each with a share weight. The server makes the team, or finds it.
import * as store from './store.js';
import { $, picks, say, words } from './ui.js';

/**
 * @param {object} to
 * @param {(worker: object) => void} to.takeBadge called with the team, an entry of the copy.
 */
export function makeTeamBox(to) {
  let copy = null, members = new Map(); // code of a worker → share weight as typed

  const change = () => {
    $('team-take').disabled = members.size < 2;
    $('team-take').textContent = members.size < 2 ? words.teamTake : say('teamOf', { n: members.size });
    $('team-wrong').hidden = true;
  };

  function show() {
    $('team-members').replaceChildren(...copy.workers.filter((w) => !w.team).map((w) => {
      const li = $('member-row').content.cloneNode(true).firstElementChild;
      const [tick, weight] = li.querySelectorAll('input');
      li.dataset.code = w.code;
      li.querySelector('b').textContent = w.name;
      li.querySelector('small').textContent = w.code;
      weight.value = w.share_weight ?? '1';
      weight.setAttribute('aria-label', say('shareWeight', { name: w.name }));
      tick.addEventListener('change', () => {
        weight.disabled = !tick.checked;
        if (tick.checked) members.set(w.code, weight.value);
        else members.delete(w.code);
        change();
      });
      weight.addEventListener('input', () => members.set(w.code, weight.value));
      return li;
    }));
    picks($('team-known'), copy.workers.filter((w) => w.team).map((w) => ({ text: w.name, hint: '', value: w })), (team) => {
      $('team-box').close();
      to.takeBadge(team);
    });
    change();
  }

  async function make() {
    const asked = [...members].map(([worker, weight]) => ({ worker, share_weight: weight.trim() }));
    const res = await fetch('/api/v1/teams', { method: 'POST', headers: { 'Content-Type': 'application/json', 'Accept-Language': document.documentElement.lang }, body: JSON.stringify({ workshop: copy.workshop.code, members: asked }) });
    const answer = await res.json();
    if (!res.ok) throw new Error(answer.errors?.map((e) => e.message).join(' · ') || answer.detail || answer.title);
    await store.refresh();
    return store.snapshot().workers.find((w) => w.code === answer.code) ?? { code: answer.code, name: answer.name, badges: [], team: true, today: { pieces: 0 } };
  }

  $('team-form').addEventListener('submit', async (e) => {
    if (e.submitter?.value === 'cancel') return;
    e.preventDefault();
    if (members.size < 2) return;
    try {
      const team = await make();
      $('team-box').close();
      to.takeBadge(team);
    } catch (err) {
      $('team-wrong').textContent = err instanceof TypeError ? words.teamOnline : err.message; // fetch fails with a TypeError
      $('team-wrong').hidden = false;
    }
  });

  return {
    /** Begins a new team. */
    fill(now) {
      copy = now;
      members = new Map();
      show();
    },
    /** Takes a scanned badge into the team that is being put together; false if none is. */
    scanned(worker) {
      const li = $('team-box').open && $('team-members').querySelector(`[data-code="${CSS.escape(worker.code)}"]`);
      if (!li) return false;
      const tick = li.querySelector('input');
      if (!tick.checked) tick.click();
      li.scrollIntoView({ block: 'nearest' });
      return true;
    },
  };
}
