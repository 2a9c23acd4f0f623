// The address says which GOP is meant, and what is shown in which order: #gop=17&show=odd&order=size. What is as
// it is from the beginning is left out.
"use strict";

function remember() {
	const state = new URLSearchParams();
	if (marked) state.set("gop", numberOf(marked));
	for (const select of [show, order])
		if (select.selectedIndex > 0) state.set(select.name, select.value);
	const hash = state.size > 0 ? "#" + state : "";
	history.replaceState(null, "", location.pathname + location.search + hash);
}

// follow does what the address says, from the first moment and when somebody changes it. #gop-17 is the cell's own
// address, which needs no script.
function follow() {
	const state = new URLSearchParams(location.hash.slice(1).replace(/^gop-/, "gop="));
	for (const select of [show, order]) {
		const option = [...select.options].find(option => option.value === state.get(select.name));
		(option ?? select.options[0]).selected = true;
	}
	arrange();
	const cell = /^\d+$/.test(state.get("gop")) ? cells[state.get("gop")] : undefined;
	if (cell?.isConnected) {
		goTo(cell);
		return;
	}
	mark(cell); // which is left out by what the address says to show, or is none
	if (cell) point(numberOf(cell));
}

controls.hidden = false;
controls.addEventListener("change", () => {
	arrange();
	remember();
});
addEventListener("hashchange", () => { if (!player.open) follow(); });
follow();
