/**
 * Draws a situation map from plain data. Every word goes in as textContent: names come from people.
 * @param {L.Map} map
 * @param {{title: string, note: string, approval: string, exercise: boolean, layers: object[], regions: object[]}} data
 */
function situation(map, data) {
  'use strict';

  function make(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function popup(feature) {
    const box = make('div', 'popup');
    box.append(make('strong', '', feature.label));
    const list = make('dl');
    for (const [name, value] of feature.facts) list.append(make('dt', '', name), make('dd', '', value));
    if (feature.facts.length) box.append(list);
    return box;
  }

  function sign(layer, feature) {
    const node = make('span', 'sign', layer.symbol);
    node.style.color = feature.color;
    return L.divIcon({className: '', html: node, iconSize: [28, 28]});
  }

  function draw(layer, feature) {
    const style = {color: feature.color, weight: 3, fillOpacity: 0.15, dashArray: layer.dashed ? '8 6' : null};
    const group = L.geoJSON(feature.geometry, {
      style: () => style,
      pointToLayer: (_, at) => L.marker(at, {icon: sign(layer, feature), title: feature.label, keyboard: true}),
    });
    if (feature.radius > 0 && feature.geometry.type === 'Point') {
      const [lon, lat] = feature.geometry.coordinates;
      group.addLayer(L.circle([lat, lon], {...style, radius: feature.radius}));
    }
    group.eachLayer((part) => {
      part.bindPopup(() => popup(feature));
      if (layer.labelled) part.bindTooltip(make('span', '', feature.label), {permanent: true, direction: 'right', className: 'name'});
    });
    return group;
  }

  L.control.scale({imperial: false}).addTo(map);
  const pane = map.createPane('regions');
  pane.style.zIndex = 200;
  for (const region of data.regions) {
    L.geoJSON(region.geometry, {pane: 'regions', interactive: false, style: {color: '#6b7f93', weight: 1.5, fillColor: '#fff', fillOpacity: 0.6}}).addTo(map);
    L.marker(region.at, {pane: 'regions', interactive: false, icon: L.divIcon({className: '', html: make('span', 'region', region.name), iconSize: [120, 20]})}).addTo(map);
  }

  const legend = make('div', 'legend');
  const bounds = L.latLngBounds([]);
  for (const layer of data.layers) {
    const group = L.featureGroup(layer.features.map((feature) => draw(layer, feature))).addTo(map);
    if (group.getBounds().isValid()) bounds.extend(group.getBounds());
    const row = make('label');
    const box = make('input');
    box.type = 'checkbox';
    box.checked = true;
    box.addEventListener('change', () => (box.checked ? group.addTo(map) : group.remove()));
    const mark = make('span', 'mark', layer.symbol);
    mark.style.color = layer.color;
    row.append(box, mark, make('span', '', layer.title), make('span', 'count', String(layer.features.length)));
    legend.append(row);
  }
  if (bounds.isValid()) map.fitBounds(bounds.pad(0.15), {maxZoom: map.getZoom(), animate: false});

  const head = make('header', data.exercise ? 'head exercise' : 'head');
  head.append(make('h1', '', (data.exercise ? '【演练】' : '') + data.title), make('p', '', data.note));
  const foot = make('p', 'foot', ['态势示意图，供指挥参考，不作划界依据', data.approval].filter(Boolean).join('　审图号：'));
  document.body.append(head, legend, foot);
}
