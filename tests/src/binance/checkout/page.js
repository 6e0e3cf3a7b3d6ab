const at = (id) => document.getElementById(id);
const two = (number) => String(number).padStart(2, '0');
const clock = (secs) => {
  const [hours, minutes, seconds] = [Math.floor(secs / 3600), Math.floor(secs / 60) % 60, secs % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
};
// A payer who opens a page that is over already stays on it.
const wasOpen = !at('open').hidden;
const look = async () => {
  try {
    const answer = await fetch(location.pathname + '/state');
    if (answer.ok) {
      const state = await answer.json();
      at('countdown').textContent = clock(state.leftSecs);
      if (at('status').dataset.status !== state.status) {
        at('status').dataset.status = state.status;
        at('status').textContent = state.words;
      }
      at('open').hidden = !state.isOpen;
      at('over').hidden = state.isOpen;
      if (wasOpen && state.next) return location.assign(state.next);
    }
  } catch { /* The simulator is away: the next look may find it. */ }
  setTimeout(look, 1000);
};
setTimeout(look, 1000);
