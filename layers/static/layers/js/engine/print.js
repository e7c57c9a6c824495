/** The map as one picture, at the size of the paper. */

const OPAQUE = 1;

/**
 * Draws the view at another size and gives the canvas; the screen's view comes back afterwards.
 * @param {import('ol').Map} map
 * @param {{width: number, height: number, background: string}} options in pixels of the picture
 * @returns {Promise<HTMLCanvasElement>}
 */
export function picture(map, {width, height, background}) {
  const view = map.getView();
  const size = map.getSize();
  const before = {resolution: view.getResolution(), center: view.getCenter(), padding: view.padding};
  return new Promise((resolve) => {
    map.once('rendercomplete', () => {
      const result = compose(map, width, height, background);
      map.setSize(size);
      view.padding = before.padding;
      view.setResolution(before.resolution);
      view.setCenter(before.center);
      resolve(result);
    });
    const [top, right, bottom, left] = before.padding ?? [0, 0, 0, 0];
    const scale = Math.min(width / (size[0] - left - right), height / (size[1] - top - bottom));
    view.padding = [0, 0, 0, 0];
    map.setSize([width, height]);
    view.setResolution(before.resolution / scale);
    view.setCenter(before.center);
    map.renderSync();
  });
}

function compose(map, width, height, background) {
  const result = document.createElement('canvas');
  result.width = width;
  result.height = height;
  const pen = result.getContext('2d');
  pen.fillStyle = background;
  pen.fillRect(0, 0, width, height);
  for (const canvas of map.getViewport().querySelectorAll('.ol-layer canvas, canvas.ol-layer')) {
    if (!canvas.width) continue;
    pen.globalAlpha = Number(canvas.parentNode.style.opacity || canvas.style.opacity || OPAQUE);
    const matrix = /^matrix\(([^(]*)\)$/.exec(canvas.style.transform)?.[1].split(',').map(Number);
    const fallback = [parseFloat(canvas.style.width) / canvas.width, 0, 0, parseFloat(canvas.style.height) / canvas.height, 0, 0];
    pen.setTransform(...(matrix ?? fallback));
    pen.drawImage(canvas, 0, 0);
  }
  pen.setTransform(1, 0, 0, 1, 0, 0);
  return result;
}
