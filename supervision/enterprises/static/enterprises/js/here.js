/** A button that fills in where the telephone is: the place of a gate, without typing figures. */

import {toast} from 'layers/toast.js';

const FAR_M = 50;

/** @param {HTMLButtonElement} button inside the form with lon, lat and datum */
export function start(button) {
  if (!navigator.geolocation || !isSecureContext) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(({coords}) => {
      const {lon, lat, datum} = button.form.elements;
      lon.value = coords.longitude.toFixed(6);
      lat.value = coords.latitude.toFixed(6);
      datum.value = 'cgcs2000'; // a telephone answers in WGS 84: the same to less than a metre
      button.disabled = false;
      toast(coords.accuracy > FAR_M ? `定位误差约 ${Math.round(coords.accuracy)} 米，请到室外再试。` : '已填入现在的位置。');
    }, () => {
      button.disabled = false;
      toast('没有定位成功，请允许定位后再试，或直接填写坐标。', {kind: 'error'});
    }, {enableHighAccuracy: true, timeout: 15000});
  });
}
