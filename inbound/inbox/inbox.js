// Keeps the page up to date: it loads the page anew whenever the server says that a message has arrived, and takes over
// what is new. Messages that are shown already stay as they are, so that nothing closes and no focus is lost.
'use strict';

const list = document.getElementById('list');
const search = document.getElementById('search');
const connection = document.getElementById('connection');
const status = document.getElementById('status');

// Times in the reader's own zone, the date only when it is not today's.
function localize(root) {
  for (const time of root.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    time.textContent = at.toLocaleString(undefined, today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'medium' });
    time.title = at.toISOString();
  }
}

let latest = 0; // the number of the newest refresh
let last = 0; // when it began

// refresh takes over the page of the current address. An answer that a newer one has overtaken is dropped.
async function refresh(announce) {
  const turn = ++latest;
  last = Date.now();
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!answer.ok) throw new Error(`the inbox answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (turn !== latest) return;
  const added = merge([...fresh.getElementById('list').children]);
  document.getElementById('summary').replaceWith(document.adoptNode(fresh.getElementById('summary')));
  if (announce) tell(added);
  else status.textContent = document.getElementById('summary').innerText;
}

// merge makes the list that of fresh, and gives the items that are new. Both are in the same order. What comes to a list
// that shows something comes closed, so that it does not move what is being read far away.
function merge(fresh) {
  const wanted = new Set(fresh.map((item) => item.id));
  for (const item of [...list.children]) if (!wanted.has(item.id)) item.remove();
  const arrived = [];
  const reading = list.children.length > 0;
  let next = list.firstElementChild;
  for (const item of fresh) {
    if (next?.id === item.id) {
      next = next.nextElementSibling;
      continue;
    }
    localize(item);
    if (reading) item.querySelector('details').open = false;
    list.insertBefore(document.adoptNode(item), next);
    arrived.push(item);
  }
  return arrived;
}

function tell(arrived) {
  for (const item of arrived) item.classList.add('arrived');
  if (arrived.length === 0) return;
  const newest = arrived[0];
  const what = `${newest.querySelector('h2').textContent}, ${newest.querySelector('.to').textContent}`;
  status.textContent = arrived.length === 1 ? `New message: ${what}` : `${arrived.length} new messages, the newest: ${what}`;
}

function show(state, text) {
  connection.dataset.state = state;
  connection.textContent = text;
}

let events;
let again;
let due;

// refreshSoon loads what has arrived, at most four times a second.
function refreshSoon() {
  due ??= setTimeout(() => {
    due = undefined;
    refresh(true).catch(lost);
  }, Math.max(0, last + 250 - Date.now()));
}

// listen hears of arrivals while the page is visible.
function listen() {
  clearTimeout(again);
  events?.close();
  if (document.hidden) return;
  events = new EventSource('/_cardea/inbox/events');
  events.onopen = () => show('live', 'Live');
  events.onmessage = refreshSoon;
  events.onerror = lost;
}

// lost is called when the stream or a refresh failed. A browser connects anew by itself after a stream broke, but not after
// one was refused.
function lost() {
  show('lost', 'Reconnecting…');
  if (events?.readyState === EventSource.CONNECTING) return;
  clearTimeout(again);
  again = setTimeout(() => {
    refresh(true).catch(() => {});
    listen();
  }, 5000);
}

let typing;

function find() {
  clearTimeout(typing);
  const address = new URL(location.href);
  const words = search.value.trim();
  if (words) address.searchParams.set('q', words);
  else address.searchParams.delete('q');
  history.replaceState(null, '', address);
  refresh(false).catch(lost);
}

// copy puts the code beside a button into the clipboard. Pages of other machines without TLS have no clipboard interface
// and copy what is selected.
async function copy(button) {
  const code = button.parentElement.querySelector('code');
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(code.textContent);
    else copySelected(code);
  } catch {
    getSelection().selectAllChildren(code);
    status.textContent = 'The browser does not allow copying. The code is selected.';
    return;
  }
  button.textContent = 'Copied';
  status.textContent = 'Copied';
  setTimeout(() => (button.textContent = 'Copy'), 2000);
}

function copySelected(code) {
  getSelection().selectAllChildren(code);
  if (!document.execCommand('copy')) throw new Error('not copied');
  getSelection().removeAllRanges();
}

search.form.addEventListener('submit', (event) => {
  event.preventDefault();
  find();
});
search.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(find, 150);
});
document.addEventListener('click', (event) => {
  const button = event.target.closest('.copy');
  if (button) copy(button);
});
document.addEventListener('visibilitychange', listen);
window.addEventListener('pagehide', () => events?.close());
window.addEventListener('pageshow', (event) => event.persisted && listen());

localize(document);
listen();
