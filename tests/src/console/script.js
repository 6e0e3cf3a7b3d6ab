// Keeps an open page up to date: when something passes, the part that shows it is fetched anew. Nothing else needs a script.
const part = document.querySelector('[data-live]');
const told = document.getElementById('live');
const PAUSE_MS = 300;
let loaded = Date.now();
let waiting = false;
let again = false;

/** The words that the pages use for a length of time. */
function length(ms) {
  const secs = Math.floor(Math.max(0, ms) / 1000);
  if (secs < 120) return `${secs} s`;
  if (secs < 7200) return `${Math.floor(secs / 60)} min`;
  if (secs < 172800) return `${Math.floor(secs / 3600)} h`;
  return `${Math.floor(secs / 86400)} days`;
}

function grow() {
  for (const age of document.querySelectorAll('[data-age-ms]')) {
    age.textContent = length(Number(age.dataset.ageMs) + Date.now() - loaded);
  }
}

/** What can have the focus and is found again in what is fetched: by its action, its address or its place in the timeline. */
function name(element) {
  const form = element.closest('form[action]');
  if (form) return `form[action="${CSS.escape(form.getAttribute('action'))}"] button`;
  if (element.matches('a[href]')) return `a[href="${CSS.escape(element.getAttribute('href'))}"]`;
  const key = element.closest('details[data-key]');
  return key && `details[data-key="${CSS.escape(key.dataset.key)}"] > summary`;
}

async function refresh() {
  if (waiting) { again = true; return; }
  waiting = true;
  again = false;
  await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
  try {
    const answer = await fetch(part.dataset.live);
    if (answer.ok) replace(await answer.text());
  } finally {
    waiting = false;
  }
  if (again) refresh();
}

function replace(html) {
  const open = [...part.querySelectorAll('details[open][data-key]')].map(one => one.dataset.key);
  const focused = part.contains(document.activeElement) ? name(document.activeElement) : null;
  part.innerHTML = html;
  loaded = Date.now();
  for (const one of part.querySelectorAll('details[data-key]')) one.open = open.includes(one.dataset.key);
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
}

if (part) {
  setInterval(grow, 1000);
  const live = new EventSource('/sandbox/journal/live');
  live.onopen = () => { told.textContent = 'live'; refresh(); };
  live.onerror = () => { told.textContent = 'The sandbox does not answer; trying again …'; };
  live.onmessage = event => {
    const entry = JSON.parse(event.data);
    if (!part.dataset.order || part.dataset.order === entry.orderId) refresh();
  };
}
