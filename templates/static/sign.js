// Signing a slip: what is drawn goes with the form as points, "10,20 12,25;40,20 41,30". Without this script the form is a tap.
const pad = document.querySelector('.sign-pad');
if (pad) {
  const canvas = pad.querySelector('canvas'), field = pad.querySelector('[name=signature]'), pen = canvas.getContext('2d');
  let strokes = [], stroke = null;
  const draw = () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    Object.assign(pen, {lineWidth: 12, lineCap: 'round', lineJoin: 'round', strokeStyle: '#1f1a17'});
    for (const line of strokes) {
      pen.beginPath();
      pen.moveTo(...line[0]);
      for (const point of line) pen.lineTo(...point);
      pen.stroke();
    }
    field.value = strokes.map(line => line.map(point => point.join()).join(' ')).join(';');
  };
  const at = e => {
    const box = canvas.getBoundingClientRect();
    const within = (n, most) => Math.min(most, Math.max(0, Math.round(n)));
    return [within((e.clientX - box.left) / box.width * canvas.width, canvas.width), within((e.clientY - box.top) / box.height * canvas.height, canvas.height)];
  };
  canvas.addEventListener('pointerdown', e => {
    canvas.setPointerCapture(e.pointerId);
    stroke = [at(e)];
    strokes.push(stroke);
    draw();
  });
  canvas.addEventListener('pointermove', e => {
    if (!stroke) return;
    const point = at(e), last = stroke.at(-1);
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) < 6) return;
    stroke.push(point);
    draw();
  });
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { stroke = null; });
  pad.querySelector('button').addEventListener('click', () => { strokes = []; draw(); });
  pad.hidden = false;
}
