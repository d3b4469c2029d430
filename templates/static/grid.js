// The crew grid: Enter and the arrow keys move up and down a column, and the sums of what is in the form show beside the button.
const form = document.getElementById('crew');
if (form) {
  const inputs = [...form.querySelectorAll('td input')];
  const columns = form.querySelectorAll('tbody tr:first-child input').length;
  const sum = document.getElementById('grid-sum');
  const show = () => {
    let rows = 0, good = 0;
    for (let i = 0; i < inputs.length; i += columns) {
      if (inputs.slice(i, i + columns).some(e => e.value.trim() && e.value.trim() !== '0')) rows++;
      good += Number.parseInt(inputs[i].value, 10) || 0;
    }
    sum.hidden = rows === 0;
    sum.textContent = sum.dataset.text.replace('{rows}', rows).replace('{good}', good.toLocaleString('en'));
  };
  form.addEventListener('input', show);
  form.addEventListener('keydown', e => {
    const at = inputs.indexOf(e.target), step = {Enter: columns, ArrowDown: columns, ArrowUp: -columns}[e.key];
    if (at < 0 || !step || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    inputs[at + step]?.focus();
    inputs[at + step]?.select();
  });
  show();
}
