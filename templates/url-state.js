// The state of the page in the URL's fragment, such as #gop=17&show=odd&order=size: the selected GOP, the
// filter and the order of the cells. Default values are left out.

import { cellOf, controls, numberOf, order, selectedCell, show } from "./cells.js";
import { gopCount } from "./gop-columns.js";

// saveState writes the state to the URL.
export function saveState() {
	const state = new URLSearchParams();
	if (selectedCell) state.set("gop", numberOf(selectedCell));
	for (const control of [show, order])
		if (control.selectedIndex > 0) state.set(control.name, control.value);
	const fragment = state.size > 0 ? "#" + state : "";
	history.replaceState(null, "", location.pathname + location.search + fragment);
}

// loadState sets the controls from the URL. It returns the cell of the GOP in the URL, or undefined.
export function loadState() {
	// #gop-17 is the cell's own fragment, which works without scripts.
	const state = new URLSearchParams(location.hash.slice(1).replace(/^gop-/, "gop="));
	for (const control of [show, order]) {
		const option = [...control.options].find(option => option.value === state.get(control.name));
		(option ?? control.options[0]).selected = true;
	}
	controls.hidden = false;
	const number = /^\d+$/.test(state.get("gop")) ? Number(state.get("gop")) : gopCount;
	return number < gopCount ? cellOf(number) : undefined;
}
