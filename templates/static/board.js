// The board of a session listens for changes and then puts a fresh copy of its own page in place of what it shows, so that what a
// screen shows is always what the server says. Figures that have changed are marked for a moment.
const wall = document.querySelector('.wall');
let shown = wall.dataset.marker, busy = false, again = false;

const figures = root => new Map([...root.querySelectorAll('[data-figure]')].map(e => [e.dataset.figure, e]));

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.href, {cache: 'no-store'});
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('.wall');
    if (!answer.ok || !fresh) {
      location.reload(); // signed out, or gone: the server's own page says so
      return;
    }
    const before = figures(wall);
    for (const [name, e] of figures(fresh)) {
      if (before.get(name)?.textContent !== e.textContent) e.classList.add('changed');
    }
    wall.className = fresh.className;
    wall.replaceChildren(...fresh.childNodes);
    shown = fresh.dataset.marker;
  } catch {
    setTimeout(refresh, 3000);
  } finally {
    busy = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

function listen() {
  const source = new EventSource(wall.dataset.events);
  let lost = false;
  source.addEventListener('changed', e => {
    if (e.data !== shown || lost) refresh();
    lost = false;
  });
  source.addEventListener('error', () => {
    lost = true;
    const state = wall.querySelector('.state');
    state.textContent = `✕ ${wall.dataset.lost}`;
    state.classList.add('lost');
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 30000);
  });
}

listen();
